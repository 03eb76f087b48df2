with

won as (

    select
        opportunity_id,
        legal_entity_id,
        currency,
        amount

    from {{ current_rows('opportunity') }} as deal
    where is_won

),

contracts as (

    select
        coalesce(opportunity_id, contract_id) as deal_key,
        min(opportunity_id) as opportunity_id,
        min(legal_entity_id) as legal_entity_id,
        currency,
        sum(total_value) as total_value

    from {{ current_rows('contract') }} as contract
    where status <> 'cancelled'
    group by coalesce(opportunity_id, contract_id), currency

),

paired as (

    select
        coalesce(contracts.legal_entity_id, won.legal_entity_id) as legal_entity_id,
        coalesce(won.currency, contracts.currency) as currency,
        won.opportunity_id,
        contracts.deal_key,
        coalesce(won.amount, 0) as crm_amount,
        coalesce(contracts.total_value, 0) as erp_amount

    from won
    full outer join contracts
        on won.opportunity_id = contracts.opportunity_id
        and won.currency = contracts.currency

)

select
    legal_entity_id,
    currency,
    cast(sum(case when opportunity_id is not null then 1 else 0 end) as bigint) as crm_rows,
    cast(sum(case when deal_key is not null then 1 else 0 end) as bigint) as erp_rows,
    cast(sum(case when deal_key is null then 1 else 0 end) as bigint) as crm_only_rows,
    cast(sum(case when opportunity_id is null then 1 else 0 end) as bigint) as erp_only_rows,
    {{ money('sum(crm_amount)') }} as crm_amount,
    {{ money('sum(erp_amount)') }} as erp_amount,
    {{ money('sum(case when deal_key is null then crm_amount else 0 end)') }} as crm_only_amount,
    {{ money('sum(case when opportunity_id is null then erp_amount else 0 end)') }} as erp_only_amount,
    {{ money('sum(case
        when deal_key is not null and opportunity_id is not null then erp_amount - crm_amount else 0
    end)') }} as changed_amount,
    {{ money('sum(erp_amount - crm_amount)') }} as difference

from paired
group by legal_entity_id, currency
order by legal_entity_id, currency

-- CRM to ERP, deal by deal: what was sold against what was booked. A contract that nobody signed yet, or that was
-- cancelled, books nothing.
with

deals as (

    select
        deal.opportunity_id,
        golden.client_id,
        deal.legal_entity_id,
        deal.currency,
        deal.amount,
        coalesce(deal.close_date, cast(deal.known_at as date)) as closed_on

    from {{ current_rows('opportunity') }} as deal
    left join {{ ref('int_account_golden') }} as golden on deal.account_id = golden.account_id
    where deal.is_won

),

contracts as (

    select
        contract.contract_id,
        contract.opportunity_id,
        golden.client_id,
        contract.legal_entity_id,
        contract.currency,
        coalesce(contract.total_value, 0) as total_value,
        coalesce(contract.signed_on, contract.start_date, cast(contract.first_known_at as date)) as signed_on

    from {{ current_rows('contract') }} as contract
    left join {{ ref('int_account_golden') }} as golden on contract.account_id = golden.account_id
    where contract.status in ('active', 'closed')

),

-- A firm that lands no deals has none to compare with.
crm as (

    select count(*) as deals from {{ ref('core_opportunity') }}

),

deals_booked as (

    select opportunity_id
    from contracts
    where opportunity_id is not null
    group by opportunity_id

),

paired as (

    select
        contracts.*,
        deals.client_id as sold_client_id,
        deals.legal_entity_id as sold_entity_id,
        deals.currency as sold_currency,
        deals.amount as sold_amount,
        deals.closed_on

    from contracts
    inner join deals on contracts.opportunity_id = deals.opportunity_id

),

-- Contracts of one deal are compared together, where all are in the currency of the deal.
booked as (

    select
        opportunity_id,
        sold_currency as currency,
        min(contract_id) as contract_id,
        min(legal_entity_id) as legal_entity_id,
        min(sold_amount) as sold_amount,
        sum(total_value) as booked_amount,
        max(greatest(closed_on, signed_on)) as booked_on

    from paired
    where sold_amount is not null
    group by opportunity_id, sold_currency
    having sum(case when currency = sold_currency then 0 else 1 end) = 0

),

amendments as (

    select
        amendment.amendment_id,
        amendment.contract_id,
        paired.opportunity_id,
        paired.legal_entity_id,
        amendment.value_change,
        coalesce(amendment.signed_on, amendment.effective_date) as signed_on

    from {{ current_rows('contract_amendment') }} as amendment
    inner join paired on amendment.contract_id = paired.contract_id
    where amendment.status = 'signed'
        and coalesce(amendment.value_change, 0) <> 0
        and coalesce(amendment.currency, paired.currency) = paired.sold_currency

),

agreed as (

    select opportunity_id, sum(value_change) as amended_amount
    from amendments
    group by opportunity_id

),

gaps as (

    select
        booked.*,
        booked.sold_amount + coalesce(agreed.amended_amount, 0) as agreed_amount,
        booked.sold_amount + coalesce(agreed.amended_amount, 0) - booked.booked_amount as missing_amount

    from booked
    left join agreed on booked.opportunity_id = agreed.opportunity_id
    where booked.sold_amount + coalesce(agreed.amended_amount, 0) <> booked.booked_amount

),

-- What a contract lacks is one amendment, or all from some day on, when the amounts say so to the cent.
recent as (

    select
        amendments.*,
        gaps.missing_amount,
        row_number() over (
            partition by amendments.opportunity_id order by amendments.signed_on desc, amendments.amendment_id desc
        ) as place,
        sum(amendments.value_change) over (
            partition by amendments.opportunity_id order by amendments.signed_on desc, amendments.amendment_id desc
            rows unbounded preceding
        ) as running_amount

    from amendments
    inner join gaps on amendments.opportunity_id = gaps.opportunity_id

),

explained as (

    select
        opportunity_id,
        min(case when value_change = missing_amount then place end) as single_place,
        min(case when running_amount = missing_amount then place end) as last_place

    from recent
    group by opportunity_id

),

items as (

    select
        'deal_without_contract' as finding_class,
        'opportunity' as object_type,
        deals.opportunity_id as object_id,
        cast(null as {{ dbt.type_string() }}) as contract_id,
        deals.legal_entity_id,
        deals.currency,
        coalesce(deals.amount, 0) as expected_amount,
        cast(0 as decimal(18, 2)) as found_amount,
        deals.closed_on as wrong_since
    from deals
    left join deals_booked on deals.opportunity_id = deals_booked.opportunity_id
    where deals_booked.opportunity_id is null

    union all

    select
        'contract_without_deal', 'contract', contracts.contract_id, contracts.contract_id, contracts.legal_entity_id,
        contracts.currency, 0, contracts.total_value, contracts.signed_on
    from contracts
    cross join crm
    left join deals on contracts.opportunity_id = deals.opportunity_id
    where deals.opportunity_id is null and crm.deals > 0

    union all

    select
        'contract_currency_differs', 'contract', contract_id, contract_id, legal_entity_id,
        currency, 0, total_value, greatest(closed_on, signed_on)
    from paired
    where currency <> sold_currency

    union all

    select
        'contract_entity_differs', 'contract', contract_id, contract_id, legal_entity_id,
        currency, 0, total_value, greatest(closed_on, signed_on)
    from paired
    where legal_entity_id <> sold_entity_id

    union all

    select
        'contract_client_differs', 'contract', contract_id, contract_id, legal_entity_id,
        currency, 0, total_value, greatest(closed_on, signed_on)
    from paired
    where client_id <> sold_client_id

    union all

    select
        'amendment_not_in_contract', 'contract_amendment', recent.amendment_id, recent.contract_id,
        recent.legal_entity_id, gaps.currency, recent.value_change, 0, recent.signed_on
    from recent
    inner join explained on recent.opportunity_id = explained.opportunity_id
    inner join gaps on recent.opportunity_id = gaps.opportunity_id
    where recent.place = explained.single_place
        or (explained.single_place is null and recent.place <= explained.last_place)

    union all

    select
        'contract_value_differs', 'opportunity', gaps.opportunity_id, gaps.contract_id, gaps.legal_entity_id,
        gaps.currency, gaps.agreed_amount, gaps.booked_amount, gaps.booked_on
    from gaps
    left join explained on gaps.opportunity_id = explained.opportunity_id
    where coalesce(explained.single_place, explained.last_place) is null

)

select
    cast(finding_class as {{ dbt.type_string() }}) as finding_class,
    cast(object_type as {{ dbt.type_string() }}) as object_type,
    object_id,
    contract_id,
    legal_entity_id,
    currency,
    {{ money('expected_amount') }} as expected_amount,
    {{ money('found_amount') }} as found_amount,
    wrong_since

from items
order by finding_class, object_id

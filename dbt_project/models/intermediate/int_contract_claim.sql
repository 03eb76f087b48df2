-- 1/4 The contract's own record claims its terms. 2/4 The won deal claims what was sold, where exactly one contract came of
-- it: of two, no one can say which part is whose. 3/4 Signed amendments move the value that the deal claims. 4/4 The
-- amendment known last claims the end that it agreed on.
with

contracts as (

    select
        contract_id as object_id,
        contract_id as record_id,
        source_system,
        known_at,
        known_to,
        is_deleted or status = 'cancelled' as is_silent,
        billing_method,
        currency,
        {{ money_claim('total_value', 'currency') }} as total_value,
        start_date,
        end_date,
        po_number

    from {{ ref('core_contract') }}

),

in_force as (

    select
        contract_id,
        opportunity_id,
        count(*) over (partition by opportunity_id) as contracts

    from {{ current_rows('contract') }} as contract
    where status <> 'cancelled'

),

deals as (

    select
        contract.contract_id as object_id,
        deal.opportunity_id as record_id,
        deal.source_system,
        deal.known_at,
        deal.known_to,
        deal.is_deleted or not coalesce(deal.is_won, false) as is_silent,
        deal.billing_method,
        deal.currency,
        deal.expected_start_date,
        {{ money_claim('deal.amount', 'deal.currency') }} as total_value

    from {{ ref('core_opportunity') }} as deal
    inner join in_force as contract on deal.opportunity_id = contract.opportunity_id and contract.contracts = 1

),

deal_claims as (

    {{ claims_of('deals', [
        ('contract_terms', 'billing_method', 'billing_method'),
        ('contract_terms', 'currency', 'currency'),
        ('contract_terms', 'start_date', 'expected_start_date'),
        ('contract_terms', 'total_value', 'total_value'),
    ]) }}

),

amendments as (

    select
        amendment.contract_id,
        sum(amendment.value_change) as value_change,
        max(amendment.known_at) as known_at,
        min(amendment.currency) as least_currency,
        max(amendment.currency) as greatest_currency

    from {{ current_rows('contract_amendment') }} as amendment
    where amendment.status = 'signed' and amendment.value_change <> 0
    group by amendment.contract_id

),

-- An amendment in another currency cannot be added: then the deal claims no value.
amended_values as (

    select
        claim.object_id,
        claim.domain,
        claim.attribute,
        claim.source_system,
        claim.record_id,
        {{ money_claim(money('deal.amount + amendments.value_change'), 'deal.currency') }} as stated_value,
        greatest(claim.known_at, amendments.known_at) as known_at

    from deal_claims as claim
    inner join amendments on claim.object_id = amendments.contract_id
    inner join {{ current_rows('opportunity') }} as deal
        on claim.record_id = deal.opportunity_id
        and claim.source_system = deal.source_system
    where
        claim.attribute = 'total_value'
        and coalesce(amendments.least_currency, deal.currency) = deal.currency
        and coalesce(amendments.greatest_currency, deal.currency) = deal.currency

),

ends as (

    select
        change.*,
        row_number() over (
            partition by change.contract_id order by change.known_at desc, change.effective_on desc, change.change_id
        ) as recency

    from {{ ref('int_change_agreed') }} as change
    inner join in_force as contract on change.contract_id = contract.contract_id
    where change.change_type = 'contract_amendment' and change.new_end_date is not null

)

{{ claims_of('contracts', [
    ('contract_terms', 'billing_method', 'billing_method'),
    ('contract_terms', 'currency', 'currency'),
    ('contract_terms', 'total_value', 'total_value'),
    ('contract_terms', 'start_date', 'start_date'),
    ('contract_terms', 'end_date', 'end_date'),
    ('contract_terms', 'po_number', 'po_number'),
]) }}
union all
select claim.*
from deal_claims as claim
left join amendments on claim.object_id = amendments.contract_id
where claim.attribute <> 'total_value' or amendments.contract_id is null
union all
select * from amended_values
union all
select
    contract_id as object_id,
    cast('contract_terms' as {{ dbt.type_string() }}) as domain,
    cast('end_date' as {{ dbt.type_string() }}) as attribute,
    source_system,
    change_id as record_id,
    cast(new_end_date as {{ dbt.type_string() }}) as stated_value,
    known_at
from ends
where recency = 1
order by object_id, attribute, source_system, record_id

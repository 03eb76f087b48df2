with

short as (

    select
        *,
        {{ money('cast(quantity as decimal(38, 4)) * (agreed_rate - unit_rate)') }} as leaked
    from {{ ref('leakage_billed_rate') }}
    where agreed_rate - unit_rate >= 0.01

)

select
    'rate_below_contract:' || invoice_line_id as evidence_id,
    'rate_below_contract' as leakage_class,
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    {{ month_of('period_start') }} as period,
    leaked as amount,
    currency,
    cast(amount + leaked as decimal(18, 2)) as expected_amount,
    amount as billed_amount,
    'invoice_line' as left_entity,
    invoice_line_id as left_key,
    'rate_card' as right_entity,
    rate_id as right_key,
    cast(known_at as date) as matures_on,
    known_at,
    known_to

from short
where leaked > 0.01

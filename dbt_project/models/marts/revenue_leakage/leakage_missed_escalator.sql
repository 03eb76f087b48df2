with

-- Step 1/3: time billed at a price that never rose. What lies below the price list is rate_below_contract.
time_short as (

    select
        invoice_line_id as key_part, contract_line_id, contract_id, project_id, account_id, legal_entity_id, currency,
        period_start as day, invoice_line_id, amount as billed_amount,
        cast(round(
            quantity * (round(base_rate * (1 + escalator_pct), 2) - greatest(unit_rate, coalesce(agreed_rate, 0))), 2
        ) as decimal(18, 2)) as leaked,
        cast(known_at as date) as matures_on, known_at, known_to
    from {{ ref('leakage_billed_rate') }}
    where base_rate is not null
        -- Firms round the risen price in their own way: one cent an hour is no leak.
        and round(base_rate * (1 + escalator_pct), 2) - greatest(unit_rate, coalesce(agreed_rate, 0)) > 0.01

),

-- Step 2/3: recurring fees billed at the old amount in months since the escalator; part months when billed in full.
fee_short as (

    select
        contract_line_id || ':' || {{ month_of('month_start') }} as key_part,
        contract_line_id, contract_id, project_id, account_id, legal_entity_id, currency,
        month_start as day, invoice_line_id, billed_amount,
        cast(
            round(recurring_amount * (1 + escalator_pct), 2)
            - greatest(billed_amount, recurring_amount, coalesce(planned_amount, 0))
            as decimal(18, 2)
        ) as leaked,
        matures_on,
        greatest(known_at, cast(matures_on as timestamp)) as known_at,
        known_to
    from {{ ref('leakage_recurring_month') }}
    where billed_amount > 0
        and month_start >= escalator_date
        and (is_full_month or billed_amount >= recurring_amount)

),

-- Step 3/3: together.
short as (

    select * from time_short
    union all
    select * from fee_short

)

select
    'missed_escalator:' || key_part as evidence_id,
    'missed_escalator' as leakage_class,
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    {{ month_of('day') }} as period,
    leaked as amount,
    currency,
    cast(billed_amount + leaked as decimal(18, 2)) as expected_amount,
    billed_amount,
    'contract' as left_entity,
    contract_id as left_key,
    'invoice_line' as right_entity,
    invoice_line_id as right_key,
    matures_on,
    known_at,
    known_to

from short
where leaked > 0.01 and known_at < coalesce(known_to, cast('9999-12-31' as timestamp))

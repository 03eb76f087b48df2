with

-- The plan says what is due, where it is not below the contract. Without a plan a first or last part month is due by
-- its days; how it is shared out differs between firms, so there only a bill never written counts.
expected as (

    select
        *,
        case
            when is_full_month then greatest(recurring_amount, coalesce(planned_amount, 0))
            else coalesce(planned_amount, service_amount)
        end as expected_amount,
        is_full_month or planned_amount is not null as is_exact,
        greatest(known_at, cast(matures_on as timestamp)) as late_from
    from {{ ref('leakage_recurring_month') }}

),

short as (

    select *
    from expected
    where expected_amount - billed_amount > 0.01 and (is_exact or billed_amount = 0)

)

select
    'recurring_misbilled:' || contract_line_id || ':' || {{ month_of('month_start') }} as evidence_id,
    'recurring_misbilled' as leakage_class,
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    {{ month_of('month_start') }} as period,
    cast(expected_amount - billed_amount as decimal(18, 2)) as amount,
    currency,
    expected_amount,
    billed_amount,
    case when schedule_id is null then 'contract_line' else 'billing_schedule' end as left_entity,
    coalesce(schedule_id, contract_line_id) as left_key,
    case when invoice_line_id is null then 'contract' else 'invoice_line' end as right_entity,
    coalesce(invoice_line_id, contract_id) as right_key,
    matures_on,
    late_from as known_at,
    known_to

from short
where late_from < coalesce(known_to, cast('9999-12-31' as timestamp))

with

due as (

    select * from {{ ref('leakage_recurring_due') }}

),

-- Step 1/4: what was planned and what was billed; several months in one bill get an equal share each.
part as (

    select
        contract_line_id, 'plan' as side, schedule_id as part_key,
        cast({{ dbt.date_trunc('month', 'period_start') }} as date) as first_month, period_end as last_day,
        amount / nullif({{ dbt.datediff('period_start', 'period_end', 'month') }} + 1, 0) as monthly_amount,
        false as is_credited, known_at, known_to
    from {{ ref('core_billing_schedule') }}
    where not is_deleted and status <> 'cancelled' and change_order_id is null and period_end is not null

    union all

    select
        contract_line_id, 'bill' as side, invoice_line_id as part_key,
        cast({{ dbt.date_trunc('month', 'period_start') }} as date) as first_month, period_end as last_day,
        amount / nullif({{ dbt.datediff('period_start', 'period_end', 'month') }} + 1, 0) as monthly_amount,
        is_credited, known_at, known_to
    from {{ ref('leakage_billed_line') }}
    where line_type in ('recurring', 'fixed', 'adjustment') and change_order_id is null

),

month_part as (

    select
        due.contract_line_id, due.month_start, due.known_at as span_from,
        part.side, part.part_key, part.monthly_amount, part.is_credited, part.known_at, part.known_to
    from due
    inner join part
        on due.contract_line_id = part.contract_line_id
        and part.first_month <= due.month_start
        and part.last_day >= due.month_start
        and {{ hold_together('due', 'part') }}

),

-- Step 2/4: the moments at which either could change.
moment as (

    select contract_line_id, month_start, known_at as span_from, known_at as moment_at from due
    union
    select contract_line_id, month_start, span_from, greatest(known_at, span_from) as moment_at from month_part
    union
    select contract_line_id, month_start, span_from, known_to as moment_at from month_part where known_to is not null

),

segment as (

    select
        moment.*,
        lead(moment_at) over (partition by contract_line_id, month_start, span_from order by moment_at) as next_at
    from moment

),

-- Step 3/4: both, then. A credited bill counts only where no other was written: then the price was given up on purpose.
held as (

    select
        segment.contract_line_id, segment.month_start, segment.span_from, segment.moment_at,
        sum(case when part.side = 'plan' then part.monthly_amount end) as planned,
        sum(case when part.side = 'bill' and not part.is_credited then part.monthly_amount end) as billed,
        sum(case when part.side = 'bill' then part.monthly_amount end) as billed_or_credited,
        max(case when part.side = 'bill' then part.part_key end) as invoice_line_id,
        max(case when part.side = 'plan' then part.part_key end) as schedule_id
    from segment
    inner join month_part as part
        on segment.contract_line_id = part.contract_line_id
        and segment.month_start = part.month_start
        and segment.span_from = part.span_from
        and {{ holds_at('part', 'segment.moment_at') }}
    group by segment.contract_line_id, segment.month_start, segment.span_from, segment.moment_at

)

-- Step 4/4: beside the terms of the line.
select
    due.contract_line_id, due.contract_id, due.project_id, due.account_id, due.legal_entity_id, due.currency,
    due.month_start, due.is_full_month, due.recurring_amount, due.service_amount, due.escalator_pct,
    due.escalator_date,
    cast(round(held.planned, 2) as decimal(18, 2)) as planned_amount,
    cast(round(coalesce(held.billed, held.billed_or_credited, 0), 2) as decimal(18, 2)) as billed_amount,
    held.schedule_id,
    held.invoice_line_id,
    due.matures_on,
    segment.moment_at as known_at,
    least(due.known_to, segment.next_at) as known_to

from segment
inner join due
    on segment.contract_line_id = due.contract_line_id
    and segment.month_start = due.month_start
    and segment.span_from = due.known_at
    and segment.moment_at < {{ known_until('due') }}
left join held
    on segment.contract_line_id = held.contract_line_id
    and segment.month_start = held.month_start
    and segment.span_from = held.span_from
    and segment.moment_at = held.moment_at

with

line as (

    select *
    from {{ ref('leakage_contract_line') }}
    where billing_method in ('retainer', 'managed_service')
        and recurring_amount > 0
        and start_date is not null

),

-- Months up to the latest thing we know; a later one cannot be late yet.
horizon as (

    select
        cast(greatest(
            max(known_at), cast({{ "'" ~ as_of_cut() ~ "'" if as_of_cut() else 'null' }} as timestamp)
        ) as date) as last_day
    from {{ ref('core_invoice_line') }}

),

line_month as (

    select
        line.contract_line_id,
        line.known_at as span_from,
        cast({{ dbt.dateadd('month', 'cast(month.generated_number - 1 as integer)', dbt.date_trunc('month', 'line.start_date')) }} as date)
            as month_start
    from line
    cross join ({{ dbt.generate_series(600) }}) as month
    where month.generated_number <= 1 + {{ dbt.datediff(
        'line.start_date',
        "coalesce(least(line.end_date, (select last_day from horizon)), line.start_date)",
        'month'
    ) }}

),

due as (

    select
        line.*,
        line_month.month_start,
        cast({{ dbt.dateadd('day', 1, dbt.last_day('line_month.month_start', 'month')) }} as date) as next_month_start,
        cast({{ dbt.dateadd('day', 1, 'line.end_date') }} as date) as first_free_day,
        {{ billing_is_late_on('line_month.month_start', var('leakage_grace_days', 35)) }} as matures_on
    from line
    inner join line_month
        on line.contract_line_id = line_month.contract_line_id and line.known_at = line_month.span_from

),

-- A bill over several months pays each of them an equal share.
bill as (

    select
        contract_line_id, invoice_line_id,
        cast({{ dbt.date_trunc('month', 'period_start') }} as date) as first_month,
        period_end, is_credited, known_at, known_to,
        amount / nullif({{ dbt.datediff('period_start', 'period_end', 'month') }} + 1, 0) as monthly_amount
    from {{ ref('leakage_billed_line') }}
    where line_type in ('recurring', 'fixed', 'adjustment')

),

month_bill as (

    select due.contract_line_id, due.month_start, due.known_at as span_from, bill.invoice_line_id, bill.monthly_amount,
        bill.is_credited, bill.known_at, bill.known_to
    from due
    inner join bill
        on due.contract_line_id = bill.contract_line_id
        and bill.first_month <= due.month_start
        and bill.period_end >= due.month_start
        and {{ hold_together('due', 'bill') }}

),

moment as (

    select contract_line_id, month_start, known_at as span_from, known_at as moment_at from due
    union
    select contract_line_id, month_start, span_from, greatest(known_at, span_from) as moment_at from month_bill
    union
    select contract_line_id, month_start, span_from, known_to as moment_at from month_bill where known_to is not null

),

segment as (

    select
        moment.*,
        lead(moment_at) over (partition by contract_line_id, month_start, span_from order by moment_at) as next_at
    from moment

),

-- A credited bill counts only where no other was written: then the price was given up on purpose.
billed as (

    select
        segment.contract_line_id, segment.month_start, segment.span_from, segment.moment_at,
        sum(case when not month_bill.is_credited then month_bill.monthly_amount end) as live_amount,
        sum(month_bill.monthly_amount) as any_amount,
        max(month_bill.invoice_line_id) as invoice_line_id
    from segment
    inner join month_bill
        on segment.contract_line_id = month_bill.contract_line_id
        and segment.month_start = month_bill.month_start
        and segment.span_from = month_bill.span_from
        and {{ holds_at('month_bill', 'segment.moment_at') }}
    group by segment.contract_line_id, segment.month_start, segment.span_from, segment.moment_at

)

select
    due.contract_line_id, due.contract_id, due.project_id, due.account_id, due.legal_entity_id, due.currency,
    due.month_start, due.recurring_amount, due.escalator_pct, due.escalator_date,
    due.start_date <= due.month_start and (due.first_free_day is null or due.first_free_day >= due.next_month_start) as is_full_month,
    {{ dbt.datediff('due.month_start', 'due.next_month_start', 'day') }} as month_days,
    {{ dbt.datediff(
        'greatest(due.start_date, due.month_start)', 'least(due.first_free_day, due.next_month_start)', 'day'
    ) }} as service_days,
    cast(round(coalesce(billed.live_amount, billed.any_amount, 0), 2) as decimal(18, 2)) as billed_amount,
    billed.invoice_line_id,
    due.matures_on,
    segment.moment_at as known_at,
    least(due.known_to, segment.next_at) as known_to

from segment
inner join due
    on segment.contract_line_id = due.contract_line_id
    and segment.month_start = due.month_start
    and segment.span_from = due.known_at
    and segment.moment_at < {{ known_until('due') }}
left join billed
    on segment.contract_line_id = billed.contract_line_id
    and segment.month_start = billed.month_start
    and segment.span_from = billed.span_from
    and segment.moment_at = billed.moment_at

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

bounded as (

    select
        line.*,
        cast({{ dbt.date_trunc('month', 'line.start_date') }} as date) as first_month,
        cast({{ dbt.dateadd('day', 1, 'line.end_date') }} as date) as first_free_day,
        coalesce(least(line.end_date, horizon.last_day), line.start_date) as last_day
    from line
    cross join horizon

),

line_month as (

    select
        bounded.*,
        cast({{ dbt.dateadd('month', 'cast(month.generated_number - 1 as integer)', 'bounded.first_month') }} as date)
            as month_start
    from bounded
    inner join ({{ dbt.generate_series(600) }}) as month
        on month.generated_number <= 1 + {{ dbt.datediff('bounded.first_month', 'bounded.last_day', 'month') }}

),

due as (

    select
        *,
        cast({{ dbt.dateadd('month', 1, 'month_start') }} as date) as next_month_start
    from line_month

)

select
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    currency,
    month_start,
    next_month_start,
    start_date <= month_start and (first_free_day is null or first_free_day >= next_month_start) as is_full_month,
    recurring_amount,
    cast(round(
        recurring_amount
        * {{ dbt.datediff('greatest(start_date, month_start)', 'least(first_free_day, next_month_start)', 'day') }}
        / nullif({{ dbt.datediff('month_start', 'next_month_start', 'day') }}, 0),
        2
    ) as decimal(18, 2)) as service_amount,
    escalator_pct,
    escalator_date,
    {{ billing_is_late_on('month_start', var('leakage_grace_days', 35)) }} as matures_on,
    known_at,
    known_to

from due

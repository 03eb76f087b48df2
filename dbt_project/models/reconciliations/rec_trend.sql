-- 1/2 What came to be believed in a month counts from it on, what was no longer believed counts from then no more.
-- 2/2 Both sides at the end of each month, and what their difference grew by.
with

months as (

    select {{ month_start_of('days.calendar_day') }} as month_start
    from ({{ days_between(
        '(select ' ~ month_start_of(dbt.dateadd('month', -24, 'valued_on')) ~ ' from ' ~ ref('int_valuation') ~ ')',
        '(select valued_on from ' ~ ref('int_valuation') ~ ')'
    ) }}) as days
    group by {{ month_start_of('days.calendar_day') }}

),

moves as (

    select reconciliation, side, legal_entity_id, currency, unit, from_month as month_start, row_count, amount
    from {{ ref('int_reconciled_side') }}

    union all

    select reconciliation, side, legal_entity_id, currency, unit, to_month as month_start, -row_count, -amount
    from {{ ref('int_reconciled_side') }}
    where to_month is not null

),

standings as (

    select
        moves.reconciliation,
        months.month_start,
        moves.legal_entity_id,
        moves.currency,
        moves.unit,
        sum(case when moves.side = 'expected' then moves.row_count else 0 end) as expected_rows,
        sum(case when moves.side = 'found' then moves.row_count else 0 end) as found_rows,
        sum(case when moves.side = 'expected' then moves.amount else 0 end) as expected_amount,
        sum(case when moves.side = 'found' then moves.amount else 0 end) as found_amount

    from months
    inner join moves on moves.month_start <= months.month_start
    group by moves.reconciliation, months.month_start, moves.legal_entity_id, moves.currency, moves.unit

)

select
    standings.reconciliation,
    standings.month_start,
    standings.legal_entity_id,
    standings.currency,
    standings.unit,
    cast(standings.expected_rows as bigint) as expected_rows,
    cast(standings.found_rows as bigint) as found_rows,
    {{ money('standings.expected_amount') }} as expected_amount,
    {{ money('standings.found_amount') }} as found_amount,
    {{ money('standings.found_amount - standings.expected_amount') }} as difference,
    {{ money('standings.found_amount - standings.expected_amount
        - lag(standings.found_amount - standings.expected_amount) over months_of') }} as change_in_month,
    owners.owner,
    owners.steward_queue

from standings
left join {{ ref('data_owner') }} as owners
    on owners.domain = case standings.reconciliation
        when 'crm_to_erp' then 'contract_terms'
        when 'time_to_billing' then 'time_and_expense'
        when 'billing_to_revenue' then 'revenue_schedules'
        else 'cash'
    end
window months_of as (
    partition by standings.reconciliation, standings.legal_entity_id, standings.currency
    order by standings.month_start
)
order by standings.reconciliation, standings.legal_entity_id, standings.currency, standings.month_start

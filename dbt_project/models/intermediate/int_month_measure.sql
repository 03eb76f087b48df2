-- What happened in each month, and what was open at its end: money at the rate of its own day, what is owed at that of the
-- month's end. A week's hours belong to the month of its Monday.
with

months as (

    select
        {{ month_start_of('days.calendar_day') }} as month_start,
        max(days.calendar_day) as month_end

    from ({{ days_between(
        '(select ' ~ month_start_of(dbt.dateadd('month', -23, 'valued_on')) ~ ' from ' ~ ref('int_valuation') ~ ')',
        '(select valued_on from ' ~ ref('int_valuation') ~ ')'
    ) }}) as days
    group by {{ month_start_of('days.calendar_day') }}

),

dated as (

    select 'billed' as measure, legal_entity_id, issue_date as happened_on, net_amount as amount, currency
    from {{ ref('int_invoice_position') }}
    where is_issued
    union all
    select 'won', legal_entity_id, close_date, amount, currency
    from {{ ref('int_won_deal') }}
    union all
    select 'changed', legal_entity_id, agreed_on, value_change, currency
    from {{ ref('int_change_agreed') }}
    where change_type in ('change_order', 'contract_amendment')
    union all
    select 'disputed', position.legal_entity_id, dispute.opened_on, dispute.amount, dispute.currency
    from {{ current_rows('dispute') }} as dispute
    inner join {{ ref('int_invoice_position') }} as position on dispute.invoice_id = position.invoice_id
    union all
    select 'receivable', trend.legal_entity_id, months.month_end, -trend.difference, trend.currency
    from {{ ref('rec_trend') }} as trend
    inner join months on trend.month_start = months.month_start
    where trend.reconciliation = 'invoice_to_cash'

),

measures as (

    select
        dated.measure,
        dated.legal_entity_id,
        {{ month_start_of('dated.happened_on') }} as month_start,
        {{ money(product('dated.amount', 'fx.rate')) }} as amount

    from dated
    left join {{ ref('int_fx_reporting') }} as fx on {{ fx_holds('fx', 'dated.currency', 'dated.happened_on') }}

    union all

    select flow as measure, legal_entity_id, month_start, reporting_amount as amount
    from {{ ref('currency_position') }}
    where flow in ('recognised', 'collected', 'credited')

    union all

    -- Cost is set against revenue only where there is revenue to set it against, as in contribution_margin.
    select
        case when margin.revenue_amount is null then 'cost_without_revenue' else 'cost' end as measure,
        margin.legal_entity_id,
        {{ month_start_of('cost.cost_date') }},
        cost.reporting_amount
    from {{ ref('int_project_cost') }} as cost
    left join {{ ref('contribution_margin') }} as margin on cost.project_id = margin.project_id

    union all

    select 'billed_90_days' as measure, position.legal_entity_id, months.month_start,
        {{ money(product('position.gross_amount', 'fx.rate')) }}
    from {{ ref('int_invoice_position') }} as position
    inner join months
        on position.issue_date > {{ days_after('months.month_end', -90) }}
        and position.issue_date <= months.month_end
    left join {{ ref('int_fx_reporting') }} as fx on {{ fx_holds('fx', 'position.currency', 'months.month_end') }}
    where position.is_issued

    union all

    select worked.measure, worked.legal_entity_id, {{ month_start_of('worked.week_start') }}, worked.amount
    from (
        select 'billable_hours' as measure, legal_entity_id, week_start, billable_hours as amount
        from {{ ref('utilization_weekly') }}
        union all
        select 'available_hours', legal_entity_id, week_start, available_hours
        from {{ ref('utilization_weekly') }}
    ) as worked

)

select
    measures.legal_entity_id,
    measures.month_start,
    cast(measures.measure as {{ dbt.type_string() }}) as measure,
    {{ money('sum(measures.amount)') }} as amount

from measures
inner join months on measures.month_start = months.month_start
where measures.amount is not null
group by measures.legal_entity_id, measures.month_start, measures.measure
order by measures.legal_entity_id, measures.month_start, measures.measure

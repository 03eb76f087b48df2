-- 1/3 The standard value of work: at list prices, as far as its price is settled. Work paid by the hour has its price at
-- once; a fixed price or fee is earned as revenue is recognised, so work after the last such period waits. 2/3 What was
-- realized of it: paid by the hour, what was billed (adjusted, credits taken off) and what is still to bill at contract
-- rate; of a fixed price or fee, revenue recognised; of work that is not billable, nothing. 3/3 Both by month.
{%- set hourly = "('time_and_materials', 'hybrid')" %}
with

earned as (

    select project_id, billing_method, max(period_end) as earned_until
    from {{ ref('int_recognised_revenue') }}
    group by project_id, billing_method

),

worked as (

    select
        standard.project_id,
        standard.billing_method,
        {{ month_start_of('standard.work_date') }} as month_start,
        standard.currency,
        standard.hours,
        standard.standard_amount,
        case when standard.billing_method in {{ hourly }} and not standard.is_billed then standard.bill_amount end
            as unbilled_amount,
        standard.standard_amount is not null
            and (standard.billing_method not in {{ hourly }} or standard.bill_amount is not null) as is_priced,
        standard.billing_method in {{ hourly }} or standard.billing_method = 'non_billable'
            or coalesce(standard.work_date <= earned.earned_until, false) as is_settled

    from {{ ref('int_standard_value') }} as standard
    left join earned
        on standard.project_id = earned.project_id
        and standard.billing_method = earned.billing_method

),

-- Revenue that no hours of ours stand behind has no standard value to be measured by.
priced as (

    select project_id, billing_method
    from worked
    where is_priced
    group by project_id, billing_method

),

flows as (

    select
        project_id,
        billing_method,
        month_start,
        currency,
        case when is_priced and is_settled then hours end as hours,
        case when is_priced and is_settled then standard_amount end as standard_amount,
        case when is_priced and not is_settled then standard_amount end as waiting_amount,
        case when not is_priced then hours end as unpriced_hours,
        cast(null as decimal(18, 2)) as billed_amount,
        unbilled_amount,
        cast(null as decimal(18, 2)) as recognised_amount
    from worked

    union all

    select project_id, billing_method, {{ month_start_of('worked_until') }}, currency, null, null, null, null,
        amount - credited_amount, null, null
    from {{ ref('int_hourly_line') }}

    union all

    select revenue.project_id, revenue.billing_method, {{ month_start_of('revenue.period_end') }}, revenue.currency,
        null, null, null, null, null, null, revenue.amount
    from {{ ref('int_recognised_revenue') }} as revenue
    inner join priced
        on revenue.project_id = priced.project_id
        and revenue.billing_method = priced.billing_method
    where revenue.billing_method not in {{ hourly }}

),

months as (

    select
        project_id,
        billing_method,
        month_start,
        currency,
        {{ hours('coalesce(sum(hours), 0)') }} as hours,
        {{ money('coalesce(sum(standard_amount), 0)') }} as standard_amount,
        {{ money('coalesce(sum(waiting_amount), 0)') }} as waiting_amount,
        {{ hours('coalesce(sum(unpriced_hours), 0)') }} as unpriced_hours,
        {{ money('coalesce(sum(billed_amount), 0)') }} as billed_amount,
        {{ money('coalesce(sum(unbilled_amount), 0)') }} as unbilled_amount,
        {{ money('coalesce(sum(recognised_amount), 0)') }} as recognised_amount

    from flows
    group by project_id, billing_method, month_start, currency

)

select
    months.project_id,
    project.project_name,
    project.client_id,
    project.client_name,
    project.legal_entity_id,
    project.practice,
    project.project_type,
    project.manager_id,
    months.billing_method,
    months.month_start,
    months.currency,
    months.hours,
    months.standard_amount,
    months.billed_amount,
    months.unbilled_amount,
    months.recognised_amount,
    {{ money('months.billed_amount + months.unbilled_amount + months.recognised_amount') }} as realized_amount,
    months.waiting_amount,
    months.unpriced_hours,
    case
        when months.billing_method <> 'non_billable'
            then {{ ratio('months.billed_amount + months.unbilled_amount + months.recognised_amount',
                'months.standard_amount') }}
    end as realization_ratio,
    case
        when months.billing_method <> 'non_billable'
            then {{ ratio('months.billed_amount + months.unbilled_amount + months.recognised_amount', 'months.hours') }}
    end as effective_rate

from months
left join {{ ref('project') }} as project on months.project_id = project.project_id
order by months.project_id, months.billing_method, months.month_start, months.currency

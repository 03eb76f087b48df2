-- What delivery and finance should see of what was sold: terms, agreed changes on their way, people asked for, and the time
-- booked for the 13 weeks after the valuation day; part weeks count by their days.
with

changes as (

    select
        project_id,
        currency,
        sum(case when is_reflected then 0 else open_amount end) as changes_not_billed_amount,
        sum(case when is_reflected then 0 else 1 end) as changes_not_billed

    from {{ under_present_number(ref('change_effect'), 'project', ['target', 'is_reflected', 'currency', 'open_amount']) }} as effect
    where target = 'billing' and project_id is not null
    group by project_id, currency

),

booked as (

    select
        booking.project_id,
        sum(case when booking.booking_type = 'hard' then booking.days_ahead * booking.hours_per_week / 7 else 0 end)
            as hard_hours,
        sum(case when booking.booking_type = 'soft' then booking.days_ahead * booking.hours_per_week / 7 else 0 end)
            as soft_hours

    from (
        select
            assignment.project_id,
            assignment.booking_type,
            assignment.hours_per_week,
            greatest(1 + {{ dbt.datediff(
                'greatest(assignment.start_date, ' ~ days_after('valuation.valued_on', 1) ~ ')',
                'least(assignment.end_date, ' ~ days_after('valuation.valued_on', 91) ~ ')',
                'day'
            ) }}, 0) as days_ahead
        from {{ under_present_number(current_rows('assignment'), 'project', [
            'booking_type', 'hours_per_week', 'start_date', 'end_date', 'status'
        ]) }} as assignment
        cross join {{ ref('int_valuation') }} as valuation
        where assignment.status = 'active' and assignment.project_id is not null
    ) as booking
    group by booking.project_id

),

requests as (

    select project_id, count(*) as open_requests
    from {{ under_present_number(current_rows('staffing_request'), 'project', ['status']) }} as request
    where status = 'open' and project_id is not null
    group by project_id

),

unbilled as (

    select
        project_id,
        currency,
        sum(unbilled_time_amount + unbilled_expense_amount) as unbilled_amount

    from {{ under_present_number(ref('wip_unbilled'), 'project', [
        'currency', 'unbilled_time_amount', 'unbilled_expense_amount'
    ]) }} as unbilled
    group by project_id, currency

)

select
    position.project_id,
    project.project_name,
    position.contract_id,
    project.client_id,
    project.client_name,
    position.legal_entity_id,
    project.practice,
    project.project_type,
    position.manager_id,
    position.status,
    position.rag,
    coalesce(position.billing_method, contract.billing_method) as billing_method,
    position.planned_end_date,
    contract.end_date as contract_end_date,
    position.planned_end_date > contract.end_date as ends_after_contract,
    contract.po_required and contract.po_number is null as lacks_purchase_order,
    position.currency,
    contract.total_value as contract_value,
    contract.not_to_exceed,
    {{ money('coalesce(unbilled.unbilled_amount, 0)') }} as unbilled_amount,
    {{ money('coalesce(changes.changes_not_billed_amount, 0)') }} as changes_not_billed_amount,
    cast(coalesce(changes.changes_not_billed, 0) as bigint) as changes_not_billed,
    {{ hours('coalesce(booked.hard_hours, 0)') }} as hard_hours_13_weeks,
    {{ hours('coalesce(booked.soft_hours, 0)') }} as soft_hours_13_weeks,
    coalesce(requests.open_requests, 0) as open_requests

from {{ ref('int_project_position') }} as position
left join {{ current_rows('contract') }} as contract on position.contract_id = contract.contract_id
left join {{ ref('project') }} as project on position.project_id = project.project_id
left join changes on position.project_id = changes.project_id and position.currency = changes.currency
left join booked on position.project_id = booked.project_id
left join requests on position.project_id = requests.project_id
left join unbilled on position.project_id = unbilled.project_id and position.currency = unbilled.currency
where position.status in ('planned', 'open', 'on_hold')
order by position.project_id

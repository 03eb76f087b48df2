with

change as (

    select * from {{ ref('leakage_priced_change') }}

),

planned as (

    select change_order_id, schedule_id, amount, known_at, known_to
    from {{ ref('core_billing_schedule') }}
    where not is_deleted and status <> 'cancelled' and change_order_id is not null

),

billed as (

    select change_order_id, invoice_line_id, amount, known_at, known_to
    from {{ ref('leakage_billed_line') }}
    where change_order_id is not null

),

moment as (

    select change_order_id, known_at as moment_at from change
    union
    select change_order_id, known_at as moment_at from planned
    union
    select change_order_id, known_to as moment_at from planned where known_to is not null
    union
    select change_order_id, known_at as moment_at from billed
    union
    select change_order_id, known_to as moment_at from billed where known_to is not null

),

segment as (

    select change_order_id, moment_at, lead(moment_at) over (partition by change_order_id order by moment_at) as next_at
    from moment

),

planned_then as (

    select
        segment.change_order_id, segment.moment_at,
        sum(planned.amount) as amount, min(planned.schedule_id) as schedule_id
    from segment
    inner join planned
        on segment.change_order_id = planned.change_order_id
        and {{ holds_at('planned', 'segment.moment_at') }}
    group by segment.change_order_id, segment.moment_at

),

billed_then as (

    select segment.change_order_id, segment.moment_at, sum(billed.amount) as amount
    from segment
    inner join billed
        on segment.change_order_id = billed.change_order_id
        and {{ holds_at('billed', 'segment.moment_at') }}
    group by segment.change_order_id, segment.moment_at

),

-- A planned bill and its invoice are the same money: the larger of both is what reached billing.
reflected as (

    select
        change.*,
        planned_then.schedule_id,
        greatest(coalesce(planned_then.amount, 0), coalesce(billed_then.amount, 0)) as reflected_amount,
        {{ dbt.dateadd('day', var('leakage_change_grace_days', 21), 'change.agreed_on') }} as late_on,
        greatest(change.known_at, segment.moment_at) as seen_from,
        least(change.known_to, segment.next_at) as seen_to
    from segment
    inner join change
        on segment.change_order_id = change.change_order_id
        and change.known_at < coalesce(segment.next_at, cast('9999-12-31' as timestamp))
        and {{ known_until('change') }} > segment.moment_at
    left join planned_then
        on segment.change_order_id = planned_then.change_order_id and segment.moment_at = planned_then.moment_at
    left join billed_then
        on segment.change_order_id = billed_then.change_order_id and segment.moment_at = billed_then.moment_at

)

select
    'approved_change_not_scheduled:' || change_order_id as evidence_id,
    'approved_change_not_scheduled' as leakage_class,
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    {{ month_of('agreed_on') }} as period,
    cast(value_change - reflected_amount as decimal(18, 2)) as amount,
    currency,
    value_change as expected_amount,
    cast(reflected_amount as decimal(18, 2)) as billed_amount,
    'change_order' as left_entity,
    change_order_id as left_key,
    case when schedule_id is null then 'contract_line' else 'billing_schedule' end as right_entity,
    coalesce(schedule_id, contract_line_id) as right_key,
    cast(late_on as date) as matures_on,
    greatest(seen_from, cast(late_on as timestamp)) as known_at,
    seen_to as known_to

from reflected
where value_change - reflected_amount > 0.01
    and greatest(seen_from, cast(late_on as timestamp)) < coalesce(seen_to, cast('9999-12-31' as timestamp))

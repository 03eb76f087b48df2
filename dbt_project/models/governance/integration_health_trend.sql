-- 1/2 a message fails when a version of it first says so: its class is that version's, whatever became of it later;
-- 2/2 each failure counts in every week from the one it opened in to the one it was resolved in.
with

failing as (

    select
        message.source_system,
        message.message_id,
        message.interface,
        coalesce(message.error_class, 'none') as error_class,
        message.created_at as opened_at,
        row_number() over (
            partition by message.source_system, message.message_id
            order by message.known_at, message.version_order
        ) as failure_order

    from (
        select
            version.*,
            row_number() over (
                partition by source_system, message_id order by known_at, known_to nulls last
            ) as version_order
        from {{ ref('core_integration_message') }} as version
        where status in ('failed', 'retried', 'dead') and not is_deleted
    ) as message

),

failures as (

    select
        failing.interface,
        failing.error_class,
        failing.opened_at,
        current_message.resolved_at,
        cast({{ dbt.dateadd('hour', 'sla.hours_to_due', 'failing.opened_at') }} as timestamp) as due_at

    from failing
    inner join {{ current_rows('integration_message') }} as current_message
        on failing.source_system = current_message.source_system
        and failing.message_id = current_message.message_id
    left join {{ ref('exception_sla') }} as sla on sla.score = 'governance'
    where failing.failure_order = 1

),

weeks as (

    select
        {{ week_start_of('day.calendar_day') }} as week_start,
        least(
            cast({{ days_after(week_start_of('day.calendar_day'), 7) }} as timestamp), max(moment.valued_at)
        ) as ends_at

    from {{ ref('calendar_day') }} as day
    cross join {{ ref('int_moment') }} as moment
    where day.calendar_day <= cast(moment.valued_at as date)
    group by {{ week_start_of('day.calendar_day') }}

),

standing as (

    select
        weeks.week_start,
        failures.interface,
        failures.error_class,
        case when failures.opened_at >= weeks.week_start then 1 else 0 end as is_opened,
        case when failures.resolved_at <= weeks.ends_at then 1 else 0 end as is_resolved,
        case when failures.due_at >= weeks.week_start and failures.due_at <= weeks.ends_at
            and coalesce(failures.resolved_at, weeks.ends_at) >= failures.due_at then 1 else 0 end as is_breach,
        case when failures.resolved_at is null or failures.resolved_at > weeks.ends_at
            then {{ dbt.datediff('failures.opened_at', 'weeks.ends_at', 'hour') }} end as open_hours

    from failures
    inner join weeks
        on failures.opened_at <= weeks.ends_at
        and (failures.resolved_at is null or failures.resolved_at >= weeks.week_start)

)

select
    standing.week_start,
    standing.interface,
    standing.error_class,
    owners.steward_queue,
    cast(sum(standing.is_opened) as bigint) as opened_messages,
    cast(sum(standing.is_resolved) as bigint) as resolved_messages,
    cast(count(standing.open_hours) as bigint) as open_messages,
    cast(round(median(standing.open_hours), 1) as decimal(18, 1)) as median_age_hours,
    cast(sum(standing.is_breach) as bigint) as breached_messages

from standing
left join {{ ref('data_owner') }} as owners on owners.domain = 'integration_health'
group by standing.week_start, standing.interface, standing.error_class, owners.steward_queue
order by standing.week_start, standing.interface, standing.error_class

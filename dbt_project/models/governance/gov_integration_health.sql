with

messages as (

    select
        message.interface,
        coalesce(message.error_class, 'none') as error_class,
        message.status,
        message.attempts,
        message.created_at,
        case when message.status in ('failed', 'retried', 'dead') and message.resolved_at is null then 1 else 0 end
            as is_unresolved,
        case
            when message.status in ('failed', 'retried', 'dead') and message.resolved_at is null
                then {{ dbt.datediff('message.created_at', 'moment.valued_at', 'hour') }}
        end as age_hours,
        sla.hours_to_due

    from {{ current_rows('integration_message') }} as message
    cross join {{ ref('int_moment') }} as moment
    left join {{ ref('exception_sla') }} as sla on sla.score = 'governance'

)

select
    messages.interface,
    messages.error_class,
    owners.steward_queue,
    count(*) as messages,
    cast(sum(case when status = 'succeeded' then 0 else 1 end) as bigint) as failed_messages,
    cast(sum(case when status = 'dead' then 1 else 0 end) as bigint) as dead_messages,
    cast(sum(is_unresolved) as bigint) as unresolved_messages,
    cast(sum(case when age_hours > hours_to_due then 1 else 0 end) as bigint) as overdue_messages,
    cast(max(age_hours) as bigint) as oldest_age_hours,
    cast(max(attempts) as bigint) as most_attempts

from messages
left join {{ ref('data_owner') }} as owners on owners.domain = 'integration_health'
group by messages.interface, messages.error_class, owners.steward_queue
order by messages.interface, messages.error_class

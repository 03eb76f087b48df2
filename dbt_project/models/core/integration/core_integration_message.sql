with

versions as (

    {{ versions(
        ref('stg_integration__integration_message'),
        key=['source_system', 'message_id'],
        content=[
            'interface', 'sender', 'receiver', 'object_type', 'object_id', 'status', 'error_class',
            'error_text', 'attempts', 'created_at', 'resolved_at', 'is_deleted'
        ]
    ) }}

)

select
    message_id,
    interface,
    sender,
    receiver,
    object_type,
    object_id,
    status,
    error_class,
    error_text,
    attempts,
    created_at,
    resolved_at,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    created_at as event_at,
    cast(created_at as date) as valid_from,
    cast(null as date) as valid_to

from versions
order by message_id, source_system, known_at, batch_id, source_line

with

landed as (

    select * from {{ landing('integration_message') }}

),

named as (

    select
        -- identifiers
        message_id,

        -- attributes
        interface,
        sender,
        receiver,
        object_type,
        object_id,
        status,
        error_class,
        error_text,

        -- numbers
        attempts,

        -- dates
        created_at,
        resolved_at,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

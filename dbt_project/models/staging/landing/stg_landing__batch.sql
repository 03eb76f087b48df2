with

landed as (

    select * from {{ landed_batches() }}

),

named as (

    select
        -- identifiers
        batch_id,
        entity,
        source_system,
        file as source_file,

        -- numbers
        rows_in_file,
        rows_filtered,
        rows_read,
        rows_landed,
        rows_quarantined,
        rows_superseded,

        -- dates
        known_from,
        known_until,
        cast(loaded_at as timestamp) as loaded_at

    from landed

)

select * from named

with

landed as (

    select * from {{ landing('contact') }}

),

named as (

    select
        -- identifiers
        contact_id,
        account_id,

        -- attributes
        role,
        email,
        active,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

with

landed as (

    select * from {{ landing('rate_card') }}

),

named as (

    select
        -- identifiers
        rate_id,
        contract_id,
        person_id,

        -- attributes
        role,
        currency,

        -- numbers
        rate,

        -- dates
        valid_from,
        valid_to,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

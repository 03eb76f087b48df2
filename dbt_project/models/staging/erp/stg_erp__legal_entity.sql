with

landed as (

    select * from {{ landing('legal_entity') }}

),

named as (

    select
        -- identifiers
        legal_entity_id,

        -- attributes
        name,
        country_code,
        functional_currency,
        tax_id,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

with

landed as (

    select * from {{ landing('contract_amendment') }}

),

named as (

    select
        -- identifiers
        amendment_id,
        contract_id,

        -- attributes
        amendment_type,
        currency,
        status,

        -- numbers
        value_change,

        -- dates
        new_end_date,
        effective_date,
        signed_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

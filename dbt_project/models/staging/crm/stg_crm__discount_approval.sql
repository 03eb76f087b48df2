with

landed as (

    select * from {{ landing('discount_approval') }}

),

named as (

    select
        -- identifiers
        approval_id,
        quote_id,
        approver_id,

        -- attributes
        status,

        -- numbers
        requested_pct,
        approved_pct,

        -- dates
        requested_on,
        decided_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

with

landed as (

    select * from {{ landing('purchase_order') }}

),

named as (

    select
        -- identifiers
        purchase_order_id,
        project_id,

        -- attributes
        supplier,
        currency,
        status,

        -- numbers
        amount,

        -- dates
        ordered_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

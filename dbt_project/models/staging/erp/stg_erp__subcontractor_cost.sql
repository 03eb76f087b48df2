with

landed as (

    select * from {{ landing('subcontractor_cost') }}

),

named as (

    select
        -- identifiers
        cost_id,
        project_id,
        purchase_order_id,

        -- attributes
        supplier,
        currency,
        billable,

        -- numbers
        hours,
        amount,

        -- dates
        cost_date,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

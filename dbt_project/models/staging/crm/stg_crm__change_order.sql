with

landed as (

    select * from {{ landing('change_order') }}

),

named as (

    select
        -- identifiers
        change_order_id,
        project_id,
        contract_id,
        contract_line_id,

        -- attributes
        title,
        reason,
        currency,
        status,

        -- numbers
        value_change,
        cost_change,
        hours_change,
        schedule_change_days,

        -- dates
        new_end_date,
        requested_on,
        approved_on,
        effective_date,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

with

landed as (

    select * from {{ landing('project_budget') }}

),

named as (

    select
        -- identifiers
        budget_id,
        project_id,

        -- attributes
        currency,
        reason,

        -- numbers
        version,
        budget_cost,
        budget_revenue,
        budget_hours,

        -- dates
        approved_on,
        planned_end_date,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

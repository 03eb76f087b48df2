with

landed as (

    select * from {{ landing('project_status') }}

),

named as (

    select
        -- identifiers
        status_id,
        project_id,

        -- attributes
        currency,
        rag,
        comment,

        -- numbers
        percent_complete,
        actual_cost,
        etc_cost,
        etc_hours,
        forecast_cost,

        -- dates
        status_date,
        forecast_end_date,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

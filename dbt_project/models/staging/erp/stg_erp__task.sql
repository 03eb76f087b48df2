with

landed as (

    select * from {{ landing('task') }}

),

named as (

    select
        -- identifiers
        task_id,
        project_id,
        contract_line_id,

        -- attributes
        name,
        billable,
        status,

        -- numbers
        planned_hours,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

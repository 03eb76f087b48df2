with

landed as (

    select * from {{ landing('person') }}

),

named as (

    select
        -- identifiers
        person_id,
        legal_entity_id,
        manager_id,

        -- attributes
        name,
        email,
        role,
        practice,
        region,
        employment_type,
        calendar_id,
        status,

        -- numbers
        seniority,
        weekly_hours,
        billable_target,

        -- dates
        hire_date,
        termination_date,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

with

landed as (

    select * from {{ landing('project') }}

),

named as (

    select
        -- identifiers
        project_id,
        account_id,
        contract_id,
        opportunity_id,
        legal_entity_id,
        manager_id,

        -- attributes
        name,
        practice,
        region,
        project_type,
        billing_method,
        currency,
        status,

        -- dates
        start_date,
        planned_end_date,
        actual_end_date,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

with

landed as (

    select * from {{ landing('opportunity') }}

),

named as (

    select
        -- identifiers
        opportunity_id,
        account_id,
        owner_id,
        legal_entity_id,

        -- attributes
        name,
        stage,
        is_closed,
        is_won,
        currency,
        practice,
        region,
        service_type,
        billing_method,

        -- numbers
        amount,
        probability,
        expected_duration_weeks,

        -- dates
        expected_close_date,
        close_date,
        expected_start_date,
        created_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

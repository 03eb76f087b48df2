with

landed as (

    select * from {{ landing('decision') }}

),

named as (

    select
        -- identifiers
        decision_id,

        -- attributes
        external_id,
        score,
        object_id,
        verdict,
        reason_code,
        decided_by,
        currency,
        is_intervention,
        is_random_slice,

        -- numbers
        value_recovered,
        propensity,

        -- dates
        decided_at,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

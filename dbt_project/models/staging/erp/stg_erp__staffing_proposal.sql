with

landed as (

    select * from {{ landing('staffing_proposal') }}

),

named as (

    select
        -- identifiers
        proposal_id,
        request_id,
        person_id,

        -- attributes
        status,

        -- numbers
        outcome_rating,

        -- dates
        proposed_on,
        decided_on,
        outcome_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

with

landed as (

    select * from {{ landing('person_skill') }}

),

named as (

    select
        -- identifiers
        person_id,
        skill_id,

        -- numbers
        level,

        -- dates
        assessed_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

with

landed as (

    select * from {{ landing('skill') }}

),

named as (

    select
        -- identifiers
        skill_id,
        parent_skill_id,

        -- attributes
        name,
        category,
        description,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

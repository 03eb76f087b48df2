with

landed as (

    select * from {{ landing('account_match') }}

),

named as (

    select
        -- identifiers
        left_account_id,
        right_account_id,
        judge,

        -- attributes
        verdict,
        evidence,
        judged_by,
        reason,

        -- numbers
        probability,

        -- dates
        judged_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named

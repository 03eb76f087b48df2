-- The verdict in force on each pair of customer records: the steward's where there is one, else the matcher's. Of two
-- deliveries of one judge, the one known last.
with

verdicts as (

    select
        least(left_account_id, right_account_id) as left_account_id,
        greatest(left_account_id, right_account_id) as right_account_id,
        judge,
        verdict,
        probability,
        evidence,
        judged_by,
        judged_on,
        reason,
        known_at,
        source_system

    from {{ current_rows('account_match') }} as account_match
    where left_account_id <> right_account_id

),

ranked as (

    select
        verdicts.*,
        row_number() over (
            partition by left_account_id, right_account_id
            order by case when judge = 'steward' then 1 else 2 end, known_at desc, source_system
        ) as preference

    from verdicts

)

select
    left_account_id,
    right_account_id,
    verdict,
    judge,
    probability,
    evidence,
    judged_by,
    judged_on,
    reason,
    known_at

from ranked
where preference = 1
order by left_account_id, right_account_id

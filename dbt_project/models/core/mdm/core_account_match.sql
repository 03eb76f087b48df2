with

versions as (

    {{ versions(
        ref('stg_mdm__account_match'),
        key=['source_system', 'left_account_id', 'right_account_id', 'judge'],
        content=[
            'verdict', 'probability', 'evidence', 'judged_by', 'judged_on', 'reason', 'is_deleted'
        ]
    ) }}

)

select
    left_account_id,
    right_account_id,
    judge,
    verdict,
    probability,
    evidence,
    judged_by,
    judged_on,
    reason,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(judged_on as timestamp) as event_at,
    judged_on as valid_from,
    cast(null as date) as valid_to

from versions
order by left_account_id, right_account_id, judge, source_system, known_at, batch_id, source_line

with

versions as (

    {{ versions(
        ref('stg_erp__staffing_proposal'),
        key=['source_system', 'proposal_id'],
        content=[
            'request_id', 'person_id', 'proposed_on', 'status', 'decided_on', 'outcome_rating',
            'outcome_on', 'is_deleted'
        ]
    ) }}

)

select
    proposal_id,
    request_id,
    person_id,
    proposed_on,
    status,
    decided_on,
    outcome_rating,
    outcome_on,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(proposed_on as timestamp) as event_at,
    proposed_on as valid_from,
    cast(null as date) as valid_to

from versions
order by proposal_id, source_system, known_at, batch_id, source_line

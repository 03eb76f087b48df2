with

versions as (

    {{ versions(
        ref('stg_queue__decision'),
        key=['source_system', 'decision_id'],
        content=[
            'external_id', 'score', 'object_id', 'verdict', 'reason_code', 'decided_by', 'decided_at',
            'value_recovered', 'currency', 'is_intervention', 'is_random_slice', 'propensity',
            'is_deleted'
        ]
    ) }}

)

select
    decision_id,
    external_id,
    score,
    object_id,
    verdict,
    reason_code,
    decided_by,
    decided_at,
    value_recovered,
    currency,
    is_intervention,
    is_random_slice,
    propensity,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    decided_at as event_at,
    cast(decided_at as date) as valid_from,
    cast(null as date) as valid_to

from versions
order by decision_id, source_system, known_at, batch_id, source_line

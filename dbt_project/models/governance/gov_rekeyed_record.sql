select
    object_type,
    record_id,
    other_record_id,
    verdict,
    decided_by,
    decided_on,
    reason

from {{ ref('rekeyed_record') }}
order by object_type, record_id, other_record_id, decided_on

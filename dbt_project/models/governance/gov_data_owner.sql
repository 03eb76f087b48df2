select
    domain,
    owner,
    steward_queue

from {{ ref('data_owner') }}
order by domain

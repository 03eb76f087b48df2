select
    source_system,
    system

from {{ ref('system_kind') }}
order by source_system

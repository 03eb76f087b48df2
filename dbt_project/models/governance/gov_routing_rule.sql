select
    score,
    priority,
    legal_entity_id,
    region,
    owner_kind,
    owner_fallback

from {{ ref('routing_rule') }}
order by score, priority, legal_entity_id, region

select
    legal_entity_id,
    {{ month_start_of('close_date') }} as won_in,
    checkpoint,
    count(distinct opportunity_id) as deals,
    count(*) as rules_due,
    cast(sum(case when is_met then 1 else 0 end) as bigint) as rules_met,
    {{ ratio('sum(case when is_met then 1 else 0 end)', 'count(*)') }} as compliance_ratio

from {{ ref('gov_handoff_readiness') }}
group by legal_entity_id, {{ month_start_of('close_date') }}, checkpoint
order by legal_entity_id, won_in, checkpoint

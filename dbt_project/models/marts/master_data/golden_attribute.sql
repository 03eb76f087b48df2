select
    winner.object_type,
    winner.object_id,
    winner.domain,
    winner.attribute,
    winner.integration_profile,
    winner.winning_value,
    winner.winning_system,
    winner.winning_record_id,
    winner.winning_known_at,
    winner.decided_by,
    winner.claims,
    winner.losing_claims,
    winner.losing_values,
    case when winner.losing_claims > 0 then true else false end as has_disagreement,
    owners.owner

from {{ ref('int_attribute_winner') }} as winner
left join {{ ref('data_owner') }} as owners on winner.domain = owners.domain
where winner.is_active
order by winner.object_type, winner.object_id, winner.attribute

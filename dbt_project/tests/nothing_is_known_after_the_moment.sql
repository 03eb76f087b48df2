-- The moment that the warehouse speaks of is the last one at which anything became known, and there is one; one row per
-- entity that knows more, or for a moment too many.
{%- for entity in input_contract() %}
select '{{ entity }}' as entity, max(versions.known_at) as known_at
from {{ ref('core_' ~ entity) }} as versions
cross join {{ ref('int_moment') }} as moment
having max(versions.known_at) > max(moment.valued_at)
union all
{%- endfor %}
select 'every entity' as entity, max(valued_at) as known_at
from {{ ref('int_moment') }}
having count(*) <> 1

select
    integration_profile,
    domain,
    attribute,
    preference,
    system,
    case when integration_profile = '{{ integration_profile() }}' then true else false end as is_active

from {{ ref('system_of_record') }}
order by integration_profile, domain, attribute, preference

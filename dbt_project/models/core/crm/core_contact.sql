with

versions as (

    {{ versions(
        ref('stg_crm__contact'),
        key=['source_system', 'contact_id'],
        content=['account_id', 'role', 'email', 'active', 'is_deleted']
    ) }}

)

select
    contact_id,
    account_id,
    role,
    email,
    active,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(null as timestamp) as event_at,
    cast(null as date) as valid_from,
    cast(null as date) as valid_to

from versions
order by contact_id, source_system, known_at, batch_id, source_line

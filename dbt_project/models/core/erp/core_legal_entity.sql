with

versions as (

    {{ versions(
        ref('stg_erp__legal_entity'),
        key=['source_system', 'legal_entity_id'],
        content=['name', 'country_code', 'functional_currency', 'tax_id', 'is_deleted']
    ) }}

)

select
    legal_entity_id,
    name,
    country_code,
    functional_currency,
    tax_id,
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
order by legal_entity_id, source_system, known_at, batch_id, source_line

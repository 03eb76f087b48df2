with

versions as (

    {{ versions(
        ref('stg_erp__project'),
        key=['source_system', 'project_id'],
        content=[
            'name', 'account_id', 'contract_id', 'opportunity_id', 'legal_entity_id', 'practice',
            'region', 'project_type', 'billing_method', 'manager_id', 'currency', 'start_date',
            'planned_end_date', 'actual_end_date', 'status', 'is_deleted'
        ]
    ) }}

)

select
    project_id,
    name,
    account_id,
    contract_id,
    opportunity_id,
    legal_entity_id,
    practice,
    region,
    project_type,
    billing_method,
    manager_id,
    currency,
    start_date,
    planned_end_date,
    actual_end_date,
    status,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(start_date as timestamp) as event_at,
    start_date as valid_from,
    actual_end_date as valid_to

from versions
order by project_id, source_system, known_at, batch_id, source_line

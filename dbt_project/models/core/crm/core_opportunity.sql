with

versions as (

    {{ versions(
        ref('stg_crm__opportunity'),
        key=['source_system', 'opportunity_id'],
        content=[
            'account_id', 'name', 'stage', 'is_closed', 'is_won', 'amount', 'currency', 'probability',
            'expected_close_date', 'close_date', 'expected_start_date', 'expected_duration_weeks',
            'owner_id', 'practice', 'region', 'service_type', 'billing_method', 'legal_entity_id',
            'created_on', 'is_deleted'
        ]
    ) }}

)

select
    opportunity_id,
    account_id,
    name,
    stage,
    is_closed,
    is_won,
    amount,
    currency,
    probability,
    expected_close_date,
    close_date,
    expected_start_date,
    expected_duration_weeks,
    owner_id,
    practice,
    region,
    service_type,
    billing_method,
    legal_entity_id,
    created_on,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(created_on as timestamp) as event_at,
    created_on as valid_from,
    close_date as valid_to

from versions
order by opportunity_id, source_system, known_at, batch_id, source_line

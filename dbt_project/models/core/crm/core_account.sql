with

versions as (

    {{ versions(
        ref('stg_crm__account'),
        key=['source_system', 'account_id'],
        content=[
            'name', 'master_account_id', 'parent_account_id', 'industry', 'region', 'country_code',
            'tax_id', 'payment_terms_days', 'owner_id', 'status', 'created_on', 'is_deleted'
        ]
    ) }}

)

select
    account_id,
    name,
    master_account_id,
    parent_account_id,
    industry,
    region,
    country_code,
    tax_id,
    payment_terms_days,
    owner_id,
    status,
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
    cast(null as date) as valid_to

from versions
order by account_id, source_system, known_at, batch_id, source_line

-- What each customer record claims of its client. A record deleted claims nothing, and a blank claims nothing either: it
-- must not win over a value only because its system is preferred.
with

records as (

    select
        client.client_id as object_id,
        account.account_id as record_id,
        account.source_system,
        account.known_at,
        account.known_to,
        account.is_deleted as is_silent,
        account.name,
        account.region,
        account.country_code,
        account.payment_terms_days,
        account.owner_id,
        account.tax_id

    from {{ ref('core_account') }} as account
    inner join {{ ref('int_account_client') }} as client on account.account_id = client.account_id

)

{{ claims_of('records', [
    ('customer_master', 'name', 'name'),
    ('customer_master', 'region', 'region'),
    ('customer_master', 'country_code', 'country_code'),
    ('customer_master', 'payment_terms_days', 'payment_terms_days'),
    ('customer_master', 'owner_id', 'owner_id'),
    ('tax_attributes', 'tax_id', 'tax_id'),
]) }}
order by object_id, attribute, source_system, record_id

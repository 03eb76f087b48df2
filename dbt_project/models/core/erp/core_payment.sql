with

versions as (

    {{ versions(
        ref('stg_erp__payment'),
        key=['source_system', 'payment_id'],
        content=['invoice_id', 'paid_on', 'amount', 'currency', 'is_deleted']
    ) }}

)

select
    payment_id,
    invoice_id,
    paid_on,
    amount,
    currency,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(paid_on as timestamp) as event_at,
    paid_on as valid_from,
    cast(null as date) as valid_to

from versions
order by payment_id, source_system, known_at, batch_id, source_line

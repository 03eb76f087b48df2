with

versions as (

    {{ versions(
        ref('stg_erp__purchase_order'),
        key=['source_system', 'purchase_order_id'],
        content=['project_id', 'supplier', 'amount', 'currency', 'ordered_on', 'status', 'is_deleted']
    ) }}

)

select
    purchase_order_id,
    project_id,
    supplier,
    amount,
    currency,
    ordered_on,
    status,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(ordered_on as timestamp) as event_at,
    ordered_on as valid_from,
    cast(null as date) as valid_to

from versions
order by purchase_order_id, source_system, known_at, batch_id, source_line

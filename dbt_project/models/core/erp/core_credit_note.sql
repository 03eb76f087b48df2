with

versions as (

    {{ versions(
        ref('stg_erp__credit_note'),
        key=['source_system', 'credit_note_id'],
        content=['invoice_id', 'issued_on', 'amount', 'currency', 'reason_code', 'is_deleted']
    ) }}

)

select
    credit_note_id,
    invoice_id,
    issued_on,
    amount,
    currency,
    reason_code,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(issued_on as timestamp) as event_at,
    issued_on as valid_from,
    cast(null as date) as valid_to

from versions
order by credit_note_id, source_system, known_at, batch_id, source_line

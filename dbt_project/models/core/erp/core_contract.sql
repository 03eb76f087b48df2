with

versions as (

    {{ versions(
        ref('stg_erp__contract'),
        key=['source_system', 'contract_id'],
        content=[
            'account_id', 'legal_entity_id', 'opportunity_id', 'name', 'billing_method', 'currency',
            'total_value', 'not_to_exceed', 'escalator_pct', 'escalator_date', 'po_required',
            'po_number', 'invoice_format', 'payment_terms_days', 'start_date', 'end_date', 'signed_on',
            'status', 'is_deleted'
        ]
    ) }}

)

select
    contract_id,
    account_id,
    legal_entity_id,
    opportunity_id,
    name,
    billing_method,
    currency,
    total_value,
    not_to_exceed,
    escalator_pct,
    escalator_date,
    po_required,
    po_number,
    invoice_format,
    payment_terms_days,
    start_date,
    end_date,
    signed_on,
    status,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(signed_on as timestamp) as event_at,
    start_date as valid_from,
    end_date as valid_to

from versions
order by contract_id, source_system, known_at, batch_id, source_line

with

versions as (

    {{ versions(
        ref('stg_erp__invoice'),
        key=['source_system', 'invoice_id'],
        content=[
            'account_id', 'legal_entity_id', 'contract_id', 'project_id', 'invoice_number', 'status',
            'billing_run_date', 'issue_date', 'due_date', 'period_start', 'period_end', 'amount',
            'tax_amount', 'currency', 'po_number', 'is_deleted'
        ]
    ) }}

)

select
    invoice_id,
    account_id,
    legal_entity_id,
    contract_id,
    project_id,
    invoice_number,
    status,
    billing_run_date,
    issue_date,
    due_date,
    period_start,
    period_end,
    amount,
    tax_amount,
    currency,
    po_number,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(issue_date as timestamp) as event_at,
    issue_date as valid_from,
    cast(null as date) as valid_to

from versions
order by invoice_id, source_system, known_at, batch_id, source_line

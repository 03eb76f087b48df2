with

versions as (

    {{ versions(
        ref('stg_timesheet__expense'),
        key=['source_system', 'expense_id'],
        content=[
            'person_id', 'project_id', 'contract_line_id', 'cost_centre', 'expense_date', 'category',
            'merchant', 'amount', 'currency', 'billable', 'has_receipt', 'payment_method',
            'description', 'status', 'submitted_at', 'approved_at', 'approver_id', 'invoice_line_id',
            'is_deleted'
        ]
    ) }}

)

select
    expense_id,
    person_id,
    project_id,
    contract_line_id,
    cost_centre,
    expense_date,
    category,
    merchant,
    amount,
    currency,
    billable,
    has_receipt,
    payment_method,
    description,
    status,
    submitted_at,
    approved_at,
    approver_id,
    invoice_line_id,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(expense_date as timestamp) as event_at,
    expense_date as valid_from,
    cast(null as date) as valid_to

from versions
order by expense_id, source_system, known_at, batch_id, source_line

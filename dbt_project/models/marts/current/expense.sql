select
    expense.expense_id,
    expense.person_id,
    expense.project_id,
    project.project_name,
    project.client_id,
    project.client_name,
    project.contract_id,
    expense.contract_line_id,
    coalesce(project.legal_entity_id, person.legal_entity_id) as legal_entity_id,
    project.practice,
    project.project_type,
    project.manager_id,
    expense.expense_date,
    expense.category,
    expense.merchant,
    expense.description,
    expense.currency,
    expense.amount,
    expense.billable as is_billable,
    expense.has_receipt,
    expense.payment_method,
    expense.status,
    expense.submitted_at,
    expense.approved_at,
    expense.invoice_line_id

from {{ current_rows('expense') }} as expense
left join {{ ref('project') }} as project on expense.project_id = project.project_id
left join {{ current_rows('person') }} as person on expense.person_id = person.person_id

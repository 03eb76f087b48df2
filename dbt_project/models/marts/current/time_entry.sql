select
    entry.time_entry_id,
    entry.person_id,
    entry.project_id,
    project.project_name,
    project.client_id,
    project.client_name,
    priced.contract_id,
    entry.contract_line_id,
    entry.task_id,
    coalesce(project.legal_entity_id, person.legal_entity_id) as legal_entity_id,
    project.practice,
    project.project_type,
    project.manager_id,
    priced.role,
    entry.work_date,
    entry.hours,
    entry.description,
    entry.status,
    entry.submitted_at,
    entry.approved_at,
    priced.is_billable,
    priced.is_approved,
    priced.is_billed,
    priced.billing_method,
    priced.bill_rate,
    priced.bill_currency,
    priced.bill_amount,
    entry.invoice_line_id

from {{ current_rows('time_entry') }} as entry
inner join {{ ref('int_time_value') }} as priced on entry.time_entry_id = priced.time_entry_id
left join {{ ref('project') }} as project on entry.project_id = project.project_id
left join {{ current_rows('person') }} as person on entry.person_id = person.person_id

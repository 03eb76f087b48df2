select
    position.invoice_id,
    position.invoice_number,
    position.client_id,
    client.client_name,
    position.contract_id,
    position.project_id,
    project.project_name,
    position.legal_entity_id,
    project.practice,
    project.project_type,
    project.manager_id,
    position.status,
    position.is_issued,
    position.issue_date,
    position.due_date,
    position.settled_on,
    position.days_overdue,
    position.currency,
    position.net_amount,
    position.gross_amount,
    position.paid_amount,
    position.credited_amount,
    position.open_amount,
    position.overdue_amount,
    position.open_disputes

from {{ ref('int_invoice_position') }} as position
left join {{ ref('client') }} as client on position.client_id = client.client_id
left join {{ ref('project') }} as project on position.project_id = project.project_id

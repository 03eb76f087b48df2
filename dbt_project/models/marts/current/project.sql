select
    project.project_id,
    project.name as project_name,
    client.client_id,
    client.client_name,
    project.contract_id,
    project.opportunity_id,
    project.legal_entity_id,
    project.practice,
    project.region,
    project.project_type,
    project.billing_method,
    project.manager_id,
    project.currency,
    project.start_date,
    project.planned_end_date,
    project.actual_end_date,
    project.status

from {{ current_rows('project') }} as project
left join {{ ref('int_account_golden') }} as client on project.account_id = client.account_id

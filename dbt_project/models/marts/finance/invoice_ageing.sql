select
    position.invoice_id,
    position.client_id,
    client.client_name,
    position.legal_entity_id,
    position.contract_id,
    position.project_id,
    project.project_name,
    project.practice,
    project.project_type,
    project.manager_id,
    position.invoice_number,
    position.issue_date,
    position.due_date,
    valuation.valued_on,
    position.days_overdue,
    cast(case
        when position.open_amount < 0 then 'overpaid'
        when position.days_overdue <= 0 then 'not due'
        when position.days_overdue <= 30 then '1-30'
        when position.days_overdue <= 60 then '31-60'
        when position.days_overdue <= 90 then '61-90'
        else 'over 90'
    end as {{ dbt.type_string() }}) as ageing_bucket,
    position.currency,
    position.gross_amount,
    position.paid_amount,
    position.credited_amount,
    position.open_amount,
    position.overdue_amount,
    position.open_amount_reporting,
    position.overdue_amount_reporting,
    case when position.last_returned_on is not null then true else false end as is_returned,
    case when position.open_disputes > 0 then true else false end as is_disputed

from {{ ref('int_invoice_position') }} as position
cross join {{ ref('int_valuation') }} as valuation
left join {{ ref('client') }} as client on position.client_id = client.client_id
left join {{ ref('project') }} as project on position.project_id = project.project_id
where position.is_issued and position.open_amount <> 0
order by position.invoice_id

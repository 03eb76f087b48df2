-- What keeps money from being billed today. Differences are those of rec_finding, added up by contract; the rest is work in
-- progress that no reconciliation speaks of. Milestones, changes and recurring amounts are differences, so the plan counts
-- only bills that are neither.
with

exceptions as (

    select
        finding.finding_class as kind,
        case when finding.contract_id is null then finding.object_type else 'contract' end as object_type,
        coalesce(finding.contract_id, finding.object_id) as object_id,
        finding.contract_id,
        finding.legal_entity_id,
        finding.currency,
        sum(abs(finding.difference)) as amount,
        count(*) as items,
        min(finding.opened_on) as since,
        finding.domain

    from {{ ref('rec_finding') }} as finding
    where finding.reconciliation in ('time_to_billing', 'contract_to_invoice')
        or finding.finding_class = 'approved_change_not_scheduled'
    group by
        finding.finding_class,
        case when finding.contract_id is null then finding.object_type else 'contract' end,
        coalesce(finding.contract_id, finding.object_id),
        finding.contract_id, finding.legal_entity_id, finding.currency, finding.domain

    union all

    select 'draft_waiting', 'invoice', draft.invoice_id, draft.contract_id, draft.legal_entity_id, draft.currency,
        draft.amount, 1, coalesce(draft.billing_run_date, cast(draft.first_known_at as date)), 'billing'
    from {{ current_rows('invoice') }} as draft
    where draft.status = 'draft'

    union all

    select 'planned_bill_overdue', 'billing_schedule', planned.schedule_id, planned.contract_id,
        contract.legal_entity_id, planned.currency, planned.amount, 1, planned.due_date, 'billing_rules'
    from {{ current_rows('billing_schedule') }} as planned
    cross join {{ ref('int_valuation') }} as valuation
    inner join {{ current_rows('contract') }} as contract
        on planned.contract_id = contract.contract_id and contract.status = 'active'
    left join {{ current_rows('contract_line') }} as line on planned.contract_line_id = line.contract_line_id
    where planned.status in ('planned', 'ready', 'on_hold') and planned.invoice_line_id is null
        and planned.due_date < valuation.valued_on
        and planned.milestone_id is null and planned.change_order_id is null
        and coalesce(line.billing_method, contract.billing_method) not in ('retainer', 'managed_service')

    union all

    select 'purchase_order_missing', 'contract', contract.contract_id, contract.contract_id, contract.legal_entity_id,
        contract.currency, contract.total_value, 1, coalesce(contract.start_date, contract.signed_on), 'contract_terms'
    from {{ current_rows('contract') }} as contract
    where contract.status = 'active' and contract.po_required and contract.po_number is null

    union all

    select 'ceiling_near', 'contract_line', position.contract_line_id, position.contract_id, position.legal_entity_id,
        position.currency, position.not_to_exceed - position.worked_amount, 1, cast(null as date), 'billing_rules'
    from {{ ref('billing_position') }} as position
    where position.contract_status = 'active'
        and position.not_to_exceed_used_ratio >= 0.9 and position.not_to_exceed_used_ratio < 1

    union all

    select 'invoice_not_transferred', 'invoice', invoice.invoice_id, invoice.contract_id, invoice.legal_entity_id,
        invoice.currency, invoice.amount, count(*), cast(min(message.created_at) as date), 'integration_health'
    from {{ current_rows('integration_message') }} as message
    inner join {{ current_rows('invoice') }} as invoice on message.object_id = invoice.invoice_id
    where message.object_type = 'invoice' and message.status in ('failed', 'retried', 'dead')
        and message.resolved_at is null
    group by invoice.invoice_id, invoice.contract_id, invoice.legal_entity_id, invoice.currency, invoice.amount

)

select
    cast(exceptions.kind as {{ dbt.type_string() }}) as kind,
    cast(exceptions.object_type as {{ dbt.type_string() }}) as object_type,
    exceptions.object_id,
    exceptions.contract_id,
    client.client_id,
    client.client_name,
    exceptions.legal_entity_id,
    exceptions.currency,
    {{ money('exceptions.amount') }} as amount,
    cast(exceptions.items as bigint) as items,
    exceptions.since,
    cast({{ dbt.datediff('exceptions.since', 'valuation.valued_on', 'day') }} as bigint) as days_open,
    owners.owner,
    owners.steward_queue,
    cast(case exceptions.kind
        when 'draft_waiting' then 'check and issue the invoice, or cancel it'
        when 'planned_bill_overdue' then 'bill it, or move the planned day with the client''s word'
        when 'purchase_order_missing' then 'ask the client for the order number before the next bill'
        when 'ceiling_near' then 'ask for a change order, or tell the project to stop'
        when 'invoice_not_transferred' then 'fix the message and send it again'
        when 'unbilled_time' then 'put the approved hours on the next bill'
        when 'unbilled_expense' then 'put the approved expenses on the next bill'
        when 'milestone_not_invoiced' then 'bill the milestone that was reached'
        when 'recurring_misbilled' then 'bill what the month lacks'
        when 'approved_change_not_scheduled' then 'put the change into the billing schedule'
        else 'compare the two records in rec_finding and correct the wrong one'
    end as {{ dbt.type_string() }}) as next_step

from exceptions
cross join {{ ref('int_valuation') }} as valuation
left join {{ current_rows('contract') }} as contract on exceptions.contract_id = contract.contract_id
left join {{ ref('int_account_golden') }} as client on contract.account_id = client.account_id
left join {{ ref('data_owner') }} as owners on exceptions.domain = owners.domain
order by exceptions.kind, exceptions.object_type, exceptions.object_id, exceptions.legal_entity_id, exceptions.currency

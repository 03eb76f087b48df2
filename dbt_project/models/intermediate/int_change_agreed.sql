-- What was agreed with a client and moves money: approved change orders, signed amendments, approved discounts, as last
-- known. Known since the first version that said so, which may be long after the day it holds from.
with

approved_orders as (

    select change_order_id, min(known_at) as agreed_known_at
    from {{ known_versions('change_order') }} as version
    where status = 'approved' and not is_deleted
    group by change_order_id

),

signed_amendments as (

    select amendment_id, min(known_at) as agreed_known_at
    from {{ known_versions('contract_amendment') }} as version
    where status = 'signed' and not is_deleted
    group by amendment_id

),

approved_discounts as (

    select approval_id, min(known_at) as agreed_known_at
    from {{ known_versions('discount_approval') }} as version
    where status = 'approved' and not is_deleted
    group by approval_id

),

-- A source that re-keys a contract leaves the old number in its change orders: the project knows the contract of today.
orders as (

    select
        cast('change_order' as {{ dbt.type_string() }}) as change_type,
        change.change_order_id as change_id,
        change.source_system,
        coalesce(contract.contract_id, project.contract_id, change.contract_id) as contract_id,
        change.project_id,
        project.opportunity_id,
        coalesce(project.account_id, contract.account_id) as account_id,
        coalesce(project.legal_entity_id, contract.legal_entity_id) as legal_entity_id,
        coalesce(line.billing_method, project.billing_method, 'unknown') as billing_method,
        coalesce(change.approved_on, change.effective_date, change.requested_on) as agreed_on,
        coalesce(change.effective_date, change.approved_on, change.requested_on) as effective_on,
        approved_orders.agreed_known_at as known_at,
        coalesce(change.currency, project.currency) as currency,
        change.value_change,
        change.cost_change,
        change.hours_change,
        change.new_end_date,
        cast(null as {{ dbt.type_string() }}) as recorded_approver_id

    from {{ current_rows('change_order') }} as change
    inner join approved_orders on change.change_order_id = approved_orders.change_order_id
    left join {{ current_rows('project') }} as project on change.project_id = project.project_id
    left join {{ current_rows('contract') }} as contract on change.contract_id = contract.contract_id
    left join {{ current_rows('contract_line') }} as line on change.contract_line_id = line.contract_line_id
    where change.status = 'approved'

),

amendments as (

    select
        cast('contract_amendment' as {{ dbt.type_string() }}) as change_type,
        amendment.amendment_id as change_id,
        amendment.source_system,
        amendment.contract_id,
        cast(null as {{ dbt.type_string() }}) as project_id,
        contract.opportunity_id,
        contract.account_id,
        contract.legal_entity_id,
        contract.billing_method,
        coalesce(amendment.signed_on, amendment.effective_date) as agreed_on,
        amendment.effective_date as effective_on,
        signed_amendments.agreed_known_at as known_at,
        coalesce(amendment.currency, contract.currency) as currency,
        amendment.value_change,
        cast(null as decimal(18, 2)) as cost_change,
        cast(null as decimal(9, 2)) as hours_change,
        amendment.new_end_date,
        cast(null as {{ dbt.type_string() }}) as recorded_approver_id

    from {{ current_rows('contract_amendment') }} as amendment
    inner join signed_amendments on amendment.amendment_id = signed_amendments.amendment_id
    left join {{ current_rows('contract') }} as contract on amendment.contract_id = contract.contract_id
    where amendment.status = 'signed'

),

-- A quote states what is left after the discount: the list price is amount / (1 - discount).
discounts as (

    select
        cast('discount_approval' as {{ dbt.type_string() }}) as change_type,
        approval.approval_id as change_id,
        approval.source_system,
        cast(null as {{ dbt.type_string() }}) as contract_id,
        cast(null as {{ dbt.type_string() }}) as project_id,
        quote.opportunity_id,
        deal.account_id,
        deal.legal_entity_id,
        deal.billing_method,
        coalesce(approval.decided_on, approval.requested_on) as agreed_on,
        coalesce(approval.decided_on, approval.requested_on) as effective_on,
        approved_discounts.agreed_known_at as known_at,
        quote.currency,
        {{ money(
            '-' ~ product('quote.amount', 'approval.approved_pct') ~ ' / nullif(1 - quote.discount_pct, 0)'
        ) }} as value_change,
        cast(null as decimal(18, 2)) as cost_change,
        cast(null as decimal(9, 2)) as hours_change,
        cast(null as date) as new_end_date,
        approval.approver_id as recorded_approver_id

    from {{ current_rows('discount_approval') }} as approval
    inner join approved_discounts on approval.approval_id = approved_discounts.approval_id
    inner join {{ current_rows('quote') }} as quote on approval.quote_id = quote.quote_id
    left join {{ current_rows('opportunity') }} as deal on quote.opportunity_id = deal.opportunity_id
    where approval.status = 'approved'

)

select * from orders
union all
select * from amendments
union all
select * from discounts
order by change_type, change_id

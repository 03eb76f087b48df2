-- What each project earned and cost so far in the reporting currency, at the rates of the days it happened. Where
-- no recognised revenue was delivered it is unknown, and so is the margin: cost alone is no loss.
with

revenue as (

    select
        project_id,
        sum(reporting_amount) as revenue_amount,
        sum(case when reporting_amount is null then 1 else 0 end) as unconverted_rows

    from {{ ref('int_recognised_revenue') }}
    group by project_id

),

costs as (

    select
        project_id,
        sum(case when cost_kind = 'labour' then reporting_amount else 0 end) as labour_cost,
        sum(case when cost_kind = 'expense' then reporting_amount else 0 end) as expense_cost,
        sum(case when cost_kind = 'subcontractor' then reporting_amount else 0 end) as subcontractor_cost,
        sum(case when reporting_amount is null then 1 else 0 end) as unconverted_rows

    from {{ ref('int_project_cost') }}
    group by project_id

),

-- What is ordered and not yet charged; an order charged beyond its amount commits nothing more.
charged as (

    select purchase_order_id, currency, sum(amount) as amount
    from {{ current_rows('subcontractor_cost') }} as cost
    where purchase_order_id is not null
    group by purchase_order_id, currency

),

commitments as (

    select
        purchase.project_id,
        sum({{ money(product('greatest(purchase.amount - coalesce(charged.amount, 0), 0)', 'fx.rate')) }})
            as committed_cost

    from {{ under_present_number(current_rows('purchase_order'), 'project', [
        'purchase_order_id', 'currency', 'amount', 'status'
    ]) }} as purchase
    cross join {{ ref('int_valuation') }} as valuation
    left join charged
        on purchase.purchase_order_id = charged.purchase_order_id
        and purchase.currency = charged.currency
    left join {{ ref('int_fx_reporting') }} as fx on {{ fx_holds('fx', 'purchase.currency', 'valuation.valued_on') }}
    where purchase.status = 'open' and purchase.project_id is not null
    group by purchase.project_id

),

margins as (

    select
        project.project_id,
        project.project_name,
        project.client_id,
        project.client_name,
        project.contract_id,
        project.legal_entity_id,
        project.practice,
        project.project_type,
        project.manager_id,
        project.status,
        project.client_id is null and project.contract_id is null
            or coalesce(lower(project.project_type), '') = 'internal' as is_internal,
        valuation.reporting_currency as currency,
        revenue.revenue_amount,
        coalesce(costs.labour_cost, 0) as labour_cost,
        coalesce(costs.expense_cost, 0) as expense_cost,
        coalesce(costs.subcontractor_cost, 0) as subcontractor_cost,
        coalesce(commitments.committed_cost, 0) as committed_cost,
        coalesce(revenue.unconverted_rows, 0) + coalesce(costs.unconverted_rows, 0) as unconverted_rows

    from {{ ref('project') }} as project
    cross join {{ ref('int_valuation') }} as valuation
    left join revenue on project.project_id = revenue.project_id
    left join costs on project.project_id = costs.project_id
    left join commitments on project.project_id = commitments.project_id

)

select
    project_id,
    project_name,
    client_id,
    client_name,
    contract_id,
    legal_entity_id,
    practice,
    project_type,
    manager_id,
    status,
    is_internal,
    currency,
    {{ money('revenue_amount') }} as revenue_amount,
    {{ money('labour_cost') }} as labour_cost,
    {{ money('expense_cost') }} as expense_cost,
    {{ money('subcontractor_cost') }} as subcontractor_cost,
    {{ money('revenue_amount - labour_cost - expense_cost - subcontractor_cost') }} as contribution_margin,
    {{ ratio('revenue_amount - labour_cost - expense_cost - subcontractor_cost', 'revenue_amount') }}
        as contribution_margin_ratio,
    {{ money('committed_cost') }} as committed_cost,
    {{ money('revenue_amount - labour_cost - expense_cost - subcontractor_cost - committed_cost') }}
        as margin_after_commitments,
    cast(unconverted_rows as bigint) as unconverted_rows

from margins
order by project_id

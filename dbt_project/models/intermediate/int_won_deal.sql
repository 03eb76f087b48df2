-- What the hand-off rules are checked against: the deal itself, and the contracts, projects and prices that came of it.
with

discounts as (

    select
        quote.opportunity_id,
        count(*) as undecided_discounts

    from {{ current_rows('discount_approval') }} as approval
    inner join {{ current_rows('quote') }} as quote on approval.quote_id = quote.quote_id
    where approval.status = 'requested'
    group by quote.opportunity_id

),

demands as (

    select opportunity_id, count(*) as demand_rows
    from {{ current_rows('opportunity_role_demand') }} as demand
    group by opportunity_id

),

projects as (

    select
        project.contract_id,
        count(*) as projects,
        sum(case when budget.project_id is null then 1 else 0 end) as projects_without_budget

    from {{ current_rows('project') }} as project
    left join (
        select project_id
        from {{ current_rows('project_budget') }} as baseline
        group by project_id
    ) as budget on project.project_id = budget.project_id
    where project.contract_id is not null and project.status <> 'cancelled'
    group by project.contract_id

),

rates as (

    select contract_id, count(*) as rates
    from {{ current_rows('rate_card') }} as card
    where contract_id is not null
    group by contract_id

),

plans as (

    select contract_id, count(*) as plans
    from (
        select contract_id
        from {{ current_rows('billing_schedule') }} as schedule
        union all
        select contract_id
        from {{ current_rows('contract_line') }} as line
        where recurring_amount is not null
        union all
        select line.contract_id
        from {{ current_rows('milestone') }} as milestone
        inner join {{ current_rows('contract_line') }} as line on milestone.contract_line_id = line.contract_line_id
    ) as any_plan
    group by contract_id

),

-- What was booked first; amendments move the value later, and rightly so.
booked as (

    select
        contract_id,
        total_value,
        row_number() over (partition by contract_id order by known_at, source_system, source_line) as delivery

    from {{ known_versions('contract') }} as version
    where not is_deleted

),

contracts as (

    select
        contract.opportunity_id,
        count(*) as contracts,
        sum(booked.total_value) as booked_value,
        min(contract.currency) as least_currency,
        max(contract.currency) as greatest_currency,
        sum(case when contract.payment_terms_days is null then 1 else 0 end) as without_terms,
        sum(case when contract.po_required then 1 else 0 end) as needing_order,
        sum(case when contract.po_required and contract.po_number is null then 1 else 0 end) as without_order,
        sum(case when account.tax_id is null then 1 else 0 end) as without_tax_number,
        sum(case when projects.projects is null then 1 else 0 end) as without_project,
        sum(coalesce(projects.projects, 0)) as projects,
        sum(coalesce(projects.projects_without_budget, 0)) as projects_without_budget,
        sum(case
            when contract.billing_method in ('time_and_materials', 'hybrid') and rates.rates is null then 1
            when contract.billing_method <> 'time_and_materials' and plans.plans is null then 1
            else 0
        end) as without_price

    from {{ current_rows('contract') }} as contract
    left join booked on contract.contract_id = booked.contract_id and booked.delivery = 1
    left join {{ current_rows('account') }} as account on contract.account_id = account.account_id
    left join projects on contract.contract_id = projects.contract_id
    left join rates on contract.contract_id = rates.contract_id
    left join plans on contract.contract_id = plans.contract_id
    where contract.opportunity_id is not null and contract.status <> 'cancelled'
    group by contract.opportunity_id

)

select
    deal.opportunity_id,
    deal.amount,
    deal.currency,
    deal.billing_method,
    deal.legal_entity_id,
    deal.close_date,
    coalesce(discounts.undecided_discounts, 0) as undecided_discounts,
    coalesce(demands.demand_rows, 0) as demand_rows,
    contracts.contracts,
    {{ money('contracts.booked_value') }} as booked_value,
    contracts.least_currency,
    contracts.greatest_currency,
    cast(contracts.without_terms as bigint) as without_terms,
    cast(contracts.needing_order as bigint) as needing_order,
    cast(contracts.without_order as bigint) as without_order,
    cast(contracts.without_tax_number as bigint) as without_tax_number,
    cast(contracts.without_project as bigint) as without_project,
    cast(contracts.projects as bigint) as projects,
    cast(contracts.projects_without_budget as bigint) as projects_without_budget,
    cast(contracts.without_price as bigint) as without_price

from {{ current_rows('opportunity') }} as deal
left join discounts on deal.opportunity_id = discounts.opportunity_id
left join demands on deal.opportunity_id = demands.opportunity_id
left join contracts on deal.opportunity_id = contracts.opportunity_id
where deal.is_won
order by deal.opportunity_id

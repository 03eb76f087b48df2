-- What sales should see of a deal after it is won: how far it is activated, billed, paid and at risk.
with

contracts as (

    select
        agreed.opportunity_id,
        count(*) as contracts,
        min(agreed.contract_id) as first_contract_id,
        min(agreed.signed_on) as signed_on,
        sum(case when agreed.currency = agreed.sold_currency then agreed.total_value else 0 end) as contract_value

    from {{ ref('int_contract_deal') }} as agreed
    where agreed.opportunity_id is not null
    group by agreed.opportunity_id

),

projects as (

    select
        agreed.opportunity_id,
        count(*) as projects,
        sum(case when project.status in ('open', 'on_hold', 'closed') then 1 else 0 end) as started_projects,
        sum(case when project.rag = 'red' then 1 else 0 end) as red_projects

    from {{ ref('int_contract_deal') }} as agreed
    inner join {{ ref('int_project_position') }} as project on agreed.contract_id = project.contract_id
    where agreed.opportunity_id is not null and project.status <> 'cancelled'
    group by agreed.opportunity_id

),

invoices as (

    select
        agreed.opportunity_id,
        sum(position.net_amount) as billed_amount,
        sum(position.open_amount) as open_amount,
        sum(position.overdue_amount) as overdue_amount,
        sum(case when position.open_disputes > 0 then 1 else 0 end) as disputed_invoices

    from {{ ref('int_contract_deal') }} as agreed
    inner join {{ ref('int_invoice_position') }} as position
        on agreed.contract_id = position.contract_id
        and agreed.sold_currency = position.currency
    where agreed.opportunity_id is not null and position.is_issued
    group by agreed.opportunity_id

),

differences as (

    select agreed.opportunity_id, count(*) as open_differences
    from {{ ref('int_contract_deal') }} as agreed
    inner join {{ ref('rec_finding') }} as finding on agreed.contract_id = finding.contract_id
    where agreed.opportunity_id is not null
    group by agreed.opportunity_id

)

select
    handoff.opportunity_id,
    handoff.client_id,
    handoff.client_name,
    handoff.legal_entity_id,
    handoff.owner_id,
    handoff.close_date,
    cast(case
        when contracts.contracts is null then 'waits for contract'
        when projects.projects is null then 'waits for project'
        when projects.started_projects = 0 then 'waits for start'
        else 'active'
    end as {{ dbt.type_string() }}) as activation,
    contracts.first_contract_id,
    contracts.signed_on,
    handoff.readiness_ratio,
    handoff.currency,
    handoff.amount as deal_amount,
    {{ money('coalesce(contracts.contract_value, 0)') }} as contract_value,
    {{ money('coalesce(invoices.billed_amount, 0)') }} as billed_amount,
    {{ ratio('coalesce(invoices.billed_amount, 0)', 'contracts.contract_value') }} as billed_ratio,
    {{ money('coalesce(invoices.open_amount, 0)') }} as open_amount,
    {{ money('coalesce(invoices.overdue_amount, 0)') }} as overdue_amount,
    cast(coalesce(invoices.disputed_invoices, 0) as bigint) as disputed_invoices,
    cast(coalesce(projects.red_projects, 0) as bigint) as red_projects,
    coalesce(differences.open_differences, 0) as open_differences

from {{ ref('deal_handoff') }} as handoff
left join contracts on handoff.opportunity_id = contracts.opportunity_id
left join projects on handoff.opportunity_id = projects.opportunity_id
left join invoices on handoff.opportunity_id = invoices.opportunity_id
left join differences on handoff.opportunity_id = differences.opportunity_id
order by handoff.opportunity_id

with

clients as (

    select
        client_id,
        max(client_name) as client_name,
        max(client_region) as client_region

    from {{ ref('int_account_golden') }}
    group by client_id

),

billing as (

    select
        position.client_id,
        sum(case
            when position.is_issued and position.issue_date > {{ days_after('valuation.valued_on', -365) }}
                then position.net_amount_reporting
            else 0
        end) as billed_last_365_days,
        sum(position.open_amount_reporting) as open_receivables,
        sum(position.overdue_amount_reporting) as overdue_receivables,
        sum(case when position.open_disputes > 0 then 1 else 0 end) as disputed_invoices

    from {{ ref('int_invoice_position') }} as position
    cross join {{ ref('int_valuation') }} as valuation
    group by position.client_id

),

delivery as (

    select
        client_id,
        sum(case when status = 'open' then 1 else 0 end) as open_projects,
        sum(case when status = 'open' and rag = 'red' then 1 else 0 end) as red_projects

    from {{ ref('project_performance') }}
    group by client_id

),

handoffs as (

    select
        client_id,
        sum(case when is_ready then 0 else 1 end) as unready_deals

    from {{ ref('deal_handoff') }}
    group by client_id

),

deals as (

    select
        client_id,
        count(*) as open_deals,
        sum(amount_reporting) as open_deal_amount

    from {{ ref('pipeline_current') }}
    group by client_id

)

select
    clients.client_id,
    clients.client_name,
    clients.client_region,
    valuation.reporting_currency as currency,
    coalesce(deals.open_deals, 0) as open_deals,
    {{ money('coalesce(deals.open_deal_amount, 0)') }} as open_deal_amount,
    cast(coalesce(handoffs.unready_deals, 0) as bigint) as unready_deals,
    cast(coalesce(delivery.open_projects, 0) as bigint) as open_projects,
    cast(coalesce(delivery.red_projects, 0) as bigint) as red_projects,
    {{ money('coalesce(billing.billed_last_365_days, 0)') }} as billed_last_365_days,
    {{ money('coalesce(billing.open_receivables, 0)') }} as open_receivables,
    {{ money('coalesce(billing.overdue_receivables, 0)') }} as overdue_receivables,
    cast(coalesce(billing.disputed_invoices, 0) as bigint) as disputed_invoices

from clients
cross join {{ ref('int_valuation') }} as valuation
left join deals on clients.client_id = deals.client_id
left join handoffs on clients.client_id = handoffs.client_id
left join delivery on clients.client_id = delivery.client_id
left join billing on clients.client_id = billing.client_id
order by clients.client_id

with

open_invoices as (

    select
        position.*,
        valuation.valued_on,
        {{ dbt.datediff('coalesce(position.due_date, position.issue_date)', 'valuation.valued_on', 'day') }} as days_overdue

    from {{ ref('int_invoice_position') }} as position
    cross join {{ ref('int_valuation') }} as valuation
    where position.is_issued and position.open_amount <> 0

)

select
    invoice_id,
    client_id,
    legal_entity_id,
    contract_id,
    project_id,
    invoice_number,
    issue_date,
    due_date,
    valued_on,
    cast(days_overdue as bigint) as days_overdue,
    cast(case
        when open_amount < 0 then 'overpaid'
        when days_overdue <= 0 then 'not due'
        when days_overdue <= 30 then '1-30'
        when days_overdue <= 60 then '31-60'
        when days_overdue <= 90 then '61-90'
        else 'over 90'
    end as {{ dbt.type_string() }}) as ageing_bucket,
    currency,
    gross_amount,
    paid_amount,
    credited_amount,
    open_amount,
    open_amount_reporting,
    case when open_disputes > 0 then true else false end as is_disputed

from open_invoices
order by invoice_id

with

worked as (

    select
        project.legal_entity_id,
        time_value.bill_currency as currency,
        count(*) as approved_entries,
        sum(time_value.bill_amount) as approved_amount,
        sum(case when time_value.is_billed then time_value.bill_amount else 0 end) as marked_billed_amount,
        sum(case when time_value.is_billed then 0 else time_value.bill_amount end) as unbilled_amount

    from {{ ref('int_time_value') }} as time_value
    left join {{ current_rows('project') }} as project on time_value.project_id = project.project_id
    where time_value.is_billable and time_value.is_approved and time_value.bill_amount is not null
        and time_value.billing_method in ('time_and_materials', 'hybrid')
    group by project.legal_entity_id, time_value.bill_currency

),

invoiced as (

    select
        invoice.legal_entity_id,
        line.currency,
        count(*) as invoiced_lines,
        sum(line.amount) as invoiced_amount

    from {{ current_rows('invoice_line') }} as line
    inner join {{ current_rows('invoice') }} as invoice on line.invoice_id = invoice.invoice_id
    where line.line_type = 'time' and invoice.status <> 'cancelled'
    group by invoice.legal_entity_id, line.currency

),

sides as (

    select legal_entity_id, currency, approved_entries, approved_amount, marked_billed_amount, unbilled_amount,
        0 as invoiced_lines, cast(0 as decimal(38, 2)) as invoiced_amount
    from worked

    union all

    select legal_entity_id, currency, 0, 0, 0, 0, invoiced_lines, invoiced_amount
    from invoiced

)

select
    legal_entity_id,
    currency,
    cast(sum(approved_entries) as bigint) as approved_entries,
    cast(sum(invoiced_lines) as bigint) as invoiced_lines,
    {{ money('sum(approved_amount)') }} as approved_amount,
    {{ money('sum(marked_billed_amount)') }} as marked_billed_amount,
    {{ money('sum(unbilled_amount)') }} as unbilled_amount,
    {{ money('sum(invoiced_amount)') }} as invoiced_amount,
    {{ money('sum(invoiced_amount) - sum(marked_billed_amount)') }} as difference

from sides
group by legal_entity_id, currency
order by legal_entity_id, currency

-- Time and expenses to billing, record by record: what invoice lines bill against the entries that name them.
with

lines as (

    select
        line.invoice_line_id,
        line.line_type,
        line.quantity,
        line.unit_rate,
        line.amount,
        line.currency,
        invoice.legal_entity_id,
        invoice.contract_id,
        coalesce(invoice.issue_date, invoice.billing_run_date, cast(line.known_at as date)) as billed_on

    from {{ current_rows('invoice_line') }} as line
    inner join {{ current_rows('invoice') }} as invoice on line.invoice_id = invoice.invoice_id
    where invoice.status <> 'cancelled'

),

known_lines as (

    select invoice_line_id
    from {{ ref('core_invoice_line') }}
    group by invoice_line_id

),

entries as (

    select
        value.time_entry_id,
        value.invoice_line_id,
        value.contract_id,
        value.is_approved,
        value.hours,
        value.bill_currency,
        value.bill_amount,
        cast(entry.known_at as date) as known_on

    from {{ ref('int_time_value') }} as value
    inner join {{ current_rows('time_entry') }} as entry on value.time_entry_id = entry.time_entry_id
    where value.invoice_line_id is not null

),

worked as (

    select
        invoice_line_id,
        sum(case when is_approved then hours else 0 end) as hours,
        max(known_on) as known_on

    from entries
    group by invoice_line_id

),

-- Deleted entries are gone from `worked`: a line whose entries all are has none left.
named_once as (

    select invoice_line_id
    from {{ ref('core_time_entry') }}
    where invoice_line_id is not null
    group by invoice_line_id

),

spent as (

    select
        invoice_line_id,
        min(currency) as currency,
        count(distinct currency) as currencies,
        sum(case when status in ('approved', 'billed') then amount else 0 end) as amount,
        max(cast(known_at as date)) as known_on

    from {{ current_rows('expense') }} as expense
    where invoice_line_id is not null
    group by invoice_line_id

),

items as (

    select
        'time_billed_without_line' as finding_class,
        'time_entry' as object_type,
        entries.time_entry_id as object_id,
        entries.contract_id,
        contract.legal_entity_id,
        coalesce(entries.bill_currency, contract.currency) as currency,
        coalesce(entries.bill_amount, 0) as expected_amount,
        cast(0 as decimal(18, 2)) as found_amount,
        entries.known_on as wrong_since
    from entries
    left join known_lines on entries.invoice_line_id = known_lines.invoice_line_id
    left join {{ current_rows('contract') }} as contract on entries.contract_id = contract.contract_id
    where known_lines.invoice_line_id is null

    union all

    select
        'billed_hours_differ', 'invoice_line', lines.invoice_line_id, lines.contract_id, lines.legal_entity_id,
        lines.currency,
        {{ money('cast(coalesce(worked.hours, 0) as decimal(38, 4)) * lines.unit_rate') }},
        {{ money('cast(lines.quantity as decimal(38, 4)) * lines.unit_rate') }},
        greatest(lines.billed_on, coalesce(worked.known_on, lines.billed_on))
    from lines
    inner join named_once on lines.invoice_line_id = named_once.invoice_line_id
    left join worked on lines.invoice_line_id = worked.invoice_line_id
    where lines.line_type = 'time' and lines.quantity <> coalesce(worked.hours, 0)

    union all

    select
        'billed_expense_differs', 'invoice_line', lines.invoice_line_id, lines.contract_id, lines.legal_entity_id,
        lines.currency, spent.amount, lines.amount, greatest(lines.billed_on, spent.known_on)
    from lines
    inner join spent on lines.invoice_line_id = spent.invoice_line_id
    where lines.line_type = 'expense' and spent.currencies = 1 and spent.currency = lines.currency
        and spent.amount <> lines.amount

)

{{ differences('items') }}

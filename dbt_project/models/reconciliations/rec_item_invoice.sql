-- Whether each invoice agrees with its lines, its contract and the tax codes.
with

invoices as (

    select
        invoice.invoice_id,
        invoice.contract_id,
        invoice.legal_entity_id,
        invoice.currency,
        invoice.amount,
        coalesce(invoice.tax_amount, 0) as tax_amount,
        coalesce(invoice.issue_date, invoice.billing_run_date, cast(invoice.known_at as date)) as billed_on

    from {{ current_rows('invoice') }} as invoice
    where invoice.status <> 'cancelled'

),

lines as (

    select
        line.invoice_line_id,
        line.invoice_id,
        line.amount,
        line.currency,
        line.tax_code,
        invoices.contract_id,
        invoices.legal_entity_id,
        invoices.billed_on

    from {{ current_rows('invoice_line') }} as line
    inner join invoices on line.invoice_id = invoices.invoice_id

),

sums as (

    select
        invoice_id,
        currency,
        sum(amount) as amount

    from lines
    group by invoice_id, currency

),

-- Lines with a code that the firm's table does not know, or none, make the whole invoice's tax unknown.
taxed as (

    select
        lines.invoice_id,
        lines.tax_code,
        min(rate.rate) as rate,
        sum(lines.amount) as amount,
        count(*) as code_lines,
        count(rate.rate) as rated_lines

    from lines
    left join {{ ref('tax_rate') }} as rate
        on lines.tax_code = rate.tax_code
        and lines.billed_on >= rate.valid_from
        and (rate.valid_to is null or lines.billed_on < rate.valid_to)
    group by lines.invoice_id, lines.tax_code

),

due_tax as (

    select
        invoice_id,
        sum({{ money(product('amount', 'rate')) }}) as tax_amount

    from taxed
    group by invoice_id
    having sum(code_lines) = sum(rated_lines)

),

entities_with_codes as (

    select legal_entity_id
    from lines
    where tax_code is not null
    group by legal_entity_id

),

items as (

    select
        'invoice_total_differs' as finding_class,
        'invoice' as object_type,
        invoices.invoice_id as object_id,
        invoices.contract_id,
        invoices.legal_entity_id,
        invoices.currency,
        sums.amount as expected_amount,
        invoices.amount as found_amount,
        invoices.billed_on as wrong_since
    from invoices
    inner join sums on invoices.invoice_id = sums.invoice_id and invoices.currency = sums.currency
    where sums.amount <> invoices.amount

    union all

    select
        'invoice_currency_differs', 'invoice', invoices.invoice_id, invoices.contract_id, invoices.legal_entity_id,
        invoices.currency, 0, invoices.amount, invoices.billed_on
    from invoices
    inner join {{ current_rows('contract') }} as contract on invoices.contract_id = contract.contract_id
    where invoices.currency <> contract.currency

    union all

    select
        'invoice_tax_differs', 'invoice', invoices.invoice_id, invoices.contract_id, invoices.legal_entity_id,
        invoices.currency, due_tax.tax_amount, invoices.tax_amount, invoices.billed_on
    from invoices
    inner join due_tax on invoices.invoice_id = due_tax.invoice_id
    where abs(due_tax.tax_amount - invoices.tax_amount) > 0.01

    union all

    select
        'tax_code_missing', 'invoice_line', lines.invoice_line_id, lines.contract_id, lines.legal_entity_id,
        lines.currency, 0, lines.amount, lines.billed_on
    from lines
    inner join entities_with_codes on lines.legal_entity_id = entities_with_codes.legal_entity_id
    where lines.tax_code is null

)

{{ differences('items') }}

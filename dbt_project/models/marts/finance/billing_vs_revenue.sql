-- A credit note takes back what its invoice billed, in the month it was issued: credited and billed again is billed once.
with

invoiced as (

    select
        invoice.contract_id,
        {{ month_start_of('coalesce(line.period_end, invoice.period_end, invoice.issue_date)') }} as month_start,
        line.currency,
        line.amount

    from {{ current_rows('invoice_line') }} as line
    inner join {{ ref('int_invoice_position') }} as position
        on line.invoice_id = position.invoice_id
        and position.is_issued
    inner join {{ under_present_number(current_rows('invoice'), 'contract', ['invoice_id', 'period_end', 'issue_date']) }} as invoice
        on line.invoice_id = invoice.invoice_id
    where invoice.contract_id is not null

    union all

    select
        invoice.contract_id,
        {{ month_start_of('credit.issued_on') }} as month_start,
        credit.currency,
        -credit.amount as amount

    from {{ current_rows('credit_note') }} as credit
    inner join {{ ref('int_invoice_position') }} as position
        on credit.invoice_id = position.invoice_id
        and position.is_issued
    inner join {{ under_present_number(current_rows('invoice'), 'contract', ['invoice_id']) }} as invoice
        on credit.invoice_id = invoice.invoice_id
    where invoice.contract_id is not null

),

billed as (

    select
        contract_id,
        month_start,
        currency,
        sum(amount) as billed_amount

    from invoiced
    group by contract_id, month_start, currency

),

recognised as (

    select
        contract_id,
        {{ month_start_of('period_end') }} as month_start,
        currency,
        sum(amount) as recognised_amount

    from {{ under_present_number(current_rows('revenue_schedule'), 'contract', [
        'period_end', 'currency', 'amount', 'status'
    ]) }} as schedule
    where status = 'recognised'
    group by contract_id, {{ month_start_of('period_end') }}, currency

),

months as (

    select
        coalesce(billed.contract_id, recognised.contract_id) as contract_id,
        coalesce(billed.month_start, recognised.month_start) as month_start,
        coalesce(billed.currency, recognised.currency) as currency,
        coalesce(billed.billed_amount, 0) as billed_amount,
        coalesce(recognised.recognised_amount, 0) as recognised_amount

    from billed
    full outer join recognised
        on billed.contract_id = recognised.contract_id
        and billed.month_start = recognised.month_start
        and billed.currency = recognised.currency

)

select
    months.contract_id,
    months.month_start,
    contract.legal_entity_id,
    months.currency,
    {{ money('months.billed_amount') }} as billed_amount,
    {{ money('months.recognised_amount') }} as recognised_amount,
    {{ money('sum(months.billed_amount - months.recognised_amount) over (
        partition by months.contract_id, months.currency order by months.month_start
    )') }} as deferred_balance

from months
left join {{ current_rows('contract') }} as contract on months.contract_id = contract.contract_id
order by months.contract_id, months.currency, months.month_start

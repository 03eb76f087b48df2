-- What settles an invoice: the one rule of what is paid, open and settled. 1/3 Payments and credit notes in the invoice's own
-- currency, day by day; others are in rec_invoice_to_cash as unmatched. A returned payment, such as a direct debit sent
-- back, is a payment below zero. A credit note states its net amount: the invoice is relieved of the tax on it too.
-- 2/3 What was settled by the end of each day. 3/3 The day from which on all but a bank charge stayed settled: an invoice
-- whose payment was returned is open again, whatever its status says.
with

invoices as (

    select
        invoice_id,
        currency,
        amount as net_amount,
        amount + coalesce(tax_amount, 0) as gross_amount

    from {{ current_rows('invoice') }} as invoice

),

flows as (

    select
        payment.invoice_id,
        payment.paid_on as flow_on,
        payment.amount as paid_amount,
        cast(0 as decimal(18, 2)) as credited_net,
        case when payment.amount < 0 then payment.paid_on end as returned_on,
        payment.paid_on,
        cast(null as date) as credited_on

    from {{ current_rows('payment') }} as payment
    inner join invoices on payment.invoice_id = invoices.invoice_id and payment.currency = invoices.currency

    union all

    select credit.invoice_id, credit.issued_on, 0, credit.amount, null, null, credit.issued_on
    from {{ current_rows('credit_note') }} as credit
    inner join invoices on credit.invoice_id = invoices.invoice_id and credit.currency = invoices.currency

),

by_day as (

    select
        invoice_id,
        flow_on,
        sum(paid_amount) as paid_amount,
        sum(credited_net) as credited_net,
        max(returned_on) as returned_on,
        max(paid_on) as paid_on,
        max(credited_on) as credited_on

    from flows
    group by invoice_id, flow_on

),

running as (

    select
        invoice_id,
        flow_on,
        returned_on,
        paid_on,
        credited_on,
        sum(paid_amount) over (
            partition by invoice_id order by flow_on rows between unbounded preceding and current row
        ) as paid_amount,
        sum(credited_net) over (
            partition by invoice_id order by flow_on rows between unbounded preceding and current row
        ) as credited_net,
        row_number() over (partition by invoice_id order by flow_on desc) as place_from_last

    from by_day

),

states as (

    select
        running.invoice_id,
        running.flow_on,
        running.returned_on,
        running.paid_on,
        running.credited_on,
        running.place_from_last,
        invoices.gross_amount,
        running.paid_amount,
        coalesce({{ money(product('running.credited_net', 'invoices.gross_amount')
            ~ ' / nullif(invoices.net_amount, 0)') }}, running.credited_net) as credited_amount

    from running
    inner join invoices on running.invoice_id = invoices.invoice_id

),

ends as (

    select
        states.*,
        max(case
            when states.paid_amount + states.credited_amount < (1 - limits.material_share) * states.gross_amount
                then states.flow_on
        end) over (partition by states.invoice_id) as short_until

    from states
    cross join (
        select max(cast(value as decimal(18, 6))) as material_share
        from {{ ref('policy_limit') }}
        where score = 'invoice_dispute' and limit_name = 'material_share'
    ) as limits

)

select
    invoice_id,
    {{ money('max(case when place_from_last = 1 then paid_amount end)') }} as paid_amount,
    {{ money('max(case when place_from_last = 1 then credited_amount end)') }} as credited_amount,
    max(paid_on) as last_paid_on,
    max(credited_on) as last_credited_on,
    max(returned_on) as last_returned_on,
    min(case when short_until is null or flow_on > short_until then flow_on end) as settled_on

from ends
group by invoice_id
order by invoice_id

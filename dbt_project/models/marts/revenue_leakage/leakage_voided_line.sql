with

line as (

    select * from {{ ref('core_invoice_line') }}

),

voided as (

    select
        line.invoice_line_id,
        line.contract_line_id,
        line.line_type,
        line.period_start,
        line.period_end,
        line.first_known_at,
        greatest(line.known_at, invoice.known_at) as known_at,
        least(line.known_to, invoice.known_to) as known_to
    from line
    inner join {{ ref('core_invoice') }} as invoice
        on line.invoice_id = invoice.invoice_id
        and {{ hold_together('line', 'invoice') }}
    where line.is_deleted or invoice.is_deleted or invoice.status = 'cancelled'

),

-- A cancelled bill that was written again for the same service is no leak, even where its time still points at the
-- old line.
written_again as (

    select
        voided.invoice_line_id,
        min(again.first_known_at) as again_at
    from voided
    inner join line as again
        on voided.contract_line_id = again.contract_line_id
        and voided.line_type = again.line_type
        and voided.period_start = again.period_start
        and voided.period_end = again.period_end
        and voided.first_known_at < again.first_known_at
    group by voided.invoice_line_id

)

select
    voided.invoice_line_id,
    voided.known_at,
    least(voided.known_to, written_again.again_at) as known_to

from voided
left join written_again on voided.invoice_line_id = written_again.invoice_line_id
where written_again.again_at is null or voided.known_at < written_again.again_at

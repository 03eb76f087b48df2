with

line as (

    select * from {{ ref('core_invoice_line') }} where not is_deleted

),

invoice as (

    select * from {{ ref('core_invoice') }} where not is_deleted and status <> 'cancelled'

),

billed as (

    select
        line.invoice_line_id,
        line.invoice_id,
        line.contract_line_id,
        line.change_order_id,
        line.line_type,
        line.role,
        line.person_id,
        coalesce(line.period_start, invoice.period_start, invoice.issue_date) as period_start,
        coalesce(line.period_end, invoice.period_end, invoice.issue_date) as period_end,
        line.quantity,
        line.unit_rate,
        line.amount,
        line.currency,
        invoice.amount as invoice_amount,
        greatest(line.known_at, invoice.known_at) as known_at,
        least(line.known_to, invoice.known_to) as known_to
    from line
    inner join invoice
        on line.invoice_id = invoice.invoice_id
        and {{ hold_together('line', 'invoice') }}

),

credit as (

    select
        invoice_id,
        known_at,
        sum(amount) over (
            partition by invoice_id order by known_at, credit_note_id rows unbounded preceding
        ) as credited
    from {{ ref('core_credit_note') }}
    where known_at = first_known_at and not is_deleted

),

-- The first moment at which the invoice was known to be credited in full.
credited_in_full as (

    select
        billed.invoice_line_id,
        billed.known_at,
        min(credit.known_at) as credited_at
    from billed
    inner join credit
        on billed.invoice_id = credit.invoice_id
        and credit.credited >= billed.invoice_amount - 0.01
    where billed.invoice_amount > 0
    group by billed.invoice_line_id, billed.known_at

),

split as (

    select billed.*, credited_in_full.credited_at
    from billed
    left join credited_in_full
        on billed.invoice_line_id = credited_in_full.invoice_line_id
        and billed.known_at = credited_in_full.known_at

),

parts as (

    select
        split.*,
        false as is_credited,
        known_at as part_known_at,
        least(known_to, credited_at) as part_known_to
    from split

    union all

    select
        split.*,
        true as is_credited,
        greatest(known_at, credited_at) as part_known_at,
        known_to as part_known_to
    from split
    where credited_at is not null

)

select
    invoice_line_id,
    invoice_id,
    contract_line_id,
    change_order_id,
    line_type,
    role,
    person_id,
    period_start,
    period_end,
    quantity,
    unit_rate,
    amount,
    currency,
    is_credited,
    part_known_at as known_at,
    part_known_to as known_to

from parts
where part_known_at < coalesce(part_known_to, cast('9999-12-31' as timestamp))

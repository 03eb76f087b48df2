-- Invoice lines priced above the contract; those below it are leakage.
with

-- The highest price that can apply to a line: what is above it is too high whoever worked and whenever. A line in
-- another currency than its contract has no price to compare with.
offers as (

    select
        billed.invoice_line_id,
        {{ price_precedence('price', 'billed.role', 'price.is_listed') }} as precedence,
        price.rate

    from {{ ref('leakage_billed_line') }} as billed
    inner join {{ ref('leakage_contract_line') }} as agreed
        on billed.contract_line_id = agreed.contract_line_id
        and billed.currency = agreed.currency
        and agreed.known_to is null
    inner join {{ ref('leakage_price') }} as price
        on agreed.contract_id = price.contract_id
        and billed.currency = price.currency
        and (price.person_id = billed.person_id or (price.person_id is null and billed.role = price.role))
        and price.valid_from <= billed.period_end
        and (price.valid_to is null or price.valid_to > billed.period_start)
        and price.known_to is null
    where billed.known_to is null and not billed.is_credited and billed.line_type = 'time'
        and agreed.billing_method = 'time_and_materials'

),

highest as (

    select
        invoice_line_id,
        precedence,
        max(rate) as highest_rate,
        min(precedence) over (partition by invoice_line_id) as best_precedence

    from offers
    group by invoice_line_id, precedence

),

items as (

    select
        'rate_above_contract' as finding_class,
        'invoice_line' as object_type,
        line.invoice_line_id as object_id,
        invoice.contract_id,
        invoice.legal_entity_id,
        line.currency,
        {{ money('cast(line.quantity as decimal(38, 4)) * highest.highest_rate') }} as expected_amount,
        {{ money('cast(line.quantity as decimal(38, 4)) * line.unit_rate') }} as found_amount,
        coalesce(invoice.issue_date, invoice.billing_run_date, cast(line.known_at as date)) as wrong_since
    from highest
    inner join {{ current_rows('invoice_line') }} as line on highest.invoice_line_id = line.invoice_line_id
    inner join {{ current_rows('invoice') }} as invoice on line.invoice_id = invoice.invoice_id
    where highest.precedence = highest.best_precedence and line.unit_rate - highest.highest_rate >= 0.01

)

{{ differences('items') }}

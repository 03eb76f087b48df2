with

billed as (

    select
        bill.invoice_line_id, bill.role, bill.person_id, bill.period_start, bill.period_end,
        bill.quantity, bill.unit_rate, bill.amount, bill.currency,
        line.contract_line_id, line.contract_id, line.project_id, line.account_id, line.legal_entity_id,
        line.escalator_pct, line.escalator_date,
        greatest(bill.known_at, line.known_at) as known_at,
        least(bill.known_to, line.known_to) as known_to
    from {{ ref('leakage_billed_line') }} as bill
    inner join {{ ref('leakage_contract_line') }} as line
        on bill.contract_line_id = line.contract_line_id
        and {{ hold_together('bill', 'line') }}
    where bill.line_type = 'time'
        and bill.quantity > 0
        and bill.unit_rate is not null
        and not bill.is_credited

),

-- Agreed prices of the service period, and those of the day before the escalator fell due. A line without a person may
-- hold anybody's hours, so every price of the role may apply to it.
offer as (

    select
        billed.invoice_line_id, billed.known_at as span_from, billed.unit_rate, billed.escalator_pct,
        {{ price_precedence('price', 'billed.role', 'price.is_listed') }} as precedence, price.rate_id, price.rate,
        price.valid_from <= billed.period_end
        and (price.valid_to is null or price.valid_to > billed.period_start) as is_in_period,
        coalesce(
            billed.period_start >= billed.escalator_date
            and price.valid_from < billed.escalator_date
            and (price.valid_to is null or price.valid_to >= billed.escalator_date),
            false
        ) as is_base,
        greatest(billed.known_at, price.known_at) as known_at,
        least(billed.known_to, price.known_to) as known_to
    from billed
    inner join {{ ref('leakage_price') }} as price
        on billed.contract_id = price.contract_id
        and billed.currency = price.currency
        and (
            (price.person_id is null and billed.role = price.role)
            or (price.person_id is not null and coalesce(billed.person_id, price.person_id) = price.person_id)
        )
        and {{ hold_together('billed', 'price') }}
    where not price.is_listed

),

-- Only lines that some price exceeded can leak.
suspect as (

    select distinct invoice_line_id, span_from
    from offer
    where (is_in_period and rate > unit_rate) or (is_base and rate * (1 + escalator_pct) > unit_rate)

),

moment as (

    select offer.invoice_line_id, offer.span_from, offer.known_at as moment_at
    from offer
    inner join suspect on offer.invoice_line_id = suspect.invoice_line_id and offer.span_from = suspect.span_from
    union
    select offer.invoice_line_id, offer.span_from, offer.known_to as moment_at
    from offer
    inner join suspect on offer.invoice_line_id = suspect.invoice_line_id and offer.span_from = suspect.span_from
    where offer.known_to is not null

),

segment as (

    select
        moment.*,
        lead(moment_at) over (partition by invoice_line_id, span_from order by moment_at) as next_at
    from moment

),

priced as (

    select
        segment.invoice_line_id, segment.span_from, segment.moment_at, segment.next_at,
        min(case when offer.is_in_period and offer.precedence = 1 then offer.rate end) as own_rate,
        min(case when offer.is_in_period and offer.precedence = 2 then offer.rate end) as own_other_rate,
        min(case when offer.is_in_period and offer.precedence = 3 then offer.rate end) as role_rate,
        min(case when offer.is_base and offer.precedence = 1 then offer.rate end) as own_base,
        min(case when offer.is_base and offer.precedence = 2 then offer.rate end) as own_other_base,
        min(case when offer.is_base and offer.precedence = 3 then offer.rate end) as role_base,
        min(case when offer.is_in_period then offer.rate_id end) as rate_id
    from segment
    inner join offer
        on segment.invoice_line_id = offer.invoice_line_id
        and segment.span_from = offer.span_from
        and {{ holds_at('offer', 'segment.moment_at') }}
    group by segment.invoice_line_id, segment.span_from, segment.moment_at, segment.next_at

)

-- The lowest price that can apply to the line: what is below it is too low whoever worked and whenever.
select
    billed.invoice_line_id, billed.period_start, billed.period_end, billed.quantity, billed.unit_rate, billed.amount,
    billed.currency, billed.contract_line_id, billed.contract_id, billed.project_id, billed.account_id,
    billed.legal_entity_id, billed.escalator_date, billed.escalator_pct,
    case
        when billed.person_id is not null then coalesce(priced.own_rate, priced.own_other_rate, priced.role_rate)
        else least(priced.own_rate, priced.own_other_rate, priced.role_rate)
    end as agreed_rate,
    case
        when billed.person_id is not null then coalesce(priced.own_base, priced.own_other_base, priced.role_base)
        else least(priced.own_base, priced.own_other_base, priced.role_base)
    end as base_rate,
    priced.rate_id,
    priced.moment_at as known_at,
    priced.next_at as known_to

from priced
inner join billed
    on priced.invoice_line_id = billed.invoice_line_id
    and priced.span_from = billed.known_at

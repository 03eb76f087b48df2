-- 1/3 A rate delivered the other way round is inverted. 2/3 Where one day has several, the delivered direction wins.
-- 3/3 A rate holds until the day of the next one; the reporting currency itself is always one.
with

delivered as (

    select
        rate.from_currency as currency,
        rate.rate_date,
        rate.rate,
        0 as is_inverse,
        rate.source_system

    from {{ current_rows('currency_rate') }} as rate
    cross join {{ ref('int_valuation') }} as valuation
    where rate.to_currency = valuation.reporting_currency

),

inverted as (

    select
        rate.to_currency as currency,
        rate.rate_date,
        cast(1 / nullif(rate.rate, 0) as decimal(18, 8)) as rate,
        1 as is_inverse,
        rate.source_system

    from {{ current_rows('currency_rate') }} as rate
    cross join {{ ref('int_valuation') }} as valuation
    where rate.from_currency = valuation.reporting_currency
        and rate.rate > 0

),

ranked as (

    select
        currency,
        rate_date,
        rate,
        row_number() over (partition by currency, rate_date order by is_inverse, source_system) as preference

    from (
        select * from delivered
        union all
        select * from inverted
    ) as both_ways

),

chosen as (

    select
        ranked.currency,
        ranked.rate_date as valid_from,
        lead(ranked.rate_date) over (partition by ranked.currency order by ranked.rate_date) as next_from,
        ranked.rate

    from ranked
    cross join {{ ref('int_valuation') }} as valuation
    where ranked.preference = 1
        and ranked.currency <> valuation.reporting_currency

)

select
    currency,
    valid_from,
    coalesce(next_from, cast('9999-12-31' as date)) as valid_to,
    rate

from chosen

union all

select
    reporting_currency as currency,
    cast('0001-01-01' as date) as valid_from,
    cast('9999-12-31' as date) as valid_to,
    cast(1 as decimal(18, 8)) as rate

from {{ ref('int_valuation') }}

order by currency, valid_from

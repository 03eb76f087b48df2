"""Money of a page in one currency: a query's ``rates``, as exceptions have theirs (:mod:`features.rates`)."""

from __future__ import annotations

# Currency -> its last rate into the reporting currency ($1) by a day ($2). One delivered the other way round is
# inverted; where both directions hold on a day, the delivered one wins. A currency without a rate has no row.
RATES = """
rates as (
    select currency, rate
    from (
        select currency, rate,
            row_number() over (partition by currency order by rate_date desc, is_inverse, source_system) as place
        from (
            select from_currency as currency, rate_date, cast(rate as decimal(18, 8)) as rate, false as is_inverse,
                source_system
            from core_currency_rate where to_currency = $1
            union all
            select to_currency, rate_date, cast(1 / rate as decimal(18, 8)), true, source_system
            from core_currency_rate where from_currency = $1 and rate > 0
        )
        where rate_date <= $2 and currency <> $1
    )
    where place = 1
    union all
    select $1, cast(1 as decimal(18, 8))
)
"""


def in_reporting(amount: str, rate: str = "rates.rate") -> str:
    """Return SQL for an amount in the reporting currency, in cents, rounded half away from zero; null without rate."""
    return f"cast(round(cast({amount} as decimal(28, 2)) * {rate}, 2) as decimal(18, 2))"

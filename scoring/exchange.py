"""Single amounts from one currency into another, at the latest rates known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import polars as pl

from features.rates import reporting_rates
from leadline.kernel.money import cents
from leadline.warehouse.point_in_time import PointInTimeReader, naive

Convert = Callable[[Decimal, str, str], Decimal]


def exchange(reader: PointInTimeReader, *, as_of: datetime) -> Convert:
    """Return ``convert(amount, source, target)`` at the latest rates known and valid at ``as_of``, in whole cents.

    Where no rate is known the amount is kept as it is: limits and review costs are orders of magnitude, not accounts.
    """
    latest = (
        reporting_rates(reader, as_of=as_of)
        .filter(pl.col("valid_from") <= naive(as_of).date())
        .group_by("_currency", maintain_order=True)
        .last()
        .collect()
    )
    rates: dict[str, Decimal] = dict(zip(latest["_currency"], latest["rate"], strict=True))

    def convert(amount: Decimal, source: str, target: str) -> Decimal:
        if source == target or source not in rates or target not in rates:
            return cents(amount)
        return cents(amount * rates[source] / rates[target])

    return convert

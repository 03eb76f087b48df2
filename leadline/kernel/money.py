"""Amounts of money in Python: whole cents, rounded half away from zero as the warehouse rounds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal | float) -> Decimal:
    """Return an amount in whole cents; a tie is rounded away from zero.

    A float is taken as it is written: 2.675 is 2.68, whatever its nearest binary number is.
    """
    exact = amount if isinstance(amount, Decimal) else Decimal(repr(float(amount)))
    return exact.quantize(CENT, ROUND_HALF_UP)

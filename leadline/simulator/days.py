"""Days as integers since 1970-01-01, moments as seconds since then: what the blocks compute with."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

EPOCH = date(1970, 1, 1)
DAY_SECONDS = 86_400


def day(value: date) -> int:
    """Return a date as a day number."""
    return (value - EPOCH).days


def as_date(number: int) -> date:
    """Return a day number as a date."""
    return EPOCH + timedelta(days=int(number))


def at(number: int, hour: float) -> int:
    """Return the moment ``hour`` hours into a day, in seconds since the epoch."""
    return int(number) * DAY_SECONDS + int(hour * 3600)


def weekday(number: Ints) -> Ints:
    """Return the weekday of day numbers: 0 is Monday (1970-01-01 was a Thursday)."""
    return (number + 3) % 7


def monday(number: int) -> int:
    """Return the Monday of the week that holds the day."""
    return int(number) - (int(number) + 3) % 7


def workday_on_or_after(number: int) -> int:
    """Return the day itself, or the next Monday when it falls on a weekend."""
    return int(number) + (0, 0, 0, 0, 0, 2, 1)[(int(number) + 3) % 7]


def month_start(number: int) -> int:
    """Return the first day of the month that holds the day."""
    return day(as_date(number).replace(day=1))


def add_months(number: int, months: int) -> int:
    """Return the first day of the month ``months`` after the month that holds the day."""
    start = as_date(number)
    total = start.year * 12 + start.month - 1 + months
    return day(date(total // 12, total % 12 + 1, 1))

"""The clock of a service level: hours that pass only on days somebody works."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

SATURDAY = 5
DAY = timedelta(days=1)


def later(start: datetime, hours: int, *, days_off: Collection[date] = ()) -> datetime:
    """Return the moment ``hours`` after ``start``, counting the 24 hours of every day but weekends and ``days_off``.

    Days are those of ``start``'s zone (UTC, as everywhere). 24 hours from Friday 16:00 is Monday 16:00.
    """
    moment, left = start, timedelta(hours=hours)
    while True:
        midnight = datetime.combine(moment.date() + DAY, time(), moment.tzinfo)
        works = moment.weekday() < SATURDAY and moment.date() not in days_off
        if works and left <= midnight - moment:
            return moment + left
        left -= midnight - moment if works else timedelta(0)
        moment = midnight

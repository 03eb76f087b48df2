"""What time and expense lines show, for measuring how detectable the planted ones are."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.absences import Attendance
from leadline.simulator.days import DAY_SECONDS, Floats, Ints, weekday
from leadline.simulator.delivery import Course
from leadline.simulator.expenses import Spend
from leadline.simulator.naive_rules import expense_flags, time_flags
from leadline.simulator.people import People
from leadline.simulator.streams import Streams
from leadline.simulator.timesheets import Work

# Of the lines that are neither planted nor flagged one in so many is kept, and counts for as many.
SAMPLED = 20


def odd_lines(
    people: People, courses: list[Course], attendance: Attendance, work: Work, spend: Spend, streams: Streams
) -> pl.DataFrame:
    """Return all planted and all flagged lines and a sample of the rest, with what each shows.

    Grain: a time entry or expense line; ``weight`` is the number of lines it stands for, ``planted`` the truth.
    """
    rng = streams.rng("odd lines")
    time, money = time_flags(work, courses, attendance), expense_flags(spend)
    parts = [_times(people, courses, attendance, work), _expenses(spend)]
    kept = []
    for part, flags in zip(parts, (time, money), strict=True):
        sure = part["planted"].to_numpy() | flags
        drawn = rng.random(part.height) < 1 / SAMPLED
        weight = np.where(sure, 1.0, float(SAMPLED))
        kept.append(part.with_columns(pl.Series("weight", weight)).filter(pl.Series(sure | drawn)))
    return pl.concat(kept, how="diagonal").fill_null(-1)


def _times(people: People, courses: list[Course], attendance: Attendance, work: Work) -> pl.DataFrame:
    column = np.clip(work.day - attendance.first, 0, attendance.holiday.shape[1] - 1)
    closes = np.array([course.closes for course in courses] or [0], dtype=np.int64)
    usual = _mean_by(work.person, work.hours)
    return (
        pl.DataFrame(
            {
                "person": work.person,
                "planted": work.anomaly > 0,
                "is_time": np.ones(len(work)),
                "amount": work.hours,
                "against_usual": work.hours / np.maximum(usual[work.person], 0.25),
                "weekday": weekday(work.day),
                "on_leave": attendance.leave[work.person, column],
                "on_holiday": attendance.holiday[work.person, column],
                "after_end": np.where(work.project >= 0, work.day - closes[np.maximum(work.project, 0)], -999),
                "days_to_hand_in": work.submitted // DAY_SECONDS - work.day,
                "alike_on_day": _count_alike(work.person, work.day, work.project),
                "alike_hours": _count_alike(work.person, work.day, (work.hours * 4).astype(np.int64)),
                "day_total": _sum_by(work.person * 100_000 + work.day % 100_000, work.hours),
                "is_whole": work.hours % 1 == 0,
                "role_step": work.role - people.role[work.person],
                "internal": work.project < 0,
            }
        )
        .cast({pl.Boolean: pl.Float64, pl.Int64: pl.Float64})
        .with_columns(pl.col("planted").cast(pl.Boolean), pl.col("person").cast(pl.Int64))
    )


def _expenses(spend: Spend) -> pl.DataFrame:
    fx = np.array(words.BASE_USD)[spend.entity]
    limit = np.array(words.EXPENSE_POLICY_USD)[spend.category] / fx
    shop = pl.Series(spend.merchant)
    return (
        pl.DataFrame(
            {
                "person": spend.person,
                "planted": spend.anomaly > 0,
                "is_time": np.zeros(len(spend)),
                "amount": spend.amount * fx,
                "against_limit": spend.amount / limit,
                "category": spend.category,
                "receipt": spend.receipt,
                "noted": spend.note,
                "private_shop": shop.is_in(list(words.PERSONAL_MERCHANTS)),
                "mixed_shop": shop.is_in(list(words.MIXED_MERCHANTS)),
                "days_to_hand_in": spend.submitted // DAY_SECONDS - spend.day,
                "alike_amount": _count_alike(spend.person, (spend.amount * 100).astype(np.int64), spend.category),
                "alike_on_day": _count_alike(spend.person, spend.day, spend.category),
            }
        )
        .cast({pl.Boolean: pl.Float64, pl.Int64: pl.Float64})
        .with_columns(pl.col("planted").cast(pl.Boolean), pl.col("person").cast(pl.Int64))
    )


def _count_alike(*keys: Ints) -> Ints:
    """Return, per line, how many lines share all of its keys."""
    frame = pl.DataFrame({f"key_{number}": key for number, key in enumerate(keys)})
    return np.asarray(frame.select(pl.len().over(frame.columns)).to_series().cast(pl.Int64).to_numpy())


def _sum_by(key: Ints, values: Floats) -> Floats:
    _, place = np.unique(key, return_inverse=True)
    return np.asarray(np.bincount(place, weights=values)[place])


def _mean_by(key: Ints, values: Floats) -> Floats:
    count = np.bincount(key)
    return np.asarray(np.bincount(key, weights=values) / np.maximum(count, 1))

"""Laws of the demo firm's mechanisms, for any input."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.simulator.calendars import RUN_HOUR, calendars
from leadline.simulator.days import DAY_SECONDS, add_months, as_date, day, monday, workday_on_or_after
from leadline.simulator.delivery import Course
from leadline.simulator.emit import Shape, source_frame
from leadline.simulator.presets import preset
from leadline.simulator.timesheets import _lay_on_days, _Pairs
from leadline.simulator.versions import VersionLog

DAYS = st.integers(min_value=day(as_date(18_993)), max_value=20_600)
CALENDARS = calendars(preset("s"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.5, 30), min_size=1, max_size=5), st.integers(1, 5), st.integers(0, 2**31))
def test_a_weeks_hours_are_laid_on_days_at_work_without_loss(wanted: list[float], at_work: int, seed: int) -> None:
    count = len(wanted)
    zeros = np.zeros(count, dtype=np.int64)
    pairs = _Pairs(zeros, zeros, zeros, zeros, np.array(wanted), zeros, zeros)
    works = np.zeros((count, 7), dtype=bool)
    works[:, :at_work] = True
    index, weekday, hours = _lay_on_days(pairs, works.any(axis=1), works, np.random.default_rng(seed))
    assert set(weekday) <= set(range(at_work))
    assert (hours > 0).all()
    daily = np.bincount(weekday, weights=hours, minlength=at_work)
    assert np.all(np.abs(daily[:at_work] - sum(wanted) / at_work) <= 0.125 * (count + 1) + 1e-9)
    assert set(index) <= set(range(count))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(CALENDARS)), DAYS, st.integers(0, 60))
def test_a_run_bills_only_what_was_worked_by_its_cut_off_and_approved_before_it(
    cycle: str, worked: int, wait: int
) -> None:
    calendar = CALENDARS[cycle]
    ready = worked * DAY_SECONDS + wait * DAY_SECONDS // 2
    index = int(calendar.index(np.array([worked]), np.array([ready]))[0])
    assert calendar.cutoffs[index] >= worked
    assert calendar.runs[index] * DAY_SECONDS + int(RUN_HOUR * 3600) >= ready
    earlier = index - 1
    if earlier >= 0:
        missed_cut_off = calendar.cutoffs[earlier] < worked
        not_ready = calendar.runs[earlier] * DAY_SECONDS + int(RUN_HOUR * 3600) < ready
        assert missed_cut_off or not_ready


@settings(max_examples=100, deadline=None)
@given(st.integers(20, 700), st.floats(0.9, 1.05), st.floats(0.35, 2.2), st.floats(0.05, 0.95), st.floats(0, 1))
def test_the_day_on_which_a_share_of_effort_is_spent_lies_inside_the_project(
    length: int, early: float, late: float, surfaces: float, share: float
) -> None:
    unused = cast(Any, SimpleNamespace())
    shows = 19_000 + int(length * surfaces)
    course = Course(unused, unused, 19_000, 19_000 + length, shows, 1.0, early, late, creep=0.0, bookings=[])
    reached = course.day_at(share)
    assert course.begins <= reached <= course.closes
    assert course.effort(reached) <= share * course.effort(course.closes) + max(early, late) + 1e-6


@settings(max_examples=60, deadline=None)
@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=5))
def test_money_is_written_with_the_sources_decimal_mark_to_the_cent(amounts: list[Any]) -> None:
    spec = {
        "format": "csv",
        "decimal": ",",
        "known_at": {"column": "AEDAT", "format": "%Y%m%d%H%M%S"},
        "deleted": {"column": "LOEKZ", "values": ["X"]},
        "columns": {"payment_id": "ZBELNR", "amount": "BETRAG"},
    }
    log = VersionLog()
    for number, amount in enumerate(amounts):
        log.add("payment", 1_700_000_000, payment_id=f"Z{number}", amount=float(amount), deleted=number == 0)
    table = log.table("erp", "payment", until=1_800_000_000)
    written = source_frame(Shape("erp", "payment", "PAYMENT", spec), table)
    assert [text.replace(",", ".") for text in written["BETRAG"]] == [f"{amount:.2f}" for amount in amounts]
    assert written["LOEKZ"].to_list() == ["X", *[None] * (len(amounts) - 1)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1_600_000_000, 1_800_000_000), min_size=1, max_size=30),
    st.integers(1_600_000_000, 1_800_000_000),
)
def test_versions_recorded_after_the_end_are_never_written(stamps: list[int], until: int) -> None:
    log = VersionLog()
    for number, stamp in enumerate(stamps):
        log.add("payment", stamp, payment_id=f"Z{number}", amount=1.0)
    table = log.table("erp", "payment", until=until)
    kept = table["stamp"].cast(pl.Int64) // 1_000_000
    assert kept.to_list() == sorted(stamp for stamp in stamps if stamp <= until)


@settings(max_examples=200, deadline=None)
@given(DAYS, st.integers(0, 40))
def test_calendar_arithmetic_keeps_its_promises(number: int, months: int) -> None:
    assert as_date(monday(number)).weekday() == 0
    assert 0 <= number - monday(number) < 7
    assert as_date(workday_on_or_after(number)).weekday() < 5
    assert 0 <= workday_on_or_after(number) - number <= 2
    later = as_date(add_months(number, months))
    assert later.day == 1
    assert (later.year - as_date(number).year) * 12 + later.month - as_date(number).month == months

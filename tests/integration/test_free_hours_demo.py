"""Hours of people on the demo firm: mart, rule and feature say one figure for every person and week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.pipeline_capacity.supply import ANYWHERE, CELL, attrition, supply, weeks_ahead
from features.staffing_match.supply import HOURS, free_hours
from leadline.warehouse.snapshot import Snapshot

KEY = ["person_id", "week_start"]


def test_free_hours_of_mart_rule_and_feature_differ_nowhere(demo_known: Callable[[datetime | None], Snapshot]) -> None:
    reader = demo_known(None)
    assert reader.known_until is not None
    rule = reader.rule("int_free_week", as_of=reader.known_until).collect().sort(KEY)
    assert_frame_equal(reader.mart("int_free_week").collect().sort(KEY), rule)
    outlook = reader.mart("resource_outlook").collect().sort(KEY)
    columns = [name for name in rule.columns if name in outlook.columns]
    assert {"available_hours", "requested_leave_hours", "hard_booked_hours", "free_hours"} <= set(columns)
    assert_frame_equal(outlook.select(columns), rule.join(outlook, on=KEY, how="semi").select(columns))
    planned = free_hours(reader, as_of=reader.known_until).rename({"week": "week_start"})
    assert planned.height > outlook.height > 0
    same = rule.join(planned, on=KEY, how="semi").select(*KEY, *(pl.col(name).cast(pl.Float64) for name in HOURS))
    assert_frame_equal(planned, same, check_exact=True)


def test_supply_of_capacity_is_the_available_hours_of_its_people(
    demo_known: Callable[[datetime | None], Snapshot],
) -> None:
    reader = demo_known(None)
    assert reader.known_until is not None
    weeks = weeks_ahead(reader.known_until, count=26)
    stay = 1 - attrition(reader, as_of=reader.known_until)
    people = reader.core("person", as_of=reader.known_until).select("person_id", "billable_target")
    sold = pl.col("available_hours").cast(pl.Float64) * pl.col("billable_target").cast(pl.Float64).fill_null(1.0)
    expected = (
        reader.mart("int_person_week")
        .filter(pl.col("week_start").is_in(weeks))
        .join(people, on="person_id")
        .with_columns(pl.col("region").fill_null(ANYWHERE), week="week_start", fte=sold / 40)
        .group_by(CELL)
        .agg(pl.col("fte").sum())
        .collect()
    )
    found = supply(reader, as_of=reader.known_until, weeks=weeks)
    both = found.join(expected, on=CELL)
    assert both.height == found.height == expected.height > 0
    ahead = [stay ** ((week - weeks[0]) / timedelta(weeks=1) + 1) for week in both["week"]]
    assert both["supply"].to_list() == pytest.approx([f * a for f, a in zip(both["fte"], ahead, strict=True)])

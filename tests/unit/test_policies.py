"""The firm's limits: read by name, checked against their ranges, and followed by features and findings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import polars as pl
import pytest

from features.time_expense_anomaly.frame import features
from features.time_expense_anomaly.policy import policy
from leadline.kernel.errors import ConfigurationError
from leadline.kernel.scores import SCORES
from leadline.warehouse.policies import TABLE, limits_by_name
from models.time_expense_anomaly.reasons import expected_and_seen
from tests.support.point_in_time import MemoryReader, shipped_limits

AS_OF = datetime(2026, 5, 8, 23, tzinfo=UTC)
WORKED = {
    "time_entry_id": "T1",
    "person_id": "P1",
    "project_id": "J1",
    "work_date": date(2026, 5, 6),
    "hours": "11.00",
    "status": "submitted",
    "billable": True,
    "known_at": datetime(2026, 5, 7),
}


def _with(score: str, **values: object) -> MemoryReader:
    """Return a reader of one long day whose firm has set some limits of a score itself."""
    changed = shipped_limits()
    for name, value in values.items():
        here = (pl.col("score") == score) & (pl.col("limit_name") == name)
        new = pl.lit(str(value)).cast(pl.Decimal(18, 4))
        changed = changed.with_columns(pl.when(here).then(new).otherwise("value").alias("value"))
    return MemoryReader({"time_entry": [WORKED]}, marts={TABLE: changed})


def _without(rows: pl.DataFrame) -> MemoryReader:
    return MemoryReader({}, marts={TABLE: rows})


def _refused(reader: MemoryReader) -> str:
    with pytest.raises(ConfigurationError, match="limit of the firm's policy") as caught:
        policy(reader)
    assert "governance/policy_limit.csv" in caught.value.next_step
    return "\n".join(map(str, caught.value.faults))


@pytest.mark.parametrize("score", SCORES)
def test_the_shipped_table_has_exactly_the_limits_that_each_score_reads(score: str) -> None:
    read = import_module(f"features.{score}.policy").policy(MemoryReader({}))
    shipped = limits_by_name(MemoryReader({}), score)
    assert {name: float(value) for name, value in read.model_dump().items()} == {
        name: float(value) for name, value in shipped.items()
    }


def test_every_row_of_the_shipped_table_is_read_by_a_score_and_lies_in_its_range() -> None:
    rows = shipped_limits()
    assert set(rows["score"]) == set(SCORES)
    assert rows.filter(~pl.col("value").is_between("min_value", "max_value")).height == 0
    assert rows.select("score", "limit_name").is_duplicated().sum() == 0


def test_a_firm_with_shorter_days_sees_the_long_ones_and_its_own_limit_in_the_words() -> None:
    (usual,) = features(MemoryReader({"time_entry": [WORKED]}), as_of=AS_OF).to_dicts()
    (strict,) = features(_with("time_expense_anomaly", max_hours_a_day=10), as_of=AS_OF).to_dicts()
    assert (usual["day_over_limit"], strict["day_over_limit"]) == (0.0, 1.0)
    assert strict["day_over_limit_share"] == pytest.approx(1 / 11)
    assert expected_and_seen(strict)[0].facts["max_hours_a_day"].value == "10.0"


def test_a_firm_that_works_on_saturdays_has_its_weekend_on_sunday() -> None:
    saturday: dict[str, Any] = {**WORKED, "work_date": date(2026, 5, 2)}
    for last, expected in ((5, 1.0), (6, 0.0)):
        limits = _with("time_expense_anomaly", last_workday=last).mart(TABLE).collect()
        reader = MemoryReader({"time_entry": [saturday]}, marts={TABLE: limits})
        assert features(reader, as_of=AS_OF)["weekend_work"].to_list() == [expected]


def test_all_faults_of_the_table_are_said_at_once() -> None:
    rows = _with("time_expense_anomaly", max_hours_a_day=25, late_time_days="30.5").mart(TABLE).collect()
    rows = rows.filter(pl.col("limit_name") != "max_share")
    stray = rows.head(1).with_columns(score=pl.lit("time_expense_anomaly"), limit_name=pl.lit("most_hour_a_day"))
    message = _refused(_without(pl.concat([rows, stray])))
    for part in (
        "time_expense_anomaly, max_hours_a_day: expected 1 to 24, found 25",
        "time_expense_anomaly, late_time_days: expected a whole number, found 30.5",
        "time_expense_anomaly, max_share: expected a row of this limit, found none",
        "time_expense_anomaly, most_hour_a_day: expected no such limit",
    ):
        assert part in message


def test_a_value_out_of_its_range_alone_is_refused() -> None:
    assert "max_share: expected 0 to 1, found 7.5" in _refused(_with("time_expense_anomaly", max_share=7.5))

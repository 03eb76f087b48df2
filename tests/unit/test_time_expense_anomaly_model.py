"""Training and policy of the anomaly score on a drawn year of timesheets."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import features.time_expense_anomaly.frame as feature_module
import models.time_expense_anomaly.risk_model as model
from leadline.kernel.errors import InsufficientDataError
from models.framework.risk_model import Artefact
from models.time_expense_anomaly.probability import probability
from tests.support.point_in_time import MemoryReader
from tests.support.timesheet_firm import timesheet_firm
from tests.support.truncation import assert_truncation_invariant

AS_OF = datetime(2025, 12, 5, 23, tzinfo=UTC)


@cache
def _firm() -> MemoryReader:
    return timesheet_firm(46)


@cache
def _examples() -> pl.DataFrame:
    times = model.observation_times(_firm(), until=AS_OF)
    frames = [model.examples(_firm(), observed_at=at, as_of=AS_OF) for at in times]
    return pl.concat(frames).filter(pl.col("label").is_not_null())


@cache
def _artefact() -> Artefact:
    return model.fit(_examples(), seed=5)


def test_features_and_labels_ignore_what_lands_later() -> None:
    cuts = [datetime(2025, 3, 7, 17), datetime(2025, 6, 16), datetime(2025, 10, 3, 15)]
    assert_truncation_invariant(feature_module, _firm(), cuts)


def test_each_line_is_an_example_once_and_only_before_it_is_decided() -> None:
    assert _examples()["object_id"].is_unique().all()
    assert _examples()["status"].unique().to_list() == ["submitted"]


def test_training_on_the_same_rows_in_any_order_gives_the_same_bytes() -> None:
    assert model.fit(_examples().reverse(), seed=5) == _artefact()


def test_the_artefact_is_text_without_nan() -> None:
    assert set(_artefact()) == {"learned.json", "parameters.json", "trees.txt"}
    assert "NaN" not in _artefact()["learned.json"]


def test_the_model_learns_what_the_reviewers_take_back() -> None:
    cut = sorted(_examples()["observed_at"].unique())[-8]
    train, test = (_examples().filter(side) for side in (pl.col("observed_at") < cut, pl.col("observed_at") >= cut))
    benchmark = model.benchmark(train, test, seed=5)
    precision = benchmark.metrics["average_precision↑"]
    assert precision(benchmark.frame, "model") > precision(benchmark.frame, "base_rate") + 0.3
    assert benchmark.candidates == ("model", "rule_pack", "robust_z", "base_rate")
    assert {name: round(metric(benchmark.frame, "model"), 3) >= 0 for name, metric in benchmark.metrics.items()}


def test_labels_that_follow_nothing_teach_nothing() -> None:
    shuffled = _examples().with_columns(pl.col("label").shuffle(seed=3))
    with pytest.raises(InsufficientDataError, match="cannot be predicted"):
        model.fit(shuffled, seed=5)


def test_too_few_wrong_lines_are_refused() -> None:
    with pytest.raises(InsufficientDataError, match="Too few decided lines"):
        model.fit(_examples().head(40), seed=5)


def test_trained_probabilities_rank_a_copied_entry_above_a_plain_one() -> None:
    rows = _examples().with_columns(pl.Series("p", probability(_examples(), _artefact())))
    means = rows.group_by("duplicate_entry").agg(pl.col("p").mean()).drop_nulls().sort("duplicate_entry")["p"]
    assert means[1] > 10 * means[0]


def test_findings_are_the_same_twice_and_never_cover_more_than_a_twelfth_of_the_lines() -> None:
    found = model.findings(_firm(), as_of=AS_OF, artefact=_artefact())
    assert found == model.findings(_firm(), as_of=AS_OF, artefact=_artefact())
    lines = {line for f in found if f.reasons[0].code != "duplicate_entry" for line in f.object_id.split("+")}
    total = feature_module.features(_firm(), as_of=AS_OF).height
    assert 0 < len(lines) <= max(20, 0.075 * total) + 2 * 4


def test_the_random_slice_stores_its_propensity_and_changes_with_the_day() -> None:
    nights = [AS_OF - timedelta(days=n) for n in range(6)]
    drawn = [[f for f in model.findings(_firm(), as_of=at, artefact=None) if f.is_random_slice] for at in nights]
    assert len({tuple(f.object_id for f in night) for night in drawn}) > 1
    assert all(0 < f.propensity < 1 for night in drawn for f in night)


@pytest.mark.real_data
def test_card_transactions_all_duplicates_are_flagged_and_few_lines_beside_them() -> None:
    path = Path(os.environ.get("LEADLINE_REAL_DATA", "")) / "barnet-pcard" / "pcard_2017_18.csv.gz"
    if not path.is_file():
        pytest.skip("the public data sets are not here (LEADLINE_REAL_DATA)")
    lines = [_card_line(number, row) for number, row in enumerate(_rows(path))]
    found = model.findings(MemoryReader({"expense": lines}, reporting_currency="GBP"), as_of=AS_OF, artefact=None)
    duplicates = [f for f in found if f.reasons[0].code == "duplicate_expense"]
    assert len({f.object_id.split("+")[1] for f in duplicates}) == 219
    assert len({line for f in found for line in f.object_id.split("+")}) <= 0.08 * len(lines)


def _rows(path: Path) -> list[list[str]]:
    with gzip.open(path, "rb") as stream:
        return [list(row) for row in pl.read_csv(stream.read(), infer_schema_length=0).rows()]


def _card_line(number: int, row: list[str]) -> dict[str, Any]:
    day = datetime.strptime(row[0], "%d/%m/%y")
    return {
        "expense_id": f"{number:05d}",
        "expense_date": date(day.year, day.month, day.day),
        "amount": row[2].replace(",", ""),
        "currency": "GBP",
        "merchant": row[3],
        "description": row[4],
        "payment_method": "card",
        "status": "submitted",
        "known_at": datetime(2025, 12, 1),
    }

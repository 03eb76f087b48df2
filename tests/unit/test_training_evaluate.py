"""Evaluation is rolling-origin, honest about maturity, repeatable, and writes what it found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import nan
from pathlib import Path

import polars as pl
import pytest

from leadline.kernel.errors import InsufficientDataError, IntegrityError
from models.framework import metrics
from tests.support.point_in_time import MemoryReader
from tests.support.toy_score import MATURITY, ToyScore
from training import report
from training.evaluate import EvaluationRow, evaluate
from training.gates import judge
from training.resample import share_worse
from training.splits import cut_times, gather, rolling

MONTHS = [datetime(2024 + m // 12, m % 12 + 1, 1, tzinfo=UTC) for m in range(24)]
AS_OF = datetime(2026, 1, 15, tzinfo=UTC)
KNOWN = MemoryReader({"invoice": [{"invoice_id": "I1", "account_id": "A", "status": "draft", "amount": "1.00"}]})
TOY = ToyScore(MONTHS)


@pytest.fixture(scope="module")
def rows() -> list[EvaluationRow]:
    return evaluate(KNOWN, TOY, as_of=AS_OF, seeds=(1, 2), folds=3, bootstrap=30)


def test_each_metric_and_candidate_has_a_row_with_an_interval_around_it(rows: list[EvaluationRow]) -> None:
    assert [(r.metric, r.candidate, r.is_model) for r in rows] == [
        ("auc↑", "model", True),
        ("auc↑", "base_rate", False),
        ("brier↓", "model", True),
        ("brier↓", "base_rate", False),
    ]
    model = rows[0]
    assert model.value is not None
    assert model.low is not None
    assert model.high is not None
    assert 0.5 < model.low < model.value < model.high < 1
    assert (model.n, model.folds, model.seeds) == (60 * 12, 3, 2)
    assert rows[1].value == rows[1].low == rows[1].high == 0.5


def test_the_same_evaluation_twice_is_equal(rows: list[EvaluationRow]) -> None:
    assert evaluate(KNOWN, TOY, as_of=AS_OF, seeds=(1, 2), folds=3, bootstrap=30) == rows


def test_train_labels_matured_by_the_cut_and_tests_lie_at_or_after_it() -> None:
    examples = gather(TOY, KNOWN, MONTHS, as_of=AS_OF)
    folds = rolling(TOY, KNOWN, examples, as_of=AS_OF, share=0.5, count=3)
    assert [fold.cut.month for fold in folds] == [1, 5, 9]
    for fold in folds:
        assert fold.train["observed_at"].max() + MATURITY <= fold.cut  # type: ignore[operator]
        assert fold.test["observed_at"].min() >= fold.cut  # type: ignore[operator]
    tested = pl.concat([fold.test for fold in folds])
    assert tested["object_id"].is_unique().all()
    assert tested.height == examples.filter(pl.col("observed_at") >= folds[0].cut).height


def test_rows_that_have_not_matured_are_left_out() -> None:
    late = gather(TOY, KNOWN, MONTHS, as_of=datetime(2025, 12, 2, tzinfo=UTC))
    assert late["observed_at"].max() == datetime(2025, 11, 1)


def test_a_moment_is_never_split_and_the_first_starts_no_window() -> None:
    day = datetime(2025, 1, 1)
    sizes = [5, 90, 1, 1, 3]
    moments = [day + timedelta(days=d) for d, n in enumerate(sizes) for _ in range(n)]
    assert cut_times(pl.DataFrame({"observed_at": moments}), share=0.5, count=5) == [day + timedelta(days=2)]
    assert cut_times(pl.DataFrame({"observed_at": [day] * 9}), share=0.5, count=3) == []
    assert cut_times(pl.DataFrame(), share=0.5, count=3) == []


def test_nothing_to_learn_from_is_an_error_that_says_so() -> None:
    with pytest.raises(InsufficientDataError, match="needs invoice"):
        evaluate(MemoryReader({}), TOY, as_of=AS_OF)
    with pytest.raises(InsufficientDataError, match="Too little has matured"):
        evaluate(KNOWN, ToyScore(MONTHS[:1]), as_of=AS_OF)
    with pytest.raises(InsufficientDataError, match="Too few toys"):
        evaluate(KNOWN, ToyScore(MONTHS[:2]), as_of=AS_OF)


@pytest.mark.parametrize(
    ("metric", "values", "passed", "rival"),
    [
        ("auc↑", {"m": 0.80, "a": 0.70, "b": 0.75}, True, "b"),
        ("auc↑", {"m": 0.74, "a": 0.70, "b": 0.75}, True, "b"),
        ("auc↑", {"m": 0.70, "a": 0.70, "b": 0.75}, False, "b"),
        ("brier↓", {"m": 0.10, "a": 0.12, "b": 0.11}, True, "b"),
        ("brier↓", {"m": 0.13, "a": 0.12, "b": 0.11}, False, "b"),
        ("auc↑", {"m": nan, "a": 0.5}, False, "none"),
        ("auc↑", {"m": 0.6, "a": nan}, True, "none"),
        ("skill↑", {"m": -0.10, "a": -0.05}, False, "a"),
    ],
)
def test_the_gate_allows_a_little_noise_and_no_more(
    metric: str, values: dict[str, float], passed: bool, rival: str
) -> None:
    verdict = judge(metric, values, challenger="m", share_worse=lambda _rival: 1.0)
    assert (verdict.passed, verdict.rival) == (passed, rival)


@pytest.mark.parametrize(("worse_in", "passed"), [(0.6, True), (0.89, True), (0.9, False), (1.0, False)])
def test_a_worse_figure_that_may_be_chance_passes(worse_in: float, passed: bool) -> None:
    verdict = judge("auc↑", {"m": 0.6, "a": 0.7}, challenger="m", share_worse=lambda _rival: worse_in)
    assert verdict.passed is passed


def test_resampling_tells_a_real_difference_from_chance() -> None:
    rows = TOY.examples(KNOWN, observed_at=MONTHS[3], as_of=AS_OF).with_columns(
        (-pl.col("x")).alias("worse"), (pl.col("x") + 0.001).alias("level"), pl.col("x").alias("good")
    )
    shares = {
        name: share_worse(rows, metrics.auc, challenger=name, rival="good", higher_is_better=True)
        for name in ("worse", "level")
    }
    assert shares == {"worse": 1.0, "level": 0.0}
    assert share_worse(rows, metrics.brier, challenger="worse", rival="good", higher_is_better=False) == 1.0


def test_a_report_is_written_four_ways_and_read_back(rows: list[EvaluationRow], tmp_path: Path) -> None:
    paths = report.write(rows, tmp_path / "first")
    assert [path.name for path in paths] == [f"invoice_dispute.{e}" for e in ("json", "csv", "md", "png")]
    assert report.read(paths[0]) == rows
    assert paths[1].read_text().count("\n") == 1 + len(rows)
    assert "| metric | **model** |" in paths[2].read_text()
    assert "| auc↑ | 0." in paths[2].read_text()
    again = report.write(rows, tmp_path / "second")
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in paths]


def test_an_undefined_figure_is_a_dash_and_an_empty_cell() -> None:
    row = EvaluationRow("invoice_dispute", "auc↑", "model", True, None, None, None, 3, 1, 1)
    assert "| auc↑ | – |" in report.as_markdown([row])
    assert "auc↑,model,True,,,,3,1,1" in report.as_csv([row])


def test_a_damaged_evaluation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('[{"score": 1}]')
    with pytest.raises(IntegrityError, match="Cannot read"):
        report.read(tmp_path / "x.json")

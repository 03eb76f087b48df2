"""Metrics agree with their textbook definitions, also on ties and on nothing."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as skm

from models.framework import metrics


def _frame(label: list[float | None], score: list[float | None], **more: list[float] | list[str]) -> pl.DataFrame:
    return pl.DataFrame({"label": label, "a": score, **more}, strict=False)


CASES = [
    (metrics.auc, [0, 1, 1, 0], [0.1, 0.9, 0.4, 0.4], 0.875),
    (metrics.auc, [0, 1], [0.5, 0.5], 0.5),
    (metrics.average_precision, [1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1], 5 / 6),
    (metrics.average_precision, [1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5], 0.25),
    (metrics.brier, [1, 0], [0.8, 0.4], 0.10),
    (metrics.log_loss, [1, 0], [0.5, 0.5], math.log(2)),
    (metrics.log_loss, [1], [0.0], -math.log(metrics.MIN_PROBABILITY)),
    (metrics.ece, [1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], 0.0),
    (metrics.ece, [0, 0, 1, 1], [0.2, 0.2, 0.8, 0.8], 0.2),
    (metrics.mae, [1, 3], [2, 1], 1.5),
    (metrics.mape, [2, 0, 4], [1, 9, 5], 0.375),
    (metrics.bias, [1, 3], [2, 6], 1.0),
    (metrics.precision_at(2), [1, 0, 1], [0.9, 0.8, 0.1], 0.5),
    (metrics.precision_at(1), [1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5], 0.25),
    (metrics.precision_at(9), [1, 0], [0.9, 0.8], 0.5),
]


@pytest.mark.parametrize(("metric", "label", "score", "expected"), CASES)
def test_a_metric_is_what_its_definition_says(
    metric: Callable[[pl.DataFrame, str], float], label: list[float | None], score: list[float | None], expected: float
) -> None:
    assert metric(_frame(label, score), "a") == pytest.approx(expected)


@pytest.mark.parametrize("metric", [case[0] for case in CASES])
def test_nothing_to_measure_is_nan_and_null_rows_do_not_count(metric: Callable[[pl.DataFrame, str], float]) -> None:
    assert math.isnan(metric(_frame([None, 1], [0.5, None]), "a"))


def test_one_class_has_no_auc() -> None:
    assert math.isnan(metrics.auc(_frame([0, 0], [0.1, 0.2]), "a"))
    assert math.isnan(metrics.average_precision(_frame([0, 0], [0.1, 0.2]), "a"))


def test_no_metric_depends_on_the_order_of_tied_rows() -> None:
    draw = np.random.default_rng(7)
    frame = pl.DataFrame(
        {
            "label": (draw.random(60) < 0.4).astype(float),
            "a": draw.integers(0, 4, 60) / 4,
            "money": draw.integers(1, 9, 60).astype(float),
            "query": np.repeat(np.arange(6), 10),
        }
    )
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=3)
    every = [metrics.auc, metrics.average_precision, metrics.ece, metrics.value_captured(0.1), metrics.precision_at(7)]
    every += [metrics.ndcg_at(4), metrics.hit_at(3)]
    for metric in every:
        assert metric(frame, "a") == pytest.approx(metric(shuffled, "a"), abs=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_what_scikit_learn_knows_is_what_it_says(seed: int) -> None:
    draw = np.random.default_rng(seed)
    rows, levels = int(draw.integers(2, 300)), int(draw.choice([2, 5, 60, 10**6]))
    label = (draw.random(rows) < draw.uniform(0.1, 0.9)).astype(float)
    label[:2] = [0, 1]
    score = draw.integers(0, levels, rows) / levels
    gain = draw.integers(0, 4, rows) * label + (label > 0)
    frame = pl.DataFrame({"label": label, "a": score, "a_q10": score / 2, "query": ["q"] * rows})
    gains, nearly = frame.with_columns(label=gain), np.clip(score, 1e-6, 1 - 1e-6)
    some = label > 0
    pairs = {
        "auc": (metrics.auc(frame, "a"), skm.roc_auc_score(label, score)),
        "average precision": (metrics.average_precision(frame, "a"), skm.average_precision_score(label, score)),
        "brier": (metrics.brier(frame, "a"), skm.brier_score_loss(label, score)),
        "log loss": (metrics.log_loss(frame, "a"), skm.log_loss(label, nearly)),
        "mae": (metrics.mae(frame, "a"), skm.mean_absolute_error(label, score)),
        "mape": (metrics.mape(frame, "a"), skm.mean_absolute_percentage_error(label[some], score[some])),
        "pinball": (
            metrics.pinball(0.1, suffix="_q10")(frame, "a"),
            skm.mean_pinball_loss(label, score / 2, alpha=0.1),
        ),
        "ndcg": (metrics.ndcg_at(5)(gains, "a"), skm.ndcg_score([gain], [score], k=5)),
    }
    for name, (ours, theirs) in pairs.items():
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-14), name


def test_value_captured_ranks_by_prediction_times_money() -> None:
    frame = _frame([1, 1, 0, 0], [0.1, 0.9, 0.9, 0.1], money=[100.0, 50.0, 20.0, 10.0])
    assert metrics.value_captured(0.25)(frame, "a") == pytest.approx(50 / 150)
    assert metrics.value_captured(0.75)(frame, "a") == pytest.approx(1.0)


def test_ranking_metrics_look_at_each_query_and_skip_those_without_gain() -> None:
    frame = _frame([0, 1, 0, 0, 0], [0.9, 0.5, 0.1, 0.3, 0.2], query=["p", "p", "p", "q", "q"])
    assert metrics.ndcg_at(10)(frame, "a") == pytest.approx(1 / math.log2(3))
    assert metrics.hit_at(1)(frame, "a") == 0.0
    assert metrics.hit_at(2)(frame, "a") == 1.0


def test_a_hit_among_ties_counts_with_its_chance() -> None:
    frame = _frame([1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5], query=["p"] * 4)
    assert metrics.hit_at(2)(frame, "a") == pytest.approx(0.5)


def test_quantile_metrics_read_the_candidates_quantile_columns() -> None:
    frame = _frame([10, 20], [11, 19], a_low=[9.0, 21.0], a_high=[12.0, 25.0], a_q10=[9.0, 21.0], a_q90=[12.0, 25.0])
    assert metrics.coverage()(frame, "a") == 0.5
    assert metrics.pinball(0.1, suffix="_q10")(frame, "a") == pytest.approx((0.1 * 1 + 0.9 * 1) / 2)
    upper = (0.1 * 2 + 0.1 * 5) / 2
    assert metrics.crps([0.1, 0.9])(frame, "a") == pytest.approx(2 * (0.5 + upper) / 2)
    assert math.isnan(metrics.coverage()(frame, "b"))


def test_a_point_forecast_is_scored_by_its_absolute_error() -> None:
    assert metrics.crps([0.1, 0.5, 0.9])(_frame([1, 3], [2, 1]), "a") == pytest.approx(1.5)

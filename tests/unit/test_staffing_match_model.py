"""Training the staffing score on a drawn past: what it learns, refuses, and repeats."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from functools import cache

import polars as pl
import pytest

import features.staffing_match.frame as feature_module
import models.staffing_match.risk_model as staffing_match
from leadline.kernel.errors import InsufficientDataError
from models.staffing_match.baselines import impact_ratio
from models.staffing_match.suitability import chance
from tests.support.point_in_time import MemoryReader
from tests.support.staffing_firm import seasoned_desk
from tests.support.truncation import assert_truncation_invariant

AS_OF = datetime(2025, 9, 1, 23, tzinfo=UTC)


@cache
def _desk() -> MemoryReader:
    return seasoned_desk(70)


@cache
def _examples() -> pl.DataFrame:
    times = staffing_match.observation_times(_desk(), until=AS_OF)
    frames = [staffing_match.examples(_desk(), observed_at=at, as_of=AS_OF) for at in times]
    return pl.concat(frames).filter(pl.col("label").is_not_null())


def test_features_and_labels_ignore_what_lands_later() -> None:
    cuts = [datetime(2024, 3, 4, 23), datetime(2024, 9, 2, 9), datetime(2025, 1, 6)]
    assert_truncation_invariant(feature_module, _desk(), cuts)


def test_training_twice_gives_the_same_bytes() -> None:
    assert staffing_match.fit(_examples(), seed=3) == staffing_match.fit(_examples().reverse(), seed=3)


def test_too_few_requests_are_refused() -> None:
    with pytest.raises(InsufficientDataError, match="Too few filled role requests"):
        staffing_match.fit(_examples().head(50), seed=3)


def test_the_model_beats_availability_and_its_benchmark_shows_every_baseline() -> None:
    cut = sorted(_examples()["observed_at"].unique())[-15]
    train, test = (_examples().filter(side) for side in (pl.col("observed_at") < cut, pl.col("observed_at") >= cut))
    benchmark = staffing_match.benchmark(train, test, seed=3)
    assert benchmark.candidates == ("model", "hand_weights", "coverage", "availability", "greedy")
    ndcg = benchmark.metrics["ndcg_10↑"]
    assert ndcg(benchmark.frame, "model") > ndcg(benchmark.frame, "availability") + 0.1
    gain = benchmark.metrics["plan_gain↑"]
    assert 0 < gain(benchmark.frame, "model") <= 1


def test_chances_are_probabilities_and_order_by_skill() -> None:
    artefact = staffing_match.fit(_examples(), seed=3)
    frame = _examples().with_columns(pl.Series("chance", chance(_examples(), artefact)))
    assert frame["chance"].is_between(0, 1).all()
    means = frame.group_by("coverage").agg(pl.col("chance").mean()).sort("coverage")["chance"]
    assert means[1] > means[0]


def test_observation_times_are_mondays_known_to_lie_in_the_past() -> None:
    times = staffing_match.observation_times(_desk(), until=AS_OF)
    assert all(at.weekday() == 0 and at <= AS_OF for at in times)
    assert all(after - before == timedelta(days=7) for before, after in itertools.pairwise(times))


def test_the_impact_ratio_is_low_when_one_group_is_never_first() -> None:
    rows = [
        (f"Q{n}", person, region, float(person == "A"))
        for n in range(40)
        for person, region in (("A", "x"), ("B", "y"))
    ]
    frame = pl.DataFrame(rows, schema=["query", "person_id", "region", "score"], orient="row")
    assert impact_ratio("region")(frame, "score") == 0.0

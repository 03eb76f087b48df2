"""Pipeline and capacity end to end: learn, benchmark, find; with deals, and with nothing but months of capacity."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

import features.pipeline_capacity.frame as pipeline_features
import models.pipeline_capacity.risk_model as model
from leadline.kernel.errors import InsufficientDataError
from models.framework.risk_model import Artefact
from tests.support.pipeline_capacity_firm import AS_OF, ask, booking, deal, drawn_pipeline, person, pipeline
from tests.support.point_in_time import MemoryReader
from tests.support.truncation import assert_truncation_invariant

SPLIT = datetime(2024, 9, 30, tzinfo=UTC)


def _examples(reader: MemoryReader, *, until: datetime = AS_OF, as_of: datetime = AS_OF) -> pl.DataFrame:
    times = model.observation_times(reader, until=until)
    frames = [model.examples(reader, observed_at=at, as_of=as_of) for at in times]
    return pl.concat(frames).filter(pl.col("label").is_not_null())


@pytest.fixture(scope="module")
def reader() -> MemoryReader:
    return drawn_pipeline()


@pytest.fixture(scope="module")
def examples(reader: MemoryReader) -> pl.DataFrame:
    return _examples(reader)


@pytest.fixture(scope="module")
def artefact(examples: pl.DataFrame) -> Artefact:
    return model.fit(examples, seed=1)


def test_features_and_labels_ignore_what_lands_later(reader: MemoryReader) -> None:
    assert_truncation_invariant(pipeline_features, reader, [datetime(2023, 8, 1, tzinfo=UTC), SPLIT])


def test_the_same_examples_give_the_same_bytes(examples: pl.DataFrame, artefact: Artefact) -> None:
    assert model.fit(examples.reverse(), seed=1) == artefact
    assert sorted(artefact) == ["hazard.json", "hazard.txt", "parameters.json", "unborn.json"]


def test_the_model_sees_more_than_the_sellers_hope(reader: MemoryReader, examples: pl.DataFrame) -> None:
    train = _examples(reader, until=SPLIT, as_of=SPLIT)
    test = examples.filter(pl.col("observed_at") >= SPLIT.replace(tzinfo=None))
    benchmark = model.benchmark(train, test, seed=1)
    assert benchmark.candidates == ("model", "crm_weighted", "stage_rates", "stage_markov", "climatology")
    result = {
        name: {who: metric(benchmark.frame, who) for who in benchmark.candidates}
        for name, metric in benchmark.metrics.items()
    }
    assert result["win_auc↑"]["model"] > result["win_auc↑"]["crm_weighted"] + 0.05
    assert result["crps_13_weeks↓"]["model"] < result["crps_13_weeks↓"]["crm_weighted"]
    assert result["win_brier↓"]["model"] < result["win_brier↓"]["climatology"]


def test_gaps_carry_a_band_money_and_the_deals_behind_them(reader: MemoryReader, artefact: Artefact) -> None:
    found = model.findings(reader, as_of=AS_OF, artefact=artefact)
    assert found
    for finding in found:
        role, region, week = finding.object_id.split(":")
        assert (role, region) == ("Analyst", "North")
        assert date.fromisoformat(week).weekday() == 0
        assert 0 < finding.probability < 1
        assert finding.band is not None
        assert finding.band.low <= finding.band.middle <= finding.band.high
        assert finding.band.middle >= 0.5
        assert {record.entity for reason in finding.reasons for record in reason.records} >= {"person"}


def test_findings_are_the_same_each_time(reader: MemoryReader, artefact: Artefact) -> None:
    ours, theirs = (model.findings(reader, as_of=AS_OF, artefact=artefact) for _ in range(2))
    assert ours == theirs


def _prices() -> dict[str, list[dict[str, object]]]:
    since = {"currency": "USD", "valid_from": date(2025, 1, 1)}
    return {
        "rate_card": [{"rate_id": "1", "role": "Analyst", "rate": "150", **since}],
        "cost_rate": [{"cost_rate_id": "1", "person_id": "A", "rate": "60", **since}],
    }


def test_people_without_work_are_a_bench_at_no_cost_where_no_redeployment_could_help() -> None:
    staff = [person(key) for key in "ABC"]
    reader = pipeline(person=staff, opportunity=[deal()], opportunity_role_demand=[ask()], **_prices())
    (finding,) = model.findings(reader, as_of=AS_OF, artefact=None)
    assert finding.facts["direction"].value == "bench"
    assert finding.probability > 0.99
    assert (finding.money_at_risk, finding.is_priced) == (0, True)
    (unpriced,) = model.findings(
        pipeline(person=staff, opportunity=[deal()], opportunity_role_demand=[ask()]), as_of=AS_OF, artefact=None
    )
    assert not unpriced.is_priced


def test_a_bench_costs_the_wages_of_those_whom_another_region_lacks() -> None:
    staff = [person(key) for key in "ABC"]
    away = person("D", region="South")
    work = [booking(f"B{n}", person_id="D", hours_per_week="40", end_date=date(2025, 12, 26)) for n in range(3)]
    reader = pipeline(person=[*staff, away], assignment=work, opportunity=[deal("X", region="West")], **_prices())
    found = {one.facts["direction"].value: one for one in model.findings(reader, as_of=AS_OF, artefact=None)}
    # Three idle in the north, two missing in the south: 13 weeks of 40 hours at 60 an hour for two.
    assert float(found["bench"].money_at_risk) == pytest.approx(2 * 13 * 40 * 60, rel=0.05)
    assert found["bench"].facts["placeable"].value.startswith("2.0")
    assert float(found["shortage"].money_at_risk) == pytest.approx(2 * 26 * 40 * 90, rel=0.08)


def test_more_work_than_people_is_a_shortage_of_its_contribution_until_the_work_ends() -> None:
    work = [booking(f"B{index}", hours_per_week="40", end_date=date(2025, 8, 29)) for index in range(3)]
    reader = pipeline(person=[person()], assignment=work, opportunity=[deal("X", region="South")], **_prices())
    finding, after = model.findings(reader, as_of=AS_OF, artefact=None)
    assert (finding.facts["direction"].value, after.facts["direction"].value) == ("shortage", "bench")
    assert finding.object_id == "Analyst:North:2025-07-07"
    assert after.object_id == "Analyst:North:2025-09-01"
    assert finding.band is not None
    assert finding.band.middle == pytest.approx(2.0, abs=0.1)
    assert float(finding.money_at_risk) == pytest.approx(2 * 8 * 40 * (150 - 60), rel=0.05)
    assert {record.key for reason in finding.reasons for record in reason.records} >= {"B0", "B1", "B2"}


def test_too_few_decided_deals_are_refused_with_their_number() -> None:
    with pytest.raises(InsufficientDataError, match="Too few deals"):
        model.fit(_examples(drawn_pipeline(deals=25)), seed=1)


def test_neither_deals_nor_series_is_refused() -> None:
    with pytest.raises(InsufficientDataError, match="No pipeline and no capacity series"):
        model.findings(pipeline(person=[person()]), as_of=AS_OF, artefact=None)


def _industry(*, years: int = 12, growth: float = 0.04) -> MemoryReader:
    random, rows = np.random.default_rng(2), []
    for industry, pace in (("Growing", growth), ("Steady", 0.0)):
        for index in range(12 * years):
            month = date(2013 + index // 12, index % 12 + 1, 1)
            season = 1 + 0.03 * np.sin(2 * np.pi * index / 12)
            level = 1000 * (1 + pace) ** (index / 12) * season * float(np.exp(random.normal(0, 0.002)))
            known_at = datetime.combine(month, datetime.min.time()) + timedelta(days=38)
            key = {"role": industry, "region": "US", "period_start": month}
            rows.append({**key, "capacity": f"{level:.1f}", "unit": "headcount", "known_at": known_at})
    return MemoryReader({"capacity_series": rows})


def test_a_series_is_forecast_no_worse_than_season_and_growth() -> None:
    reader, end, split = _industry(), datetime(2025, 1, 31, tzinfo=UTC), datetime(2021, 1, 4, tzinfo=UTC)
    train, test = _examples(reader, until=split, as_of=split), _examples(reader, until=end, as_of=end)
    benchmark = model.benchmark(train, test.filter(pl.col("observed_at") >= split.replace(tzinfo=None)), seed=1)
    result = {who: benchmark.metrics["mape_12_months↓"](benchmark.frame, who) for who in benchmark.candidates}
    assert result["model"] <= result["seasonal_naive_growth"] * 1.02
    assert result["model"] < result["last_value"] / 2


@pytest.mark.parametrize("is_trained", [True, False])
def test_only_the_series_that_leaves_its_level_is_raised(is_trained: bool) -> None:
    reader, end = _industry(), datetime(2025, 1, 31, tzinfo=UTC)
    artefact = model.fit(_examples(reader, until=end, as_of=end), seed=1) if is_trained else None
    (finding,) = model.findings(reader, as_of=end, artefact=artefact)
    assert finding.object_id.startswith("Growing:US:")
    assert finding.band is not None
    assert 0 < finding.band.low < finding.band.middle < finding.band.high
    assert finding.band.unit == "headcount"
    assert (finding.money_at_risk, finding.is_priced) == (0, False)
    assert 0.85 < finding.probability < 1

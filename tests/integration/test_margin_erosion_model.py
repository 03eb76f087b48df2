"""Margin erosion end to end on drawn projects: learn, benchmark, find."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

import features.margin_erosion.frame as margin_features
import models.margin_erosion.risk_model as model
from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.money import cents
from models.framework.risk_model import Artefact
from tests.support.margin_erosion_firm import AS_OF, budget, change, crowd, firm, hours, report
from tests.support.narratives import read
from tests.support.point_in_time import MemoryReader
from tests.support.truncation import assert_truncation_invariant

SPLIT = datetime(2024, 9, 30, tzinfo=UTC)


def _examples(reader: MemoryReader, *, until: datetime = AS_OF, as_of: datetime = AS_OF) -> pl.DataFrame:
    times = model.observation_times(reader, until=until)
    return pl.concat([model.examples(reader, observed_at=at, as_of=as_of) for at in times])


@pytest.fixture(scope="module")
def reader() -> MemoryReader:
    return crowd()


@pytest.fixture(scope="module")
def examples(reader: MemoryReader) -> pl.DataFrame:
    return _examples(reader)


@pytest.fixture(scope="module")
def artefact(examples: pl.DataFrame) -> Artefact:
    return model.fit(examples, seed=1)


def test_features_and_labels_ignore_what_lands_later(reader: MemoryReader) -> None:
    cuts = [datetime(2023, 9, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC), SPLIT]
    assert_truncation_invariant(margin_features, reader, cuts)


def test_observation_times_are_mondays_and_do_not_move_with_the_end(reader: MemoryReader) -> None:
    early, late = (model.observation_times(reader, until=until) for until in (SPLIT, AS_OF))
    assert {at.weekday() for at in late} == {0}
    assert late[: len(early)] == early
    assert max(late) <= AS_OF


def test_the_same_examples_give_the_same_bytes(examples: pl.DataFrame, artefact: Artefact) -> None:
    assert model.fit(examples.reverse(), seed=1) == artefact


def test_the_artefact_is_text_that_says_it_has_learned(artefact: Artefact) -> None:
    assert sorted(artefact) == [
        "decision.json",
        "eac.json",
        "eac.txt",
        "erosion.json",
        "erosion.txt",
        "parameters.json",
    ]
    assert '"is_learned": true' in artefact["eac.json"]


def test_the_model_beats_plan_and_base_rate_on_later_projects(reader: MemoryReader, examples: pl.DataFrame) -> None:
    train = _examples(reader, until=SPLIT, as_of=SPLIT)
    test = examples.filter(pl.col("observed_at") >= SPLIT.replace(tzinfo=None))
    benchmark = model.benchmark(train, test, seed=1)
    result = {
        name: {who: metric(benchmark.frame, who) for who in benchmark.candidates}
        for name, metric in benchmark.metrics.items()
    }
    assert benchmark.candidates[0] == "model"
    assert result["brier↓"]["model"] < result["brier↓"]["base_rate"]
    assert result["auc↑"]["model"] > 0.7
    assert result["eac_mape↓"]["model"] < result["eac_mape↓"]["plan"]
    assert result["band_80_miss↓"]["model"] < 0.21


def test_findings_carry_money_probability_and_reasons_bound_to_records(
    reader: MemoryReader, artefact: Artefact
) -> None:
    found = model.findings(reader, as_of=AS_OF, artefact=artefact)
    assert found
    assert [f.expected_loss for f in found] == sorted((f.expected_loss for f in found), reverse=True)
    for finding in found:
        assert finding.band is None
        assert finding.probability is not None
        assert 0 < finding.probability < 1
        assert finding.money_at_risk > 0
        assert finding.money_at_risk == finding.money_at_risk.quantize(Decimal("0.01"))
        assert Decimal(finding.facts["eac_low"].value) <= Decimal(finding.facts["eac_middle"].value)
        assert finding.reasons
        assert all(reason.records and read(reason.statement) for reason in finding.reasons)


def test_at_most_a_third_of_the_open_projects_is_raised(reader: MemoryReader, artefact: Artefact) -> None:
    open_projects = margin_features.features(reader, as_of=AS_OF).height
    assert 0 < len(model.findings(reader, as_of=AS_OF, artefact=artefact)) <= np.ceil(open_projects / 3)


def test_predict_gives_one_probability_per_row(examples: pl.DataFrame, artefact: Artefact) -> None:
    result = model.predict(examples, artefact)["prediction"]
    assert len(result) == examples.height
    assert result.is_between(0, 1).all()


def test_without_a_model_earned_value_speaks() -> None:
    result = report("P", datetime(2025, 6, 1).date(), percent_complete="0.5")
    reader = firm(project_status=[result], time_entry=[hours("P", datetime(2025, 2, 3).date(), 100)])
    (finding,) = model.findings(reader, as_of=AS_OF, artefact=None)
    assert finding.object_id == "P"
    assert finding.probability is not None
    assert finding.probability > 0.9
    # Half done for 10,000; the rest costs 5,000 / 0.75, by the index that is shrunk to the plan.
    assert finding.facts["eac_middle"].value == "16666.67"
    assert finding.money_at_risk == Decimal("6666.67")


@pytest.mark.parametrize(
    ("spent", "revenue", "approved", "money"),
    [
        (51, "20000", None, "1000.00"),  # ends at 10,133, but has eroded only from five points of 20,000 on
        (51, None, None, "500.00"),  # without revenue: from 5% of the approved cost on
        (80, "20000", None, "4000.00"),  # 8,000 and 5,000 / (15,000 / 18,000), less 10,000
        (80, "20000", "2000", "2666.67"),  # a change raised the approved cost: 8,000 and 6,000 / 0.9, less 12,000
    ],
)
def test_money_is_the_overrun_if_the_margin_erodes_whatever_the_chance(
    spent: int, revenue: str | None, approved: str | None, money: str
) -> None:
    day = datetime(2025, 6, 1).date()
    reader = firm(
        project_budget=[budget(budget_revenue=revenue)],
        change_order=[change(cost_change=approved, value_change="0")] if approved else [],
        project_status=[report("P", day, percent_complete="0.5")],
        time_entry=[hours("P", datetime(2025, 2, 3).date(), spent)],
    )
    scored = model._scored(margin_features.features(reader, as_of=AS_OF), None)
    assert cents(scored["at_risk"][0]) == Decimal(money)


def test_a_project_on_plan_is_not_raised() -> None:
    result = report("P", datetime(2025, 6, 1).date(), percent_complete="0.9")
    reader = firm(project_status=[result], time_entry=[hours("P", datetime(2025, 2, 3).date(), 90)])
    assert model.findings(reader, as_of=AS_OF, artefact=None) == []


def test_too_few_projects_are_refused_with_their_number() -> None:
    with pytest.raises(InsufficientDataError, match="Too few projects") as refused:
        model.fit(_examples(crowd(projects=12)), seed=1)
    assert "at least 30 projects" in refused.value.expected


def test_an_as_of_before_the_first_project_is_refused(reader: MemoryReader) -> None:
    with pytest.raises(InsufficientDataError, match="No project is known"):
        model.findings(reader, as_of=datetime(2020, 1, 1, tzinfo=UTC), artefact=None)


def test_projects_and_reports_alone_are_enough_to_learn_from() -> None:
    full = crowd(projects=120, priced=False)
    lean = MemoryReader(
        {
            name: full.history(name, as_of=AS_OF).drop("known_to", "first_known_at").collect().to_dicts()
            for name in ("project", "project_status")
        }
    )
    learned = model.fit(_examples(lean), seed=1)
    assert "erosion.json" in learned
    assert isinstance(model.findings(lean, as_of=AS_OF, artefact=learned), list)

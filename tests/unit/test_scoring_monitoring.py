"""What a run was like, beside the run before."""

from __future__ import annotations

from decimal import Decimal

import pytest

from leadline.kernel.findings import Finding, ScoredException
from scoring.batch import RunReport, ScoreReport
from scoring.monitoring import histogram, monitor, population_stability
from scoring.policy import external_id
from tests.support.findings import AS_OF, finding


def report(*found: Finding, skipped: str = "") -> RunReport:
    score = ScoreReport("margin_erosion", skipped=skipped, model_version="margin_erosion@3", found=found)
    return RunReport(as_of=AS_OF, snapshot_id="s", scores=(score,))


def many(*chances: float) -> list[Finding]:
    return [finding(f"P{n}", chance=chance) for n, chance in enumerate(chances * 20)]


def test_probabilities_are_counted_per_tenth() -> None:
    assert histogram([0.0, 0.05, 0.1, 0.95, 1.0]) == (2, 1, 0, 0, 0, 0, 0, 0, 0, 2)


def test_the_same_histogram_has_not_moved() -> None:
    assert population_stability((5, 0, 9), (5, 0, 9)) == pytest.approx(0)
    assert population_stability((5, 0, 9), (9, 0, 5)) > 0.2


def test_a_run_whose_scores_moved_raises_an_alarm() -> None:
    (health,) = monitor(report(*many(0.85, 0.95)), before={"margin_erosion": histogram([0.15] * 40)})
    assert health.state == "alarm"
    assert health.psi is not None
    assert "PSI" in health.why


def test_the_same_scores_are_in_order() -> None:
    (health,) = monitor(report(*many(0.15, 0.95)), before={"margin_erosion": histogram([0.15, 0.95] * 20)})
    assert (health.state, health.psi, health.mean_probability, health.found) == ("ok", 0.0, 0.55, 40)


def test_few_findings_say_nothing_about_drift() -> None:
    (health,) = monitor(report(finding()), before={"margin_erosion": histogram([0.95] * 100)})
    assert (health.state, health.psi) == ("ok", None)


def test_a_skipped_score_says_why() -> None:
    (health,) = monitor(report(skipped="needs project"))
    assert (health.state, health.why, health.money_at_risk) == ("skipped", "needs project", {})


def shown(one: Finding) -> ScoredException:
    return ScoredException(
        finding=one,
        external_id=external_id(one),
        owner="E1",
        owner_kind="project_manager",
        due_at=AS_OF,
        model_version="margin_erosion@3",
        snapshot_id="s",
        expected_value=Decimal(1),
        rank=1,
    )


def test_only_what_is_shown_counts_as_money_at_risk() -> None:
    chosen = [shown(finding("P1")), shown(finding("P2", money="5.00", currency="EUR", is_random_slice=True))]
    score = ScoreReport("margin_erosion", found=(finding("P1"), finding("P2"), finding("P3")), exceptions=tuple(chosen))
    (health,) = monitor(RunReport(as_of=AS_OF, snapshot_id="s", scores=(score,)))
    assert health.money_at_risk == {"EUR": Decimal("5.00"), "USD": Decimal("1000.00")}
    assert (health.found, health.shown, health.random) == (3, 2, 1)

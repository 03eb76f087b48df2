"""One money scale: what holds of the money and the probability of all six scores, on drawn firms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import features.invoice_dispute.frame as dispute_features
import models.invoice_dispute.build_findings as dispute
import models.margin_erosion.risk_model as margin
import models.pipeline_capacity.build_findings as capacity
import models.revenue_leakage.risk_model as leakage
import models.time_expense_anomaly.risk_model as anomaly
from features.staffing_match import fill
from leadline.kernel.findings import Finding
from leadline.kernel.money import cents
from leadline.kernel.scores import SCORES
from leadline.kernel.stakes import Staked, claims_of
from scoring.policy import expected_value, external_id
from tests.support import margin_erosion_firm, pipeline_capacity_firm, staffing_firm
from tests.support.invoice_firm import invoice_firm
from tests.support.leakage import leak, leaking
from tests.support.point_in_time import MemoryReader

REVIEW = Decimal("37.45")
SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
OTHER_CHANCE = 0.37


@dataclass(frozen=True)
class Firm:
    """A drawn firm as of a moment, and the most that its records can lose by one score, worked out another way."""

    reader: MemoryReader
    as_of: datetime
    most: Callable[[Sequence[Finding]], float]


def _disputes(seed: int) -> Firm:
    firm, as_of = (
        invoice_firm(seed=seed, clients=5, months=10, first=date(2025, 1, 1)),
        datetime(2025, 10, 20, tzinfo=UTC),
    )
    rows = dispute_features.features(firm, as_of=as_of)
    return Firm(firm, as_of, lambda _: float(rows["amount_reporting"].clip(0).sum()))


def _margins(seed: int) -> Firm:
    def most(found: Sequence[Finding]) -> float:
        # No more than to the upper end of the band, or five points of the 20,000 that each brings.
        ends = [max(_fact(one, "eac_high") - _fact(one, "approved_cost"), 1000.0) for one in found]
        return sum(ends)

    return Firm(margin_erosion_firm.crowd(projects=40, seed=seed), margin_erosion_firm.AS_OF, most)


def _leaks(seed: int) -> Firm:
    random = np.random.default_rng(seed)
    kinds = ("unbilled_time", "missed_escalator", "nte_overrun_absorbed", "recurring_misbilled")
    amounts = [f"{amount:.2f}" for amount in random.uniform(1, 5000, 25)]
    days = [date(2023, 1, 1) + timedelta(days=int(day)) for day in random.integers(0, 1200, 25)]
    rows = [
        leak(f"K{n}", str(random.choice(kinds)), amount=amount, matures_on=day)
        for n, (amount, day) in enumerate(zip(amounts, days, strict=True))
    ]
    young = [float(a) for a, day in zip(amounts, days, strict=True) if day >= date(2024, 6, 30)]
    return Firm(leaking(*rows), datetime(2026, 6, 30, 23, tzinfo=UTC), lambda _: sum(young))


def _lines(seed: int) -> Firm:
    random = np.random.default_rng(seed)
    entries = [
        {
            "time_entry_id": f"T{n}",
            "person_id": f"E{n % 3}",
            "project_id": "P1",
            "work_date": date(2026, 3, 2) + timedelta(days=int(random.integers(0, 10))),
            "hours": f"{random.integers(1, 16)}.00",
            "role": "consultant",
            "billable": True,
            "description": f"work {random.integers(0, 8)}",
            "status": "submitted",
            "submitted_at": datetime(2026, 3, 12, 9),
            "known_at": datetime(2026, 3, 12, 9),
        }
        for n in range(30)
    ]
    rate = {"rate_id": "L", "role": "consultant", "rate": "100", "currency": "USD", "valid_from": date(2020, 1, 1)}
    value = {entry["time_entry_id"]: float(str(entry["hours"])) * 100 for entry in entries}

    def most(found: Sequence[Finding]) -> float:
        return sum(value[one.object_id.split("+")[-1]] for one in found)

    return Firm(MemoryReader({"time_entry": entries, "rate_card": [rate]}), datetime(2026, 3, 13, 23), most)


def _roles(seed: int) -> Firm:
    random = np.random.default_rng(seed)
    people = [staffing_firm.person(f"E{n}", seniority=int(random.integers(1, 6))) for n in range(4)]
    asked = [
        staffing_firm.request(
            f"R{n}",
            role=str(random.choice(["consultant", "architect"])),
            hours_per_week=int(random.integers(4, 41)),
            end_date=date(2026, 3, 16) + timedelta(days=int(random.integers(0, 500))),
        )
        for n in range(6)
    ]
    prices = [staffing_firm.list_price(), dict(staffing_firm.list_price()) | {"rate_id": "A", "role": "architect"}]
    since = {"currency": "USD", "valid_from": date(2020, 1, 1)}
    costs = [{"cost_rate_id": p["person_id"], "person_id": p["person_id"], "rate": "55", **since} for p in people]
    firm = staffing_firm.desk(people, asked, rate_card=prices, cost_rate=costs)
    return Firm(firm, staffing_firm.AS_OF, lambda found: sum(_fact(one, "open_hours") * 100 for one in found))


def _gaps(seed: int) -> Firm:
    random, drawn = np.random.default_rng(seed), pipeline_capacity_firm
    people = [drawn.person(f"E{n}", region=str(random.choice(["North", "South"]))) for n in range(6)]
    work = [
        drawn.booking(
            f"B{n}",
            person_id=f"E{random.integers(0, 6)}",
            hours_per_week=str(random.integers(10, 41)),
            end_date=date(2025, 8, 1) + timedelta(days=int(random.integers(0, 200))),
        )
        for n in range(8)
    ]
    since = {"currency": "USD", "valid_from": date(2025, 1, 1)}
    prices = [{"rate_id": "1", "role": "Analyst", "rate": "150", **since}]
    costs = [{"cost_rate_id": p["person_id"], "person_id": p["person_id"], "rate": "60", **since} for p in people]
    tables = {"person": people, "assignment": work, "rate_card": prices, "cost_rate": costs}
    firm = drawn.pipeline(**tables, opportunity=[drawn.deal("X", region="West")])
    # No more can be short than the hours booked in 26 weeks, none more idle than the six are there for.
    booked = sum(float(str(row["hours_per_week"])) for row in work) * 26 * (150 - 60)
    return Firm(firm, drawn.AS_OF, lambda _: booked + 6 * 40 * 26 * 60)


FIRMS: dict[str, Callable[[int], Firm]] = {
    "invoice_dispute": _disputes,
    "margin_erosion": _margins,
    "revenue_leakage": _leaks,
    "time_expense_anomaly": _lines,
    "staffing_match": _roles,
    "pipeline_capacity": _gaps,
}


def _fact(one: Finding, name: str) -> float:
    return float(one.facts[name].value)


def _found(score: str, firm: Firm) -> list[Finding]:
    found: list[Finding] = import_module(f"models.{score}").findings(firm.reader, as_of=firm.as_of, artefact=None)
    return found


def _with_another_chance(patch: pytest.MonkeyPatch, score: str) -> None:
    """Let a score believe something else of every object, its money's sources left alone."""
    same: Callable[[int], Any] = lambda size: np.full(size, OTHER_CHANCE)  # noqa: E731
    if score == "invoice_dispute":
        usual = dispute._scored
        chance = pl.lit(OTHER_CHANCE).alias("probability")
        patch.setattr(dispute, "_scored", lambda rows, artefact: usual(rows, artefact).with_columns(chance))
    elif score == "margin_erosion":
        patch.setattr(margin, "_erosion", lambda rows, *_: same(rows.height))
    elif score == "revenue_leakage":
        kinds = ("unbilled_time", "missed_escalator", "nte_overrun_absorbed", "recurring_misbilled")
        patch.setattr(leakage, "class_beliefs", lambda *_, **__: dict.fromkeys(kinds, OTHER_CHANCE))
    elif score == "time_expense_anomaly":
        patch.setattr(anomaly, "pack_score", lambda rows, *_, **__: same(rows.height))
    elif score == "staffing_match":
        patch.setattr(fill, "weekly_fill_rates", lambda *_, **__: same(fill.OLDEST_WEEK + 1))
    else:
        usual_spans = capacity.spans
        patch.setattr(capacity, "spans", lambda view: [replace(one, chance=OTHER_CHANCE) for one in usual_spans(view)])


def _claimed(*found: Finding) -> dict[tuple[str, str], Decimal]:
    staked = [Staked(external_id(one), one.currency, one.probability, one.stakes) for one in found]
    names = {external_id(one): one.score for one in found}
    return {
        (names[key], names[claim.claimed_by]): claim.money
        for key, claims in claims_of(staked).items()
        for claim in claims
    }


def test_an_open_role_claims_its_weeks_of_the_shortage_that_it_is_a_part_of() -> None:
    drawn = pipeline_capacity_firm
    role = {"request_id": "R", "role": "Analyst", "region": "North", "hours_per_week": 40, "status": "open"}
    role |= {"project_id": "P", "start_date": date(2025, 7, 7), "end_date": date(2025, 12, 26)}
    role |= {"requested_on": date(2025, 6, 20), "known_at": datetime(2025, 6, 20)}
    since = {"currency": "USD", "valid_from": date(2025, 1, 1)}
    firm = drawn.pipeline(
        person=[drawn.person()],
        assignment=[drawn.booking(hours_per_week="40", end_date=date(2025, 12, 26))],
        staffing_request=[role],
        project=[{"project_id": "P", "status": "open"}],
        opportunity=[drawn.deal("X", region="West")],
        rate_card=[{"rate_id": "1", "role": "Analyst", "rate": "150", **since}],
        cost_rate=[{"cost_rate_id": "1", "person_id": "A", "rate": "60", **since}],
    )
    (short,) = _found("pipeline_capacity", Firm(firm, drawn.AS_OF, lambda _: 0.0))
    (open_role,) = _found("staffing_match", Firm(firm, drawn.AS_OF, lambda _: 0.0))
    # Eight weeks of 40 hours at 150 less 60, of a shortage of one person for half a year.
    assert open_role.money_at_risk == Decimal("28800.00") < short.money_at_risk
    assert _claimed(short, open_role) == {("pipeline_capacity", "staffing_match"): Decimal("28800.00")}


def test_unpriced_scope_claims_its_part_of_the_overrun_of_its_project() -> None:
    day = date(2025, 6, 1)
    project = margin_erosion_firm.project(contract_id="C", account_id="K", planned_end_date=date(2025, 12, 31))
    line = {"contract_line_id": "L", "contract_id": "C", "project_id": "P", "billing_method": "fixed_fee"}
    firm = MemoryReader(
        {
            "project": [project],
            "project_budget": [margin_erosion_firm.budget()],
            "cost_rate": [margin_erosion_firm.rate()],
            "contract": [{"contract_id": "C", "account_id": "K", "billing_method": "fixed_fee", "currency": "USD"}],
            "contract_line": [line | {"currency": "USD", "amount": "20000"}],
            "time_entry": [margin_erosion_firm.hours("P", date(2025, 2, 3), 120)],
            "project_status": [margin_erosion_firm.report("P", day, percent_complete="0.5")],
        },
        marts={"leakage_evidence": leaking()._marts["leakage_evidence"]},
    )
    now = Firm(firm, margin_erosion_firm.AS_OF, lambda _: 0.0)
    (over,), (scope,) = _found("margin_erosion", now), _found("revenue_leakage", now)
    assert scope.money_at_risk > 0
    assert _claimed(over, scope) == {
        ("margin_erosion", "revenue_leakage"): min(over.money_at_risk, scope.money_at_risk),
    }


def test_every_score_has_a_drawn_firm_in_which_something_is_found() -> None:
    assert set(FIRMS) == set(SCORES)
    assert {score for score in SCORES if not _found(score, FIRMS[score](7))} == set()


@pytest.mark.parametrize("score", SCORES)
@FEW
@given(seed=SEEDS)
def test_expected_value_and_the_review_are_probability_times_money(score: str, seed: int) -> None:
    for one in _found(score, FIRMS[score](seed)):
        exact = Decimal(repr(one.probability)) * one.money_at_risk
        assert 0 <= one.probability <= 1
        assert expected_value(one, review_cost=REVIEW) + REVIEW == cents(exact)
        assert one.money_at_risk == cents(one.money_at_risk) >= 0
        assert sum((stake.money for stake in one.stakes), Decimal(0)) <= one.money_at_risk


@pytest.mark.parametrize("score", SCORES)
@FEW
@given(seed=SEEDS)
def test_money_does_not_depend_on_the_probability(score: str, seed: int) -> None:
    firm = FIRMS[score](seed)
    before = {one.object_id: one for one in _found(score, firm)}
    with pytest.MonkeyPatch.context() as patch:
        _with_another_chance(patch, score)
        after = {one.object_id: one for one in _found(score, firm)}
    both = before.keys() & after.keys()
    assert both or not before
    assert {key: before[key].money_at_risk for key in both} == {key: after[key].money_at_risk for key in both}
    assert not before or any(before[key].probability != after[key].probability for key in both)


@pytest.mark.parametrize("score", SCORES)
@FEW
@given(seed=SEEDS)
def test_no_more_is_at_risk_than_the_records_can_lose(score: str, seed: int) -> None:
    firm = FIRMS[score](seed)
    found = _found(score, firm)
    total = float(sum((one.money_at_risk for one in found), Decimal(0)))
    assert total <= firm.most(found) + 0.01 * max(len(found), 1)

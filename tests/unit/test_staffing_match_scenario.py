"""What if of the staffing plan: pinned, forbidden, held back, later; why a plan cannot be; what it comes to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

import models.staffing_match.risk_model as staffing_match
from models.staffing_match.desk import VALUE, Desk, desk
from models.staffing_match.plan import Plan, optimal_plan
from models.staffing_match.scenario import (
    Outcome,
    Scenario,
    Share,
    conflicts,
    impact_ratio,
    outcome,
    plan_under,
    shares,
    under,
)
from tests.support.point_in_time import MemoryReader
from tests.support.staffing_firm import AS_OF, list_price, person, request
from tests.support.staffing_firm import desk as firm

LATER = timedelta(weeks=4)


@pytest.fixture(scope="module")
def reader() -> MemoryReader:
    """Two full-time roles over the same weeks and two people, the second with half the seniority asked for."""
    return firm([person("P1"), person("P2", seniority=1)], [request("R1"), request("R2", hours_per_week=20)])


@pytest.fixture(scope="module")
def now(reader: MemoryReader) -> Desk:
    return desk(reader, as_of=AS_OF, artefact=None)


def planned(reader: MemoryReader, now: Desk, scenario: Scenario) -> Plan:
    then = under(now, scenario, reader=reader, as_of=AS_OF, artefact=None)
    assert conflicts(then, scenario) == []
    plan = plan_under(then, scenario, seconds=60)
    assert plan is not None
    assert plan.is_best
    return plan


def kinds(reader: MemoryReader, now: Desk, scenario: Scenario) -> list[str]:
    then = under(now, scenario, reader=reader, as_of=AS_OF, artefact=None)
    return [one.kind for one in conflicts(then, scenario)]


def test_without_a_scenario_the_plan_is_the_score_s(reader: MemoryReader, now: Desk) -> None:
    plan = planned(reader, now, Scenario())
    assert plan.chosen == optimal_plan(now.pairs, value=VALUE).chosen == {"R1": "P1", "R2": "P2"}
    proposed = {
        one.object_id: one.facts["proposed"].value
        for one in staffing_match.findings(reader, as_of=AS_OF, artefact=None)
    }
    assert proposed == plan.chosen


@pytest.mark.parametrize(
    ("scenario", "chosen"),
    [
        (Scenario(pinned={"R2": "P1"}), {"R1": "P2", "R2": "P1"}),
        (Scenario(forbidden=frozenset({("R1", "P1")})), {"R1": "P2", "R2": "P1"}),
        (Scenario(held_back=frozenset({"P1"})), {"R1": "P2"}),
        (Scenario(held_back=frozenset({"P1", "P2"})), {}),
    ],
)
def test_a_scenario_moves_the_whole_plan(
    reader: MemoryReader, now: Desk, scenario: Scenario, chosen: dict[str, str]
) -> None:
    assert planned(reader, now, scenario).chosen == chosen


def test_a_role_that_starts_after_the_other_ended_can_have_the_same_person(reader: MemoryReader, now: Desk) -> None:
    held = frozenset({"P2"})
    assert len(planned(reader, now, Scenario(held_back=held)).chosen) == 1
    assert planned(reader, now, Scenario(held_back=held, shifted={"R2": 12})).chosen == {"R1": "P1", "R2": "P1"}


def test_a_later_start_looks_at_the_desk_as_if_the_request_said_so(reader: MemoryReader, now: Desk) -> None:
    then = under(now, Scenario(shifted={"R2": 4}), reader=reader, as_of=AS_OF, artefact=None)
    moved = request("R2", hours_per_week=20, start_date=date(2026, 3, 9) + LATER, end_date=date(2026, 5, 31) + LATER)
    said = desk(firm([person("P1"), person("P2", seniority=1)], [request("R1"), moved]), as_of=AS_OF, artefact=None)
    assert then.pairs.equals(said.pairs.select(then.pairs.columns))
    assert then.requests.equals(said.requests.select(then.requests.columns))


def test_a_running_role_starts_later_than_today_and_keeps_its_length() -> None:
    running = firm([person("P1")], [request("R1", start_date=date(2026, 1, 5), end_date=date(2026, 3, 29))])
    now = desk(running, as_of=AS_OF, artefact=None)
    then = under(now, Scenario(shifted={"R1": 2}), reader=running, as_of=AS_OF, artefact=None)
    assert then.requests.select("begins", "end_date", "weeks").rows() == [(date(2026, 3, 16), date(2026, 4, 12), 4.0)]


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        (Scenario(pinned={"R1": "P9"}), "no_candidate"),
        (Scenario(pinned={"R9": "P1"}), "no_candidate"),
        (Scenario(pinned={"R1": "P1"}, held_back=frozenset({"P1"})), "excluded"),
        (Scenario(pinned={"R1": "P1"}, forbidden=frozenset({("R1", "P1")})), "excluded"),
        (Scenario(pinned={"R1": "P1", "R2": "P1"}), "overrun"),
    ],
)
def test_what_cannot_be_is_reported_with_its_cause(
    reader: MemoryReader, now: Desk, scenario: Scenario, kind: str
) -> None:
    assert kinds(reader, now, scenario) == [kind]


def test_an_overrun_names_the_first_week_and_the_hours(now: Desk) -> None:
    (found,) = conflicts(now, Scenario(pinned={"R1": "P1", "R2": "P1"}))
    assert (found.requests, found.week, found.asked, found.free) == (("R1", "R2"), date(2026, 3, 9), 60.0, 40.0)
    assert plan_under(now, Scenario(pinned={"R1": "P1", "R2": "P1"}), seconds=60) is None


def test_a_pin_holds_against_ten_better_people() -> None:
    crowd = firm([*(person(f"P{n:02d}") for n in range(12)), person("Z", seniority=1)], [request("R1")])
    now = desk(crowd, as_of=AS_OF, artefact=None)
    assert planned(crowd, now, Scenario(pinned={"R1": "Z"})).chosen == {"R1": "Z"}


def test_an_outcome_counts_roles_and_adds_up_money_by_currency() -> None:
    priced = firm([person("P1")], [request("R1"), request("R2")], rate_card=[list_price(100)])
    now = desk(priced, as_of=AS_OF, artefact=None)
    (row,) = now.pairs.filter(pl.col("request_id") == "R1").to_dicts()
    result = outcome(now, Plan({"R1": "P1"}, row["value"]))
    assert (result.filled, result.asked, result.chance) == (1, 2, row["chance"])
    assert result.money == {"USD": Decimal("32000.00")}
    assert float(result.expected["USD"]) == pytest.approx(32000 * row["chance"] * row["availability"], abs=0.01)
    assert outcome(now, Plan({}, 0.0)) == Outcome(0, 2, None, {}, {})


def test_groups_too_small_have_no_share_and_the_ratio_is_of_the_others() -> None:
    sizes = {"north": (40, 8), "south": (30, 3), "west": (29, 29)}
    rows = [(f"{region}{n}", "P", region) for region, (size, _) in sizes.items() for n in range(size)]
    pairs = pl.DataFrame(rows, schema=["request_id", "person_id", "region"], orient="row")
    chosen = {f"{region}{n}": "P" for region, (_, taken) in sizes.items() for n in range(taken)}
    by_region = shares(pairs, chosen, group="region")
    assert by_region == [Share("north", 40, 8, 0.2), Share("south", 30, 3, 0.1), Share("west", 29, 29, None)]
    assert impact_ratio(by_region) == 0.5
    assert impact_ratio(by_region[:1]) is None
    assert impact_ratio(shares(pairs, {}, group="region")) is None

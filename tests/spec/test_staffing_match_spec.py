"""Who may fill a role request, what their fit is, and how the plan shares people out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from features.staffing_match.fill import weekly_fill_rates
from features.staffing_match.frame import features, labels
from models.staffing_match.plan import greedy_plan, optimal_plan
from models.staffing_match.risk_model import findings
from scoring.policy import expected_value
from tests.support.narratives import read
from tests.support.staffing_firm import AS_OF, booking, desk, list_price, person, request


def _who(reader: object) -> list[str]:
    return features(reader, as_of=AS_OF)["person_id"].to_list()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "values"),
    [
        ("hired after the start", {"hire_date": date(2026, 4, 1)}),
        ("leaving before the end", {"termination_date": date(2026, 5, 1)}),
        ("gone", {"status": "left"}),
        ("another role and no skills", {"role": "designer"}),
    ],
)
def test_who_cannot_do_it_is_no_candidate(reason: str, values: dict[str, object]) -> None:
    assert _who(desk([person("A"), person("B", **values)], [request("R")])) == ["A"], reason


def test_who_is_booked_for_more_than_half_of_the_time_is_no_candidate() -> None:
    busy = booking("X", "B", date(2026, 3, 2), date(2026, 5, 10))
    assert _who(desk([person("A"), person("B")], [request("R")], assignment=[busy])) == ["A"]


def test_a_tentative_booking_takes_half_of_its_hours() -> None:
    soft = booking("X", "A", date(2026, 3, 2), date(2026, 6, 30), booking_type="soft")
    frame = features(desk([person("A")], [request("R")], assignment=[soft]), as_of=AS_OF)
    assert frame["availability"].to_list() == [0.5]


def test_a_cancelled_booking_takes_nothing() -> None:
    off = booking("X", "A", date(2026, 3, 2), date(2026, 6, 30), status="cancelled")
    assert features(desk([person("A")], [request("R")], assignment=[off]), as_of=AS_OF)["availability"].to_list() == [
        1.0
    ]


def test_leave_takes_its_working_days() -> None:
    away = {"leave_id": "L", "person_id": "A", "start_date": date(2026, 3, 9), "end_date": date(2026, 3, 20)}
    frame = features(desk([person("A")], [request("R")], leave=[away]), as_of=AS_OF)
    assert frame["availability"].to_list() == [pytest.approx(10 / 12)]
    assert frame["free_by_week"].to_list()[0][:3] == [0.0, 0.0, 40.0]


def test_cancelled_leave_takes_nothing() -> None:
    off = {"leave_id": "L", "person_id": "A", "start_date": date(2026, 3, 9), "end_date": date(2026, 3, 20)}
    frame = features(desk([person("A")], [request("R")], leave=[off | {"status": "cancelled"}]), as_of=AS_OF)
    assert frame["availability"].to_list() == [1.0]
    assert frame["free_by_week"].to_list()[0][:3] == [40.0, 40.0, 40.0]


def test_a_different_role_with_half_of_the_skills_is_a_candidate() -> None:
    reader = desk(
        [person("A", role="designer"), person("B", role="designer")],
        [request("R")],
        staffing_request_skill=[
            {"request_id": "R", "skill_id": "sql", "min_level": 3},
            {"request_id": "R", "skill_id": "bi", "min_level": 3},
        ],
        person_skill=[
            {"person_id": "A", "skill_id": "sql", "level": 4},
            {"person_id": "B", "skill_id": "sql", "level": 2},
        ],
    )
    frame = features(reader, as_of=AS_OF)
    assert frame.select("person_id", "coverage", "level_share").rows() == [("A", 0.5, 0.5)]


def test_a_skill_of_the_same_group_counts_half() -> None:
    reader = desk(
        [person("A")],
        [request("R")],
        skill=[
            {"skill_id": "sql", "name": "SQL", "category": "data"},
            {"skill_id": "bi", "name": "BI", "category": "data"},
        ],
        staffing_request_skill=[{"request_id": "R", "skill_id": "sql", "min_level": 4}],
        person_skill=[{"person_id": "A", "skill_id": "bi", "level": 4}],
    )
    assert features(reader, as_of=AS_OF).select("coverage", "kinship").rows() == [(0.0, 0.5)]


def test_who_is_in_another_region_must_bring_skills() -> None:
    reader = desk(
        [person("A", region="south"), person("B", region="south")],
        [request("R")],
        staffing_request_skill=[{"request_id": "R", "skill_id": "sql", "min_level": 3}],
        person_skill=[{"person_id": "B", "skill_id": "sql", "level": 3}],
    )
    assert _who(reader) == ["B"]


def test_a_filled_or_past_request_is_not_open() -> None:
    done = request("X", status="filled")
    over = request("Y", start_date=date(2026, 1, 1), end_date=date(2026, 2, 1))
    assert features(desk([person("A")], [done, over]), as_of=AS_OF).height == 0


def test_the_label_is_known_only_once_somebody_was_accepted() -> None:
    proposal = {"proposal_id": "1", "request_id": "R", "person_id": "A", "proposed_on": date(2026, 3, 3)}
    reader = desk(
        [person("A")],
        [request("R")],
        staffing_proposal=[
            proposal | {"status": "proposed", "known_at": datetime(2026, 3, 3)},
            proposal | {"status": "accepted", "known_at": datetime(2026, 3, 6)},
            proposal | {"status": "accepted", "outcome_rating": "0.9", "known_at": datetime(2026, 7, 1)},
        ],
    )
    moments = (datetime(2026, 3, 4), datetime(2026, 3, 7), datetime(2026, 7, 2))
    found = [labels(reader, observed_at=AS_OF, as_of=at).select("is_accepted", "rating").rows() for at in moments]
    assert found == [[], [(1.0, None)], [(1.0, 0.9)]]


def _pairs(rows: list[tuple[str, str, float]], *, free: float = 40.0, weeks: int = 2) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "request_id": [r for r, _, _ in rows],
            "person_id": [p for _, p, _ in rows],
            "value": [v for _, _, v in rows],
            "asked_hours": [40.0] * len(rows),
            "first_week": [date(2026, 3, 9)] * len(rows),
            "free_by_week": [[free] * weeks] * len(rows),
        }
    )


def test_the_plan_beats_taking_the_best_pair_first() -> None:
    pairs = _pairs([("R1", "A", 10.0), ("R1", "B", 9.0), ("R2", "A", 8.0), ("R2", "C", 1.0)])
    assert greedy_plan(pairs, value="value").value == 11.0
    best = optimal_plan(pairs, value="value")
    assert (best.chosen, best.value) == ({"R1": "B", "R2": "A"}, 17.0)


def test_one_person_serves_two_requests_when_the_hours_allow() -> None:
    pairs = _pairs([("R1", "A", 10.0), ("R2", "A", 8.0)], free=80.0)
    assert optimal_plan(pairs, value="value").chosen == {"R1": "A", "R2": "A"}


def test_no_candidates_give_an_empty_plan() -> None:
    assert optimal_plan(_pairs([]).clear(), value="value").chosen == {}


def test_each_open_request_has_one_finding_with_proposal_alternatives_and_money() -> None:
    reader = desk([person("A"), person("B", seniority=5)], [request("R")], rate_card=[list_price()])
    (finding,) = findings(reader, as_of=AS_OF, artefact=None)
    assert read(finding.action) == "Propose A (alternatives B)."
    # Eight of the twelve weeks, 40 hours at 100: by then the role could be filled otherwise. No cost is known.
    assert (finding.money_at_risk, finding.currency) == (Decimal("32000.00"), "USD")
    assert 0 < finding.probability < 1
    assert finding.facts["lost_hours"].value == "320.0"
    assert finding.facts["candidate_1"].value == "A"


def test_two_requests_for_one_suitable_person_name_the_conflict() -> None:
    reader = desk([person("A"), person("B", seniority=1)], [request("R1"), request("R2")], rate_card=[list_price()])
    found = findings(reader, as_of=AS_OF, artefact=None)
    assert {f.facts["proposed"].value for f in found} == {"A", "B"}
    (second,) = [f for f in found if f.facts["proposed"].value == "B"]
    assert "conflict" in {reason.code for reason in second.reasons}


def test_a_request_that_no_one_fits_says_so() -> None:
    (finding,) = findings(desk([person("A", role="designer")], [request("R")]), as_of=AS_OF, artefact=None)
    assert finding.reasons[0].code == "nobody_fits"
    assert (finding.money_at_risk, finding.is_priced) == (0, False)


def test_a_role_that_no_one_can_fill_comes_before_its_like_and_repays_its_review() -> None:
    nowhere = request("R2", role="architect")
    prices = [list_price(), list_price() | {"rate_id": "A", "role": "architect"}]
    first, second = findings(
        desk([person("A")], [request("R1"), nowhere], rate_card=prices), as_of=AS_OF, artefact=None
    )
    assert (first.object_id, first.money_at_risk) == ("R2", second.money_at_risk)
    assert first.probability == 0.995 > second.probability
    assert expected_value(first, review_cost=Decimal(25)) > 0


def test_what_a_role_contributes_is_its_price_less_what_such_people_cost() -> None:
    costs = [
        {"cost_rate_id": key, "person_id": key, "rate": rate, "currency": "USD", "valid_from": date(2020, 1, 1)}
        for key, rate in (("A", "50"), ("B", "70"))
    ]
    people, prices = [person("A"), person("B")], [list_price()]
    (finding,) = findings(desk(people, [request("R")], rate_card=prices, cost_rate=costs), as_of=AS_OF, artefact=None)
    assert finding.money_at_risk == Decimal(320 * (100 - 60))
    dear = [cost | {"rate": "200"} for cost in costs]
    (nothing,) = findings(desk(people, [request("R")], rate_card=prices, cost_rate=dear), as_of=AS_OF, artefact=None)
    assert (nothing.money_at_risk, nothing.is_priced) == (0, True)
    assert nothing.facts["proposed"].value == "A"


def _lived(
    key: str, opened: datetime, *, until: datetime | None = None, status: str = "filled"
) -> list[dict[str, Any]]:
    """A request of last year: seen open, and later something else."""
    row = request(key, start_date=date(2025, 1, 1), end_date=date(2025, 12, 31), known_at=opened)
    return [row] if until is None else [row, row | {"status": status, "known_at": until}]


def test_how_fast_roles_are_filled_is_learned_from_the_requests_of_two_years() -> None:
    start = datetime(2025, 6, 1)
    lives = [
        *_lived("F0", start, until=start + timedelta(days=3)),
        *_lived("F1", start, until=start + timedelta(days=10)),
        *_lived("C1", start, until=start + timedelta(days=13), status="cancelled"),
        *_lived("OLD", datetime(2023, 6, 1), until=datetime(2023, 6, 2)),
    ]
    rates = weekly_fill_rates(desk([], lives), as_of=AS_OF)
    # Open weeks 1 + 2 + 2, filled 2: 20 weeks of the default 0.15 beside them.
    mean = (2 + 20 * 0.15) / (5 + 20)
    assert rates[0] == pytest.approx((1 + 20 * mean) / (3 + 20))
    assert rates[1] == pytest.approx((1 + 20 * mean) / (2 + 20))
    assert rates[2] == pytest.approx(mean)
    before = weekly_fill_rates(desk([], lives), as_of=datetime(2025, 6, 2))
    assert before[0] == pytest.approx(((0 + 20 * 0.15) / (3 + 20) * 20 + 0) / (3 + 20))


def test_the_longer_the_work_is_off_the_likelier_a_role_is_filled_in_time() -> None:
    near, far = request("N"), request("F", start_date=date(2026, 6, 1), end_date=date(2026, 8, 23))
    found = {f.object_id: f for f in findings(desk([person("A")], [near, far]), as_of=AS_OF, artefact=None)}
    # Filled in 15 of 100 weeks: 1 week off, then weeks 1 to 8 of the work.
    chance = sum(0.85 ** (week + 1) for week in range(1, 9)) / 8
    assert found["N"].probability == pytest.approx(chance, abs=0.06)
    assert found["F"].probability < found["N"].probability / 3


def test_people_are_named_by_id_only() -> None:
    reader = desk([person("A", name="Secret Name", email="secret@example.com")], [request("R")])
    assert "ecret" not in repr(findings(reader, as_of=AS_OF, artefact=None))


def test_a_request_far_beyond_the_horizon_has_no_candidates_yet() -> None:
    later = AS_OF.date() + timedelta(weeks=60)
    far = request("R", start_date=later, end_date=later + timedelta(weeks=4))
    assert features(desk([person("A")], [far]), as_of=AS_OF).height == 0

"""Who answers, and by when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from scoring.escalation import escalations
from scoring.exchange import exchange
from scoring.governance import Authority, Governance, Rule, read_governance
from scoring.routing import Owner, due_at, read_people, route
from scoring.working_time import later
from tests.support.findings import AS_OF, finding
from tests.support.point_in_time import MemoryReader

PEOPLE: dict[str, list[dict[str, Any]]] = {
    "project": [{"project_id": "P1", "manager_id": "E1", "region": "DACH", "status": "open"}],
    "account": [
        {"account_id": "CRM1", "name": "Client", "owner_id": "E9"},
        {"account_id": "ERP1", "name": "Client", "master_account_id": "CRM1"},
    ],
    "currency_rate": [
        {"from_currency": "EUR", "to_currency": "USD", "rate_date": datetime(2026, 6, 1).date(), "rate": "1.25"}
    ],
}
LIMITS = (
    Authority("project_manager", "write_off", Decimal(2500), "USD"),
    Authority("controller", "write_off", Decimal(50000), "USD"),
    Authority("finance_director", "write_off", Decimal(500000), "USD"),
)


def owner(rule: Rule, **given: Any) -> Owner:
    reader = MemoryReader(PEOPLE)
    governance = Governance(budgets={}, rules=(rule,), levels={}, authorities=LIMITS)
    one = finding(score=rule.score, project_id="P1", account_id="ERP1", legal_entity_id="LE1", **given)
    people, convert = read_people(reader, as_of=AS_OF), exchange(reader, as_of=AS_OF)
    return route(one, governance, people, convert=convert)


def test_a_project_manager_answers_for_the_project() -> None:
    assert owner(Rule("margin_erosion", "project_manager", "delivery")) == Owner("project_manager", "E1")


def test_no_one_decides_on_their_own_entries() -> None:
    rule = Rule("time_expense_anomaly", "project_manager", "delivery")
    assert owner(rule, person_id="E1") == Owner("project_manager", "delivery")
    assert owner(rule, person_id="E2") == Owner("project_manager", "E1")


def test_a_manager_answers_for_a_project_that_names_them() -> None:
    rule = Rule("margin_erosion", "project_manager", "delivery")
    assert owner(rule, person_id="E1") == Owner("project_manager", "E1")


def test_an_account_without_an_owner_has_that_of_its_master_record() -> None:
    assert owner(Rule("margin_erosion", "account_manager", "sales")) == Owner("account_manager", "E9")


def test_a_role_that_no_one_holds_is_answered_by_the_fallback_team() -> None:
    assert owner(Rule("staffing_match", "resource_manager", "staffing")) == Owner("resource_manager", "staffing")


@pytest.mark.parametrize(
    ("money", "role"),
    [
        ("2500.00", "project_manager"),
        ("2500.01", "controller"),
        ("50000.01", "finance_director"),
        ("9000000.00", "finance_director"),
    ],
)
def test_the_first_role_with_authority_over_the_money_answers(money: str, role: str) -> None:
    assert owner(Rule("revenue_leakage", "project_manager", "billing"), money=money).kind == role


def test_authority_is_compared_in_its_own_currency() -> None:
    rule = Rule("revenue_leakage", "project_manager", "billing")
    assert owner(rule, money="2000.00", currency="EUR").kind == "project_manager"
    assert owner(rule, money="2001.00", currency="EUR").kind == "controller"


def test_a_higher_role_without_a_person_is_its_own_queue() -> None:
    rule = Rule("revenue_leakage", "project_manager", "billing")
    assert owner(rule, money="9000.00") == Owner("controller", "controller")


def test_the_lowest_priority_that_fits_legal_entity_and_region_wins() -> None:
    tables = pl.DataFrame(
        {
            "score": ["margin_erosion"] * 4,
            "priority": [40, 10, 20, 30],
            "legal_entity_id": [None, "LE2", "LE1", None],
            "region": [None, None, "APAC", "DACH"],
            "owner_kind": ["a", "b", "c", "d"],
            "owner_fallback": ["A", "B", "C", "D"],
        }
    )
    reader = MemoryReader(PEOPLE, marts={"gov_routing_rule": tables})
    one = finding(project_id="P1", legal_entity_id="LE1")
    people, convert = read_people(reader, as_of=AS_OF), exchange(reader, as_of=AS_OF)
    assert route(one, read_governance(reader), people, convert=convert) == Owner("d", "D")


def test_without_any_rule_operations_answers() -> None:
    reader = MemoryReader({})
    people, convert = read_people(reader, as_of=AS_OF), exchange(reader, as_of=AS_OF)
    assert route(finding(), read_governance(reader), people, convert=convert) == Owner("operations", "operations")


def _levels(**columns: Any) -> Governance:
    level = pl.DataFrame({"score": ["margin_erosion"], "severity": ["high"]} | {k: [v] for k, v in columns.items()})
    return read_governance(MemoryReader({}, marts={"gov_exception_sla": level}))


NO_PEOPLE = read_people(MemoryReader({}), as_of=AS_OF)


def test_the_hours_of_the_service_level_count_from_the_as_of() -> None:
    calendar = _levels(hours_to_due=24, clock="calendar")
    assert due_at(finding(), calendar, NO_PEOPLE, "delivery") == AS_OF + timedelta(hours=24)
    assert due_at(finding(score="invoice_dispute"), calendar, NO_PEOPLE, "billing") == later(AS_OF, 120)


def test_a_public_holiday_of_the_owner_does_not_count() -> None:
    off = AS_OF.date() + timedelta(days=1)
    people = read_people(
        MemoryReader(
            {
                "person": [{"person_id": "E1", "calendar_id": "DE"}, {"person_id": "E2", "calendar_id": "CH"}],
                "holiday": [{"calendar_id": "DE", "holiday_date": off, "name": "Holiday"}],
            }
        ),
        as_of=AS_OF,
    )
    levels = _levels(hours_to_due=24, clock="working")
    assert due_at(finding(), levels, people, "E1") == later(AS_OF, 24, days_off={off})
    assert due_at(finding(), levels, people, "E2") == later(AS_OF, 24)


@pytest.mark.parametrize(
    ("status", "last_day", "answers"),
    [
        ("approved", 30, "delivery"),
        (None, 30, "delivery"),
        ("requested", 30, "E1"),
        ("cancelled", 30, "E1"),
        ("approved", 2, "E1"),
    ],
    ids=["away until it is due", "status unknown", "not yet approved", "cancelled", "back before it is due"],
)
def test_who_is_away_until_it_is_due_does_not_answer(status: str | None, last_day: int, answers: str) -> None:
    today = AS_OF.date()
    leave = {"leave_id": "L1", "person_id": "E1", "status": status, "start_date": today - timedelta(days=1)}
    reader = MemoryReader({**PEOPLE, "leave": [leave | {"end_date": today + timedelta(days=last_day)}]})
    rule = Rule("margin_erosion", "project_manager", "delivery")
    governance = Governance(budgets={}, rules=(rule,), levels={}, authorities=())
    people, convert = read_people(reader, as_of=AS_OF), exchange(reader, as_of=AS_OF)
    owner = route(finding(score="margin_erosion", project_id="P1"), governance, people, convert=convert)
    assert owner == Owner("project_manager", answers)


def test_what_is_overdue_goes_up_by_the_clock_of_its_service_level() -> None:
    columns = {"hours_to_due": 24, "escalate_after_hours": 48, "escalate_to": "controller"}
    friday = datetime(2026, 7, 3, 12, tzinfo=UTC)
    for clock, expected in (("calendar", friday + timedelta(hours=48)), ("working", later(friday, 48))):
        level = pl.DataFrame({"score": ["margin_erosion"], "clock": [clock]} | {k: [v] for k, v in columns.items()})
        found = escalations(MemoryReader({}, marts={"gov_exception_sla": level}))
        assert found["margin_erosion"].to == "controller"
        assert found["margin_erosion"].goes_up_at(friday) == expected


def test_what_escalates_to_no_one_has_no_escalation() -> None:
    level = pl.DataFrame(
        {"score": ["governance"], "escalate_to": [None]}, schema={"score": pl.String, "escalate_to": pl.String}
    )
    assert escalations(MemoryReader({}, marts={"gov_exception_sla": level})) == {}


def test_a_manager_who_took_over_later_does_not_answer_before() -> None:
    later = {**PEOPLE["project"][0], "manager_id": "E2", "known_at": datetime(2026, 7, 5)}
    reader = MemoryReader({**PEOPLE, "project": [*PEOPLE["project"], later]})
    assert read_people(reader, as_of=AS_OF).project_managers == {"P1": "E1"}
    assert read_people(reader, as_of=AS_OF + timedelta(days=9)).project_managers == {"P1": "E2"}

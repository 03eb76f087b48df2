"""What a pipeline says, what became of it, who is there, and how a month of capacity is carried on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from features.pipeline_capacity.deals import open_deals
from features.pipeline_capacity.demand import role_demand
from features.pipeline_capacity.frame import FEATURES, features, labels
from features.pipeline_capacity.supply import asked_roles, booked, placements, supply, weeks_ahead
from features.rates import hourly_rates, rate_of
from tests.support.pipeline_capacity_firm import (
    AS_OF,
    NEXT_MONDAY,
    TODAY,
    ask,
    at,
    booking,
    deal,
    decided,
    moved,
    person,
    pipeline,
)
from tests.support.point_in_time import MemoryReader

LATER = AS_OF + timedelta(weeks=30)


def _deal(reader: MemoryReader) -> dict[str, Any]:
    frame = open_deals(reader, as_of=AS_OF)
    assert frame.height == 1
    return frame.row(0, named=True)


def _outcome(reader: MemoryReader, *, as_of: datetime = LATER) -> dict[str, Any]:
    return labels(reader, observed_at=AS_OF, as_of=as_of).filter(pl.col("kind") == "deal").row(0, named=True)


def _demand(reader: MemoryReader, horizon: int, *, as_of: datetime = LATER) -> dict[str, Any]:
    outcomes = labels(reader, observed_at=AS_OF, as_of=as_of)
    return outcomes.filter(pl.col("row_id") == f"Analyst:North:{horizon}").row(0, named=True)


def test_a_deal_is_described_by_its_dates_and_stage() -> None:
    row = _deal(pipeline(opportunity=[deal()], account=[]))
    assert (row["age_days"], row["days_to_close"], row["days_close_to_start"]) == (28.0, 28.0, 28.0)
    assert (row["seller_probability"], row["is_quoted"], row["discount"]) == (0.4, 0.0, None)


def test_decided_and_unheard_deals_are_not_open() -> None:
    reader = pipeline(opportunity=[decided("W", won=True, on=TODAY), deal("F", known_at=at(date(2025, 7, 2)))])
    assert open_deals(reader, as_of=AS_OF).height == 0


def test_stage_age_and_pushes_come_from_the_change_log() -> None:
    events = [
        moved("D", "stage", "Lead", "Proposal", date(2025, 6, 16)),
        moved("D", "expected_close_date", "2025-06-30", "2025-07-28", date(2025, 6, 20)),
        moved("D", "amount", "50000", "100000", date(2025, 6, 21)),
        moved("D", "expected_close_date", "2025-07-28", "2025-09-28", date(2025, 7, 10)),
    ]
    row = _deal(pipeline(opportunity=[deal()], opportunity_event=events))
    assert (row["stage_age_days"], row["pushes_180d"], row["pushed_days_180d"]) == (14.0, 1.0, 28.0)
    assert row["amount_moved_180d"] == pytest.approx(0.693147, abs=1e-6)


def test_without_a_change_log_the_versions_of_the_deal_tell_the_pushes() -> None:
    versions = [deal(expected_close_date=date(2025, 7, 1)), deal(known_at=at(date(2025, 6, 20)))]
    assert _deal(pipeline(opportunity=versions))["pushes_180d"] == 1.0


def test_win_rates_are_shrunk_to_the_firms_own() -> None:
    past = [decided(f"W{index}", won=True, on=date(2025, 5, 1), owner_id="S") for index in range(8)]
    lost = [decided(f"L{index}", won=False, on=date(2025, 5, 1), owner_id="T") for index in range(8)]
    row = _deal(pipeline(opportunity=[*past, *lost, deal(owner_id="S")]))
    assert (row["firm_win_rate"], row["owner_win_rate"]) == (0.5, 0.75)


@pytest.mark.parametrize(
    ("won", "day", "outcome", "week", "label"),
    [
        (True, date(2025, 7, 7), "won", 1, 1.0),
        (True, date(2025, 7, 8), "won", 2, 1.0),
        (False, date(2025, 7, 8), "lost", 2, 0.0),
        (True, date(2025, 11, 3), "won", 18, 0.0),
    ],
)
def test_a_deal_is_won_or_lost_in_a_week(won: bool, day: date, outcome: str, week: int, label: float) -> None:
    outcomes = _outcome(pipeline(opportunity=[deal(), decided("D", won=won, on=day)]))
    assert (outcomes["outcome"], outcomes["outcome_week"], outcomes["label"]) == (outcome, week, label)


def test_a_quick_win_is_no_label_before_thirteen_weeks_have_passed() -> None:
    reader = pipeline(opportunity=[deal(), decided("D", won=True, on=date(2025, 7, 7))])
    outcomes = [_outcome(reader, as_of=AS_OF + timedelta(weeks=weeks))["label"] for weeks in (12, 13)]
    assert outcomes == [None, 1.0]


@pytest.mark.parametrize(("to", "week"), [("2025-08-11", 2), ("2025-08-10", None)], ids=["14 days", "13 days"])
def test_a_push_by_two_weeks_is_a_slip(to: str, week: int | None) -> None:
    push = moved("D", "expected_close_date", "2025-07-28", to, date(2025, 7, 9))
    assert _outcome(pipeline(opportunity=[deal()], opportunity_event=[push]))["slip_week"] == week


@pytest.mark.parametrize(("horizon", "fte"), [(4, 0.0), (8, 2.0), (13, 2.0), (20, 0.0)])
def test_won_work_is_demand_from_its_start_for_its_weeks(horizon: int, fte: float) -> None:
    work = {"project_id": "P", "opportunity_id": "D", "status": "open", "start_date": date(2025, 8, 25)}
    win = decided("D", won=True, on=date(2025, 7, 28))
    reader = pipeline(opportunity=[deal(), win], opportunity_role_demand=[ask()], project=[work])
    assert _demand(reader, horizon)["label"] == fte


def test_work_of_future_deals_is_counted_apart() -> None:
    unheard = deal("U", created_on=date(2025, 7, 10), known_at=at(date(2025, 7, 10)))
    win = decided("U", won=True, on=date(2025, 7, 28), created_on=date(2025, 7, 10))
    reader = pipeline(opportunity=[deal(), unheard, win], opportunity_role_demand=[ask(), ask("U", fte="3")])
    outcomes = _demand(reader, 13)
    assert (outcomes["label"], outcomes["future_deals"]) == (3.0, 3.0)


def test_demand_is_judged_two_weeks_after_its_week() -> None:
    reader = pipeline(opportunity=[deal()], opportunity_role_demand=[ask()])
    outcomes = [_demand(reader, 4, as_of=AS_OF + timedelta(weeks=weeks))["label"] for weeks in (5, 6)]
    assert outcomes == [None, 0.0]


def test_a_deal_that_names_no_roles_asks_for_the_mix_of_its_practices_wins() -> None:
    wins = [decided("W1", won=True, on=TODAY), decided("W2", won=True, on=TODAY)]
    asks = [ask("W1", fte="2"), ask("W2", fte="1"), ask("W2", role="Lead", fte="1")]
    outcomes = role_demand(pipeline(opportunity=[deal(), *wins], opportunity_role_demand=asks), as_of=AS_OF)
    assumed = outcomes.filter("is_assumed").select("role", "fte", "weeks").rows()
    assert assumed == [("Analyst", 1.5, 10), ("Lead", 0.5, 10)]


def _supply(**tables: Any) -> list[float]:
    weeks = weeks_ahead(AS_OF, count=2)
    return supply(pipeline(**tables), as_of=AS_OF, weeks=weeks)["supply"].round(3).to_list()


def test_weeks_ahead_are_the_next_mondays() -> None:
    assert weeks_ahead(AS_OF, count=2) == [NEXT_MONDAY, date(2025, 7, 14)]


def test_a_person_is_worth_hours_times_target_less_the_chance_to_leave() -> None:
    outcomes = _supply(person=[person(weekly_hours="20", billable_target="0.8")])
    assert outcomes[0] == pytest.approx(0.4, abs=0.002)
    assert outcomes[1] < 0.4


@pytest.mark.parametrize(
    ("tables", "share"),
    [
        ({"leave": [{"start_date": NEXT_MONDAY, "end_date": date(2025, 7, 8), "status": "approved"}]}, 0.6),
        ({"leave": [{"start_date": NEXT_MONDAY, "end_date": date(2025, 7, 8), "status": "requested"}]}, 1.0),
        ({"leave": [{"start_date": NEXT_MONDAY, "end_date": date(2025, 7, 8), "status": "cancelled"}]}, 1.0),
        ({"holiday": [{"calendar_id": "X", "holiday_date": date(2025, 7, 9)}]}, 0.8),
        ({"holiday": [{"calendar_id": "X", "holiday_date": date(2025, 7, 12)}]}, 1.0),
    ],
    ids=["leave", "leave only asked for", "cancelled leave", "holiday", "holiday on a Saturday"],
)
def test_leave_and_holidays_take_their_working_days(tables: dict[str, list[Any]], share: float) -> None:
    rows = {
        name: [{"leave_id": "L", "person_id": "A"} | r if name == "leave" else r for r in t]
        for name, t in tables.items()
    }
    without, outcomes = _supply(person=[person()])[0], _supply(person=[person()], **rows)[0]
    assert outcomes / without == pytest.approx(share, abs=0.002)


@pytest.mark.parametrize("values", [{"status": "left"}, {"termination_date": TODAY}, {"hire_date": date(2026, 1, 1)}])
def test_who_is_gone_or_not_here_yet_is_no_supply(values: dict[str, Any]) -> None:
    assert _supply(person=[person(**values)]) == []


def test_bookings_and_open_requests_are_work_placed_but_those_for_deals_are_not() -> None:
    ask_for = {"request_id": "Q", "project_id": "P", "role": "Analyst", "region": "North", "requested_on": TODAY}
    window = {"start_date": NEXT_MONDAY, "end_date": date(2025, 8, 1), "hours_per_week": "40", "status": "open"}
    rows = [
        booking("H"),
        booking("S", booking_type="soft", project_id=None, hours_per_week="10"),
        booking("O", booking_type="soft", opportunity_id="D"),
        booking("C", status="cancelled"),
    ]
    reader = pipeline(person=[person()], assignment=rows, staffing_request=[ask_for | window])
    outcomes = booked(reader, placements(reader, as_of=AS_OF), as_of=AS_OF, weeks=[NEXT_MONDAY])
    assert outcomes.rows() == [("Analyst", "North", NEXT_MONDAY, 0.5, 0.25, 1.0)]


def test_only_roles_that_clients_ask_for_can_be_idle() -> None:
    reader = pipeline(person=[person(role="Seller")], opportunity=[deal()], opportunity_role_demand=[ask()])
    assert asked_roles(reader, as_of=AS_OF) == {"Analyst"}


def test_a_role_sells_at_its_list_price_else_at_the_mean_of_its_contracts_in_the_reporting_currency() -> None:
    def card(rate_id: str, role: str, rate: str, **values: Any) -> dict[str, Any]:
        base = {"rate_id": rate_id, "role": role, "rate": rate, "currency": "USD", "valid_from": date(2025, 1, 1)}
        return base | values

    cards = [
        card("1", "Analyst", "100"),
        card("2", "Analyst", "80", currency="EUR"),
        card("3", "Analyst", "70", contract_id="C1"),
        card("4", "Analyst", "900", valid_from=date(2026, 1, 1)),
        card("5", "Partner", "100", contract_id="C1"),
        card("6", "Partner", "100", contract_id="C2", currency="EUR"),
    ]
    fx = {"from_currency": "EUR", "to_currency": "USD", "rate_date": date(2025, 1, 1), "rate": "1.5"}
    rates = hourly_rates(pipeline(rate_card=cards, currency_rate=[fx]), as_of=AS_OF)
    assert {role: rate_of(rates, role, kind="bill_rate") for role in ("Analyst", "Partner")} == {
        "Analyst": 100.0,
        "Partner": 125.0,
    }


def test_an_hour_leaves_its_price_less_its_cost_and_all_of_it_where_no_cost_is_known() -> None:
    since = {"currency": "USD", "valid_from": date(2025, 1, 1)}
    prices = {"Analyst": "100", "Partner": "300", "Trainee": "20"}
    cards = [{"rate_id": role, "role": role, "rate": rate, **since} for role, rate in prices.items()]
    costs = [{"cost_rate_id": key, "person_id": key, "rate": rate, **since} for key, rate in (("A", "60"), ("T", "30"))]
    staff = [person("A"), person("T", role="Trainee")]
    rates = hourly_rates(pipeline(person=staff, rate_card=cards, cost_rate=costs), as_of=AS_OF)
    left = {role: rate_of(rates, role, kind="contribution_rate") for role in prices}
    assert left == {"Analyst": 40.0, "Partner": 300.0, "Trainee": 0.0}
    assert rate_of(rates, "Unheard of", kind="contribution_rate") == 140.0 - 45.0
    assert rate_of(rates.clear(), "Analyst", kind="cost_rate") is None


def _months(count: int, *, start: int = 100, known_days: int = 35) -> list[dict[str, Any]]:
    rows = []
    for index in range(count):
        month = date(2023 + index // 12, index % 12 + 1, 1)
        known_at = at(month + timedelta(days=known_days))
        rows.append(
            {"role": "IT", "region": "US", "period_start": month, "capacity": start + index, "known_at": known_at}
        )
    return [row | {"capacity": str(row["capacity"])} for row in rows]


def test_a_series_is_carried_from_the_same_month_a_year_before() -> None:
    frame = features(pipeline(capacity_series=_months(25)), as_of=datetime(2025, 2, 6, tzinfo=UTC))
    row = frame.filter(pl.col("month_ahead") == 3).row(0, named=True)
    assert (row["last_period"], row["target_period"]) == (date(2025, 1, 1), date(2025, 4, 1))
    assert (row["last_value"], row["year_before"]) == (124.0, 115.0)


def test_a_month_not_delivered_leaves_a_gap_and_shifts_nothing() -> None:
    rows = [row for row in _months(25) if row["period_start"] != date(2024, 4, 1)]
    frame = features(pipeline(capacity_series=rows), as_of=datetime(2025, 2, 6, tzinfo=UTC))
    assert 3 not in frame["month_ahead"].to_list()
    assert frame.filter(pl.col("month_ahead") == 4)["year_before"].to_list() == [116.0]


def test_a_series_outcome_is_the_month_observed_once_it_is_known() -> None:
    reader = pipeline(capacity_series=_months(30))
    seen = datetime(2025, 2, 6, tzinfo=UTC)
    for day, expected in ((5, [None]), (6, [125.0])):
        outcomes = labels(reader, observed_at=seen, as_of=datetime(2025, 3, day + 2, 13, tzinfo=UTC))
        assert outcomes.filter(pl.col("row_id") == "IT:US:1")["label"].to_list() == expected, day


def test_every_feature_is_a_float_column() -> None:
    frame = features(pipeline(opportunity=[deal()], opportunity_role_demand=[ask()]), as_of=AS_OF)
    assert {frame.schema[name] for name in FEATURES} == {pl.Float64}

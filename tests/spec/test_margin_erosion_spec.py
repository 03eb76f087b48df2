"""What a project is approved for, what it has cost, and when it counts as eroded."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from features.margin_erosion.frame import CONTEXT, FEATURES, features, labels
from tests.support.margin_erosion_firm import AS_OF, at, budget, change, firm, hours, project, rate, report
from tests.support.point_in_time import MemoryReader

WORK_DAY = date(2025, 2, 3)
CLOSED = project(status="closed", actual_end_date=date(2025, 9, 1), known_at=at(date(2025, 9, 2)))
SETTLED = datetime(2025, 12, 1, tzinfo=UTC)


def _row(reader: MemoryReader, *, as_of: datetime = AS_OF) -> dict[str, Any]:
    frame = features(reader, as_of=as_of)
    assert frame.height == 1
    return frame.row(0, named=True)


def _label(reader: MemoryReader, *, as_of: datetime = SETTLED) -> dict[str, Any]:
    return labels(reader, observed_at=AS_OF, as_of=as_of).row(0, named=True)


def test_features_are_context_and_features_and_nothing_else() -> None:
    assert features(firm(), as_of=AS_OF).columns == [*CONTEXT, *FEATURES]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], 10000.0),
        ([change()], 11000.0),
        ([change(status="submitted", approved_on=None)], 10000.0),
        ([change(status="rejected")], 10000.0),
        ([change(approved_on=date(2025, 8, 1))], 10000.0),
        ([change(approved_on=date(2025, 1, 2), requested_on=date(2025, 1, 1))], 10000.0),
        ([change(known_at=at(date(2025, 8, 1)))], 10000.0),
    ],
    ids=[
        "none",
        "approved later than the budget",
        "waiting",
        "rejected",
        "approved tomorrow",
        "in the budget",
        "unheard",
    ],
)
def test_the_approved_cost_is_the_budget_and_the_changes_approved_since(changes: list[Any], expected: float) -> None:
    assert _row(firm(change_order=changes))["baseline_cost"] == expected


def test_the_latest_approved_version_of_the_budget_counts() -> None:
    later = budget(budget_id="P-B2", version=2, approved_on=date(2025, 4, 1), budget_cost="12000")
    row = _row(firm(project_budget=[budget(), later]))
    assert (row["baseline_cost"], row["budget_id"]) == (12000.0, "P-B2")


def test_a_waiting_change_is_listed_with_its_share_and_age() -> None:
    row = _row(firm(change_order=[change(status="submitted", approved_on=None)]))
    assert (row["pending_ids"], row["pending_share"], row["pending_days"]) == (["C1"], 0.1, 120.0)


def test_hours_cost_the_rate_that_held_on_their_day() -> None:
    old = rate("80", valid_to=date(2025, 2, 1))
    new = rate("100", valid_from=date(2025, 2, 1))
    worked = [hours("P", date(2025, 1, 31), 10), hours("P", date(2025, 2, 1), 10)]
    assert _row(firm(cost_rate=[old, new], time_entry=worked))["actual_cost"] == 1800.0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, 1000.0),
        ({"status": "draft"}, 1000.0),
        ({"status": "rejected"}, None),
        ({"known_at": at(AS_OF.date())}, None),
    ],
    ids=["approved", "draft", "rejected", "known too late"],
)
def test_work_costs_whether_approved_or_not_unless_rejected(values: dict[str, Any], expected: float | None) -> None:
    assert _row(firm(time_entry=[hours("P", WORK_DAY, 10, **values)]))["actual_cost"] == expected


def test_hours_without_a_rate_cost_like_the_other_hours() -> None:
    worked = [hours("P", WORK_DAY, 10), hours("P", WORK_DAY, 30, person_id="B")]
    assert _row(firm(time_entry=worked))["actual_cost"] == 4000.0


def test_cost_is_unknown_when_no_hour_has_a_rate() -> None:
    assert _row(firm(cost_rate=[], time_entry=[hours("P", WORK_DAY, 10)]))["actual_cost"] is None


@pytest.mark.parametrize(("billable", "expected"), [(False, 500.0), (None, 500.0), (True, None)])
def test_expenses_cost_unless_the_client_pays_them_back(billable: bool | None, expected: float | None) -> None:
    spent = {"expense_id": "E", "project_id": "P", "expense_date": WORK_DAY, "amount": "500", "currency": "USD"}
    row = _row(firm(expense=[spent | {"status": "approved", "billable": billable}]))
    assert row["actual_cost"] == expected


def test_costs_in_other_currencies_are_converted_at_the_rate_of_the_day() -> None:
    rates = [
        {"from_currency": "EUR", "to_currency": "USD", "rate_date": date(2025, 1, 1), "rate": "1.2"},
        {"from_currency": "EUR", "to_currency": "USD", "rate_date": date(2025, 3, 1), "rate": "2"},
    ]
    reader = firm(cost_rate=[rate(currency="EUR")], currency_rate=rates, time_entry=[hours("P", WORK_DAY, 10)])
    assert _row(reader)["actual_cost"] == pytest.approx(1200.0)


def test_reported_cost_stands_in_where_no_work_is_booked() -> None:
    status = report("P", date(2025, 5, 1), actual_cost="4000", etc_cost="6000", percent_complete="0.4")
    row = _row(firm(project_status=[status]))
    assert (row["actual_cost"], row["eac_manager"], row["progress"]) == (4000.0, 10000.0, 0.4)


def test_a_report_may_leave_out_what_an_earlier_one_said() -> None:
    status = [report("P", date(2025, 4, 1), percent_complete="0.3"), report("P", date(2025, 5, 1), rag="red")]
    row = _row(firm(project_status=status))
    assert (row["progress"], row["rag"], row["status_age_days"]) == (0.3, 2.0, 61.0)


def test_no_progress_gives_no_estimate_by_performance() -> None:
    status = report("P", date(2025, 5, 1), percent_complete="0")
    row = _row(firm(project_status=[status], time_entry=[hours("P", WORK_DAY, 10)]))
    assert (row["eac_cpi"], row["eac_cpi_spi"], row["log_cpi"]) == (None, None, None)
    assert row["eac_plan"] == 11000.0


def test_half_done_at_double_cost_points_to_double_the_budget() -> None:
    status = report("P", date(2025, 5, 1), percent_complete="0.5")
    row = _row(firm(project_status=[status], time_entry=[hours("P", WORK_DAY, 100)]))
    assert row["eac_cpi"] == 20000.0
    assert row["eac_plan"] == 15000.0
    assert row["eac_plan"] < row["eac_reference"] < row["eac_cpi"]


def test_a_forecast_that_rose_and_slipped_is_counted_over_the_past_year_only() -> None:
    days = [date(2024, 3, 1), date(2024, 6, 1), date(2025, 3, 1), date(2025, 5, 1)]
    costs, ends = ["100", "150", "150", "180"], [date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 1)]
    status = [
        report("P", day, forecast_cost=cost, forecast_end_date=end)
        for day, cost, end in zip(days, costs, ends, strict=True)
    ]
    row = _row(firm(project_status=status))
    assert (row["cost_rises_365d"], row["slips_365d"], row["slipped_days_365d"]) == (1.0, 1.0, 31.0)


@pytest.mark.parametrize("status", ["closed", "cancelled", "planned"])
def test_only_open_projects_are_scored(status: str) -> None:
    assert features(firm(project=[project(status=status)]), as_of=AS_OF).height == 0


def test_a_project_without_approved_cost_or_forecast_cannot_be_scored() -> None:
    assert features(firm(project_budget=[]), as_of=AS_OF).height == 0


@pytest.mark.parametrize(("worked", "expected"), [(110, 1), (109, 0)], ids=["five points under", "a little less"])
def test_a_fixed_price_is_eroded_when_its_margin_ends_five_points_under_plan(worked: float, expected: int) -> None:
    reader = firm(project=[project(), CLOSED], time_entry=[hours("P", WORK_DAY, worked)])
    outcome = _label(reader)
    assert (outcome["label"], outcome["final_cost"]) == (expected, worked * 100)


def test_time_based_work_is_judged_by_what_was_billed() -> None:
    method = {"billing_method": "time_and_materials"}
    invoice = {"invoice_id": "I", "status": "issued", "issue_date": date(2025, 9, 15), "amount": "30000"}
    line = {"invoice_line_id": "L", "invoice_id": "I", "project_id": "P", "line_type": "time", "amount": "30000"}
    reader = firm(
        project=[project(**method), CLOSED | method],
        time_entry=[hours("P", WORK_DAY, 150)],
        invoice=[invoice | {"currency": "USD"}],
        invoice_line=[line | {"currency": "USD"}],
    )
    assert _label(reader)["label"] == 0


def test_a_closed_project_has_no_outcome_until_its_late_entries_are_in() -> None:
    reader = firm(project=[project(), CLOSED], time_entry=[hours("P", WORK_DAY, 150)])
    outcomes = [_label(reader, as_of=datetime(2025, 10, day, tzinfo=UTC))["label"] for day in (15, 16)]
    assert outcomes == [None, 1]


def _register(*costs: tuple[date, str]) -> MemoryReader:
    reports = [report("P", day, forecast_cost=cost, forecast_end_date=date(2027, 1, 1)) for day, cost in costs]
    return MemoryReader({"project": [project()], "project_status": reports})


@pytest.mark.parametrize(("later", "expected"), [("1049", 0), ("1050", 1)])
def test_a_register_of_forecasts_is_judged_by_growth_within_a_year(later: str, expected: int) -> None:
    reader = _register((date(2025, 6, 1), "1000"), (date(2026, 5, 1), later))
    assert _label(reader, as_of=datetime(2026, 7, 1, tzinfo=UTC))["label"] == expected


def test_growth_is_unknown_until_the_year_is_over_even_when_it_has_come() -> None:
    reader = _register((date(2025, 6, 1), "1000"), (date(2025, 8, 1), "2000"))
    assert _label(reader, as_of=datetime(2026, 6, 30, tzinfo=UTC))["label"] is None
    assert _label(reader, as_of=datetime(2026, 7, 1, tzinfo=UTC))["label"] == 1


def test_growth_after_the_year_does_not_count() -> None:
    reader = _register((date(2025, 6, 1), "1000"), (date(2026, 8, 1), "2000"))
    assert _label(reader, as_of=datetime(2026, 9, 1, tzinfo=UTC))["label"] == 0


def test_a_silent_register_has_not_grown() -> None:
    reader = _register((date(2025, 6, 1), "1000"))
    outcome = _label(reader, as_of=datetime(2026, 7, 1, tzinfo=UTC))
    assert (outcome["label"], outcome["slip"], outcome["final_cost"]) == (0, 0, 1000.0)

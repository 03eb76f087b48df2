"""Each feature of the dispute score, from rows that are drawn for it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from features.invoice_dispute.client_history import FIRM_WEIGHT, PRIOR_DISPUTE_RATE
from features.invoice_dispute.evidence import evidence
from features.invoice_dispute.frame import FEATURES, features, observation_days
from tests.support.point_in_time import MemoryReader

AS_OF = datetime(2026, 3, 10, 20, tzinfo=UTC)
DRAFT = {
    "invoice_id": "I1",
    "account_id": "A",
    "contract_id": "C",
    "project_id": "P",
    "status": "draft",
    "billing_run_date": date(2026, 3, 9),
    "period_start": date(2026, 2, 1),
    "period_end": date(2026, 2, 28),
    "amount": "1000.00",
    "currency": "USD",
}
CONTRACT = {
    "contract_id": "C",
    "account_id": "A",
    "billing_method": "time_and_materials",
    "currency": "USD",
    "status": "active",
}
LINE = {
    "invoice_line_id": "L1",
    "invoice_id": "I1",
    "line_type": "time",
    "role": "consultant",
    "contract_line_id": "CL",
    "period_start": date(2026, 2, 1),
    "period_end": date(2026, 2, 28),
    "quantity": "10.0000",
    "unit_rate": "100.0000",
    "amount": "1000.00",
    "currency": "USD",
    "tax_code": "V1",
    "description": "Work in February",
}
RATE = {
    "rate_id": "R1",
    "contract_id": "C",
    "role": "consultant",
    "rate": "100.0000",
    "currency": "USD",
    "valid_from": date(2026, 1, 1),
}
ENTRY = {
    "time_entry_id": "T1",
    "person_id": "E",
    "project_id": "P",
    "invoice_line_id": "L1",
    "work_date": date(2026, 2, 2),
    "hours": "8.00",
    "status": "approved",
    "description": "Design",
    "submitted_at": datetime(2026, 2, 3),
}
CHANGE = {"change_order_id": "CO", "project_id": "P", "requested_on": date(2026, 2, 1), "status": "submitted"}


def _drawn(**tables: list[dict[str, Any]]) -> MemoryReader:
    return MemoryReader({"invoice": [DRAFT], "contract": [CONTRACT], "invoice_line": [LINE], **tables})


def _value(reader: MemoryReader, name: str) -> float | None:
    rows = features(reader, as_of=AS_OF).filter(invoice_id="I1")
    assert rows.height == 1
    value: float | None = rows[name][0]
    return value


CASES: list[tuple[str, dict[str, list[dict[str, Any]]], float | None]] = [
    ("is_draft", {}, 1.0),
    ("days_since_issue", {}, 0.0),
    ("days_since_issue", {"invoice": [DRAFT | {"status": "issued", "issue_date": date(2026, 3, 3)}]}, 7.0),
    ("days_period_to_issue", {}, 10.0),
    ("po_missing", {}, None),
    ("po_missing", {"contract": [CONTRACT | {"po_required": True}]}, 1.0),
    ("po_missing", {"contract": [CONTRACT | {"po_required": False}]}, 0.0),
    (
        "po_missing",
        {"contract": [CONTRACT | {"po_required": True}], "invoice": [DRAFT | {"po_number": "  "}]},
        1.0,
    ),
    (
        "po_missing",
        {"contract": [CONTRACT | {"po_required": True}], "invoice": [DRAFT | {"po_number": "PO1"}]},
        0.0,
    ),
    (
        "po_differs",
        {"contract": [CONTRACT | {"po_number": "PO2"}], "invoice": [DRAFT | {"po_number": "PO1"}]},
        1.0,
    ),
    ("currency_differs", {"contract": [CONTRACT | {"currency": "EUR"}]}, 1.0),
    ("currency_differs", {"contract": []}, None),
    ("contract_burn", {"contract": [CONTRACT | {"total_value": "4000.00"}]}, 0.25),
    ("contract_burn", {"contract": [CONTRACT | {"total_value": "0.00"}]}, None),
    ("ceiling_burn", {"contract": [CONTRACT | {"not_to_exceed": "2000.00"}]}, 0.5),
    ("rate_above_share", {"rate_card": [RATE]}, 0.0),
    ("rate_above_share", {"rate_card": [RATE | {"rate": "90.0000"}]}, 1.0),
    ("rate_below_share", {"rate_card": [RATE | {"rate": "110.0000"}]}, 1.0),
    ("rate_above_share", {"rate_card": [RATE | {"rate": "90.0000", "valid_to": date(2026, 2, 28)}]}, 0.0),
    ("rate_above_share", {"rate_card": [RATE | {"rate": "90.0000", "currency": "EUR"}]}, 0.0),
    ("rate_above_share", {"rate_card": [RATE | {"rate": "90.0000", "contract_id": None}]}, 0.0),
    ("rate_excess", {"rate_card": [RATE | {"rate": "80.0000"}]}, 0.25),
    (
        "rate_above_share",
        {
            "invoice_line": [LINE | {"person_id": "E"}],
            "rate_card": [RATE | {"rate": "90.0000"}, RATE | {"rate_id": "R2", "person_id": "E"}],
        },
        0.0,
    ),
    ("lines_total_differs", {"invoice_line": [LINE | {"amount": "999.00"}]}, 1.0),
    ("quantity_times_rate_differs_share", {"invoice_line": [LINE | {"quantity": "9.0000"}]}, 1.0),
    ("tax_code_missing_share", {"invoice_line": [LINE, LINE | {"invoice_line_id": "L2", "tax_code": ""}]}, 0.5),
    ("time_share", {"invoice_line": [LINE, LINE | {"invoice_line_id": "L2", "line_type": "expense"}]}, 0.5),
    ("line_count", {"invoice_line": []}, None),
    ("old_work_share", {"invoice_line": [LINE | {"period_end": date(2025, 12, 31), "period_start": None}]}, 1.0),
    ("change_share", {"invoice_line": [LINE | {"change_order_id": "CO"}], "change_order": [CHANGE]}, 1.0),
    ("unapproved_change_share", {"invoice_line": [LINE | {"change_order_id": "CO"}], "change_order": [CHANGE]}, 1.0),
    (
        "repeated_line_share",
        {
            "invoice": [DRAFT, DRAFT | {"invoice_id": "I0", "status": "issued", "issue_date": date(2026, 3, 1)}],
            "invoice_line": [LINE, LINE | {"invoice_line_id": "L0", "invoice_id": "I0"}],
        },
        1.0,
    ),
    (
        "repeated_line_share",
        {
            "invoice": [DRAFT, DRAFT | {"invoice_id": "I0", "status": "cancelled"}],
            "invoice_line": [LINE, LINE | {"invoice_line_id": "L0", "invoice_id": "I0"}],
        },
        0.0,
    ),
    ("late_time_share", {}, None),
    ("late_time_share", {"time_entry": [ENTRY]}, 0.0),
    (
        "late_time_share",
        {"time_entry": [ENTRY, ENTRY | {"time_entry_id": "T2", "submitted_at": datetime(2026, 2, 10)}]},
        0.5,
    ),
    ("unapproved_time_share", {"time_entry": [ENTRY | {"status": "submitted"}]}, 1.0),
    ("undescribed_time_share", {"time_entry": [ENTRY | {"description": None}]}, 1.0),
    ("pending_changes", {}, None),
    ("pending_changes", {"change_order": [CHANGE]}, 1.0),
    ("pending_changes", {"change_order": [CHANGE | {"project_id": "Q"}]}, 0.0),
    ("pending_changes", {"change_order": [CHANGE | {"status": "rejected"}]}, 0.0),
    (
        "recent_changes",
        {"change_order": [CHANGE | {"status": "approved", "approved_on": date(2026, 2, 9)}]},
        1.0,
    ),
    (
        "hours_burn",
        {
            "time_entry": [ENTRY],
            "project_budget": [
                {
                    "budget_id": "B",
                    "project_id": "P",
                    "budget_cost": "1.00",
                    "budget_hours": "16.00",
                    "currency": "USD",
                }
            ],
        },
        0.5,
    ),
    (
        "days_past_planned_end",
        {"project": [{"project_id": "P", "status": "open", "planned_end_date": date(2026, 3, 1)}]},
        9.0,
    ),
    (
        "days_since_new_manager",
        {
            "project": [
                {"project_id": "P", "status": "open", "manager_id": "M1"},
                {"project_id": "P", "status": "open", "manager_id": "M2", "known_at": datetime(2026, 3, 1, 20)},
            ]
        },
        9.0,
    ),
    ("client_dispute_rate", {}, PRIOR_DISPUTE_RATE),
    (
        "client_age_days",
        {"account": [{"account_id": "A", "name": "A", "created_on": date(2026, 3, 1)}]},
        9.0,
    ),
]


@pytest.mark.parametrize(("name", "tables", "expected"), CASES)
def test_a_feature_is_what_the_rows_say(
    name: str, tables: dict[str, list[dict[str, Any]]], expected: float | None
) -> None:
    assert _value(_drawn(**tables), name) == (None if expected is None else pytest.approx(expected))


def _past(key: str, account: str, *, label: bool) -> dict[str, list[dict[str, Any]]]:
    invoice = DRAFT | {
        "invoice_id": key,
        "account_id": account,
        "project_id": f"P{account}",
        "status": "issued",
        "issue_date": date(2025, 9, 1),
        "due_date": date(2025, 10, 1),
    }
    dispute = {"dispute_id": f"D{key}", "invoice_id": key, "opened_on": date(2025, 9, 20), "status": "rejected"}
    return {"invoice": [invoice], "dispute": [dispute] if label else []}


def test_a_clients_rate_is_pulled_to_the_firms_and_counts_its_golden_client() -> None:
    tables: dict[str, list[dict[str, Any]]] = {"invoice": [DRAFT], "dispute": []}
    for part in (_past("I2", "A", label=True), _past("I3", "A9", label=True), _past("I4", "B", label=False)):
        tables = {name: rows + part[name] for name, rows in tables.items()}
    accounts = [{"account_id": "A", "name": "A"}, {"account_id": "A9", "name": "a", "master_account_id": "A"}]
    reader = MemoryReader(tables | {"account": accounts})
    firm = (2 + FIRM_WEIGHT * PRIOR_DISPUTE_RATE) / (3 + FIRM_WEIGHT)
    assert _value(reader, "firm_dispute_rate") == pytest.approx(firm)
    assert _value(reader, "client_dispute_rate") == pytest.approx((2 + 10 * firm) / (2 + 10))


def test_outcomes_that_have_not_matured_do_not_count_in_rates() -> None:
    part = _past("I2", "A", label=True)
    young = {"issue_date": date(2026, 2, 1), "due_date": date(2026, 3, 1)}
    invoices = [DRAFT, part["invoice"][0] | young]
    disputes = [part["dispute"][0] | {"opened_on": date(2026, 2, 20), "status": "open"}]
    reader = MemoryReader({"invoice": invoices, "dispute": disputes})
    assert _value(reader, "firm_dispute_rate") == pytest.approx(PRIOR_DISPUTE_RATE)
    assert _value(reader, "client_open_disputes") == 1.0
    assert _value(reader, "client_days_since_dispute") == 18.0


def test_only_invoices_are_needed() -> None:
    rows = features(MemoryReader({"invoice": [DRAFT]}), as_of=AS_OF)
    assert rows["invoice_id"].to_list() == ["I1"]
    assert set(FEATURES) <= set(rows.columns)


def test_before_any_invoice_there_are_no_rows_and_no_fault() -> None:
    assert features(MemoryReader({}), as_of=AS_OF).height == 0
    assert observation_days(MemoryReader({}), until=AS_OF) == []


def test_observation_days_are_the_busiest_run_and_the_busiest_week_after_issue_of_each_month() -> None:
    def issued(key: str, run: date, issue: date) -> dict[str, Any]:
        return DRAFT | {"invoice_id": key, "status": "issued", "billing_run_date": run, "issue_date": issue}

    rows = [
        issued("I1", date(2026, 1, 2), date(2026, 1, 5)),
        issued("I2", date(2026, 1, 2), date(2026, 1, 6)),
        issued("I3", date(2026, 1, 9), date(2026, 1, 6)),
        issued("I4", date(2026, 3, 9), date(2026, 3, 9)),
    ]
    days = observation_days(MemoryReader({"invoice": rows}), until=AS_OF)
    assert [day.isoformat() for day in days] == ["2026-01-02T23:59:59", "2026-01-13T23:59:59", "2026-03-09T23:59:59"]


def test_evidence_names_the_records_behind_each_reason() -> None:
    reader = _drawn(
        contract=[CONTRACT | {"po_required": True, "po_number": "PO9"}],
        rate_card=[RATE | {"rate": "90.0000"}],
        change_order=[CHANGE],
        time_entry=[ENTRY | {"submitted_at": datetime(2026, 3, 1)}],
    )
    found = evidence(reader, as_of=AS_OF, invoice_ids=["I1"])
    assert {(code, entity, key) for _, code, entity, key, _ in found.iter_rows()} >= {
        ("purchase_order", "contract", "C"),
        ("rate_mismatch", "invoice_line", "L1"),
        ("rate_mismatch", "rate_card", "R1"),
        ("changes", "change_order", "CO"),
        ("late_time", "time_entry", "T1"),
    }

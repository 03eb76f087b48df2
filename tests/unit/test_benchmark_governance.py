"""The faults that the governance benchmark plants: which rows they touch, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.governance import (
    FAULTS,
    Row,
    duplicated_customer,
    invoice_to_duplicate,
    late_change,
    plant,
    stale_rate,
)


def test_every_second_customer_gets_a_record_that_knows_nothing_of_the_first() -> None:
    row = {"KUNNR": "K100002", "CRM_ACCOUNT": "001", "NAME1": "North"}
    assert duplicated_customer(row) == [row, {"KUNNR": "K100002X", "CRM_ACCOUNT": "", "NAME1": "North"}]
    assert duplicated_customer({**row, "KUNNR": "K100003"}) == [{**row, "KUNNR": "K100003"}]


@pytest.mark.parametrize(
    ("invoice", "customer", "billed"), [("D1", "K2", "K2X"), ("D2", "K2", "K2"), ("D1", "K3", "K3")]
)
def test_odd_invoices_go_to_the_second_record(invoice: str, customer: str, billed: str) -> None:
    assert invoice_to_duplicate({"VBRNR": invoice, "KUNNR": customer}) == [{"VBRNR": invoice, "KUNNR": billed}]


@pytest.mark.parametrize(
    ("status", "approved_at", "then"),
    [
        ("Approved", "2026-01-01T10:00:00Z", ["2026-03-02T10:00:00Z"]),
        ("Approved", "2026-06-01T10:00:00Z", []),
        ("Draft", "2026-06-01T10:00:00Z", ["2026-06-01T10:00:00Z"]),
    ],
)
def test_an_approval_is_recorded_sixty_days_later_or_not_yet(status: str, approved_at: str, then: list[str]) -> None:
    rows: list[Row] = late_change({"Status__c": status, "SystemModstamp": approved_at})
    assert [row["SystemModstamp"] for row in rows] == then


def test_rates_stop_with_the_year() -> None:
    assert [bool(stale_rate({"AEDAT": day})) for day in ("20251231", "20260101")] == [True, False]


def test_planting_keeps_the_form_of_the_file_and_counts_what_it_touched(tmp_path: Path) -> None:
    folder = tmp_path / "extracts" / "2026-01-06" / "erp"
    folder.mkdir(parents=True)
    (folder / "FX-001.csv").write_text("AEDAT;RATE\n20251231;1,1\n20260105;1,2\n", "utf-8")
    (folder / "FX-002.csv").write_text("AEDAT;RATE\n20260112;1,3\n", "utf-8")
    assert plant(tmp_path, FAULTS["stale rates"].changes) == 2
    assert (folder / "FX-001.csv").read_text("utf-8") == "AEDAT;RATE\n20251231;1,1\n"
    assert not (folder / "FX-002.csv").exists()

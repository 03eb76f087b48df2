"""What the demo firm's systems send: all entities, in shapes the mappings read, without a word about the future."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from leadline.kernel.contracts import entities
from leadline.kernel.contracts import entity as contract
from leadline.kernel.errors import UsageError
from leadline.kernel.home import open_home
from leadline.simulator.extracts import drops
from leadline.simulator.firm import simulate, simulate_preset
from leadline.simulator.presets import preset
from leadline.sources.land import land
from tests.support.firm import SEED, current, small_firm, versions

NOT_SIMULATED = {"account_match", "capacity_series", "decision"}
DELIVERED = sorted(set(entities()) - NOT_SIMULATED)

# Columns that say that something has happened: no version may hold a later day than it was recorded on.
HAPPENED = {
    "account": ["created_on"],
    "change_order": ["requested_on", "approved_on"],
    "contract": ["signed_on"],
    "contract_amendment": ["signed_on"],
    "credit_note": ["issued_on"],
    "discount_approval": ["requested_on", "decided_on"],
    "dispute": ["opened_on", "resolved_on"],
    "expense": ["expense_date", "submitted_at", "approved_at"],
    "integration_message": ["created_at", "resolved_at"],
    "invoice": ["billing_run_date", "issue_date"],
    "milestone": ["reached_on"],
    "opportunity": ["created_on", "close_date"],
    "opportunity_event": ["event_at"],
    "payment": ["paid_on"],
    "person": ["hire_date", "termination_date"],
    "person_skill": ["assessed_on"],
    "project": ["actual_end_date"],
    "project_budget": ["approved_on"],
    "project_status": ["status_date"],
    "purchase_order": ["ordered_on"],
    "quote": ["issued_on"],
    "staffing_proposal": ["proposed_on", "decided_on", "outcome_on"],
    "staffing_request": ["requested_on"],
    "subcontractor_cost": ["cost_date"],
    "time_entry": ["work_date", "submitted_at", "approved_at"],
}


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_size_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    simulate("xs", seed=SEED, out=tmp_path)
    assert _digests(tmp_path) == _digests(small_firm())


def test_another_seed_gives_another_firm() -> None:
    file = "extracts/2026-05-05/erp/INVOICE-001.csv"
    assert _digests(small_firm(seed=SEED + 1))[file] != _digests(small_firm())[file]


def test_an_unknown_size_is_refused_with_the_sizes_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="s, m or l"):
        simulate("xxl", seed=1, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("entity", DELIVERED)
def test_every_entity_is_delivered_as_its_contract_asks(entity: str) -> None:
    frame, wanted = versions(entity), contract(entity)
    assert frame.height > 0
    missing = {name: frame[name].null_count() for name in wanted.required if frame[name].null_count()}
    strange = {
        column.name: sorted(set(frame[column.name].drop_nulls()) - set(column.allowed))
        for column in wanted.columns.values()
        if column.allowed and column.name in frame.columns
    }
    assert missing == {}
    assert {name: values for name, values in strange.items() if values} == {}


def test_everything_lands_and_nothing_is_quarantined(tmp_path: Path) -> None:
    out = small_firm()
    home = open_home(tmp_path / "home", create=True)
    mappings = sorted((out / "mappings").glob("*.yml"))
    report = land(out / "extracts", mappings, home=home, loaded_at=datetime(2026, 7, 1, tzinfo=UTC))
    assert (report.refused, report.unmatched, report.unused, report.rows_quarantined) == ((), (), (), 0)
    assert report.rows_landed == sum(versions(entity).height for entity in DELIVERED)


@pytest.mark.parametrize("entity", sorted(HAPPENED))
def test_no_version_speaks_of_a_day_after_it_was_recorded(entity: str) -> None:
    frame = versions(entity)
    early = {
        name: frame.filter(pl.col(name).cast(pl.Date) > pl.col("known_at").cast(pl.Date)).height
        for name in HAPPENED[entity]
    }
    assert {name: count for name, count in early.items() if count} == {}


@pytest.mark.parametrize("entity", DELIVERED)
def test_no_version_is_recorded_or_delivered_after_the_last_day(entity: str) -> None:
    frame = versions(entity)
    assert frame.filter(pl.col("known_at") >= datetime(2026, 7, 1)).height == 0
    assert frame.filter(pl.col("known_at").cast(pl.Date) > pl.col("drop")).height == 0


@pytest.mark.parametrize("entity", DELIVERED)
def test_a_row_has_one_version_at_a_moment(entity: str) -> None:
    frame = versions(entity)
    assert frame.select("system", *contract(entity).key, "known_at").is_duplicated().sum() == 0


def test_an_unissued_invoice_has_neither_number_nor_dates_of_issue() -> None:
    drafts = versions("invoice").filter(pl.col("status").is_in(["draft", "cancelled"]))
    filled = drafts.select(pl.col("invoice_number", "issue_date", "due_date").is_not_null().sum())
    assert filled.row(0) == (0, 0, 0)


def test_an_open_deal_has_no_outcome() -> None:
    running = versions("opportunity").filter(~pl.col("is_closed") & ~pl.col("is_deleted"))
    assert running["close_date"].null_count() == running.height
    assert set(running["stage"]) == {"Prospecting", "Qualification", "Proposal", "Negotiation"}


def test_an_open_project_has_no_actual_end() -> None:
    running = versions("project").filter(pl.col("status") != "closed")
    assert running["actual_end_date"].null_count() == running.height


def test_there_is_one_backfill_and_a_drop_a_week_until_the_last_day() -> None:
    days = drops(preset("s"))
    assert days[-1] == date(2026, 6, 30)
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(weeks=1)}
    assert sorted(set(versions("time_entry")["drop"])) == days


def test_some_rows_arrive_a_drop_late_but_never_before_they_exist() -> None:
    frame = versions("time_entry").filter(pl.col("drop") > date(2026, 5, 12))
    waited = frame.select((pl.col("drop") - pl.col("known_at").cast(pl.Date)).dt.total_days()).to_series()
    assert (waited >= 7).sum() > 0
    assert waited.min() >= 0  # type: ignore[operator]


def test_deleted_corrected_and_reopened_records_occur() -> None:
    entries = versions("time_entry")
    hours = entries.filter(pl.col("status") == "submitted").group_by("time_entry_id").agg(pl.col("hours").n_unique())
    assert entries["is_deleted"].sum() > 0
    assert (hours["hours"] > 1).sum() > 0
    assert entries.filter(pl.col("hours") < 0).height > 0
    assert versions("opportunity", seed=SEED + 1)["is_deleted"].sum() > 0


@pytest.mark.parametrize(
    ("entity", "column", "target"),
    [
        ("contract", "opportunity_id", "opportunity"),
        ("contract_line", "contract_id", "contract"),
        ("project", "contract_id", "contract"),
        ("time_entry", "project_id", "project"),
        ("time_entry", "task_id", "task"),
        ("time_entry", "invoice_line_id", "invoice_line"),
        ("expense", "invoice_line_id", "invoice_line"),
        ("invoice", "account_id", "account"),
        ("invoice_line", "invoice_id", "invoice"),
        ("invoice_line", "contract_line_id", "contract_line"),
        ("billing_schedule", "invoice_line_id", "invoice_line"),
        ("milestone", "invoice_line_id", "invoice_line"),
        ("change_order", "contract_line_id", "contract_line"),
        ("payment", "invoice_id", "invoice"),
        ("dispute", "invoice_id", "invoice"),
        ("staffing_proposal", "request_id", "staffing_request"),
        ("assignment", "request_id", "staffing_request"),
    ],
)
def test_references_lead_to_rows_known_by_then(entity: str, column: str, target: str) -> None:
    reader = versions(target).group_by(contract(target).key[0]).agg(pl.col("known_at").min().alias("first"))
    rows = versions(entity).filter(pl.col(column).is_not_null())
    joined = rows.join(reader, left_on=column, right_on=contract(target).key[0], how="left")
    assert joined.height == rows.height > 0
    assert joined.filter(pl.col("first").is_null() | (pl.col("first") > pl.col("known_at"))).height == 0


def test_an_invoice_is_the_sum_of_its_lines_to_the_cent() -> None:
    lines = versions("invoice_line").group_by("invoice_id").agg(pl.col("amount").cast(pl.Float64).sum().alias("lines"))
    joined = current("invoice").join(lines, on="invoice_id", how="left")
    assert joined.filter((pl.col("amount") - pl.col("lines")).abs() > 0.004).height == 0
    assert joined["lines"].null_count() == 0


def test_all_billing_methods_legal_entities_and_currencies_occur() -> None:
    lines, invoices = versions("contract_line", "s"), versions("invoice", "s")
    methods = set(contract("contract").columns["billing_method"].allowed)
    assert set(versions("contract", "s")["billing_method"]) == methods
    assert set(lines["billing_method"]) == methods - {"hybrid"}
    assert set(invoices["legal_entity_id"]) == {"LE-US", "LE-UK", "LE-DE"}
    assert set(invoices["currency"]) == {"USD", "GBP", "EUR"}


def test_invoice_numbers_are_unique_per_legal_entity_only() -> None:
    numbered = current("invoice", "s").filter(pl.col("invoice_number").is_not_null())
    assert numbered.select("legal_entity_id", "invoice_number").is_duplicated().sum() == 0
    assert numbered.select("invoice_number").is_duplicated().sum() > 0


def test_cohorts_share_no_ids_but_those_of_the_firm(tmp_path: Path) -> None:
    simulate_preset(replace(preset("xs"), cohorts=2), seed=SEED, out=tmp_path)
    backfill = tmp_path / "extracts" / "2026-05-05"
    for file, column, separator in (
        ("crm/Opportunity", "Id", ","),
        ("erp/INVOICE", "VBRNR", ";"),
        ("hris/employees", "EMP_NO", ","),
        ("erp/BOOKING", "BUCHNR", ";"),
    ):
        first, second = (
            set(pl.read_csv(backfill / f"{file}-00{part}.csv", separator=separator, infer_schema=False)[column])
            for part in (1, 2)
        )
        assert first & second == set(), file
    assert not (backfill / "erp" / "COMPANY-002.csv").exists()

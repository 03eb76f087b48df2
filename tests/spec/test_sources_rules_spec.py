"""The row rules of the input contract: a drawn row, the rule it breaks, and where it is said."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from leadline.warehouse.landing import MoneyTotal
from tests.support.sources import BILLS, GOOD_BILLS, Place

HEADER = GOOD_BILLS.splitlines()[0]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.map(BILLS)
    return made


# Row three of the file -> column, rule, found.
BROKEN = [
    (",C1,2026-01-01,2026-01-31,2026-02-05,1,EUR,planned", "schedule_id", "required", "nothing"),
    ("B3,,2026-01-01,2026-01-31,2026-02-05,1,EUR,planned", "contract_id", "required", "nothing"),
    ("B3,C1,2026-01-01,2026-01-31,,1,EUR,planned", "due_date", "required", "nothing"),
    ("B3,C1,2026-01-01,2026-01-31,2026-02-05,1,EUR,", "status", "required", "nothing"),
    ("B3,C1,2026-01-01,2026-01-31,05/02/2026,1,EUR,planned", "due_date", "type", "05/02/2026"),
    ("B3,C1,2026-01-01,2026-01-31,2026-02-05,one,EUR,planned", "amount", "type", "one"),
    ("B3,C1,2026-01-01,2026-01-31,2026-02-05,1,EUR,paid", "status", "allowed", "paid"),
    ("B3,C1,2026-01-01,2026-01-31,2026-02-05,1,EURO,planned", "currency", "currency", "EURO"),
    ("B3,C1,2026-01-01,2026-01-31,2026-02-05,1,XXX,planned", "currency", "currency", "XXX"),
    ("B3,C1,2026-02-01,2026-01-31,2026-02-05,1,EUR,planned", "period_end", "order", "2026-01-31 before 2026-02-01"),
]


@pytest.mark.parametrize(("row", "column", "rule", "found"), BROKEN)
def test_a_row_that_breaks_a_rule_is_quarantined_with_its_place(
    place: Place, row: str, column: str, rule: str, found: str
) -> None:
    place.draw("bills.csv", f"{GOOD_BILLS}{row}\n")
    batch = place.land().batches[0]
    assert place.faults() == [(4, column, rule, found)]
    assert (batch.rows_read, batch.rows_landed, batch.rows_quarantined) == (3, 2, 1)


@pytest.mark.parametrize(
    ("hours", "rule", "expected"), [("24.25", "maximum", "at most 24"), ("-25", "minimum", "at least -24")]
)
def test_a_number_outside_its_bounds_is_quarantined(place: Place, hours: str, rule: str, expected: str) -> None:
    place.map(
        """
        source_system: timesheet
        files:
          - match: "*.csv"
            entity: time_entry
            columns: {time_entry_id: Id, person_id: P, work_date: Day, hours: Hours, status: {constant: draft}}
        """
    )
    place.draw("time.csv", f"Id,P,Day,Hours\nT1,P1,2026-01-05,24\nT2,P1,2026-01-05,{hours}\nT3,P1,2026-01-05,-24\n")
    place.land()
    assert place.faults() == [(3, "hours", rule, f"{float(hours):.2f}")]
    assert place.landing.quarantined().collect()["expected"].to_list() == [expected]


def test_money_needs_a_currency_beside_it(place: Place) -> None:
    place.map(
        """
        source_system: erp
        files:
          - match: "*.csv"
            entity: milestone
            columns: {milestone_id: Id, project_id: P, amount: Amt, currency: Cur, status: {constant: planned}}
        """
    )
    place.draw("milestones.csv", "Id,P,Amt,Cur\nM1,P1,5,EUR\nM2,P1,,\nM3,P1,5,\n")
    place.land()
    assert place.faults() == [(4, "currency", "money_without_currency", "nothing")]


def test_a_row_with_several_faults_is_one_row_in_quarantine_with_all_of_them(place: Place) -> None:
    place.draw("bills.csv", f"{GOOD_BILLS}B3,,2026-02-01,2026-01-31,soon,one,EURO,paid\n")
    batch = place.land().batches[0]
    assert batch.rows_quarantined == 1
    assert {rule for _, _, rule, _ in place.faults()} == {"required", "type", "allowed", "currency", "order"}
    numbers = place.landing.quarantined().collect()["fault_number"].to_list()
    assert numbers == list(range(1, 7))


def test_the_raw_row_is_kept_as_it_was(place: Place) -> None:
    row = "B3, C1 ,2026-01-01,2026-01-31,2026-02-05,one,EUR,planned"
    place.draw("bills.csv", f"{GOOD_BILLS}{row}\n")
    place.land()
    raw = place.landing.quarantined().collect()["raw"].item()
    assert json.loads(raw) == dict(zip(HEADER.split(","), row.split(","), strict=True))


def test_quarantine_names_file_entity_system_and_source_column(place: Place) -> None:
    place.draw("2026/q1.csv", f"{GOOD_BILLS}B3,C1,2026-01-01,2026-01-31,2026-02-05,one,EUR,planned\n")
    place.map(BILLS.replace('"*.csv"', '"**/*.csv"'))
    place.land()
    row = place.landing.quarantined().collect().to_dicts()[0]
    assert (row["file"], row["entity"], row["source_system"]) == ("2026/q1.csv", "billing_schedule", "erp")
    assert (row["column"], row["source_column"], row["expected"]) == (
        "amount",
        "Amount",
        "a number that fits decimal(18,2)",
    )


def test_a_line_number_counts_lines_within_quoted_fields_and_blank_lines(place: Place) -> None:
    place.map(
        """
        source_system: hris
        files:
          - match: "*.csv"
            entity: skill
            columns: {skill_id: Id, name: Name}
        """
    )
    place.draw("skills.csv", 'Id,Name\nS1,"two\nlines"\n\nS2,SQL\n,lost\n')
    place.land()
    assert [row["source_line"] for row in place.rows("skill")] == [2, 5]
    assert place.faults() == [(6, "skill_id", "required", "nothing")]


def test_an_unknown_reference_is_no_row_error(place: Place) -> None:
    place.draw("bills.csv", GOOD_BILLS)
    assert place.land().batches[0].rows_quarantined == 0


def test_money_totals_are_kept_per_column_and_currency(place: Place) -> None:
    rows = [
        "B3,C1,2026-01-01,2026-01-31,2026-02-05,10.10,EUR,planned",
        "B4,C1,2026-01-01,2026-01-31,2026-02-05,7.00,EUR,paid",
        "B5,C1,2026-01-01,2026-01-31,2026-02-05,x,EUR,planned",
    ]
    place.draw("bills.csv", GOOD_BILLS + "\n".join(rows) + "\n")
    assert place.land().batches[0].money == (
        MoneyTotal("amount", "EUR", Decimal("1017.60"), Decimal("1010.60"), Decimal("7.00")),
        MoneyTotal("amount", "USD", Decimal("250.25"), Decimal("250.25"), Decimal("0.00")),
    )


def test_a_row_that_a_later_row_of_the_file_replaces_is_counted_as_superseded(place: Place) -> None:
    place.draw("bills.csv", GOOD_BILLS + "B1,C1,2026-01-01,2026-01-31,2026-02-05,999,EUR,planned\n")
    batch = place.land().batches[0]
    assert (batch.rows_landed, batch.rows_superseded) == (3, 1)

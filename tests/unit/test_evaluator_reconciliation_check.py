"""Findings against planted faults: when one is right, and when the figures are too low."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from leadline.evaluator.reconciliation_check import CheckRow, check_rows, checked_worlds, compare, raise_misses
from leadline.kernel.errors import GateError, UsageError

SCHEMA = {
    "finding_class": pl.String(),
    "object_id": pl.String(),
    "legal_entity_id": pl.String(),
    "currency": pl.String(),
    "difference": pl.Decimal(18, 2),
}
Finding = tuple[str, str, str | None, str, Decimal]
PAID = ("invoice_overpaid", "I1", "DE", "EUR", Decimal("10.00"))
UNKNOWN = ("payment_for_unknown_invoice", "P1", None, "EUR", Decimal("5.00"))


def rows(*findings: Finding) -> pl.DataFrame:
    return pl.DataFrame(findings, schema=SCHEMA, orient="row")


def world(folder: Path, *planted: Finding, books: str = "faulty") -> Path:
    (folder / "truth").mkdir(parents=True)
    (folder / "simulation.json").write_text(json.dumps({"books": books}), "utf-8")
    rows(*planted).write_parquet(folder / "truth" / "book_faults-001.parquet")
    return folder


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (PAID, 1),
        (("invoice_overpaid", "I1", "DE", "EUR", Decimal("10.01")), 0),
        (("invoice_overpaid", "I1", "UK", "EUR", Decimal("10.00")), 0),
        (("invoice_overpaid", "I1", "DE", "USD", Decimal("10.00")), 0),
        (("invoice_overpaid", "I2", "DE", "EUR", Decimal("10.00")), 0),
    ],
)
def test_a_finding_is_right_when_object_entity_currency_and_cents_are(
    tmp_path: Path, found: Finding, right: int
) -> None:
    compared = compare([world(tmp_path / "firm", PAID)], [rows(found)])
    assert check_rows(compared)[0] == CheckRow("invoice_overpaid", 1, 1, right, float(right), float(right))


def test_faults_of_no_legal_entity_are_compared_too_and_each_world_for_itself(tmp_path: Path) -> None:
    one, other = world(tmp_path / "one", PAID, UNKNOWN), world(tmp_path / "other")
    compared = compare([one, other], [rows(UNKNOWN), rows(PAID)])
    assert check_rows(compared) == [
        CheckRow("invoice_overpaid", 1, 1, 0, 0.0, 0.0),
        CheckRow("payment_for_unknown_invoice", 1, 1, 1, 1.0, 1.0),
        CheckRow("all classes", 2, 2, 1, 0.5, 0.5),
    ]
    with pytest.raises(GateError, match="invoice_overpaid:I1"):
        raise_misses(check_rows(compared), compared)


def test_a_clean_firm_with_nothing_found_has_no_shares_and_passes(tmp_path: Path) -> None:
    compared = compare([world(tmp_path / "firm", books="clean")], [rows()])
    assert check_rows(compared) == [CheckRow("all classes", 0, 0, 0, None, None)]
    raise_misses(check_rows(compared), compared)


def test_a_finding_in_a_clean_firm_fails(tmp_path: Path) -> None:
    compared = compare([world(tmp_path / "firm", books="clean")], [rows(PAID)])
    with pytest.raises(GateError, match="1 findings"):
        raise_misses(check_rows(compared), compared)


def test_one_finding_in_clean_books_fails_however_many_faults_are_found_elsewhere(tmp_path: Path) -> None:
    many = [("invoice_overpaid", f"I{number}", "DE", "EUR", Decimal("10.00")) for number in range(200)]
    faulty, clean = world(tmp_path / "faulty", *many), world(tmp_path / "clean", books="clean")
    compared = compare([faulty, clean], [rows(*many), rows()])
    raise_misses(check_rows(compared), compared)
    compared = compare([faulty, clean], [rows(*many), rows(UNKNOWN)])
    assert (check_rows(compared)[-1].precision or 0) > 0.99
    with pytest.raises(GateError, match="nothing in clean books"):
        raise_misses(check_rows(compared), compared)


def test_a_firm_with_books_as_usual_cannot_judge(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no individually planted faults"):
        checked_worlds(world(tmp_path / "firm", books="usual"))

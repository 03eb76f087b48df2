"""A firm of a few rows for building real warehouses fast: with late, corrected, deleted and re-delivered rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from leadline.kernel.contracts import entity
from leadline.kernel.home import Home, open_home
from leadline.sources.land import land_rows
from leadline.warehouse.schema import landing_schema

LOADED_AT = datetime(2026, 3, 1, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 2, 6) for month in (1, 2, 3))

Rows = Sequence[Mapping[str, Any]]

DRAWN: Mapping[str, Rows] = {
    "legal_entity": [
        {"legal_entity_id": "DE", "name": "Firm GmbH", "functional_currency": "EUR", "known_at": JANUARY},
    ],
    "currency_rate": [
        {
            "from_currency": "EUR",
            "to_currency": "USD",
            "rate_date": date(2026, 1, 1),
            "rate": Decimal("1.25"),
            "known_at": JANUARY,
        },
    ],
    "account": [
        {"account_id": "A1", "name": "Ember Bank", "known_at": JANUARY},
        {"account_id": "K1", "name": "EMBER", "master_account_id": "A1", "known_at": FEBRUARY},
    ],
    "project": [
        {"project_id": "P1", "account_id": "K1", "currency": "EUR", "status": "open", "known_at": JANUARY},
        {"project_id": "P1", "account_id": "K1", "currency": "EUR", "status": "open", "known_at": FEBRUARY},
        {"project_id": "P1", "account_id": "K1", "currency": "EUR", "status": "closed", "known_at": MARCH},
    ],
    "person": [
        {"person_id": "ANN", "role": "Developer", "hire_date": date(2025, 1, 1), "known_at": JANUARY},
    ],
    "time_entry": [
        {
            "time_entry_id": f"T{number}",
            "person_id": "ANN",
            "project_id": "P1",
            "work_date": date(2026, 1, 5 + number),
            "hours": Decimal("7.50"),
            "billable": True,
            "status": status,
            "known_at": known_at,
        }
        for number in range(3)
        for status, known_at in (("submitted", JANUARY), ("approved", FEBRUARY))
    ],
    "invoice": [
        {
            "invoice_id": "I1",
            "account_id": "K1",
            "legal_entity_id": "DE",
            "status": status,
            "issue_date": issued,
            "amount": amount,
            "currency": "EUR",
            "known_at": known_at,
            "is_deleted": deleted,
        }
        for status, issued, amount, known_at, deleted in (
            ("draft", None, Decimal("900.00"), JANUARY, False),
            ("issued", date(2026, 1, 31), Decimal("1000.00"), FEBRUARY, False),
            ("issued", date(2026, 1, 31), Decimal("1000.00"), MARCH, True),
        )
    ],
}


def landed_home(folder: Path, drawn: Mapping[str, Rows] = DRAWN) -> Home:
    """Make a home in ``folder`` and land the drawn rows into it, one batch per entity; columns not drawn are null."""
    home = open_home(folder, create=True)
    for name, rows in drawn.items():
        schema = landing_schema(entity(name))
        columns = {column: schema[column] for row in rows for column in row}
        frame = pl.DataFrame({c: pl.Series(c, [row.get(c) for row in rows], dtype=t) for c, t in columns.items()})
        land_rows(name, frame, source_system="erp", home=home, loaded_at=LOADED_AT, name=f"{name}.drawn")
    return home

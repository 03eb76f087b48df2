"""Random schedules of deliveries: shuffled, late, repeated, corrected and deleted rows in several batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

from leadline.kernel.contracts import entity
from leadline.kernel.home import Home
from leadline.sources.land import land_rows
from leadline.warehouse.schema import landing_schema

FIRST = datetime(2026, 1, 5, 8)

Event = tuple[str, int, int, int, bool]
Schedule = Sequence[Sequence[Event]]

# entity, number of its key, variant of its content, hour it was known (the last two on other days), deleted
events = st.tuples(
    st.sampled_from(["account", "project", "time_entry", "invoice", "invoice_line", "payment", "rate_card"]),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from([0, 1, 2, 3, 4, 5, 30, 54]),
    st.sampled_from([False, False, False, True]),
)
batches = st.lists(events, min_size=1, max_size=14)
schedules = st.lists(batches, min_size=2, max_size=3)


def deliver(home: Home, batch: Sequence[Event], *, number: int) -> None:
    """Land one batch of a schedule, a file per entity; ``known_at`` may lie before that of batches landed earlier."""
    for name in sorted({event[0] for event in batch}):
        rows = [_row(event) for event in batch if event[0] == name]
        schema = landing_schema(entity(name))
        columns = {column: schema[column] for row in rows for column in row}
        frame = pl.DataFrame({c: pl.Series(c, [row.get(c) for row in rows], dtype=t) for c, t in columns.items()})
        loaded_at = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(days=number)
        land_rows(name, frame, source_system="erp", home=home, loaded_at=loaded_at, name=f"{name}.{number}")


def _row(event: Event) -> Mapping[str, Any]:
    name, key, variant, hour, deleted = event
    return {**_CONTENT[name](str(key), variant), "known_at": FIRST + timedelta(hours=hour), "is_deleted": deleted}


_CONTENT: Mapping[str, Any] = {
    "account": lambda key, n: {"account_id": f"A{key}", "name": f"Client {n}"},
    "project": lambda key, n: {
        "project_id": f"P{key}",
        "account_id": f"A{n}",
        "contract_id": f"C{n}",
        "billing_method": ("time_and_materials", "fixed_fee", "retainer")[n],
        "currency": "USD",
        "status": "open",
    },
    "rate_card": lambda key, n: {
        "rate_id": f"R{key}",
        "contract_id": f"C{n}",
        "role": "Developer",
        "rate": Decimal(100 + n),
        "currency": "USD",
        "valid_from": date(2026, 1, 1),
    },
    "time_entry": lambda key, n: {
        "time_entry_id": f"T{key}",
        "person_id": "ANN",
        "project_id": f"P{n}",
        "role": "Developer",
        "work_date": date(2026, 1, 5 + n),
        "hours": Decimal(4 + n),
        "billable": n > 0,
        "status": ("submitted", "approved", "billed")[n],
    },
    "invoice": lambda key, n: {
        "invoice_id": f"I{key}",
        "account_id": f"A{n}",
        "contract_id": f"C{n}",
        "status": ("draft", "issued", "paid")[n],
        "issue_date": date(2026, 1, 5),
        "amount": Decimal(1000 + n),
        "currency": "USD",
    },
    "invoice_line": lambda key, n: {
        "invoice_line_id": f"L{key}",
        "invoice_id": f"I{n}",
        "line_type": "time",
        "project_id": f"P{n}",
        "amount": Decimal(500 + n),
        "currency": "USD",
    },
    "payment": lambda key, n: {
        "payment_id": f"Y{key}",
        "invoice_id": f"I{n}",
        "paid_on": date(2026, 1, 6 + n),
        "amount": Decimal(10 + n),
        "currency": "USD",
    },
}

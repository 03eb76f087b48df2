"""Drawn exceptions for tests of the queue and the commands."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Engine

from leadline.kernel import facts
from leadline.kernel.findings import Band, Finding, Reason, Record, ScoredException
from leadline.kernel.statements import plain
from leadline.queue.engine import open_engine, reading
from leadline.queue.migrate import migrate
from tests.support.findings import worded

AS_OF = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
AT = datetime(2026, 7, 1, 6, 0, 0, tzinfo=UTC)


def drawn(
    object_id: str = "INV-1",
    *,
    score: str = "invoice_dispute",
    as_of: datetime = AS_OF,
    scored: Mapping[str, Any] | None = None,
    **finding: Any,
) -> ScoredException:
    """Return an exception about an invoice; ``finding`` and ``scored`` change what a test is about."""
    base = Finding(
        score=score,
        object_type="invoice",
        object_id=object_id,
        as_of=as_of,
        money_at_risk=Decimal("1200.00"),
        currency="USD",
        title=plain(f"Invoice {object_id} may be disputed"),
        action=plain("Call the client before sending it."),
        expected=plain("hours as in the statement of work"),
        seen=plain("31 hours more"),
        reasons=(
            Reason(
                "over_plan",
                plain("31 hours above plan"),
                0.8,
                (Record("invoice", object_id, "amount", facts.money("1200.00", "USD")),),
            ),
        ),
        probability=0.5,
        facts={"hours": facts.hours(Decimal("31.00")), "share": facts.percent(0.25), "entries": facts.number(7)},
        similar=("INV-0",),
        account_id="A1",
    )
    changed = replace(base, **worded(finding))
    identity = f"{score}\n{changed.object_type}\n{object_id}"
    exception = ScoredException(
        finding=changed,
        external_id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        owner="finance-emea",
        owner_kind="team",
        due_at=as_of + timedelta(days=5),
        model_version=f"{score}@3",
        snapshot_id="snapshot-1",
        expected_value=Decimal("560.00"),
        rank=1,
    )
    return replace(exception, **(scored or {}))


def banded(object_id: str = "P-1") -> ScoredException:
    """Return an exception whose harm has a size: it has a band beside its probability."""
    band = Band(low=0.1, middle=0.2, high=0.3, unit="margin points")
    worth = {"expected_value": Decimal("300.00")}
    return drawn(object_id, score="margin_erosion", object_type="project", probability=0.9, band=band, scored=worth)


def migrate_by_copy(engine: Engine) -> str:
    """Migrate a store; an empty SQLite one gets the tables of one that was migrated before, at a tenth of the cost."""
    if engine.dialect.name == "sqlite" and _is_empty(engine):
        connection = engine.raw_connection()
        try:
            _migrated().backup(connection.driver_connection)
        finally:
            connection.close()
    return migrate(engine)


def _is_empty(engine: Engine) -> bool:
    with reading(engine) as connection:
        return connection.exec_driver_sql("select 1 from sqlite_schema").first() is None


@cache
def _migrated() -> sqlite3.Connection:
    """Return a store in memory with the tables of today."""
    copied = sqlite3.connect(":memory:", check_same_thread=False)
    engine = open_engine("sqlite://")
    migrate(engine)
    connection = engine.raw_connection()
    connection.driver_connection.backup(copied)
    connection.close()
    engine.dispose()
    return copied

"""Check users and tokens against the audit: a role written directly into the table is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from leadline.access import tokens, users
from leadline.access.tables import TOKEN, USER
from leadline.kernel.errors import Fault, IntegrityError
from leadline.queue.audit import AuditReport
from leadline.queue.engine import rows
from leadline.queue.store import Store
from leadline.queue.tables import AUDIT


def verify(store: Store) -> AuditReport:
    """Check everything the audit covers: its chain, the checkpoints, the queue, users and tokens.

    Raises:
        IntegrityError: something was changed behind the audit's back; everything found is listed.
    """
    report = store.verify()
    with store.reading() as connection:
        found = list(faults(connection))
    if found:
        raise IntegrityError(
            "Users or tokens were changed behind the audit's back.",
            faults=found,
            next_step="find out who wrote to the ops store; set roles and passwords again (docs/access.md)",
        )
    return report


def faults(connection: Connection) -> Iterator[Fault]:
    """Yield users and tokens that disagree with their last audit entry, have none, or are gone."""
    audited = _last_audited(connection)
    yield from _table_faults(connection, USER, "login", users.detail_of, "user_digest", audited)
    yield from _table_faults(connection, TOKEN, "token_id", tokens.detail_of, "token_digest", audited)


def _table_faults(
    connection: Connection,
    table: Table,
    key: str,
    detail_of: Callable[[Mapping[str, Any]], dict[str, Any]],
    sealed: str,
    audited: Mapping[tuple[str, str], str],
) -> Iterator[Fault]:
    found = {row[key]: detail_of(row)[sealed] for row in rows(connection, select(table))}
    expected = {name: value for (kind, name), value in audited.items() if kind == sealed}
    for name in sorted(set(found) | set(expected)):
        if found.get(name) != expected.get(name):
            what = key.replace("_id", "")
            yield Fault(
                f"access, {what} {name}", expected.get(name, "no such " + what)[:13], found.get(name, "no row")[:12]
            )


def _last_audited(connection: Connection) -> dict[tuple[str, str], str]:
    audited: dict[tuple[str, str], str] = {}
    query = select(AUDIT.c.detail).where(AUDIT.c.external_id.is_(None)).order_by(AUDIT.c.number)
    for text in connection.execute(query).scalars():
        try:
            detail = json.loads(text)
        except ValueError:
            continue  # the check of the chain reports altered entries
        if "user_digest" in detail:
            audited["user_digest", detail["login"]] = detail["user_digest"]
        if "token_digest" in detail:
            audited["token_digest", detail["token_id"]] = detail["token_digest"]
    return audited

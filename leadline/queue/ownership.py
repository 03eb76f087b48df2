"""Ownership of an exception: assigned by hand, or escalated when it is overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from leadline.kernel.errors import UsageError
from leadline.queue import audit
from leadline.queue.decisions import check_name, check_version, row_of, write
from leadline.queue.engine import rows
from leadline.queue.records import Values
from leadline.queue.states import IN_REVIEW, LIVE, OPEN, WAITING
from leadline.queue.tables import EXCEPTION
from leadline.queue.upsert import ACTOR, record, write_back

ASSIGNED, ESCALATED = "assigned", "escalated"


@dataclass(frozen=True)
class Escalation:
    """To whom an exception of a score is escalated, and how long after its due time."""

    to: str
    goes_up_at: Callable[[datetime], datetime]


def assign(
    connection: Connection, external_id: str, *, to: str | None, by: str, at: datetime, expected_version: int | None
) -> Values:
    """Assign an exception (None: back to its routed owner) and return the changed row.

    This ends its review, unless it is assigned to the reviewer.
    """
    check_name(by)
    if to is not None:
        check_name(to)
    audit.lock(connection)
    row = row_of(connection, external_id)
    check_version(row, expected_version)
    if row["state"] not in LIVE:
        raise UsageError(
            "Only a waiting exception can be assigned.",
            where=external_id,
            expected="one of " + ", ".join(LIVE),
            found=row["state"],
            next_step="leadline queue decide ID --verdict re_opened --reason new_information opens it again",
        )
    change: Values = {"assigned_to": to, "replaced": None}
    if row["state"] == IN_REVIEW and row["handled_by"] != to:
        change |= {"state": OPEN, "handled_by": None}
    return write(connection, row, change, event=ASSIGNED, actor=by, at=at)


def deal(connection: Connection, team: str, members: Sequence[str], *, by: str, at: datetime) -> list[Values]:
    """Give what waits for a team to its members, the highest expected value first, each to whom the least is waiting
    for.

    Returns the changed rows. Between members who have the same to do, the one named first gets it.
    """
    for name in (by, *members):
        check_name(name)
    audit.lock(connection)
    query = select(EXCEPTION).where(EXCEPTION.c.state.in_(WAITING))
    load: Counter[str] = Counter()
    waiting = []
    for row in rows(connection, query.order_by(EXCEPTION.c.expected_value.desc(), EXCEPTION.c.external_id)):
        answers = row["assigned_to"] or row["escalated_to"] or row["owner"]
        load[answers] += 1
        waiting += [row] if answers == team and row["state"] != IN_REVIEW else []
    dealt = []
    for row in waiting:
        least = min(members, key=lambda member: load[member])
        load[least] += 1
        dealt.append(write(connection, row, {"assigned_to": least, "replaced": None}, event=ASSIGNED, actor=by, at=at))
    return dealt


def escalate(
    connection: Connection, rules: Mapping[str, Escalation], *, moment: datetime, at: datetime
) -> list[Values]:
    """Escalate what is overdue at ``moment`` by more than its score's rule allows; once each.

    Returns the changed rows. ``at`` is when it is written; ``moment`` is the data's clock, so that a repeated night
    escalates the same.
    """
    audit.lock(connection)
    waiting = select(EXCEPTION).where(EXCEPTION.c.state.in_(WAITING), EXCEPTION.c.escalated_to.is_(None))
    waiting = waiting.where(EXCEPTION.c.score.in_(list(rules)), EXCEPTION.c.due_at < moment)
    gone_up = [
        _gone_up(row, rules[row["score"]], moment, at)
        for row in rows(connection, waiting.order_by(EXCEPTION.c.external_id).with_for_update())
        if rules[row["score"]].goes_up_at(row["due_at"]) <= moment
    ]
    if gone_up:
        names = ("escalated_to", "escalated_at", "version", "updated_at", "replaced")
        write_back(connection, [{name: row[name] for name in ("external_id", *names)} for row in gone_up])
        record(connection, [(ESCALATED, row) for row in gone_up], actor=ACTOR, at=at)
    return gone_up


def _gone_up(row: Values, rule: Escalation, moment: datetime, at: datetime) -> Values:
    change = {"escalated_to": rule.to, "escalated_at": moment, "version": row["version"] + 1}
    return row | change | {"updated_at": at, "replaced": None}

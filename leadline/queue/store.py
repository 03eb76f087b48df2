"""The ops store: the only way to read or write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, and_, func, or_, select

from leadline.kernel.errors import BusyError, LeadlineError, UsageError
from leadline.kernel.findings import Finding, ScoredException
from leadline.queue import audit, decisions, deliveries, outbox, ownership
from leadline.queue.audit import AuditReport
from leadline.queue.checkpoints import CheckpointLog
from leadline.queue.decisions import Decision, Verdict
from leadline.queue.deliveries import Intake, Message, Outcome, TargetState
from leadline.queue.engine import BUSY_SECONDS, keep_statistics, open_engine, reading, rows, writing
from leadline.queue.holdout import Holdout, HoldoutDraw
from leadline.queue.measures import Measures, measure
from leadline.queue.migrate import migrate
from leadline.queue.ownership import Escalation
from leadline.queue.records import QueuedException, queued
from leadline.queue.runs import Journal
from leadline.queue.states import LIVE
from leadline.queue.tables import ANSWERS, DECISION, EXCEPTION, LISTED, SCORED
from leadline.queue.upsert import Night, UpsertReport, upsert
from leadline.queue.worklist import Worklist

_Row = TypeVar("_Row", bound=tuple[Any, ...])


@dataclass(frozen=True)
class Wanted:
    """Which exceptions to list; an empty tuple or None means all.

    ``owner`` is the current owner: assigned, else escalated to, else routed to. ``due_before``: those due earlier.
    """

    scores: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    owner: str | None = None
    due_before: datetime | None = None
    limit: int | None = None


@dataclass(frozen=True)
class QueueCounts:
    """How many exceptions one (score, state, currency) holds, and their money at risk."""

    score: str
    state: str
    currency: str
    exceptions: int
    money_at_risk: Decimal


class Store:
    """The ops store behind a URL: ``sqlite:///PATH`` or ``postgresql+psycopg://…``. Tables are made on first use.

    Every write is one transaction that also holds its outbox messages and its audit entries; with ``checkpoints``, the
    audit's head is appended to that file after it. Moments are given by the caller. Every method raises BusyError when
    another program holds the database, HomeError when it cannot be reached, IntegrityError when it is damaged.
    """

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS, checkpoints: Path | None = None) -> None:
        self.engine = open_engine(url, busy_seconds=busy_seconds)
        self.worklist = Worklist(self.engine)
        self.journal = Journal(self.engine)
        self.trial = Holdout(self.engine)
        self._checkpoints = CheckpointLog(checkpoints) if checkpoints else None
        migrate(self.engine)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def upsert(
        self,
        exceptions: Sequence[ScoredException],
        *,
        at: datetime,
        scored: Mapping[str, datetime] | None = None,
        unshown: Sequence[Finding] = (),
        drawn: Sequence[HoldoutDraw] = (),
        snapshot_id: str = "",
        run_id: int | None = None,
        rewind: bool = False,
    ) -> UpsertReport:
        """Put one run's exceptions into the queue. The same exceptions twice change nothing the second time.

        Args:
            exceptions: everything the run found, once each.
            at: when (UTC); decides whether a snooze is over.
            scored: the scores that were scored and their as-of, also those that found nothing: what waits for a
                scored score and was not found again expires. Taken from the exceptions when left out.
            unshown: what was found and not chosen tonight. It does not expire while it is worth what it was; it
                expires once its expected loss fell by more than a quarter.
            drawn: those of the exceptions that the trial may hold back; people do not see the held-back ones.
            snapshot_id: the snapshot scored; named where an exception ends because its cause is gone.
            run_id: the run that did it, for the journal.
            rewind: let an older as-of replace a later one.

        Raises:
            UsageError: the queue already holds a later as-of of one of the scores.
            IntegrityError: an exception occurs twice, or belongs to no scored score.
        """
        if scored is None:
            scored = {one.finding.score: one.finding.as_of for one in exceptions}
        with writing(self.engine) as connection:
            night = Night(tuple(exceptions), scored, tuple(unshown), snapshot_id, tuple(drawn))
            report = upsert(connection, night, run_id=run_id, at=at, rewind=rewind)
            keep_statistics(connection)
        self._write_checkpoint(at)
        return report

    def list_(self, wanted: Wanted = Wanted()) -> list[QueuedException]:
        """Return exceptions, the highest expected value first."""
        query = _matching(select(*LISTED), wanted)
        query = query.order_by(EXCEPTION.c.expected_value.desc(), EXCEPTION.c.external_id).limit(wanted.limit)
        with reading(self.engine) as connection:
            return [queued(row) for row in rows(connection, query)]

    def count(self, wanted: Wanted = Wanted()) -> int:
        """Return how many exceptions there are, whatever the limit."""
        with reading(self.engine) as connection:
            return int(connection.execute(_matching(select(func.count(EXCEPTION.c.external_id)), wanted)).scalar_one())

    def get(self, external_id: str) -> QueuedException:
        """Return one exception by its id, or by a prefix that is unique.

        Raises:
            UsageError: no exception, or more than one, has that prefix.
        """
        # A range of the key instead of LIKE, which SQLite answers by looking at every exception; ids are hex digits.
        query = select(EXCEPTION).where(EXCEPTION.c.external_id.between(external_id, external_id + "z"))
        with reading(self.engine) as connection:
            near = rows(connection, query.order_by(EXCEPTION.c.external_id).limit(5))
            found = [row for row in near if row["external_id"].startswith(external_id)]
        if len(found) == 1 and external_id:
            return queued(found[0])
        raise UsageError(
            "No such exception." if not found else "The prefix matches more than one exception.",
            expected="an external_id, or its first characters",
            found=external_id + (f" ({', '.join(row['external_id'] for row in found)} …)" if found else ""),
            next_step="leadline queue list --state all shows the ids",
        )

    def history(self, external_id: str) -> list[Decision]:
        """Return the decisions taken on one exception, oldest first."""
        with reading(self.engine) as connection:
            taken = decisions.decisions_since(connection, None)
        return [decision for decision in taken if decision.external_id == external_id]

    def decide(self, external_id: str, verdict: Verdict, *, at: datetime) -> QueuedException:
        """Take a decision on one exception (id or its beginning) and return it as it is now.

        Raises:
            UsageError: unknown verdict, reason or id, or the exception's state does not allow the verdict.
            BusyError: it changed since the person saw it (``expected_version``).
        """
        exact = self.get(external_id).external_id
        with writing(self.engine) as connection:
            changed = queued(decisions.decide(connection, exact, verdict, at=at))
        self._write_checkpoint(at)
        return changed

    def take(self, external_id: str, *, by: str, at: datetime, expected_version: int | None = None) -> QueuedException:
        """Start a review of an exception (state ``in_review``) and return it as it is now.

        Raises:
            UsageError: unknown id, or its state does not allow it.
            BusyError: another user is reviewing it, or it changed since the person saw it.
        """
        exact = self.get(external_id).external_id
        with writing(self.engine) as connection:
            changed = queued(decisions.take(connection, exact, by=by, at=at, expected_version=expected_version))
        self._write_checkpoint(at)
        return changed

    def decide_each(
        self, chosen: Sequence[tuple[str, int | None]], verdict: Verdict, *, at: datetime
    ) -> list[QueuedException | LeadlineError]:
        """Take the same decision on several exceptions (id, version looked at), each in its own transaction.

        Returns, in their order, each exception as it is now, or why nothing was decided on it: one that changed
        meanwhile does not hold up the others.

        Raises:
            UsageError: the verdict itself is invalid; nothing was decided.
        """
        decisions.check_words(verdict, at)
        results: list[QueuedException | LeadlineError] = []
        for external_id, version in chosen:
            try:
                results.append(self.decide(external_id, replace(verdict, expected_version=version), at=at))
            except (BusyError, UsageError) as exc:
                results.append(exc)
        return results

    def undo(self, external_id: str, *, by: str, at: datetime) -> QueuedException:
        """Take one's own last decision back, within a quarter of an hour, and return the exception as it is now.

        Raises:
            UsageError: unknown id; or the last thing that happened to it is no such decision of ``by``.
        """
        exact = self.get(external_id).external_id
        with writing(self.engine) as connection:
            changed = queued(decisions.undo(connection, exact, by=by, at=at))
        self._write_checkpoint(at)
        return changed

    def assign(
        self, external_id: str, *, to: str | None, by: str, at: datetime, expected_version: int | None = None
    ) -> QueuedException:
        """Assign an exception (None: back to its routed owner) and return it as it is now.

        Raises:
            UsageError: unknown id, or it is not waiting.
            BusyError: it changed since the person saw it.
        """
        exact = self.get(external_id).external_id
        with writing(self.engine) as connection:
            row = ownership.assign(connection, exact, to=to, by=by, at=at, expected_version=expected_version)
        self._write_checkpoint(at)
        return queued(row)

    def deal(self, team: str, members: Sequence[str], *, by: str, at: datetime) -> list[QueuedException]:
        """Give what waits for a team to its members by what they already have to do; return what was given.

        What a member has in review stays with them. Nothing waiting is no error.

        Raises:
            UsageError: no member is named.
        """
        if not members:
            raise UsageError("No members to assign to.", where=team, expected="at least one member", found="none")
        with writing(self.engine) as connection:
            dealt = ownership.deal(connection, team, members, by=by, at=at)
        self._write_checkpoint(at)
        return [queued(row) for row in dealt]

    def escalate(self, rules: Mapping[str, Escalation], *, moment: datetime, at: datetime) -> list[QueuedException]:
        """Escalate what is overdue by its score's rule; return what was escalated. Idempotent."""
        with writing(self.engine) as connection:
            gone_up = ownership.escalate(connection, rules, moment=moment, at=at)
        self._write_checkpoint(at)
        return [queued(row) for row in gone_up]

    def related(self, one: QueuedException, *, limit: int = 20) -> list[QueuedException]:
        """Return what else waits on the same object, then on the same project, the highest expected value first."""
        same = and_(EXCEPTION.c.object_type == one.object_type, EXCEPTION.c.object_id == one.object_id)
        near = [same] if one.project_id is None else [same, EXCEPTION.c.project_id == one.project_id]
        query = select(*LISTED).where(EXCEPTION.c.external_id != one.external_id, EXCEPTION.c.state.in_(LIVE))
        order = (same.desc(), EXCEPTION.c.expected_value.desc(), EXCEPTION.c.external_id)
        with reading(self.engine) as connection:
            return [queued(row) for row in rows(connection, query.where(or_(*near)).order_by(*order).limit(limit))]

    def decisions_since(self, moment: datetime | None = None) -> list[Decision]:
        """Return the decisions taken at or after a moment (all without one), oldest first."""
        with reading(self.engine) as connection:
            return decisions.decisions_since(connection, moment)

    def fan_out(self, target: str, intake: Intake, *, at: datetime, retry_dead: bool = False) -> None:
        """Note for a target the messages that are new to it; with ``retry_dead`` its dead letters wait again."""
        with writing(self.engine) as connection:
            deliveries.fan_out(connection, target, intake)
            if retry_dead:
                deliveries.revive(connection, target, at=at)

    def due_messages(self, target: str, *, at: datetime, limit: int) -> list[Message]:
        """Return the messages a target may be asked to take at ``at``; of each object the earliest only."""
        with reading(self.engine) as connection:
            return deliveries.due(connection, target, at=at, limit=limit)

    def next_due(self, target: str) -> datetime | None:
        """Return when the next message of a target may be tried; None when nothing waits for a moment."""
        with reading(self.engine) as connection:
            return deliveries.next_due(connection, target)

    def settle(self, target: str, outcomes: Sequence[Outcome], *, at: datetime) -> int:
        """Note what tries came to; return how many dead letters a later version made needless."""
        with writing(self.engine) as connection:
            return deliveries.settle(connection, target, outcomes, at=at)

    def address(
        self, target: str, *, key: str, subject: str, version: int, payload: Mapping[str, Any], at: datetime
    ) -> bool:
        """Put a message for one target into the outbox, in place of what that target did not get of the same subject.

        Returns whether it was put; a key that is there already changes nothing.
        """
        with writing(self.engine) as connection:
            put = outbox.address(
                connection, target, key=key, subject=subject, version=version, payload=dict(payload), at=at
            )
            if put:
                deliveries.fan_out(connection, target, Intake.OWN)
                deliveries.skip_before(connection, target, subject, version, at=at)
            return put

    def last_delivered(self, target: str) -> dict[str, datetime]:
        """Return when the last message that a target took of each subject was made."""
        with reading(self.engine) as connection:
            return deliveries.last_delivered(connection, target)

    def fresh_since(self, moment: datetime | None) -> dict[str, datetime]:
        """Return when each exception last became new work (added or re-opened) after a moment."""
        with reading(self.engine) as connection:
            return outbox.fresh_since(connection, moment)

    def delivery_state(self, target: str, intake: Intake) -> TargetState:
        """Return how many messages wait for a target, and its dead letters."""
        with reading(self.engine) as connection:
            return deliveries.state_of(connection, target, intake)

    def verify(self) -> AuditReport:
        """Check the audit chain, its checkpoints, and that exceptions and decisions are what it says.

        Raises:
            IntegrityError: something was changed behind the audit's back; everything found is listed.
        """
        with reading(self.engine) as connection:
            return audit.verify(connection, self._checkpoints)

    @contextmanager
    def writing(self, *, at: datetime) -> Iterator[Connection]:
        """Open one write transaction for what lies beside the queue (:mod:`leadline.access`), audited like the queue.

        It locks the audit's head first, so that all changes are serialised.
        """
        with writing(self.engine) as connection:
            audit.lock(connection)
            yield connection
        self._write_checkpoint(at)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one read transaction for what lies beside the queue."""
        with reading(self.engine) as connection:
            yield connection

    def _write_checkpoint(self, at: datetime) -> None:
        if self._checkpoints is not None:
            with reading(self.engine) as connection:
                head = audit.head_of(connection)
            self._checkpoints.append(head, at=at)

    def scored(self) -> dict[str, datetime]:
        """Return up to which as-of each score was queued."""
        with reading(self.engine) as connection:
            marks = rows(connection, select(SCORED).order_by(SCORED.c.score))
            return {mark["score"]: mark["as_of"] for mark in marks}

    def counts(self) -> list[QueueCounts]:
        """Return exceptions and money per score, state and currency."""
        keys = (EXCEPTION.c.score, EXCEPTION.c.state, EXCEPTION.c.currency)
        money = func.sum(EXCEPTION.c.money_at_risk)
        query = select(*keys, func.count(), money).group_by(*keys).order_by(*keys)
        with reading(self.engine) as connection:
            found = connection.execute(query).tuples()
            return [QueueCounts(score, state, currency, n, total) for score, state, currency, n, total in found]

    def measures(self, *, at: datetime) -> list[Measures]:
        """Return how well the queue works, score by score (:class:`leadline.queue.measures.Measures`), at a moment."""
        with reading(self.engine) as connection:
            everything = [queued(row) for row in rows(connection, select(*LISTED))]
            return measure(everything, decisions.decisions_since(connection, None), at=at)

    def count_decisions(self) -> int:
        """Return how many decisions were ever taken."""
        with reading(self.engine) as connection:
            return int(connection.execute(select(func.count(DECISION.c.number))).scalar_one())


def _matching(query: Select[_Row], wanted: Wanted) -> Select[_Row]:
    if wanted.scores:
        query = query.where(EXCEPTION.c.score.in_(wanted.scores))
    if wanted.states:
        query = query.where(EXCEPTION.c.state.in_(wanted.states))
    if wanted.owner is not None:
        query = query.where(ANSWERS.in_([wanted.owner]))
    if wanted.due_before is not None:
        query = query.where(EXCEPTION.c.due_at < wanted.due_before)
    return query

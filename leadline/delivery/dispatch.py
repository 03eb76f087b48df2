"""Serve targets from the outbox: at least once, in order per object, with backoff, each target independent.

One failing target or message blocks no other. A target that fails several times in a row is skipped until the
next run; a message that failed too often is a dead letter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leadline.delivery.backoff import RetryBudget, capped_retry_after, next_try
from leadline.delivery.target import Send, Target, Undelivered
from leadline.kernel.errors import LeadlineError
from leadline.queue.deliveries import Message, Outcome
from leadline.queue.store import Store

# After a crash at most this many messages are sent again.
CHUNK = 50
FAILURES_IN_A_ROW = 5

# Progress callback: a short text and the share done, 0 to 1.
Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class TargetReport:
    """What one run did for one target.

    Attributes:
        target: its name.
        delivered: messages it took.
        failed: tries that failed.
        dead: messages given up on in this run.
        skipped: dead letters that a later version made needless.
        waiting: messages it has still to get.
        stopped: why the target was left alone before all was done, in words; empty when it was not.
        failure: why the target could not be used at all.
    """

    target: str
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    skipped: int = 0
    waiting: int = 0
    stopped: str = ""
    failure: LeadlineError | None = None

    @property
    def trouble(self) -> str:
        """Why not all was delivered that could be, in words; empty when the target is well."""
        return f"{self.failure.what} ({self.failure.found})" if self.failure else self.stopped


@dataclass
class _Run:
    store: Store
    target: Target
    pace: RetryBudget
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    skipped: int = 0
    in_a_row: int = 0
    stopped: str = ""
    held_until: datetime | None = None
    outcomes: list[Outcome] = field(default_factory=list)


def deliver(
    store: Store,
    targets: Sequence[Target],
    *,
    pace: Callable[[], RetryBudget],
    retry_dead: bool = False,
    tell: Tell = lambda *_: None,
) -> list[TargetReport]:
    """Serve each target with what is due to it, and return a report per target.

    Args:
        store: holds the messages and what became of them.
        targets: are served one after the other.
        pace: makes the time of a run; each target has its own.
        retry_dead: try dead letters again.
        tell: hears which target is served, and which share of what waited for it was delivered.
    """
    return [_serve(_Run(store, target, pace()), retry_dead=retry_dead, tell=tell) for target in targets]


def _serve(run: _Run, *, retry_dead: bool, tell: Tell) -> TargetReport:
    target, failure = run.target, None
    run.store.fan_out(target.name, target.intake, at=run.pace.moment(), retry_dead=retry_dead)
    waited = run.store.delivery_state(target.name, target.intake).waiting
    try:
        while _may_go_on(run):
            chunk = run.store.due_messages(target.name, at=run.pace.moment(), limit=CHUNK)
            tell(target.name, run.delivered / max(waited, 1))
            if chunk:
                _send_all(run, chunk)
            elif not _awaited(run, run.store.next_due(target.name)):
                break
    except LeadlineError as exc:
        failure = exc
    waiting = run.store.delivery_state(target.name, target.intake).waiting
    return TargetReport(
        target=target.name,
        **{name: getattr(run, name) for name in ("delivered", "failed", "dead", "skipped", "stopped")},
        waiting=waiting,
        failure=failure,
    )


def _may_go_on(run: _Run) -> bool:
    if run.stopped:
        return False
    if run.held_until is not None and not _awaited(run, run.held_until):
        run.stopped = f"it asks to be left alone until {run.held_until:%Y-%m-%d %H:%M:%S} UTC"
        return False
    run.held_until = None
    return True


def _awaited(run: _Run, moment: datetime | None) -> bool:
    return moment is not None and run.pace.wait_until(moment)


def _send_all(run: _Run, chunk: Sequence[Message]) -> None:
    """Send a chunk, or as much of it as the target bears, then note what came of it."""
    run.outcomes = []
    with run.target.batch() as send:
        for message in chunk:
            _try(run, send, message)
            if run.stopped or run.held_until:
                break
    run.skipped += run.store.settle(run.target.name, run.outcomes, at=run.pace.moment())
    failed = [outcome for outcome in run.outcomes if outcome.error is not None]
    if len(failed) < len(run.outcomes):
        run.pace.progress()
    run.delivered += len(run.outcomes) - len(failed)
    run.failed += len(failed)
    run.dead += sum(outcome.next_try_at is None for outcome in failed)


def _try(run: _Run, send: Send, message: Message) -> None:
    at = run.pace.moment()
    try:
        send(message, at)
    except Undelivered as exc:
        _note_failure(run, message, exc, at)
        return
    run.outcomes.append(Outcome(message))
    run.in_a_row = 0


def _note_failure(run: _Run, message: Message, failure: Undelivered, at: datetime) -> None:
    again = next_try(message.key, message.tries + 1, at=at, asked=failure.wait_seconds)
    run.outcomes.append(Outcome(message, failure.reason, again))
    run.in_a_row = 0 if failure.is_refusal else run.in_a_row + 1
    if run.in_a_row >= FAILURES_IN_A_ROW:
        run.stopped = f"{run.in_a_row} failures in a row, the last: {failure.reason}"
    elif failure.wait_seconds:
        run.held_until = at + capped_retry_after(failure.wait_seconds)

"""The health of a home, as rows: what ran, what is red, which score can run on what landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadline.app.night import DELIVERY, HEALTH
from leadline.app.wiring import Parts
from leadline.app.work import is_held
from leadline.kernel.counts import counted
from leadline.kernel.errors import LeadlineError
from leadline.kernel.home import Home
from leadline.kernel.scores import SCORES
from leadline.queue.states import OK, RUNNING, WAITING

if TYPE_CHECKING:
    from leadline.queue.runs import Run
    from leadline.queue.store import Store
    from leadline.sources.doctor import EntityFacts
    from leadline.warehouse.landing import BatchManifest

Row = dict[str, Any]

GREEN, RED, WATCH = "ok", "red", "watch"

# The firm's rule on time that does not say whether it is billable.
UNFLAGGED = "unflagged_time_is_billable"
# How many dead letters a row names.
NAMED = 3


def status_rows(parts: Parts, home: Home) -> list[Row]:
    """Return what ran last of each command, the warehouse, landing, the queue, the outbox and the scores' drift."""
    from leadline.warehouse.landing import Landing

    with parts.open_store(home) as store:
        rows = [_run_row(run, is_busy=is_held(home)) for run in store.journal.last_of_each()]
        rows.append(_warehouse_row(parts, home))
        rows += _landing_rows(Landing(home.landing).batches(), now=parts.now())
        rows += _queue_rows(store)
        rows += _delivery_rows(parts, home, store)
        rows.append(_read_back_row(home))
        rows += _drift_rows(store)
    return rows


def readiness_rows(parts: Parts, home: Home | None) -> list[Row]:
    """Return a row per score: whether it can run on what landed, what it misses, what it would gain from."""
    present = _present(home)
    rows = []
    for score in SCORES:
        module = parts.risk_model(score)
        either: tuple[str, ...] = getattr(module, "NEEDS_ANY", ())
        missing = [name for name in module.NEEDS if name not in present]
        if either and not present.intersection(either):
            missing.append(" or ".join(either))
        rows.append(
            {
                "score": score,
                "state": "missing" if missing else "ready",
                "missing": missing,
                "would_gain_from": [name for name in module.USES if name not in present],
                "needs": [*module.NEEDS, *([" or ".join(either)] if either else [])],
                "uses": list(module.USES),
            }
        )
    return rows


def unflagged_time(parts: Parts, home: Home | None) -> str:
    """Return how many time entries do not say whether they are billable and what the firm's rule makes of them.

    Empty where every entry says, or nothing was built yet.
    """
    if home is None:
        return ""
    try:
        snapshot = parts.open_current(home.warehouse)
    except LeadlineError:
        return ""
    if snapshot.known_until is None:
        return ""
    silent = (
        snapshot.core("time_entry", as_of=snapshot.known_until).select("billable").collect()["billable"].null_count()
    )
    if not silent:
        return ""
    rules = snapshot.mart("gov_firm_rule").select("rule", "value").collect()
    is_billable = bool(dict(rules.iter_rows())[UNFLAGGED])
    taken = "billable" if is_billable else "not billable"
    words = "does not say if it is billable and counts" if silent == 1 else "do not say if they are billable and count"
    return f"{counted(silent, 'time entry', 'time entries')} {words} as {taken} ({UNFLAGGED} of firm_rule)."


def entity_rows(parts: Parts, home: Home | None) -> list[Row]:
    """Return a row per entity of the input contract: what landed, how fresh, what is wrong, who needs it."""
    from leadline.kernel.contracts import entities, entity

    facts = {one.entity: one for one in parts.examine(home, now=parts.now())} if home else {}
    modules = {score: parts.risk_model(score) for score in SCORES}
    return [
        {
            "entity": name,
            **_entity_facts(facts.get(name)),
            "needed_by": [
                score for score, module in modules.items() if name in (*module.NEEDS, *getattr(module, "NEEDS_ANY", ()))
            ],
            "used_by": [score for score, module in modules.items() if name in module.USES],
            "grain": entity(name).grain,
        }
        for name in entities()
    ]


def _run_row(run: Run, *, is_busy: bool) -> Row:
    state = GREEN if run.status == OK else (RUNNING if run.status == RUNNING and is_busy else RED)
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(run.counts.items()) if count)
    words = run.message or ("it was killed" if run.status == RUNNING and state == RED else "")
    return {
        "what": f"leadline {run.command}",
        "state": state,
        "at": _minute(run.finished_at or run.started_at),
        "as_of": _minute(run.as_of),
        "snapshot_id": run.snapshot_id,
        "detail": "; ".join(text for text in (words, counts) if text),
    }


def _warehouse_row(parts: Parts, home: Home) -> Row:
    try:
        snapshot = parts.open_current(home.warehouse)
    except LeadlineError as exc:
        return _row("warehouse", RED, exc.what)
    until = _minute(snapshot.known_until)
    return _row("warehouse", GREEN, f"knows everything until {until}") | {"snapshot_id": snapshot.snapshot_id}


def _landing_rows(batches: Sequence[BatchManifest], *, now: datetime) -> Iterator[Row]:
    from leadline.kernel.contracts import entity

    latest: dict[str, datetime] = {}
    for batch in batches:
        latest[batch.entity] = max(batch.loaded_at, latest.get(batch.entity, batch.loaded_at))
    stale = [
        f"{name} since {_minute(loaded)}"
        for name, loaded in sorted(latest.items())
        if name != "decision" and loaded + timedelta(hours=entity(name).freshness_hours) < now
    ]
    yield _row("fresh entities", RED if stale else GREEN, "stale: " + ", ".join(stale) if stale else f"{len(latest)}")
    held = {batch.entity: 0 for batch in batches}
    for batch in batches:
        held[batch.entity] += batch.rows_quarantined
    bad = [f"{count:,} of {name}" for name, count in sorted(held.items()) if count]
    yield _row("quarantine", RED if bad else GREEN, ", ".join(bad) or "empty")


def _queue_rows(store: Store) -> Iterator[Row]:
    from leadline.queue.worklist import RowScope, Sought

    sums = sorted(store.worklist.sums(RowScope(), Sought(states=WAITING)), key=lambda one: one.currency)
    at_risk = ", ".join(f"{one.money_at_risk:,.0f} {one.currency}" for one in sums)
    count = sum(one.exceptions for one in sums)
    yield _row("queue", GREEN, f"{count:,} waiting" + (f", {at_risk} at risk" if at_risk else ""))


def _delivery_rows(parts: Parts, home: Home, store: Store) -> Iterator[Row]:
    """Return a row per target: what waits, which messages were given up on and why, and what stopped it last."""
    try:
        targets = parts.open_targets(home)
    except LeadlineError as exc:
        yield _row("outbox", RED, "; ".join([exc.what, *map(str, exc.faults)]))
        return
    troubles: Mapping[str, str] = store.journal.latest_detail(DELIVERY) or {}
    for target in targets:
        state = store.delivery_state(target.name, target.intake)
        dead = [f"{one.key} ({one.error})" for one in state.dead]
        words = [f"{state.waiting:,} to deliver", f"{len(dead):,} dead letters" + (":" if dead else "")]
        more = [f"and {len(dead) - NAMED:,} more"] if len(dead) > NAMED else []
        detail = ", ".join(words) + " " + ", ".join([*dead[:NAMED], *more])
        trouble = troubles.get(target.name, "")
        reported = f"; {trouble}" if trouble else ""
        yield _row(f"outbox {target.name}", RED if dead or trouble else GREEN, detail.strip() + reported)


def _read_back_row(home: Home) -> Row:
    from leadline.delivery.read_back import left_for_people

    rejected, conflicts = left_for_people(home.outbox)
    detail = f"{counted(rejected, 'refused file')}, {counted(conflicts, 'file')} of conflicts"
    return _row("read-back", RED if rejected or conflicts else GREEN, detail)


def _drift_rows(store: Store) -> Iterator[Row]:
    states = {"alarm": RED, "watch": WATCH}
    for one in store.journal.latest_detail(HEALTH) or []:
        if one["state"] in states:
            yield _row(f"score {one['score']}", states[one["state"]], one["why"])


def _row(what: str, state: str, detail: str) -> Row:
    return {"what": what, "state": state, "at": None, "as_of": None, "snapshot_id": None, "detail": detail}


def _present(home: Home | None) -> set[str]:
    if home is None:
        return set()
    from leadline.warehouse.landing import Landing

    return set(Landing(home.landing).entities())


def _entity_facts(facts: EntityFacts | None) -> Row:
    if facts is None:
        return {"rows": 0, "keys": 0, "quarantined": 0, "fresh": None, "last_loaded_at": None, "remarks": []}
    return {
        "rows": facts.rows,
        "keys": facts.keys,
        "quarantined": facts.quarantined,
        "fresh": facts.is_fresh if facts.is_present else None,
        "last_loaded_at": _minute(facts.last_loaded_at),
        "remarks": list(_remarks(facts)),
    }


def _remarks(facts: EntityFacts) -> Iterator[str]:
    for rule in facts.broken_rules:
        yield f"{rule.column or 'row'}: {rule.faults:,} × expected {rule.expected}, found for example {rule.sample!r}"
    for lost in facts.orphans:
        target = f"{lost.references}, which has not landed" if lost.target_absent else lost.references
        yield f"{lost.column}: {counted(lost.rows, 'row')} with {counted(lost.keys, 'id')} unknown to {target}"
    if facts.known_ahead:
        yield f"{counted(facts.known_ahead, 'row')} known before being loaded: check the source's clock or time zone"


def _minute(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M}"

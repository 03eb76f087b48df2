"""What is said about a leak, class by class: title, expectation, observation, action and reasons, as statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadline.kernel import facts
from leadline.kernel.facts import Fact
from leadline.kernel.findings import Reason, Record, computed
from leadline.kernel.money import cents
from leadline.kernel.statements import Statement, say
from leadline.kernel.templates import ENGLISH, slots_of, templates

Row = Mapping[str, Any]

# Evidence pairs that a finding carries; the others are counted.
MOST_PAIRS = 5
MOST_NAMED = 3
# A leak due for longer than this says how long.
OLD_DAYS = 365

# What was seen is what was billed, but for these classes.
SEEN: Mapping[str, str] = {
    "approved_change_not_scheduled": "seen_planned",
    "nte_overrun_absorbed": "seen_billable",
}


@dataclass(frozen=True)
class Wording:
    """The four statements of a finding, beside its reasons."""

    title: Statement
    expected: Statement
    seen: Statement
    action: Statement


def leak_statements(row: Row, pairs: Sequence[Row]) -> tuple[Wording, dict[str, Fact]]:
    """Return what is said of a leak, and the facts behind it."""
    named = ", ".join(dict.fromkeys(pair["left_key"] for pair in pairs[:MOST_NAMED]))
    more = len({pair["left_key"] for pair in pairs}) - MOST_NAMED
    values = {
        "line": facts.ident(row["contract_line_id"]),
        "left": facts.ident(named if more <= 0 else f"{named} (+{more})"),
        "period": facts.month(row["period"]),
        "records": facts.number(row["records"]),
        "expected": facts.money(row["expected_amount"], row["currency"]),
        "billed": facts.money(row["billed_amount"], row["currency"]),
        "amount": facts.money(row["amount"], row["currency"]),
    }
    stated = {
        "leakage_class": facts.term(row["leakage_class"]),
        "contract_line_id": values["line"],
        "period": values["period"],
        "leaked_amount": values["amount"],
        "expected_amount": values["expected"],
        "billed_amount": values["billed"],
        "records": facts.number(row["records"], "records"),
        "late_since": facts.day(row["oldest"]),
    }
    if row["too_old_amount"]:
        stated["too_old_amount"] = facts.money(row["too_old_amount"], row["currency"])
    if more > 0:
        stated["records_not_named"] = facts.number(more, "records")
    kind = row["leakage_class"]
    names = (f"title_{kind}", f"expected_{kind}", SEEN.get(kind, "seen_billed"), f"do_{kind}")
    return Wording(*(_filled(name, values) for name in names)), stated


def leak_reasons(row: Row, pairs: Sequence[Row], *, as_of: datetime, billable_days: int) -> tuple[Reason, ...]:
    """Return one reason per evidence pair, most money first, five at most; the weight is the pair's money.

    What may no longer be billed comes before them, and the age of a leak of more than a year after them.
    """
    proofs = tuple(_pair_reason(pair) for pair in pairs[:MOST_PAIRS])
    return (*_too_old(row, proofs, billable_days=billable_days), *proofs, *_age(row, proofs, as_of=as_of))


def _age(row: Row, proofs: Sequence[Reason], *, as_of: datetime) -> tuple[Reason, ...]:
    age = (as_of.date() - row["oldest"]).days
    if age <= OLD_DAYS:
        return ()
    said = say("revenue_leakage.age", since=facts.day(row["oldest"]), age=facts.number(age, "days"))
    return (Reason("age", said, weight=0.0, records=tuple(proof.records[0] for proof in proofs[:1])),)


def _too_old(row: Row, proofs: Sequence[Reason], *, billable_days: int) -> tuple[Reason, ...]:
    if not row["too_old_amount"]:
        return ()
    amount = facts.money(row["too_old_amount"], row["currency"])
    said = say("revenue_leakage.too_old", amount=amount, limit=facts.number(billable_days, "days"))
    records = tuple(record for proof in proofs for record in proof.records[:1])
    return (Reason("too_old", said, weight=float(row["too_old_amount"]), records=records),)


def scope_statements(row: Row) -> tuple[Wording, dict[str, Fact]]:
    """Return what is said of unpriced scope, and the facts behind it.

    Where the changes that wait are worth more than the hours beyond what is due, it is said of them.
    """
    names = ["plan_hours", "hours_to_date", "unpriced_hours"]
    ahead = _is_ahead(row)
    hours = {name: facts.hours(round(row[name] or 0.0, 1)) for name in (*names, *(("due_hours",) if ahead else ()))}
    pending = facts.money(cents(row["pending_value"]), row["currency"])
    price = facts.money(cents(row["price_per_hour"] or 0.0), row["currency"])
    changes = facts.ident(", ".join(row["pending_ids"] or ()))
    values = {
        "project": facts.ident(row["project_id"]),
        "hours": hours["hours_to_date"],
        "price": price,
        "pending": pending,
        "changes": changes,
        **hours,
    }
    waits = row["pending_value"] > 0 and row["unpriced_value"] <= row["pending_value"]
    stated = {**hours, "pending_value": pending, "project_id": values["project"]}
    if not waits:
        stated["price_per_hour"] = price
    if changes.value:
        stated["pending_changes"] = changes
    kinds = ("waiting",) * 4 if waits else ("scope", *(("scope",) * 2 if ahead else ("tasks",) * 2), "scope")
    said = zip(kinds, ("title", "expected", "seen", "do"), strict=True)
    return Wording(*(_filled(f"{kind}_{part}", values) for kind, part in said)), stated


def scope_reasons(row: Row, causes: Sequence[tuple[str, float]]) -> tuple[Reason, ...]:
    """Return why the scope is thought to grow, bound to the project and the change orders that wait."""
    project = Record("project", row["project_id"])
    tasks = tuple(Record("task", one["task_id"], "planned_hours") for one in row["over_tasks"] or ())
    waiting = tuple(Record("change_order", key, "status") for key in row["pending_ids"] or ())
    reasons = [
        Reason(name, _of_scope(name), weight, (project, *waiting) if name.startswith("pending") else (project,))
        for name, weight in causes
    ]
    if tasks and not _is_ahead(row):
        # What the money comes from, before what makes it likely.
        most = max((reason.weight for reason in reasons), default=1.0)
        reasons.insert(0, Reason("over_tasks", _of_scope("over_tasks"), most, tasks))
    if not reasons:
        reasons.append(Reason("hours_over_plan", _of_scope("hours_over_plan"), records=(project,)))
    return tuple(reasons)


def _of_scope(code: str) -> Statement:
    return say(f"revenue_leakage.scope_{code}")


def _is_ahead(row: Row) -> bool:
    """Return whether the extra hours are those not due yet; else they are those of single tasks over their plan."""
    beyond = (row["hours_to_date"] or 0.0) - (row["due_hours"] or 0.0)
    return bool(beyond >= (row["unpriced_hours"] or 0.0) - 1e-9)


def _filled(name: str, values: Mapping[str, Fact]) -> Statement:
    """Return a statement with those of the values that its template asks for."""
    template = f"revenue_leakage.{name}"
    return say(template, **{slot: values[slot] for slot in slots_of(templates()[template][ENGLISH])})


def _pair_reason(pair: Row) -> Reason:
    amount = facts.money(pair["amount"], pair["currency"])
    values = {"left": facts.ident(pair["left_key"]), "right": facts.ident(pair["right_key"]), "amount": amount}
    return Reason(
        code=pair["leakage_class"],
        statement=_filled(f"proof_{pair['leakage_class']}", values),
        weight=float(pair["amount"]),
        records=(
            computed(pair["left_entity"], pair["left_key"], "leaked_amount", amount),
            Record(pair["right_entity"], pair["right_key"]),
        ),
    )

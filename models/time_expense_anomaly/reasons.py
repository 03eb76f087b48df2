"""What a finding on a line says: reasons, evidence, title and proposed action, as statements on the row's facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from features.time_expense_anomaly.lines import EVENT_DAYS
from features.time_expense_anomaly.rule import Rule
from features.time_expense_anomaly.rules import RULES
from leadline.kernel import facts
from leadline.kernel.facts import PERSON, Fact
from leadline.kernel.findings import Reason, Record
from leadline.kernel.statements import Statement, say
from leadline.kernel.templates import ENGLISH, slots_of, templates
from models.time_expense_anomaly.parameter_file import parameters

Row = Mapping[str, Any]

# A habit is worth a sentence from this robust distance on.
TELLING_Z = 3.5
MOST_HABITS = 2
HABITS = (
    *("hours_person_z", "hours_project_z", "week_person_z", "day_person_z", "lag_person_z"),
    *("amount_category_z", "amount_merchant_z", "amount_person_z", "amount_centre_z"),
)
DRAWN = Reason("random_review", say("time_expense_anomaly.random_review"))

# What can still be done about a line, by its status: what waits is corrected, what is approved reopened, what is billed
# credited.
STEPS = {"approved": "reopen", "billed": "credit"}


def hits(row: Row) -> list[Rule]:
    """Return the rules the line breaks, surest first."""
    broken = [rule for rule in RULES if rule.entity == row["object_type"] and row[rule.code] == 1.0]
    priors = parameters().rule_priors
    return sorted(broken, key=lambda rule: (-priors[rule.code][0] / sum(priors[rule.code]), rule.code))


def stated(name: str, row: Row) -> Statement:
    """Return a statement of the catalogue, its slots filled from the row; what is not known is said to be so."""
    template = f"time_expense_anomaly.{name}"
    return say(template, **{slot: _fact(slot, row) for slot in slots_of(templates()[template][ENGLISH])})


def reasons_for(row: Row, right: Mapping[str, float]) -> tuple[Reason, ...]:
    """Return every broken rule, then the habits the line departs from most; weights are log-odds."""
    rules = [
        Reason(
            code=rule.code,
            statement=stated(rule.code, row),
            weight=round(float(np.log(right[rule.code] / (1 - right[rule.code]))), 4),
            records=_records(rule, row),
        )
        for rule in hits(row)
    ]
    far = sorted(((abs(row[name] or 0.0), name) for name in HABITS), reverse=True)[:MOST_HABITS]
    habits = [_habit(row, name, z) for z, name in far if z >= TELLING_Z]
    return (*rules, *habits) or (Reason("pattern", stated("pattern", row), records=(_own(row),)),)


def _habit(row: Row, name: str, z: float) -> Reason:
    """Return how far a line is from a habit; the weight is by the distance that the model sees, within its limits."""
    code, distance = name.removesuffix("_z"), abs(row[f"raw_{name}"])
    said = say(f"time_expense_anomaly.{code}", distance=facts.number(distance, digits=1))
    return Reason(code, said, weight=round(-1.0 / z, 4), records=(_own(row),))


def _money(name: str) -> Callable[[Row], Fact]:
    """Read an amount that is in the reporting currency, or in the line's own where no rate is known."""
    return lambda row: facts.money(round(row[name], 2), row["money_currency"])


def _read(kind: Callable[[Any], Fact], name: str) -> Callable[[Row], Fact]:
    return lambda row: kind(row[name])


def _days(value: float) -> Fact:
    return facts.number(int(value), "days")


# How each slot of the catalogue's sentences is read from a row.
SLOTS: Mapping[str, Callable[[Row], Fact]] = {
    "amount": lambda row: facts.money(row["amount"], row["currency"]),
    **{name: _money(name) for name in ("amount_seen", "category_limit", "split_total")},
    "copies": lambda row: facts.number(int(row["copies"])),
    "split_count": lambda row: facts.number(int(row["split_count"]), "purchases"),
    "hours_booked": lambda row: facts.hours(round(row["hours_booked"], 2)),
    **{name: _read(lambda value: facts.hours(round(value, 2)), name) for name in ("day_hours", "week_hours")},
    **{name: _read(facts.ident, name) for name in ("exact_of", "near_of", "project_id", "task_id", "task_project_id")},
    **{name: _read(facts.day, name) for name in ("event_day", "project_start", "project_end", "submitted_at")},
    **{name: _read(lambda value: facts.day(value, about=PERSON), name) for name in ("hire_date", "termination_date")},
    "leave_id": lambda row: facts.ident(row["leave_id"], about=PERSON),
    **{name: _read(facts.name, name) for name in ("merchant", "kind", "currency", "role", "home_role")},
    # What the firm's policy allows.
    **{name: _read(facts.hours, name) for name in ("max_hours_a_day", "max_hours_a_week")},
    **{name: _read(_days, name) for name in ("early_days", "late_time_days", "late_expense_days")},
    "receipt_from": _money("receipt_from"),
    "project_status": lambda row: facts.term(row["project_status"]),
    "lag_days": lambda row: _days(row["lag_days"]),
}


def _fact(slot: str, row: Row) -> Fact:
    return SLOTS[slot](row) if row.get(slot) is not None else facts.term("unknown")


def _own(row: Row, column: str = "") -> Record:
    return Record(entity=row["object_type"], key=row["object_id"], column=column)


def _records(rule: Rule, row: Row) -> tuple[Record, ...]:
    """The line's own columns, then the records it contradicts."""
    own = [_own(row, name) for name in rule.columns]
    slots = slots_of(templates()[f"time_expense_anomaly.{rule.code}"][ENGLISH])
    others = [Record(row["object_type"], str(row[key])) for key in ("exact_of", "near_of") if key in slots]
    if rule.code in ("on_leave", "expense_on_leave"):
        others.append(Record(entity="leave", key=row["leave_id"]))
    if "project_end" in slots or "project_start" in slots:
        others.append(Record(entity="project", key=row["project_id"]))
    if rule.code in ("nonbillable_task_billed", "task_of_other_project"):
        others.append(Record(entity="task", key=row["task_id"]))
    if "not_employed" in rule.code:
        others.append(Record(entity="person", key=row["person_id"]))
    return (*own, *others)


def title_of(row: Row) -> Statement:
    """Return one line for the queue: what is wrong with which line."""
    broken = hits(row)
    what, on = facts.term(broken[0].code if broken else "unusual_line"), facts.day(row[EVENT_DAYS[row["object_type"]]])
    kind, size = _size(row)
    return say(f"time_expense_anomaly.title_{kind}", what=what, day=on, **size)


def _size(row: Row) -> tuple[str, dict[str, Fact]]:
    """Return the line's size as people read it: hours and project, or amount and merchant; without what is unknown."""
    if row["object_type"] == "time_entry":
        hours = {"hours": facts.hours(row["hours"])}
        if not row["project_id"]:
            return "entry_plain", hours
        return "entry", {**hours, "project": facts.ident(row["project_id"])}
    amount = {"amount": facts.money(row["amount"], row["currency"])}
    if not row["merchant"]:
        return "expense_plain", amount
    return "expense", {**amount, "merchant": facts.name(row["merchant"])}


def expected_and_seen(row: Row) -> tuple[Statement, Statement]:
    """Return what should have been and what is, by the surest broken rule."""
    broken = hits(row)
    if not broken:
        kind, size = _size(row)
        return stated("expected_usual", row), say(f"time_expense_anomaly.seen_{kind}", **size)
    return stated(f"expected_{broken[0].code}", row), stated(f"seen_{broken[0].code}", row)


def action_of(row: Row) -> Statement:
    """Return the proposed next step, which the line's state allows; a person decides."""
    step = STEPS.get(row["status"], "correct")
    other = row["exact_of"] or row["near_of"]
    if other:
        own = facts.ident(row["object_id"])
        return say(f"time_expense_anomaly.do_compare_{step}", other=facts.ident(other), own=own)
    if not row["person_id"]:
        return say(f"time_expense_anomaly.do_{step}_payer")
    return say(f"time_expense_anomaly.do_{step}", person=facts.person(row["person_id"]))


def facts_of(row: Row) -> dict[str, Fact]:
    """Return the figures a narrative may quote; unknown ones are left out."""
    own: Mapping[str, Callable[[Any], Fact]]
    if row["object_type"] == "time_entry":
        own = {"hours": facts.hours, "work_date": facts.day, "day_hours": facts.hours}
    else:
        own = {"merchant": facts.name, "category": facts.name, "expense_date": facts.day}
    found = {name: kind(row[name]) for name, kind in own.items() if row[name] is not None}
    if row["object_type"] == "expense" and row["amount"] is not None:
        found["amount"] = facts.money(row["amount"], row["currency"])
    if row["lag_days"] is not None:
        found["lag_days"] = _days(row["lag_days"])
    if row["copies"] is not None:
        found["copies"] = facts.number(int(row["copies"]))
    return {**found, "rules_broken": facts.number(len(hits(row)))}

"""What a finding on a line says: reasons, evidence, title and proposed action, from the row's facts only."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from features.time_expense_anomaly.lines import EVENT_DAYS
from features.time_expense_anomaly.rule import Rule
from features.time_expense_anomaly.rules import RULES
from leadline.kernel.findings import Reason, Record
from models.time_expense_anomaly.parameter_file import parameters

Row = Mapping[str, Any]

# A habit is worth a sentence from this robust distance on.
TELLING_Z = 3.5
MOST_HABITS = 2
HABITS: Mapping[str, str] = {
    "hours_person_z": "The hours of the entry are far from what the person usually books",
    "hours_project_z": "The hours are far from what the person usually books on this project",
    "week_person_z": "The week's hours are far from the person's usual week",
    "day_person_z": "The day's total is far from the person's usual day",
    "lag_person_z": "It was submitted much later or earlier than the person usually does",
    "amount_category_z": "The amount is far from what this category usually costs",
    "amount_merchant_z": "The amount is far from what this merchant usually charges",
    "amount_person_z": "The amount is far from what the person usually spends",
    "amount_centre_z": "The amount is far from what the cost centre usually spends",
}


class _Told(dict[str, Any]):
    """Facts for a template; what is not known is said to be so."""

    def __missing__(self, key: str) -> str:
        return "unknown"


def hits(row: Row) -> list[Rule]:
    """Return the rules the line breaks, surest first."""
    broken = [rule for rule in RULES if rule.entity == row["object_type"] and row[rule.code] == 1.0]
    priors = parameters().rule_priors
    return sorted(broken, key=lambda rule: (-priors[rule.code][0] / sum(priors[rule.code]), rule.code))


def told(template: str, row: Row) -> str:
    """Fill a rule's template from the row."""
    return template.format_map(_Told({name: value for name, value in row.items() if value is not None}))


def reasons_for(row: Row, right: Mapping[str, float]) -> tuple[Reason, ...]:
    """Return every broken rule, then the habits the line departs from most; weights are log-odds."""
    rules = [
        Reason(
            code=rule.code,
            text=told(rule.text, row),
            weight=round(float(np.log(right[rule.code] / (1 - right[rule.code]))), 4),
            records=_records(rule, row),
        )
        for rule in hits(row)
    ]
    far = sorted(((abs(row[name] or 0.0), name) for name in HABITS), reverse=True)[:MOST_HABITS]
    habits = [
        Reason(
            code=name.removesuffix("_z"),
            text=f"{HABITS[name]}: {z:.1f} robust deviations.",
            weight=round(-1.0 / z, 4),
            records=(_own(row),),
        )
        for z, name in far
        if z >= TELLING_Z
    ]
    return (*rules, *habits) or (Reason(code="pattern", text=_PATTERN, records=(_own(row),)),)


_PATTERN = "No single rule is broken; together its figures look like lines that were taken back before."


def _own(row: Row, column: str = "", value: str = "") -> Record:
    return Record(entity=row["object_type"], key=row["object_id"], column=column, value=value)


def _records(rule: Rule, row: Row) -> tuple[Record, ...]:
    """The line's own columns, then the records it contradicts."""
    own = [_own(row, name, "" if row.get(name) is None else str(row[name])) for name in rule.columns]
    others = [
        Record(entity=row["object_type"], key=str(row[key]))
        for key in ("exact_of", "near_of")
        if f"{{{key}}}" in rule.text
    ]
    if rule.code in ("on_leave", "expense_on_leave"):
        others.append(Record(entity="leave", key=row["leave_id"]))
    if "project_end" in rule.text or "project_start" in rule.text:
        others.append(Record(entity="project", key=row["project_id"]))
    if rule.code in ("nonbillable_task_billed", "task_of_other_project"):
        others.append(Record(entity="task", key=row["task_id"]))
    if "not_employed" in rule.code:
        others.append(Record(entity="person", key=row["person_id"]))
    return (*own, *others)


def title_of(row: Row) -> str:
    """Return one line for the queue: what is wrong with which line."""
    broken = hits(row)
    what = broken[0].code.replace("_", " ").capitalize() if broken else "Unusual line"
    return f"{what}: {size_of(row)} on {row[EVENT_DAYS[row['object_type']]]}"


def size_of(row: Row) -> str:
    """Return the line's size as people read it: hours, or amount and currency with the merchant."""
    if row["object_type"] == "time_entry":
        return f"{row['hours']} h" + (f" on {row['project_id']}" if row["project_id"] else "")
    return f"{row['amount']} {row['currency']}" + (f" at {row['merchant']}" if row["merchant"] else "")


def expected_and_seen(row: Row) -> tuple[str, str]:
    """Return what should have been and what is, by the surest broken rule."""
    broken = hits(row)
    if not broken:
        return "a line like the person's and project's others", size_of(row)
    return told(broken[0].expected, row), told(broken[0].seen, row)


def action_of(row: Row) -> str:
    """Return the proposed next step; a person decides."""
    other = row["exact_of"] or row["near_of"]
    who = f"person {row['person_id']}" if row["person_id"] else "the payer"
    if other:
        return f"Compare with {other}; if it is the same, reject {row['object_id']} and keep {other}."
    if row["status"] == "billed":
        return f"Ask {who}; if it is wrong, correct it and credit the customer on the next invoice."
    return f"Ask {who}; correct or reject the line before it is approved and billed."


def facts_of(row: Row) -> dict[str, str | int | float | Decimal]:
    """Return the figures a narrative may quote; unknown ones are left out."""
    wanted = (
        ("hours", "work_date", "day_hours", "lag_days", "copies")
        if row["object_type"] == "time_entry"
        else ("amount", "currency", "merchant", "category", "expense_date", "lag_days", "copies")
    )
    facts = {name: row[name] for name in wanted if row[name] is not None}
    plain = {name: str(v) if hasattr(v, "isoformat") else v for name, v in facts.items()}
    return {**plain, "rules_broken": len(hits(row))}

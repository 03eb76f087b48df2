"""What is said about a leak, class by class: title, expectation, observation, action and reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from leadline.kernel.findings import Reason, Record

Row = Mapping[str, Any]

# Evidence pairs that a finding carries; the others are counted.
MOST_PAIRS = 5
MOST_NAMED = 3


@dataclass(frozen=True)
class Wording:
    """Texts of one class; ``{...}`` are filled from the facts of the finding."""

    title: str
    expected: str
    action: str
    seen: str = "{billed} {currency} billed"


WORDS: Mapping[str, Wording] = {
    "approved_change_not_scheduled": Wording(
        title="Approved change {left} is not in the billing schedule of {line}",
        expected="{expected} {currency} planned or billed for {left}",
        seen="{billed} {currency} planned or billed",
        action="Add change order {left} to the billing schedule of {line}, or record why it is not charged",
    ),
    "unbilled_time": Wording(
        title="Approved time of {period} on {line} was never billed",
        expected="{expected} {currency} billed for {records} approved time entries",
        action="Put {left} on the next invoice of {line}, or mark them not billable with a reason",
    ),
    "unbilled_expense": Wording(
        title="Approved expenses of {period} on {line} were never passed on",
        expected="{expected} {currency} billed for {records} approved expenses",
        action="Put {left} on the next invoice of {line}, or mark them not billable with a reason",
    ),
    "milestone_not_invoiced": Wording(
        title="Milestone {left} was reached and not invoiced",
        expected="{expected} {currency} invoiced for {left}",
        action="Release {left} for billing on {line}, or correct the day it was reached",
    ),
    "rate_below_contract": Wording(
        title="Time of {period} on {line} was billed below the agreed price",
        expected="{expected} {currency} at the agreed price",
        action="Correct the price on {left} and bill the difference, or record the concession",
    ),
    "missed_escalator": Wording(
        title="The agreed price rise was not applied on {line} in {period}",
        expected="{expected} {currency} after the rise that contract {left} agrees",
        action="Raise the price of {line} as contract {left} agrees and bill the difference",
    ),
    "recurring_misbilled": Wording(
        title="The monthly fee of {line} for {period} was not billed in full",
        expected="{expected} {currency} for the month",
        action="Bill the missing {amount} {currency} of {period} on {line}, or record the agreed reduction",
    ),
    "nte_overrun_absorbed": Wording(
        title="Work on {line} exceeds what may be billed, and the firm bears it",
        expected="{expected} {currency} for the approved work",
        seen="{billed} {currency} may be billed",
        action="Agree a higher ceiling for {line} by a change order, or stop the work that is not paid",
    ),
}

# What each pair of records proves.
PROOF: Mapping[str, str] = {
    "approved_change_not_scheduled": "change order {left} was approved; {right} plans or bills too little for it",
    "unbilled_time": "time entry {left} is approved and billable at the price {right}, and on no valid invoice",
    "unbilled_expense": "expense {left} is approved and billable, and on no valid invoice",
    "milestone_not_invoiced": "milestone {left} is reached; no valid invoice line of {right} bills it",
    "rate_below_contract": "invoice line {left} is priced below the agreed price {right}",
    "missed_escalator": "contract {left} agrees a rise that invoice line {right} does not show",
    "recurring_misbilled": "{left} asks for the fee of the month; {right} bills less",
    "nte_overrun_absorbed": "time entry {left} crossed the ceiling of {right}",
}

SCOPE = Wording(
    title="Work on {project} goes beyond its scope without a change order",
    expected="{due_hours} hours worked by now, of the {plan_hours} approved for the agreed scope",
    seen="{hours} hours worked, {unpriced_hours} more, at {price} {currency} an hour",
    action="Agree a change order for the extra work on {project}, or stop it",
)
# Where single tasks are further over than the whole is ahead of its time.
TASKS = replace(
    SCOPE,
    expected="each task within its planned hours, {plan_hours} hours in all for the agreed scope",
    seen="{hours} hours worked, {unpriced_hours} beyond the plan of single tasks, at {price} {currency} an hour",
)
WAITING = Wording(
    title="Changes of {project} wait for approval while work goes on",
    expected="changes approved before they are worked on",
    seen="change orders of {pending} {currency} waiting, {hours} of {plan_hours} approved hours worked",
    action="Get {changes} decided, or keep the team from working on them",
)

SCOPE_REASONS: Mapping[str, str] = {
    "hours_over_plan": "hours worked against the approved plan",
    "hours_over_pace": "hours run ahead of the calendar",
    "hours_over_earned": "hours worked against the reported progress",
    "hours_28d_over_plan": "the share of the plan that the last four weeks took",
    "task_overrun_share": "hours of single tasks against their plan",
    "elapsed_share": "the share of its time that has passed",
    "progress": "its reported progress",
    "plan_hours_log": "the size of the project",
    "billable_share": "its share of billable work",
    "days_since_baseline": "the age of its approved baseline",
    "pending_count": "change orders wait for approval",
    "pending_hours_share": "the hours of the change orders that wait",
    "pending_days": "how long a change order has waited",
    "requested_180d": "changes asked for lately",
    "approved_180d": "changes approved lately",
    "rejected_180d": "changes refused lately",
}


def leak_texts(row: Row, pairs: Sequence[Row]) -> tuple[Wording, dict[str, str | int | Decimal]]:
    """Return the filled wording of a leak and the facts its figures stand on."""
    named = ", ".join(dict.fromkeys(pair["left_key"] for pair in pairs[:MOST_NAMED]))
    more = len({pair["left_key"] for pair in pairs}) - MOST_NAMED
    values = {
        "line": row["contract_line_id"],
        "left": named if more <= 0 else f"{named} and {more} more",
        "period": row["period"],
        "currency": row["currency"],
        "records": str(row["records"]),
        "expected": f"{row['expected_amount']:,.2f}",
        "billed": f"{row['billed_amount']:,.2f}",
        "amount": f"{row['amount']:,.2f}",
    }
    facts: dict[str, str | int | Decimal] = {
        "leakage_class": row["leakage_class"],
        "contract_line_id": row["contract_line_id"],
        "period": row["period"],
        "leaked_amount": row["amount"],
        "leaked_currency": row["currency"],
        "expected_amount": row["expected_amount"],
        "billed_amount": row["billed_amount"],
        "records": row["records"],
        "late_since": row["oldest"].isoformat(),
    }
    if more > 0:
        facts["records_not_named"] = more
    return _filled(WORDS[row["leakage_class"]], values), facts


def leak_reasons(pairs: Sequence[Row]) -> tuple[Reason, ...]:
    """Return one reason per evidence pair, dearest first, five at most; the weight is the pair's money."""
    return tuple(_pair_reason(pair) for pair in pairs[:MOST_PAIRS])


def scope_texts(row: Row) -> tuple[Wording, dict[str, str | float | Decimal]]:
    """Return the filled wording of unpriced scope and the facts its figures stand on.

    Where the changes that wait are worth more than the hours beyond what is due, it is said of them.
    """
    names = ["plan_hours", "hours_to_date", "unpriced_hours"]
    ahead = _is_ahead(row)
    hours = {name: round(row[name] or 0.0, 1) for name in (*names, *(("due_hours",) if ahead else ()))}
    pending = Decimal(repr(row["pending_value"])).quantize(Decimal("0.01"), ROUND_HALF_UP)
    price = Decimal(repr(row["price_per_hour"] or 0.0)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    values = {
        "project": row["project_id"],
        "currency": row["currency"],
        "plan_hours": f"{hours['plan_hours']:,.1f}",
        "hours": f"{hours['hours_to_date']:,.1f}",
        "unpriced_hours": f"{hours['unpriced_hours']:,.1f}",
        "due_hours": f"{hours.get('due_hours', 0.0):,.1f}",
        "price": f"{price:,.2f}",
        "pending": f"{pending:,.2f}",
        "changes": ", ".join(row["pending_ids"] or ()),
    }
    waits = row["pending_value"] > 0 and row["unpriced_value"] <= row["pending_value"]
    facts: dict[str, str | float | Decimal] = {**hours, "pending_value": pending, "project_id": row["project_id"]}
    if not waits:
        facts["price_per_hour"] = price
    if values["changes"]:
        facts["pending_changes"] = values["changes"]
    return _filled(WAITING if waits else SCOPE if ahead else TASKS, values), facts


def scope_reasons(row: Row, causes: Sequence[tuple[str, float]]) -> tuple[Reason, ...]:
    """Return why the scope is thought to grow, bound to the project and the change orders that wait."""
    project = Record("project", row["project_id"])
    tasks = tuple(
        Record("task", one["task_id"], "planned_hours", one["planned_hours"]) for one in row["over_tasks"] or ()
    )
    waiting = tuple(Record("change_order", key, "status", "waiting") for key in row["pending_ids"] or ())
    reasons = [
        Reason(
            code=name,
            text=SCOPE_REASONS[name],
            weight=weight,
            records=(project, *waiting) if name.startswith("pending") else (project,),
        )
        for name, weight in causes
    ]
    if tasks and not _is_ahead(row):
        # What the money stands on, before what makes it likely.
        most = max((reason.weight for reason in reasons), default=1.0)
        reasons.insert(0, Reason("over_tasks", "more hours than planned went into single tasks", most, tasks))
    if not reasons:
        reasons.append(Reason(code="hours_over_plan", text=SCOPE_REASONS["hours_over_plan"], records=(project,)))
    return tuple(reasons)


def _is_ahead(row: Row) -> bool:
    """Return whether the extra hours are those not due yet; else they are those of single tasks over their plan."""
    beyond = (row["hours_to_date"] or 0.0) - (row["due_hours"] or 0.0)
    return bool(beyond >= (row["unpriced_hours"] or 0.0) - 1e-9)


def _filled(wording: Wording, values: Mapping[str, str]) -> Wording:
    return Wording(
        title=wording.title.format(**values),
        expected=wording.expected.format(**values),
        seen=wording.seen.format(**values),
        action=wording.action.format(**values),
    )


def _pair_reason(pair: Row) -> Reason:
    amount, currency = pair["amount"], pair["currency"]
    text = PROOF[pair["leakage_class"]].format(left=pair["left_key"], right=pair["right_key"])
    return Reason(
        code=pair["leakage_class"],
        text=f"{text} ({amount:,.2f} {currency})",
        weight=float(amount),
        records=(
            Record(pair["left_entity"], pair["left_key"], "amount", str(amount)),
            Record(pair["right_entity"], pair["right_key"]),
        ),
    )

"""Why an invoice may be disputed, in plain words: features in groups, each with a sentence and an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp
from typing import Any, TypeAlias

from features.invoice_dispute.document_checks import BILLING_METHODS

Row: TypeAlias = Mapping[str, Any]

UNUSUAL = 0.4  # log of a ratio: half as much again
TRIFLE = 0.05  # a smaller share of an invoice's hours or work is nothing to speak of
LARGE = 11.0  # log of an amount in the reporting currency: about 60,000
ABOVE = 1.1  # a client's rate must exceed the firm's by a tenth to be told


@dataclass(frozen=True)
class Group:
    """Features that tell one story.

    ``says`` returns its sentence for a row, or None where the row gives nothing to say. ``draft`` and ``issued`` are
    the actions proposed when the story dominates, before and after the invoice is sent.
    """

    code: str
    features: tuple[str, ...]
    says: Callable[[Row], str | None]
    draft: str
    issued: str


def percent(share: float) -> str:
    """Return a share as a whole percentage, with one decimal below ten."""
    return f"{100 * share:.0f} %" if share >= 0.0995 or share == 0 else f"{100 * share:.1f} %"


def _share(row: Row, name: str) -> float:
    return float(row[name] or 0.0)


def _client_history(row: Row) -> str | None:
    own, firm = _share(row, "client_dispute_rate"), _share(row, "firm_dispute_rate")
    if own <= ABOVE * firm and not row["client_open_disputes"]:
        return None
    text = f"The client disputes about {percent(own)} of its invoices; the firm's average is {percent(firm)}"
    if row["client_open_disputes"]:
        text += f"; {int(row['client_open_disputes'])} of its disputes are open now"
    return text + "."


def _purchase_order(row: Row) -> str | None:
    if row["po_missing"]:
        return "The client pays only against its purchase-order number, and none is printed."
    return "The purchase-order number is not the one in the contract." if row["po_differs"] else None


def _rate_mismatch(row: Row) -> str | None:
    above, below = _share(row, "rate_above_share"), _share(row, "rate_below_share")
    if above > 0:
        return f"{percent(above)} of the money is billed above the agreed rate."
    return f"{percent(below)} of the money is billed below the agreed rate." if below > 0 else None


def _arithmetic(row: Row) -> str | None:
    if row["lines_total_differs"]:
        return "The lines do not add up to the invoice's amount."
    share = _share(row, "quantity_times_rate_differs_share")
    return f"On {percent(share)} of the money, quantity times rate is not the amount." if share > 0 else None


def _repeated(row: Row) -> str | None:
    share = _share(row, "repeated_line_share")
    return f"{percent(share)} of the money was billed for the same period on another invoice." if share > 0 else None


def _changes(row: Row) -> str | None:
    if _share(row, "unapproved_change_share") > 0:
        return f"{percent(row['unapproved_change_share'])} of the money bills change orders that are not approved."
    if _share(row, "change_share") > 0:
        return f"{percent(row['change_share'])} of the money bills change orders."
    if row["pending_changes"]:
        return f"{int(row['pending_changes'])} change order(s) of the project wait for approval."
    return "Change orders of the project were approved recently." if row["recent_changes"] else None


def _late_time(row: Row) -> str | None:
    late, open_ = _share(row, "late_time_share"), _share(row, "unapproved_time_share")
    if open_ > 0:
        return f"{percent(open_)} of the hours billed are not approved."
    if _share(row, "old_work_share") > TRIFLE:
        return f"{percent(row['old_work_share'])} of the money is for work more than a month before the period billed."
    if late > TRIFLE:
        return f"{percent(late)} of the hours billed were entered more than a week after the work."
    days = row["days_period_to_issue"]
    return f"It is billed {int(days)} days after the period it is for." if days is not None and days > 20 else None


def _tax_code(row: Row) -> str | None:
    share = _share(row, "tax_code_missing_share")
    return f"{percent(share)} of the money has no tax code." if share > 0 else None


def _currency(row: Row) -> str | None:
    return "It is billed in another currency than the contract's." if row["currency_differs"] else None


def _terms(row: Row) -> str | None:
    days = row["terms_differ_days"]
    if not days:
        return None
    return f"It is due {abs(int(days))} days {'later' if days > 0 else 'earlier'} than the contract allows."


def _budget(row: Row) -> str | None:
    for name, what in (("ceiling_burn", "the contract's ceiling"), ("contract_burn", "the contract's value")):
        if _share(row, name) > 0.9:
            return f"With it, {percent(row[name])} of {what} is billed."
    if _share(row, "hours_burn") > 1:
        return f"The project has used {percent(row['hours_burn'])} of its approved hours."
    if (row["days_after_contract_end"] or 0) > 0:
        return f"It bills work {int(row['days_after_contract_end'])} days after the contract ended."
    late = row["days_past_planned_end"]
    return f"The project is {int(late)} days past its planned end." if late is not None and late > 0 else None


def _size(row: Row) -> str | None:
    for name, what in (
        ("amount_to_previous", "the contract's last invoice"),
        ("amount_to_project_median", "what is usual for the project"),
        ("amount_to_client_median", "what is usual for the client"),
    ):
        if (row[name] or 0) > UNUSUAL:
            return f"Its amount is {exp(row[name]):.1f} times {what}."
    return "It is a large invoice." if _share(row, "amount_log") > LARGE else None


def _manager(row: Row) -> str | None:
    days = row["days_since_new_manager"]
    if days is not None and days <= 90:
        return f"The project manager changed {int(days)} days ago."
    own, firm = _share(row, "manager_dispute_rate"), _share(row, "firm_dispute_rate")
    return f"Invoices of this project manager are disputed in {percent(own)} of cases." if own > 1.2 * firm else None


def _payment(row: Row) -> str | None:
    late = _share(row, "client_late_rate")
    if _share(row, "client_overdue_share") > 0.25:
        return f"{percent(row['client_overdue_share'])} of the client's unpaid invoices are overdue."
    return f"The client pays {percent(late)} of its invoices more than five days late." if late > 0.4 else None


def _relationship(row: Row) -> str | None:
    if row["client_invoices_year"] == 0:
        return "It is the client's first invoice in a year."
    return "It is the project's first invoice." if row["project_invoices_year"] == 0 else None


def _layout(row: Row) -> str | None:
    if _share(row, "description_missing_share") > 0:
        return f"{percent(row['description_missing_share'])} of the money has no description."
    if _share(row, "undescribed_time_share") > 0.1:
        return f"{percent(row['undescribed_time_share'])} of the hours billed say nothing of what was done."
    expenses = _share(row, "expense_share")
    return f"{percent(expenses)} of the money is expenses." if expenses > 0.1 else None


def _silent(_row: Row) -> str | None:
    return None


_CALL = "Go through the invoice with the client's approver "

GROUPS: tuple[Group, ...] = (
    Group(
        "client_history",
        (
            "firm_dispute_rate",
            "client_dispute_rate",
            "project_dispute_rate",
            "client_recent_dispute_rate",
            "client_days_since_dispute",
            "client_open_disputes",
        ),
        _client_history,
        _CALL + "before issuing it.",
        _CALL + "before it is due.",
    ),
    Group(
        "purchase_order",
        ("po_missing", "po_differs"),
        _purchase_order,
        "Add the purchase-order number before issuing.",
        "Send the invoice again with the purchase-order number.",
    ),
    Group(
        "rate_mismatch",
        ("rate_above_share", "rate_below_share", "rate_excess"),
        _rate_mismatch,
        "Correct the rates to the rate card, or have the new rate agreed, before issuing.",
        "Check the rates against the rate card and send a corrected invoice.",
    ),
    Group(
        "arithmetic",
        ("lines_total_differs", "quantity_times_rate_differs_share"),
        _arithmetic,
        "Correct the lines before issuing.",
        "Check the lines and send a corrected invoice.",
    ),
    Group(
        "repeated_lines",
        ("repeated_line_share",),
        _repeated,
        "Remove what is billed twice before issuing.",
        "Check for double billing and credit it.",
    ),
    Group(
        "changes",
        ("change_share", "unapproved_change_share", "pending_changes", "recent_changes"),
        _changes,
        "Have the change orders approved before issuing.",
        "Send the client the approved change orders behind the invoice.",
    ),
    Group(
        "late_time",
        ("late_time_share", "unapproved_time_share", "old_work_share", "days_period_to_issue"),
        _late_time,
        "Have the late hours approved and explained before issuing.",
        "Send the client the approved timesheets behind the invoice.",
    ),
    Group(
        "tax_code",
        ("tax_code_missing_share",),
        _tax_code,
        "Add the tax codes before issuing.",
        "Check the tax treatment and send a corrected invoice.",
    ),
    Group(
        "currency",
        ("currency_differs",),
        _currency,
        "Bill in the contract's currency.",
        "Agree the currency with the client, or bill again in the contract's.",
    ),
    Group(
        "terms",
        ("terms_differ_days", "terms_days"),
        _terms,
        "Set the due date by the contract's terms.",
        "Confirm the due date with the client.",
    ),
    Group(
        "budget",
        (
            "contract_burn",
            "contract_overrun",
            "ceiling_burn",
            "hours_burn",
            "days_past_planned_end",
            "days_after_contract_end",
        ),
        _budget,
        "Agree the remaining budget with the client before issuing.",
        "Agree the remaining budget with the client.",
    ),
    Group(
        "size",
        ("amount_log", "amount_to_previous", "amount_to_client_median", "amount_to_project_median"),
        _size,
        "Announce the amount to the client before issuing.",
        "Explain the amount to the client's approver.",
    ),
    Group(
        "manager",
        ("manager_dispute_rate", "days_since_new_manager"),
        _manager,
        "Have the former and the new project manager confirm the invoice.",
        "Have the project manager confirm the invoice with the client.",
    ),
    Group(
        "payment",
        ("client_late_rate", "client_overdue_share"),
        _payment,
        _CALL + "before issuing it.",
        "Ask the client's accounts payable what holds its invoices.",
    ),
    Group(
        "relationship",
        ("client_age_days", "client_invoices_year", "project_invoices_year"),
        _relationship,
        "Confirm addressee, format and references with the client before issuing.",
        "Confirm with the client that the invoice arrived and is complete.",
    ),
    Group(
        "layout",
        (
            *(f"method_{method}" for method in BILLING_METHODS),
            "line_count",
            "time_share",
            "expense_share",
            "adjustment_share",
            "description_missing_share",
            "undescribed_time_share",
            "issued_at_month_end",
        ),
        _layout,
        "Describe every line before issuing.",
        "Send the client a breakdown of the lines.",
    ),
    # When in its life an invoice is looked at moves its chance, but is no reason a person could act on.
    Group("stage", ("is_draft", "days_since_issue"), _silent, "", ""),
)

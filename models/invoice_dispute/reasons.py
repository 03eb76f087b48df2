"""Why an invoice may be disputed: features in groups, each with a statement and an action.

A statement quotes what the records say; where a feature is held within limits for the model, its ``raw_`` value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from features.invoice_dispute.document_checks import BILLING_METHODS
from leadline.kernel import facts
from leadline.kernel.facts import Fact
from leadline.kernel.statements import Statement, say

Row: TypeAlias = Mapping[str, Any]

UNUSUAL = 0.4  # log of a ratio: half as much again
TRIFLE = 0.05  # a smaller share of an invoice's hours or work is nothing to speak of
LARGE = 11.0  # log of an amount in the reporting currency: about 60,000
ABOVE = 1.1  # a client's rate must exceed the firm's by a tenth to be a reason
NEW_MANAGER_DAYS = 90
LATE_DAYS = 5  # a payment is late from here on, as the label has it


@dataclass(frozen=True)
class Group:
    """Features that tell one story.

    ``says`` returns its statement for a row, or None where the row gives nothing to say. ``acts``: whether an action is
    proposed when the story dominates (``do_<code>_draft`` and ``do_<code>_issued``).
    """

    code: str
    features: tuple[str, ...]
    says: Callable[[Row], Statement | None]
    acts: bool = True

    def action(self, *, draft: bool) -> Statement:
        """Return the proposed action, before or after the invoice is sent."""
        return _say(f"do_{self.code}_{'draft' if draft else 'issued'}")


def _say(name: str, **filled: Fact) -> Statement:
    return say(f"invoice_dispute.{name}", **filled)


def _share(row: Row, name: str) -> float:
    return float(row[name] or 0.0)


def _of_share(row: Row, name: str, template: str) -> Statement:
    return _say(template, share=facts.percent(_share(row, name)))


def _days(value: float) -> Fact:
    return facts.number(int(value), "days")


def _client_history(row: Row) -> Statement | None:
    own, firm = _share(row, "client_dispute_rate"), _share(row, "firm_dispute_rate")
    rates = {"own": facts.percent(own), "firm": facts.percent(firm)}
    if row["raw_client_open_disputes"]:
        return _say("client_history_open", **rates, open=facts.number(int(row["raw_client_open_disputes"]), "disputes"))
    return _say("client_history", **rates) if own > ABOVE * firm else None


def _purchase_order(row: Row) -> Statement | None:
    if row["po_missing"]:
        return _say("purchase_order_missing")
    return _say("purchase_order_differs") if row["po_differs"] else None


def _rate_mismatch(row: Row) -> Statement | None:
    if _share(row, "rate_above_share") > 0:
        return _of_share(row, "rate_above_share", "rate_above")
    return _of_share(row, "rate_below_share", "rate_below") if _share(row, "rate_below_share") > 0 else None


def _arithmetic(row: Row) -> Statement | None:
    if row["lines_total_differs"]:
        return _say("total_differs")
    name = "quantity_times_rate_differs_share"
    return _of_share(row, name, "product_differs") if _share(row, name) > 0 else None


def _repeated(row: Row) -> Statement | None:
    name = "repeated_line_share"
    return _of_share(row, name, "repeated_lines") if _share(row, name) > 0 else None


def _changes(row: Row) -> Statement | None:
    if _share(row, "unapproved_change_share") > 0:
        return _of_share(row, "unapproved_change_share", "changes_unapproved")
    if _share(row, "change_share") > 0:
        return _of_share(row, "change_share", "changes_billed")
    if row["raw_pending_changes"]:
        return _say("changes_pending", count=facts.number(int(row["raw_pending_changes"]), "change_orders"))
    return _say("changes_recent") if row["recent_changes"] else None


def _late_time(row: Row) -> Statement | None:
    if _share(row, "unapproved_time_share") > 0:
        return _of_share(row, "unapproved_time_share", "time_unapproved")
    if _share(row, "old_work_share") > TRIFLE:
        return _of_share(row, "old_work_share", "work_old")
    if _share(row, "late_time_share") > TRIFLE:
        return _of_share(row, "late_time_share", "time_late")
    days = row["raw_days_period_to_issue"]
    return _say("billed_late", days=_days(days)) if days is not None and days > 20 else None


def _tax_code(row: Row) -> Statement | None:
    name = "tax_code_missing_share"
    return _of_share(row, name, "tax_code") if _share(row, name) > 0 else None


def _currency(row: Row) -> Statement | None:
    return _say("currency") if row["currency_differs"] else None


def _terms(row: Row) -> Statement | None:
    days = row["raw_terms_differ_days"]
    if not days:
        return None
    return _say("terms_later" if days > 0 else "terms_earlier", days=_days(abs(days)))


def _budget(row: Row) -> Statement | None:
    for name, template in (("ceiling_burn", "budget_ceiling"), ("contract_burn", "budget_contract")):
        if _share(row, name) > 0.9:
            return _of_share(row, f"raw_{name}", template)
    if _share(row, "hours_burn") > 1:
        return _of_share(row, "raw_hours_burn", "budget_hours")
    if (row["days_after_contract_end"] or 0) > 0:
        return _say("budget_ended", days=_days(row["raw_days_after_contract_end"]))
    late = row["raw_days_past_planned_end"]
    return _say("budget_late", days=_days(late)) if late is not None and late > 0 else None


def _size(row: Row) -> Statement | None:
    for name, template in (
        ("amount_to_previous", "size_previous"),
        ("amount_to_project_median", "size_project"),
        ("amount_to_client_median", "size_client"),
    ):
        if (row[name] or 0) > UNUSUAL and row[f"raw_{name}"] is not None:
            return _say(template, times=facts.number(row[f"raw_{name}"], digits=1))
    return _say("size_large") if _share(row, "amount_log") > LARGE else None


def _manager(row: Row) -> Statement | None:
    days = row["days_since_new_manager"]
    if days is not None and days <= NEW_MANAGER_DAYS:
        return _say("manager_new", days=_days(days))
    own, firm = _share(row, "manager_dispute_rate"), _share(row, "firm_dispute_rate")
    return _of_share(row, "manager_dispute_rate", "manager_disputed") if own > 1.2 * firm else None


def _payment(row: Row) -> Statement | None:
    if _share(row, "client_overdue_share") > 0.25:
        return _of_share(row, "client_overdue_share", "payment_overdue")
    late = _share(row, "client_late_rate")
    return _say("payment_late", share=facts.percent(late), days=_days(LATE_DAYS)) if late > 0.4 else None


def _relationship(row: Row) -> Statement | None:
    if row["client_invoices_year"] == 0:
        return _say("first_of_client")
    return _say("first_of_project") if row["project_invoices_year"] == 0 else None


def _layout(row: Row) -> Statement | None:
    if _share(row, "description_missing_share") > 0:
        return _of_share(row, "description_missing_share", "layout_undescribed")
    if _share(row, "undescribed_time_share") > 0.1:
        return _of_share(row, "undescribed_time_share", "layout_silent_time")
    return _of_share(row, "expense_share", "layout_expenses") if _share(row, "expense_share") > 0.1 else None


def _silent(_row: Row) -> Statement | None:
    return None


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
    ),
    Group(
        "purchase_order",
        ("po_missing", "po_differs"),
        _purchase_order,
    ),
    Group(
        "rate_mismatch",
        ("rate_above_share", "rate_below_share", "rate_excess"),
        _rate_mismatch,
    ),
    Group(
        "arithmetic",
        ("lines_total_differs", "quantity_times_rate_differs_share"),
        _arithmetic,
    ),
    Group(
        "repeated_lines",
        ("repeated_line_share",),
        _repeated,
    ),
    Group(
        "changes",
        ("change_share", "unapproved_change_share", "pending_changes", "recent_changes"),
        _changes,
    ),
    Group(
        "late_time",
        ("late_time_share", "unapproved_time_share", "old_work_share", "days_period_to_issue"),
        _late_time,
    ),
    Group(
        "tax_code",
        ("tax_code_missing_share",),
        _tax_code,
    ),
    Group(
        "currency",
        ("currency_differs",),
        _currency,
    ),
    Group(
        "terms",
        ("terms_differ_days", "terms_days"),
        _terms,
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
    ),
    Group(
        "size",
        ("amount_log", "amount_to_previous", "amount_to_client_median", "amount_to_project_median"),
        _size,
    ),
    Group(
        "manager",
        ("manager_dispute_rate", "days_since_new_manager"),
        _manager,
    ),
    Group(
        "payment",
        ("client_late_rate", "client_overdue_share"),
        _payment,
    ),
    Group(
        "relationship",
        ("client_age_days", "client_invoices_year", "project_invoices_year"),
        _relationship,
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
    ),
    # When in its life an invoice is looked at moves its chance, but is no reason a person could act on.
    Group("stage", ("is_draft", "days_since_issue"), _silent, acts=False),
)

"""Where money goes between what could have been billed and what was, and on to what was paid.

All money is in the reporting currency at the last rate of the data's day, as the exceptions' is. Leaks are those of the
mart ``leakage_evidence`` that are due, one per contract line, month and class, as the queue knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from leadline.app.console.reads.rates import RATES, in_reporting
from leadline.app.console.translation import N_
from leadline.app.console.warehouse import ScopedSnapshot
from leadline.warehouse.views import Row

SCORE = "revenue_leakage"
UNPRICED = "unpriced_scope"
# Class of leak -> what a page calls it. The last is an estimate of the queue's, no row of the mart.
CLASSES = {
    "approved_change_not_scheduled": N_("Approved change not billed"),
    "unbilled_time": N_("Approved time not billed"),
    "unbilled_expense": N_("Approved expense not billed"),
    "milestone_not_invoiced": N_("Milestone reached, not invoiced"),
    "rate_below_contract": N_("Rate below contract"),
    "missed_escalator": N_("Agreed rise missed"),
    "recurring_misbilled": N_("Monthly fee billed short"),
    "nte_overrun_absorbed": N_("Work above the ceiling, absorbed"),
    UNPRICED: N_("Unpriced scope (estimate)"),
}
# Class of leak -> what is meant by it, as docs/scores.md says it.
MEANINGS = {
    "approved_change_not_scheduled": N_(
        "A change was approved, and neither the billing schedule nor an invoice holds its price."
    ),
    "unbilled_time": N_("Approved billable time waits for its bill longer than a billing cycle explains."),
    "unbilled_expense": N_("An approved expense that the client pays waits for its bill too long."),
    "milestone_not_invoiced": N_("A milestone was reached and not billed."),
    "rate_below_contract": N_("Hours were billed below every agreed price that could apply."),
    "missed_escalator": N_("The agreed rise of the price was not applied."),
    "recurring_misbilled": N_("A monthly fee was billed short, or not at all."),
    "nte_overrun_absorbed": N_("Work above a not-to-exceed ceiling is given away."),
    UNPRICED: N_("Work on a fixed price goes beyond what was agreed, without a change order. An estimate."),
}
DISCOUNT = "discount"
# The waterfall of work paid by the hour: step -> label and sign, up to what was billed and on to what was paid.
TO_BILLED = {
    "worked": (N_("Worked, at contract rates"), 1),
    "unbilled": (N_("Not billed"), -1),
    "rate_variance": (N_("Billed at other rates or hours"), 1),
    "adjustment": (N_("Adjustments, write-offs"), 1),
}
TO_COLLECTED = {
    "draft": (N_("Still a draft"), -1),
    "credited": (N_("Credited"), -1),
    "open": (N_("Not paid yet"), -1),
}


@dataclass(frozen=True)
class Sought:
    """What is looked at; empty text means all. ``since`` and ``until`` are months like ``2026-01``, both included."""

    legal_entity_id: str = ""
    client_id: str = ""
    project_id: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True)
class Leaks:
    """Leaks by class (``leakage_class``, ``leaks``, ``amount``), the largest ones, what has no rate by currency."""

    classes: list[Row]
    largest: list[Row]
    unconverted: list[Row]


LEAKS = f"""
with {RATES}, leaks as (
    select leak.contract_line_id || ':' || leak.period || ':' || leak.leakage_class as object_id, leak.leakage_class,
        leak.project_id, project.name as project_name, leak.period, leak.currency, client.client_id,
        client.client_name, leak.amount, {in_reporting("leak.amount")} as money
    from leakage_evidence as leak
    left join rates on rates.currency = leak.currency
    left join int_account_golden as client on client.account_id = leak.account_id
    left join core_project as project on project.project_id = leak.project_id
    where leak.matures_on <= $2
        and ($3 = '' or leak.legal_entity_id = $3) and ($4 = '' or client.client_id = $4)
        and ($5 = '' or leak.project_id = $5)
        and ($6 = '' or leak.period >= $6) and ($7 = '' or leak.period <= $7)
)
"""  # noqa: S608 - names of ours
BY_CLASS = """
select leakage_class, count(distinct object_id) as leaks, sum(money) as amount
from leaks where money is not null group by leakage_class order by amount desc, leakage_class
"""
LARGEST = """
select object_id, leakage_class, project_id, project_name, client_id, client_name, period, sum(money) as amount
from leaks where money is not null group by all order by amount desc, object_id limit {limit}
"""
UNCONVERTED = """
select currency, count(distinct object_id) as leaks, sum(amount) as amount
from leaks where money is null group by currency order by currency
"""
BILLED = f"""
with {RATES}, credits as (
    select invoice_id, currency, sum(amount) as amount from core_credit_note group by invoice_id, currency
), billed as (
    select invoice.currency, sum(invoice.net_amount - coalesce(credits.amount, 0)) as amount
    from int_invoice_position as invoice
    left join credits on credits.invoice_id = invoice.invoice_id and credits.currency = invoice.currency
    where invoice.is_issued
        and ($3 = '' or invoice.legal_entity_id = $3) and ($4 = '' or invoice.client_id = $4)
        and ($5 = '' or invoice.project_id = $5)
        and ($6 = '' or strftime(invoice.issue_date, '%Y-%m') >= $6)
        and ($7 = '' or strftime(invoice.issue_date, '%Y-%m') <= $7)
    group by invoice.currency
)
select coalesce(sum({in_reporting("billed.amount")}), 0) as amount
from billed left join rates on rates.currency = billed.currency
"""  # noqa: S608 - names of ours
CHOICES = """
select distinct {column} as choice from leakage_evidence as leak
left join int_account_golden as client on client.account_id = leak.account_id
left join core_project as project on project.project_id = leak.project_id
where {column} is not null order by 1
"""
NAMES = """
select project.project_id, project.name as project_name, client.client_id, client.client_name
from core_project as project
left join int_account_golden as client on client.account_id = project.account_id
where list_contains(?, project.project_id)
"""
ACCOUNTS = "select account_id from int_account_client where client_id = ?"


def leaks(snapshot: ScopedSnapshot, sought: Sought, *, limit: int) -> Leaks:
    """Return what leaks: by class, the ``limit`` largest, and in which currencies money has no rate."""
    if not snapshot.has("leakage_evidence") or snapshot.as_of is None:
        return Leaks([], [], [])
    by_class, largest, unconverted = (
        snapshot.rows(LEAKS + part, *_parameters(snapshot, sought))
        for part in (BY_CLASS, LARGEST.format(limit=limit), UNCONVERTED)
    )
    return Leaks(by_class, largest, unconverted)


def billed(snapshot: ScopedSnapshot, sought: Sought) -> Decimal:
    """Return what issued invoices ask for, net of tax and of credit notes; a period is that of the issue."""
    row = snapshot.one(BILLED, *_parameters(snapshot, sought))
    return row["amount"] if row else Decimal(0)


def realized(snapshot: ScopedSnapshot, sought: Sought) -> Row | None:
    """Return the steps from the value of work paid by the hour to cash, over the projects' whole life.

    Work at list prices less ``discount`` is ``worked``; ``worked - unbilled + rate_variance + adjustment`` was billed;
    less ``draft``, ``credited`` and ``open`` it was collected. None in a snapshot that has no such mart; one that an
    earlier version built knows no list prices, so ``discount`` is None.
    """
    if not snapshot.has("realization_waterfall") or snapshot.as_of is None:
        return None
    is_listed = snapshot.has("realization_waterfall", DISCOUNT + "_amount")
    names = (*([DISCOUNT] if is_listed else []), *TO_BILLED, *TO_COLLECTED)
    found = snapshot.one(_realized(names), *_parameters(snapshot, sought)[:5])
    return {DISCOUNT: None} | found if found else None


def _realized(steps: tuple[str, ...]) -> str:
    added = ", ".join(f"sum(step.{name}_amount) as {name}" for name in steps)
    converted = ", ".join(f"coalesce(sum({in_reporting(f'steps.{name}')}), 0) as {name}" for name in steps)
    return f"""
    with {RATES}, steps as (
        select step.currency, {added}
        from realization_waterfall as step
        left join core_project as project on project.project_id = step.project_id
        left join int_account_golden as client on client.account_id = project.account_id
        where ($3 = '' or step.legal_entity_id = $3) and ($4 = '' or client.client_id = $4)
            and ($5 = '' or step.project_id = $5)
        group by step.currency
    )
    select {converted} from steps inner join rates on rates.currency = steps.currency
    """  # noqa: S608 - names of ours


def choices(snapshot: ScopedSnapshot) -> dict[str, list[Any]]:
    """Return by which legal entities, clients and projects the leaks can be filtered, with the names of the latter."""
    if not snapshot.has("leakage_evidence"):
        return {"legal_entity_id": [], "client_id": [], "project_id": []}
    entities = snapshot.rows(CHOICES.format(column="leak.legal_entity_id"))
    clients = snapshot.rows(CHOICES.format(column="(client.client_id, coalesce(client.client_name, client.client_id))"))
    projects = snapshot.rows(CHOICES.format(column="(leak.project_id, coalesce(project.name, leak.project_id))"))
    return {
        "legal_entity_id": [(row["choice"], row["choice"]) for row in entities],
        "client_id": [tuple(row["choice"]) for row in clients if row["choice"][0]],
        "project_id": [tuple(row["choice"]) for row in projects if row["choice"][0]],
    }


def accounts(snapshot: ScopedSnapshot, client_id: str) -> tuple[str, ...]:
    """Return the customer records that are one client."""
    return tuple(row["account_id"] for row in snapshot.rows(ACCOUNTS, client_id))


def names(snapshot: ScopedSnapshot, project_ids: list[str]) -> dict[str, Row]:
    """Return the names of projects and of their clients, by project; those out of scope are left out."""
    return {row.pop("project_id"): row for row in snapshot.rows(NAMES, project_ids)}


def _parameters(snapshot: ScopedSnapshot, sought: Sought) -> tuple[Any, ...]:
    day: date | None = snapshot.as_of.date() if snapshot.as_of else None
    filters = (sought.legal_entity_id, sought.client_id, sought.project_id, sought.since, sought.until)
    return (snapshot.reporting_currency, day, *filters)

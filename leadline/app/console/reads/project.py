"""All about one project: contract, progress, estimates, margin, weeks, changes, bookings, invoices, commitments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from leadline.app.console.warehouse import ScopedSnapshot
from leadline.kernel.money import cents
from leadline.warehouse.views import Row

HEAD = """
select
    project.project_id, project.name, project.status, project.project_type, project.practice, project.region,
    project.manager_id, project.currency, project.start_date, project.legal_entity_id,
    coalesce(position.planned_end_date, project.planned_end_date) as planned_end_date,
    project.contract_id, contract.name as contract_name, contract.total_value, contract.not_to_exceed,
    contract.currency as contract_currency, coalesce(contract.billing_method, project.billing_method) as billing_method,
    client.client_id, client.client_name, project.opportunity_id,
    position.rag, position.status_date, position.percent_complete, position.cpi, position.spi, position.budget_cost,
    position.budget_revenue, position.actual_cost, position.earned_value, position.planned_value,
    position.baseline_margin_ratio, position.forecast_margin_ratio,
    position.currency as position_currency, margin.revenue_amount, margin.contribution_margin,
    margin.contribution_margin_ratio, margin.currency as margin_currency
from core_project as project
left join core_contract as contract on contract.contract_id = project.contract_id
left join int_account_golden as client on client.account_id = project.account_id
left join project_performance as position on position.project_id = project.project_id
left join contribution_margin as margin on margin.project_id = project.project_id
where project.project_id = ?
"""
COMPLETE = """
select complete_method, percent_complete, above_manager, undefined_reason
from percent_complete_by_method where project_id = ? order by complete_method
"""
ESTIMATES = """
select estimate_method, currency, eac_amount, etc_amount, variance_at_completion, undefined_reason
from eac_by_method where project_id = ? order by eac_amount nulls last, estimate_method
"""
WEEKS = """
select date_trunc('week', cost_date)::date as week_start, sum(hours) filter (where cost_kind = 'labour') as hours,
    sum(project_amount) as amount
from int_project_cost where project_id = ? group by 1 order by 1
"""
BUDGET = """
select budget_hours, budget_cost, approved_on from core_project_budget
where project_id = ? order by version desc limit 1
"""
MARGINS = """
select status.status_date, (state.budget_revenue - status.forecast_cost) / nullif(state.budget_revenue, 0) as reported,
    (state.budget_revenue - state.budget_cost) / nullif(state.budget_revenue, 0) as budgeted
from core_project_status as status
left join project_state as state
    on state.project_id = status.project_id and status.status_date between state.from_day and state.to_day
where status.project_id = ? order by status.status_date
"""
CHANGES = """
select event.event_id, event.change_type, event.object_id, event.agreed_on, event.currency, event.value_change,
    event.cost_change, event.days_moved, effect.target, effect.expected_amount, effect.reflected_amount,
    effect.is_reflected, effect.days_open
from change_event as event
left join change_effect as effect on effect.event_id = event.event_id
where event.project_id = ? order by event.agreed_on desc, event.event_id, effect.target
"""
WAITING_CHANGES = """
select change_order_id, title, status, requested_on, value_change, cost_change, currency, schedule_change_days
from core_change_order
where project_id = ? and status not in ('approved', 'rejected', 'cancelled')
order by requested_on desc nulls last, change_order_id
"""
BOOKINGS = """
select booked.assignment_id, booked.person_id, person.name, booked.role, booked.booking_type, booked.status,
    booked.start_date, booked.end_date, booked.hours_per_week
from core_assignment as booked
left join core_person as person on person.person_id = booked.person_id
where booked.project_id = ? and booked.status <> 'cancelled'
order by booked.status, booked.start_date desc, booked.assignment_id limit 100
"""
INVOICES = """
select invoice_id, invoice_number, status, issue_date, due_date, currency, gross_amount, paid_amount, open_amount,
    open_disputes
from int_invoice_position where project_id = ? order by issue_date desc nulls first, invoice_id limit 100
"""
COMMITMENT = """
select contract_end_date, ends_after_contract, lacks_purchase_order, currency, unbilled_amount,
    changes_not_billed_amount, changes_not_billed, hard_hours_13_weeks, soft_hours_13_weeks, open_requests
from project_commitment where project_id = ?
"""
ORDERS = """
select purchase_order_id, supplier, ordered_on, status, amount, currency
from core_purchase_order where project_id = ? order by ordered_on desc, purchase_order_id
"""
PARTS = {
    "complete": ("percent_complete_by_method", COMPLETE),
    "estimates": ("eac_by_method", ESTIMATES),
    "margins": ("project_state", MARGINS),
    "changes": ("change_effect", CHANGES),
    "waiting_changes": ("core_change_order", WAITING_CHANGES),
    "bookings": ("core_assignment", BOOKINGS),
    "invoices": ("int_invoice_position", INVOICES),
    "orders": ("core_purchase_order", ORDERS),
}


def head(snapshot: ScopedSnapshot, project_id: str) -> Row | None:
    """Return a project with its contract, client and position; None outside the user's scope.

    Money of the contract is in ``contract_currency``, of budget and progress in ``position_currency``, of revenue
    recognised and margin in ``margin_currency`` (the reporting currency).
    """
    return snapshot.one(HEAD, project_id)


def parts(snapshot: ScopedSnapshot, project_id: str) -> dict[str, list[Row]]:
    """Return the tables of a project's page; money is in the currency of each row."""
    return {name: snapshot.rows(sql, project_id) if snapshot.has(table) else [] for name, (table, sql) in PARTS.items()}


def commitment(snapshot: ScopedSnapshot, project_id: str) -> Row | None:
    """Return what is still promised on an open project; None for one that is closed."""
    return snapshot.one(COMMITMENT, project_id)


def burn(snapshot: ScopedSnapshot, project: Row) -> list[Row]:
    """Return hours and cost to date by week, as spent and as planned.

    The plan spreads the latest approved budget evenly from start to planned end, as planned value does. Cost is in the
    project's currency.
    """
    spent = snapshot.rows(WEEKS, project["project_id"])
    budget = snapshot.one(BUDGET, project["project_id"]) or {"budget_hours": None, "budget_cost": None}
    start, end = project["start_date"], project["planned_end_date"]
    as_of = snapshot.as_of.date() if snapshot.as_of else None
    weeks = _weeks(spent, budget, start, end, as_of=as_of)
    return [week | {"currency": project["position_currency"]} for week in weeks]


def _weeks(spent: Sequence[Row], budget: Row, start: date | None, end: date | None, *, as_of: date | None) -> list[Row]:
    known = [*(row["week_start"] for row in spent), *(day for day in (start, end) if day is not None)]
    if not known:
        return []
    monday, last = (day - timedelta(days=day.weekday()) for day in (min(known), max(known)))
    by_week = {row["week_start"]: row for row in spent}
    until = max([row["week_start"] for row in spent], default=None)
    hides_cost = all(row["amount"] is None for row in spent)
    hours = amount = Decimal(0)
    weeks: list[Row] = []
    while monday <= last:
        found = by_week.get(monday, {})
        hours, amount = hours + (found.get("hours") or 0), amount + (found.get("amount") or 0)
        is_past = until is not None and monday <= until and (as_of is None or monday <= as_of)
        share = _share(monday + timedelta(days=6), start, end)
        weeks.append(
            {
                "week_start": monday,
                "hours": hours if is_past else None,
                "planned_hours": _planned(budget["budget_hours"], share),
                "cost": amount if is_past and not hides_cost else None,
                "planned_cost": _planned(budget["budget_cost"], share),
            }
        )
        monday += timedelta(days=7)
    return weeks


def _share(day: date, start: date | None, end: date | None) -> Decimal | None:
    """Return the share of the planned time that is over on a day; None without both ends."""
    if start is None or end is None or end < start:
        return None
    passed = min(max((day - start).days + 1, 0), (end - start).days + 1)
    return Decimal(passed) / Decimal((end - start).days + 1)


def _planned(budget: Decimal | None, share: Decimal | None) -> Decimal | None:
    return None if budget is None or share is None else cents(budget * share)

"""One project: what was agreed, how far it is, what it will cost, what waits on it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from leadline.app.console import lists
from leadline.app.console.charts import Chart
from leadline.app.console.form import clean
from leadline.app.console.reads import project
from leadline.app.console.reads.columns import Column
from leadline.app.console.translation import N_
from leadline.app.console.view import render
from leadline.app.console.warehouse_context import WarehouseContext, requires_warehouse
from leadline.queue.states import WAITING
from leadline.queue.worklist import Sought
from leadline.warehouse.views import Row

router = APIRouter()

MOST_EXCEPTIONS = 50
WEEK = N_("Week")
COLUMNS = {
    "complete": (
        Column("complete_method", "Method", "words"),
        Column("percent_complete", "Complete", "ratio"),
        Column("above_manager", "Above the manager's", "ratio"),
        Column("undefined_reason", "Why there is none", "words"),
    ),
    "estimates": (
        Column("estimate_method", "Method", "words"),
        Column("eac_amount", "At completion", "money"),
        Column("etc_amount", "To complete", "money"),
        Column("variance_at_completion", "Budget less estimate", "money"),
        Column("currency", "Currency"),
        Column("undefined_reason", "Why there is none", "words"),
    ),
    "changes": (
        Column("change_type", "Change", "words"),
        Column("object_id", "Id"),
        Column("agreed_on", "Agreed"),
        Column("value_change", "Value moved", "money"),
        Column("cost_change", "Cost moved", "money"),
        Column("currency", "Currency"),
        Column("days_moved", "Days moved", "figure"),
        Column("target", "Should show in", "words"),
        Column("expected_amount", "Expected there", "money"),
        Column("reflected_amount", "Found there", "money"),
        Column("is_reflected", "Reflected", "yes"),
    ),
    "waiting_changes": (
        Column("change_order_id", "Change"),
        Column("title", "What"),
        Column("status", "Status", "words"),
        Column("requested_on", "Asked for on"),
        Column("value_change", "Value moved", "money"),
        Column("cost_change", "Cost moved", "money"),
        Column("currency", "Currency"),
        Column("schedule_change_days", "Days moved", "figure"),
    ),
    "bookings": (
        Column("name", "Person", link=("/people", "person_id")),
        Column("role", "Role"),
        Column("booking_type", "Booking", "words"),
        Column("status", "Status", "words"),
        Column("start_date", "From"),
        Column("end_date", "Until"),
        Column("hours_per_week", "Hours a week", "figure"),
    ),
    "invoices": (
        Column("invoice_number", "Invoice"),
        Column("status", "Status", "words"),
        Column("issue_date", "Issued"),
        Column("due_date", "Due"),
        Column("gross_amount", "Amount", "money"),
        Column("paid_amount", "Paid", "money"),
        Column("open_amount", "Open", "money"),
        Column("currency", "Currency"),
        Column("open_disputes", "Open disputes", "figure"),
    ),
    "orders": (
        Column("purchase_order_id", "Purchase order"),
        Column("supplier", "Supplier"),
        Column("ordered_on", "Ordered"),
        Column("status", "Status", "words"),
        Column("amount", "Amount", "money"),
        Column("currency", "Currency"),
    ),
}


@router.get("/projects/{project_id}")
def show(
    request: Request,
    project_id: str,
    warehouse: Annotated[WarehouseContext, Depends(requires_warehouse("see_warehouse"))],
    done: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Show one project; one that is out of scope is as if it did not exist."""
    snapshot = warehouse.snapshot
    found = project.head(snapshot, clean(project_id))
    if found is None:
        raise HTTPException(404)
    parts = project.parts(snapshot, found["project_id"])
    address = f"/projects/{quote(found['project_id'], safe='')}"
    return render(
        request,
        "project.html",
        snapshot=snapshot,
        one=found,
        parts=parts,
        columns=COLUMNS,
        commitment=project.commitment(snapshot, found["project_id"]),
        hours_chart=_hours(weeks := project.burn(snapshot, found)),
        cost_chart=_cost(weeks, found),
        margin_chart=_margins(parts["margins"]),
        exceptions=_exceptions(warehouse, found["project_id"]),
        back=urlencode({"back": address}),
        done=lists.done(warehouse.context, done),
        list_address=address,
        sees_costs=warehouse.user.may("see_cost_rates"),
    )


def _exceptions(warehouse: WarehouseContext, project_id: str) -> list[object]:
    """Return the waiting exceptions of a project within the user's scope."""
    sought = Sought(states=WAITING, projects=(project_id,))
    context = warehouse.context
    return list(context.store.worklist.page(context.scope, sought, limit=MOST_EXCEPTIONS))


def _hours(weeks: list[Row]) -> Chart:
    series = {"planned_hours": N_("Planned"), "hours": N_("Worked")}
    title = N_("Hours to date against the budget")
    return Chart("week_start", WEEK, series, weeks, title, N_("Hours"), note=PLAN)


def _cost(weeks: list[Row], found: Row) -> Chart:
    series = {"planned_cost": N_("Planned"), "cost": N_("Spent")}
    title = N_("Cost to date against the budget")
    return Chart("week_start", WEEK, series, weeks, title, N_("Cost"), unit=found["position_currency"] or "", note=PLAN)


def _margins(reports: list[Row]) -> Chart:
    series = {
        "budgeted": N_("By the budget then approved"),
        "reported": N_("By the manager's forecast"),
    }
    title = N_("Margin as it was reported")
    return Chart("status_date", N_("Report"), series, reports, title, N_("Margin"), is_ratio=True)


PLAN = N_("The plan spreads the latest approved budget evenly from start to planned end.")

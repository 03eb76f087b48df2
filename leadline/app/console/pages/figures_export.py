"""The tables of the warehouse's pages as CSV: the rows that a page shows, of all its pages, under the same filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from leadline.app.console import files, guard
from leadline.app.console.files import Listed
from leadline.app.console.form import clean
from leadline.app.console.guard import RequestContext
from leadline.app.console.pages import capacity, controls, leakage, overview, project, record_lists
from leadline.app.console.reads import controls as control_reads
from leadline.app.console.reads import leakage as leakage_reads
from leadline.app.console.reads import overview as overview_reads
from leadline.app.console.reads import project as project_reads
from leadline.app.console.reads.columns import Column
from leadline.app.console.reads.record_lists import CLIENTS, DEALS, PEOPLE, PROJECTS, RecordList, listed
from leadline.app.console.warehouse_context import WarehouseContext, requires_warehouse
from leadline.kernel.errors import UsageError

router = APIRouter()

MOST = 100_000
LAST = "export.csv"
# Tables of a project's page that are for those who may see cost rates, and columns of others.
COST_TABLES = ("estimates", "margins")
COST_COLUMNS = ("cost", "planned_cost", "cost_change")

Exporter = Annotated[WarehouseContext, Depends(requires_warehouse("export"))]
Name = Annotated[str, Query(max_length=40)]
Text = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Table:
    """Rows and the columns of them that a file holds, in order."""

    columns: tuple[str, ...]
    rows: Iterable[Mapping[str, Any]]


Tables = Mapping[str, Callable[[], Table]]


@router.get(f"/projects/{LAST}")
def of_projects(request: Request, warehouse: Exporter, q: Text = "", sort: Text = "") -> StreamingResponse:
    """Send the projects that fit the filters."""
    return _list(request, warehouse, PROJECTS, q, sort)


@router.get(f"/clients/{LAST}")
def of_clients(request: Request, warehouse: Exporter, q: Text = "", sort: Text = "") -> StreamingResponse:
    """Send the clients that fit the filters."""
    return _list(request, warehouse, CLIENTS, q, sort)


@router.get(f"/deals/{LAST}")
def of_deals(request: Request, warehouse: Exporter, q: Text = "", sort: Text = "") -> StreamingResponse:
    """Send the deals that fit the filters."""
    return _list(request, warehouse, DEALS, q, sort)


@router.get(f"/people/{LAST}")
def of_people(request: Request, warehouse: Exporter, q: Text = "", sort: Text = "") -> StreamingResponse:
    """Send the people that match the filters; 404 without the permission to see personal data."""
    if not warehouse.user.may("see_personal_data"):
        raise HTTPException(404)
    return _list(request, warehouse, PEOPLE, q, sort)


@router.get(f"/projects/{{project_id}}/{LAST}")
def of_project(warehouse: Exporter, project_id: str, table: Name = "weeks") -> StreamingResponse:
    """Send one table of a project's page; one that is out of scope is as if it did not exist."""
    snapshot, sees_costs = warehouse.snapshot, warehouse.user.may("see_cost_rates")
    found = project_reads.head(snapshot, clean(project_id))
    if found is None:
        raise HTTPException(404)
    parts = project_reads.parts(snapshot, found["project_id"])
    tables: dict[str, Callable[[], Table]] = {
        name: partial(Table, _names(columns), parts[name]) for name, columns in project.COLUMNS.items()
    }
    weeks = ("week_start", "planned_hours", "hours", "planned_cost", "cost", "currency")
    tables["weeks"] = lambda: Table(weeks, project_reads.burn(snapshot, found))
    tables["margins"] = lambda: Table(("status_date", "budgeted", "reported"), parts["margins"])
    if not sees_costs:
        tables = {name: make for name, make in tables.items() if name not in COST_TABLES}
    chosen = _chosen(tables, table)
    columns = tuple(name for name in chosen.columns if sees_costs or name not in COST_COLUMNS)
    filters = {"project_id": found["project_id"], "table": table}
    return _sent(warehouse.context, f"project-{table}", Table(columns, chosen.rows), filters)


@router.get(f"/controls/{LAST}")
def of_reconciliations(
    warehouse: Exporter,
    table: Name = "sides",
    reconciliation: Text = "",
    finding_class: Text = "",
    legal_entity_id: Text = "",
) -> StreamingResponse:
    """Send both sides, the classes, the records that differ, or both sides by month."""
    snapshot = warehouse.snapshot
    asked = {
        "reconciliation": clean(reconciliation),
        "finding_class": clean(finding_class),
        "legal_entity_id": clean(legal_entity_id),
    }
    months = ("legal_entity_id", "currency", "unit", "month_start", "expected_amount", "found_amount", "difference")
    tables: Tables = {
        "sides": lambda: Table(_names(controls.SIDES), control_reads.sides(snapshot)),
        "classes": lambda: Table(_names(controls.CLASSES), control_reads.classes(snapshot)),
        "findings": lambda: Table(_names(controls.FINDINGS), _findings(warehouse, asked)),
        "months": lambda: Table(months, control_reads.trend(snapshot, reconciliation=asked["reconciliation"])),
    }
    return _sent(warehouse.context, f"controls-{table}", _chosen(tables, table), asked | {"table": table})


@router.get(f"/controls/data/{LAST}")
def of_data(warehouse: Exporter, table: Name = "grades") -> StreamingResponse:
    """Send failed transactions, their weeks, the grades or the checks that fail."""
    snapshot = warehouse.snapshot
    weeks = ("week_start", "opened", "still_open", "breached")
    tables: Tables = {
        "interfaces": lambda: Table(_names(controls.INTERFACES), control_reads.interfaces(snapshot)),
        "weeks": lambda: Table(weeks, control_reads.interface_weeks(snapshot, weeks=controls.WEEKS)),
        "grades": lambda: Table(_names(controls.GRADES), control_reads.grades(snapshot)),
        "checks": lambda: Table(_names(controls.CHECKS), control_reads.failing_checks(snapshot)),
    }
    return _sent(warehouse.context, f"data-{table}", _chosen(tables, table), {"table": table})


@router.get(f"/controls/hand-offs/{LAST}")
def of_hand_offs(warehouse: Exporter, table: Name = "rules") -> StreamingResponse:
    """Send compliance by month, the broken rules or the deals that are not ready."""
    snapshot = warehouse.snapshot
    months = ("won_in", "proposal", "contract_approval", "booking")
    tables: Tables = {
        "compliance": lambda: Table(months, control_reads.compliance(snapshot)),
        "rules": lambda: Table(_names(controls.RULES), control_reads.broken_rules(snapshot)),
        "deals": lambda: Table(_names(controls.UNREADY), control_reads.unready(snapshot, limit=MOST)),
    }
    return _sent(warehouse.context, f"hand-offs-{table}", _chosen(tables, table), {"table": table})


@router.get(f"/leakage/{LAST}")
def of_leakage(
    warehouse: Exporter, sought: Annotated[leakage_reads.Sought, Depends(leakage.asked)], table: Name = "classes"
) -> StreamingResponse:
    """Send the classes, all leaks, or the steps to cash."""
    found = leakage.picture(warehouse, sought, most=MOST)
    currency = {"currency": warehouse.snapshot.reporting_currency}
    classes = ("leakage_class", "leaks", "amount", "waiting", "waiting_amount", "currency")
    leaks = ("leakage_class", "period", "amount", "currency", "client_id", "client_name", "project_id", "project_name")
    tables: Tables = {
        "classes": lambda: Table(
            classes, [one.__dict__ | {"leakage_class": one.name} | currency for one in found.classes]
        ),
        "leaks": lambda: Table(
            (*leaks, "external_id", "state"), [one.__dict__ | currency | _queued(one) for one in found.largest]
        ),
        "cash": lambda: Table(("step", "amount", "currency"), [row | currency for row in _to_cash(warehouse, found)]),
    }
    return _sent(warehouse.context, f"leakage-{table}", _chosen(tables, table), sought.__dict__ | {"table": table})


@router.get(f"/overview/{LAST}")
def of_overview(warehouse: Exporter, legal_entity_id: Text = "", table: Name = "months") -> StreamingResponse:
    """Send the KPIs by month with what they are divided from, what waits in the queue, or utilization."""
    snapshot, context, entity = warehouse.snapshot, warehouse.context, clean(legal_entity_id)
    totals = ("score", "currency", "waiting", "money_at_risk", "expected_value", "late", "late_value", "captured")
    tables: Tables = {
        "months": lambda: Table(
            ("month_start", "is_closed", "kpi", "unit", "currency", "numerator", "denominator"),
            overview_reads.months(snapshot, entity),
        ),
        "queue": lambda: Table(
            totals,
            [
                asdict(one) | {"captured": one.captured}
                for one in context.store.worklist.totals(context.scope, legal_entity=entity or None, at=context.at)
            ],
        ),
        "utilization": lambda: Table(_names(overview.UTILIZATION), overview_reads.utilization(snapshot, entity)),
    }
    return _sent(context, f"overview-{table}", _chosen(tables, table), {"legal_entity_id": entity, "table": table})


@router.get(f"/capacity/{LAST}")
def of_capacity(
    request: Request,
    context: Annotated[RequestContext, Depends(guard.requires("export"))],
    want: Annotated[capacity.CapacityQuery, Depends(capacity.asked)],
    table: Name = "needs",
) -> StreamingResponse:
    """Send the needs by role and region, or the deals behind them; to who sees no capacity nothing is there."""
    forecast = capacity.found(request, context)
    if forecast is None:
        raise HTTPException(404)
    shown = capacity.shown(forecast, want)
    figures = ("short", "moved", "bench", "supply", "hard", "soft", "requested", "pipeline")
    tables: Tables = {
        "needs": lambda: Table(
            ("role", "region", *figures, "demand_50", "demand_80", "demand_90"), [_need(row) for row in shown["needs"]]
        ),
        "deals": lambda: Table(("id", "stage", "chance", "fte"), shown["deals"]),
    }
    filters = {name: str(value) for name, value in want.__dict__.items()}
    return _sent(context, f"capacity-{table}", _chosen(tables, table), filters | {"table": table})


def _need(row: Mapping[str, Any]) -> dict[str, Any]:
    need = row["need"]
    quantiles = dict(zip(("demand_50", "demand_80", "demand_90"), need.demand, strict=True))
    return asdict(need) | {"short": need.short, "bench": need.bench, "moved": row["moved"]} | quantiles


def _sent(context: RequestContext, name: str, table: Table, filters: Mapping[str, str]) -> StreamingResponse:
    return files.as_csv(context, Listed(name, table.columns, table.rows, filters))


def _list(request: Request, warehouse: WarehouseContext, kind: RecordList, q: str, sort: str) -> StreamingResponse:
    wanted, order = record_lists.asked(request, kind, sort)
    rows, _ = listed(warehouse.snapshot, kind, wanted=wanted, text=clean(q), sort=order, start=0, most=MOST)
    columns = tuple(dict.fromkeys((kind.key, *_names(kind.columns))))
    return _sent(warehouse.context, kind.path[1:], Table(columns, rows), {**wanted, "q": clean(q), "sort": order})


def _names(columns: Iterable[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _chosen(tables: Tables, name: str) -> Table:
    if name not in tables:
        raise UsageError("Unknown table.", expected="one of " + ", ".join(tables), found=name)
    return tables[name]()


def _findings(warehouse: WarehouseContext, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    return control_reads.findings(
        warehouse.snapshot,
        reconciliation=asked["reconciliation"],
        finding_class=asked["finding_class"],
        legal_entity=asked["legal_entity_id"],
        limit=MOST,
        offset=0,
    )


def _queued(one: leakage.Leak) -> dict[str, Any]:
    held = one.exception
    return {"external_id": held.external_id if held else None, "state": held.state if held else None}


def _to_cash(warehouse: WarehouseContext, found: leakage.Picture) -> list[dict[str, Any]]:
    drawn = leakage.realizing(found.realized, warehouse.snapshot.reporting_currency)
    return [{"step": step.label, "amount": step.amount} for step in drawn.steps] if drawn else []

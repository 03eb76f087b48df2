"""Overview: the firm's figures with what they mean and where they are explained, and what waits in the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from leadline.app.console.charts import Chart
from leadline.app.console.form import clean
from leadline.app.console.reads import leakage, overview
from leadline.app.console.reads.columns import Column
from leadline.app.console.translation import N_
from leadline.app.console.view import render
from leadline.app.console.warehouse import ScopedSnapshot
from leadline.app.console.warehouse_context import WarehouseContext, requires_warehouse
from leadline.warehouse.views import Row

router = APIRouter()

DAYS = 90
YEAR = 12
NOUGHT = Decimal(0)
MONTH = N_("Month")
Sums = dict[str, tuple[Decimal, Decimal | None]]


@dataclass(frozen=True)
class Shown:
    """How a figure is shown: its label, its kind, and the page that explains it."""

    label: str
    kind: str
    link: str


CLOSED = N_("A month is shown once it is closed.")
TO_CASH = "/controls?reconciliation=invoice_to_cash"
KPIS = {
    "billed": Shown(N_("Billed"), "money", "/leakage"),
    "recognised": Shown(N_("Revenue recognised"), "money", "/controls?reconciliation=billing_to_revenue"),
    "collected": Shown(N_("Collected"), "money", TO_CASH),
    "contribution_margin_ratio": Shown(N_("Contribution margin"), "ratio", "/projects"),
    "billable_utilization": Shown(N_("Billable utilization"), "ratio", "#utilization"),
    "won": Shown(N_("Won"), "money", "/controls/hand-offs"),
    "days_sales_outstanding": Shown(N_("DSO, days"), "days", TO_CASH),
    "open_receivables": Shown(N_("Open receivables"), "money", TO_CASH),
}
COSTS = ("contribution_margin_ratio",)
AT_THE_END = ("days_sales_outstanding", "open_receivables")
CURRENT = {
    "realization": Shown(N_("Realization"), "ratio", "/leakage"),
    "collection_realization": Shown(N_("Collection realization"), "ratio", "/leakage"),
    "contracted_backlog": Shown(N_("Backlog: signed, not delivered"), "money", "/projects"),
    "unbilled_backlog": Shown(N_("Backlog: signed, not billed"), "money", "/projects"),
    "unbilled_work": Shown(N_("WIP: delivered, not billed"), "money", "/leakage"),
    "weighted_pipeline": Shown(N_("Pipeline, weighted by the seller"), "money", "/capacity"),
    "supply_hours": Shown(N_("Supply, hours in 13 weeks"), "hours", "/capacity"),
    "bench_hours": Shown(N_("Bench, hours in 13 weeks"), "hours", "/capacity"),
}
# Of these the firm's table of metrics says nothing.
MEANINGS = {
    "billed": N_("net amount of the invoices issued, at the rate of their day"),
    "recognised": N_("revenue that the schedules recognise"),
    "collected": N_("payments received, at the rate of their day"),
    "won": N_("amount of the deals won, at the rate of their day"),
}
UTILIZATION = (
    Column("definition", "Definition", "words"),
    Column("counted_hours", "Hours counted", "money"),
    Column("capacity_hours", "Hours of capacity", "money"),
    Column("utilization_ratio", "Utilization", "ratio"),
)


@dataclass(frozen=True)
class Figure:
    """One figure with its meaning one click away; ``is_year``: over the last twelve months, not at one moment."""

    label: str
    value: Decimal | None
    kind: str
    meaning: str
    link: str
    is_year: bool = False


@router.get("/overview")
def show(
    request: Request,
    warehouse: Annotated[WarehouseContext, Depends(requires_warehouse("see_warehouse"))],
    legal_entity_id: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show the figures within the user's scope; margins require ``see_cost_rates``."""
    snapshot, entity = warehouse.snapshot, clean(legal_entity_id)
    sees_costs = warehouse.user.may("see_cost_rates")
    by_month = _by_month(overview.months(snapshot, entity))
    formulas = overview.formulas(snapshot)
    context = warehouse.context
    return render(
        request,
        "overview.html",
        snapshot=snapshot,
        entity=entity,
        entities=overview.entities(snapshot),
        kpis=_kpis(by_month, formulas, sees_costs=sees_costs),
        current=_current(snapshot, entity, formulas),
        charts=_charts(by_month, snapshot.reporting_currency, sees_costs=sees_costs),
        utilization_columns=UTILIZATION,
        utilization=overview.utilization(snapshot, entity),
        last=max(by_month, default=None),
        weeks=overview.OUTLOOK_WEEKS,
        totals=context.store.worklist.totals(context.scope, legal_entity=entity or None, at=context.at),
        within=urlencode({"legal_entity": entity}) if entity else "",
    )


def _by_month(rows: list[Row]) -> dict[date, Sums]:
    """Return numerator and denominator of each KPI by closed month: a running one compares with no other."""
    found: dict[date, Sums] = {}
    for row in (row for row in rows if row["is_closed"]):
        found.setdefault(row["month_start"], {})[row["kpi"]] = (row["numerator"], row["denominator"])
    return found


def _year(by_month: Mapping[date, Sums], last: date, kpi: str) -> Decimal | None:
    """Return a flow over the twelve months that end with a month, summed before it is divided; None before a year."""
    months = [month for month in sorted(by_month) if month <= last][-YEAR:]
    found = [by_month[month][kpi] for month in months if kpi in by_month[month]]
    if len(months) < YEAR or not found:
        return None
    whole = sum((part for _, part in found if part is not None), NOUGHT)
    return _value(kpi, sum((part for part, _ in found), NOUGHT), whole)


def _month(by_month: Mapping[date, Sums], month: date, kpi: str) -> Decimal | None:
    numerator, denominator = by_month[month].get(kpi, (None, None))
    return None if numerator is None else _value(kpi, numerator, denominator)


def _value(kpi: str, numerator: Decimal, denominator: Decimal | None) -> Decimal | None:
    kind = KPIS[kpi].kind
    if kind == "money":
        return numerator
    if not denominator:
        return None
    if kind == "days":
        return (numerator * DAYS / denominator).quantize(Decimal("0.1"))
    return (numerator / denominator).quantize(Decimal("0.0001"))


def _kpis(by_month: Mapping[date, Sums], formulas: Mapping[str, str], *, sees_costs: bool) -> list[Figure]:
    """Return flows over the last year and balances at the end of the last closed month."""
    if not by_month:
        return []
    last = max(by_month)
    return [
        Figure(
            shown.label,
            (_month if name in AT_THE_END else _year)(by_month, last, name),
            shown.kind,
            _meaning(name, formulas),
            shown.link,
            is_year=name not in AT_THE_END,
        )
        for name, shown in KPIS.items()
        if sees_costs or name not in COSTS
    ]


def _current(snapshot: ScopedSnapshot, entity: str, formulas: Mapping[str, str]) -> list[Figure]:
    found = overview.current(snapshot, entity) | _collected(snapshot, entity)
    return [
        Figure(shown.label, found[name], shown.kind, _meaning(name, formulas), shown.link)
        for name, shown in CURRENT.items()
    ]


def _collected(snapshot: ScopedSnapshot, entity: str) -> dict[str, Decimal | None]:
    row = leakage.realized(snapshot, leakage.Sought(legal_entity_id=entity))
    listed = row["worked"] + (row[leakage.DISCOUNT] or NOUGHT) if row else NOUGHT
    if row is None or not listed:
        return {"collection_realization": None}
    steps = leakage.TO_BILLED | leakage.TO_COLLECTED
    collected = sum((sign * row[name] for name, (_, sign) in steps.items()), NOUGHT)
    return {"collection_realization": collected / listed}


def _meaning(name: str, formulas: Mapping[str, str]) -> str:
    return formulas.get(name) or MEANINGS.get(name, "")


def _charts(by_month: Mapping[date, Sums], currency: str, *, sees_costs: bool) -> list[Chart]:
    rows = [
        {"month": month}
        | {name: _month(by_month, month, name) for name in KPIS if name not in COSTS}
        | {name: _year(by_month, month, name) for name in COSTS}
        for month in sorted(by_month)
    ]

    def chart(title: str, axis: str, *kpis: str, unit: str = "", is_ratio: bool = False) -> Chart:
        return Chart(
            "month", MONTH, {name: KPIS[name].label for name in kpis}, rows, title, axis, unit, is_ratio, CLOSED
        )

    money = ("billed", "recognised", "collected")
    drawn = [
        chart(N_("Billed, recognised, collected by month"), N_("Amount"), *money, unit=currency),
        chart(N_("Billable utilization by month"), N_("Share"), "billable_utilization", is_ratio=True),
        chart(N_("DSO at the end of the month"), N_("Days"), "days_sales_outstanding"),
    ]
    title = N_("Contribution margin over the twelve months to each month")
    return [*drawn, chart(title, N_("Margin"), *COSTS, is_ratio=True)] if sees_costs else drawn

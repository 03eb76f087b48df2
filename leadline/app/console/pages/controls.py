"""Controls: do the books agree, do the interfaces work, is the data good, are deals handed over whole."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from leadline.app.console.charts import Chart
from leadline.app.console.form import clean
from leadline.app.console.reads import controls
from leadline.app.console.reads.columns import Column
from leadline.app.console.translation import N_
from leadline.app.console.view import render
from leadline.app.console.warehouse_context import WarehouseContext, requires_warehouse

router = APIRouter(prefix="/controls")

PAGE = 50
MOST = 100_000
WEEKS = 52
MOST_DEALS = 200

Reader = Annotated[WarehouseContext, Depends(requires_warehouse("see_warehouse"))]

SIDES = (
    Column("reconciliation", "Reconciliation", "words"),
    Column("legal_entity_id", "Entity"),
    Column("currency", "Currency"),
    Column("unit", "Counted in"),
    Column("expected_rows", "Rows expected", "figure"),
    Column("found_rows", "Rows found", "figure"),
    Column("expected_amount", "Expected", "money"),
    Column("found_amount", "Found", "money"),
    Column("difference", "Difference", "money"),
    Column("change_in_month", "Change in the month", "money"),
    Column("owner", "Owner"),
)
CLASSES = (
    Column("reconciliation", "Reconciliation", "words"),
    Column("finding_class", "Class", "words"),
    Column("legal_entity_id", "Entity"),
    Column("currency", "Currency"),
    Column("findings", "Records", "figure"),
    Column("overdue", "Overdue", "figure"),
    Column("oldest", "Oldest, days", "figure"),
    Column("difference", "Difference", "money"),
    Column("owner", "Owner"),
)
FINDINGS = (
    Column("finding_class", "Class", "words"),
    Column("object_type", "Kind", "words"),
    Column("object_id", "Record"),
    Column("contract_id", "Contract"),
    Column("legal_entity_id", "Entity"),
    Column("expected_amount", "Expected", "money"),
    Column("found_amount", "Found", "money"),
    Column("difference", "Difference", "money"),
    Column("currency", "Currency"),
    Column("owner", "Owner"),
    Column("opened_on", "Since"),
    Column("age_days", "Days", "figure"),
    Column("is_overdue", "Overdue", "yes"),
)
INTERFACES = (
    Column("interface", "Interface", "words"),
    Column("error_class", "Class", "words"),
    Column("steward_queue", "Owner"),
    Column("messages", N_("Messages"), "figure"),
    Column("failed_messages", "Failed", "figure"),
    Column("dead_messages", "Dead", "figure"),
    Column("unresolved_messages", "Unresolved", "figure"),
    Column("overdue_messages", "Past their time", "figure"),
    Column("oldest_age_hours", "Oldest, hours", "figure"),
    Column("most_attempts", "Most tries", "figure"),
)
GRADES = (
    Column("product", "Data of", "words"),
    Column("product_kind", "Kind", "words"),
    Column("grade", "Grade"),
    Column("is_fit_for_use", "Fit for use", "yes"),
    Column("checks", "Checks", "figure"),
    Column("imperfect_checks", "Imperfect", "figure"),
    Column("failed_checks", "Failed", "figure"),
    Column("reasons", "Because"),
)
CHECKS = (
    Column("asks", "Check"),
    Column("entity", "Entity of data", "words"),
    Column("owner", "Owner"),
    Column("examined_rows", "Rows", "figure"),
    Column("failing_rows", "Failing", "figure"),
    Column("failing_share", "Share", "ratio"),
    Column("grade", "Grade"),
)
RULES = (
    Column("rule", "Rule", "words"),
    Column("checkpoint", "Checkpoint", "words"),
    Column("domain", "Domain", "words"),
    Column("steward_queue", "Owner"),
    Column("legal_entity_id", "Entity"),
    Column("deals", "Deals", "figure"),
)
UNREADY = (
    Column("opportunity_id", "Deal"),
    Column("legal_entity_id", "Entity"),
    Column("close_date", "Closed"),
    Column("amount", "Amount", "money"),
    Column("currency", "Currency"),
    Column("rules_met", N_("Rules met"), "figure"),
    Column("rules_applying", "Rules applying", "figure"),
    Column("readiness_ratio", "Ready", "ratio"),
)


@router.get("")
def reconciliations(
    request: Request,
    warehouse: Reader,
    reconciliation: Annotated[str, Query(max_length=200)] = "",
    finding_class: Annotated[str, Query(max_length=200)] = "",
    legal_entity_id: Annotated[str, Query(max_length=200)] = "",
    start: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> Response:
    """Show both sides of each reconciliation, how they went over time, and down to the records that differ."""
    snapshot = warehouse.snapshot
    asked = {"reconciliation": reconciliation, "finding_class": finding_class, "legal_entity_id": legal_entity_id}
    asked = {name: clean(value) for name, value in asked.items()}
    by_class = controls.classes(snapshot)
    found = controls.findings(
        snapshot,
        reconciliation=asked["reconciliation"],
        finding_class=asked["finding_class"],
        legal_entity=asked["legal_entity_id"],
        limit=PAGE + 1,
        offset=start,
    )
    kept = {name: value for name, value in asked.items() if value}
    return render(
        request,
        "reconciliations.html",
        snapshot=snapshot,
        sides_columns=SIDES,
        sides=controls.sides(snapshot),
        charts=_charts(controls.trend(snapshot, reconciliation=asked["reconciliation"])),
        class_columns=CLASSES,
        classes=by_class,
        finding_columns=FINDINGS,
        findings=found[:PAGE],
        asked=asked,
        choices={name: sorted({row[name] for row in by_class if row[name]}) for name in asked},
        before=f"/controls?{urlencode(kept | {'start': max(start - PAGE, 0)})}" if start else "",
        after=f"/controls?{urlencode(kept | {'start': start + PAGE})}" if len(found) > PAGE else "",
    )


@router.get("/data")
def data(request: Request, warehouse: Reader) -> Response:
    """Show the interfaces' failed transactions, the grades of the data and the checks that fail."""
    snapshot = warehouse.snapshot
    weeks = controls.interface_weeks(snapshot, weeks=WEEKS)
    series = {
        "opened": N_("Came"),
        "still_open": N_("Open at the end"),
        "breached": N_("Past their time"),
    }
    title = N_("Failed transactions by week")
    return render(
        request,
        "data_health.html",
        snapshot=snapshot,
        sees_all=snapshot.figures.legal_entities is None,
        interface_columns=INTERFACES,
        interfaces=controls.interfaces(snapshot),
        chart_of_weeks=Chart("week_start", N_("Week"), series, weeks, title, N_("Messages")),
        grade_columns=GRADES,
        grades=controls.grades(snapshot),
        check_columns=CHECKS,
        checks=controls.failing_checks(snapshot),
    )


@router.get("/hand-offs")
def hand_offs(request: Request, warehouse: Reader) -> Response:
    """Show how completely won deals are handed over, which rules are broken, and by which deals."""
    snapshot = warehouse.snapshot
    series = {
        "proposal": N_("Proposal"),
        "contract_approval": N_("Contract approval"),
        "booking": N_("Booking"),
    }
    months = controls.compliance(snapshot)
    title = N_("Hand-off rules met, by the month of the win")
    return render(
        request,
        "hand_offs.html",
        snapshot=snapshot,
        compliance=Chart("won_in", N_("Month"), series, months, title, N_("Rules met"), is_ratio=True),
        rule_columns=RULES,
        rules=controls.broken_rules(snapshot),
        deal_columns=UNREADY,
        deals=controls.unready(snapshot, limit=MOST_DEALS),
        most=MOST_DEALS,
    )


def _charts(rows: list[dict[str, Any]]) -> list[Chart]:
    """Return a chart of both sides per legal entity and currency, which are never added up."""
    series = {"expected_amount": N_("Expected"), "found_amount": N_("Found")}
    charts = []
    for (entity, currency, unit), months in groupby(
        rows, lambda row: (row["legal_entity_id"], row["currency"], row["unit"])
    ):
        title = f"{entity or '–'} {currency or ''}".strip()
        charts.append(
            Chart(
                "month_start",
                N_("Month"),
                series,
                list(months),
                title,
                N_("Amount"),
                currency if unit == "money" else unit,
            )
        )
    return charts

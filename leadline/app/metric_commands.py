"""metrics list, metrics query: metrics by name, from the published snapshot."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadline.app.boundary import BoundedGroup, session_of
from leadline.app.options import FormatOption, HomeOption, examples
from leadline.app.printing import Format, print_rows
from leadline.app.progress import note
from leadline.app.work import look

if TYPE_CHECKING:
    from leadline.warehouse.metric_query import Found
    from leadline.warehouse.metrics import Metric

metrics_app = typer.Typer(
    cls=BoundedGroup, no_args_is_help=True, help="Metrics by name: list them, query them by any slices."
)

METRIC_COLUMNS = {"name": "metric", "area": "area", "unit": "unit", "currency": "currency", "description": "meaning"}
SLICE_COLUMNS = {"name": "slice", "kind": "kind", "description": "meaning"}
# Decimals shown of a unit; hours and money are kept with two.
DECIMALS = {"ratio": 4, "money per hour": 4, "count": 0}


@metrics_app.command(
    "list", epilog=examples("leadline metrics list", "leadline metrics list open_receivables weighted_pipeline")
)
def list_(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[METRIC]...", help="Metrics by name.", show_default=False)
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List the metrics; with METRIC, by what it (or all of them together) can be sliced.

    Reads the shipped definitions; needs no home.
    """
    if names:
        from leadline.warehouse.metric_query import slices

        rows = [{"name": one.name, "kind": one.kind, "description": one.description} for one in slices(names)]
        print_rows(rows, form, columns=SLICE_COLUMNS, title=f"By what {' and '.join(names)} can be sliced")
        return
    from leadline.warehouse.metrics import metrics

    listed = [{key: value for key, value in asdict(one).items() if key != "input_of"} for one in metrics()]
    print_rows(listed, form, columns=METRIC_COLUMNS, title="Metrics; leadline metrics list METRIC tells its slices")


@metrics_app.command(
    "query",
    epilog=examples(
        "leadline metrics query open_receivables overdue_receivables_ratio --by legal_entity",
        "leadline metrics query billable_utilization --by month --by practice --where \"month >= '2026-01-01'\"",
        "leadline metrics query leakage --by leakage_class --format csv",
        "leadline metrics query days_sales_outstanding --sql",
    ),
)
def query_(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="METRIC...", help="Metrics by name.", show_default=False)],
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="Slice, such as legal_entity or month; may be given several times."),
    ] = None,
    where: Annotated[str, typer.Option("--where", help="Condition on slices, as after WHERE.")] = "",
    show_sql: Annotated[bool, typer.Option("--sql", help="Print the SQL of the query instead of rows.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Ask the published snapshot for metrics: one row for each combination of the slices, in their order.

    Money is in the reporting currency, or sliced by currency: never added up over several.
    """
    from leadline.warehouse.metric_query import ask

    session = session_of(ctx)
    snapshot = session.parts.open_current(look(session, home).warehouse)
    found = ask(snapshot, names, by=by or (), where=where)
    if show_sql:
        sys.stdout.write(found.sql + "\n")
        return
    shown = [*found.slices, *(metric.name for metric in found.metrics)]
    title = f"Snapshot {snapshot.snapshot_id}{_currency(found, snapshot.reporting_currency)}"
    print_rows(_printed(found), form, columns={name: name for name in shown}, title=title)
    if found.is_cut:
        note(f"Only the first {len(found.rows):,} rows are shown. --where narrows them down.")


def _currency(found: Found, reporting: str) -> str:
    from leadline.warehouse.metrics import REPORTING

    return f", money in {reporting}" if any(metric.currency == REPORTING for metric in found.metrics) else ""


def _printed(found: Found) -> list[dict[str, Any]]:
    """Return rows of plain values: days as ISO dates, figures with the decimals of their unit."""
    metrics = {metric.name: metric for metric in found.metrics}
    return [
        {name: _figure(value, metrics[name]) if name in metrics else _label(value) for name, value in row.items()}
        for row in found.rows
    ]


def _figure(value: Any, metric: Metric) -> int | float | None:
    if value is None:
        return None
    decimals = DECIMALS.get(metric.unit, 2)
    return round(float(value), decimals) if decimals else int(value)


def _label(value: Any) -> Any:
    if isinstance(value, datetime):
        value = value.date()
    return value if value is None or isinstance(value, bool | int) else str(value)

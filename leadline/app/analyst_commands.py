"""export, lineage, quality: the warehouse as files, where metrics come from, how good the data is."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadline.app.boundary import Session, session_of
from leadline.app.options import FormatOption, HomeOption
from leadline.app.printing import Format, print_rows
from leadline.app.progress import Steps, note
from leadline.app.work import look
from leadline.kernel.errors import UsageError

if TYPE_CHECKING:
    from leadline.warehouse.snapshot import Snapshot

EXPORT_COLUMNS = {"table": "table", "rows": "rows", "path": "file", "remark": "remark"}
ENTITY_COLUMNS = {"legal_entity": "legal entity", "tables": "tables", "rows": "rows", "path": "file"}
METRIC_COLUMNS = {"metric": "metric", "mart": "table", "metric_column": "column", "unit": "unit", "formula": "formula"}
LINEAGE_COLUMNS = {
    "depth": "step",
    "table": "table",
    "layer": "layer",
    "owner": "owner",
    "grain": "grain",
    "reads": "reads",
}
GRADE_COLUMNS = {
    "product": "product",
    "product_kind": "kind",
    "grade": "grade",
    "fit_for_use": "fit for use",
    "checks": "checks",
    "reasons": "reasons",
}
LIST_COLUMNS = {"table": "table", "rows": "rows"}


def export(
    ctx: typer.Context,
    tables: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE]...", help="Published tables.", show_default=False)
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="FILE.xlsx (a sheet per table), FILE.csv, FILE.parquet, or a folder of CSV files."),
    ] = None,
    where: Annotated[str, typer.Option("--where", help="SQL condition that the rows must meet.")] = "",
    per_legal_entity: Annotated[
        bool,
        typer.Option("--per-legal-entity", help="One DuckDB file per legal entity: only its rows, without cost."),
    ] = False,
    show_list: Annotated[bool, typer.Option("--list", help="List the published tables and views and exit.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Write published tables as files that a spreadsheet opens safely: no text becomes a formula, no id a number.

    Reads the published snapshot only; a file appears whole or not at all. --format is about what is printed.
    """
    session = session_of(ctx)
    snapshot = session.parts.open_current(look(session, home).warehouse)
    if show_list:
        rows = [{"table": name, "rows": count} for name, count in snapshot.rows.items()]
        print_rows(rows, form, columns=LIST_COLUMNS, title=f"Tables of snapshot {snapshot.snapshot_id}")
        return
    if to is None:
        raise UsageError("No output path was given.", expected="--to FILE or --to FOLDER", next_step="add --to")
    if per_legal_entity:
        _refuse_choice(tables or [], where)
        _export_entities(session, snapshot, to=to, form=form)
    else:
        _export_tables(session, snapshot, tables or [], to=to, where=where, form=form)


def lineage(
    metric: Annotated[
        str | None, typer.Argument(metavar="[METRIC]", help="Metric by name.", show_default=False)
    ] = None,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="A Mermaid flowchart instead, for a page or a ticket.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show where a metric comes from: every table behind it, with owner and grain, down to what was landed.

    Without METRIC, lists the metrics. Reads the shipped definitions and the dbt project; needs no home.
    """
    from leadline.warehouse.lineage import as_mermaid, definitions
    from leadline.warehouse.lineage import lineage as trace

    if metric is None:
        title = "Metrics; leadline lineage METRIC shows where one comes from"
        print_rows(definitions(), form, columns=METRIC_COLUMNS, title=title)
        return
    with Steps().step("Read the dbt project"):
        found = trace(metric)
    if mermaid:
        sys.stdout.write(as_mermaid(found))
        return
    rows = [{**asdict(step), "reads": ", ".join(step.reads)} for step in found.steps]
    definition = found.definition
    title = f"{metric} = {definition['formula']} ({definition['mart']}.{definition['metric_column']})"
    print_rows(rows, form, columns=LINEAGE_COLUMNS, title=title)


def quality(ctx: typer.Context, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Show how good the data behind each score and mart is, worst first, and the checks that say so.

    Reads the published snapshot; the single checks are in the table gov_quality_result.
    """
    session = session_of(ctx)
    snapshot = session.parts.open_current(look(session, home).warehouse)
    grades = snapshot.mart("gov_quality_grade").collect().to_dicts()
    worst_first = sorted(grades, key=lambda row: (row["product_kind"] != "score", row["product"]))
    worst_first.sort(key=lambda row: row["grade"], reverse=True)
    rows = [
        {**row, "fit_for_use": "yes" if row["is_fit_for_use"] else "NO", "reasons": row["reasons"] or ""}
        for row in worst_first
    ]
    print_rows(rows, form, columns=GRADE_COLUMNS, title=f"Data quality of snapshot {snapshot.snapshot_id}")


def _export_tables(
    session: Session, snapshot: Snapshot, tables: list[str], *, to: Path, where: str, form: Format
) -> None:
    if not tables:
        raise UsageError("No table is named.", next_step="leadline export --list names them")
    with Steps().step("Export") as tell:
        written = session.parts.export(snapshot, tables, to=to, where=where, progress=tell)
    rows = [{"table": one.table, "rows": one.rows, "path": str(one.path), "remark": one.remark} for one in written]
    print_rows(rows, form, columns=EXPORT_COLUMNS, title=f"Snapshot {snapshot.snapshot_id}")
    for one in written:
        if one.remark:
            note(f"{one.table}: {one.remark}.")


def _refuse_choice(tables: list[str], where: str) -> None:
    if tables or where:
        raise UsageError(
            "--per-legal-entity takes no choice of tables or rows.",
            found=" ".join([*tables, *(["--where"] if where else [])]),
            next_step="its rules say what each entity gets: docs/analysts.md",
        )


def _export_entities(session: Session, snapshot: Snapshot, *, to: Path, form: Format) -> None:
    with Steps().step("Export by legal entity") as tell:
        written = session.parts.export_entities(snapshot, to=to, progress=tell)
    rows = [
        {
            "legal_entity": one.legal_entity_id,
            "tables": len(one.rows),
            "rows": sum(one.rows.values()),
            "path": str(one.path),
        }
        for one in written
    ]
    print_rows(rows, form, columns=ENTITY_COLUMNS, title=f"Snapshot {snapshot.snapshot_id}")
    note(f"What is where, and what was withheld: {to / 'entities.json'}")

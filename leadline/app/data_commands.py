"""simulate, land, build: from source files to a published warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadline.app.boundary import session_of
from leadline.app.night import build_warehouse, land_folder
from leadline.app.options import (
    AsOfOption,
    FormatOption,
    HomeOption,
    MappingOption,
    ProfileOption,
    SeedOption,
    SizeOption,
    moment,
)
from leadline.app.printing import Format, print_rows, print_table
from leadline.app.progress import Steps, note
from leadline.app.wiring import Parts
from leadline.app.work import working
from leadline.kernel.counts import counted

if TYPE_CHECKING:
    from leadline.sources.land import LandReport
    from leadline.warehouse.snapshot import Snapshot


def simulate(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="Folder to write the firm's extracts, mappings and truth to.")],
    size: SizeOption = "s",
    seed: SeedOption = 7,
    profile: ProfileOption = "consulting",
    books: Annotated[
        str,
        typer.Option(
            "--books",
            help="usual: with the slips of its profile; clean: without any; faulty: with planted ones, "
            "each of them known (docs/reconciliations.md).",
        ),
    ] = "usual",
    draw: Annotated[int, typer.Option("--draw", min=0, help="Sample the same world again: other luck, same firm.")] = 0,
    with_report: Annotated[
        bool, typer.Option("--report", help="Compare the firm with industry figures; tables and plots in OUT/report.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Write the demo firm's extracts as its source systems would send them. The same seed gives the same bytes."""
    parts = session_of(ctx).parts
    begun = perf_counter()
    with Steps().step("Simulate the firm") as tell:
        report = parts.simulate(size, seed=seed, out=out, profile=profile, books=books, draw=draw, progress=tell)
    seconds = max(perf_counter() - begun, 1e-3)
    rows = [{"entity": name, "versions": count} for name, count in report.rows.items()]
    print_rows(rows, form, columns={"entity": "entity", "versions": "versions"}, title=f"The firm until {report.as_of}")
    count = sum(report.rows.values())
    note(f"{counted(count, 'version')} in {seconds:.1f} s, {count / seconds:,.0f} rows a second.")
    note(f"This firm is at home in integration_profile = {report.integration_profile!r}.")
    if with_report:
        _print_figures(parts, report.out)
    note(f"Written to {report.out}. Next: leadline land {report.out}")


def _print_figures(parts: Parts, out: Path) -> None:
    """Measure the firm, print its figures, and say where the plots are."""
    with Steps().step("Measure the firm") as tell:
        tell("figures and bands", 0.1)
        measured = parts.firm_report(out)
    columns = {"figure": "figure", "firm": "firm", "range": "range", "met": "met"}
    for title, rows in measured.sections.items():
        lines = [
            {
                "figure": row.name,
                "firm": f"{row.value:.3f} {row.unit}".strip(),
                "range": f"{row.low:g} … {row.high:g}",
                "met": "yes" if row.met else "NO",
            }
            for row in rows
        ]
        print_table(lines, columns, title=title)
    note(f"Plots and tables: {measured.folder / 'report.html'}")


def land(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder with the exported files.", show_default=False)],
    mapping: MappingOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Land what source systems delivered. Landing twice adds nothing; invalid rows go to quarantine with the reason.

    A damaged file is refused whole (exit code 3) and keeps no other from landing.
    """
    with working(session_of(ctx), home, "land", create=True) as job:
        report = land_folder(job, folder, mapping or [])
        rows = land_rows(report)
        if form is Format.TABLE:
            print_table(_per_entity(rows), LAND_COLUMNS, title="Landed")
        else:
            print_rows(rows, form, columns=LAND_COLUMNS)
        _note_some("No mapping speaks of these files; they were left alone", report.unmatched)
        _note_some("These places of the mapping matched no file", report.unused)
        report.raise_refused()


def _note_some(what: str, names: Sequence[str]) -> None:
    if names:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        note(f"{what}: {', '.join(names[:NAMED])}{more}.")


NAMED = 5
LAND_COLUMNS = {
    "entity": "entity",
    "landed": "files landed",
    "landed before": "landed before",
    "refused": "refused",
    "rows": "rows",
    "quarantined": "in quarantine",
}


def _per_entity(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sum a landing up for people: files by what became of them and rows, per entity; refused files have none."""
    summed: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row["entity"] or "–"
        one = summed.setdefault(name, {key: name if key == "entity" else 0 for key in LAND_COLUMNS})
        one[row["state"]] += 1
        one["rows"] += row["rows"]
        one["quarantined"] += row["quarantined"]
    return [summed[name] for name in sorted(summed)]


def land_rows(report: LandReport) -> list[dict[str, Any]]:
    """Return a landing as rows: one per batch, skipped delivery and refused file."""
    landed = [
        {
            "file": batch.file,
            "entity": batch.entity,
            "state": "landed",
            "rows": batch.rows_landed,
            "quarantined": batch.rows_quarantined,
            "batch_id": batch.batch_id,
        }
        for batch in report.batches
    ]
    skipped = [
        {
            "file": one.file,
            "entity": one.entity,
            "state": "landed before",
            "rows": 0,
            "quarantined": 0,
            "batch_id": one.batch_id,
        }
        for one in report.skipped
    ]
    refused = [
        {"file": one.file, "entity": None, "state": "refused", "rows": 0, "quarantined": 0, "batch_id": None}
        for one in report.refused
    ]
    return landed + skipped + refused


def build(
    ctx: typer.Context,
    as_of: AsOfOption = None,
    force: Annotated[bool, typer.Option("--force", help="Build even if nothing changed.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Build the warehouse from landing, test it and publish it; readers see the old one until then.

    Without --as-of everything landed goes in; with it only what was known by then. Nothing changed, nothing is built.
    """
    until = moment(as_of)
    with working(session_of(ctx), home, "build", as_of=until) as job:
        snapshot = build_warehouse(job, as_of=until, force=force)
        row = build_row(snapshot)
        job.outcome.counts |= {"tables": row["tables"], "rows": row["rows"]}
        print_rows([row], form, columns=BUILD_COLUMNS, title="Published")


BUILD_COLUMNS = {
    "snapshot_id": "snapshot",
    "tables": "tables",
    "rows": "rows",
    "known_until": "known until",
    "currency": "currency",
    "database": "DuckDB file",
}


def build_row(snapshot: Snapshot) -> dict[str, Any]:
    """Return a published snapshot as one row."""
    tables = snapshot.manifest["tables"]
    return {
        "snapshot_id": snapshot.snapshot_id,
        "tables": len(tables),
        "rows": sum(int(table["rows"]) for table in tables.values()),
        "known_until": snapshot.known_until.isoformat() + "Z" if snapshot.known_until else None,
        "currency": snapshot.reporting_currency,
        "database": str(snapshot.database),
    }

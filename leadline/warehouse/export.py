"""Export published tables as files that people open: a workbook, CSV, Parquet. A file appears whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leadline.kernel.counts import counted
from leadline.kernel.errors import HomeError, UsageError
from leadline.kernel.files import replacing
from leadline.warehouse.delimited import write_csv
from leadline.warehouse.snapshot import Snapshot
from leadline.warehouse.spreadsheet import Workbook
from leadline.warehouse.table_rows import TableRows, check_tables, table_rows

XLSX, CSV, PARQUET = ".xlsx", ".csv", ".parquet"
SUFFIXES = (XLSX, CSV, PARQUET)

# A step's text and the share done, 0 to 1.
Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Exported:
    """One table that was written: where, how many rows, and what the reader should know about it."""

    table: str
    path: Path
    rows: int
    remark: str = ""


def export(
    snapshot: Snapshot, tables: Sequence[str], *, to: Path, where: str = "", progress: Tell | None = None
) -> tuple[Exported, ...]:
    """Write tables of a snapshot to ``to``: a .xlsx of all of them, a .csv or .parquet of one, a folder of a CSV each.

    Only rows for which the SQL condition ``where`` holds are written. Rows are in the published order.

    Raises:
        UsageError: a table is unknown (all such are named), the condition wrong, or the file cannot hold the tables.
        HomeError: the place cannot be written to.
        IntegrityError: the snapshot is not what its manifest says.
    """
    wanted = tuple(dict.fromkeys(tables))
    check_tables(snapshot, wanted)
    kind = _kind(to, wanted)
    tell = progress or (lambda _, __: None)
    if kind == XLSX:
        return _workbook(snapshot, wanted, to=to, where=where, tell=tell)
    targets = {table: to if kind in SUFFIXES else to / f"{table}{CSV}" for table in wanted}
    written = []
    for place, (table, path) in enumerate(targets.items()):
        with table_rows(snapshot, table, where=where) as rows, appearing(path) as hidden:
            share = _shares(tell, rows, place, len(targets))
            (_write_parquet if kind == PARQUET else write_csv)(rows, hidden, tell=share)
            written.append(Exported(table, path, rows.count))
    return tuple(written)


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Give a hidden file beside ``path`` to write to; it takes the name when all went well, else it goes.

    Raises:
        HomeError: the place cannot be written to; what was there before stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as hidden:
            hidden.touch()
            yield hidden
    except OSError as exc:
        raise HomeError(
            "Cannot write the file.",
            where=str(path),
            found=exc.strerror or str(exc),
            next_step="pass another --to, or check the folder, its permissions and disk space",
        ) from exc


def _kind(to: Path, tables: Sequence[str]) -> str:
    """Return the suffix that says how to write; empty for a folder."""
    kind = "" if to.is_dir() else to.suffix.lower()
    if kind and kind not in SUFFIXES:
        raise UsageError(
            "Unsupported file type.",
            where="--to",
            expected="FILE.xlsx, FILE.csv, FILE.parquet or a folder",
            found=str(to),
        )
    if kind in (CSV, PARQUET) and len(tables) > 1:
        raise UsageError(
            f"A {kind} file holds one table.",
            where="--to",
            expected="a folder (a CSV file for each table) or FILE.xlsx (a sheet for each)",
            found=f"{to} for {len(tables)} tables",
        )
    return kind


def _workbook(snapshot: Snapshot, tables: Sequence[str], *, to: Path, where: str, tell: Tell) -> tuple[Exported, ...]:
    known = f"{snapshot.known_until:%Y-%m-%d %H:%M:%S} UTC" if snapshot.known_until else "nothing"
    facts = {"snapshot": snapshot.snapshot_id, "known until": known, "only rows where": where or "all rows"}
    with appearing(to) as hidden:
        with Workbook(hidden) as book:
            for place, table in enumerate(tables):
                with table_rows(snapshot, table, where=where) as rows:
                    book.add(rows, tell=_shares(tell, rows, place, len(tables)))
            book.about(facts)
        return tuple(Exported(r.table, to, r.rows, _remark(r.sheets, r.cut_texts)) for r in book.reports)


def _remark(sheets: Sequence[str], cut_texts: int) -> str:
    split = f"split over {len(sheets)} sheets: {', '.join(sheets)}" if len(sheets) > 1 else ""
    cut = f"{cut_texts} texts cut to what a cell holds" if cut_texts else ""
    return "; ".join(part for part in (split, cut) if part)


def _write_parquet(rows: TableRows, path: Path, *, tell: Callable[[int], None]) -> None:
    import pyarrow.parquet as pq

    reader = rows.arrow()
    written = 0
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            written += batch.num_rows
            tell(written)


def _shares(tell: Tell, rows: TableRows, place: int, tables: int) -> Callable[[int], None]:
    def count(written: int) -> None:
        tell(f"{rows.table}: {counted(written, 'row')}", (place + written / max(rows.count, 1)) / tables)

    return count

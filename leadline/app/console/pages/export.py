"""The worklist as a file for a spreadsheet: all that the filters of the address let through, as of one moment.

It is written to a temporary file first and sent from there: a slow line holds no connection to the store, and memory
stays the same however long the list is.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from leadline.app.console import guard, lists
from leadline.app.console.dossier import as_seen
from leadline.app.console.guard import Visit
from leadline.app.console.lists import Asked
from leadline.kernel.errors import BusyError
from leadline.queue.export import Record, write_csv, write_xlsx
from leadline.queue.records import RECORD_KEYS, as_record

router = APIRouter(prefix="/worklist")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PIECE = 64 * 1024
# More at the same moment would hold up who works.
AT_ONCE = 2

Exporter = Annotated[Visit, Depends(guard.needs("export"))]
Filters = Annotated[Asked, Depends(lists.asked)]
Writes = Callable[[Iterator[Record], IO[bytes]], None]

_turns = threading.BoundedSemaphore(AT_ONCE)


@router.get("/export.csv")
def as_csv(here: Exporter, filters: Filters) -> StreamingResponse:
    """Send the list as CSV in UTF-8, with the mark by which spreadsheets know it."""

    def write(records: Iterator[Record], out: IO[bytes]) -> None:
        text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
        write_csv(records, RECORD_KEYS, text)
        text.detach()

    return _sent(here, filters, write, media_type="text/csv; charset=utf-8", ending="csv")


@router.get("/export.xlsx")
def as_xlsx(here: Exporter, filters: Filters) -> StreamingResponse:
    """Send the list as a workbook of one sheet."""

    def write(records: Iterator[Record], out: IO[bytes]) -> None:
        write_xlsx(records, RECORD_KEYS, out, sheet="worklist")

    return _sent(here, filters, write, media_type=XLSX, ending="xlsx")


def _sent(here: Visit, filters: Asked, write: Writes, *, media_type: str, ending: str) -> StreamingResponse:
    file = TemporaryFile()  # noqa: SIM115 (closed when it was sent)
    try:
        with _turn():
            found = here.store.worklist.each(here.sight, lists.sought(here, filters))
            write((as_record(as_seen(here, one)) for one in found), file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = f"leadline-worklist-{here.at:%Y-%m-%d}.{ending}"
    return StreamingResponse(
        iter(lambda: file.read(PIECE), b""),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        background=BackgroundTask(file.close),
    )


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(blocking=False):
        raise BusyError("Others export at this moment.", next_step="try again in a few seconds")
    try:
        yield
    finally:
        _turns.release()

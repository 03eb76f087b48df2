"""Answers that are files: what a page lists, whole, as of one moment, and noted in the audit before they are sent.

A file is written to a temporary one first and sent from there: a slow line holds no connection to the store, and memory
stays the same however long the list is.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from leadline.app.console.guard import RequestContext
from leadline.kernel.errors import BusyError
from leadline.queue import audit
from leadline.queue.entries import EXPORTED, FILTERS
from leadline.queue.export import Record, write_csv, write_xlsx

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PIECE = 64 * 1024
# More at the same moment would hold up who works.
AT_ONCE = 2

Writes = Callable[[Iterator[Record], IO[bytes]], None]

turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Listed:
    """What a file holds: a name, the columns in order, the records, and the filters that let them through."""

    name: str
    columns: Sequence[str]
    records: Iterable[Record]
    filters: Mapping[str, str]


def as_csv(context: RequestContext, listed: Listed) -> StreamingResponse:
    """Send a list as CSV in UTF-8, with the mark by which spreadsheets know it.

    Raises:
        BusyError: others export at this moment.
    """

    def write(records: Iterator[Record], out: IO[bytes]) -> None:
        text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
        write_csv(records, listed.columns, text)
        text.detach()

    return _sent(context, listed, write, media_type=CSV, ending="csv")


def as_xlsx(context: RequestContext, listed: Listed) -> StreamingResponse:
    """Send a list as a workbook of one sheet.

    Raises:
        BusyError: others export at this moment.
    """

    def write(records: Iterator[Record], out: IO[bytes]) -> None:
        write_xlsx(records, listed.columns, out, sheet=listed.name)

    return _sent(context, listed, write, media_type=XLSX, ending="xlsx")


def _sent(context: RequestContext, listed: Listed, write: Writes, *, media_type: str, ending: str) -> StreamingResponse:
    file = TemporaryFile()  # noqa: SIM115 (closed when it was sent)
    counted = _Counted()
    try:
        with _turn():
            write(counted.through(listed.records), file)
        _note(context, listed, ending, counted.rows)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = f"leadline-{listed.name}-{context.at:%Y-%m-%d}.{ending}"
    return StreamingResponse(
        iter(lambda: file.read(PIECE), b""),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        background=BackgroundTask(file.close),
    )


class _Counted:
    """Counts what goes through."""

    rows = 0

    def through(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            self.rows += 1
            yield record


def _note(context: RequestContext, listed: Listed, ending: str, rows: int) -> None:
    """Seal into the audit who takes which rows away; what cannot be noted is not sent."""
    filters = {name: value for name, value in listed.filters.items() if value}
    detail = {"list": listed.name, "format": ending, "rows": rows, FILTERS: filters}
    with context.store.writing(at=context.at) as connection:
        audit.append(connection, [audit.Entry(EXPORTED, None, detail)], actor=context.user.login, at=context.at)


@contextmanager
def _turn() -> Iterator[None]:
    if not turns.acquire(blocking=False):
        raise BusyError("Others export at this moment.", next_step="try again in a few seconds")
    try:
        yield
    finally:
        turns.release()

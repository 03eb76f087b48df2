"""Audit checkpoints, kept outside the store: they prove that a chain was cut off, or forged from end to end.

A checkpoint is a line of JSON: the number and hash of the last entry, and when it was noted. Every chain that continues
an untouched one holds each noted hash at its number. The file lies in the home unless the setting ``audit_checkpoints``
puts it on another disk, which is the better place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from leadline.kernel.errors import Fault, HomeError
from leadline.queue.tables import AUDIT

_ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class Checkpoint:
    """The last entry of the chain at some moment."""

    number: int
    hash: str


class CheckpointLog:
    """The file that heads are noted in, one line each, only ever added to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last = next(reversed(self.read()), None)

    def note(self, head: Checkpoint, *, at: datetime) -> None:
        """Add a head, on disk when this returns; one that was noted last, or of an empty chain, is no news.

        Raises:
            HomeError: the file cannot be written.
        """
        if head.number == 0 or head == self._last:
            return
        line = json.dumps({"number": head.number, "hash": head.hash, "at": at.replace(tzinfo=None).isoformat() + "Z"})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # A line that a kill cut short is no note; the next one begins on a line of its own.
            gap = "" if _ends_with_a_line(self.path) else "\n"
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(f"{gap}{line}\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as exc:
            raise HomeError(
                "The audit's head cannot be noted; what was changed is kept and audited all the same.",
                where=str(self.path),
                found=exc.strerror or str(exc),
                next_step="make room or check permissions, or set audit_checkpoints to another file",
            ) from exc
        self._last = head

    def read(self) -> Sequence[Checkpoint]:
        """Return all noted heads, in the order of the file; lines that are no notes are left out."""
        if not self.path.is_file():
            return ()
        return tuple(_heads(self.path.read_text("utf-8", errors="replace").splitlines()))

    def faults(self, connection: Connection) -> Iterator[Fault]:
        """Say where the chain in the store does not hold a noted head, each number once."""
        noted = {head.number: head.hash for head in reversed(self.read())}
        numbers = sorted(noted)
        for start in range(0, len(numbers), _ASKED_AT_ONCE):
            asked = numbers[start : start + _ASKED_AT_ONCE]
            query = select(AUDIT.c.number, AUDIT.c.hash).where(AUDIT.c.number.in_(asked))
            found: dict[int, str] = dict(connection.execute(query).tuples().all())
            for number in asked:
                if found.get(number) != noted[number]:
                    entry = str(found.get(number, "no such entry"))
                    yield Fault(f"audit entry {number}", f"hash {noted[number][:12]}, noted in {self.path}", entry[:13])


def _ends_with_a_line(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_size:
        return True
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read() == b"\n"


def _heads(lines: Sequence[str]) -> Iterator[Checkpoint]:
    for line in lines:
        try:
            entry = json.loads(line)
            yield Checkpoint(int(entry["number"]), str(entry["hash"]))
        except (ValueError, KeyError, TypeError):
            continue

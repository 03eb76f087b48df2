"""Audit checkpoints, kept outside the store: they prove that a chain was cut off, or forged from end to end.

A checkpoint is a line of JSON: the number and hash of the last entry, and when it was written. Every chain that
continues an untouched one holds each recorded hash at its number. The file lies in the home unless the setting
``audit_checkpoints`` puts it on another disk, which is the better place.
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
    """The append-only file of checkpoints, one per line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last = next(reversed(self.read()), None)

    def append(self, head: Checkpoint, *, at: datetime) -> None:
        """Append a checkpoint, durable on return; the latest one again, or that of an empty chain, is skipped.

        Raises:
            HomeError: the file cannot be written.
        """
        if head.number == 0 or head == self._last:
            return
        line = json.dumps({"number": head.number, "hash": head.hash, "at": at.replace(tzinfo=None).isoformat() + "Z"})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # A line cut short by a kill is ignored; the next one starts on a new line.
            gap = "" if _ends_with_a_line(self.path) else "\n"
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(f"{gap}{line}\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as exc:
            raise HomeError(
                "Cannot write the audit checkpoint; the change itself is saved and audited.",
                where=str(self.path),
                found=exc.strerror or str(exc),
                next_step="free disk space, check permissions, or set audit_checkpoints to another file",
            ) from exc
        self._last = head

    def read(self) -> Sequence[Checkpoint]:
        """Return all checkpoints, in file order; lines that are none are left out."""
        if not self.path.is_file():
            return ()
        return tuple(_parsed(self.path.read_text("utf-8", errors="replace").splitlines()))

    def faults(self, connection: Connection) -> Iterator[Fault]:
        """Yield where the chain in the store disagrees with a checkpoint, each number once."""
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


def _parsed(lines: Sequence[str]) -> Iterator[Checkpoint]:
    for line in lines:
        try:
            entry = json.loads(line)
            yield Checkpoint(int(entry["number"]), str(entry["hash"]))
        except (ValueError, KeyError, TypeError):
            continue

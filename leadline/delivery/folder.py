"""The drop folder: one JSON file per message, written under a hidden name, flushed, renamed.

The file's name is the idempotency key (exception id and version), so a repeated delivery is the same file with the same
bytes; a receiver moves what it has taken to ``done/`` beside it, and nothing that lies there is delivered again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from leadline.delivery.target import Send, Undelivered
from leadline.kernel.errors import HomeError
from leadline.kernel.files import flush, write_atomically
from leadline.queue.deliveries import Intake, Message

TAKEN = "done"


@dataclass(frozen=True)
class FolderTarget:
    """Drops messages into a folder."""

    folder: Path
    name: str = "folder"
    intake: Intake = Intake.EVERYTHING

    @contextmanager
    def batch(self) -> Iterator[Send]:
        """Make the folder where it lacks; flush its list of files at the end.

        Raises:
            HomeError: the folder cannot be made or flushed; no message's tries are counted.
        """
        with _as_delivery_error(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        yield self._send
        with _as_delivery_error(self.folder):
            flush(self.folder)

    def _send(self, message: Message, _: datetime) -> None:
        try:
            drop_file(self.folder, f"{message.key}.json", message.payload.encode())
        except OSError as exc:
            raise Undelivered(exc.strerror or str(exc)) from exc


def drop_file(folder: Path, name: str, content: bytes) -> None:
    """Write one file whole or not at all, unless the receiver has it already."""
    target = folder / name
    if target.exists() or (folder / TAKEN / name).exists():
        return
    write_atomically(target, content, flush_folder=False)


@contextmanager
def _as_delivery_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise HomeError(
            "Cannot use the outbox folder; nothing was delivered and nothing is lost.",
            where=str(folder),
            found=exc.strerror or str(exc),
            next_step="check the setting outbox_folder and its permissions, then leadline queue deliver",
        ) from exc

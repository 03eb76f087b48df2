"""Read decisions back from the receiving system: each once, and never over an existing one.

Files lie in ``decisions/`` of the drop folder. One that was read moves to ``done/`` in it, one with faults to
``rejected/`` with the reasons beside it; decisions that contradict ours are left in ``conflicts/`` for a person.
Nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from leadline.delivery.decision_files import SUFFIXES, Decided, as_json, read_decisions
from leadline.delivery.folder import drop_file
from leadline.kernel.errors import BusyError, Fault, HomeError, InputError, UsageError
from leadline.kernel.files import flush
from leadline.queue.states import SNOOZED
from leadline.queue.store import Store

DECISIONS, DONE, REJECTED, CONFLICTS = "decisions", "done", "rejected", "conflicts"


# What makes two decisions the same one: exception, version, verdict, reason, who.
Identity = tuple[str, int, str, str, str]


@dataclass
class ReadBackReport:
    """What one read-back did.

    Attributes:
        files: how many files it read.
        taken: decisions that it took over.
        known: decisions that were taken over before, or are ours said back.
        conflicts: decisions that ours contradict: the exception, what is so there, what is so here.
        rejected: the faults of the files that were refused.
    """

    files: int = 0
    taken: int = 0
    known: int = 0
    conflicts: list[Fault] = field(default_factory=list)
    rejected: list[Fault] = field(default_factory=list)

    def raise_left(self) -> None:
        """Raise what was not accepted, so that a person reviews it.

        Raises:
            InputError: files were refused or decisions contradict ours; all are listed.
        """
        if self.rejected or self.conflicts:
            raise InputError(
                "Some decisions of the receiving system were not accepted; they are kept for review.",
                faults=[*self.rejected, *self.conflicts],
                next_step="see rejected/ and conflicts/ among the decisions of the outbox folder (docs/delivery.md)",
            )


class _Run:
    def __init__(self, store: Store, folder: Path, at: datetime) -> None:
        self.store = store
        self.folder = folder
        self.at = at
        self.report = ReadBackReport()
        self.known: set[Identity] = {
            (one.external_id, one.exception_version, one.verdict, one.reason_code, one.decided_by)
            for one in store.decisions_since()
        }


def read_back(store: Store, outbox: Path, *, at: datetime) -> ReadBackReport:
    """Take over the decisions that lie in a drop folder, file by file in the order of their names.

    Every decision is taken at ``at``, when we came to know of it. After a crash the same files are read again: what was
    taken over is known then.

    Raises:
        HomeError: the folder cannot be read, or a file not be moved.
    """
    folder = outbox / DECISIONS
    try:
        files = list(_files(folder))
        if not files:
            return ReadBackReport()
        run = _Run(store, folder, at)
        for path in files:
            _read(run, path)
    except OSError as exc:
        raise HomeError(
            "Cannot read back the decisions of the receiving system; nothing is lost.",
            where=str(exc.filename or folder),
            found=exc.strerror or str(exc),
            next_step="check the folder and its permissions, then leadline queue read-back",
        ) from exc
    return run.report


def left_for_people(outbox: Path) -> tuple[int, int]:
    """Return how many refused files and how many files of conflicts lie in a drop folder."""
    rejected, conflicts = (
        sum(path.suffix in SUFFIXES for path in (outbox / DECISIONS / name).glob("*")) for name in (REJECTED, CONFLICTS)
    )
    return rejected, conflicts


def _files(folder: Path) -> Iterator[Path]:
    """Return what ends in .json or .csv and is not hidden, as a file is that is still being written."""
    if folder.is_dir():
        yield from sorted(
            path
            for path in folder.iterdir()
            if path.suffix in SUFFIXES and not path.name.startswith(".") and path.is_file()
        )


def _read(run: _Run, path: Path) -> None:
    run.report.files += 1
    decided, faults = read_decisions(path.name, path.read_bytes())
    faults += [fault for one in decided if (fault := _unknown(run.store, one))]
    if faults:
        run.report.rejected += faults
        moved = _move(path, run.folder / REJECTED)
        moved.with_name(moved.name + ".txt").write_text("".join(f"{fault}\n" for fault in faults), "utf-8")
        return
    conflicts = [(one, reason) for one in decided if (reason := _take(run, one))]
    if conflicts:
        run.report.conflicts += [Fault(one.external_id, _spoken(one), reason) for one, reason in conflicts]
        left = run.folder / CONFLICTS
        left.mkdir(exist_ok=True)
        drop_file(left, _free(left, path.with_suffix(".json").name), as_json([one.row for one, _ in conflicts]))
        flush(left)
    _move(path, run.folder / DONE)


def _unknown(store: Store, one: Decided) -> Fault | None:
    """Return the fault of a decision on an exception that there is not; another system's ids must be whole."""
    try:
        if store.get(one.external_id).external_id == one.external_id:
            return None
    except UsageError:
        pass
    return Fault(f"{one.where}, external_id", "the whole id of an exception", one.external_id)


def _take(run: _Run, one: Decided) -> str:
    """Take one decision over; return why not, in words, when ours contradicts it."""
    if one.identity in run.known or _is_echo(run.store, one):
        run.report.known += 1
        return ""
    try:
        run.store.decide(one.external_id, one.verdict, at=run.at)
    except (BusyError, UsageError) as exc:
        if isinstance(exc, BusyError) and exc.where != one.external_id:
            raise  # the store is busy, not the exception
        return f"{exc.found} ({exc.what})"
    run.known.add(one.identity)
    run.report.taken += 1
    return ""


def _is_echo(store: Store, one: Decided) -> bool:
    """Return whether a decision is the one already recorded here, read back from a system it was delivered to."""
    if store.get(one.external_id).state != one.verdict.verdict or one.verdict.verdict == SNOOZED:
        return False
    last = store.history(one.external_id)[-1:]
    said = (one.verdict.verdict, one.verdict.reason_code, one.verdict.by)
    return [(taken.verdict, taken.reason_code, taken.decided_by) for taken in last] == [said]


def _spoken(one: Decided) -> str:
    return f"{one.verdict.verdict} ({one.verdict.reason_code}) by {one.verdict.by} on version {one.version}"


def _move(path: Path, folder: Path) -> Path:
    """Move a file beside what lies in a folder already, never over it."""
    folder.mkdir(exist_ok=True)
    moved = path.rename(folder / _free(folder, path.name))
    flush(folder)
    return moved


def _free(folder: Path, name: str) -> str:
    """Return the name, or the first of ``name-2``, ``name-3``, … that nothing has in a folder."""
    first, number = Path(name), 1
    while (folder / name).exists():
        number += 1
        name = f"{first.stem}-{number}{first.suffix}"
    return name

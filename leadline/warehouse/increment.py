"""Which published snapshot a build may start from, and what landed since: only that is rebuilt."""

from __future__ import annotations

import shutil
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline.kernel.errors import IntegrityError
from leadline.warehouse import publish, rules
from leadline.warehouse.connection import sample
from leadline.warehouse.dbt import Change
from leadline.warehouse.landing import BatchManifest
from leadline.warehouse.point_in_time import naive
from leadline.warehouse.rules import RuleText
from leadline.warehouse.snapshot import DATABASE, PARQUET, Snapshot

# The latest moment anything was known, which every batch may move, and the day of it, which few do.
MOMENT = "int_moment"
DAY = "int_valuation"


@dataclass(frozen=True)
class Increment:
    """A snapshot to start from and the batches landed since; ``base`` is None for a build from nothing."""

    base: Snapshot | None = None
    new: tuple[BatchManifest, ...] = ()

    @property
    def changed_entities(self) -> tuple[str, ...]:
        """Entities that have something new, sorted."""
        return tuple(sorted({batch.entity for batch in self.new}))

    @property
    def variables(self) -> dict[str, Any]:
        """What dbt is given (macros/increments.sql); nothing for a build from nothing."""
        if self.base is None:
            return {}
        new = sorted(batch.batch_id for batch in self.new)
        return {"new_batches": new, "changed_entities": list(self.changed_entities)}

    def begin(self, folder: Path) -> None:
        """Put the base's database into ``folder``, to be updated there; the base itself is never written."""
        if self.base is not None:
            shutil.copyfile(self.base.database, folder / DATABASE)

    @property
    def rules(self) -> dict[str, RuleText]:
        """The rules of the base: the same code compiles to the same SQL, so those not made again still hold."""
        return rules.read(self.base.folder) if self.base else {}

    @property
    def change(self) -> Change | None:
        """What changed: the core tables of the new batches, and the day spoken of where they may move it."""
        if self.base is None:
            return None
        roots = tuple(f"core_{entity}" for entity in self.changed_entities)
        return Change(roots=(*roots, MOMENT), ends=() if self._may_move_the_day() else (DAY,))

    def _may_move_the_day(self) -> bool:
        before = self.base.known_until if self.base else None
        until = max((batch.known_until for batch in self.new if batch.known_until), default=None)
        return before is None or (until is not None and naive(until).date() > before.date())

    def kept_the_day(self, folder: Path) -> bool:
        """Return whether the database in ``folder`` speaks of the same day as the base.

        A late row can move the day back: it may say earlier what the latest row says, which is no news then.
        """
        if self.base is None:
            return True
        before, now = (sample(path, f"select * from {DAY}") for path in (self.base.database, folder / DATABASE))  # noqa: S608
        return before == now

    def carry_over(self, folder: Path, *, made: Container[str]) -> dict[str, Mapping[str, Any]]:
        """Link the Parquet files of tables not ``made`` in this build into ``folder`` and return their manifest
        entries.
        """
        if self.base is None:
            return {}
        unchanged = {name: entry for name, entry in self.base.manifest["tables"].items() if name not in made}
        for name in unchanged:
            publish.link_or_copy(self.base.folder / PARQUET / f"{name}.parquet", folder / PARQUET)
        return unchanged


def since(warehouse: Path, *, basis: str, batches: Sequence[BatchManifest]) -> Increment:
    """Return the increment over the newest snapshot that the same code made from some of these very batches.

    ``basis`` stands for code, governance tables and settings. Snapshots cut at an as-of are no base, nor are damaged
    ones: landing holds everything, so a build never fails for one of them.
    """
    landed = {batch.batch_id for batch in batches}
    for folder in reversed(publish.published(warehouse)):
        base = _whole(folder, basis=basis)
        if base is not None and (before := set(base.manifest["batches"])) < landed:
            return Increment(base, tuple(batch for batch in batches if batch.batch_id not in before))
    return Increment()


def _whole(folder: Path, *, basis: str) -> Snapshot | None:
    """Return the snapshot when it is of the basis, not cut, and every file is what its manifest says."""
    try:
        snapshot = Snapshot(folder)
        if snapshot.manifest.get("basis") != basis or snapshot.manifest["as_of"] is not None:
            return None
        snapshot.verify()
    except IntegrityError:
        return None
    return snapshot

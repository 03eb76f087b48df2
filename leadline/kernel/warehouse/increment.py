"""Which published snapshot a build may start from, and what landed since: only that is made anew."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline.kernel.landing import BatchManifest
from leadline.kernel.warehouse import publish
from leadline.kernel.warehouse.snapshot import DATABASE, PARQUET, Snapshot


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
        """What dbt is told (macros/increments.sql); nothing for a build from nothing."""
        if self.base is None:
            return {}
        new = sorted(batch.batch_id for batch in self.new)
        return {"new_batches": new, "changed_entities": list(self.changed_entities)}

    def begin(self, folder: Path) -> None:
        """Put the base's database into ``folder``, to be mended there; the base itself is never written.

        Raises:
            IntegrityError: the base's file is not what its manifest says.
        """
        if self.base is not None:
            self.base.verify_database()
            shutil.copyfile(self.base.database, folder / DATABASE)

    def carry_over(self, folder: Path) -> dict[str, Mapping[str, Any]]:
        """Link the Parquet files of unchanged tables into ``folder`` and return their manifest entries.

        Raises:
            IntegrityError: a file of the base is not what its manifest says.
        """
        if self.base is None:
            return {}
        touched = {f"core_{entity}" for entity in self.changed_entities}
        core = {name: entry for name, entry in self.base.manifest["tables"].items() if name.startswith("core_")}
        unchanged = {name: entry for name, entry in core.items() if name not in touched}
        for name in unchanged:
            self.base.check(name)
            publish.link_or_copy(self.base.folder / PARQUET / f"{name}.parquet", folder / PARQUET)
        return unchanged


def since(warehouse: Path, *, basis: str, batches: Sequence[BatchManifest]) -> Increment:
    """Return the increment over the newest snapshot that the same code made from some of these very batches.

    ``basis`` stands for code, governance tables and settings. Snapshots cut at an as-of are no base.
    """
    landed = {batch.batch_id for batch in batches}
    for folder in reversed(publish.published(warehouse)):
        base = Snapshot(folder)
        before = set(base.manifest["batches"])
        if base.manifest.get("basis") == basis and base.manifest["as_of"] is None and before < landed:
            return Increment(base, tuple(batch for batch in batches if batch.batch_id not in before))
    return Increment()

"""Build the warehouse under each integration profile from one landing, without a trace in the home it belongs to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from leadline.kernel.errors import HomeError
from leadline.kernel.home import Home
from leadline.kernel.settings import PROFILES
from leadline.warehouse.build import GOVERNANCE, project_files
from leadline.warehouse.landing import MANIFESTS, QUARANTINE, BatchManifest, Landing
from leadline.warehouse.publish import CURRENT, SNAPSHOTS
from leadline.warehouse.snapshot import Snapshot

# Builds one home, given its profile and the home.
Build = Callable[[str, Home], Snapshot]


@contextmanager
def built_profiles(home: Home, build: Build) -> Iterator[Mapping[str, Snapshot]]:
    """Give the snapshot of each profile, in the order of ``PROFILES``; they are gone when the block ends.

    Each is built in a temporary home that refers to the landed files and governance tables of ``home``: nothing is
    copied, and nothing is written in ``home``. What is published there is used where it is what a build would make.

    Raises:
        HomeError: nothing was landed.
        IntegrityError: a landed file is not what its manifest says.
        ConfigurationError: a governance table of the home has faults.
        GateError: a structural gate failed under a profile.
    """
    batches = _landed(home)
    project_files(home)  # its faults name the home, not of a temporary one
    with tempfile.TemporaryDirectory(prefix="leadline-profiles-") as folder:
        landing = Path(folder) / "landing"
        _refer_to_landing(home.landing.resolve(), landing, batches)
        snapshots = {}
        for profile in PROFILES:
            own = Home(Path(folder) / profile, home.settings.model_copy(update={"integration_profile": profile}))
            _refer_to_home(home, own, landing)
            snapshots[profile] = build(profile, own)
        yield snapshots


def _landed(home: Home) -> tuple[BatchManifest, ...]:
    batches = Landing(home.landing).batches()
    if not batches:
        raise HomeError(
            "Nothing to compare: no data has landed.",
            where=str(home.landing),
            next_step="leadline land --mapping FILE your exports, or leadline demo for a demo firm",
        )
    return batches


def _refer_to_landing(given: Path, landing: Path, batches: Iterable[BatchManifest]) -> None:
    """Make a landing of links: a build tidies up where it reads, and this one it may tidy."""
    (landing / MANIFESTS).mkdir(parents=True)
    (landing / QUARANTINE).mkdir()
    for batch in batches:
        places = [Path(MANIFESTS, f"{batch.batch_id}.json"), Path(batch.entity, f"{batch.batch_id}.parquet")]
        if batch.rows_quarantined:
            places.append(Path(QUARANTINE, f"{batch.batch_id}.parquet"))
        for place in places:
            (landing / place).parent.mkdir(exist_ok=True)
            (landing / place).symlink_to(given / place)
    Landing(landing).ensure_typed()


def _refer_to_home(home: Home, own: Home, landing: Path) -> None:
    """Give a temporary home the landing, the firm's governance tables and the snapshot that is published."""
    (own.warehouse / SNAPSHOTS).mkdir(parents=True)
    own.landing.symlink_to(landing)
    if (home.path / GOVERNANCE).is_dir():
        (own.path / GOVERNANCE).symlink_to((home.path / GOVERNANCE).resolve())
    published = (home.warehouse / CURRENT).resolve()
    if published.is_dir():
        (own.warehouse / SNAPSHOTS / published.name).symlink_to(published)

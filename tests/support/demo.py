"""The tiny demo firm, landed once and built whole and cut, shared by all tests of one run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from leadline.app.wiring import Parts
from leadline.kernel.home import Home, open_home
from leadline.simulator.firm import simulate
from leadline.sources.land import land
from leadline.warehouse.build import build
from leadline.warehouse.snapshot import Snapshot, open_current
from tests.support.cli import leadline

SEED = 7
LOADED_AT = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class DemoFirm:
    """Where the firm's extracts lie and the home they were landed in."""

    extracts: Path
    home: Home


def demo_firm(folder: Path) -> DemoFirm:
    """Simulate the firm of size xs and land it into ``folder/home``; done once, whoever asks first."""
    firm = DemoFirm(extracts=folder / "firm", home=open_home(folder / "home", create=True))
    done = folder / "landed"
    with FileLock(folder / "demo.lock"):
        if not done.exists():
            simulate("xs", seed=SEED, out=firm.extracts)
            mappings = sorted((firm.extracts / "mappings").glob("*.yml"))
            land(firm.extracts, mappings, home=firm.home, loaded_at=LOADED_AT)
            done.touch()
    return firm


def ran_demo(folder: Path) -> Path:
    """Return a home in which ``leadline demo`` ran once on the smallest firm; not to be changed, but copied."""
    home, done = folder / "ran-demo", folder / "ran-demo.done"
    with FileLock(folder / "ran-demo.lock"):
        if not done.exists():
            words = ("demo", "--size", "xs", "--seed", str(SEED), "--home", home)
            result = leadline("--debug", *words, parts=Parts())
            assert result.exit_code == 0, result.stderr
            assert "wait for a person" in result.stdout
            done.touch()
    return home


def demo_snapshot(folder: Path, *, as_of: datetime | None = None) -> Snapshot:
    """Return the demo firm's snapshot, whole or cut at ``as_of``, from a home of its own per cut."""
    firm = demo_firm(folder)
    name = as_of.strftime("cut-%Y%m%d") if as_of else "full"
    home = open_home(folder / name, create=True)
    with FileLock(folder / f"{name}.lock"):
        if not (home.path / "landing").exists():
            (home.path / "landing").symlink_to(firm.home.landing)
        if not (home.warehouse / "current").exists():
            build(home, as_of=as_of)
    return open_current(home.warehouse)

"""Simulated worlds to judge scores in: where they are, and a home of its own for each, landed and built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from leadline.evaluator.sealed import description
from leadline.kernel.errors import UsageError
from leadline.kernel.home import CONFIG_NAME, Home, open_home

SIMULATION = "simulation.json"
# What a world's home was built from, so that it is not built twice.
BUILT = "world.json"


def find_worlds(folder: Path) -> list[Path]:
    """Return the simulated firms of a folder: the folder itself, or those right below it, by name.

    Raises:
        UsageError: there are none.
    """
    found = (
        [folder] if (folder / SIMULATION).is_file() else sorted(path.parent for path in folder.glob(f"*/{SIMULATION}"))
    )
    if not found:
        raise UsageError(
            "No simulated firm found.",
            where=str(folder),
            expected="a folder written by leadline simulate, or one that holds several of them",
            found="no simulation.json" if folder.is_dir() else "no such folder",
            next_step=f"leadline simulate --size s --seed 1 --out {folder}/s-1, and the same with seeds 2 and 3",
        )
    return found


def open_world(world: Path, homes: Path) -> Home:
    """Open the home of a world, with the integration profile that suits it."""
    home = homes / world.name
    home.mkdir(parents=True, exist_ok=True)
    profile = description(world).get("integration_profile", "erp_centric")
    (home / CONFIG_NAME).write_text(f'integration_profile = "{profile}"\n', "utf-8")
    return open_home(home)


def prepare(world: Path, home: Home, land: Callable[[Home, Path], None], build: Callable[[Home], None]) -> bool:
    """Land and build a world unless that was done; return whether there was anything to do."""
    simulation, marker = (world / SIMULATION).read_bytes(), home.path / BUILT
    if marker.is_file() and marker.read_bytes() == simulation:
        return False
    land(home, world)
    build(home)
    marker.write_bytes(simulation)
    return True

"""Find the project: the checkout, or the copy bundled in a wheel under ``leadline/_project``."""

from __future__ import annotations

import sys
from pathlib import Path

from leadline.kernel.errors import ConfigurationError, HomeError

FOLDERS = ("features", "models", "training", "scoring")


def root() -> Path:
    """Return the folder that holds ``dbt_project`` and the four engine folders.

    Raises:
        HomeError: neither the checkout nor the bundle is there.
    """
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / "_project", package.parent):
        if (candidate / "dbt_project" / "dbt_project.yml").is_file():
            return candidate
    raise HomeError(
        "Project files are missing.",
        where=str(package),
        expected="dbt_project/ beside or inside the package",
        next_step="install Leadline again, or run it from a checkout",
    )


def activate() -> Path:
    """Put the project root first on the import path, so that ``features`` and its siblings are ours.

    Raises:
        ConfigurationError: another distribution's package of the same name is already loaded.
    """
    here = root()
    for name in FOLDERS:
        loaded = sys.modules.get(name)
        origin = getattr(loaded, "__file__", None) if loaded else None
        if origin and not Path(origin).resolve().is_relative_to(here):
            raise ConfigurationError(
                f"A foreign package called '{name}' is already loaded.",
                expected=str(here / name),
                found=origin,
                next_step="run Leadline in its own environment",
            )
    if sys.path[:1] != [str(here)]:
        sys.path.insert(0, str(here))
    return here

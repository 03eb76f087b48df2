"""Which code a run is of: the release, and the commit where there is a checkout."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from leadline import __version__
from leadline.kernel.project import root

UNKNOWN = "unknown"


def release() -> str:
    """Return the version of Leadline."""
    return __version__


def commit(folder: Path | None = None) -> str:
    """Return the commit of the checkout (of ``folder``, for tests), ``-dirty`` behind it where files differ from it.

    ``unknown`` without a checkout (an installed wheel), without git, or where git refuses.
    """
    here, git = folder or root(), shutil.which("git")
    if git is None or not (here / ".git").exists():
        return UNKNOWN
    command = [git, "-C", str(here), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (no shell, fixed words)
    return said.stdout.strip() if said.returncode == 0 else UNKNOWN

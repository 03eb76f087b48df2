"""The home: the folder that holds everything a firm's Leadline knows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leadline.kernel.errors import HomeError

if TYPE_CHECKING:
    from leadline.kernel.settings import Settings

DEFAULT_HOME = "leadline-home"
LOCK = "run.lock"
CONFIG_NAME = "leadline.toml"
# A home in which this file lies was made by Leadline 0.1 (docs/runbooks/migration.md).
OLD_CHECKPOINTS = "audit-heads.jsonl"


@dataclass(frozen=True)
class Home:
    """The folder that holds everything a firm's Leadline knows."""

    path: Path
    settings: Settings

    @property
    def landing(self) -> Path:
        return self.path / "landing"

    @property
    def warehouse(self) -> Path:
        return self.path / "warehouse"

    @property
    def mlflow(self) -> Path:
        return self.path / "mlflow"

    @property
    def evaluations(self) -> Path:
        return self.path / "evaluations"

    @property
    def outbox(self) -> Path:
        return Path(self.settings.outbox_folder) if self.settings.outbox_folder else self.path / "outbox"

    @property
    def email_addresses(self) -> Path:
        return Path(self.settings.email_addresses or self.path / "email-addresses.csv")

    @property
    def audit_checkpoints(self) -> Path:
        return (
            Path(self.settings.audit_checkpoints)
            if self.settings.audit_checkpoints
            else self.path / "audit-checkpoints.jsonl"
        )

    @property
    def lock(self) -> Path:
        return self.path / LOCK

    @property
    def ops_store_url(self) -> str:
        return self.settings.ops_store_url or f"sqlite:///{self.path / 'ops.db'}"


def home_folder(path: str | Path | None = None) -> Path:
    """Return the home's folder: ``path``, else ``LEADLINE_HOME``, else ``./leadline-home``."""
    return Path(path or os.environ.get("LEADLINE_HOME") or DEFAULT_HOME).resolve()


def open_home(path: str | Path | None = None, *, create: bool = False) -> Home:
    """Open the home: ``path``, else ``LEADLINE_HOME``, else ``./leadline-home``.

    Raises:
        HomeError: it does not exist and ``create`` is false, is not a folder, or was made by an older Leadline.
        ConfigurationError: its ``leadline.toml`` has faults; all are listed.
    """
    from leadline.kernel.settings import read_settings  # loaded by what opens a home, not by --help

    folder = home_folder(path)
    if folder.exists() and not folder.is_dir():
        raise HomeError("The home is not a folder.", where=str(folder), next_step="pass another --home")
    if not folder.exists():
        if not create:
            raise HomeError(
                "No home found.",
                where=str(folder),
                next_step="leadline demo creates a demo home; leadline land --home DIR starts your own",
            )
        folder.mkdir(parents=True)
    if (folder / OLD_CHECKPOINTS).exists():
        raise HomeError(
            "This home was made by an older Leadline.",
            where=str(folder),
            expected="a home of version 0.2",
            found=f"{OLD_CHECKPOINTS} of version 0.1",
            next_step=f"leadline migrate --home {folder}",
        )
    return Home(path=folder, settings=read_settings(folder / CONFIG_NAME))

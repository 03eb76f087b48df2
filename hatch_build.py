"""Bundle the four engine folders and the dbt project into standard wheels, under ``leadline/_project``.

An editable install needs no bundle: there the checkout itself is the project (docs/adr/0002-layout-and-wheel.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("features", "models", "training", "scoring", "dbt_project")
LEFT_OUT = {"__pycache__", "target", "logs", ".user.yml"}


class BundleHook(BuildHookInterface[Any]):
    """Adds every project file to the wheel, one by one, so that no build leftovers slip in."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version != "standard":
            return
        root = Path(self.root)
        for folder in FOLDERS:
            for path in sorted((root / folder).rglob("*")):
                relative = path.relative_to(root)
                if path.is_file() and not LEFT_OUT & set(relative.parts):
                    build_data["force_include"][str(path)] = f"leadline/_project/{relative.as_posix()}"

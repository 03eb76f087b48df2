"""Imports point only downwards, and the two heavy engines have one door each (pyproject.toml, tool.importlinter)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_all_import_contracts_hold() -> None:
    script = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([str(script), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_only_the_kernel_clock_asks_what_time_it_is() -> None:
    asking = ("datetime.now(", "utcnow(", "date.today(", "time.time(", "time_ns(", "Timestamp.now(")
    folders = ("leadline", "features", "models", "training", "scoring")
    culprits = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.relative_to(ROOT) != Path("leadline/kernel/clock.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if any(word in line for word in asking)
    ]
    assert culprits == []


def test_nothing_outside_the_simulator_names_the_sealed_truth() -> None:
    culprits = [
        str(path.relative_to(ROOT))
        for folder in ("features", "models", "training", "scoring")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "truth/" in path.read_text("utf-8") or '"truth"' in path.read_text("utf-8")
    ]
    assert culprits == []


def test_nothing_pickles() -> None:
    words = ("import pickle", "import joblib", "import cloudpickle", "import skops", "pickle.", "joblib.")
    culprits = [
        str(path.relative_to(ROOT))
        for folder in ("leadline", "features", "models", "training", "scoring")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if any(word in path.read_text("utf-8") for word in words)
    ]
    assert culprits == []

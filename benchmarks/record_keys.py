"""How many projects that the simulated ERP keyed in again are recognised, and how many others are taken for such.

Run: ``.venv/bin/python -m benchmarks.record_keys`` (``--size s --seeds 1 2 3``). Each firm is landed and built; what
``record_key`` infers is compared with the sealed truth. The table in docs/warehouse.md is what it printed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from leadline.app.wiring import Parts
from leadline.kernel.home import open_home

# Old and new number of a project.
Pair = tuple[str, str]

PROFILES = ("consulting", "it_services", "agency")


def main() -> None:
    """Print one row per firm: re-keyed projects planted, recognised, and records taken for such wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="s")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    print("| seed | profile | projects | keyed in again | recognised | wrongly |\n|--:|---|--:|--:|--:|--:|")
    for seed in arguments.seeds:
        profile = PROFILES[(seed - 1) % len(PROFILES)]
        with tempfile.TemporaryDirectory() as folder:
            projects, planted, inferred = measured(Path(folder), arguments.size, seed, profile)
        found = len(planted & inferred)
        print(f"| {seed} | {profile} | {projects} | {len(planted)} | {found} | {len(inferred - planted)} |", flush=True)


def measured(
    folder: Path, size: str, seed: int, profile: str
) -> tuple[int, set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the number of projects, the planted pairs of old and new number, and the inferred ones."""
    firm, home = folder / "firm", folder / "home"
    drawn = ("--size", size, "--seed", str(seed), "--profile", profile)
    script = [sys.executable, "-c", "from leadline.app.main import main; main()"]
    for step in (
        ("simulate", *drawn, "--out", str(firm)),
        ("land", str(firm), "--home", str(home)),
        ("build", "--home", str(home)),
    ):
        subprocess.run([*script, *step], check=True, capture_output=True)
    keys = Parts().open_current(open_home(home).warehouse).mart("record_key").collect()
    faults = pl.concat(pl.read_parquet(path) for path in sorted((firm / "truth").glob("data_faults*.parquet")))
    planted = faults.filter(pl.col("kind") == "re-keyed project").select("record_id", "detail")
    inferred = keys.filter((pl.col("basis") == "inferred") & (pl.col("record_id") != pl.col("current_id")))
    records = keys.filter(pl.col("object_type") == "project").height
    return records, set(planted.iter_rows()), set(inferred.select("record_id", "current_id").iter_rows())


if __name__ == "__main__":
    main()

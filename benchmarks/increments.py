"""What adding a batch costs beside a build from nothing, against the share of rows it changes.

Run: ``.venv/bin/python -m benchmarks.increments`` (``--size s --seed 7 --repeats 3``). Time entries of the simulated
firm are corrected (a quarter of an hour more) and delivered again in batches of growing size, a minute or a day after
all else was known; each incremental build is compared with a full build of the same landing, in
CPU seconds of the whole process tree, by the median.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from datetime import timedelta
from itertools import product
from pathlib import Path

import polars as pl

from benchmarks.pipeline import SCRIPT, commands, measure
from leadline.app.wiring import Parts
from leadline.kernel import clock
from leadline.kernel.contracts import entity
from leadline.kernel.home import open_home

SHARES = (0.0001, 0.01, 0.1)
LATER = {"a minute after": timedelta(minutes=1), "a day after": timedelta(days=1)}
QUARTER_HOUR = pl.lit("0.25").cast(pl.Decimal(9, 2))


def main() -> None:
    """Print one row per share of corrected rows: the increment's cost, a whole build's, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="s", choices=("xs", "s", "m"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    print("| size | time entries | corrected | share | known | increment, CPU s | from nothing, CPU s | ratio |")
    print("|---|--:|--:|--:|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        steps = commands(chosen.size, chosen.seed, folder)
        for step in ("simulate", "land", "build"):
            measure(step, steps[step], dict(os.environ))
        for share, (words, later) in product(SHARES, LATER.items()):
            corrected, rows, ours, whole = compared(folder, share, later, chosen.repeats)
            print(
                f"| {chosen.size} | {rows:,} | {corrected:,} | {share:.2%} | {words} | {ours:.1f} | {whole:.1f} "
                f"| {ours / whole:.2f} |",
                flush=True,
            )


def compared(folder: Path, share: float, later: timedelta, repeats: int) -> tuple[int, int, float, float]:
    """Return corrected rows, all rows, and the median CPU seconds of an increment and of a build from nothing."""
    ours, whole, corrected, rows = [], [], 0, 0
    for number in range(repeats):
        trial = folder / "trial"
        shutil.copytree(folder / "home", trial, symlinks=True)
        corrected, rows = correct(trial, share, later, number)
        build = [SCRIPT, "build", "--home", str(trial)]
        ours.append(measure("increment", build, dict(os.environ)).cpu_s)
        whole.append(measure("from nothing", [*build, "--force"], dict(os.environ)).cpu_s)
        shutil.rmtree(trial)
    return corrected, rows, statistics.median(ours), statistics.median(whole)


def correct(folder: Path, share: float, later: timedelta, number: int) -> tuple[int, int]:
    """Land corrections of a share of the time entries, spread over all of them; return how many, and of how many."""
    home, parts = open_home(folder), Parts()
    snapshot = parts.open_current(home.warehouse)
    known_at = snapshot.known_until or clock.now()
    entries = snapshot.core("time_entry", as_of=known_at).sort("time_entry_id").collect()
    every = max(int(1 / share), 1)
    rows = entries.gather_every(every).select(
        *(name for name in entity("time_entry").columns if name != "hours"),
        hours=pl.col("hours") + QUARTER_HOUR,
        known_at=pl.lit(known_at + later),
    )
    source = entries["source_system"][0]
    parts.land_rows("time_entry", rows, source_system=source, home=home, loaded_at=clock.now(), name=f"more.{number}")
    return rows.height, entries.height


if __name__ == "__main__":
    main()

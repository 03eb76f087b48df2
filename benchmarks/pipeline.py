"""Time the path from a simulated firm to a filled queue, command by command.

Run: ``make bench``, or ``.venv/bin/python -m benchmarks.pipeline --size m --steps simulate,land,build``.
Each step is the real command in a process of its own; wall seconds, CPU seconds of its whole process tree and the peak
memory of its largest process are reported. ``help`` is repeated and put beside a bare interpreter's start.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

STEPS = ("simulate", "land", "build", "train", "score")
SCRIPT = str(Path(sys.executable).with_name("leadline"))


@dataclass(frozen=True)
class Measure:
    """One step's cost: wall and CPU in seconds, peak memory in MiB."""

    step: str
    wall_s: float
    cpu_s: float
    peak_mib: float


def measure(step: str, command: list[str], environment: dict[str, str]) -> Measure:
    """Run one command to its end; CalledProcessError when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    _, error = process.communicate()
    wall = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=error)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measure(step, round(wall, 2), round(cpu, 2), round(after.ru_maxrss / 1024))


def start_ratio(repeats: int = 5) -> tuple[float, float]:
    """Return the median wall seconds of ``leadline --help`` (warm) and its ratio to a bare interpreter's start."""
    environment = dict(os.environ)
    ours, bare = [], []
    for _ in range(repeats + 1):
        ours.append(measure("help", [SCRIPT, "--help"], environment).wall_s)
        bare.append(measure("bare", [sys.executable, "-c", "pass"], environment).wall_s)
    return statistics.median(ours[1:]), statistics.median(ours[1:]) / max(statistics.median(bare[1:]), 0.01)


def commands(size: str, seed: int, folder: Path) -> dict[str, list[str]]:
    """Return the command of each step for a firm of that size."""
    home = ["--home", str(folder / "home")]
    firm = str(folder / "firm")
    as_of = ["--as-of", "2026-06-30"]
    return {
        "simulate": [SCRIPT, "simulate", "--size", size, "--seed", str(seed), "--out", firm],
        "land": [SCRIPT, "land", firm, *home],
        "build": [SCRIPT, "build", *home],
        "train": [SCRIPT, "train", *as_of, *home],
        "score": [SCRIPT, "score", *as_of, *home],
    }


def main() -> None:
    """Print the table and, with --json, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="s", choices=("s", "m", "l"))
    parser.add_argument("--seed", default=7, type=int)
    parser.add_argument("--steps", default=",".join(STEPS), help="comma-separated, in order")
    parser.add_argument("--folder", type=Path, help="work here and keep it; a temporary folder by default")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        steps = commands(chosen.size, chosen.seed, folder)
        measures = [measure(step, steps[step], dict(os.environ)) for step in chosen.steps.split(",")]
    seconds, ratio = start_ratio()
    print(f"{'step':<10}{'wall s':>10}{'CPU s':>10}{'peak MiB so far':>18}")
    for row in measures:
        print(f"{row.step:<10}{row.wall_s:>10.2f}{row.cpu_s:>10.2f}{row.peak_mib:>18.0f}")
    print(f"leadline --help: {seconds:.2f} s warm, {ratio:.1f} × a bare interpreter")
    if chosen.json:
        figures = {"size": chosen.size, "seed": chosen.seed, "steps": [asdict(m) for m in measures], "help_s": seconds}
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Judge the matching of records on public data with known truth, and on the demo firm's duplicates.

Run: ``LEADLINE_REAL_DATA=DIR .venv/bin/python -m benchmarks.matching [--firm FOLDER --home HOME]``.
Pairwise precision, recall and F1 over all pairs of records, the merged pairs closed transitively, at the thresholds
that a home has by default. The code is the one that matches customers; a data set brings only its columns and their
roles. Beside it: the threshold with the best F1 on one half of the real things (drawn by the hash of their id), and its
F1 on the other half.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from leadline.kernel.settings import Settings
from leadline.matching.clusters import likely_pairs, sure_pairs
from leadline.matching.engine import compare
from leadline.matching.pairwise import Pairwise, pairwise
from leadline.matching.roles import ID, Role

DEFAULTS = Settings()
GRID = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True)
class Case:
    """Records, the roles of their columns, and the real thing behind each record."""

    name: str
    records: pl.DataFrame
    roles: tuple[Role, ...]
    truth: Mapping[str, str]


@dataclass(frozen=True)
class Result:
    """How a case went: at the stated threshold, and at the one that is best on one half, measured on the other."""

    name: str
    at_stated: Pairwise
    merged: Pairwise
    proposals: int
    best_on_half: float
    other_half: Pairwise


def chicago(folder: Path) -> Case:
    """Sites in Chicago: name, address, postcode (40% missing) and phone; the truth is what is at an address."""
    rows = _read(folder / "company-matching" / "chicago_sites_true_ids.csv.gz")
    columns = {"name": "Site name", "address": "Address", "postcode": "Zip", "phone": "Phone"}
    roles = (Role("name", "name"), Role("address", "address"), Role("postcode", "code"), Role("phone", "code"))
    truth = dict(rows.select("Id", "True Id").iter_rows())
    return Case("Chicago sites", rows.select(pl.col("Id").alias(ID), **columns), roles, truth)


def febrl(folder: Path) -> Case:
    """FEBRL 3: persons, each with up to five damaged doubles; ``rec-<n>-…`` share n."""
    rows = _read(folder / "company-matching" / "febrl_dataset3.csv.gz")
    rows = rows.rename({column: column.strip() for column in rows.columns})
    address = pl.concat_str("street_number", "address_1", separator=" ", ignore_nulls=True)
    roles = (
        Role("given_name", "name"),
        Role("surname", "name"),
        Role("address", "address"),
        Role("suburb", "place"),
        Role("postcode", "code"),
        Role("date_of_birth", "code"),
        Role("soc_sec_id", "code"),
    )
    kept = [role.column for role in roles if role.column != "address"]
    records = rows.select(pl.col("rec_id").alias(ID), *kept, address=address)
    return Case("FEBRL 3", records, roles, {record: record.split("-")[1] for record in rows["rec_id"]})


def demo_firm(firm: Path, home: Path) -> Case:
    """Return the demo firm's customer records and their sealed truth."""
    from leadline.evaluator.duplicates import true_customers
    from leadline.kernel.home import open_home
    from leadline.matching.accounts import ROLES, records
    from leadline.warehouse.snapshot import open_current

    snapshot = open_current(open_home(home).warehouse)
    if snapshot.known_until is None:
        raise SystemExit(f"{home} holds no data")
    return Case("demo firm", records(snapshot, as_of=snapshot.known_until), ROLES, true_customers(firm))


def judge(case: Case, *, merge: float = DEFAULTS.match_merge, propose: float = DEFAULTS.match_propose) -> Result:
    """Match the records of a case and count pairs against its truth."""
    likely = likely_pairs(compare(case.records, case.roles, least=propose))
    sure = sure_pairs(likely, merge=merge)
    halves = [{r: thing for r, thing in case.truth.items() if _half(thing) == half} for half in (0, 1)]
    on_half = {t: pairwise(sure_pairs(likely, merge=t), halves[0]).f1 or 0.0 for t in GRID if t >= propose}
    best = max(on_half, key=lambda threshold: (on_half[threshold], threshold))
    return Result(
        name=case.name,
        at_stated=pairwise(sure, case.truth),
        merged=pairwise(sure, case.truth, closed=False),
        proposals=len(likely) - len(sure),
        best_on_half=best,
        other_half=pairwise(sure_pairs(likely, merge=best), halves[1]),
    )


def _half(thing: str) -> int:
    return hashlib.sha256(thing.encode()).digest()[0] % 2


def _read(path: Path) -> pl.DataFrame:
    with gzip.open(path) as stream:
        return pl.read_csv(stream.read(), infer_schema=False)


def _simulated(folder: Path) -> tuple[Path, Path]:
    """Simulate, land and build the demo firm of size s, seed 7; needed when none is handed in."""
    import subprocess
    import sys

    script, firm, home = str(Path(sys.executable).with_name("leadline")), folder / "firm", folder / "home"
    steps: Sequence[Sequence[str]] = (
        ("simulate", "--out", str(firm)),
        ("land", str(firm), "--home", str(home)),
        ("build", "--home", str(home)),
    )
    for step in steps:
        subprocess.run([script, *step], check=True, stdout=subprocess.DEVNULL)
    return firm, home


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firm", type=Path, help="a simulated firm; with --home, spares simulating one")
    parser.add_argument("--home", type=Path, help="the home in which that firm was built")
    chosen = parser.parse_args()
    data = Path(os.environ.get("LEADLINE_REAL_DATA", ""))
    if not (data / "company-matching").is_dir():
        parser.error("LEADLINE_REAL_DATA must name the folder that holds company-matching (docs/matching.md)")
    with tempfile.TemporaryDirectory() as temporary:
        firm, home = (chosen.firm, chosen.home) if chosen.firm and chosen.home else _simulated(Path(temporary))
        cases: tuple[Callable[[], Case], ...] = (
            lambda: chicago(data),
            lambda: febrl(data),
            lambda: demo_firm(firm, home),
        )
        results = [judge(case()) for case in cases]
    print(f"merge at {DEFAULTS.match_merge}, propose at {DEFAULTS.match_propose}; pairs closed transitively")
    heads = ("true pairs", "precision", "recall", "F1", "merges", "right", "proposals", "best half A", "F1 half B")
    print(f"{'data set':<15}" + "".join(f"{head:>12}" for head in heads))
    for one in results:
        at = one.at_stated
        shares = (at.precision, at.recall, at.f1)
        print(
            f"{one.name:<15}{at.true:>12,}"
            + "".join(f"{share or 0:>12.4f}" for share in shares)
            + f"{one.merged.found:>12,}{one.merged.precision or 0:>12.4f}{one.proposals:>12,}"
            + f"{one.best_on_half:>12}{one.other_half.f1 or 0:>12.4f}"
        )


if __name__ == "__main__":
    main()

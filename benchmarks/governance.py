"""What one fault of governance does to each score: the demo firm with the fault planted, beside the clean one.

Run: ``.venv/bin/python -m benchmarks.governance`` (``--size xs --seed 7``). Each fault is planted into a copy of the
simulated extracts, one at a time; every copy is landed, built and scored beside the clean firm as of one moment, with
no trained risk model, so that rules and baselines speak and nothing but the data differs. Lateness hurts while it
lasts: late change orders are looked at as of a day on which those of the sixty days before are not recorded yet. The
table in docs/warehouse.md is what it printed.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from leadline.app.wiring import Parts
from leadline.kernel.findings import Finding
from leadline.kernel.home import open_home
from leadline.kernel.scores import SCORES
from leadline.warehouse.connection import query
from scoring.batch import RunReport

AS_OF = datetime(2026, 6, 30, 23, 59, 59)
WHILE_LATE = datetime(2025, 8, 28, 23, 59, 59)
RATES_STOP = "20260101"
LATE_BY = timedelta(days=60)
TOP = 20

Row = dict[str, str]
# What becomes of a row of a file: the rows that stand in its place.
Change = Callable[[Row], list[Row]]


@dataclass(frozen=True)
class Effect:
    """What a fault did to one score. Money is the sum of money at risk of all findings, in the firm's one currency."""

    fault: str
    score: str
    clean: int
    changed: int
    money_clean: Decimal
    money_moved: Decimal
    jaccard: float
    rank: float | None
    grade: str
    fit: bool


def duplicated_customer(row: Row) -> list[Row]:
    """Return the ERP's customer and, for every second one, a second record that knows nothing of the first."""
    twin = {**row, "KUNNR": twin_of(row["KUNNR"]), "CRM_ACCOUNT": ""}
    return [row, twin] if is_split(row["KUNNR"]) else [row]


def invoice_to_duplicate(row: Row) -> list[Row]:
    """Return the invoice, addressed to the second record when its own number is odd."""
    odd = int(row["VBRNR"][-1]) % 2 == 1
    return [{**row, "KUNNR": twin_of(row["KUNNR"])} if odd and is_split(row["KUNNR"]) else row]


def late_change(row: Row) -> list[Row]:
    """Return the change order, its approval recorded sixty days later; nothing when that is after the as-of."""
    if row["Status__c"] != "Approved":
        return [row]
    approved_at = datetime.strptime(row["SystemModstamp"], "%Y-%m-%dT%H:%M:%SZ") + LATE_BY
    return [{**row, "SystemModstamp": approved_at.strftime("%Y-%m-%dT%H:%M:%SZ")}] if approved_at <= AS_OF else []


def stale_rate(row: Row) -> list[Row]:
    """Return the currency rate, or nothing when it was recorded after rates stopped."""
    return [row] if row["AEDAT"] < RATES_STOP else []


def is_split(customer: str) -> bool:
    """Tell whether the customer is one of those recorded twice: every second number."""
    return customer[-1] in "02468"


def twin_of(customer: str) -> str:
    """Return the number of a customer's second record."""
    return f"{customer}X"


@dataclass(frozen=True)
class Fault:
    """What becomes of the rows of which files, and the moment as of which the scores are looked at."""

    changes: Mapping[str, Change]
    as_of: datetime = AS_OF


FAULTS: Mapping[str, Fault] = {
    "duplicate customers": Fault(
        {"erp/CUSTOMER-*.csv": duplicated_customer, "erp/INVOICE-0*.csv": invoice_to_duplicate}
    ),
    "late change orders": Fault({"crm/Change_Request__c-*.csv": late_change}, as_of=WHILE_LATE),
    "stale rates": Fault({"erp/FX-*.csv": stale_rate}),
}


def plant(firm: Path, changes: Mapping[str, Change]) -> int:
    """Change the extracts of a firm in place and return how many rows were touched."""
    touched = 0
    for pattern, change in changes.items():
        for path in sorted((firm / "extracts").glob(f"*/{pattern}")):
            touched += _rewrite(path, change)
    return touched


def _rewrite(path: Path, change: Change) -> int:
    with path.open(encoding="utf-8", newline="") as stream:
        delimiter = ";" if ";" in stream.readline() else ","
        stream.seek(0)
        reader = csv.DictReader(stream, delimiter=delimiter)
        names = list(reader.fieldnames or ())
        rows = list(reader)
    changed = [change(row) for row in rows]
    if not any(changed):
        path.unlink()  # A delivery without rows would be refused.
        return len(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for kept in changed for row in kept)
    return sum(kept != [row] for row, kept in zip(rows, changed, strict=True))


def built(firm: Path, folder: Path) -> Path:
    """Land and build a firm in a home of its own and return the home."""
    script = [sys.executable, "-c", "from leadline.app.main import main; main()"]
    for command in (["land", str(firm)], ["build"]):
        subprocess.run([*script, *command, "--home", str(folder)], check=True, stdout=subprocess.DEVNULL)
    return folder


def scored(folder: Path, as_of: datetime) -> tuple[RunReport, Mapping[str, tuple[str, bool]]]:
    """Score a built home as of a moment; return the report and the grade and fitness of the data behind each score."""
    home, parts = open_home(folder), Parts()
    snapshot = parts.open_current(home.warehouse)
    report = parts.score(home, snapshot, SCORES, as_of=as_of, progress=lambda _step, _share: None)
    graded = query(
        snapshot, "select product, grade, is_fit_for_use from gov_quality_grade where product_kind = 'score'"
    )
    return report, {name: (grade, fit) for name, grade, fit in graded.rows}


def effects(fault: str, clean: RunReport, hurt: RunReport, grades: Mapping[str, tuple[str, bool]]) -> list[Effect]:
    """Compare two runs score by score."""
    rows = []
    for one, other in zip(clean.scores, hurt.scores, strict=True):
        before, after = _by_object(one.found), _by_object(other.found)
        keys = sorted(before.keys() | after.keys())
        value = {key: (_worth(before.get(key)), _worth(after.get(key))) for key in keys}
        top_before, top_after = _top(before), _top(after)
        rows.append(
            Effect(
                fault=fault,
                score=one.score,
                clean=len(before),
                changed=sum(was != now for was, now in value.values()),
                money_clean=sum((item.money_at_risk for item in before.values()), Decimal(0)),
                money_moved=sum((abs(was[0] - now[0]) for was, now in value.values()), Decimal(0)),
                jaccard=len(top_before & top_after) / max(len(top_before | top_after), 1),
                rank=_rank_correlation(before, after),
                grade=grades[one.score][0],
                fit=grades[one.score][1],
            )
        )
    return rows


def _by_object(found: tuple[Finding, ...]) -> dict[tuple[str, str], Finding]:
    return {(item.object_type, item.object_id): item for item in found}


def _worth(item: Finding | None) -> tuple[Decimal, float, float]:
    """Return money, probability and the middle of the band; nothing found is worth nothing."""
    if item is None:
        return Decimal(0), 0.0, 0.0
    return item.money_at_risk, item.probability or 0.0, item.band.middle if item.band else 0.0


def _order(found: Mapping[tuple[str, str], Finding]) -> list[tuple[str, str]]:
    return sorted(found, key=lambda key: (-float(found[key].money_at_risk) * (found[key].probability or 1.0), key))


def _top(found: Mapping[tuple[str, str], Finding]) -> set[tuple[str, str]]:
    return set(_order(found)[:TOP])


def _rank_correlation(
    before: Mapping[tuple[str, str], Finding], after: Mapping[tuple[str, str], Finding]
) -> float | None:
    """Return Spearman's correlation of the places of what both runs found; None with fewer than three."""
    from scipy.stats import spearmanr

    places = {key: place for place, key in enumerate(_order(after))}
    common = [key for key in _order(before) if key in places]
    if len(common) < 3:
        return None
    return float(spearmanr(range(len(common)), [places[key] for key in common]).statistic)


def main() -> None:
    """Print the table, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="xs", choices=("xs", "s"))
    parser.add_argument("--seed", default=7, type=int)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        Parts().simulate(chosen.size, seed=chosen.seed, out=folder / "clean", progress=lambda _step, _share: None)
        home = built(folder / "clean", folder / "clean-home")
        print("| fault | score | findings | changed | money at risk | moved | top 20 | rank | grade | fit |")
        print("|---|---|--:|--:|--:|--:|--:|--:|---|---|")
        for name, fault in FAULTS.items():
            firm = folder / name.replace(" ", "-")
            shutil.copytree(folder / "clean", firm)
            touched = plant(firm, fault.changes)
            clean, _ = scored(home, fault.as_of)
            hurt, grades = scored(built(firm, firm.with_name(f"{firm.name}-home")), fault.as_of)
            print(f"{name}: {touched} rows touched", file=sys.stderr)
            for row in effects(name, clean, hurt, grades):
                rank = "–" if row.rank is None else f"{row.rank:.2f}"
                print(
                    f"| {row.fault} | `{row.score}` | {row.clean} | {row.changed} | {row.money_clean:,.0f} "
                    f"| {row.money_moved:,.0f} | {row.jaccard:.2f} | {rank} | {row.grade} "
                    f"| {'yes' if row.fit else 'no'} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()

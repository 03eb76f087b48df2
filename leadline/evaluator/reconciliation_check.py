"""Reconciliation findings in simulated firms against the planted faults, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from leadline.evaluator.sealed import description, read
from leadline.evaluator.worlds import find_worlds
from leadline.kernel.errors import GateError, UsageError
from leadline.simulator.presets import USUAL

ALL = "all classes"
# Below these the command fails: every fault found to the cent, next to nothing else, and nothing in clean books.
MIN_RECALL, MIN_PRECISION = 1.0, 0.99
FAULT = ("world", "finding_class", "object_id")
COMPARED = ("legal_entity_id", "currency", "difference")


@dataclass(frozen=True)
class CheckRow:
    """One class of difference: faults planted, findings, and those of them that are right.

    A finding is right when a fault of its class was planted in its object and legal entity, currency and difference
    are the same to the cent. ``recall`` is right / planted, ``precision`` right / found; null where there is nothing
    to divide by.
    """

    finding_class: str
    planted: int
    found: int
    right: int
    recall: float | None
    precision: float | None


def checked_worlds(folder: Path) -> list[Path]:
    """Return the simulated firms of a folder whose planted faults are recorded individually.

    Raises:
        UsageError: there are none, or one keeps its books as usual.
    """
    worlds = find_worlds(folder)
    for world in worlds:
        if description(world).get("books", USUAL) == USUAL:
            raise UsageError(
                "This firm has no individually planted faults to compare findings with.",
                where=str(world),
                expected="a firm with clean or faulty books",
                found="books as usual",
                next_step=f"leadline simulate --books faulty --out {world}",
            )
    return worlds


def compare(worlds: Sequence[Path], findings: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return planted faults and findings side by side, one row each, with whether they are the same.

    ``findings`` are the rows of ``rec_finding`` of the same world, in order.
    """
    planted = pl.concat([_named(world, read(world, "book_faults")) for world in worlds])
    found = pl.concat([_named(world, own) for world, own in zip(worlds, findings, strict=True)])
    both = planted.join(found, on=FAULT, how="full", suffix="_found", coalesce=True)
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_found")) for name in COMPARED)
    return both.with_columns(
        is_planted=pl.col("difference").is_not_null(),
        is_found=pl.col("difference_found").is_not_null(),
        is_right=same,
    ).sort(FAULT)


def _named(world: Path, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.lit(world.name).alias("world"), *FAULT[1:], *COMPARED)


def check_rows(compared: pl.DataFrame) -> list[CheckRow]:
    """Return a row per class and one for all, from the rows of :func:`compare`."""
    classes = compared["finding_class"].unique().sort().to_list()
    rows = [_row(name, compared.filter(pl.col("finding_class") == name)) for name in classes]
    return [*rows, _row(ALL, compared)]


def _row(name: str, part: pl.DataFrame) -> CheckRow:
    planted, found, right = (int(part[column].sum()) for column in ("is_planted", "is_found", "is_right"))
    return CheckRow(
        finding_class=name,
        planted=planted,
        found=found,
        right=right,
        recall=right / planted if planted else None,
        precision=right / found if found else None,
    )


def raise_misses(rows: Sequence[CheckRow], compared: pl.DataFrame) -> None:
    """Stop when faults were missed, precision is too low, or clean books have findings.

    Raises:
        GateError: recall or precision over all classes is too low, or a firm without faults has findings; the first
            wrong rows are named.
    """
    total = rows[-1]
    recall, precision = total.recall, total.precision
    is_clean = pl.col("is_planted").sum().over("world") == 0
    if (
        (recall is None or recall >= MIN_RECALL)
        and (precision is None or precision >= MIN_PRECISION)
        and compared.filter(is_clean).is_empty()
    ):
        return
    wrong = compared.filter(~pl.col("is_right"))
    raise GateError(
        "The reconciliations do not find the planted faults.",
        where=", ".join(wrong["finding_class"].unique().sort().to_list()),
        expected=f"recall {MIN_RECALL:.0%}, precision at least {MIN_PRECISION:.0%}, nothing in clean books",
        found=f"{total.right} of {total.planted} faults, {total.found} findings; wrong: "
        + ", ".join(f"{name}:{key}" for _, name, key in wrong.select(FAULT).head(5).iter_rows()),
        next_step="compare truth/book_faults with the table rec_finding of the world's home",
    )

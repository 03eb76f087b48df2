"""Reading the sealed truth of a simulated firm: the only way to it outside the simulator."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from leadline.kernel.errors import IntegrityError, UsageError

BASE_USD = {"USD": 1.0, "GBP": 1.27, "EUR": 1.08}


def read(world: Path, name: str) -> pl.DataFrame:
    """Return one subject of a world's truth, all cohorts together.

    Raises:
        UsageError: the folder is no simulated firm.
        IntegrityError: this subject is missing.
    """
    folder = world / "truth"
    if not folder.is_dir():
        raise _no_firm(world, "truth/")
    files = sorted(folder.glob(f"{name}-*.parquet"))
    if not files:
        raise IntegrityError(
            "A file of the sealed truth is missing.",
            where=str(folder),
            expected=f"{name}-001.parquet",
            found=", ".join(sorted({path.stem[:-4] for path in folder.glob("*.parquet")})) or "nothing",
            next_step="simulate the firm again with this version",
        )
    return pl.concat([pl.read_parquet(file) for file in files], how="diagonal_relaxed")


def description(world: Path) -> dict[str, object]:
    """Return what ``simulation.json`` says of a world.

    Raises:
        UsageError: there is none.
    """
    path = world / "simulation.json"
    if not path.is_file():
        raise _no_firm(world, path.name)
    document: dict[str, object] = json.loads(path.read_text("utf-8"))
    return document


def _no_firm(world: Path, missing: str) -> UsageError:
    return UsageError(
        "No simulated firm in this folder.",
        where=str(world),
        expected=f"a folder written by leadline simulate, with {missing} in it",
        found=f"no {missing}",
        next_step=f"leadline simulate --size s --seed 1 --out {world}",
    )


def usd(column: str) -> pl.Expr:
    """Return an amount in USD at the world's base rates; the frame has a column ``currency``."""
    rate = pl.col("currency").replace_strict(BASE_USD, return_dtype=pl.Float64)
    return pl.col(column).cast(pl.Float64) * rate

"""The demo firm, simulated once per test run, and its extracts as a reader of the mapping files sees them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from filelock import FileLock

from leadline.kernel.contracts import entity as contract
from leadline.simulator.firm import simulate

SEED = 7
# The variable that tests/conftest.py sets to the folder that all workers of a run share.
SHARED_FOLDER = "LEADLINE_TEST_SHARED_FOLDER"
_POLARS = {
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
    "boolean": pl.Boolean(),
    "integer": pl.Int64(),
    "string": pl.String(),
    "currency": pl.String(),
}


def small_firm(size: str = "xs", seed: int = SEED) -> Path:
    """Return the folder of a simulated firm; written once in a test run, whichever worker asks first."""
    out = Path(os.environ[SHARED_FOLDER]) / f"firm-{size}-{seed}"
    with FileLock(out.with_suffix(".lock")):
        if not out.exists():
            simulate(size, seed=seed, out=out.with_suffix(".new"))
            out.with_suffix(".new").rename(out)
    return out


@cache
def versions(entity: str, size: str = "xs", seed: int = SEED) -> pl.DataFrame:
    """Return all delivered versions of an entity in canonical columns, with ``system drop known_at is_deleted``.

    Read with a reader of its own, written from the mapping format's description and not from the writer.
    """
    out = small_firm(size, seed)
    parts = []
    for path in sorted((out / "mappings").glob("*.yml")):
        mapping = yaml.safe_load(path.read_text("utf-8"))
        for item in mapping["files"]:
            if item["entity"] == entity:
                files = sorted((out / "extracts").glob(item["match"]))
                parts += [_canonical(file, item, mapping["source_system"]) for file in files]
    return pl.concat(parts, how="diagonal")


def current(entity: str, size: str = "xs") -> pl.DataFrame:
    """Return the last version of every row that is not deleted."""
    key = ["system", *contract(entity).key]
    last = versions(entity, size).sort("known_at", maintain_order=True).group_by(key, maintain_order=True).last()
    return last.filter(~pl.col("is_deleted"))


def truth(name: str, size: str = "xs") -> pl.DataFrame:
    """Return one file of the sealed truth."""
    return pl.read_parquet(small_firm(size) / "truth" / f"{name}-001.parquet")


def _canonical(file: Path, item: Mapping[str, Any], system: str) -> pl.DataFrame:
    is_csv = item["format"] == "csv"
    delimiter = item.get("delimiter", ",")
    raw = pl.read_csv(file, separator=delimiter, infer_schema=False) if is_csv else pl.read_parquet(file)
    columns = [_column(name, rule, item, is_csv).alias(name) for name, rule in item["columns"].items()]
    stamp = pl.col(item["known_at"]["column"])
    deleted = pl.col(item["deleted"]["column"]).cast(pl.String).is_in(item["deleted"]["values"]).fill_null(False)
    return raw.select(
        *columns,
        pl.lit(system).alias("system"),
        pl.lit(file.parts[-3]).str.to_date().alias("drop"),
        (stamp.str.to_datetime(item["known_at"]["format"], time_unit="us") if is_csv else stamp).alias("known_at"),
        deleted.alias("is_deleted"),
    )


def _column(name: str, rule: Any, item: Mapping[str, Any], is_csv: bool) -> pl.Expr:
    rule = {"column": rule} if isinstance(rule, str) else rule
    if "join" in rule:
        return pl.concat_str([pl.col(part) for part in rule["join"]], separator=rule["separator"])
    column, kind = pl.col(rule["column"]), contract(item["entity"]).columns[name].type
    if "values" in rule:
        column = column.cast(pl.String).replace_strict({str(k): str(v) for k, v in rule["values"].items()})
    if "prefix" in rule:
        column = pl.lit(rule["prefix"]) + column
    if not is_csv:
        return column
    if kind == "date":
        return column.str.to_date(rule.get("format", "%Y-%m-%d"))
    if kind == "timestamp":
        return column.str.to_datetime(rule.get("format", "%Y-%m-%dT%H:%M:%S"), time_unit="us")
    if kind == "boolean":
        return column == "true"
    if kind in _POLARS:
        return column.cast(_POLARS[kind])
    number = column.str.replace(item.get("decimal", "."), ".", literal=True).cast(pl.Float64)
    return number * rule.get("scale", 1)

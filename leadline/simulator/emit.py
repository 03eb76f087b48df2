"""Write versions as the extracts their source systems would send: the mapping files, read backwards."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from leadline.kernel.contracts import entity as contract
from leadline.simulator.versions import DELETED, STAMP

ROW_GROUP = 131_072
SYSTEMS = ("crm", "erp", "hris", "integration", "studio", "timesheet")


@dataclass(frozen=True)
class Shape:
    """How one file of a source system looks: one ``files`` item of its mapping."""

    system: str
    entity: str
    score: str
    spec: Mapping[str, Any]

    @property
    def is_parquet(self) -> bool:
        return bool(self.spec["format"] == "parquet")


def mapping_text(system: str) -> str:
    """Return the shipped mapping file of one of the demo firm's systems."""
    return (resources.files("leadline.simulator") / "mappings" / f"{system}.yml").read_text("utf-8")


def shapes() -> list[Shape]:
    """Return the shape of every file the demo firm's systems send."""
    found = []
    for system in SYSTEMS:
        for spec in yaml.safe_load(mapping_text(system))["files"]:
            score = spec["match"].rsplit("/", 1)[1].split("-*")[0]
            found.append(Shape(system=system, entity=spec["entity"], score=score, spec=spec))
    return found


def source_frame(shape: Shape, versions: pl.DataFrame) -> pl.DataFrame:
    """Return versions in the source's own columns, names, codes and formats."""
    columns: dict[str, pl.Expr] = {}
    for name, text in shape.spec["columns"].items():
        rule = {"column": text} if isinstance(text, str) else text
        if "column" in rule:
            columns[rule["column"]] = _backwards(shape, name, rule)
    deleted = shape.spec["deleted"]
    if shape.is_parquet:
        columns[deleted["column"]] = pl.col(DELETED)
    else:
        marks = ("X", None) if deleted["values"][0] == "X" else ("true", "false")
        columns[deleted["column"]] = (
            pl.when(DELETED).then(pl.lit(marks[0])).otherwise(pl.lit(marks[1], dtype=pl.String))
        )
    stamp = shape.spec["known_at"]
    columns[stamp["column"]] = (
        pl.col(STAMP) if shape.is_parquet else pl.col(STAMP).dt.strftime(stamp.get("format", "%Y-%m-%dT%H:%M:%S"))
    )
    return versions.select(expression.alias(name) for name, expression in columns.items())


def _backwards(shape: Shape, name: str, rule: Mapping[str, Any]) -> pl.Expr:
    """Turn a canonical column back into the source's column."""
    kind = contract(shape.entity).columns[name].type
    column = pl.col(name)
    if "prefix" in rule:
        column = column.str.strip_prefix(rule["prefix"])
    if "scale" in rule:
        column = (column.cast(pl.Float64) / rule["scale"]).round(6)
    if "values" in rule:
        codes = {str(canonical): str(source) for source, canonical in rule["values"].items()}
        return column.cast(pl.String).replace_strict(codes)
    if shape.is_parquet:
        return column
    if kind in ("date", "timestamp"):
        default = "%Y-%m-%d" if kind == "date" else "%Y-%m-%dT%H:%M:%S"
        return column.dt.strftime(rule.get("format", default))
    if shape.spec.get("decimal", ".") == "," and kind in ("money", "rate", "fx", "ratio", "hours", "quantity"):
        return column.cast(pl.String).str.replace(".", ",", literal=True)
    return column


def join_parts(shape: Shape, parts: list[Path], target: Path) -> None:
    """Make one file of parts written by :func:`write_drop`, without holding it in memory; the parts are removed."""
    if len(parts) == 1:
        parts[0].rename(target)
        return
    if shape.is_parquet:
        pl.scan_parquet(parts, glob=False).sink_parquet(
            target, compression="zstd", compression_level=3, row_group_size=ROW_GROUP, statistics=True
        )
    else:
        _join_lines(parts, target)
    for part in parts:
        part.unlink()


def _join_lines(parts: list[Path], target: Path) -> None:
    with target.open("wb") as out:
        for number, part in enumerate(parts):
            with part.open("rb") as lines:
                header = lines.readline()
                out.write(header if number == 0 else b"")
                shutil.copyfileobj(lines, out)


def drop_path(shape: Shape, folder: Path, part: int) -> Path:
    """Return where one file of one drop belongs: ``<folder>/<system>/<score>-<part>.<format>``."""
    return folder / shape.system / f"{shape.score}-{part:03d}.{shape.spec['format']}"


def write_drop(shape: Shape, versions: pl.DataFrame, path: Path) -> Path:
    """Write versions to a file as the source system would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = source_frame(shape, versions)
    if shape.is_parquet:
        frame.write_parquet(path, compression="zstd", compression_level=3, row_group_size=ROW_GROUP, statistics=True)
    else:
        frame.write_csv(path, separator=shape.spec.get("delimiter", ","), line_terminator="\n")
    return path

"""Where a metric comes from: the tables behind it, down to the landed entities, read from dbt's own graph."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from leadline.kernel.project import root
from leadline.warehouse import metrics as semantic
from leadline.warehouse.dbt import run_dbt
from leadline.warehouse.metrics import named

DEFINITIONS = "metric_definition.csv"
# Read only from every entity when it was last known. Followed further, each mart would seem to depend on all data.
CLOCKS = ("int_moment", "int_valuation")
# When batches came: behind every core table, and listed for none.
BATCHES = "stg_landing__batch"
LAYERS = {
    "staging": "staging",
    "core": "core",
    "intermediate": "intermediate",
    "marts": "mart",
    "governance": "governance",
    "reconciliations": "reconciliation",
}
SEED = "governance table"


@dataclass(frozen=True)
class Step:
    """One table behind a metric: how many steps before it, its layer, owner, grain, and the tables it reads."""

    depth: int
    table: str
    layer: str
    owner: str
    grain: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Lineage:
    """A metric as its definition has it, and the tables behind it, those that hold it first."""

    definition: Mapping[str, str]
    steps: tuple[Step, ...]


def definitions() -> list[dict[str, str]]:
    """Return every shipped metric, by name: metric, mart, metric_column, unit, owner, formula.

    Those of the governance table ``metric_definition``, and those that ``leadline metrics query`` answers beside them:
    of these the marts and measures they are made of, separated by commas, and no owner but their tables'.
    """
    with (root() / "dbt_project" / "seeds" / DEFINITIONS).open(encoding="utf-8", newline="") as file:
        governed = {row["metric"]: row for row in csv.DictReader(file)}
    queried = {metric.name: _queried(metric) for metric in semantic.metrics() if metric.name not in governed}
    return sorted((governed | queried).values(), key=lambda row: row["metric"])


def _queried(metric: semantic.Metric) -> dict[str, str]:
    """Return a metric of the semantic layer as a definition."""
    marts = semantic.marts_of(metric.name)
    return {
        "metric": metric.name,
        "mart": ", ".join(sorted(set(marts.values()))),
        "metric_column": ", ".join(sorted(marts)),
        "unit": metric.unit,
        "owner": "",
        "formula": metric.description,
    }


def lineage(metric: str) -> Lineage:
    """Return where a metric comes from. Needs no warehouse: dbt reads its project and builds nothing.

    Raises:
        UsageError: there is no such metric.
        ConfigurationError: dbt cannot read the project.
    """
    known = {row["metric"]: row for row in definitions()}
    definition = named(
        metric,
        known,
        next_step="leadline lineage lists all metrics",
    )
    graph = _graph()
    return Lineage(definition, tuple(_steps(graph, definition["mart"].split(", "))))


@cache
def _graph() -> dict[str, dict[str, Any]]:
    """Return dbt's models and seeds by name, each with the names of what it reads."""
    project = root() / "dbt_project"
    with TemporaryDirectory(prefix="leadline-graph-") as folder:
        options = ["--profiles-dir", str(project), "--target-path", folder, "--log-path", folder]
        database = {"LEADLINE_DATABASE": str(Path(folder) / "none.duckdb")}
        run_dbt(["parse"], options, project=project, environment=database)
        manifest = json.loads((Path(folder) / "manifest.json").read_text("utf-8"))
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    return {
        node["name"]: {**node, "reads": sorted({nodes[one]["name"] for one in _parents(node)} - {BATCHES})}
        for node in nodes.values()
    }


def _parents(node: Mapping[str, Any]) -> list[str]:
    """Return the keys of the models and seeds that a node reads; a seed reads nothing."""
    read: list[str] = node["depends_on"].get("nodes", [])
    return [key for key in read if key.startswith(("model.", "seed."))]


def _steps(graph: Mapping[str, Mapping[str, Any]], marts: list[str]) -> list[Step]:
    """Walk from the tables of a metric to what they read, level by level; a table is listed at its first level."""
    depths, level = dict.fromkeys(marts, 0), marts
    while level:
        found = sorted({one for name in level if name not in CLOCKS for one in graph[name]["reads"]} - set(depths))
        depths.update(dict.fromkeys(found, max(depths.values()) + 1))
        level = found
    return [_step(depth, graph[name]) for name, depth in depths.items()]


def _step(depth: int, node: Mapping[str, Any]) -> Step:
    layer = SEED if node["resource_type"] == "seed" else LAYERS[node["fqn"][1]]
    return Step(
        depth=depth,
        table=node["name"],
        layer=layer,
        owner=str(node["config"].get("meta", {}).get("owner", "")),
        grain=node["description"].split(". ")[0].rstrip("."),
        reads=() if node["name"] in CLOCKS else tuple(node["reads"]),
    )


def as_mermaid(found: Lineage) -> str:
    """Return the lineage as a Mermaid flowchart from left to right, a box per layer."""
    order = ["staging", SEED, "core", "intermediate", "governance", "reconciliation", "mart"]
    lines = ["flowchart LR"]
    for layer in order:
        names = sorted(step.table for step in found.steps if step.layer == layer)
        if names:
            lines += [f'  subgraph {layer.replace(" ", "_")}["{layer}"]', *(f"    {name}" for name in names), "  end"]
    lines += sorted(f"  {parent} --> {step.table}" for step in found.steps for parent in step.reads)
    metric, column = found.definition["metric"], found.definition["metric_column"]
    lines += [f'  {step.table} -- {column} --> metric(["{metric}"])' for step in found.steps if not step.depth]
    return "\n".join(lines) + "\n"

"""Which metrics there are by name: the definitions in ``dbt_project/models/semantic``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from leadline.kernel.errors import UsageError
from leadline.kernel.project import root

Named = TypeVar("Named")

# What a metric's money is in: the one reporting currency, or each row's own.
REPORTING = "reporting"
OWN = "own"


@dataclass(frozen=True)
class Metric:
    """One metric by name.

    Attributes:
        area: finance, delivery, people, sales, revenue leakage or governance.
        unit: money, money per hour, hours, days, ratio or count.
        currency: ``reporting``; ``own``: within one currency, and nothing where two would mix; empty: no money.
        input_of: the metric it is only a part of; empty for metrics to ask for.
    """

    name: str
    area: str
    unit: str
    currency: str
    input_of: str
    description: str


def named(name: str, known: Mapping[str, Named], *, next_step: str) -> Named:
    """Return what is known of the metric of that name.

    Raises:
        UsageError: there is none; those with a like name are given.
    """
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.4)
        raise UsageError(
            "Unknown metric.",
            found=name,
            expected=f"one like {', '.join(near)}" if near else "",
            next_step=next_step,
        )
    return known[name]


def metrics() -> tuple[Metric, ...]:
    """Return the metrics to ask for, by name. Needs no home, no dbt and no MetricFlow."""
    return tuple(metric for metric in all_metrics() if not metric.input_of)


def all_metrics() -> tuple[Metric, ...]:
    """Return every metric by name, those that are only parts of others included."""
    return tuple(sorted((_metric(written) for written in definitions().metrics), key=lambda metric: metric.name))


@dataclass(frozen=True)
class Definitions:
    """Semantic models and metrics as written, in the terms of dbt."""

    semantic_models: Sequence[Mapping[str, Any]]
    metrics: Sequence[Mapping[str, Any]]


@cache
def definitions() -> Definitions:
    """Return the semantic models and metrics that are shipped, in the order of their files."""
    files = [_read(path) for path in sorted((root() / "dbt_project" / "models" / "semantic").glob("*.yml"))]
    return Definitions(
        semantic_models=[one for file in files for one in file.get("semantic_models", [])],
        metrics=[one for file in files for one in file.get("metrics", [])],
    )


def marts_of(name: str) -> dict[str, str]:
    """Return the measures that a metric is made of, each with the mart it is taken from."""
    written = {one["name"]: one for one in definitions().metrics}[name]["type_params"]
    if "measure" in written:
        return {written["measure"]: _mart_of(written["measure"])}
    inputs = written["metrics"] if "metrics" in written else [written["numerator"], written["denominator"]]
    return {measure: mart for one in inputs for measure, mart in marts_of(one).items()}


def _mart_of(measure: str) -> str:
    models = definitions().semantic_models
    (model,) = [one["model"] for one in models if measure in (known["name"] for known in one["measures"])]
    return str(model).removeprefix("ref('").removesuffix("')")


def _read(path: Path) -> dict[str, Any]:
    import yaml

    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return content


def _metric(written: Mapping[str, Any]) -> Metric:
    meta = written["config"]["meta"]
    return Metric(
        name=written["name"],
        area=meta["area"],
        unit=meta["unit"],
        currency=meta.get("currency", ""),
        input_of=meta.get("input_of", ""),
        description=written["description"],
    )

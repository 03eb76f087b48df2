"""The description of a run: its name, every parameter, the firm's limits, the features, the as-of and the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from leadline.tracking import DataSet, Run
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from leadline.warehouse.policies import limits_by_name
from models.framework.parameters import by_name
from models.framework.risk_model import RiskModel

TRAIN, EVALUATE = "train", "evaluate"
_CONTEXT = {TRAIN: "training", EVALUATE: "evaluation"}


def describe(
    kind: str,
    reader: PointInTimeReader,
    module: RiskModel,
    *,
    as_of: datetime,
    seeds: Sequence[int],
    chosen: Mapping[str, object],
    metrics: Mapping[str, float | None],
    tags: Mapping[str, str],
) -> Run:
    """Return a run of training or evaluation, ready to be logged.

    ``chosen`` are the choices of the procedure itself, such as the share held out. ``as_of`` is kept as naive UTC.
    """
    moment, words = naive(as_of), "seed" if len(seeds) == 1 else "seeds"
    numbers = ", ".join(map(str, seeds))
    policy = {
        f"policy.{name}": f"{value.normalize():f}" for name, value in limits_by_name(reader, module.SCORE).items()
    }
    source = {"snapshot_id": reader.snapshot_id, "as_of": moment.isoformat()}
    return Run(
        name=f"{module.SCORE} {kind} {moment:%Y-%m-%d} {words} {numbers}",
        params={**parameters_of(module), **policy, **chosen, words: numbers},
        metrics=metrics,
        tags={"kind": kind, **source, **tags},
        data=DataSet(reader.snapshot_id, _CONTEXT[kind], source),
    )


def parameters_of(module: RiskModel) -> dict[str, object]:
    """Return the parameters of the score's file by dotted name, and the features that the model sees."""
    parameters = module.parameters()
    return {**by_name(parameters), "features": ", ".join(parameters.inputs)}

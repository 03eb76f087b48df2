"""Log one run of training or evaluation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from types import ModuleType
from typing import Any

from leadline.kernel.home import Home
from leadline.tracking.store import experiment_id, open_mlflow, quiet

_ARROWS = re.compile("[↑↓]")
_FORBIDDEN = re.compile(r"[^\w\-. :/]")


def log_run(
    home: Home,
    score: str,
    *,
    params: Mapping[str, object],
    metrics: Mapping[str, float | None],
    tags: Mapping[str, str],
    artefact: Mapping[str, str] | None = None,
    pictures: Sequence[Path] = (),
) -> str:
    """Log one run in the score's experiment and return its id.

    ``artefact`` are texts by file name, ``pictures`` files to copy. Metrics that are null or nan are left out;
    characters that MLflow forbids in names (arrows, ``@``) become underscores or go.
    """
    mlflow = open_mlflow(home)
    with started(mlflow, home, score, params=params, metrics=metrics, tags=tags) as run_id:
        for name, text in sorted((artefact or {}).items()):
            mlflow.log_text(text, name)
        for picture in pictures:
            mlflow.log_artifact(str(picture))
    return run_id


@contextmanager
def started(
    mlflow: ModuleType,
    home: Home,
    score: str,
    *,
    params: Mapping[str, object],
    metrics: Mapping[str, float | None],
    tags: Mapping[str, str],
) -> Iterator[str]:
    """Open a run with its figures logged; it is closed, as failed where an error passes, on leaving."""
    m: Any = mlflow
    with quiet(), m.start_run(experiment_id=experiment_id(home, m.MlflowClient(), score)) as run:
        m.log_params({name: str(value) for name, value in sorted(params.items())})
        m.log_metrics(
            {plain(name): value for name, value in sorted(metrics.items()) if value is not None and isfinite(value)}
        )
        m.set_tags(dict(sorted(tags.items())))
        yield str(run.info.run_id)


def plain(name: str) -> str:
    """Return a metric's name in the characters that MLflow allows: ``ndcg@10↑`` is ``ndcg_10``."""
    return _FORBIDDEN.sub("_", _ARROWS.sub("", name))

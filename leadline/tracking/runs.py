"""Log one run of training or evaluation."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from types import ModuleType
from typing import Any

from leadline.kernel.home import Home
from leadline.tracking.code_version import UNKNOWN, commit, release
from leadline.tracking.store import experiment_id, open_mlflow, quiet

_ARROWS = re.compile("[↑↓]")
_FORBIDDEN = re.compile(r"[^\w\-. :/]")


@dataclass(frozen=True)
class DataSet:
    """What a run learned from or was measured on: a published snapshot, read as of a moment.

    Attributes:
        name: the snapshot's id.
        context: ``training`` or ``evaluation``.
        source: what it takes to read it again, by name.
    """

    name: str
    context: str
    source: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """One run of training or evaluation, before it is logged.

    Attributes:
        name: says what the run is: ``margin_erosion train 2026-06-30 seed 7``.
        params: everything that was chosen, by name.
        metrics: figures by name; null and nan are left out.
        tags: what else identifies it. The code's version is added when it is logged.
        data: the data set; null where there is no single one.
    """

    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float | None]
    tags: Mapping[str, str]
    data: DataSet | None = None


def log_run(
    home: Home,
    score: str,
    run: Run,
    *,
    artefact: Mapping[str, str] | None = None,
    pictures: Sequence[Path] = (),
) -> str:
    """Log one run in the score's experiment and return its id.

    ``artefact`` are texts by file name, ``pictures`` files to copy. Characters that MLflow forbids in names (arrows,
    ``@``) become underscores or go.
    """
    mlflow = open_mlflow(home)
    with started(mlflow, home, score, run) as run_id:
        for name, text in sorted((artefact or {}).items()):
            mlflow.log_text(text, name)
        for picture in pictures:
            mlflow.log_artifact(str(picture))
    return run_id


@contextmanager
def started(mlflow: ModuleType, home: Home, score: str, run: Run) -> Iterator[str]:
    """Open a run with all that is known of it logged; it is closed, as failed where an error passes, on leaving."""
    m: Any = mlflow
    metrics = {plain(name): value for name, value in sorted(run.metrics.items()) if value is not None}
    with (
        quiet(),
        m.start_run(experiment_id=experiment_id(home, m.MlflowClient(), score), run_name=run.name) as opened,
    ):
        m.log_params({name: str(value) for name, value in sorted(run.params.items())})
        m.log_metrics({name: value for name, value in metrics.items() if isfinite(value)})
        m.set_tags(dict(sorted({**run.tags, **_code()}.items())))
        if run.data is not None:
            m.log_input(_dataset(run.data), context=run.data.context)
        yield str(opened.info.run_id)


def _code() -> dict[str, str]:
    """Return the code's version as tags; the commit under MLflow's own name too, which its pages show."""
    made_by = commit()
    known = {} if made_by == UNKNOWN else {"mlflow.source.git.commit": made_by.removesuffix("-dirty")}
    return {"leadline_version": release(), "git_commit": made_by, **known}


def _dataset(data: DataSet) -> Any:
    """Return MLflow's entry for a data set: what it is and where it is from, not a copy of it."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    digest = hashlib.sha256(repr(sorted(data.source.items())).encode()).hexdigest()[:32]  # MLflow keeps 36 characters
    return MetaDataset(CodeDatasetSource(dict(data.source)), name=data.name, digest=digest)


def plain(name: str) -> str:
    """Return a metric's name in the characters that MLflow allows: ``ndcg@10↑`` is ``ndcg_10``."""
    return _FORBIDDEN.sub("_", _ARROWS.sub("", name))

"""Where MLflow keeps things: one SQLite file and one artefact folder in the home, nothing sent anywhere."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from leadline.kernel.home import Home
from leadline.tracking.moved_home import follow

DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"

# Set before mlflow is imported. No telemetry, no model that executes a pickle when it is opened, and no progress bars,
# which mlflow draws for every file once tqdm is installed.
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def is_started(home: Home) -> bool:
    """Return whether the home has a tracking store yet; asking does not make one."""
    return (home.mlflow / DATABASE).is_file()


def tracking_uri(home: Home) -> str:
    """Return the address of the home's tracking store and registry, as ``mlflow ui`` takes it."""
    return f"sqlite:///{home.mlflow / DATABASE}"


def open_mlflow(home: Home) -> ModuleType:
    """Import mlflow and point it at the home's store, which is made on first use (some seconds).

    A home that was moved or copied since is followed: its artefacts are those beside the store.
    """
    os.environ.update(ENVIRONMENT)
    with quiet():
        import mlflow
    (home.mlflow / ARTIFACTS).mkdir(parents=True, exist_ok=True)
    follow(home.mlflow / DATABASE, home.mlflow / ARTIFACTS)
    mlflow.set_tracking_uri(tracking_uri(home))
    mlflow.set_registry_uri(tracking_uri(home))
    return mlflow  # type: ignore[no-any-return, unused-ignore]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep mlflow's chatter (its advice on type hints, migration notes) from the person's terminal."""
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def experiment_id(home: Home, client: Any, score: str) -> str:
    """Return the id of the score's experiment, made when missing, with its artefacts inside the home."""
    found = client.get_experiment_by_name(score)
    if found is not None:
        return str(found.experiment_id)
    place = (home.mlflow / ARTIFACTS / score).as_uri()
    return str(client.create_experiment(score, artifact_location=place))

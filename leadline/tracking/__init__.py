"""Experiments and the model registry: the only importer of mlflow, and only inside functions.

Everything lies under the home's ``mlflow`` folder: ``mlflow.db`` (runs and registry) and ``artifacts``. A score is one
experiment and one registered model; the alias ``champion`` names the version that scores, ``challenger`` the last one
that did not pass its gate.
"""

from __future__ import annotations

from leadline.tracking.registry import (
    CHALLENGER,
    CHAMPION,
    Champion,
    champion,
    digest,
    find_version,
    promote,
    register,
)
from leadline.tracking.runs import DataSet, Run, log_run

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "Champion",
    "DataSet",
    "Run",
    "champion",
    "digest",
    "find_version",
    "log_run",
    "promote",
    "register",
]

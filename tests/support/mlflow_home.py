"""A home whose MLflow store is migrated once per test session and copied per test: the migration takes seconds."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from leadline.kernel.home import Home
from leadline.kernel.settings import Settings
from leadline.tracking.store import DATABASE, experiment_id, open_mlflow


@cache
def _migrated() -> Path:
    home = Home(Path(mkdtemp(prefix="leadline-mlflow-")), Settings())
    experiment_id(home, open_mlflow(home).MlflowClient(), "migrated")
    return home.mlflow / DATABASE


def mlflow_home(folder: Path) -> Home:
    """Return a home in ``folder`` with a tracking store that is ready to use."""
    home = Home(folder, Settings())
    home.mlflow.mkdir(parents=True)
    shutil.copy(_migrated(), home.mlflow / DATABASE)
    return home

"""What ``mlflow.pyfunc.load_model`` runs: opens a score's text artefact and asks the score's ``predict``.

MLflow copies this file beside the artefact and executes it on loading (models from code): nothing is unpickled. The
engine itself (``models.<score>``) must be installed or be the current checkout.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import polars as pl

from leadline.kernel.project import activate


class ServedModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc, unused-ignore]
    """One score's risk model behind MLflow's interface: features in, predictions out, both as pandas frames."""

    def load_context(self, context: Any) -> None:
        """Read the artefact's texts."""
        activate()
        self.module = import_module(f"models.{context.model_config['score']}")
        folder = Path(context.artifacts["artefact"])
        self.artefact = {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}

    def predict(self, context: Any, model_input: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG002 (mlflow's signature)
        """Predict from a feature frame as the score's ``features`` makes it."""
        predictions: pl.DataFrame = self.module.predict(pl.from_pandas(model_input), self.artefact)
        return predictions.to_pandas()


mlflow.models.set_model(ServedModel())

"""The dispute model from drawn rows to the registry, and back through MLflow's own door."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path

import models.invoice_dispute.risk_model as score
from features.invoice_dispute.frame import FEATURES, features
from leadline import tracking
from leadline.tracking.store import open_mlflow
from tests.support.invoice_firm import invoice_firm
from tests.support.mlflow_home import mlflow_home
from training.evaluate import evaluate
from training.fit import train

AS_OF = datetime(2025, 9, 3, 23, tzinfo=UTC)


def test_training_registers_a_champion_that_mlflow_serves_as_we_score(tmp_path: Path) -> None:
    home, reader = mlflow_home(tmp_path / "home"), invoice_firm(seed=3, clients=16, months=20)
    report = train(home, reader, score, as_of=AS_OF, seed=1)
    assert (report.version, report.promoted) == ("1", True), report.message
    champion = tracking.champion(home, score.SCORE)
    assert champion is not None
    rows = features(reader, as_of=AS_OF)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mlflow's own advice on environments
        served = open_mlflow(home).pyfunc.load_model("models:/invoice_dispute@champion")
        answer = served.predict(rows.select(FEATURES).to_pandas())
    assert answer["prediction"].to_list() == score.predict(rows, champion.artefact)["prediction"].to_list()


def test_an_evaluation_puts_the_model_beside_every_baseline() -> None:
    rows = evaluate(invoice_firm(seed=3, clients=16, months=20), score, as_of=AS_OF, seeds=(1,), folds=1, bootstrap=10)
    assert {row.candidate for row in rows} == {"blend", "logistic", "client_rate", "base_rate"}
    value = {(row.metric, row.candidate): row.value for row in rows}
    assert value["auc↑", "base_rate"] == 0.5
    assert value["late_auc↑", "logistic"] is None
    assert value["value_top_20%↑", "blend"] is not None

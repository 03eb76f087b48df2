"""Training proves a model on held-out time, registers it once, and promotes it when it deserves it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import models
from leadline import __version__, tracking
from leadline.kernel.home import Home
from leadline.kernel.scores import SCORES
from leadline.tracking.recorded import versions
from leadline.tracking.store import open_mlflow
from tests.support.mlflow_home import mlflow_home
from tests.support.point_in_time import MemoryReader
from tests.support.toy_score import ToyScore
from training.described import parameters_of
from training.evaluate import evaluate, log_evaluation
from training.fit import train

MONTHS = [datetime(2024 + m // 12, m % 12 + 1, 1, tzinfo=UTC) for m in range(24)]
AS_OF = datetime(2026, 1, 15, tzinfo=UTC)
KNOWN = MemoryReader({"invoice": [{"invoice_id": "I1", "account_id": "A", "status": "draft", "amount": "1.00"}]})
GOOD, WRONG = ToyScore(MONTHS), ToyScore(MONTHS, skill=-1.0)
SCORE = "invoice_dispute"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return mlflow_home(tmp_path / "home")


def _champion(home: Home) -> str | None:
    found = tracking.champion(home, SCORE)
    return found.version if found else None


def test_a_model_that_beats_its_baselines_becomes_champion(home: Home) -> None:
    report = train(home, KNOWN, GOOD, as_of=AS_OF, seed=1)
    assert (report.version, report.promoted, _champion(home)) == ("1", True, "1")
    assert report.examples == 60 * 24
    assert report.held_out["auc↑"]["model"] > 0.75 > report.held_out["auc↑"]["base_rate"]


def test_a_version_keeps_the_names_of_its_figures_and_how_probabilities_came_true(home: Home) -> None:
    train(home, KNOWN, GOOD, as_of=AS_OF, seed=1)
    (version,) = versions(home, SCORE)
    assert (version.tags["metrics"], version.tags["candidates"]) == ("auc↑ brier↓", "model base_rate")
    tenths = json.loads(version.tags["reliability"])
    assert sum(n for n, _, _ in tenths) == 60 * 6
    assert all(abs(said - came_true) < 0.25 for _, said, came_true in tenths)
    assert [said for _, said, _ in tenths] == sorted(said for _, said, _ in tenths)


def _only_run(home: Home) -> Any:
    client = open_mlflow(home).MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name(SCORE).experiment_id])
    return run


def _assert_it_says_what_it_was_made_with(run: Any, *, kind: str, context: str) -> None:
    assert run.data.params["skill"] == "1.0"
    assert run.data.params["leave_out"] == "[]"
    assert run.data.params["features"] == "x"
    limits = {name: value for name, value in run.data.params.items() if name.startswith("policy.")}
    assert limits == {
        "policy.outcome_days": "90",
        "policy.material_share": "0.01",
        "policy.late_grace_days": "5",
        "policy.min_at_risk": "50",
        "policy.min_lift": "0.5",
        "policy.capital_cost": "0.08",
        "policy.default_delay_days": "30",
        "policy.default_loss_share": "0.3",
        "policy.write_off_days": "365",
    }
    tags = run.data.tags
    assert (tags["kind"], tags["as_of"], tags["snapshot_id"]) == (kind, "2026-01-15T00:00:00", "memory")
    assert tags["leadline_version"] == __version__
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?|unknown", tags["git_commit"])
    assert tags.get("mlflow.source.git.commit", "unknown") == tags["git_commit"].removesuffix("-dirty")
    (used,) = run.inputs.dataset_inputs
    assert used.dataset.name == "memory"
    assert json.loads(used.dataset.source)["tags"] == {"snapshot_id": "memory", "as_of": "2026-01-15T00:00:00"}
    assert {tag.key: tag.value for tag in used.tags}["mlflow.data.context"] == context


def test_a_run_of_training_says_what_it_was_made_with(home: Home) -> None:
    train(home, KNOWN, GOOD, as_of=AS_OF, seed=1)
    run = _only_run(home)
    assert run.info.run_name == "invoice_dispute train 2026-01-15 seed 1"
    _assert_it_says_what_it_was_made_with(run, kind="train", context="training")
    chosen = {name: run.data.params[name] for name in ("seed", "held_out_share", "examples")}
    assert chosen == {"seed": "1", "held_out_share": "0.25", "examples": "1440"}


def test_a_run_of_evaluation_says_what_it_was_made_with(home: Home) -> None:
    rows = evaluate(KNOWN, GOOD, as_of=AS_OF, seeds=(1, 2), folds=2, bootstrap=2)
    log_evaluation(home, KNOWN, GOOD, rows, as_of=AS_OF, seeds=(1, 2), folds=2)
    run = _only_run(home)
    assert run.info.run_name == "invoice_dispute evaluate 2026-01-15 seeds 1, 2"
    _assert_it_says_what_it_was_made_with(run, kind="evaluate", context="evaluation")
    assert (run.data.params["seeds"], run.data.params["folds"]) == ("1, 2", "2")
    assert run.data.metrics["auc/model"] == next(r.value for r in rows if (r.metric, r.candidate) == ("auc↑", "model"))


@pytest.mark.parametrize("score", SCORES)
def test_every_parameter_of_every_score_fits_into_a_run(home: Home, score: str) -> None:
    params = parameters_of(models.load(score))
    run = tracking.log_run(home, score, tracking.Run(score, params, {}, {}))
    logged = open_mlflow(home).MlflowClient().get_run(run).data.params
    assert logged == {name: str(value) for name, value in params.items()}


def test_training_again_on_the_same_registers_nothing(home: Home) -> None:
    train(home, KNOWN, GOOD, as_of=AS_OF, seed=1)
    again = train(home, KNOWN, GOOD, as_of=AS_OF, seed=1)
    assert (again.version, again.unchanged, again.promoted) == ("1", True, False)


def test_a_model_worse_than_its_baseline_is_kept_as_challenger_only(home: Home) -> None:
    report = train(home, KNOWN, WRONG, as_of=AS_OF, seed=1)
    assert (report.version, report.promoted, _champion(home)) == ("1", False, None)
    assert "did not pass" in report.message


def test_a_worse_candidate_does_not_replace_the_champion(home: Home) -> None:
    train(home, KNOWN, GOOD, as_of=datetime(2025, 3, 15, tzinfo=UTC), seed=1)
    weak = ToyScore(MONTHS, skill=0.0)  # level with the base rate: only the champion shows that it is bad
    report = train(home, KNOWN, weak, as_of=AS_OF, seed=1)
    assert [verdict.passed for verdict in report.verdicts] == [True, False]
    assert (report.promoted, _champion(home)) == (False, "1")


def test_a_rolled_back_champion_is_not_promoted_again_by_the_same_training(home: Home) -> None:
    train(home, KNOWN, ToyScore(MONTHS, version="old"), as_of=datetime(2025, 6, 15, tzinfo=UTC), seed=1)
    train(home, KNOWN, GOOD, as_of=AS_OF, seed=1)
    tracking.promote(home, SCORE, "1")
    train(home, KNOWN, GOOD, as_of=AS_OF, seed=1)
    assert _champion(home) == "1"


@pytest.mark.parametrize(
    ("reader", "months", "said"),
    [
        (MemoryReader({}), MONTHS, "needs invoice"),
        (KNOWN, [], "Too little has matured"),
        (KNOWN, MONTHS[:1], "Too little has matured"),
        (KNOWN, MONTHS[:3], "Too few toys"),
        (KNOWN, [AS_OF], "Too little has matured"),
    ],
    ids=["no entity", "no moments", "one moment", "too few", "nothing matured"],
)
def test_too_little_data_registers_nothing_and_the_baseline_speaks(
    home: Home, reader: MemoryReader, months: list[datetime], said: str
) -> None:
    report = train(home, reader, ToyScore(months), as_of=AS_OF, seed=1)
    assert said in report.message
    assert "baseline is used" in report.message
    assert (report.version, report.promoted, _champion(home)) == (None, False, None)


def test_with_too_little_new_data_the_champion_stays(home: Home) -> None:
    train(home, KNOWN, GOOD, as_of=AS_OF, seed=1)
    report = train(home, KNOWN, ToyScore([]), as_of=AS_OF, seed=1)
    assert "champion stays" in report.message
    assert _champion(home) == "1"

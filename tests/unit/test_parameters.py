"""Parameter files: what is wrong with one is said by name, and a version keeps the parameters it was trained with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

import models
from leadline.kernel.errors import ConfigurationError, IntegrityError
from leadline.kernel.scores import SCORES
from models.framework.parameters import KEPT, ScoreParameters, Section, Trees, by_name, keep, read
from models.staffing_match.parameter_file import Parameters as StaffingParameters
from models.time_expense_anomaly.parameter_file import Parameters as AnomalyParameters

TREES = {
    "rounds": 10,
    "learning_rate": 0.1,
    "num_leaves": 4,
    "max_depth": -1,
    "min_data_in_leaf": 5,
    "lambda_l2": 1.0,
    "feature_fraction": 1.0,
    "bagging_fraction": 1.0,
    "bagging_freq": 0,
}
GOOD: dict[str, Any] = {"leave_out": ["b"], "line": {"penalty": 2.0, "spread": [0.1, 0.2]}, "trees": TREES}


class Line(Section):
    penalty: float
    spread: tuple[float, ...]


class Drawn(ScoreParameters):
    offered: ClassVar[tuple[str, ...]] = ("a", "b", "c")
    needed: ClassVar[tuple[str, ...]] = ("c",)

    line: Line
    trees: Trees


class WithOneMore(Drawn):
    offered = ("a", "b", "new", "c")


class WithOneLess(Drawn):
    offered = ("b", "c")


def _read(folder: Path, content: object, kind: type[ScoreParameters] = Drawn) -> ScoreParameters:
    path = folder / "parameters.yml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return read(kind, path)


def _faults(folder: Path, content: object, kind: type[ScoreParameters] = Drawn) -> str:
    with pytest.raises(ConfigurationError) as refused:
        _read(folder, content, kind)
    assert refused.value.where == str(folder / "parameters.yml")
    assert refused.value.next_step
    return "\n".join(map(str, refused.value.faults))


@pytest.mark.parametrize("score", SCORES)
def test_the_shipped_file_of_every_score_is_read_whole_and_logged_by_name(score: str) -> None:
    parameters = models.load(score).parameters()
    named = by_name(parameters)
    assert "leave_out" in named
    assert not [name for name, value in named.items() if isinstance(value, dict)]
    assert parameters.inputs == parameters.offered


def test_a_good_file_says_what_the_model_sees_and_what_the_trees_take(tmp_path: Path) -> None:
    parameters = _read(tmp_path, GOOD)
    assert parameters.inputs == ("a", "c")
    assert isinstance(parameters, Drawn)
    assert parameters.trees.lightgbm() == {name: value for name, value in TREES.items() if name != "rounds"}


def test_all_faults_of_a_file_are_said_at_once_and_by_name(tmp_path: Path) -> None:
    bad = {
        "leave_out": ["z"],
        "line": {"spread": [0.1, "wide"], "penality": 2.0},
        "trees": TREES | {"rounds": 0, "bagging_fraction": 1.5, "num_leaves": "four"},
    }
    message = _faults(tmp_path, bad)
    for part in (
        "leave_out: expected features of the frame (unknown: z), found",
        "line.penalty: expected a value, found no such key",
        "line.penality: expected no such key, found 2.0",
        "line.spread.1: ",
        "trees.rounds: expected greater than or equal to 1, found 0",
        "trees.bagging_fraction: ",
        "trees.num_leaves: ",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("leave_out: []\nleave_out: [a]\n", "given twice: leave_out"),
        ("leave_out: [", "parameters as YAML"),
        ("", "the file: "),
        ("- a\n", "the file: "),
        (GOOD | {"leave_out": ["c"]}, "other features than c, which the model needs"),
        (GOOD | {"line": {"penalty": float("nan"), "spread": []}}, "line.penalty"),
    ],
)
def test_what_is_no_parameter_file_is_refused(tmp_path: Path, content: object, said: str) -> None:
    assert said in _faults(tmp_path, content)


def test_a_parameter_is_never_changed_in_passing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        _read(tmp_path, GOOD).leave_out = ()  # type: ignore[misc]


def test_a_version_keeps_what_it_was_trained_with(tmp_path: Path) -> None:
    parameters = _read(tmp_path, GOOD)
    artefact = keep(parameters)
    assert json.loads(artefact[KEPT])["features"] == ["a", "c"]
    assert Drawn.trained_with(artefact) == parameters


def test_a_feature_that_came_later_is_not_seen_by_the_version(tmp_path: Path) -> None:
    artefact = keep(_read(tmp_path, GOOD))
    assert WithOneMore.trained_with(artefact).inputs == ("a", "c")


def test_a_version_that_sees_a_feature_no_longer_made_is_refused_by_its_name(tmp_path: Path) -> None:
    artefact = keep(_read(tmp_path, GOOD))
    with pytest.raises(IntegrityError, match="other features") as refused:
        WithOneLess.trained_with(artefact)
    assert refused.value.found == "no longer made: a"


def test_a_version_without_parameters_or_with_those_of_other_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="registered before versions kept"):
        Drawn.trained_with({})
    kept = json.loads(keep(_read(tmp_path, GOOD))[KEPT])
    del kept["parameters"]["line"]
    with pytest.raises(IntegrityError, match="does not know") as refused:
        Drawn.trained_with({KEPT: json.dumps(kept)})
    assert "line: expected a value" in str(refused.value)


def test_hand_weights_sum_to_one(tmp_path: Path) -> None:
    content = models.load("staffing_match").parameters().model_dump(mode="json")
    content["hand"]["weights"]["coverage"] = 0.5
    assert "hand.weights: expected weights that sum to 1, not to 1.15" in _faults(tmp_path, content, StaffingParameters)


def test_every_rule_has_one_prior(tmp_path: Path) -> None:
    content = models.load("time_expense_anomaly").parameters().model_dump(mode="json")
    content["rule_priors"]["late_tim"] = content["rule_priors"].pop("late_time")
    message = _faults(tmp_path, content, AnomalyParameters)
    assert "unknown: late_tim; missing: late_time" in message

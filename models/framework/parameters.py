"""The parameters of a score: one commented YAML file, checked when it is read, kept with every model it trains.

A parameter is what a data scientist may change without changing what a feature or a label means. A firm's own limits
are governance tables instead (docs/warehouse.md).

Training reads the file. What it learned is scored by the parameters it was trained with, which lie in the artefact as
``parameters.json``: a changed file changes the next training, never a version that is registered already.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from leadline.kernel.errors import ConfigurationError, Fault, IntegrityError
from models.framework.artefact import Artefact, from_json, to_json

FILE = "parameters.yml"
KEPT = "parameters.json"


class Section(BaseModel):
    """A group of parameters: no key may be missing, none unknown, none of another type; values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Trees(Section):
    """Gradient-boosted trees, by LightGBM's own names; ``rounds`` is the number of trees."""

    rounds: int = Field(ge=1, le=5000)
    learning_rate: float = Field(gt=0, le=1)
    num_leaves: int = Field(ge=2, le=1024)
    max_depth: int = Field(ge=-1, le=64)
    min_data_in_leaf: int = Field(ge=1)
    lambda_l2: float = Field(ge=0)
    feature_fraction: float = Field(gt=0, le=1)
    bagging_fraction: float = Field(gt=0, le=1)
    bagging_freq: int = Field(ge=0)

    def lightgbm(self) -> dict[str, Any]:
        """Return them as LightGBM takes them, without the number of rounds."""
        return {name: getattr(self, name) for name in Trees.model_fields if name != "rounds"}


class ScoreParameters(Section):
    """What every parameter file has: the features that the model does not see.

    Subclasses name the columns of the feature frame that the model could see (``offered``), and those among them that
    it cannot do without (``needed``).
    """

    offered: ClassVar[tuple[str, ...]] = ()
    needed: ClassVar[tuple[str, ...]] = ()

    leave_out: tuple[str, ...]

    @field_validator("leave_out")
    @classmethod
    def _features_that_can_go(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in cls.offered]
        if unknown:
            raise ValueError(f"features of the frame (unknown: {', '.join(unknown)})")
        missed = [name for name in names if name in cls.needed]
        if missed:
            raise ValueError(f"other features than {', '.join(missed)}, which the model needs")
        return names

    @property
    def inputs(self) -> tuple[str, ...]:
        """The features that the model sees, in the order of the feature frame."""
        return tuple(name for name in self.offered if name not in self.leave_out)

    @classmethod
    def trained_with(cls, artefact: Artefact) -> Self:
        """Return the parameters that a version was trained with, and so is scored with.

        A feature that came into the code later is one that the version does not see.

        Raises:
            IntegrityError: the version carries none, or not this code's, or it sees features this code does not make.
        """
        if KEPT not in artefact:
            raise IntegrityError(
                "The model was registered before versions kept the parameters they were trained with.",
                where=KEPT,
                next_step="leadline train registers a version of this code",
            )
        kept = from_json(artefact, KEPT)
        features = list(kept["features"])
        try:
            parameters = cls.model_validate_json(json.dumps(kept["parameters"]))
        except ValidationError as exc:
            raise IntegrityError(
                "The model was trained with parameters that this code does not know.",
                where=KEPT,
                faults=_faults(exc),
                next_step="leadline train registers a version of this code",
            ) from exc
        parameters = parameters.model_copy(
            update={"leave_out": tuple(name for name in cls.offered if name not in features)}
        )
        if list(parameters.inputs) != features:
            gone = [name for name in features if name not in cls.offered]
            raise IntegrityError(
                "The model was trained on other features than this code makes.",
                where=KEPT,
                expected=f"features among the {len(cls.offered)} of this code, in their order",
                found=f"no longer made: {', '.join(gone)}" if gone else "the same features in another order",
                next_step="leadline train registers a version of this code",
            )
        return parameters


P = TypeVar("P", bound=ScoreParameters)


def read(kind: type[P], path: Path) -> P:
    """Read a parameter file and check it.

    Raises:
        ConfigurationError: the file is not YAML, a key is missing, unknown or given twice, a value is of another type
            or out of its range; every fault is listed.
    """
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=_OneOfEach)  # noqa: S506  (a SafeLoader)
        return kind.model_validate_json(json.dumps(content))
    except ValidationError as exc:
        faults = _faults(exc)
    except (yaml.YAMLError, TypeError) as exc:
        faults = [Fault("the file", "parameters as YAML", " ".join(str(exc).split()))]
    raise ConfigurationError(
        "Invalid parameter file.",
        where=str(path),
        faults=faults,
        next_step="correct the file; its comments say what each parameter means",
    )


def keep(parameters: ScoreParameters) -> dict[str, str]:
    """Return the file of an artefact that says what it was trained with: parameters and features."""
    content = {"features": list(parameters.inputs), "parameters": parameters.model_dump(mode="json")}
    return {KEPT: to_json(content)}


def by_name(parameters: ScoreParameters) -> dict[str, object]:
    """Return every parameter by its dotted name, as a run of training logs it."""
    return dict(_flat("", parameters.model_dump(mode="json")))


def _flat(prefix: str, value: Any) -> list[tuple[str, object]]:
    if not isinstance(value, dict):
        return [(prefix, value)]
    return [pair for name, inner in value.items() for pair in _flat(f"{prefix}.{name}" if prefix else name, inner)]


def _faults(exc: ValidationError) -> list[Fault]:
    faults = []
    for error in exc.errors(include_url=False):
        where = ".".join(map(str, error["loc"])) or "the file"
        if error["type"] == "missing":
            faults.append(Fault(where, "a value", "no such key"))
        elif error["type"] == "extra_forbidden":
            faults.append(Fault(where, "no such key", repr(error["input"])))
        else:
            expected = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            faults.append(Fault(where, expected, repr(error["input"])))
    return faults


class _OneOfEach(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key, deep=deep) for key, _ in node.value]
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"given twice: {', '.join(twice)}", node.start_mark)
        return super().construct_mapping(node, deep=deep)

"""The recorded history of the risk models: versions in the registry, evaluations in the home."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadline.kernel.home import Home
from leadline.kernel.project import activate
from leadline.tracking.recorded import Version, versions
from leadline.tracking.runs import plain

if TYPE_CHECKING:
    from training.evaluate import EvaluationRow

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True)
class Cell:
    """One figure with its interval, where one was drawn."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """One metric of all candidates; ``is_model`` of none where it is not recorded which one the model is."""

    metric: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """Figures: a column per candidate, the model's by name first, and a line per metric."""

    candidates: Sequence[str]
    model: str
    lines: Sequence[Line]


class ModelHistory:
    """The registered versions and evaluations of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def versions(self, score: str) -> list[Version]:
        """Return all registered versions, the newest first.

        Raises:
            IntegrityError: the registry cannot be read.
        """
        return versions(self._home, score)

    def evaluation(self, score: str) -> tuple[list[EvaluationRow], Table] | None:
        """Return the last evaluation's rows and their table; None where ``leadline evaluate`` never ran.

        Raises:
            IntegrityError: it cannot be read.
        """
        path = self._home.evaluations / f"{score}.json"
        if not path.is_file():
            return None
        activate()
        from training.report import read

        rows = read(path)
        return rows, _evaluated(rows)


def with_alias(found: Sequence[Version], alias: str) -> Version | None:
    """Return the version that carries an alias."""
    return next((one for one in found if alias in one.aliases), None)


def held_out(version: Version) -> Table:
    """Return the figures of a version on the window held out of its training, the deciding metric first."""
    named = version.tags.get("metrics", "").split()
    arrows = {plain(name): name for name in named}
    metrics = [*(name for name in arrows if name in version.figures), *(n for n in version.figures if n not in arrows)]
    met = dict.fromkeys(name for metric in metrics for name in version.figures[metric])
    candidates = [name for name in version.tags.get("candidates", "").split() if plain(name) in met] or list(met)
    lines = [
        Line(arrows.get(metric, metric), [Cell(version.figures[metric].get(plain(name))) for name in candidates])
        for metric in metrics
    ]
    return Table(candidates, candidates[0] if "candidates" in version.tags and candidates else "", lines)


def reliability(version: Version) -> list[Mapping[str, float]]:
    """Return the calibration by tenth of probability: held-out rows, predicted and observed share; empty without."""
    tenths = json.loads(version.tags.get("reliability", "[]"))
    return [{"n": n, "predicted": predicted, "observed": observed} for n, predicted, observed in tenths]


def _evaluated(rows: Sequence[EvaluationRow]) -> Table:
    candidates = list(dict.fromkeys(row.candidate for row in rows))
    cells = {(row.metric, row.candidate): Cell(row.value, row.low, row.high) for row in rows}
    lines = [
        Line(metric, [cells.get((metric, name), Cell(None)) for name in candidates])
        for metric in dict.fromkeys(row.metric for row in rows)
    ]
    return Table(candidates, next((row.candidate for row in rows if row.is_model), ""), lines)

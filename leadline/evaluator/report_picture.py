"""One picture per score: skill, calibration and decision value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from leadline.evaluator.decision import DecisionValue
from leadline.evaluator.skill import SkillRow

MODEL, BASELINE, CEILING, GRID = "#1f6f8b", "#8a8a8a", "#c98a2b", "#e5e5e5"


def draw_report(
    score: str, skill: Sequence[SkillRow], curve: pl.DataFrame, decisions: Sequence[DecisionValue], path: Path
) -> Path:
    """Draw three panels into a PNG file and return its path; needs no screen. The same figures give the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.5, 4.2), dpi=110)
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3)
    _skill(left, skill)
    _calibration(middle, curve)
    _decision(right, decisions)
    figure.suptitle(score.replace("_", " "), fontsize=12)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    return path


def _skill(panel: Any, skill: Sequence[SkillRow]) -> None:
    panel.set_title("model beside baseline and observable-Bayes", fontsize=10)
    for place, row in enumerate(skill):
        panel.plot([row.model_low, row.model_high], [place, place], "-", color=MODEL, linewidth=2)
        panel.plot([row.model], [place], "o", color=MODEL, label="model" if place == 0 else None)
        panel.plot([row.baseline_value], [place], "s", color=BASELINE, label="best baseline" if place == 0 else None)
        if row.ceiling is not None:
            panel.plot([row.ceiling], [place], "D", color=CEILING, label="observable-Bayes" if place == 0 else None)
    panel.set_yticks(range(len(skill)), [row.metric for row in skill], fontsize=8)
    panel.set_ylim(len(skill) - 0.5, -0.5)
    panel.grid(axis="x", color=GRID)
    panel.legend(fontsize=7, loc="best")


def _calibration(panel: Any, curve: pl.DataFrame) -> None:
    panel.set_title("calibration: predicted against happened", fontsize=10)
    if not curve.height:
        panel.text(0.5, 0.5, "names no probability", ha="center", va="center", fontsize=9)
        panel.set_axis_off()
        return
    most = max(float(curve.select(pl.max_horizontal("predicted", "happened").max()).item()), 0.05)
    panel.plot([0, most], [0, most], "-", color=GRID)
    panel.plot(curve["predicted"].to_list(), curve["happened"].to_list(), "o-", color=MODEL, label="happened")
    panel.plot(curve["predicted"].to_list(), curve["true"].to_list(), "D", color=CEILING, label="true chance")
    panel.legend(fontsize=7)


def _decision(panel: Any, decisions: Sequence[DecisionValue]) -> None:
    if not decisions:
        panel.text(0.5, 0.5, "no decision value", ha="center", va="center", fontsize=9)
        panel.set_axis_off()
        return
    panel.set_title(f"saved ({decisions[0].unit}), {decisions[0].capacity}", fontsize=10)
    colours = [MODEL if row.policy == "model" else CEILING if row.policy == "oracle" else BASELINE for row in decisions]
    panel.barh(range(len(decisions)), [row.value for row in decisions], color=colours)
    panel.set_yticks(range(len(decisions)), [row.policy for row in decisions], fontsize=8)
    panel.invert_yaxis()
    panel.grid(axis="x", color=GRID)

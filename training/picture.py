"""One picture of an evaluation: a panel per metric, a dot with its interval per candidate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.evaluate import EvaluationRow

MODEL, BASELINE = "#1f6f8b", "#8a8a8a"
PANEL_WIDTH, LINE_HEIGHT = 2.9, 0.34


def picture(rows: Sequence[EvaluationRow], path: Path) -> Path:
    """Draw the rows of one score into a PNG file and return its path; headless."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    metrics = list(dict.fromkeys(row.metric for row in rows))
    candidates = list(dict.fromkeys(row.candidate for row in rows))
    figure = Figure(figsize=(PANEL_WIDTH * len(metrics) + 1.2, LINE_HEIGHT * len(candidates) + 1.3), dpi=110)
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for panel, metric in zip(panels, metrics, strict=True):
        _draw(panel, [row for row in rows if row.metric == metric], candidates)
        panel.set_title(metric, fontsize=10)
    panels[0].set_yticks(range(len(candidates)), candidates, fontsize=9)
    panels[0].invert_yaxis()
    figure.suptitle(rows[0].score.replace("_", " "), fontsize=11)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})  # the same rows give the same bytes
    return path


def _draw(panel: Any, rows: Sequence[EvaluationRow], candidates: Sequence[str]) -> None:
    for row in rows:
        if row.value is None:
            continue
        line, colour = candidates.index(row.candidate), MODEL if row.is_model else BASELINE
        panel.plot([row.value], [line], "o", color=colour)
        if row.low is not None and row.high is not None:
            panel.plot([row.low, row.high], [line, line], "-", color=colour, linewidth=1.5)
    panel.grid(axis="x", color="#e5e5e5")
    panel.tick_params(axis="x", labelsize=8)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)

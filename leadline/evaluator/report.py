"""The report on one score in simulated worlds: skill, calibration, decision value, leaks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import isnan
from pathlib import Path
from typing import Any

import polars as pl

from leadline.evaluator.calibration import calibration
from leadline.evaluator.decision import DecisionValue, decision_values
from leadline.evaluator.leaks import LeakRow
from leadline.evaluator.report_picture import draw_report
from leadline.evaluator.skill import SkillRow, share_text, skill_rows
from leadline.evaluator.trial import Trial
from leadline.kernel.errors import GateError


@dataclass(frozen=True)
class ScoreReport:
    """The evaluation of one score."""

    score: str
    skill: list[SkillRow]
    curve: pl.DataFrame
    decisions: list[DecisionValue]
    leaks: list[LeakRow] = field(default_factory=list)


def report_of(
    trials: Sequence[Trial], *, decisions: Sequence[DecisionValue] = (), leaks: Sequence[LeakRow] = ()
) -> ScoreReport:
    """Evaluate one score by its trials, one per world."""
    return ScoreReport(
        score=trials[0].score,
        skill=skill_rows(trials),
        curve=calibration(trials),
        decisions=[*decision_values(trials), *decisions],
        leaks=list(leaks),
    )


def write(reports: Sequence[ScoreReport], folder: Path) -> list[Path]:
    """Write ``<score>.json``, ``.md`` and ``.png`` for every score, and ``summary.md`` over all; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in reports:
        for ending, text in (("json", as_json(one)), ("md", as_markdown(one))):
            path = folder / f"{one.score}.{ending}"
            path.write_bytes(text.encode())
            written.append(path)
        written.append(draw_report(one.score, one.skill, one.curve, one.decisions, folder / f"{one.score}.png"))
    summary = folder / "summary.md"
    summary.write_bytes(("# Scores against the best possible\n\n" + "\n".join(map(as_markdown, reports))).encode())
    return [*written, summary]


def as_json(one: ScoreReport) -> str:
    """Return a report as JSON."""
    content = {
        "score": one.score,
        "skill": [{**asdict(row), "is_alarm": row.is_alarm} for row in one.skill],
        "calibration": one.curve.to_dicts(),
        "decision_value": [asdict(row) for row in one.decisions],
        "leaks": [asdict(row) for row in one.leaks],
    }
    return json.dumps(_without_nan(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _without_nan(content: Any) -> Any:
    """Return nested values with null where a figure is not defined: JSON knows no NaN."""
    if isinstance(content, dict):
        return {name: _without_nan(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_without_nan(value) for value in content]
    return None if isinstance(content, float) and isnan(content) else content


def as_markdown(one: ScoreReport) -> str:
    """Return a report as Markdown: skill, decision value, leaks."""
    first = one.skill[0]
    lines = [
        f"## {one.score}",
        "",
        f"{first.rows:,} held-out rows, {first.worlds} worlds, {first.seeds} seeds; in brackets the 90% interval.",
        "",
        "| metric | model | best baseline | gain | observable-Bayes | full latent | share of the possible gain |",
        "|---|---|---|---|---|---|---|",
        *(_skill_line(row) for row in one.skill),
    ]
    if one.curve.height:
        lines += ["", "| tenth | predicted | happened | true chance | rows |", "|---|---|---|---|---|"]
        lines += [
            f"| {tenth + 1} | {predicted:.3f} | {happened:.3f} | {true:.3f} | {rows:,} |"
            for tenth, predicted, happened, true, rows in one.curve.iter_rows()
        ]
    if one.decisions:
        lines += [
            "",
            f"| policy ({one.decisions[0].capacity}) | saved | unit | share of the oracle's |",
            "|---|---|---|---|",
        ]
        lines += [f"| {row.policy} | {_number(row.value)} | {row.unit} | {row.share:.0%} |" for row in one.decisions]
    if one.leaks:
        lines += [
            "",
            "| leak class | planted | found | precision | recall | recall of money |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {row.leak_class} | {row.planted:,} | {row.found:,} | {_share(row.precision)} | {_share(row.recall)} | "
            f"{_share(row.money_recall)} |"
            for row in one.leaks
        ]
    return "\n".join(lines) + "\n"


def _skill_line(row: SkillRow) -> str:
    ceiling = "–" if row.ceiling is None else f"{row.ceiling:.3f}"
    full = "–" if row.full is None else f"{row.full:.3f}"
    return (
        f"| {row.metric} | {row.model:.3f} [{row.model_low:.3f}, {row.model_high:.3f}] "
        f"| {row.baseline} {row.baseline_value:.3f} | {row.gain:+.3f} [{row.gain_low:+.3f}, {row.gain_high:+.3f}] "
        f"| {ceiling} | {full} | {share_text(row)} |"
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def raise_alarms(reports: Sequence[ScoreReport]) -> None:
    """Stop when a model beats the best possible: it has seen what it must not see.

    Raises:
        GateError: a metric lies more than two standard errors above its ceiling; all are listed.
    """
    alarms = [row for one in reports for row in one.skill if row.is_alarm]
    if alarms:
        raise GateError(
            "A score beats the best possible from known data: it must have seen the future.",
            where=", ".join(dict.fromkeys(row.score for row in alarms)),
            expected="no metric more than 2 standard errors above observable-Bayes",
            found="; ".join(
                f"{row.score} {row.metric} {row.model:.3f} against {row.ceiling:.3f}, {row.above:.1f} standard errors"
                for row in alarms
            ),
            next_step="run the truncation tests of the score's features; the figures are written",
        )

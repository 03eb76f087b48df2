"""A page of plots of a simulated firm, to be judged at a glance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from leadline.evaluator.sealed import description, read, usd

LINE, FILL, BAND, GRID = "#1f6f8b", "#8fb8c6", "#f0dfc0", "#e5e5e5"
MAX_RATIO = 2.5


@dataclass(frozen=True)
class _World:
    """What the panels draw from."""

    facts: pl.DataFrame
    disputes: pl.DataFrame
    projects: pl.DataFrame
    leakage: pl.DataFrame
    anomalies: pl.DataFrame


def draw_firm(world: Path, path: Path) -> Path:
    """Draw twelve panels into a PNG file and return its path; needs no screen. The same world gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    odd = [read(world, name).select("anomaly", "grade") for name in ("time_anomalies", "expense_anomalies")]
    until = date.fromisoformat(str(description(world)["as_of"]))
    figures = _World(
        read(world, "facts"),
        read(world, "disputes").filter(pl.col("run_on") <= until),
        read(world, "projects"),
        read(world, "leakage"),
        pl.concat(odd),
    )
    figure = Figure(figsize=(17, 12), dpi=90)
    FigureCanvasAgg(figure)
    panels = figure.subplots(3, 4).ravel()
    for panel, (title, draw) in zip(panels, PANELS.items(), strict=True):
        panel.set_title(title, fontsize=9)
        panel.tick_params(labelsize=7)
        panel.grid(axis="y", color=GRID)
        draw(panel, figures)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    return path


def _months(facts: pl.DataFrame, topic: str) -> pl.DataFrame:
    """Return one topic's sums, a row per month and a column per key."""
    rows = facts.filter(pl.col("topic") == topic).group_by("month", "key").agg(pl.col("amount").sum())
    return rows.pivot("key", index="month", values="amount").sort("month").fill_null(0.0)


def _line(panel: Any, months: pl.DataFrame, value: pl.Expr, band: tuple[float, float] | None = None) -> None:
    if band:
        panel.axhspan(*band, color=BAND)
    panel.plot(months["month"].to_list(), months.select(value).to_series().to_list(), "-", color=LINE)
    panel.tick_params(axis="x", rotation=30)


def _utilization(panel: Any, figures: _World) -> None:
    _line(panel, _months(figures.facts, "hours"), 100 * pl.col("billable") / pl.col("available"), (66, 70))


def _dispute_rate(panel: Any, figures: _World) -> None:
    months = figures.disputes.group_by(month=pl.col("run_on").dt.truncate("1mo")).agg(pl.col("disputed").mean())
    _line(panel, months.sort("month"), 100 * pl.col("disputed"), (5, 8))


def _causes(panel: Any, figures: _World) -> None:
    counts = figures.disputes.filter("disputed")["coded_cause"].value_counts(sort=True).sort("coded_cause")
    total = counts["count"].sum()
    panel.bar(counts["coded_cause"].to_list(), [100 * n / total for n in counts["count"].to_list()], color=FILL)


def _overrun(panel: Any, figures: _World) -> None:
    done = figures.projects.filter((pl.col("baseline_cost") > 0) & (pl.col("final_cost") > 0))
    ratio = (done["final_cost"] / done["baseline_cost"]).clip(0.5, MAX_RATIO)
    panel.hist(ratio.to_list(), bins=40, color=FILL)
    for level in (0.5, 0.9, 0.99):
        panel.axvline(float(ratio.quantile(level) or 0), color=LINE, linewidth=1)


def _margin(panel: Any, figures: _World) -> None:
    months = (
        figures.projects.group_by(month=pl.col("closes_on").dt.truncate("3mo"))
        .agg(cost=usd("final_cost").sum(), revenue=usd("final_revenue").sum())
        .sort("month")
        .filter(pl.col("month") <= figures.facts["month"].max())
    )
    _line(panel, months, 100 * (1 - pl.col("cost") / pl.col("revenue")), (33, 39))


def _dso(panel: Any, figures: _World) -> None:
    months = _months(figures.facts, "money")
    recent = pl.col("billed gross").rolling_mean(3, min_samples=1)
    _line(panel, months[:-1], pl.col("receivables") / recent * 365.25 / 12, (44, 47))


def _days_late(panel: Any, figures: _World) -> None:
    late = (
        figures.facts.filter(pl.col("topic") == "days late")
        .group_by(pl.col("key").cast(pl.Int64))
        .agg(pl.col("amount").sum())
    )
    rows = late.sort("key")
    panel.bar(rows["key"].to_list(), rows["amount"].to_list(), color=FILL)
    panel.axvline(0, color=LINE, linewidth=1)


def _hand_in(panel: Any, figures: _World) -> None:
    rows = figures.facts.filter(pl.col("topic") == "hand-in").sort("key")
    share = 100 * rows["amount"].cum_sum() / rows["amount"].sum()
    panel.plot([int(key) for key in rows["key"].to_list()], share.to_list(), "-", color=LINE)
    panel.set_ylim(min(80.0, float(share[0])), 100)


def _coverage(panel: Any, figures: _World) -> None:
    _line(panel, _months(figures.facts, "pipeline"), 100 * pl.col("open") / pl.col("won"), (150, 185))


def _leaks(panel: Any, figures: _World) -> None:
    revenue = figures.facts.filter((pl.col("topic") == "money") & (pl.col("key") == "revenue"))["amount"].sum()
    rows = figures.leakage.group_by("leak_class").agg(usd("amount").sum()).sort("amount")
    panel.barh(rows["leak_class"].to_list(), [100 * value / revenue for value in rows["amount"].to_list()], color=FILL)


def _anomalies(panel: Any, figures: _World) -> None:
    rows = (
        figures.anomalies.group_by("anomaly", "grade").len().pivot("grade", index="anomaly", values="len").fill_null(0)
    )
    rows = rows.sort("anomaly")
    left = [0] * rows.height
    for grade, colour in (("easy", "#cfe3ea"), ("medium", FILL), ("hard", LINE)):
        counts = rows[grade].to_list() if grade in rows.columns else [0] * rows.height
        panel.barh(rows["anomaly"].to_list(), counts, left=left, color=colour, label=grade)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    panel.legend(fontsize=7)


def _headcount(panel: Any, figures: _World) -> None:
    _line(panel, _months(figures.facts, "people"), pl.col("headcount"))


PANELS: dict[str, Callable[[Any, _World], None]] = {
    "billable utilization, % (band: industry)": _utilization,
    "disputes on record, % of invoices": _dispute_rate,
    "disputes by coded cause, %": _causes,
    "final cost / first baseline": _overrun,
    "margin of projects by quarter of their end, %": _margin,
    "DSO, days": _dso,
    "invoices by days paid after due": _days_late,
    "time handed in, % by days after its week": _hand_in,
    "pipeline coverage by quarter, %": _coverage,
    "leakage by class, % of revenue": _leaks,
    "planted anomalies by kind and grade": _anomalies,
    "delivery people": _headcount,
}

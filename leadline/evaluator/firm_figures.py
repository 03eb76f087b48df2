"""A simulated firm's figures beside the industry's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from leadline.evaluator.sealed import description, read, usd

GRACE_DAYS = 14
SETTLED_DAYS = 45
CAUSES = ("price", "scope", "admin", "quality")


@dataclass(frozen=True)
class Figure:
    """One figure beside the range it should lie in; ``definition`` says how it is worked out."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    definition: str

    @property
    def met(self) -> bool:
        """Whether the value lies in the range."""
        return self.low <= self.value <= self.high


def figures(world: Path) -> list[Figure]:
    """Return the figures of a simulated firm, each with the industry's range as the project was given it.

    Raises:
        UsageError: the folder is no simulated firm.
        IntegrityError: its truth is incomplete.
    """
    until = date.fromisoformat(str(description(world)["as_of"]))
    facts = read(world, "facts")
    return [
        *_time_figures(facts),
        *_money_figures(facts, world, until),
        *_dispute_figures(world, until),
        *_project_figures(world, until),
        *_odd_lines(facts),
    ]


def total(facts: pl.DataFrame, topic: str, key: str) -> float:
    """Return the sum of one key of a topic over all months."""
    rows = facts.filter((pl.col("topic") == topic) & (pl.col("key") == key))
    return float(rows["amount"].sum())


def _time_figures(facts: pl.DataFrame) -> list[Figure]:
    billable = total(facts, "hours", "billable") / total(facts, "hours", "available")
    headcount = facts.filter((pl.col("topic") == "people") & (pl.col("key") == "headcount"))
    months = headcount["month"].n_unique()
    leavers = total(facts, "people", "leavers") / (total(facts, "people", "headcount") / months) / months * 12
    arrivals = total(facts, "arrivals", "late") / total(facts, "arrivals", "all")
    handed = facts.filter(pl.col("topic") == "hand-in")
    late = float(handed.filter(pl.col("key") != "00")["amount"].sum()) / float(handed["amount"].sum())
    return [
        Figure(
            "billable utilization", 100 * billable, 66, 70, "%", "billable hours / available hours of delivery people"
        ),
        Figure("attrition", 100 * leavers, 11, 15, "%", "delivery people who leave in 12 months / mean headcount"),
        Figure("late time entries", 100 * late, 12, 18, "%", "entries handed in after the Sunday of their week"),
        Figure(
            "facts recorded late",
            100 * arrivals,
            15,
            60,
            "%",
            "time, expenses and change orders recorded after the Sunday that would have wanted them",
        ),
    ]


def _money_figures(facts: pl.DataFrame, world: Path, until: date) -> list[Figure]:
    revenue = total(facts, "money", "revenue")
    months = facts.filter((pl.col("topic") == "money") & (pl.col("month") < until.replace(day=1)))
    settled = months.filter(pl.col("month") >= pl.col("month").min().dt.offset_by("6mo"))
    by_key = {
        str(key): float(amount) for key, amount in settled.group_by("key").agg(pl.col("amount").sum()).iter_rows()
    }
    days = 365.25 / 12
    dso = by_key["receivables"] / by_key["billed gross"] * days
    late = facts.filter(pl.col("topic") == "days late").with_columns(pl.col("key").cast(pl.Int64))
    paid_late = float(late.filter(pl.col("key") > 0)["amount"].sum()) / float(late["amount"].sum())
    leaked = read(world, "leakage").select(usd("amount").sum()).item() / revenue
    coverage = total(facts, "pipeline", "open") / total(facts, "pipeline", "won")
    return [
        Figure("DSO", dso, 44, 47, "days", "receivables at month ends / billed in those months, tax included, in days"),
        Figure("late payment", 100 * paid_late, 35, 47, "%", "invoices paid after their due date"),
        Figure("leakage", 100 * float(leaked), 4, 6, "%", "planted leaks / revenue billed"),
        Figure(
            "pipeline coverage",
            100 * coverage,
            150,
            185,
            "%",
            "qualified pipeline open at a quarter's start / won in that quarter",
        ),
    ]


def _dispute_figures(world: Path, until: date) -> list[Figure]:
    invoices = read(world, "disputes").filter(pl.col("run_on") <= until)
    disputed = invoices.filter("disputed")
    ranges = {"price": (35, 40), "scope": (25, 30), "admin": (15, 20), "quality": (10, 15)}
    mix = {cause: 100 * disputed.select((pl.col("coded_cause") == cause).mean()).item() for cause in CAUSES}
    rate = 100 * invoices.select(pl.col("disputed").mean()).item()
    return [
        Figure("dispute rate", rate, 5, 8, "%", "invoices with a dispute on record"),
        *(Figure(f"disputes: {c}", mix[c], *ranges[c], "%", "share of disputes by coded cause") for c in CAUSES),
    ]


def _project_figures(world: Path, until: date) -> list[Figure]:
    over = pl.col("closes_on") <= until - timedelta(days=SETTLED_DAYS)
    closed = read(world, "projects").filter(over & (pl.col("baseline_cost") > 0))
    cost, revenue = (closed.select(usd(name).sum()).item() for name in ("final_cost", "final_revenue"))
    overrun = closed["final_cost"] / closed["baseline_cost"]
    grace = pl.col("approved_end_on").dt.offset_by(f"{GRACE_DAYS}d")
    on_time = closed.select((pl.col("closes_on") <= grace).mean()).item()
    quantile: Callable[[float], float] = lambda level: float(overrun.quantile(level) or 0)  # noqa: E731
    text = "final cost / first baseline of closed projects"
    return [
        Figure("project margin", 100 * (1 - cost / revenue), 33, 39, "%", "1 - cost / revenue of closed projects"),
        Figure("on-time delivery", 100 * on_time, 72, 78, "%", f"closed within {GRACE_DAYS} days of the approved end"),
        Figure("cost overrun, median", quantile(0.5), 1.10, 1.20, "x", text),
        Figure("cost overrun, p90", quantile(0.9), 1.4, 1.6, "x", text),
        Figure("cost overrun, p99", quantile(0.99), 1.8, 2.2, "x", text),
    ]


def _odd_lines(facts: pl.DataFrame) -> list[Figure]:
    lines, flagged, true = (total(facts, "naive", key) for key in ("lines", "flagged", "true"))
    return [
        Figure("flaggable lines", 100 * flagged / lines, 2, 5, "%", "time and expense lines that naive rules flag"),
        Figure("true flags", 100 * true / flagged, 10, 16, "%", "flagged lines that are planted anomalies"),
    ]

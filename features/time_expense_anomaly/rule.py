"""What a rule of the rule pack is, and how a table of lines is judged by rules."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from features.time_expense_anomaly.policy import Policy


@dataclass(frozen=True)
class Rule:
    """One breach of contract or policy: code, which lines it judges, when it holds, which columns show it.

    ``holds`` answers yes, no or null (cannot tell) from the facts of one line. ``share`` is the part of the line
    that is wrong where the rule holds, 0 to 1. What is said of it is in the catalogue, by its code; ``columns`` are
    evidence.
    """

    code: str
    entity: str
    holds: pl.Expr
    columns: tuple[str, ...]
    share: pl.Expr = pl.lit(1.0)  # noqa: RUF009


def works_after_the_end() -> pl.Expr:
    """Return whether the line's day lies after the end of a project that is closed or cancelled."""
    day, end = pl.col("event_day"), pl.col("project_end")
    return pl.col("project_status").is_in(["closed", "cancelled"]) & (day > end)


def not_employed() -> pl.Expr:
    """Return whether the line's day lies outside the person's employment; null where it is not known."""
    before = pl.col("event_day") < pl.col("hire_date")
    return before | (pl.col("event_day") > pl.col("termination_date")).fill_null(False)


def judged(rows: pl.DataFrame, rules: tuple[Rule, ...], limits: Policy) -> pl.DataFrame:
    """Add the firm's limits as columns, a 0/1 column per rule (null where it cannot tell) and ``<code>_share``.

    The share is the part of the line that the rule says is wrong.
    """
    rows = rows.with_columns(pl.lit(value).alias(name) for name, value in limits.model_dump().items())
    flags = [rule.holds.cast(pl.Float64).alias(rule.code) for rule in rules]
    shares = [rule.share.cast(pl.Float64).fill_null(1.0).clip(0.0, 1.0).alias(f"{rule.code}_share") for rule in rules]
    return rows.with_columns(*flags, *shares)

"""Exact leakage findings against the leaks that were planted: how many, and how much of the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from leadline.evaluator.decision import LARGEST, MODEL, NOTHING, OLDEST, ORACLE, DecisionValue
from leadline.evaluator.sealed import read, usd
from leadline.kernel.findings import Finding

# What a risk model guesses and no rule finds exactly.
GUESSED = "unpriced_scope"
ALL = "all classes"
# Findings that reviewers can handle.
LOOKED_AT = 40


@dataclass(frozen=True)
class LeakRow:
    """One class of leaks: planted and found (places: contract line and month), and shares of count and of money.

    ``precision`` is the share of found places where something was planted; ``recall`` the share of planted places
    found; ``money_recall`` weighs them by USD. Null where there is nothing to divide by.
    """

    leak_class: str
    planted: int
    found: int
    precision: float | None
    recall: float | None
    money_recall: float | None


def leak_rows(worlds: Sequence[Path], findings: Sequence[Sequence[Finding]]) -> list[LeakRow]:
    """Return a row per class and one for all; findings are those of the same world, in order."""
    planted = pl.concat([_planted(world) for world in worlds])
    found = pl.concat([_found(world, own) for world, own in zip(worlds, findings, strict=True)])
    classes = sorted(set(planted["leak_class"]))
    return [*(_row(name, planted, found) for name in classes), _row(ALL, planted, found)]


def _planted(world: Path) -> pl.DataFrame:
    rows = read(world, "leakage").filter(pl.col("leak_class") != GUESSED).with_columns(money=usd("amount"))
    places = rows.group_by("leak_class", "contract_line_id", "month").agg(pl.col("money").sum())
    return places.filter(pl.col("money") > 1).with_columns(world=pl.lit(world.name))


def _found(world: Path, findings: Sequence[Finding]) -> pl.DataFrame:
    """Places of the findings; their object id is contract line, month and class, joined by colons."""
    rows = [_place(one) for one in findings]
    schema = {"contract_line_id": pl.String(), "month": pl.String(), "leak_class": pl.String()}
    frame = pl.DataFrame(rows, schema=schema, orient="row").unique()
    return frame.filter(pl.col("leak_class") != GUESSED).with_columns(world=pl.lit(world.name))


def _place(finding: Finding) -> tuple[str, str, str]:
    line, month, leak_class = finding.object_id.rsplit(":", 2)
    return line, month, leak_class


def _row(name: str, planted: pl.DataFrame, found: pl.DataFrame) -> LeakRow:
    wanted = pl.lit(True) if name == ALL else pl.col("leak_class") == name
    real, claimed = planted.filter(wanted), found.filter(wanted)
    keys = ["world", "contract_line_id", "month"] + ([] if name == ALL else ["leak_class"])
    hit = real.join(claimed, on=keys, how="semi")
    right = claimed.join(real, on=keys, how="semi")
    money = float(real["money"].sum())
    return LeakRow(
        leak_class=name,
        planted=real.height,
        found=claimed.height,
        precision=right.height / claimed.height if claimed.height else None,
        recall=hit.height / real.height if real.height else None,
        money_recall=float(hit["money"].sum()) / money if money else None,
    )


def leak_values(worlds: Sequence[Path], findings: Sequence[Sequence[Finding]]) -> list[DecisionValue]:
    """Return the planted money that each way of choosing findings brings back, the mean over worlds, in USD."""
    claimed = [_values(world, own) for world, own in zip(worlds, findings, strict=True)]
    means = {policy: sum(values[policy] for values in claimed) / len(claimed) for policy in claimed[0]}
    most = means[ORACLE]
    return [
        DecisionValue(
            "revenue_leakage", policy, value, "USD", value / most if most else float("nan"), f"{LOOKED_AT} findings"
        )
        for policy, value in means.items()
    ]


def _values(world: Path, findings: Sequence[Finding]) -> dict[str, float]:
    planted = _planted(world)
    worth = {(line, month, name): money for name, line, month, money in planted.drop("world").iter_rows()}
    rows = [(one, worth.get(_place(one), 0.0)) for one in findings]
    by_month = sorted(rows, key=lambda row: _place(row[0])[1])
    by_money = sorted(rows, key=lambda row: -float(row[0].money_at_risk))
    by_value = sorted(rows, key=lambda row: -float(row[0].money_at_risk) * (row[0].probability or 0.0))
    return {
        NOTHING: 0.0,
        OLDEST: _sum(by_month),
        LARGEST: _sum(by_money),
        MODEL: _sum(by_value),
        ORACLE: float(planted["money"].sort(descending=True).head(LOOKED_AT).sum()),
    }


def _sum(rows: Sequence[tuple[Finding, float]]) -> float:
    return sum(money for _, money in rows[:LOOKED_AT])

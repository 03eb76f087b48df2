"""One cost of a project: the rule, the mart behind the project's page, and the features of margin erosion agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from features.margin_erosion.frame import features
from leadline.warehouse.snapshot import Snapshot
from models.margin_erosion.risk_model import findings

Snapshots = Callable[[datetime | None], Snapshot]
# What the score calls it -> what the rule calls it.
SAME = {
    "actual_cost": "actual_cost",
    "baseline_cost": "budget_cost",
    "baseline_revenue": "budget_revenue",
    "cpi": "cpi",
    "spi": "spi",
    "eac_plan": "eac_plan",
    "eac_cpi": "eac_cpi",
    "eac_cpi_spi": "eac_cpi_spi",
    "eac_manager": "eac_manager",
}
MONEY_OF_MART = [*dict.fromkeys(SAME.values()), "currency", "percent_complete", "earned_value"]


def _moment(snapshot: Snapshot) -> datetime:
    assert snapshot.known_until is not None
    return snapshot.known_until.replace(tzinfo=UTC)


def _rule(snapshot: Snapshot) -> pl.DataFrame:
    at = _moment(snapshot)
    position = snapshot.rule("int_project_position", as_of=at)
    earned = snapshot.rule("int_earned_value", as_of=at).select(
        "project_id", "earned_value", "cpi", "spi", "eac_plan", "eac_cpi", "eac_cpi_spi", "eac_manager"
    )
    return position.join(earned, on="project_id").sort("project_id").collect()


def test_the_page_of_every_project_says_what_the_rule_says(demo_known: Snapshots) -> None:
    snapshot = demo_known(None)
    page = snapshot.mart("project_performance").sort("project_id").collect().select("project_id", *MONEY_OF_MART)
    rule = _rule(snapshot).select("project_id", *MONEY_OF_MART)
    assert page.height > 0
    assert page.join(rule, on=page.columns, how="anti", nulls_equal=True).height == 0
    assert page.height == rule.height


def test_the_score_of_every_open_project_says_what_the_rule_says(demo_known: Snapshots) -> None:
    snapshot = demo_known(None)
    rule = _rule(snapshot).select("project_id", pl.col(*dict.fromkeys(SAME.values())).cast(pl.Float64))
    scored = features(snapshot, as_of=_moment(snapshot)).select("project_id", *SAME).rename(SAME)
    assert scored.height > 0
    assert scored.join(rule, on=scored.columns, how="anti", nulls_equal=True).height == 0


def test_the_cost_of_a_project_is_the_sum_of_its_days(demo_known: Snapshots) -> None:
    snapshot = demo_known(None)
    spent = (
        snapshot.rule("int_project_cost", as_of=_moment(snapshot))
        .group_by("project_id")
        .agg(spent=pl.col("project_amount").sum())
        .collect()
    )
    whole = _rule(snapshot).filter(pl.col("actual_cost_basis") == "ledger").join(spent, on="project_id")
    assert whole.height > 0
    assert whole.filter(pl.col("spent") != pl.col("actual_cost")).height == 0


def test_no_band_of_an_exception_begins_below_what_is_already_spent(demo_known: Snapshots) -> None:
    snapshot = demo_known(None)
    at = _moment(snapshot)
    found = findings(snapshot, as_of=at, artefact=None)
    rates = dict(
        snapshot.rule("int_fx_reporting", as_of=at)
        .filter(pl.lit(at.date()).is_between("valid_from", "valid_to", closed="left"))
        .select("currency", "rate")
        .collect()
        .iter_rows()
    )
    known = _rule(snapshot).drop_nulls("actual_cost").to_dicts()
    spent = {row["project_id"]: row["actual_cost"] * rates[row["currency"]] for row in known}
    assert {finding.object_id for finding in found} & set(spent)
    for finding in found:
        assert float(finding.facts["eac_low"].value) >= float(spent.get(finding.object_id, 0)) - 0.01

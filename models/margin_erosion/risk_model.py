"""Margin erosion: which open projects will end five points or more under their approved margin, and at what cost.

Without revenue (a register of public works, say) the question is whether the cost estimate comes to stand five per cent
or more over the approved cost within twelve months. A finding states the probability; the band of the cost at
completion is among its facts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from features.margin_erosion.frame import features, labels
from features.rates import to_reporting
from leadline.kernel import facts
from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.facts import COST, Fact
from leadline.kernel.findings import Finding
from leadline.kernel.money import cents
from leadline.kernel.stakes import Stake, overrun
from leadline.kernel.statements import Statement, say
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from models.framework.artefact import from_json, to_json
from models.framework.boosting import matrix
from models.framework.one_thread import one_thread
from models.framework.parameters import keep
from models.framework.risk_model import Artefact, Benchmark
from models.margin_erosion import baselines as margin_erosion_benchmark
from models.margin_erosion.chance import (
    Sample,
    base_rate,
    check_enough,
    contributions,
    fit_chance,
    predict_chance,
)
from models.margin_erosion.eac import fit_eac, predict_eac, spread_of, unlearned
from models.margin_erosion.parameter_file import Parameters
from models.margin_erosion.parameter_file import parameters as parameters
from models.margin_erosion.reasons import figures_of, reasons_for
from models.margin_erosion.rows import Array

SCORE = "margin_erosion"
OBJECT_TYPE = "project"
NEEDS = ("project",)
USES = (
    "project_status",
    "project_budget",
    "change_order",
    "time_entry",
    "cost_rate",
    "expense",
    "subcontractor_cost",
    "invoice",
    "invoice_line",
    "currency_rate",
)

MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
# What the estimate adds to the features for the question of erosion.
FROM_THE_ESTIMATE = ("log_eac_over_plan", "headroom")


def observation_times(reader: PointInTimeReader, *, until: datetime) -> list[datetime]:
    """Return every fourth Monday since plans or reports were known (``examples``); over long pasts fewer."""
    chosen = parameters().examples
    starts = [reader.history(entity, as_of=until).select("known_at") for entity in ("project_budget", "project_status")]
    first = pl.concat(starts).select(pl.col("known_at").min()).collect().item()
    if first is None:
        return []
    start = max(first.replace(tzinfo=UTC) + timedelta(days=chosen.warm_up_days), MONDAY)
    steps = math.ceil((until - start) / timedelta(weeks=chosen.step_weeks) / chosen.max_times)
    step = timedelta(weeks=chosen.step_weeks * max(steps, 1))
    moment = MONDAY + math.ceil((start - MONDAY) / step) * step
    times = []
    while moment <= until:
        times.append(moment)
        moment += step
    return times


def examples(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return the projects open at ``observed_at`` with what became of them, as known by ``as_of``.

    Grain: project. ``label``, ``final_cost`` and ``slip`` are null until matured; ``group`` is the project.
    """
    outcome = labels(reader, observed_at=observed_at, as_of=as_of)
    return (
        features(reader, as_of=observed_at)
        .join(outcome, on="project_id", how="left")
        .with_columns(group=pl.col("project_id"), observed_at=pl.lit(naive(observed_at)))
        .sort("project_id")
    )


def fit(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Train the estimate at completion, then the chance of erosion, then (where ends are known) of slipping.

    Raises:
        InsufficientDataError: too few projects with an outcome, or of either kind (``examples``).
    """
    with one_thread():
        return _fit(examples.sort("observed_at", "project_id"), parameters(), seed=seed)


def predict(frame: pl.DataFrame, artefact: Artefact) -> pl.DataFrame:
    """Return the rows of a feature frame with ``prediction``: the probability of erosion."""
    return _scored(frame, artefact).with_columns(prediction=pl.col("probability"))


def harmed(reader: PointInTimeReader, drawn: Mapping[str, datetime], *, as_of: datetime) -> dict[str, bool]:
    """Return whether each project's margin fell five points under the one approved when it was drawn (without revenue:
    its cost grew), once that is known at ``as_of``.
    """
    found: dict[str, bool] = {}
    for observed_at in sorted(set(drawn.values())):
        fates = labels(reader, observed_at=observed_at, as_of=as_of).drop_nulls("label")
        then = [project for project, moment in drawn.items() if moment == observed_at]
        rows = fates.filter(pl.col("project_id").is_in(then)).select("project_id", "label")
        found |= {project: label == 1 for project, label in rows.iter_rows()}
    return found


def benchmark(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
    """Set model and baselines side by side on held-out projects."""
    return margin_erosion_benchmark.benchmark(train, test, _scored(test, fit(train, seed=seed)), parameters())


def findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Return the open projects whose margin is at risk, highest expected loss first.

    Probability: as the model says; without a model, the chance that BAC/CPI's normal error crosses the line, or the
    practice's share of grown projects where no cost is known. Money at risk, in the reporting currency: the cost
    beyond the approved budget if the margin erodes (``at_risk``), whatever the probability. Raised from the base rate
    of past projects on, for a third of the open projects at most (``decision``).

    Raises:
        InsufficientDataError: no project is known at ``as_of``.
    """
    if not reader.core("project", as_of=as_of).select(pl.len()).collect().item():
        raise InsufficientDataError(
            "No project is known at this as-of.",
            where=SCORE,
            expected="project rows known by the as-of",
            found=f"none by {naive(as_of):%Y-%m-%d}",
            next_step="land the entity project, or choose a later --as-of",
        )
    chosen = _parameters_of(artefact)
    scored = _scored(features(reader, as_of=as_of), artefact)
    most = math.ceil(scored.height * chosen.decision.max_share)
    worth = scored.filter(pl.col("probability") >= _alert_from(artefact))
    worth = worth.sort("probability", "at_risk", "project_id", descending=[True, True, False]).head(most)
    worth = worth.with_columns(day=pl.lit(naive(as_of).date()))
    for name in ("at_risk", "baseline_cost", "eac_low", "eac_middle", "eac_high"):
        worth = to_reporting(
            worth, reader=reader, as_of=as_of, amount=name, currency="currency", on="day", alias=f"{name}_money"
        )
    worth = worth.drop_nulls("at_risk_money")
    weights, level = _weights(worth, artefact), chosen.estimate.level
    found = [
        _finding(row, shares, reader, as_of=as_of, level=level)
        for row, shares in zip(worth.to_dicts(), weights, strict=True)
    ]
    return sorted(found, key=lambda finding: (-finding.expected_loss, finding.object_id))


def _parameters_of(artefact: Artefact | None) -> Parameters:
    return parameters() if artefact is None else Parameters.trained_with(artefact)


def _fit(rows: pl.DataFrame, chosen: Parameters, *, seed: int) -> Artefact:
    before = _with_estimate(rows, np.zeros(rows.height), unlearned(chosen))
    check_enough(_sample(before, "label", chosen), chosen, where=SCORE)
    eac, correction = fit_eac(rows, chosen, seed=seed)
    rows = _with_estimate(rows, correction, eac)
    files = {**eac, **fit_chance(_sample(rows, "label", chosen), chosen, name="erosion", seed=seed)}
    slips = _sample(rows, "slip", chosen)
    try:
        check_enough(slips, chosen, where=f"{SCORE}, slips")
    except InsufficientDataError:
        pass  # slips are a second question: without them the first is answered all the same
    else:
        files |= fit_chance(slips, chosen, name="slip", seed=seed)
    rate = base_rate(files, name="erosion")
    return {**files, "decision.json": to_json({"alert_from": rate, "base_rate": rate}), **keep(chosen)}


def _chance_inputs(chosen: Parameters) -> tuple[str, ...]:
    return (*chosen.inputs, *FROM_THE_ESTIMATE)


def _sample(rows: pl.DataFrame, question: str, chosen: Parameters) -> Sample:
    reader = rows.drop_nulls(question)
    return Sample(
        names=_chance_inputs(chosen),
        inputs=matrix(reader, _chance_inputs(chosen)),
        answer=reader[question].cast(pl.Float64).to_numpy(),
        groups=reader["project_id"].to_numpy(),
    )


def _with_estimate(rows: pl.DataFrame, correction: Array, eac: Mapping[str, str]) -> pl.DataFrame:
    """Add what the estimate says to the question: how far over plan, and how many spreads from the line."""
    estimate = rows["eac_reference"].to_numpy() * np.exp(correction)
    over = np.log(np.clip(estimate / rows["baseline_cost"].to_numpy(), 0.05, 20))
    room = np.clip((over - _line(rows)) / spread_of(rows, eac), -5, 5)
    return rows.with_columns(pl.Series("log_eac_over_plan", over), pl.Series("headroom", room))


def _line(rows: pl.DataFrame) -> Array:
    """Log of cost over plan at which the label turns: five points of margin, or five per cent of cost."""
    revenue, cost = pl.col("baseline_revenue"), pl.col("baseline_cost")
    points = pl.when(revenue > 0).then((1 + pl.col("policy_margin_points") * revenue / cost).log())
    return rows.select(pl.coalesce(points, pl.col("policy_cost_growth").log()).alias("line"))["line"].to_numpy()


def _scored(rows: pl.DataFrame, artefact: Artefact | None) -> pl.DataFrame:
    """Add the band, ``at_risk`` (plan currency), ``probability`` and ``slip_probability``.

    ``at_risk``: the largest of the middle estimate, the cost to date and the cost at which the label turns, less the
    approved cost; what the project runs over if its margin erodes.
    """
    chosen = _parameters_of(artefact)
    files = unlearned(chosen) if artefact is None else artefact
    rows = predict_eac(rows, files, chosen)
    middle = np.log(rows["eac_middle"].to_numpy() / rows["eac_reference"].to_numpy())
    rows = _with_estimate(rows, middle, files)
    rows = rows.with_columns(
        pl.Series("probability", _erosion(rows, artefact, chosen)),
        pl.Series("slip_probability", _slip(rows, files, chosen)).fill_nan(None),
    )
    eroded = pl.Series(rows["baseline_cost"] * np.exp(_line(rows)))
    cost = pl.max_horizontal("eac_middle", "actual_cost", pl.lit(eroded))
    return rows.with_columns(at_risk=cost - pl.col("baseline_cost"))


def _erosion(rows: pl.DataFrame, artefact: Artefact | None, chosen: Parameters) -> Array:
    if artefact is None:
        return _unlearned_chance(rows, chosen.chance.edge)
    return predict_chance(matrix(rows, _chance_inputs(chosen)), artefact, chosen, name="erosion")


def _slip(rows: pl.DataFrame, files: Mapping[str, str], chosen: Parameters) -> Array:
    if "slip.json" not in files:
        return np.full(rows.height, np.nan)
    return predict_chance(matrix(rows, _chance_inputs(chosen)), files, chosen, name="slip")


def _unlearned_chance(rows: pl.DataFrame, edge: float) -> Array:
    """The best baseline's word: earned value's normal error, or the practice's past where no cost is known.

    A forecast that has crossed the line already is believed as earned value is.
    """
    earned = np.array([0.5 * math.erfc(-room / math.sqrt(2)) for room in rows["headroom"].to_list()], dtype=np.float64)
    past = rows["practice_growth_rate"].to_numpy()
    crossed = rows["headroom"].to_numpy() > 0
    starts = rows["actual_cost"].is_not_null().to_numpy() | np.isnan(past) | crossed
    return np.clip(np.where(starts, earned, past), edge, 1 - edge)


def _alert_from(artefact: Artefact | None) -> float:
    """From which probability on a person is called: the base rate of past projects."""
    return (
        parameters().decision.unlearned_alert
        if artefact is None
        else float(from_json(artefact, "decision.json")["alert_from"])
    )


def _weights(rows: pl.DataFrame, artefact: Artefact | None) -> list[dict[str, float]]:
    """Share of every input in each row's log-odds; without a model only the headroom speaks."""
    if artefact is None:
        return [{"headroom": 1.0}] * rows.height
    chosen = Parameters.trained_with(artefact)
    names = _chance_inputs(chosen)
    shares = contributions(matrix(rows, names), artefact, chosen, name="erosion")
    return [dict(zip(names, line, strict=True)) for line in shares.tolist()]


def _money(value: float) -> Decimal:
    return cents(value)


def _finding(
    row: Mapping[str, Any], shares: Mapping[str, float], reader: PointInTimeReader, *, as_of: datetime, level: float
) -> Finding:
    money, name = _money(row["at_risk_money"]), row["project_name"] or row["project_id"]
    currency = reader.reporting_currency
    low, middle, high, plan = (
        facts.money(_money(row[f"{part}_money"]), currency, about=COST)
        for part in ("eac_low", "eac_middle", "eac_high", "baseline_cost")
    )
    return Finding(
        score=SCORE,
        object_type=OBJECT_TYPE,
        object_id=row["project_id"],
        as_of=as_of,
        money_at_risk=money,
        stakes=(Stake(overrun(row["project_id"]), money, is_whole=True),),
        currency=currency,
        title=say(f"margin_erosion.title_{'priced' if row['is_priced'] else 'unpriced'}", project=facts.name(name)),
        action=_action(row),
        expected=say("margin_erosion.expected", plan=plan),
        seen=say("margin_erosion.seen", low=low, middle=middle, high=high),
        reasons=reasons_for(row, shares),
        probability=round(float(row["probability"]), 6),
        facts=_facts(row, low=low, middle=middle, high=high, plan=plan, level=level),
        legal_entity_id=row["legal_entity_id"],
        project_id=row["project_id"],
        account_id=row["account_id"],
        person_id=row["manager_id"],
    )


def _facts(row: Mapping[str, Any], *, low: Fact, middle: Fact, high: Fact, plan: Fact, level: float) -> dict[str, Fact]:
    """The figures a narrative may quote; money in the reporting currency. Unknown ones are left out."""
    money = {"eac_low": low, "eac_middle": middle, "eac_high": high, "approved_cost": plan}
    stated = {**money, "band_level": facts.percent(level)}
    if row["project_name"] is not None:
        stated["project_name"] = facts.name(row["project_name"])
    if row["slip_probability"] is not None:
        stated["slip_probability"] = facts.percent(round(float(row["slip_probability"]), 4))
    return {**stated, **figures_of(row)}


def _action(row: Mapping[str, Any]) -> Statement:
    if row["pending_ids"]:
        return say("margin_erosion.do_waiting")
    if (row["status_age_days"] or 0) > 45:
        return say("margin_erosion.do_report")
    return say("margin_erosion.do_scope" if row["is_fixed_price"] else "margin_erosion.do_review")

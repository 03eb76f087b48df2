"""Margin erosion against its baselines: the earned-value canon, the manager's word, and plain rates."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.framework.metrics import auc, bias, brier, coverage, ece, mape
from models.framework.risk_model import Benchmark, Metric
from models.margin_erosion.chance import calibrated_score
from models.margin_erosion.parameter_file import Parameters
from models.margin_erosion.rows import Array, project_weights, weighted_quantile

MODEL = "model"
# Candidate -> the columns that hold its estimate at completion: the first that is known, else the approved cost.
ESTIMATES = {
    "plan": (),
    "cost_plus_remaining": ("eac_plan",),
    "bac_over_cpi": ("eac_cpi",),
    "bac_over_cpi_spi": ("eac_cpi_spi",),
    "manager_etc": ("eac_manager", "reported_forecast"),
}
# Indices of less progress are noise: the approved cost is the fairer word of a method that goes by them.
BY_INDEX = ("bac_over_cpi", "bac_over_cpi_spi")
MIN_PROGRESS = 0.05
RATES = {"base_rate": None, "practice_rate": "practice"}


def benchmark(train: pl.DataFrame, test: pl.DataFrame, scored: pl.DataFrame, parameters: Parameters) -> Benchmark:
    """Set the model's predictions (``scored``: ``test`` with ``probability``, ``at_risk``, the band and
    ``slip_probability``) beside every baseline's; ``money`` is what findings state, in the plan's currency.

    Each baseline estimate also gets a probability (a logistic fit of its overrun, on ``train``) and a band (its past
    residuals), so that all candidates answer the same questions.
    """
    frame = test.select(
        pl.col("project_id").alias("group"),
        "project_id",
        "observed_at",
        "label",
        "final_cost",
        "slip",
        "quarter_of_life",
    ).with_columns(
        scored["probability"].alias(MODEL),
        scored["eac_middle"].alias(f"{MODEL}_eac"),
        scored["eac_low"].alias(f"{MODEL}_low"),
        scored["eac_high"].alias(f"{MODEL}_high"),
        scored["slip_probability"].alias(f"{MODEL}_slip"),
        scored["at_risk"].alias("money"),
    )
    train, test = (rows.with_columns(_estimates()) for rows in (train, test))
    for name in ESTIMATES:
        frame = frame.with_columns(_estimate(train, test, parameters, name=name, column=f"{name}_estimate"))
    for name, by in RATES.items():
        frame = frame.with_columns(_rate(train, test, parameters, name=name, by=by))
    return Benchmark(
        frame=frame, candidates=(MODEL, *ESTIMATES, *RATES), metrics=_metrics(frame, parameters.estimate.level)
    )


def _estimates() -> list[pl.Expr]:
    """Every baseline's estimate at completion, as ``<candidate>_estimate``: never null."""
    plan = pl.col("baseline_cost")
    ready = pl.col("progress") >= MIN_PROGRESS
    known = {name: pl.coalesce(*columns, plan) for name, columns in ESTIMATES.items()}
    return [
        (pl.when(ready).then(value).otherwise(plan) if name in BY_INDEX else value).alias(f"{name}_estimate")
        for name, value in known.items()
    ]


def _estimate(
    train: pl.DataFrame, test: pl.DataFrame, parameters: Parameters, *, name: str, column: str
) -> list[pl.Series]:
    """One baseline estimate: its value, its band, and the probability its overrun stands for."""
    overrun = (pl.col(column) / pl.col("baseline_cost")).clip(0.05, 20).log()
    learned = train.drop_nulls("label").with_columns(score=overrun)
    score = test.select(overrun.alias("score"))["score"].to_numpy()
    chance = calibrated_score(
        learned["score"].to_numpy(),
        learned["label"].cast(pl.Float64).to_numpy(),
        learned["project_id"].to_numpy(),
        score,
        parameters,
    )
    edge, level = parameters.chance.edge, parameters.estimate.level
    value = test[column].to_numpy()
    return [
        pl.Series(name, np.clip(chance, edge, 1 - edge)),
        pl.Series(f"{name}_eac", value),
        *_band(train, test, level=level, name=name, column=column),
    ]


def _band(train: pl.DataFrame, test: pl.DataFrame, *, level: float, name: str, column: str) -> list[pl.Series]:
    finished = train.filter(pl.col("final_cost") > 0)
    residual = np.log(finished["final_cost"].to_numpy() / finished[column].to_numpy())
    if not len(residual):
        return []
    weights, tail = project_weights(finished["project_id"].to_numpy()), (1 - level) / 2
    ends = {"low": weighted_quantile(residual, weights, tail), "high": weighted_quantile(residual, weights, 1 - tail)}
    return [pl.Series(f"{name}_{end}", test[column].to_numpy() * np.exp(shift)) for end, shift in ends.items()]


def _rate(
    train: pl.DataFrame, test: pl.DataFrame, parameters: Parameters, *, name: str, by: str | None
) -> list[pl.Series]:
    """What happened on average to earlier projects (of the practice): rate of erosion and slip, mean overrun."""
    ratio = (pl.col("final_cost") / pl.col("baseline_cost")).log().clip(-2, 2)
    learned = train.with_columns(overrun=pl.when(pl.col("final_cost") > 0).then(ratio))
    prior = parameters.baselines.prior_projects
    means = {value: _mean_of(learned, test, value=value, by=by, prior=prior) for value in ("label", "slip", "overrun")}
    return [
        pl.Series(name, means["label"]),
        pl.Series(f"{name}_slip", means["slip"]),
        pl.Series(f"{name}_eac", test["baseline_cost"].to_numpy() * np.exp(means["overrun"])),
    ]


def _mean_of(train: pl.DataFrame, test: pl.DataFrame, *, value: str, by: str | None, prior: float) -> Array:
    reader = train.drop_nulls(value).with_columns(weight=1 / pl.len().over("project_id"))
    total = float(reader["weight"].sum())
    overall = float((reader[value] * reader["weight"]).sum()) / total if total else float("nan")
    if by is None:
        return np.full(test.height, overall)
    weight = pl.col("weight")
    shrunk = ((pl.col(value) * weight).sum() + prior * overall) / (weight.sum() + prior)
    groups = reader.group_by(by, maintain_order=True).agg(shrunk.alias("mean"))
    found = test.select(by).join(groups, on=by, how="left", maintain_order="left", nulls_equal=True)
    return found["mean"].fill_null(overall).to_numpy()


def _metrics(frame: pl.DataFrame, level: float) -> dict[str, Metric]:
    """Only what can be measured on these rows: a register without forecast ends has no slips to tell."""
    metrics: dict[str, Metric] = {"brier↓": brier, "auc↑": auc, "ece↓": ece}
    if frame["final_cost"].drop_nulls().len():
        metrics["eac_mape↓"] = _cost(mape)
        for quarter in sorted(frame.filter(pl.col("final_cost").is_not_null())["quarter_of_life"].unique()):
            metrics[f"eac_mape_quarter_{quarter}↓"] = _cost(mape, quarter=quarter)
        band = f"band_{round(100 * level)}"
        metrics |= {
            "eac_abs_bias↓": _cost(_abs_bias),
            f"{band}_miss↓": _cost(_miss(level)),
            f"{band}_width↓": _cost(_width),
        }
    if frame["slip"].drop_nulls().len():
        metrics |= {"slip_auc↑": _slip(auc), "slip_brier↓": _slip(brier)}
    return metrics


def _cost(metric: Metric, *, quarter: int | None = None) -> Metric:
    """The same metric on final cost and estimate, of one quarter of life or all."""

    def measured(frame: pl.DataFrame, candidate: str) -> float:
        rows = frame if quarter is None else frame.filter(pl.col("quarter_of_life") == quarter)
        ends = [pl.col(f"{candidate}{end}") for end in ("_low", "_high") if f"{candidate}{end}" in frame.columns]
        estimate = pl.col(f"{candidate}_eac").alias(candidate)
        return metric(rows.select(pl.col("final_cost").alias("label"), estimate, *ends), candidate)

    return measured


def _slip(metric: Metric) -> Metric:
    def measured(frame: pl.DataFrame, candidate: str) -> float:
        if f"{candidate}_slip" not in frame.columns:
            return float("nan")
        return metric(
            frame.select(pl.col("slip").alias("label"), pl.col(f"{candidate}_slip").alias(candidate)), candidate
        )

    return measured


def _abs_bias(frame: pl.DataFrame, candidate: str) -> float:
    return abs(bias(frame.drop_nulls(), candidate))


def _miss(level: float) -> Metric:
    """How far the band's coverage lies from what it promises."""
    return lambda frame, candidate: abs(coverage()(frame, candidate) - level)


def _width(frame: pl.DataFrame, candidate: str) -> float:
    """Mean width of the band relative to the final cost."""
    if f"{candidate}_low" not in frame.columns:
        return float("nan")
    rows = frame.drop_nulls().filter(pl.col("label") > 0)
    width = (rows[f"{candidate}_high"] - rows[f"{candidate}_low"]) / rows["label"]
    mean = width.mean()
    return float(mean) if isinstance(mean, float) else float("nan")

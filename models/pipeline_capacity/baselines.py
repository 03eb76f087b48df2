"""The pipeline forecast against its baselines: the sellers' word, stage rates, a stage Markov chain, climatology."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.pipeline_capacity.deals import HORIZON_WEEKS
from features.pipeline_capacity.frame import LABEL_WEEKS
from models.framework.metrics import auc, bias, brier, ece
from models.framework.risk_model import Benchmark, Metric
from models.pipeline_capacity.hazard import chance_within, default_pools, event_chances, fit_hazard, start_pools
from models.pipeline_capacity.markov import StageChain, fit_chain, win_chances
from models.pipeline_capacity.parameter_file import Parameters, parameters
from models.pipeline_capacity.simulation import (
    Array,
    Cell,
    FutureDeals,
    asks_of,
    crps,
    demand,
    drawn_future_deals,
    drawn_starts,
    future_deals_of,
)

MODEL, CRM, STAGE, MARKOV, CLIMATE = "model", "crm_weighted", "stage_rates", "stage_markov", "climatology"
CANDIDATES = (MODEL, CRM, STAGE, MARKOV, CLIMATE)
SCORED_HORIZONS = (13, 26)


@dataclass(frozen=True)
class Learned:
    """What each candidate took from the training rows, and the parameters it did so by."""

    parameters: Parameters
    hazard: Mapping[str, str]
    stages: Mapping[str, float]
    overall: float
    base_rate: float
    slip_rate: float
    chain: StageChain
    future_deals: FutureDeals
    past: Mapping[tuple[str, str, int], Array]


def benchmark(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
    """Set model and baselines side by side: chance to be won within 13 weeks, and FTE demand at each horizon.

    Deal rows carry the chance; demand rows the mean of the drawn futures, their score (``<candidate>_crps``) and band.
    """
    learned = _learn(train, seed=seed)
    days = test["observed_at"].unique().sort().to_list()
    parts = [
        _day(test.filter(pl.col("observed_at") == day), learned, seed=seed + index) for index, day in enumerate(days)
    ]
    return Benchmark(
        frame=pl.concat(parts, how="diagonal"),
        candidates=CANDIDATES,
        metrics=_metrics(learned.parameters.simulation.level),
    )


def _learn(train: pl.DataFrame, *, seed: int) -> Learned:
    chosen = parameters()
    deals, prior = train.filter(pl.col("kind") == "deal"), chosen.baselines.prior_deals
    decided = deals.filter(pl.col("outcome").is_in(["won", "lost"])).sort("observed_at", "opportunity_id")
    won = pl.col("outcome") == "won"
    overall = float(decided.select(won.mean()).item() or 0.0)
    shrunk = (won.sum() + prior * overall) / (pl.len() + prior)
    known = train.filter((pl.col("kind") == "demand") & pl.col("label").is_not_null()).sort("observed_at", "row_id")
    by_cell = known.group_by("role", "region", "horizon", maintain_order=True).agg("label")
    return Learned(
        parameters=chosen,
        hazard=fit_hazard(deals, chosen, seed=seed),
        stages=dict(decided.group_by("stage", maintain_order=True).agg(shrunk.alias("rate")).iter_rows()),
        overall=overall,
        base_rate=float(deals["label"].cast(pl.Float64).mean() or 0.0),  # type: ignore[arg-type]
        slip_rate=_slip_rate(deals),
        chain=fit_chain(deals, prior=chosen.baselines.prior_moves),
        future_deals=future_deals_of(train),
        past={(role, region, horizon): np.array(values) for role, region, horizon, values in by_cell.iter_rows()},
    )


def _slip_rate(deals: pl.DataFrame) -> float:
    followed = deals.filter(pl.col("followed_weeks") >= LABEL_WEEKS)
    return float(followed.select((pl.col("slip_week").fill_null(LABEL_WEEKS + 1) <= LABEL_WEEKS).mean()).item() or 0.0)


def _day(rows: pl.DataFrame, learned: Learned, *, seed: int) -> pl.DataFrame:
    deals = rows.filter(pl.col("kind") == "deal").sort("opportunity_id")
    wanted = rows.filter(pl.col("kind") == "demand").sort("role", "region", "horizon")
    chances = _chances(deals, learned)
    won = {name: chance[:, :LABEL_WEEKS].sum(axis=1) for name, chance in chances.items()}
    won[CLIMATE] = np.full(deals.height, learned.base_rate)
    known = deals.select(
        "kind", "row_id", "observed_at", pl.col("opportunity_id").alias("group"), "label", "horizon"
    ).with_columns(pl.Series(name, won[name], dtype=pl.Float64) for name in CANDIDATES)
    known = known.with_columns(_slips(deals, learned))
    return pl.concat([known, _demand_rows(deals, wanted, chances, learned, seed=seed)], how="diagonal")


def _slips(deals: pl.DataFrame, learned: Learned) -> list[pl.Series | pl.Expr]:
    """Whether the close date was pushed within 13 weeks; only model and base rate have a word on that."""
    push = chance_within(event_chances(deals, learned.hazard)["slip"], LABEL_WEEKS)
    pushed = deals.select((pl.col("slip_week").fill_null(LABEL_WEEKS + 1) <= LABEL_WEEKS).cast(pl.Float64)).to_series()
    followed = deals["followed_weeks"].fill_null(0) >= LABEL_WEEKS
    return [
        pl.when(followed).then(pushed).alias("slip"),
        pl.Series(f"{MODEL}_slip", push),
        pl.Series(f"{CLIMATE}_slip", np.full(deals.height, learned.slip_rate)),
    ]


def _chances(deals: pl.DataFrame, learned: Learned) -> dict[str, Array]:
    """Chance per deal and week to be won, by every candidate that looks at deals."""
    seller = deals["seller_probability"].fill_null(learned.overall).to_numpy()
    stage = np.array([learned.stages.get(name, learned.overall) for name in deals["stage"].to_list()])
    return {
        MODEL: event_chances(deals, learned.hazard)["won"],
        CRM: at_expected_close(deals, seller),
        STAGE: at_expected_close(deals, stage),
        MARKOV: win_chances(deals, learned.chain),
    }


def at_expected_close(deals: pl.DataFrame, chance: Array) -> Array:
    """Lay a deal's chance to be won on the week it is expected to close, or the first week when overdue."""
    weeks = deals.select(week=(pl.col("days_to_close").fill_null(30.0 * 3) / 7).ceil())["week"].to_numpy()
    spread = np.zeros((deals.height, HORIZON_WEEKS))
    place = np.clip(weeks, 1, None).astype(np.int64) - 1
    inside = place < HORIZON_WEEKS
    spread[np.flatnonzero(inside), place[inside]] = chance[inside]
    return spread


def _demand_rows(
    deals: pl.DataFrame, wanted: pl.DataFrame, chances: Mapping[str, Array], learned: Learned, *, seed: int
) -> pl.DataFrame:
    frame = wanted.select(
        "kind", "row_id", "observed_at", pl.format("{}:{}", "role", "region").alias("group"), "label", "horizon"
    )
    if not wanted.height:
        return frame
    cells: list[Cell] = sorted(set(wanted.select("role", "region").iter_rows()))
    horizons = sorted(wanted["horizon"].unique().to_list())
    samples = _samples(deals, chances, learned, cells=cells, horizons=horizons, seed=seed)
    samples[CLIMATE] = _climate(wanted, learned, seed=seed)
    truth, tail = wanted["label"].cast(pl.Float64).to_numpy(), (1 - learned.parameters.simulation.level) / 2
    for name, drawn in samples.items():
        columns = {
            name: drawn.mean(axis=0),
            f"{name}_crps": crps(drawn, truth),
            f"{name}_low": np.quantile(drawn, tail, axis=0),
            f"{name}_high": np.quantile(drawn, 1 - tail, axis=0),
        }
        frame = frame.with_columns(pl.Series(key, value).fill_nan(None) for key, value in columns.items())
    return frame


def _samples(
    deals: pl.DataFrame,
    chances: Mapping[str, Array],
    learned: Learned,
    *,
    cells: list[Cell],
    horizons: list[int],
    seed: int,
) -> dict[str, Array]:
    """Drawn demand per candidate: draws x rows (role, region, horizon in order).

    Future deals are added for all but the CRM-weighted pipeline, which by custom knows of none. Only the model has
    learned where starts stray; the others take the deal at its word.
    """
    asks, draws = asks_of(deals, cells), learned.parameters.baselines.draws
    future_deals = drawn_future_deals(learned.future_deals, cells, weeks=horizons, draws=draws, seed=seed)
    drawn = {}
    for name, chance in chances.items():
        pools = start_pools(learned.hazard) if name == MODEL else default_pools(learned.parameters.hazard)
        starts = drawn_starts(deals, chance, pools, draws=draws, seed=seed)
        work = demand(starts, asks, cells=len(cells), weeks=horizons)
        drawn[name] = (work if name == CRM else work + future_deals).reshape(draws, -1)
    return drawn


def _climate(wanted: pl.DataFrame, learned: Learned, *, seed: int) -> Array:
    """Draw each row from what its own cell asked for at the same horizon in the past."""
    random = np.random.default_rng(seed)
    nothing = np.zeros(1)
    pools = [learned.past.get(key, nothing) for key in wanted.select("role", "region", "horizon").iter_rows()]
    return np.stack([random.choice(pool, size=learned.parameters.baselines.draws) for pool in pools], axis=1)


def _metrics(level: float) -> dict[str, Metric]:
    metrics: dict[str, Metric] = {f"crps_{weeks}_weeks↓": _crps_at(weeks) for weeks in SCORED_HORIZONS}
    metrics |= {f"abs_bias_{weeks}_weeks↓": _demand(_abs_bias, weeks) for weeks in SCORED_HORIZONS}
    metrics[f"band_{round(100 * level)}_miss_13_weeks↓"] = _demand(_miss(level), 13)
    return {
        **metrics,
        "win_auc↑": _won(auc),
        "win_brier↓": _won(brier),
        "win_ece↓": _won(ece),
        "slip_auc↑": _slip(auc),
        "slip_brier↓": _slip(brier),
    }


def _crps_at(weeks: int) -> Metric:
    def metric(frame: pl.DataFrame, candidate: str) -> float:
        mean = frame.filter((pl.col("kind") == "demand") & (pl.col("horizon") == weeks))[f"{candidate}_crps"].mean()
        return float(mean) if isinstance(mean, float) else float("nan")

    return metric


def _demand(of: Callable[[pl.DataFrame, str], float], weeks: int) -> Metric:
    def metric(frame: pl.DataFrame, candidate: str) -> float:
        return of(frame.filter((pl.col("kind") == "demand") & (pl.col("horizon") == weeks)), candidate)

    return metric


def _won(of: Metric) -> Metric:
    def metric(frame: pl.DataFrame, candidate: str) -> float:
        return of(frame.filter(pl.col("kind") == "deal"), candidate)

    return metric


def _slip(of: Metric) -> Metric:
    def metric(frame: pl.DataFrame, candidate: str) -> float:
        if f"{candidate}_slip" not in frame.columns:
            return float("nan")
        deals = frame.filter(pl.col("kind") == "deal")
        return of(deals.select(pl.col("slip").alias("label"), pl.col(f"{candidate}_slip").alias(candidate)), candidate)

    return metric


def _abs_bias(frame: pl.DataFrame, candidate: str) -> float:
    return abs(bias(frame, candidate))


def _miss(level: float) -> Metric:
    """How far the band's coverage lies from what it promises, where there was anything to cover.

    Cells that never ask for anything are covered by any band and would flatter all candidates.
    """

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        rows = frame.filter((pl.col("label") > 0) | (pl.col(f"{candidate}_high") > 0))
        inside = pl.col("label").is_between(pl.col(f"{candidate}_low"), pl.col(f"{candidate}_high"))
        share = rows.select(inside.mean()).item()
        return abs(float(share) - level) if share is not None else float("nan")

    return metric

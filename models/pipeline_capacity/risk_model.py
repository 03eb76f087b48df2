"""Pipeline and capacity: where people will be short or idle in the next 26 weeks, and the deals behind it.

A firm with opportunities gets drawn futures of its pipeline against bookings and people. A source with nothing but
months of observed capacity gets a forecast of that capacity. ``NEEDS`` is empty because either will do; with neither,
``findings`` raises InsufficientDataError.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import polars as pl

from features.pipeline_capacity.frame import features, labels
from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.findings import Finding
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from models.framework.artefact import to_json
from models.framework.one_thread import one_thread
from models.framework.risk_model import Artefact, Benchmark
from models.pipeline_capacity import baselines as pipeline_capacity_benchmark
from models.pipeline_capacity import series as pipeline_capacity_series
from models.pipeline_capacity.build_findings import gap_findings
from models.pipeline_capacity.hazard import fit_hazard
from models.pipeline_capacity.outlook import FUTURE_DEALS_FILE, future_deals_text
from models.pipeline_capacity.parameter_file import parameters as parameters
from models.pipeline_capacity.series_findings import series_findings
from models.pipeline_capacity.simulation import future_deals_of

SCORE = "pipeline_capacity"
OBJECT_TYPE = "capacity_gap"
NEEDS: tuple[str, ...] = ()
NEEDS_ANY = ("opportunity", "capacity_series")
USES = (
    "opportunity",
    "opportunity_event",
    "opportunity_role_demand",
    "quote",
    "account",
    "project",
    "person",
    "assignment",
    "staffing_request",
    "leave",
    "holiday",
    "rate_card",
    "cost_rate",
    "currency_rate",
    "capacity_series",
)

MONDAY = datetime(2001, 1, 1, tzinfo=UTC)


def observation_times(reader: PointInTimeReader, *, until: datetime) -> list[datetime]:
    """Return the Mondays at which past pipelines (every fourth) or past series (every thirteenth) are looked at.

    At most 40 moments; over a longer past of deals the steps grow, of series the oldest are left out (``examples``).
    """
    chosen = parameters().examples
    is_series = not reader.has("opportunity")
    entity = "capacity_series" if is_series else "opportunity"
    first = reader.history(entity, as_of=until).select(pl.col("known_at").min()).collect().item()
    if first is None:
        return []
    warm_up = timedelta(days=chosen.series_warm_up_days if is_series else chosen.deal_warm_up_days)
    start = max(first.replace(tzinfo=UTC) + warm_up, MONDAY)
    if is_series:
        start = max(start, until - timedelta(days=365 * chosen.series_years))
    base = chosen.series_step_weeks if is_series else chosen.deal_step_weeks
    factor = math.ceil((until - start) / timedelta(weeks=base) / chosen.max_times)
    step = timedelta(weeks=base * max(factor, 1))
    moment = MONDAY + math.ceil((start - MONDAY) / step) * step
    times = []
    while moment <= until:
        times.append(moment)
        moment += step
    return times


def examples(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return the rows seen at ``observed_at`` with what became of them, as known by ``as_of``.

    Grain: ``kind`` and ``row_id``. ``group`` is the deal, or the role and region.
    """
    outcome = labels(reader, observed_at=observed_at, as_of=as_of)
    cell = pl.format("{}:{}", "role", "region")
    return (
        features(reader, as_of=observed_at)
        .join(outcome, on=["kind", "row_id"], how="left", maintain_order="left")
        .with_columns(group=pl.coalesce("opportunity_id", cell), observed_at=pl.lit(naive(observed_at)))
    )


def fit(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Train the hazard of deals and remember what unheard-of deals brought; or the forecast of series.

    Raises:
        InsufficientDataError: too few decided deals, or too few months.
    """
    if _is_series(examples):
        return pipeline_capacity_series.fit(examples, parameters())
    deals = examples.filter(pl.col("kind") == "deal")
    return {
        **fit_hazard(deals, parameters(), seed=seed),
        FUTURE_DEALS_FILE: to_json(future_deals_text(future_deals_of(examples))),
    }


def benchmark(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
    """Set model and baselines side by side on held-out time."""
    if _is_series(train):
        return pipeline_capacity_series.benchmark(train, test)
    with one_thread():
        return pipeline_capacity_benchmark.benchmark(train, test, seed=seed)


def findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Return gaps of people by role and region, highest expected loss first.

    Raises:
        InsufficientDataError: neither opportunities nor a capacity series is known at ``as_of``.
    """
    if _any(reader, "opportunity", as_of=as_of):
        with one_thread():
            return gap_findings(reader, as_of=as_of, artefact=artefact)
    if _any(reader, "capacity_series", as_of=as_of):
        return series_findings(reader, as_of=as_of, artefact=artefact)
    raise InsufficientDataError(
        "No pipeline and no capacity series at this as-of.",
        where=SCORE,
        expected="rows of opportunity, or of capacity_series, known by the as-of",
        found=f"none by {naive(as_of):%Y-%m-%d}",
        next_step="land one of the two, or choose a later --as-of",
    )


def _any(reader: PointInTimeReader, entity: str, *, as_of: datetime) -> bool:
    return bool(reader.has(entity) and reader.core(entity, as_of=as_of).select(pl.len()).collect().item())


def _is_series(examples: pl.DataFrame) -> bool:
    return not examples.filter(pl.col("kind") != "series").height and examples.height > 0

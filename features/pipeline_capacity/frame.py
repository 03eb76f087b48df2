"""Pipeline and capacity: the deals in play, the roles they ask for, and months of observed capacity.

Three kinds of rows share one frame, distinguished by ``kind``: ``deal`` (an open opportunity), ``demand`` (role x
region x horizon, the work that wins will bring) and ``series`` (role x region x month ahead, for a source without a
pipeline).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from features.pipeline_capacity.deals import DEAL_FEATURES, deal_outcomes, open_deals
from features.pipeline_capacity.demand import HORIZONS, cells, realised_demand, role_demand
from features.pipeline_capacity.series import SERIES_FEATURES, series_features, series_labels
from leadline.warehouse.point_in_time import PointInTimeReader

FEATURES = (*DEAL_FEATURES, *SERIES_FEATURES)
LABEL_WEEKS = 13

# One column type for every kind of row, so that frames of any days can be put under each other.
SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "row_id": pl.String(),
    "opportunity_id": pl.String(),
    "account_id": pl.String(),
    "name": pl.String(),
    "stage": pl.String(),
    "practice": pl.String(),
    "legal_entity_id": pl.String(),
    "owner_id": pl.String(),
    "role": pl.String(),
    "region": pl.String(),
    "horizon": pl.Int64(),
    "expected_close_date": pl.Date(),
    "expected_start_date": pl.Date(),
    "amount_reporting": pl.Float64(),
    "last_period": pl.Date(),
    "target_period": pl.Date(),
    "month_ahead": pl.Int64(),
    "last_value": pl.Float64(),
    "year_before": pl.Float64(),
    "unit": pl.String(),
    "demand": pl.List(
        pl.Struct(
            {
                "role": pl.String(),
                "region": pl.String(),
                "fte": pl.Float64(),
                "offset_weeks": pl.Int64(),
                "weeks": pl.Int64(),
                "is_assumed": pl.Boolean(),
            }
        )
    ),
    **{name: pl.Float64() for name in FEATURES},
}
LABELS: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "row_id": pl.String(),
    "label": pl.Float64(),
    "future_deals": pl.Float64(),
    "outcome": pl.String(),
    "outcome_week": pl.Int64(),
    "decided_on": pl.Date(),
    "slip_week": pl.Int64(),
    "followed_weeks": pl.Int64(),
    "started_on": pl.Date(),
}


def features(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return open deals with the roles they ask for, the cells of demand, or the state of every capacity series.

    Grain: ``kind`` and ``row_id``. With opportunities there are deals and demand, without them the series. Money is in
    the reporting currency at the rate of ``as_of``. As of: only rows known by ``as_of``.
    """
    if not reader.has("opportunity"):
        return _shape(_series(reader, as_of=as_of), SCHEMA)
    demand = role_demand(reader, as_of=as_of)
    fields = ("role", "region", "fte", "offset_weeks", "weeks", "is_assumed")
    wanted = demand.group_by("opportunity_id", maintain_order=True).agg(demand=pl.struct(fields))
    deals = open_deals(reader, as_of=as_of).join(wanted, on="opportunity_id", how="left")
    deals = deals.with_columns(kind=pl.lit("deal"), row_id="opportunity_id")
    grid = cells(reader, as_of=as_of).join(pl.DataFrame({"horizon": HORIZONS}), how="cross")
    return pl.concat([_shape(deals, SCHEMA), _shape(_keyed(grid), SCHEMA)])


def labels(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return what became of the rows of ``features`` at ``observed_at``, as known by ``as_of``.

    ``label``: for a deal 1 if it was won within 13 weeks (null until they have passed, whatever its fate, so that quick
    decisions are not over-counted); for demand the FTE at work at the horizon; for a series the capacity observed.
    """
    if not reader.has("opportunity"):
        frame = series_labels(reader, _series(reader, as_of=observed_at), as_of=as_of)
        return _shape(frame, LABELS)
    outcomes = deal_outcomes(reader, observed_at=observed_at, as_of=as_of)
    deals = open_deals(reader, as_of=observed_at).select("opportunity_id").join(outcomes, on="opportunity_id")
    won = (pl.col("outcome") == "won") & (pl.col("outcome_week") <= LABEL_WEEKS)
    deals = deals.with_columns(
        kind=pl.lit("deal"),
        row_id="opportunity_id",
        label=pl.when(pl.col("followed_weeks") >= LABEL_WEEKS).then(won.fill_null(False).cast(pl.Float64)),
    )
    demand = realised_demand(reader, observed_at=observed_at, as_of=as_of)
    return pl.concat([_shape(deals.sort("opportunity_id"), LABELS), _shape(_keyed(demand), LABELS)])


def _series(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    frame = series_features(reader, as_of=as_of)
    if "month_ahead" not in frame.columns:
        return frame.clear()
    key = pl.format("{}:{}:{}", "role", "region", "month_ahead")
    return frame.with_columns(kind=pl.lit("series"), row_id=key)


def _keyed(grid: pl.DataFrame) -> pl.DataFrame:
    return grid.with_columns(kind=pl.lit("demand"), row_id=pl.format("{}:{}:{}", "role", "region", "horizon"))


def _shape(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Give a frame exactly the columns of ``schema``; what it lacks is null."""
    here = set(frame.columns)
    columns = [
        pl.col(name).cast(kind) if name in here else pl.lit(None, kind).alias(name) for name, kind in schema.items()
    ]
    return frame.select(columns)

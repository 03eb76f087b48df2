"""The staffing desk at one moment: open requests with what they bill, and everybody who could fill one, scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl

from features.rates import to_reporting, with_bill_rate
from features.staffing_match.frame import features, open_requests
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Artefact
from models.staffing_match.suitability import chance, suitability

CENT = Decimal("0.01")
# What a pair of the desk is worth to a plan.
VALUE = "value"


@dataclass(frozen=True)
class Desk:
    """What plans are made of.

    Attributes:
        requests: the open requests, a row each, with ``open_hours`` still to come, and the ``money`` they bill in
            ``money_currency`` (the reporting currency; the rate's own where no exchange rate is known; null where no
            billing rate is).
        pairs: request_id × person_id of all who pass the hard filters, with the features, ``suitability`` (higher is
            better within a request), ``chance`` (accepted and delivers well) and ``value``: chance × share of the
            hours free × money.
    """

    requests: pl.DataFrame
    pairs: pl.DataFrame


def desk(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> Desk:
    """Return the desk as known at ``as_of``; without an artefact the hand weights score."""
    requests = _with_money(open_requests(reader, as_of=as_of), reader, as_of=as_of)
    pairs = features(reader, as_of=as_of)
    scored = pairs.with_columns(
        pl.Series("suitability", suitability(pairs, artefact), dtype=pl.Float64),
        pl.Series("chance", chance(pairs, artefact), dtype=pl.Float64),
    ).join(requests.select("request_id", "money"), on="request_id")
    # Where no rate is known, hours stand in for money, so that the plan still knows large from small.
    worth = pl.coalesce(pl.col("money").cast(pl.Float64), pl.col("asked_hours") * pl.col("weeks"))
    return Desk(requests, scored.with_columns((pl.col("chance") * pl.col("availability") * worth).alias(VALUE)))


def ranked(pairs: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return each request's candidates, best first, by what proposing them is worth."""
    ordered = pairs.sort("request_id", VALUE, "person_id", descending=[False, True, False])
    groups = ordered.partition_by("request_id", as_dict=True, maintain_order=True)
    return {str(request_id): group.to_dicts() for (request_id,), group in groups.items()}


def _with_money(requests: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Add what every request bills if it is filled: hours still to come times the role's rate."""
    keyed = requests.with_columns(role=pl.col("asked_role"), person_id=pl.lit(None, dtype=pl.String))
    priced = with_bill_rate(keyed, reader=reader, as_of=as_of, on="begins")
    hours = (pl.col("asked_hours") * pl.col("weeks")).round(2)
    total = priced.with_columns(own_money=_product(priced.with_columns(open_hours=hours)), open_hours=hours)
    reported = to_reporting(
        total, reader=reader, as_of=as_of, amount="own_money", currency="bill_currency", on="begins", alias="_reported"
    )
    unconverted = pl.col("_reported").is_null() & pl.col("own_money").is_not_null()
    return reported.with_columns(
        money=pl.coalesce("_reported", "own_money"),
        money_currency=pl.when(unconverted).then("bill_currency").otherwise(pl.lit(reader.reporting_currency)),
    ).drop("role", "person_id")


def _product(rows: pl.DataFrame) -> pl.Series:
    """Hours times rate as Decimal cents."""
    values = [
        None if rate is None else (Decimal(repr(hours)) * rate).quantize(CENT, ROUND_HALF_UP)
        for hours, rate in rows.select("open_hours", "bill_rate").iter_rows()
    ]
    return pl.Series("own_money", values, dtype=pl.Decimal(18, 2))

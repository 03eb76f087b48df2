"""The staffing desk at one moment: open requests with what they bill, and everybody who could fill one, scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl

from features.rates import MONEY, hourly_rates, rate_of, to_reporting, with_bill_rate
from features.staffing_match.fill import with_unfilled_chance
from features.staffing_match.frame import features, open_requests
from leadline.kernel.money import cents
from leadline.warehouse.money import products
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Artefact
from models.staffing_match.suitability import chance, suitability

# What a pair of the desk is worth to a plan.
VALUE = "value"


@dataclass(frozen=True)
class Desk:
    """What plans are made of.

    Attributes:
        requests: the open requests, a row each, with ``open_hours`` still to come, ``lost_hours`` until the role could
            be filled otherwise, ``unfilled_chance`` (of each of these hours, if no one acts), and the ``money`` they
            contribute in ``money_currency``: price less the role's average cost, not negative, in the reporting
            currency; the price in its own currency where no exchange rate is known; null where no billing rate is.
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
    # Where no money is known or left, hours stand in for it, so that the plan still knows large from small.
    worth = (
        pl.when(pl.col("money") > 0).then("money").cast(pl.Float64).fill_null(pl.col("asked_hours") * pl.col("weeks"))
    )
    return Desk(requests, scored.with_columns((pl.col("chance") * pl.col("availability") * worth).alias(VALUE)))


def ranked(pairs: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return each request's candidates, best first, by what proposing them is worth."""
    ordered = pairs.sort("request_id", VALUE, "person_id", descending=[False, True, False])
    groups = ordered.partition_by("request_id", as_dict=True, maintain_order=True)
    return {str(request_id): group.to_dicts() for (request_id,), group in groups.items()}


def _with_money(requests: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Add what every request contributes until it could be filled otherwise, and how likely it stays open so long."""
    rows = with_unfilled_chance(requests, reader, as_of=as_of).with_columns(
        role=pl.col("asked_role"),
        person_id=pl.lit(None, dtype=pl.String),
        open_hours=(pl.col("asked_hours") * pl.col("weeks")).round(2),
        lost_hours=(pl.col("asked_hours") * pl.col("lost_weeks")).round(2),
    )
    priced = with_bill_rate(rows, reader=reader, as_of=as_of, on="begins")
    billed = products(priced["lost_hours"].cast(MONEY), priced["bill_rate"])
    total = priced.with_columns(billed.alias("own_money"))
    reported = to_reporting(
        total, reader=reader, as_of=as_of, amount="own_money", currency="bill_currency", on="begins", alias="_reported"
    )
    unconverted = pl.col("_reported").is_null() & pl.col("own_money").is_not_null()
    return (
        reported.with_columns(
            pl.Series("_left", _left(reported, reader, as_of=as_of), dtype=pl.Decimal(18, 2)),
            money_currency=pl.when(unconverted).then("bill_currency").otherwise(pl.lit(reader.reporting_currency)),
        )
        .with_columns(money=pl.coalesce("_left", "own_money"))
        .drop("role", "person_id", "_left")
    )


def _left(rows: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> list[Decimal | None]:
    """Billed money in the reporting currency less the cost of the hours at the role's average cost rate."""
    rates = hourly_rates(reader, as_of=as_of)
    cost = {role: rate_of(rates, role, kind="cost_rate") or 0.0 for role in rows["asked_role"].unique()}
    return [
        None if billed is None else max(cents(billed - cents(hours * cost[role])), Decimal("0.00"))
        for billed, hours, role in rows.select("_reported", "lost_hours", "asked_role").iter_rows()
    ]

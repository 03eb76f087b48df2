"""Capacity series as findings: where a year's forecast leaves today's level behind, beyond its own error."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from features.pipeline_capacity.frame import features
from features.pipeline_capacity.series import MONTHS
from features.pipeline_capacity.supply import FULL_WEEK_HOURS, hourly_rates
from leadline.kernel.findings import Band, Finding, Reason, Record
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Artefact
from models.pipeline_capacity.parameter_file import Parameters, parameters
from models.pipeline_capacity.series import predict

SCORE, OBJECT_TYPE = "pipeline_capacity", "capacity_gap"
WEEKS_A_YEAR = 52


def series_findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Return the series whose same month next year lies, band and all, above or below today's level.

    Comparing the same month of both years keeps the season out. Band: the change, in the unit of the series. Money: a
    year's hours of the change at the average bill or cost rate in the reporting currency; nought without rates.
    """
    chosen = parameters() if artefact is None else Parameters.trained_with(artefact)
    rows = features(reader, as_of=as_of).filter(pl.col("month_ahead") == MONTHS)
    told = predict(rows, artefact)
    beyond = (pl.col("low") > pl.col("last_value")) | (pl.col("high") < pl.col("last_value"))
    rates = hourly_rates(reader, as_of=as_of).filter(pl.col("role").is_null())
    moved = told.filter(beyond).with_columns(share=(pl.col("middle") / pl.col("last_value") - 1).abs())
    ordered = moved.sort("share", "row_id", descending=[True, False])
    level = chosen.simulation.level
    return [_finding(row, rates, reader, as_of=as_of, level=level) for row in ordered.to_dicts()]


def _finding(
    row: dict[str, Any], rates: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime, level: float
) -> Finding:
    now, unit = row["last_value"], row["unit"] or "headcount"
    grows = row["middle"] > now
    low, middle, high = (round(row[name] - now, 3) for name in ("low", "middle", "high"))
    word = "growth" if grows else "decline"
    monday = row["target_period"] - timedelta(days=row["target_period"].weekday())
    return Finding(
        score=SCORE,
        object_type=OBJECT_TYPE,
        object_id=f"{row['role']}:{row['region']}:{monday.isoformat()}",
        as_of=as_of,
        money_at_risk=_money(rates, abs(middle), is_growth=grows),
        currency=reader.reporting_currency,
        title=f"{row['role']} in {row['region']}: {word} of {abs(middle):,.1f} {unit} by {row['target_period']:%Y-%m}",
        action=_action(row, grows),
        expected=f"{now:,.1f} {unit}, as in {row['last_period']:%Y-%m}",
        seen=f"{row['middle']:,.1f} {unit}, four times in five between {row['low']:,.1f} and {row['high']:,.1f}",
        reasons=_reasons(row),
        band=Band(low, middle, high, unit, level),
        facts=_facts(row, word),
    )


def _facts(row: dict[str, Any], direction: str) -> dict[str, str | int | float | Decimal]:
    told: dict[str, str | int | float | Decimal] = {
        "series": row["role"],
        "direction": direction,
        "present_month": row["last_period"].isoformat(),
        "forecast_month": row["target_period"].isoformat(),
        "present_level": round(row["last_value"], 4),
    }
    figures = {"forecast": "middle", "forecast_low": "low", "forecast_high": "high"}
    figures |= {"growth_of_a_year": "growth_12", "growth_of_five_years": "growth_60"}
    return told | {name: round(row[column], 4) for name, column in figures.items() if row[column] is not None}


def _money(rates: pl.DataFrame, size: float, *, is_growth: bool) -> Decimal:
    column = "bill_rate" if is_growth else "cost_rate"
    told = rates.drop_nulls(column) if column in rates.columns else rates.clear()
    rate = float(told[column][0]) if told.height else 0.0
    return Decimal(repr(round(size * FULL_WEEK_HOURS * WEEKS_A_YEAR * rate, 6))).quantize(Decimal("0.01"))


def _reasons(row: dict[str, Any]) -> tuple[Reason, ...]:
    key = f"{row['role']}|{row['region']}|{row['last_period'].isoformat()}"
    record = Record("capacity_series", key, "capacity", f"{row['last_value']:g}")
    past = row["growth_12"] or 0.0
    told = [Reason("growth_of_the_past_year", f"The past twelve months moved it by {past:+.1%}.", abs(past), (record,))]
    if row["growth_60"] is not None:
        text = f"Over five years it moved by {row['growth_60']:+.1%} a year."
        told.append(Reason("growth_of_five_years", text, abs(row["growth_60"]), (record,)))
    return tuple(sorted(told, key=lambda reason: (-reason.weight, reason.code)))


def _action(row: dict[str, Any], grows: bool) -> str:
    if grows:
        return f"Plan hiring and training for {row['role']} ahead of the market: competition for people will rise."
    return f"Expect easier hiring and softer demand for {row['role']}; hold new permanent commitments."

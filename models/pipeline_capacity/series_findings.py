"""Capacity series as findings: where a year's forecast leaves today's level behind, beyond its own error."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from features.pipeline_capacity.frame import features
from features.pipeline_capacity.series import MONTHS
from features.pipeline_capacity.supply import FULL_WEEK_HOURS, hourly_rates
from leadline.kernel import facts
from leadline.kernel.facts import Fact
from leadline.kernel.findings import Band, Finding, Reason, Record
from leadline.kernel.statements import Statement, say
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
        title=_say(
            f"series_title_{word}",
            role=facts.name(row["role"]),
            region=facts.name(row["region"]),
            size=_level(abs(middle), unit),
            month=facts.month(row["target_period"]),
        ),
        action=_say("series_do_growth" if grows else "series_do_decline", role=facts.name(row["role"])),
        expected=_say("series_expected", now=_level(now, unit), month=facts.month(row["last_period"])),
        seen=_say("series_seen", **{name: _level(row[name], unit) for name in ("middle", "low", "high")}),
        reasons=_reasons(row),
        band=Band(low, middle, high, unit, level),
        facts=_facts(row, word),
    )


def _facts(row: dict[str, Any], direction: str) -> dict[str, Fact]:
    stated = {
        "series": facts.name(row["role"]),
        "direction": facts.term(direction),
        "present_month": facts.month(row["last_period"]),
        "forecast_month": facts.month(row["target_period"]),
        "present_level": facts.number(round(row["last_value"], 4)),
    }
    levels = {"forecast": "middle", "forecast_low": "low", "forecast_high": "high"}
    stated |= {name: facts.number(round(row[of], 4)) for name, of in levels.items() if row[of] is not None}
    growths = {"growth_of_a_year": "growth_12", "growth_of_five_years": "growth_60"}
    return stated | {name: facts.change(round(row[of], 4)) for name, of in growths.items() if row[of] is not None}


def _money(rates: pl.DataFrame, size: float, *, is_growth: bool) -> Decimal:
    column = "bill_rate" if is_growth else "cost_rate"
    told = rates.drop_nulls(column) if column in rates.columns else rates.clear()
    rate = float(told[column][0]) if told.height else 0.0
    return Decimal(repr(round(size * FULL_WEEK_HOURS * WEEKS_A_YEAR * rate, 6))).quantize(Decimal("0.01"))


def _reasons(row: dict[str, Any]) -> tuple[Reason, ...]:
    key = f"{row['role']}|{row['region']}|{row['last_period'].isoformat()}"
    record = Record("capacity_series", key, "capacity")
    past = row["growth_12"] or 0.0
    found = [Reason("growth_of_the_past_year", _moved("series_past_year", past), abs(past), (record,))]
    if row["growth_60"] is not None:
        five = _moved("series_five_years", row["growth_60"])
        found.append(Reason("growth_of_five_years", five, abs(row["growth_60"]), (record,)))
    return tuple(sorted(found, key=lambda reason: (-reason.weight, reason.code)))


def _moved(template: str, growth: float) -> Statement:
    return _say(template, moved=facts.change(growth))


def _level(value: float, unit: str) -> Fact:
    return facts.number(value, unit, digits=1)


def _say(name: str, **filled: Fact) -> Statement:
    return say(f"pipeline_capacity.{name}", **filled)

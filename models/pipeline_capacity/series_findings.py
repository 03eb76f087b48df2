"""Capacity series as findings: where a year's forecast leaves today's level behind, beyond its own error."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from statistics import NormalDist
from typing import Any

import polars as pl

from features.pipeline_capacity.frame import features
from features.pipeline_capacity.series import MONTHS
from features.pipeline_capacity.supply import FULL_WEEK_HOURS
from features.rates import hourly_rates, rate_of
from leadline.kernel import facts
from leadline.kernel.facts import Fact
from leadline.kernel.findings import Band, Finding, Reason, Record
from leadline.kernel.money import cents
from leadline.kernel.statements import Statement, say
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Artefact
from models.pipeline_capacity.parameter_file import Parameters, parameters
from models.pipeline_capacity.series import predict

SCORE, OBJECT_TYPE = "pipeline_capacity", "capacity_gap"
WEEKS_A_YEAR = 52
# No forecast of a year is surer than this.
SUREST = 0.995


def series_findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Return the series whose same month next year lies, band and all, above or below today's level.

    Comparing the same month of both years keeps the season out. Band: the change, in the unit of the series.
    Probability: that it moves that way at all. Money: a year's hours of the change at what an hour leaves on average
    (growth) or costs (decline), in the reporting currency; nought, and said to be without a price, without rates.
    """
    chosen = parameters() if artefact is None else Parameters.trained_with(artefact)
    rows = features(reader, as_of=as_of).filter(pl.col("month_ahead") == MONTHS)
    predicted = predict(rows, artefact)
    beyond = (pl.col("low") > pl.col("last_value")) | (pl.col("high") < pl.col("last_value"))
    rates = hourly_rates(reader, as_of=as_of).filter(pl.col("role").is_null())
    moved = predicted.filter(beyond).with_columns(share=(pl.col("middle") / pl.col("last_value") - 1).abs())
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
    money = _money(rates, abs(middle), is_growth=grows)
    monday = row["target_period"] - timedelta(days=row["target_period"].weekday())
    return Finding(
        score=SCORE,
        object_type=OBJECT_TYPE,
        object_id=f"{row['role']}:{row['region']}:{monday.isoformat()}",
        as_of=as_of,
        money_at_risk=money or Decimal("0.00"),
        is_priced=money is not None,
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
        probability=round(_chance(row, level), 6),
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


def _money(rates: pl.DataFrame, size: float, *, is_growth: bool) -> Decimal | None:
    """Return what a year's hours of the change leave (growth) or cost (decline); None where no rate is known."""
    rate = rate_of(rates, None, kind="contribution_rate" if is_growth else "cost_rate")
    return None if rate is None else cents(size * FULL_WEEK_HOURS * WEEKS_A_YEAR * rate)


def _chance(row: dict[str, Any], level: float) -> float:
    """Return the chance that the series moves that way at all, as if the near half of its band were a normal one's."""
    near = row["low"] if row["middle"] > row["last_value"] else row["high"]
    spread = abs(row["middle"] - near) / NormalDist().inv_cdf((1 + level) / 2)
    return min(NormalDist().cdf(abs(row["middle"] - row["last_value"]) / max(spread, 1e-9)), SUREST)


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

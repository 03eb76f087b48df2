"""Gaps of people as findings: how many, when, what it costs, which deals are behind it, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np
import polars as pl

from features.pipeline_capacity.supply import FULL_WEEK_HOURS, attrition
from features.rates import hourly_rates, rate_of
from leadline.kernel import facts
from leadline.kernel.facts import Fact
from leadline.kernel.findings import Band, Finding, Reason, Record, computed
from leadline.kernel.money import cents
from leadline.kernel.stakes import Stake, gap
from leadline.kernel.statements import Statement, say
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Artefact
from models.pipeline_capacity.outlook import Outlook, Span, outlook, share_by_deal, spans

SCORE, OBJECT_TYPE = "pipeline_capacity", "capacity_gap"
UNIT = "FTE"
MOST_RECORDS = 5
WEEKS_A_YEAR = 52
SPOKEN_OF = 0.05  # less is nought when rounded to the tenth


def gap_findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Return shortages and benches by role and region, most expensive first.

    Band: size of the gap in full-time equivalents, averaged over the span. Probability: that it comes to a gap, by the
    drawn futures. Money, if it does, in the reporting currency: a shortage's hours at what an hour of the role leaves
    (contribution lost); a bench's hours at the role's cost rate, as far as gaps of the role in other regions could take
    them (wages that a redeployment would save). Nought, and said to be without a price, where no rate is known.
    """
    view = outlook(reader, as_of=as_of, artefact=artefact)
    rates = hourly_rates(reader, as_of=as_of)
    leavers = attrition(reader, as_of=as_of)
    people = _people_by_cell(reader, as_of=as_of)
    found = [_finding(view, span, rates, leavers, people, reader, as_of=as_of) for span in spans(view)]
    return sorted(found, key=lambda finding: (-finding.expected_loss, finding.object_id))


def _finding(
    view: Outlook,
    span: Span,
    rates: pl.DataFrame,
    leavers: float,
    people: Mapping[tuple[str, str], list[str]],
    reader: PointInTimeReader,
    *,
    as_of: datetime,
) -> Finding:
    role, region = view.cells[span.cell]
    weeks, start = span.last - span.first + 1, view.weeks[span.first]
    by_week = _money_by_week(span, rates, role)
    parts = _parts(view, span)
    deals = share_by_deal(view, span)
    kind = "shortage" if span.is_shortage else "bench"
    place = {"role": facts.name(role), "region": facts.name(region)}
    need = parts["booked"] + parts["requested"] + parts["pipeline"] + parts["unheard_of"]
    return Finding(
        score=SCORE,
        object_type=OBJECT_TYPE,
        object_id=f"{role}:{region}:{start.isoformat()}",
        as_of=as_of,
        money_at_risk=sum(by_week, Decimal("0.00")),
        is_priced=bool(by_week),
        stakes=_stakes(view, span, by_week),
        currency=reader.reporting_currency,
        title=_say(
            f"title_{kind}", **place, size=_fte(span.middle), weeks=facts.number(weeks, "weeks"), start=facts.day(start)
        ),
        action=_action(view, span, deals),
        expected=_say("expected", **place, supply=_fte(parts["supply"])),
        seen=_say("seen", need=_fte(need), low=_fte(span.low), high=_fte(span.high)),
        reasons=_reasons(view, span, parts, deals, leavers, people.get((role, region), [])),
        probability=round(span.chance, 6),
        band=Band(round(span.low, 3), round(span.middle, 3), round(span.high, 3), UNIT, view.simulation.level),
        facts={
            "direction": facts.term(kind),
            "weeks": facts.number(weeks, "weeks"),
            "weeks_ahead": facts.number(span.first + 1, "weeks"),
            "deals": facts.number(len(deals), "deals"),
            "demand": facts.number(round(need, 4), UNIT),
            "leavers_a_year": facts.percent(round(_yearly(leavers), 4)),
            **{name: facts.number(round(value, 4), UNIT) for name, value in parts.items()},
            **({} if span.is_shortage else {"placeable": facts.number(round(_placeable(span), 4), UNIT)}),
        },
    )


def _parts(view: Outlook, span: Span) -> dict[str, float]:
    """What the gap is made of: means over the span's weeks, in full-time equivalents."""
    here = (span.cell, slice(span.first, span.last + 1))
    drawn = (slice(None), *here)
    return {
        "supply": float(view.supply[here].mean()),
        "booked": float((view.hard[here] + view.simulation.soft_weight * view.soft[here]).mean()),
        "requested": float(view.requested[here].mean()),
        "pipeline": float(view.pipeline[drawn].mean()),
        "unheard_of": float(view.future_deals[drawn].mean()),
    }


def _money_by_week(span: Span, rates: pl.DataFrame, role: str) -> list[Decimal]:
    """Return what the gap costs in each of its weeks if it comes to it; nothing where no rate is known."""
    rate = rate_of(rates, role, kind="contribution_rate" if span.is_shortage else "cost_rate")
    if rate is None:
        return []
    return [cents(FULL_WEEK_HOURS * rate * fte * share) for fte, share in zip(span.by_week, span.to_place, strict=True)]


def _stakes(view: Outlook, span: Span, by_week: Sequence[Decimal]) -> tuple[Stake, ...]:
    """Return a shortage's money week by week: the open roles of the week are parts of it."""
    if not span.is_shortage:
        return ()
    weeks = view.weeks[span.first : span.first + len(by_week)]
    return tuple(
        Stake(gap(*view.cells[span.cell], week), money, is_whole=True)
        for week, money in zip(weeks, by_week, strict=True)
        if money > 0
    )


def _placeable(span: Span) -> float:
    """Full-time equivalents of a bench that gaps elsewhere could take, averaged over its weeks."""
    return float(np.mean(np.multiply(span.by_week, span.to_place)))


def _people_by_cell(reader: PointInTimeReader, *, as_of: datetime) -> dict[tuple[str, str], list[str]]:
    rows = reader.core("person", as_of=as_of).filter(pl.col("status").fill_null("active") != "left").collect()
    grouped = rows.sort("person_id").group_by("role", "region", maintain_order=True).agg("person_id")
    return {(role, region): people for role, region, people in grouped.iter_rows()}


def _reasons(
    view: Outlook,
    span: Span,
    parts: Mapping[str, float],
    deals: list[tuple[int, float]],
    leavers: float,
    people: list[str],
) -> tuple[Reason, ...]:
    reasons = [
        _deal_reason(view, deals, parts),
        _booking_reason(view, span, parts),
        _supply_reason(parts, leavers, people),
    ]
    return tuple(sorted((reason for reason in reasons if reason), key=lambda reason: (-reason.weight, reason.code)))


def _deal_reason(view: Outlook, deals: list[tuple[int, float]], parts: Mapping[str, float]) -> Reason | None:
    if not deals:
        return None
    ids = view.deals["opportunity_id"].to_list()
    records = [one for deal, fte in deals[:MOST_RECORDS] for one in _outlook_of(view, ids[deal], deal, fte)]
    said = {"count": facts.number(len(deals)), "pipeline": _fte(parts["pipeline"])}
    if parts["unheard_of"] >= SPOKEN_OF:
        statement = _say("deals_more", **said, unknown=_fte(parts["unheard_of"]))
    else:
        statement = _say("deals", **said)
    return Reason("deals_in_play", statement, weight=round(parts["pipeline"], 3), records=tuple(records))


def _outlook_of(view: Outlook, key: str, deal: int, fte: float) -> list[Record]:
    """Return what is expected of a deal: people, the chance to win it and, where known, that it is pushed."""
    found = {
        "expected_fte": facts.number(fte, UNIT, digits=2),
        "win_chance": facts.percent(round(float(view.chance[deal]), 4)),
    }
    if not np.isnan(view.push[deal]):
        found["push_chance"] = facts.percent(round(float(view.push[deal]), 4))
    return [computed("opportunity", key, label, value) for label, value in found.items()]


def _booking_reason(view: Outlook, span: Span, parts: Mapping[str, float]) -> Reason | None:
    role, region = view.cells[span.cell]
    start, end = view.weeks[span.first], view.weeks[span.last]
    here = view.placed.filter((pl.col("role") == role) & (pl.col("region") == region))
    # A shortage stands on the work of those weeks, a bench on the bookings that end before.
    inside = (pl.col("start_date") <= end) & (pl.col("end_date") >= start)
    chosen = here.filter(inside if span.is_shortage else pl.col("end_date") <= end)
    if not chosen.height and not parts["booked"]:
        return None
    rows = chosen.sort("fte", "row_id", descending=[True, False]).head(MOST_RECORDS)
    records = tuple(
        Record("staffing_request" if kind == "requested" else "assignment", key, "end_date")
        for key, kind in rows.select("row_id", "kind").iter_rows()
    )
    if parts["requested"] >= SPOKEN_OF:
        statement = _say("bookings_open", booked=_fte(parts["booked"]), requested=_fte(parts["requested"]))
    else:
        statement = _say("bookings", booked=_fte(parts["booked"]))
    return Reason("bookings", statement, weight=round(parts["booked"] + parts["requested"], 3), records=records)


def _yearly(leavers: float) -> float:
    """Chance to leave within a year, from that of a week."""
    return 1 - (1 - leavers) ** WEEKS_A_YEAR


def _supply_reason(parts: Mapping[str, float], leavers: float, people: list[str]) -> Reason:
    statement = _say("supply", supply=_fte(parts["supply"]), leavers=facts.percent(_yearly(leavers)))
    records = tuple(Record("person", key, "role") for key in people[:MOST_RECORDS])
    return Reason("supply", statement, weight=round(parts["supply"], 3), records=records)


def _action(view: Outlook, span: Span, deals: list[tuple[int, float]]) -> Statement:
    role, region = view.cells[span.cell]
    size = {"size": _fte(span.middle), "role": facts.name(role), "region": facts.name(region)}
    if not span.is_shortage:
        names = [view.deals["opportunity_id"][deal] for deal, _ in deals[:2]]
        return (
            _say("do_sell_forward", **size, deals=facts.ident(", ".join(names))) if names else _say("do_sell", **size)
        )
    if span.first + 1 >= view.limits.hiring_weeks:
        return _say("do_hire", **size, weeks=facts.number(span.first + 1, "weeks"))
    return _say("do_contract", **size)


def _fte(value: float) -> Fact:
    """Return a number of full-time equivalents, to the tenth."""
    return facts.number(float(value), UNIT, digits=1)


def _say(name: str, **filled: Fact) -> Statement:
    return say(f"pipeline_capacity.{name}", **filled)

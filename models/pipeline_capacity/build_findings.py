"""Gaps of people as findings: how many, when, what it costs, which deals are behind it, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import numpy as np
import polars as pl

from features.pipeline_capacity.supply import FULL_WEEK_HOURS, attrition, hourly_rates
from leadline.kernel.findings import Band, Finding, Reason, Record
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Artefact
from models.pipeline_capacity.outlook import PUSH_WEEKS, Outlook, Span, outlook, share_by_deal, spans

SCORE, OBJECT_TYPE = "pipeline_capacity", "capacity_gap"
UNIT = "FTE"
MOST_RECORDS = 5
WEEKS_A_YEAR = 52
CENT = Decimal("0.01")


def gap_findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Return shortages and benches by role and region, dearest first.

    Band: size of the gap in full-time equivalents, averaged over the span. Money: its hours at the role's average bill
    rate (shortage: revenue that cannot be delivered) or cost rate (bench: wages without work), reporting currency;
    nought where no rate is known.
    """
    view = outlook(reader, as_of=as_of, artefact=artefact)
    rates = hourly_rates(reader, as_of=as_of)
    leavers = attrition(reader, as_of=as_of)
    people = _people_by_cell(reader, as_of=as_of)
    found = [_finding(view, span, rates, leavers, people, reader, as_of=as_of) for span in spans(view)]
    return sorted(found, key=lambda finding: (-finding.money_at_risk, finding.object_id))


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
    money = _money(span, rates, role)
    parts = _parts(view, span)
    deals = share_by_deal(view, span)
    word = "Shortage" if span.is_shortage else "Bench"
    need = parts["booked"] + parts["requested"] + parts["pipeline"] + parts["unheard_of"]
    return Finding(
        score=SCORE,
        object_type=OBJECT_TYPE,
        object_id=f"{role}:{region}:{start.isoformat()}",
        as_of=as_of,
        money_at_risk=money,
        currency=reader.reporting_currency,
        title=f"{word} of {span.middle:.1f} FTE {role} in {region} for {weeks} weeks from {start:%d %b %Y}",
        action=_action(view, span, deals),
        expected=f"{parts['supply']:.1f} FTE of {role} in {region} free for client work",
        seen=f"work for {need:.1f} FTE, gap between {span.low:.1f} and {span.high:.1f} FTE four times in five",
        reasons=_reasons(view, span, parts, deals, leavers, people.get((role, region), [])),
        band=Band(round(span.low, 3), round(span.middle, 3), round(span.high, 3), UNIT, view.simulation.level),
        facts={
            "direction": word.lower(),
            "weeks": weeks,
            "weeks_ahead": span.first + 1,
            "deals": len(deals),
            "demand": round(need, 4),
            "leavers_a_year": round(_yearly(leavers), 4),
            **{name: round(value, 4) for name, value in parts.items()},
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


def _money(span: Span, rates: pl.DataFrame, role: str) -> Decimal:
    column = "bill_rate" if span.is_shortage else "cost_rate"
    told = rates.filter(pl.col("role") == role).drop_nulls(column)
    overall = rates.filter(pl.col("role").is_null()).drop_nulls(column)
    row = told if told.height else overall
    rate = float(row[column][0]) if row.height else 0.0
    hours = FULL_WEEK_HOURS * float(np.sum(span.mean_by_week))
    return Decimal(repr(round(hours * rate, 6))).quantize(CENT)


def _people_by_cell(reader: PointInTimeReader, *, as_of: datetime) -> dict[tuple[str, str], list[str]]:
    rows = reader.core("person", as_of=as_of).filter(pl.col("status").fill_null("active") != "left").collect()
    told = rows.sort("person_id").group_by("role", "region", maintain_order=True).agg("person_id")
    return {(role, region): people for role, region, people in told.iter_rows()}


def _reasons(
    view: Outlook,
    span: Span,
    parts: Mapping[str, float],
    deals: list[tuple[int, float]],
    leavers: float,
    people: list[str],
) -> tuple[Reason, ...]:
    told = [
        _deal_reason(view, deals, parts),
        _booking_reason(view, span, parts),
        _supply_reason(parts, leavers, people),
    ]
    return tuple(sorted((reason for reason in told if reason), key=lambda reason: (-reason.weight, reason.code)))


def _deal_reason(view: Outlook, deals: list[tuple[int, float]], parts: Mapping[str, float]) -> Reason | None:
    if not deals:
        return None
    ids = view.deals["opportunity_id"].to_list()
    top = [
        Record("opportunity", ids[deal], "stage", _outlook_of(view, deal, fte)) for deal, fte in deals[:MOST_RECORDS]
    ]
    more = f" and {parts['unheard_of']:.1f} FTE from deals not yet heard of" if parts["unheard_of"] >= 0.05 else ""
    text = f"{len(deals)} deals in play bring {parts['pipeline']:.1f} FTE on average{more}."
    return Reason("deals_in_play", text, weight=round(parts["pipeline"], 3), records=tuple(top))


def _outlook_of(view: Outlook, deal: int, fte: float) -> str:
    push = view.push[deal]
    pushed = "" if np.isnan(push) else f", {push:.0%} to be pushed within {PUSH_WEEKS} weeks"
    return f"{fte:.2f} FTE expected, {view.chance[deal]:.0%} to be won{pushed}"


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
        Record("staffing_request" if kind == "requested" else "assignment", key, "end_date", str(until))
        for key, kind, until in rows.select("row_id", "kind", "end_date").iter_rows()
    )
    open_part = f", {parts['requested']:.1f} FTE are asked for and not filled" if parts["requested"] >= 0.05 else ""
    text = f"{parts['booked']:.1f} FTE are booked in these weeks{open_part}."
    return Reason("bookings", text, weight=round(parts["booked"] + parts["requested"], 3), records=records)


def _yearly(leavers: float) -> float:
    """Chance to leave within a year, from that of a week."""
    return 1 - (1 - leavers) ** WEEKS_A_YEAR


def _supply_reason(parts: Mapping[str, float], leavers: float, people: list[str]) -> Reason:
    text = (
        f"{parts['supply']:.1f} FTE are there for client work, "
        f"after leave, holidays and leavers ({_yearly(leavers):.0%} a year)."
    )
    records = tuple(Record("person", key, "role") for key in people[:MOST_RECORDS])
    return Reason("supply", text, weight=round(parts["supply"], 3), records=records)


def _action(view: Outlook, span: Span, deals: list[tuple[int, float]]) -> str:
    role, region = view.cells[span.cell]
    size = f"{span.middle:.1f} FTE"
    if not span.is_shortage:
        names = [view.deals["opportunity_id"][deal] for deal, _ in deals[:2]]
        push = f" and bring forward {' and '.join(names)}" if names else ""
        return f"Sell {size} of {role} from {region} to other regions{push}, or use the weeks for training."
    if span.first + 1 >= view.limits.hiring_weeks:
        return f"Open hiring or train for {size} of {role} in {region} now: the need is {span.first + 1} weeks off."
    return (
        f"Contract {size} of {role} for {region}, borrow from another region, or agree later starts with the clients."
    )

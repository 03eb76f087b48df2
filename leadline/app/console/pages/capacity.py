"""Capacity: what the pipeline needs by role, region and month or week, and what if it went otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from leadline.app.console import form, guard
from leadline.app.console.capacity_forecasts import SCORE, CapacityForecast, changed, months, needs_of
from leadline.app.console.guard import RequestContext
from leadline.app.console.services import services_of
from leadline.app.console.view import render
from leadline.kernel.errors import UsageError

if TYPE_CHECKING:
    from models.pipeline_capacity.outlook import Outlook
    from models.pipeline_capacity.scenario import Need, Scenario

router = APIRouter()

MONTH, WEEK = "month", "week"
MOST_DEALS = 15
LOWEST_RATE, HIGHEST_RATE = 0, 300
MOST_WEEKS_LATER = 26
MOST_HIRES = 99
# From how many full-time equivalents on a gap is coloured more strongly.
DEGREES = (0.05, 0.5, 2.0)


@dataclass(frozen=True)
class CapacityQuery:
    """The query parameters: what is shown, and the scenario."""

    period: str
    by: str
    region: str
    win: int
    lost: str
    later: str
    weeks: int
    hire: str
    people: int
    start: str


def asked(
    period: Annotated[str, Query(max_length=7)] = "",
    by: Annotated[str, Query()] = MONTH,
    region: Annotated[str, Query(max_length=200)] = "",
    win: Annotated[str, Query(max_length=3)] = "100",
    lost: Annotated[str, Query(max_length=200)] = "",
    later: Annotated[str, Query(max_length=200)] = "",
    weeks: Annotated[str, Query(max_length=2)] = "4",
    hire: Annotated[str, Query(max_length=400)] = "",
    people: Annotated[str, Query(max_length=2)] = "1",
    start: Annotated[str, Query(max_length=7)] = "",
) -> CapacityQuery:
    """Read what is asked from the address.

    Raises:
        UsageError: a figure is none, or out of its range.
    """
    if by not in (MONTH, WEEK):
        raise UsageError("Invalid period.", expected="by=month or by=week")
    return CapacityQuery(
        form.clean(period),
        by,
        form.clean(region),
        form.whole(win, "win rate in per cent", least=LOWEST_RATE, most=HIGHEST_RATE),
        form.clean(lost),
        form.clean(later),
        form.whole(weeks, "number of weeks", least=1, most=MOST_WEEKS_LATER),
        form.clean(hire),
        form.whole(people, "number of people", least=1, most=MOST_HIRES),
        form.clean(start),
    )


def found(request: Request, context: RequestContext) -> CapacityForecast | None:
    """Return the futures drawn for the last capacity score, None to who does not see all legal entities: people and
    deals of all of them make them.
    """
    as_of = context.store.scored().get(SCORE)
    forecasts = services_of(request).forecasts
    sees_all = context.scope.legal_entities is None
    return forecasts.get(as_of) if forecasts and as_of and sees_all else None


@router.get("/capacity")
def show(
    request: Request,
    context: Annotated[RequestContext, Depends(guard.requires("see_queue"))],
    want: Annotated[CapacityQuery, Depends(asked)],
) -> Response:
    """Show needs and the map."""
    forecast = found(request, context)
    if forecast is None:
        sees_all, is_scored = context.scope.legal_entities is None, SCORE in context.store.scored()
        return render(request, "capacity.html", forecast=None, sees_all=sees_all, is_scored=is_scored)
    filters = {name: value for name, value in want.__dict__.items() if value}
    return render(request, "capacity.html", forecast=forecast, want=want, filters=filters, **shown(forecast, want))


def shown(forecast: CapacityForecast, want: CapacityQuery) -> dict[str, Any]:
    """Return what the page shows of futures: needs by role and region, the map, the deals behind them."""
    view, by_month = forecast.outlook, months(forecast.outlook)
    what_if = changed(view, _scenario(view, want, by_month))
    weeks = by_month.get(want.period, list(range(len(view.weeks))))
    columns = [[place] for place in weeks] if want.by == WEEK else list(by_month.values())
    labels = [f"{view.weeks[place]:%d %b}" for place in weeks] if want.by == WEEK else list(by_month)
    wanted, before = (_in_region(needs_of(one, [weeks]), want) for one in (what_if, view))
    moved = {(one.role, one.region): one for one in before}
    table = [{"need": one, "moved": one.short - moved[one.role, one.region].short} for one in wanted]
    return {
        "months": list(by_month),
        "is_beyond": bool(want.period) and want.period not in by_month,
        "weeks": len(view.weeks),
        "first": view.weeks[0],
        "last": view.weeks[-1] + timedelta(days=6),
        "labels": labels,
        "regions": sorted({region for _, region in view.cells}),
        "cells": [f"{role} / {region}" for role, region in view.cells],
        "needs": sorted(table, key=lambda row: (-row["need"].short, row["need"].bench, row["need"].role)),
        "short": sum(one.short for one in wanted),
        "bench": sum(one.bench for one in wanted),
        "short_before": sum(one.short for one in before),
        "map": _map(_in_region(needs_of(what_if, columns), want), len(columns)),
        "deals": _deals(what_if),
        "deal_ids": sorted(view.deals["opportunity_id"].to_list()),
    }


def _scenario(view: Outlook, want: CapacityQuery, by_month: dict[str, list[int]]) -> Scenario:
    from models.pipeline_capacity.scenario import Hire, Scenario

    scenario = Scenario(win_rate=want.win / 100)
    if want.lost:
        scenario = replace(scenario, removed=frozenset({want.lost}))
    if want.later:
        scenario = replace(scenario, slipped={want.later: want.weeks})
    role, found, region = want.hire.partition(" / ")
    if found:
        first = view.weeks[by_month.get(want.start, [0])[0]]
        scenario = replace(scenario, hires=(Hire(role, region, float(want.people), first),))
    return scenario


def _in_region(needs: list[Need], want: CapacityQuery) -> list[Need]:
    return [one for one in needs if want.region in ("", one.region)]


def _map(needs: list[Need], columns: int) -> list[dict[str, Any]]:
    """Return a row per role and region with its gap per column: missing people above nought, idle ones below."""
    lines: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in needs:
        gap = one.short if one.short >= DEGREES[0] else -one.bench
        degree = sum(abs(gap) >= least for least in DEGREES)
        kind = f"{'short' if gap > 0 else 'bench'}-{degree}" if degree else ""
        lines.setdefault((one.role, one.region), [{}] * columns)[one.period] = {"gap": gap, "kind": kind}
    return [{"role": role, "region": region, "gaps": gaps} for (role, region), gaps in lines.items()]


def _deals(view: Outlook) -> list[dict[str, Any]]:
    """Return the deals that are expected to ask for most people, with what they ask for when won."""
    asked = [0.0] * view.deals.height
    for deal, fte in zip(view.asks.deal.tolist(), view.asks.fte.tolist(), strict=True):
        asked[deal] += fte
    ids, stages = view.deals["opportunity_id"].to_list(), view.deals["stage"].to_list()
    found = [
        {"id": ids[place], "stage": stages[place], "chance": float(view.chance[place]), "fte": asked[place]}
        for place in range(len(ids))
    ]
    return sorted(found, key=lambda one: (-one["chance"] * one["fte"], one["id"]))[:MOST_DEALS]

"""Fill a role: the open ones, who could fill one, and what becomes of the whole plan if it is done otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from leadline.app.console import form, guard, lists
from leadline.app.console.guard import RequestContext
from leadline.app.console.services import services_of
from leadline.app.console.staffing import SCORE, StaffingPlan, WhatIf, free_from, in_the_way, what_if
from leadline.app.console.translation import N_
from leadline.app.console.view import render
from leadline.kernel.errors import UsageError
from leadline.queue.records import QueuedException
from leadline.queue.states import DECIDED, LIVE, WAITING
from leadline.queue.worklist import Sought

if TYPE_CHECKING:
    from models.staffing_match.scenario import Scenario

router = APIRouter()

# Between a request and the person or weeks that the scenario gives it, in the address.
JOINT = "|"
MOST_ASSUMED = 20
MOST_CANDIDATES = 30
MOST_WEEKS_LATER = 26
GROUPS = {"region": N_("Region"), "seniority": N_("Seniority")}
ASSUMED = ("pin", "forbid", "hold", "shift")

Many = Annotated[list[str], Query(default_factory=list, max_length=MOST_ASSUMED)]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class StaffingQuery:
    """The query parameters: the filters of the list, the role looked at, and the scenario."""

    role: str = ""
    region: str = ""
    q: str = ""
    request: str = ""
    pin: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()
    shift: tuple[str, ...] = ()

    def address(self, **changes: str | tuple[str, ...]) -> str:
        """Return the address of this page, or of one with something else in it."""
        chosen = {name: value for name, value in (self.__dict__ | changes).items() if value}
        return f"/staffing?{urlencode(chosen, doseq=True)}" if chosen else "/staffing"

    def plus(self, kind: str, assumption: str) -> str:
        """Return the address with one more assumption; what it contradicts gives way."""
        request = assumption.partition(JOINT)[0]
        kept: dict[str, tuple[str, ...]] = {name: getattr(self, name) for name in ASSUMED}
        if kind in ("pin", "shift"):
            kept[kind] = tuple(one for one in kept[kind] if one.partition(JOINT)[0] != request)
        if kind in ("pin", "forbid"):
            other = "forbid" if kind == "pin" else "pin"
            kept[other] = tuple(one for one in kept[other] if one != assumption)
        return self.address(**kept | {kind: (*kept[kind], assumption)})

    def minus(self, kind: str, assumption: str) -> str:
        """Return the address without an assumption."""
        return self.address(**{kind: tuple(one for one in getattr(self, kind) if one != assumption)})


def asked(
    pin: Many,
    forbid: Many,
    hold: Many,
    shift: Many,
    role: Annotated[str, Query(max_length=200)] = "",
    region: Annotated[str, Query(max_length=200)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    request: Annotated[str, Query(max_length=200)] = "",
    weeks: Annotated[str, Query(max_length=2)] = "",
) -> StaffingQuery:
    """Read what is asked from the address; ``weeks`` is how much later the role looked at is to start.

    Raises:
        UsageError: an assumption is none, or a number of weeks is out of its range.
    """
    assumed = {"pin": pin, "forbid": forbid, "hold": hold, "shift": shift}
    cleaned = {kind: tuple(filter(None, map(form.clean, many))) for kind, many in assumed.items()}
    want = StaffingQuery(form.clean(role), form.clean(region), form.clean(q), form.clean(request), **cleaned)
    for one in (*want.pin, *want.forbid, *want.shift):
        if not all(one.partition(JOINT)):
            raise UsageError("Invalid assumption.", expected="a link from the page itself")
    for one in want.shift:
        _weeks(one.partition(JOINT)[2])
    if weeks and want.request:
        moved = tuple(one for one in want.shift if one.partition(JOINT)[0] != want.request)
        by = _weeks(weeks, least=0)
        moved = (*moved, f"{want.request}{JOINT}{by}") if by else moved
        return StaffingQuery(**want.__dict__ | {"shift": moved})
    return want


def _weeks(text: str, *, least: int = 1) -> int:
    return form.whole(text, "number of weeks", least=least, most=MOST_WEEKS_LATER)


@router.get("/staffing")
def show(
    request: Request,
    context: Annotated[RequestContext, Depends(guard.requires("see_personal_data"))],
    want: Annotated[StaffingQuery, Depends(asked)],
    done: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Show the open roles, or one with its candidates; who sees some legal entities sees none of the plan of all."""
    as_of = context.store.scored().get(SCORE)
    staffing = services_of(request).staffing
    sees_all = context.scope.legal_entities is None
    seen = staffing.get(as_of) if staffing and as_of and sees_all else None
    if seen is None:
        return render(request, "staffing.html", seen=None, sees_all=sees_all, is_scored=as_of is not None)
    shown: dict[str, Any] = {"seen": seen, "want": want, "done": lists.done(context, done), "at": context.at}
    return render(request, "staffing.html", **shown | _shown(context, seen, want))


def _shown(context: RequestContext, seen: StaffingPlan, want: StaffingQuery) -> dict[str, Any]:
    scenario = _scenario(want)
    then = what_if(seen, scenario)
    queued = _queued(context)
    roles = _roles(then, seen, queued)
    listed = [row for row in roles if _fits(row, want)]
    one = next((row for row in roles if row["request_id"] == want.request), None)
    shown: dict[str, Any] = {
        "roles": listed,
        "choices": {
            name: sorted({row[f"asked_{name}"] for row in roles if row[f"asked_{name}"]}) for name in ("role", "region")
        },
        "one": one,
        "then": then,
        "assumed": _assumed(want),
        "compared": _compared(seen, then),
        "moves": _moves(seen, then),
        "groups": _groups(seen, then) if context.user.may("see_models") else [],
        "back": urlencode({"back": want.address()}),
    }
    if one is None:
        return shown
    exception = queued.get(one["request_id"])
    return shown | {
        "candidates": _candidates(seen, then, one["request_id"]),
        "exception": exception,
        "is_waiting": exception is not None and exception.state in WAITING,
        "later": scenario.shifted.get(one["request_id"], 0),
    }


def _scenario(want: StaffingQuery) -> Scenario:
    from models.staffing_match.scenario import Scenario

    pairs = {kind: [_split(one) for one in getattr(want, kind)] for kind in ("pin", "forbid", "shift")}
    return Scenario(
        pinned=dict(pairs["pin"]),
        forbidden=frozenset(pairs["forbid"]),
        held_back=frozenset(want.hold),
        shifted={request: int(weeks) for request, weeks in pairs["shift"]},
    )


def _split(assumption: str) -> tuple[str, str]:
    request, _, other = assumption.partition(JOINT)
    return request, other


def _queued(context: RequestContext) -> dict[str, QueuedException]:
    """Return the exception of each request, within the user's scope."""
    sought = Sought(scores=(SCORE,), states=(*LIVE, *DECIDED))
    return {one.object_id: one for one in context.store.worklist.each(context.scope, sought)}


def _roles(then: WhatIf, seen: StaffingPlan, queued: Mapping[str, QueuedException]) -> list[dict[str, Any]]:
    """Return the open roles with whom the plan proposes for each, the most money first."""
    plan = then.plan.chosen if then.plan else {}
    counts = dict(then.desk.pairs["request_id"].value_counts().iter_rows())
    chances = {
        (row[0], row[1]): row[2] for row in then.desk.pairs.select("request_id", "person_id", "chance").iter_rows()
    }
    rows = [
        row
        | {
            "candidates": counts.get(row["request_id"], 0),
            "before": seen.plan.chosen.get(row["request_id"]),
            "proposed": plan.get(row["request_id"]),
            "chance": chances.get((row["request_id"], plan.get(row["request_id"]))),
            "exception": queued.get(row["request_id"]),
        }
        for row in then.desk.requests.to_dicts()
    ]
    return sorted(rows, key=lambda row: (-(row["money"] or 0), row["request_id"]))


def _fits(row: Row, want: StaffingQuery) -> bool:
    texts = (row["request_id"], row["project_id"], row["opportunity_id"], row["account_id"])
    is_found = want.q.casefold() in " ".join(text for text in texts if text).casefold()
    return is_found and all(
        asked in ("", row[f"asked_{name}"]) for name, asked in (("role", want.role), ("region", want.region))
    )


def _candidates(seen: StaffingPlan, then: WhatIf, request: str) -> list[dict[str, Any]]:
    """Return who could fill a role, the one worth most first, with what is to be known of each."""
    import polars as pl

    from models.staffing_match.desk import ranked
    from models.staffing_match.reasons import merits

    rows = ranked(then.desk.pairs.filter(pl.col("request_id") == request)).get(request, [])
    order = sorted(rows, key=lambda row: (-row["suitability"], row["person_id"]))
    places = {row["person_id"]: place for place, row in enumerate(order, start=1)}
    uses: dict[str, list[str]] = {}
    for other, person in (then.plan.chosen if then.plan else {}).items():
        uses.setdefault(person, []).append(other)
    asked = seen.asked.get(request, ())
    return [
        {
            "person_id": row["person_id"],
            "name": seen.names.get(row["person_id"]),
            "place": places[row["person_id"]],
            "chance": row["chance"],
            "availability": row["availability"],
            "free_from": free_from(row),
            "met": [name for skill, name in asked if skill in (row["covered_skills"] or ())],
            "missing": [name for skill, name in asked if skill not in (row["covered_skills"] or ())],
            "reasons": [reason.statement for reason in merits(row)],
            "bookings": in_the_way(seen, row),
            "tentative": sum(not booked.is_firm for booked in in_the_way(seen, row)),
            "planned": sorted(uses.get(row["person_id"], ())),
        }
        for row in rows[:MOST_CANDIDATES]
    ]


def _assumed(want: StaffingQuery) -> list[dict[str, str]]:
    """Return the scenario's assumptions, each with the address without it."""
    return [
        {"kind": kind, "request": request, "other": other, "without": want.minus(kind, one)}
        for kind in ASSUMED
        for one in getattr(want, kind)
        for request, other in [_split(one) if kind != "hold" else ("", one)]
    ]


def _compared(seen: StaffingPlan, then: WhatIf) -> dict[str, Any]:
    """Return what the plan comes to as proposed and under the scenario."""
    from models.staffing_match.scenario import outcome

    before = outcome(seen.desk, seen.plan)
    after = outcome(then.desk, then.plan) if then.plan else None
    currencies = sorted({*before.money, *(after.money if after else ())})
    return {"before": before, "after": after, "currencies": currencies}


def _moves(seen: StaffingPlan, then: WhatIf) -> list[dict[str, Any]]:
    """Return the roles whose person changes under the scenario, or that are no longer filled."""
    if then.plan is None:
        return []
    before, after = seen.plan.chosen, then.plan.chosen
    rows = {row["request_id"]: row for row in then.desk.requests.to_dicts()}
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return [
        {"request_id": name, "role": rows[name], "before": before.get(name), "after": after.get(name)}
        for name in changed
    ]


def _groups(seen: StaffingPlan, then: WhatIf) -> list[dict[str, Any]]:
    """Return by region and seniority what part of the candidates the plan proposes, now and under the scenario."""
    from models.staffing_match.scenario import impact_ratio, shares

    found = []
    for group, label in GROUPS.items():
        before = shares(seen.desk.pairs, seen.plan.chosen, group=group)
        after = shares(then.desk.pairs, then.plan.chosen, group=group) if then.plan else []
        changed = {one.group: one for one in after}
        rows = [{"now": one, "then": changed.get(one.group)} for one in before]
        found.append({"label": label, "rows": rows, "now": impact_ratio(before), "then": impact_ratio(after)})
    return found

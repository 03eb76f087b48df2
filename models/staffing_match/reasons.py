"""What a staffing finding says: whom to propose, why, who else, and where the plan had to choose. Ids, never names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadline.kernel import facts
from leadline.kernel.facts import PERSON, Fact
from leadline.kernel.findings import Reason, Record
from leadline.kernel.statements import Statement, say

Row = Mapping[str, Any]


def title_of(request: Row) -> Statement:
    """Return one line for the queue."""
    asked = {
        "role": facts.name(request["asked_role"]),
        "begins": facts.day(request["begins"]),
        "hours": facts.hours(request["asked_hours"]),
    }
    if not request["asked_region"]:
        return _say("title", **asked)
    return _say("title_region", **asked, region=facts.name(request["asked_region"]))


def expected_of(request: Row) -> Statement:
    """Return what should come to pass."""
    return _say("expected", role=facts.name(request["asked_role"]), begins=facts.day(request["begins"]))


def action_of(ranked: Sequence[Row], chosen: Row | None) -> Statement:
    """Return the proposal; a person decides."""
    if not ranked:
        return _say("do_no_one")
    others = [row["person_id"] for row in ranked if chosen is None or row["person_id"] != chosen["person_id"]][:2]
    named = facts.person(", ".join(others))
    if chosen is None:
        return _say("do_free_one", others=named) if others else _say("do_decide")
    person = facts.person(chosen["person_id"])
    return _say("do_propose_others", person=person, others=named) if others else _say("do_propose", person=person)


def seen_of(ranked: Sequence[Row], chosen: Row | None) -> Statement:
    """Return what the search found."""
    if not ranked:
        return _say("seen_no_one")
    count = facts.number(len(ranked))
    if chosen is None:
        return _say("seen_elsewhere", count=count)
    person, free = facts.person(chosen["person_id"]), facts.percent(chosen["availability"], about=PERSON)
    return _say("seen_free", count=count, person=person, free=free)


def reasons_for(
    request: Row, ranked: Sequence[Row], chosen: Row | None, rivals: Mapping[str, str]
) -> tuple[Reason, ...]:
    """Return why the chosen person suits, and the conflicts the plan resolved.

    ``rivals`` tells for which request the plan uses a person who would have been first here.
    """
    own = Record("staffing_request", request["request_id"])
    if not ranked:
        return (Reason("nobody_fits", _say("no_one_fits"), records=(own,)),)
    reasons = [*merits(chosen), *_conflicts(ranked, chosen, rivals)] if chosen else _conflicts(ranked, chosen, rivals)
    others = tuple(Record("person", row["person_id"]) for row in ranked[:3])
    shortlist = Reason("shortlist", _say("shortlist", count=facts.number(len(ranked))), records=(own, *others))
    return (*reasons, shortlist)


def merits(row: Row) -> list[Reason]:
    """Return why a person suits a request, and what speaks against it, bound to records."""
    person, found = facts.person(row["person_id"]), []
    own = Record("person", row["person_id"])
    if row["coverage"] is not None:
        skills = tuple(
            Record("person_skill", f"{row['person_id']}|{skill}", "level") for skill in row["covered_skills"] or ()
        )
        covers = _say("skills", person=person, share=facts.percent(row["coverage"], about=PERSON))
        found.append(Reason("skills", covers, weight=float(row["coverage"]), records=(*skills, own)))
    free = _say("available", person=person, share=facts.percent(row["availability"], about=PERSON))
    found.append(Reason("available", free, weight=float(row["availability"]), records=(own,)))
    if row["seniority_gap"] is not None:
        levels = {name: facts.name(str(row[column]), about=PERSON) for name, column in _LEVELS.items()}
        records = (Record("person", row["person_id"], "seniority"),)
        weight = -abs(row["seniority_gap"]) / 3
        found.append(Reason("seniority", _say("seniority", **levels), weight=weight, records=records))
    if (row["with_client"] or 0.0) > 0:
        both = (own, Record("account", row["account_id"]))
        found.append(Reason("knows_client", _say("knows_client", person=person), weight=0.2, records=both))
    if row["same_region"] == 0.0:
        places = {"own": facts.name(row["region"], about=PERSON), "asked": facts.name(row["asked_region"])}
        records = (Record("person", row["person_id"], "region"),)
        found.append(Reason("remote", _say("remote", person=person, **places), weight=-0.1, records=records))
    return found


_LEVELS = {"own": "seniority", "asked": "asked_seniority"}


def _conflicts(ranked: Sequence[Row], chosen: Row | None, rivals: Mapping[str, str]) -> list[Reason]:
    first = ranked[0]["person_id"]
    if (chosen and chosen["person_id"] == first) or first not in rivals:
        return []
    better = _say("conflict", person=facts.person(first), request=facts.ident(rivals[first]))
    return [Reason("conflict", better, weight=-0.3, records=(Record("staffing_request", rivals[first]),))]


def facts_of(request: Row, ranked: Sequence[Row], chosen: Row | None) -> dict[str, Fact]:
    """Return the figures a narrative may quote: candidates, proposal, chances and fit."""
    stated = {
        "role": facts.name(request["asked_role"]),
        "begins": facts.day(request["begins"]),
        "weeks": facts.number(round(request["weeks"], 1), "weeks"),
        "hours_per_week": facts.hours(request["asked_hours"]),
        "candidates": facts.number(len(ranked)),
    }
    for place, row in enumerate(ranked[:3], start=1):
        stated[f"candidate_{place}"] = facts.person(row["person_id"])
        stated[f"chance_{place}"] = facts.percent(round(row["chance"], 4), about=PERSON)
    if chosen is not None:
        stated["proposed"] = facts.person(chosen["person_id"])
        stated["availability"] = facts.percent(round(chosen["availability"], 4), about=PERSON)
    return stated


def _say(name: str, **filled: Fact) -> Statement:
    return say(f"staffing_match.{name}", **filled)

"""What a staffing finding says: whom to propose, why, who else, and where the plan had to choose. Ids, never names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadline.kernel.findings import Reason, Record

Row = Mapping[str, Any]


def title_of(request: Row) -> str:
    """Return one line for the queue."""
    where = f" in {request['asked_region']}" if request["asked_region"] else ""
    return f"Open role {request['asked_role']}{where} from {request['begins']}, {request['asked_hours']:g} h a week"


def action_of(ranked: Sequence[Row], chosen: Row | None) -> str:
    """Return the proposal; a person decides."""
    if not ranked:
        return "Nobody passes the filters: move the dates, relax the skills, or ask a subcontractor."
    others = [row["person_id"] for row in ranked if chosen is None or row["person_id"] != chosen["person_id"]][:2]
    if chosen is None:
        return (
            f"Everybody suitable is better used elsewhere: decide between requests, or free one of {', '.join(others)}."
        )
    alternatives = f" (alternatives {', '.join(others)})" if others else ""
    return f"Propose {chosen['person_id']}{alternatives}."


def seen_of(ranked: Sequence[Row], chosen: Row | None) -> str:
    """Return what the search found."""
    if not ranked:
        return "nobody who is free, employed throughout and near the role"
    if chosen is None:
        return f"{len(ranked)} people pass the filters; the plan needs each of them elsewhere"
    free = f"{chosen['person_id']} has {chosen['availability']:.0%} of the hours free"
    return f"{len(ranked)} people pass the filters; {free}"


def reasons_for(
    request: Row, ranked: Sequence[Row], chosen: Row | None, rivals: Mapping[str, str]
) -> tuple[Reason, ...]:
    """Return why the chosen person suits, and the conflicts the plan resolved.

    ``rivals`` tells for which request the plan uses a person who would have been first here.
    """
    own = Record("staffing_request", request["request_id"])
    if not ranked:
        return (Reason("nobody_fits", "No person passes the hard filters of the request.", records=(own,)),)
    reasons = [*merits(chosen), *_conflicts(ranked, chosen, rivals)] if chosen else _conflicts(ranked, chosen, rivals)
    others = tuple(Record("person", row["person_id"]) for row in ranked[:3])
    shortlist = Reason("shortlist", f"{len(ranked)} people pass the filters.", records=(own, *others))
    return (*reasons, shortlist)


def merits(row: Row) -> list[Reason]:
    """Return why a person suits a request, and what speaks against it, bound to records."""
    person, told = row["person_id"], []
    if row["coverage"] is not None:
        skills = tuple(Record("person_skill", f"{person}|{skill}") for skill in row["covered_skills"] or ())
        text = f"{person} covers {row['coverage']:.0%} of the skills at the level asked for."
        told.append(Reason("skills", text, weight=float(row["coverage"]), records=(*skills, Record("person", person))))
    text = f"{person} has {row['availability']:.0%} of the hours free over the request's weeks."
    told.append(Reason("available", text, weight=float(row["availability"]), records=(Record("person", person),)))
    if row["seniority_gap"] is not None:
        text = f"Seniority {row['seniority']} against {row['asked_seniority']} asked for."
        records = (Record("person", person, "seniority", str(row["seniority"])),)
        told.append(Reason("seniority", text, weight=-abs(row["seniority_gap"]) / 3, records=records))
    if (row["with_client"] or 0.0) > 0:
        both = (Record("person", person), Record("account", row["account_id"]))
        told.append(Reason("knows_client", f"{person} has worked for the client before.", weight=0.2, records=both))
    if row["same_region"] == 0.0:
        text = f"{person} is in region {row['region']}, the work in {row['asked_region']}."
        told.append(Reason("remote", text, weight=-0.1, records=(Record("person", person, "region", row["region"]),)))
    return told


def _conflicts(ranked: Sequence[Row], chosen: Row | None, rivals: Mapping[str, str]) -> list[Reason]:
    first = ranked[0]["person_id"]
    if (chosen and chosen["person_id"] == first) or first not in rivals:
        return []
    text = f"{first} would suit best but is worth more on request {rivals[first]}."
    return [Reason("conflict", text, weight=-0.3, records=(Record("staffing_request", rivals[first]),))]


def facts_of(request: Row, ranked: Sequence[Row], chosen: Row | None) -> dict[str, str | int | float]:
    """Return the figures a narrative may quote: candidates, proposal, chances and fit."""
    facts: dict[str, str | int | float] = {
        "role": request["asked_role"],
        "begins": str(request["begins"]),
        "weeks": round(request["weeks"], 1),
        "hours_per_week": request["asked_hours"],
        "candidates": len(ranked),
    }
    for place, row in enumerate(ranked[:3], start=1):
        facts |= {f"candidate_{place}": row["person_id"], f"chance_{place}": round(row["chance"], 4)}
    if chosen is not None:
        facts |= {"proposed": chosen["person_id"], "availability": round(chosen["availability"], 4)}
    return facts

"""Who answers for an exception, and by when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl

from leadline.kernel.findings import Finding
from leadline.warehouse.point_in_time import PointInTimeReader
from scoring.exchange import Convert
from scoring.governance import CALENDAR, Authority, Governance, Rule
from scoring.working_time import later

# What a person decides when confirming an exception of a score; the others need no authority over money.
DECISION_OF: Mapping[str, str] = {
    "invoice_dispute": "write_off",
    "revenue_leakage": "write_off",
    "margin_erosion": "change_order",
}
# Scores whose findings are about what the person they name did; elsewhere that person is the one who answers.
ABOUT_THE_PERSON = frozenset({"time_expense_anomaly"})
PROJECT_MANAGER = "project_manager"
ACCOUNT_MANAGER = "account_manager"
UNROUTED = "operations"


@dataclass(frozen=True)
class People:
    """Who holds which role for which object, and who is away when, as known at one moment.

    ``days_off``: public holidays by person. ``absences``: a person's approved leave, first and last day.
    """

    project_managers: Mapping[str, str]
    project_regions: Mapping[str, str]
    account_owners: Mapping[str, str]
    days_off: Mapping[str, frozenset[date]] = field(default_factory=dict)
    absences: Mapping[str, tuple[tuple[date, date], ...]] = field(default_factory=dict)

    def is_away(self, person: str, first: date, last: date) -> bool:
        """Return whether one approved absence of a person spans all days from ``first`` to ``last``."""
        return any(start <= first and last <= end for start, end in self.absences.get(person, ()))


@dataclass(frozen=True)
class Owner:
    """``kind`` is the role that answers, ``name`` the person_id who holds it, else the queue of a team."""

    kind: str
    name: str


def read_people(reader: PointInTimeReader, *, as_of: datetime) -> People:
    """Read project managers, regions and account owners known at ``as_of``.

    An account without an owner of its own has the owner of the same customer in the system of record.
    """
    projects = reader.core("project", as_of=as_of).sort("project_id", "source_system").collect()
    accounts = reader.core("account", as_of=as_of).sort("account_id", "source_system").collect()
    owners = _pairs(accounts, "account_id", "owner_id")
    masters = _pairs(accounts, "account_id", "master_account_id")
    inherited = {account: owners[master] for account, master in masters.items() if master in owners}
    return People(
        days_off=_days_off(reader, as_of),
        absences=_absences(reader, as_of),
        project_managers=_pairs(projects, "project_id", "manager_id"),
        project_regions=_pairs(projects, "project_id", "region"),
        account_owners=inherited | owners,
    )


def _days_off(reader: PointInTimeReader, as_of: datetime) -> dict[str, frozenset[date]]:
    if not (reader.has("person") and reader.has("holiday")):
        return {}
    of_calendar = reader.core("holiday", as_of=as_of).group_by("calendar_id").agg("holiday_date")
    persons = reader.core("person", as_of=as_of).select("person_id", "calendar_id")
    found = persons.join(of_calendar, on="calendar_id").collect()
    return {person: frozenset(days) for person, _, days in found.iter_rows()}


def _absences(reader: PointInTimeReader, as_of: datetime) -> dict[str, tuple[tuple[date, date], ...]]:
    if not reader.has("leave"):
        return {}
    approved = reader.core("leave", as_of=as_of).filter(pl.col("status").fill_null("approved") == "approved")
    spans = approved.select("person_id", "start_date", "end_date").sort(pl.all()).collect()
    found: dict[str, tuple[tuple[date, date], ...]] = {}
    for person, start, end in spans.iter_rows():
        found[person] = (*found.get(person, ()), (start, end))
    return found


def route(finding: Finding, governance: Governance, people: People, *, convert: Convert) -> Owner:
    """Return who answers: by the first routing rule that fits, then by authority over the money at risk.

    The rule's role is held by the project's manager or the account's owner. Any other role, or one that no one holds,
    is answered by the rule's fallback team; so is one held by the person in question (no one decides on their own
    entries), and one held by somebody who is on approved leave from the as-of until it is due.
    Where the money at risk exceeds what that role may decide alone, the role with the next sufficient limit answers
    instead (the highest, when none suffices).
    """
    rule = next((rule for rule in governance.rules if _fits(rule, finding, people)), None)
    if rule is None:
        return Owner(UNROUTED, UNROUTED)
    kind = _with_authority(rule.owner_kind, finding, governance, convert)
    holder = _holder(kind, finding, people)
    person = holder if holder and _can_answer(holder, finding, governance, people) else None
    return Owner(kind, person or (rule.owner_fallback if kind == rule.owner_kind else kind))


def due_at(finding: Finding, governance: Governance, people: People, owner: str) -> datetime:
    """Return when a decision is due: the as-of plus the score's hours by ``gov_exception_sla``.

    Working hours pass on weekdays that are no public holiday of the owner; a team's queue has no calendar of its own.
    """
    level = governance.level(finding.score)
    if level.clock == CALENDAR:
        return finding.as_of + timedelta(hours=level.hours_to_due)
    return later(finding.as_of, level.hours_to_due, days_off=people.days_off.get(owner, frozenset()))


def _can_answer(holder: str, finding: Finding, governance: Governance, people: People) -> bool:
    if finding.score in ABOUT_THE_PERSON and holder == finding.person_id:
        return False
    due = due_at(finding, governance, people, holder)
    return not people.is_away(holder, finding.as_of.date(), due.date())


def _pairs(frame: pl.DataFrame, key: str, value: str) -> dict[str, str]:
    reader = frame.filter(pl.col(value).is_not_null())
    return dict(zip(reader[key].reverse(), reader[value].reverse(), strict=True))


def _fits(rule: Rule, finding: Finding, people: People) -> bool:
    region = people.project_regions.get(finding.project_id or "")
    return (
        rule.score == finding.score
        and rule.legal_entity_id in (None, finding.legal_entity_id)
        and rule.region in (None, region)
    )


def _with_authority(kind: str, finding: Finding, governance: Governance, convert: Convert) -> str:
    """Return the role that may decide on the money at risk; the rule's own where no limit concerns it."""
    decision = DECISION_OF.get(finding.score)
    limits = [one for one in governance.authorities if one.decision == decision]
    own = next((one for one in limits if one.role == kind), None)
    if own is None or _suffices(own, finding, convert):
        return kind
    higher = [one for one in limits if one.max_amount > own.max_amount]
    enough = [one for one in higher if _suffices(one, finding, convert)]
    return (enough or higher[-1:] or [own])[0].role


def _suffices(limit: Authority, finding: Finding, convert: Convert) -> bool:
    return convert(finding.money_at_risk, finding.currency, limit.currency) <= limit.max_amount


def _holder(kind: str, finding: Finding, people: People) -> str | None:
    if kind == PROJECT_MANAGER:
        return people.project_managers.get(finding.project_id or "")
    if kind == ACCOUNT_MANAGER:
        return people.account_owners.get(finding.account_id or "")
    return None

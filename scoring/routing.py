"""Who answers for an exception, and by when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from leadline.kernel.findings import Finding
from leadline.kernel.warehouse.known import Known
from scoring.exchange import Convert
from scoring.governance import Authority, Governance, Rule

# What a person decides when confirming an exception of a stem; the others need no authority over money.
DECISION_OF: Mapping[str, str] = {
    "invoice_dispute": "write_off",
    "revenue_leakage": "write_off",
    "margin_erosion": "change_order",
}
# Stems whose findings are about what the person they name did; elsewhere that person is the one who answers.
ABOUT_THE_PERSON = frozenset({"time_expense_anomaly"})
PROJECT_MANAGER = "project_manager"
ACCOUNT_MANAGER = "account_manager"
UNROUTED = "operations"


@dataclass(frozen=True)
class People:
    """Who holds which role for which object, as known at one moment."""

    project_managers: Mapping[str, str]
    project_regions: Mapping[str, str]
    account_owners: Mapping[str, str]


@dataclass(frozen=True)
class Owner:
    """``kind`` is the role that answers, ``name`` the person_id who holds it, else the queue of a team."""

    kind: str
    name: str


def read_people(known: Known, *, as_of: datetime) -> People:
    """Read project managers, regions and account owners known at ``as_of``.

    An account without an owner of its own has the owner of the same customer in the system of record.
    """
    projects = known.core("project", as_of=as_of).sort("project_id", "source_system").collect()
    accounts = known.core("account", as_of=as_of).sort("account_id", "source_system").collect()
    owners = _pairs(accounts, "account_id", "owner_id")
    masters = _pairs(accounts, "account_id", "master_account_id")
    inherited = {account: owners[master] for account, master in masters.items() if master in owners}
    return People(
        project_managers=_pairs(projects, "project_id", "manager_id"),
        project_regions=_pairs(projects, "project_id", "region"),
        account_owners=inherited | owners,
    )


def route(finding: Finding, governance: Governance, people: People, *, convert: Convert) -> Owner:
    """Return who answers: by the first routing rule that fits, then by authority over the money at risk.

    The rule's role is held by the project's manager or the account's owner. Any other role, or one nobody holds, is
    answered by the rule's fallback team; so is one held by the person in question: nobody decides on their own entries.
    Where the money at risk exceeds what that role may decide alone, the role with the next sufficient limit answers
    instead (the highest, when none suffices).
    """
    rule = next((rule for rule in governance.rules if _fits(rule, finding, people)), None)
    if rule is None:
        return Owner(UNROUTED, UNROUTED)
    kind = _with_authority(rule.owner_kind, finding, governance, convert)
    holder = _holder(kind, finding, people)
    person = None if finding.stem in ABOUT_THE_PERSON and holder == finding.person_id else holder
    return Owner(kind, person or (rule.owner_fallback if kind == rule.owner_kind else kind))


def due_at(finding: Finding, governance: Governance) -> datetime:
    """Return when a decision is due: the as-of plus the stem's hours by ``gov_exception_sla``."""
    return finding.as_of + timedelta(hours=governance.due_hours(finding.stem))


def _pairs(frame: pl.DataFrame, key: str, value: str) -> dict[str, str]:
    known = frame.filter(pl.col(value).is_not_null())
    return dict(zip(known[key].reverse(), known[value].reverse(), strict=True))


def _fits(rule: Rule, finding: Finding, people: People) -> bool:
    region = people.project_regions.get(finding.project_id or "")
    return (
        rule.stem == finding.stem
        and rule.legal_entity_id in (None, finding.legal_entity_id)
        and rule.region in (None, region)
    )


def _with_authority(kind: str, finding: Finding, governance: Governance, convert: Convert) -> str:
    """Return the role that may decide on the money at risk; the rule's own where no limit concerns it."""
    decision = DECISION_OF.get(finding.stem)
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

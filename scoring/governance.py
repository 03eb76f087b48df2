"""The governance tables that rule the queue, with documented defaults where a firm has not written its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from leadline.kernel.errors import ConfigurationError
from leadline.warehouse.point_in_time import PointInTimeReader


@dataclass(frozen=True)
class Budget:
    """How much attention one score may claim per run.

    ``max_items`` exceptions; ``review_cost`` in ``currency`` for looking at one; ``random_share`` of the items is drawn
    by chance among what would not be shown.
    """

    score: str
    max_items: int = 50
    review_cost: Decimal = Decimal(30)
    currency: str = "USD"
    random_share: float = 0.05


@dataclass(frozen=True)
class Rule:
    """Who answers for a score's exceptions of a legal entity and region (null: any); the lowest priority wins."""

    score: str
    owner_kind: str
    owner_fallback: str
    priority: int = 10
    legal_entity_id: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Authority:
    """Up to which amount a role decides alone on one kind of decision."""

    role: str
    decision: str
    max_amount: Decimal
    currency: str


@dataclass(frozen=True)
class Control:
    """Which ``share`` of a score's exceptions of up to ``max_money`` is held back, to measure what acting is worth."""

    score: str
    max_money: Decimal
    currency: str
    share: float


CALENDAR = "calendar"


@dataclass(frozen=True)
class ServiceLevel:
    """How long a score's exceptions may wait.

    ``hours_to_due`` by ``clock``: ``working`` (weekends and days off do not count) or ``calendar``. After
    ``escalate_after_hours`` more, by the same clock, what still waits goes up to ``escalate_to``; None: never.
    """

    score: str
    hours_to_due: int = 120
    clock: str = "working"
    escalate_after_hours: int | None = None
    escalate_to: str | None = None


@dataclass(frozen=True)
class Governance:
    """All of them, as read from one snapshot."""

    budgets: Mapping[str, Budget]
    rules: tuple[Rule, ...]
    levels: Mapping[str, ServiceLevel]
    authorities: tuple[Authority, ...]
    controls: Mapping[str, Control] = field(default_factory=dict)

    def budget(self, score: str) -> Budget:
        """Return a score's budget; without a line of its own 50 items, 30 a review and a random share of 5%."""
        return self.budgets.get(score, Budget(score=score))

    def level(self, score: str) -> ServiceLevel:
        """Return a score's service level; without a line of its own 120 working hours, and no escalation."""
        return self.levels.get(score, ServiceLevel(score=score))


def read_governance(reader: PointInTimeReader) -> Governance:
    """Read the tables ``gov_alert_budget``, ``gov_routing_rule``, ``gov_exception_sla``, ``gov_approval_authority`` and
    ``gov_control_share``.

    A table that is absent, or has no line for a score, leaves the defaults above (and holds nothing back); the customer
    edits the seeds.
    """
    budgets = {row["score"]: _budget(row) for row in _rows(reader, "gov_alert_budget")}
    rules = [_rule(row) for row in _rows(reader, "gov_routing_rule")]
    authorities = [_authority(row) for row in _rows(reader, "gov_approval_authority")]
    return Governance(
        budgets=budgets,
        rules=tuple(sorted(rules, key=_rule_order)),
        levels={row["score"]: _level(row) for row in _rows(reader, "gov_exception_sla")},
        authorities=tuple(sorted(authorities, key=lambda one: (one.decision, one.max_amount, one.role))),
        controls={row["score"]: _control(row) for row in _rows(reader, "gov_control_share")},
    )


def _rows(reader: PointInTimeReader, mart: str) -> list[dict[str, Any]]:
    try:
        return reader.mart(mart).collect().to_dicts()
    except (ConfigurationError, KeyError):  # the firm has no such table: the defaults hold
        return []


def _named(row: Mapping[str, Any], kind: type[Budget | Rule | Authority | ServiceLevel | Control]) -> dict[str, Any]:
    return {one.name: row[one.name] for one in fields(kind) if one.name in row}


def _budget(row: Mapping[str, Any]) -> Budget:
    cost, share = Decimal(str(row["review_cost"])), float(row["random_share"])
    return Budget(**{**_named(row, Budget), "review_cost": cost, "random_share": share})


def _level(row: Mapping[str, Any]) -> ServiceLevel:
    return ServiceLevel(**_named(row, ServiceLevel))


def _authority(row: Mapping[str, Any]) -> Authority:
    return Authority(**{**_named(row, Authority), "max_amount": Decimal(str(row["max_amount"]))})


def _control(row: Mapping[str, Any]) -> Control:
    money, share = Decimal(str(row["max_money"])), float(row["share"])
    return Control(**{**_named(row, Control), "max_money": money, "share": share})


def _rule(row: Mapping[str, Any]) -> Rule:
    named = _named(row, Rule)
    return Rule(**{**named, **{name: named.get(name) or None for name in ("legal_entity_id", "region")}})


def _rule_order(rule: Rule) -> tuple[int, str, str, str]:
    return rule.priority, rule.score, rule.legal_entity_id or "", rule.region or ""

"""The fact record: what a finding's narratives may quote, each value by the query key that finds it again.

Facts of a risk model are quoted only where their meaning is declared here; records only where the published warehouse
has them, by columns whose type is a figure or a day. So what nobody declared, a person's data above all, is in no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property

from leadline.kernel.findings import Finding, Reason
from leadline.kernel.narratives import (
    COST,
    DATE,
    DUE,
    ID,
    MONEY,
    MONTH,
    NAME,
    NUMBER,
    NUMERIC,
    PERCENTAGE,
    PERSON,
    Fact,
)
from scoring.evidence import Evidence, record_key

FINDING, FACTS, RECORD = "finding.", "facts.", "record:"


@dataclass(frozen=True)
class Meaning:
    """How a value is quoted. ``unit`` names where its currency or unit stands: a key, or the unit itself."""

    kind: str
    unit: str = ""
    about: str = ""


_OWN_MONEY = Meaning(MONEY, "finding.currency")
_COST = Meaning(MONEY, "finding.currency", COST)
_LEAKED = Meaning(MONEY, "facts.leaked_currency")
_SHARE, _NUMBER, _DAY, _ID, _NAME = Meaning(PERCENTAGE), Meaning(NUMBER), Meaning(DATE), Meaning(ID), Meaning(NAME)
_OF_PERSON = Meaning(PERCENTAGE, about=PERSON)

# What a finding says of itself.
OWN: Mapping[str, Meaning] = {
    "money_at_risk": _OWN_MONEY,
    "probability": _SHARE,
    **dict.fromkeys(("band_low", "band_middle", "band_high"), Meaning(NUMBER, "finding.band_unit")),
    "band_level": _SHARE,
    **dict.fromkeys(("object_id", "project_id", "account_id", "legal_entity_id"), _ID),
    "person_id": Meaning(ID, about=PERSON),
    "as_of": _DAY,
}
# Objects whose id is made of parts: what each part is.
PARTS: Mapping[str, tuple[Meaning, ...]] = {
    "contract_line_period": (_ID, Meaning(MONTH), _NAME),
    "capacity_gap": (_NAME, _NAME, _DAY),
}
# What risk models state as facts, by name. A fact that is not here is never quoted.
MEANINGS: Mapping[str, Meaning] = {
    "amount": Meaning(MONEY, "facts.currency"),
    **dict.fromkeys(("leaked_amount", "expected_amount", "billed_amount"), _LEAKED),
    **dict.fromkeys(("plan_value", "greedy_value"), _OWN_MONEY),
    **dict.fromkeys(("eac_low", "eac_middle", "eac_high", "approved_cost"), _COST),
    **dict.fromkeys(("due_date", "late_since", "work_date", "expense_date", "begins"), _DAY),
    **dict.fromkeys(("period", "present_month", "forecast_month"), Meaning(MONTH)),
    **dict.fromkeys(("contract_line_id", "project_id", "pending_changes"), _ID),
    **dict.fromkeys(("candidate_1", "candidate_2", "candidate_3", "proposed"), Meaning(ID, about=PERSON)),
    **dict.fromkeys(("chance_1", "chance_2", "chance_3", "availability"), _OF_PERSON),
    **dict.fromkeys(("role", "series"), _NAME),
    **dict.fromkeys(
        (
            *("client_dispute_rate", "firm_dispute_rate", "late_probability", "slip_probability", "band_level"),
            *("spent_share", "progress", "elapsed_share", "waiting_share", "practice_grown_share", "billed_over_cost"),
            *("estimate_over_approved", "manager_over_approved", "practice_cost_over_approved", "forecast_moved"),
            *("approved_moved", "leavers_a_year", "growth_of_a_year", "growth_of_five_years"),
        ),
        _SHARE,
    ),
    "planned_margin": Meaning(PERCENTAGE, about=COST),
    "hour_over_plan": Meaning(NUMBER, about=COST),
    **dict.fromkeys(
        ("plan_hours", "due_hours", "hours_to_date", "unpriced_hours", "open_hours"), Meaning(NUMBER, "hours")
    ),
    **dict.fromkeys(("hours", "day_hours", "hours_per_week"), Meaning(NUMBER, "hours")),
    **dict.fromkeys(("demand", "supply", "booked", "requested", "pipeline", "unheard_of"), Meaning(NUMBER, "FTE")),
    **dict.fromkeys(("weeks", "weeks_ahead"), Meaning(NUMBER, "weeks")),
    "records": Meaning(NUMBER, "records"),
    "deals": Meaning(NUMBER, "deals"),
    "waiting_changes": Meaning(NUMBER, "change orders"),
    **dict.fromkeys(
        (
            *("days_since_issue", "records_not_named", "cost_performance_index", "burn_over_plan", "burn_trend"),
            *("slipped_days", "slips", "cost_rises", "cost_cuts", "status_age_days", "reports_a_year"),
            *("waiting_days", "changes_asked", "people", "roles", "lag_days", "copies", "rules_broken"),
            *("candidates", "plan_filled", "present_level", "forecast", "forecast_low", "forecast_high"),
        ),
        _NUMBER,
    ),
}


@dataclass(frozen=True)
class FactRecord:
    """What may be quoted of one finding: of itself, of its facts, of its records, and the due time it was routed with.

    ``hidden`` names what the reader may never be told of: facts about it have no answer here.
    """

    finding: Finding
    due_at: datetime
    evidence: Evidence
    hidden: tuple[str, ...] = ()

    def __call__(self, key: str) -> Fact | None:
        """Return the answer to a query key, asked for anew; None where there is none that may be quoted."""
        fact = self._answer(key)
        return None if fact is None or fact.about in self.hidden else fact

    @cached_property
    def known(self) -> tuple[Fact, ...]:
        """All facts that do not come from a record: of the finding, its parts, its facts, and when it is due."""
        parts = PARTS.get(self.finding.object_type, ())
        keys = [*(FACTS + name for name in self.finding.facts if name in MEANINGS), *(FINDING + name for name in OWN)]
        keys += [f"{FINDING}object_id[{place}]" for place in range(len(parts))]
        return tuple(fact for key in (*keys, DUE) if (fact := self(key)) is not None)

    def of_records(self, reason: Reason) -> Iterator[Fact]:
        """Return the facts of a reason's own records: each one's id, and what its named column says."""
        for record in reason.records:
            for column in dict.fromkeys(("", record.column)):
                fact = self(record_key(record.entity, record.key, column))
                if fact is not None:
                    yield fact

    def _answer(self, key: str) -> Fact | None:
        if key.startswith(RECORD):
            entity, _, rest = key.removeprefix(RECORD).partition("/")
            return self.evidence.fact(entity, rest) or self._of_column(entity, rest)
        meaning, value = self._meaning(key), self._value(key)
        if meaning is None or value is None or value == "":
            return None
        unit = str(self._value(meaning.unit) or "") if "." in meaning.unit else meaning.unit
        if meaning.kind == MONEY and not unit:
            return None
        text = text_of(value)
        is_fit = is_of(meaning.kind, text) and not self.evidence.names_somebody(text)
        return Fact(key, meaning.kind, text, unit, meaning.about) if is_fit else None

    def _of_column(self, entity: str, rest: str) -> Fact | None:
        record, _, column = rest.rpartition("/")
        return self.evidence.fact(entity, record, column) if record and column else None

    def _meaning(self, key: str) -> Meaning | None:
        if key == DUE:
            return _DAY
        if key.startswith(FACTS):
            return MEANINGS.get(key.removeprefix(FACTS))
        name, _, place = key.removeprefix(FINDING).removesuffix("]").partition("[")
        parts = PARTS.get(self.finding.object_type, ())
        if place:
            return parts[int(place)] if place.isdigit() and int(place) < len(parts) else None
        return OWN.get(name)

    def _value(self, key: str) -> object:
        if key == DUE:
            return self.due_at
        if key.startswith(FACTS):
            return self.finding.facts.get(key.removeprefix(FACTS))
        name, _, place = key.removeprefix(FINDING).removesuffix("]").partition("[")
        if place:
            parts = self.finding.object_id.split(":")
            return parts[int(place)] if int(place) < len(parts) else None
        if name.startswith("band_"):
            return getattr(self.finding.band, name.removeprefix("band_"), None)
        return getattr(self.finding, name, None)


def is_of(kind: str, text: str) -> bool:
    """Return whether a text is a value of a kind: a figure that is a number, a day that is one."""
    try:
        if kind in NUMERIC:
            return Decimal(text).is_finite()
        if kind in (DATE, MONTH):
            return bool(date.fromisoformat(text[:10] if len(text) > 7 else f"{text}-01"))
    except (InvalidOperation, ValueError):
        return False
    return True


def text_of(value: object) -> str:
    """Return a value as exact text: days and moments in ISO, numbers as they were computed."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(Decimal(str(value))) if isinstance(value, int | float | Decimal) else str(value)

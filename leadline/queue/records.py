"""An exception in its three forms: from scoring, as a row of the store, and as an exported record."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from leadline.kernel.compose import for_everyone, title_of
from leadline.kernel.facts import COST, MONEY, NAMED, Fact
from leadline.kernel.findings import Band, Reason, Record, ScoredException
from leadline.kernel.money import cents
from leadline.kernel.narratives import as_values
from leadline.kernel.rendering import Renderer
from leadline.kernel.stakes import Claim
from leadline.kernel.statements import Statement
from leadline.kernel.templates import LANGUAGES
from leadline.queue import version_0_1
from leadline.queue.claims import claims_from, stakes_as_values
from leadline.queue.states import OPEN
from leadline.queue.wording import (
    SAID,
    facts_as_values,
    facts_of,
    reason_as_values,
    reason_of,
    statements_as_values,
    statements_of,
)

Values = dict[str, Any]

# Not in the digest: they change every night or training, and alone are no news to a reviewer.
RESTLESS = ("as_of", "snapshot_id", "model_version", "rank", "due_at", "narratives", "stakes")
_OWN = ("object_type", "object_id", "score", "currency")
# The texts that the store is searched by, in every language, say nothing that some of its readers may not see.
_SEARCHED = tuple(Renderer(language, hidden=(COST, NAMED)) for language in LANGUAGES)
_EVERYTHING = Renderer()
# An exception that is not in progress, not escalated and not closed.
UNHANDLED: Values = dict.fromkeys(
    ("handled_by", "snoozed_until", "assigned_to", "escalated_to", "escalated_at", "ended_because")
)
_IDS = ("legal_entity_id", "project_id", "account_id", "person_id")


@dataclass(frozen=True)
class QueuedException:
    """One exception as the queue holds it. Moments are UTC with their zone; money is in ``currency``.

    ``version`` counts the changes a reviewer can notice; it is what :meth:`Store.decide` compares. ``first_as_of`` is
    when it was first found, ``as_of`` when it was last seen. ``title``, ``expected``, ``seen`` and ``action`` are
    statements, which :func:`as_record` puts in words for a reader.
    ``claimed_by`` says what of its money other exceptions state too: a sum over both counts it once.
    ``narratives`` are those of each reader as they are stored, of an exception that was not read from a list;
    :mod:`leadline.queue.narrative` tells them.
    """

    external_id: str
    score: str
    object_type: str
    object_id: str
    as_of: datetime
    first_as_of: datetime
    state: str
    version: int
    digest: str
    probability: float | None
    band_low: float | None
    band_middle: float | None
    band_high: float | None
    band_unit: str | None
    band_level: float | None
    money_at_risk: Decimal
    currency: str
    expected_value: Decimal
    rank: int
    title: Statement
    reasons: tuple[Reason, ...]
    facts: Mapping[str, Fact]
    similar: list[str]
    owner: str
    owner_kind: str
    due_at: datetime
    action: Statement
    expected: Statement
    seen: Statement
    model_version: str
    snapshot_id: str
    is_random_slice: bool
    propensity: float
    legal_entity_id: str | None
    project_id: str | None
    account_id: str | None
    person_id: str | None
    handled_by: str | None
    snoozed_until: datetime | None
    updated_at: datetime
    assigned_to: str | None = None
    escalated_to: str | None = None
    escalated_at: datetime | None = None
    ended_because: str | None = None
    claimed_by: tuple[Claim, ...] = ()
    narratives: Values | None = None

    @property
    def answers(self) -> str:
        """The current owner: assigned by hand, else escalated to, else the routed owner."""
        return self.assigned_to or self.escalated_to or self.owner

    @property
    def band(self) -> Band | None:
        """The quantile band, where the harm has a size."""
        if self.band_low is None or self.band_middle is None or self.band_high is None:
            return None
        return Band(self.band_low, self.band_middle, self.band_high, self.band_unit or "", self.band_level or 0.0)

    @property
    def middle(self) -> float | None:
        """The one number that says how likely or how large: the probability, else the middle of the band."""
        return self.band_middle if self.probability is None else self.probability


def content_of(scored: ScoredException) -> Values:
    """Return what scoring says about an exception as column values; moments get their zone, and
    figures that are no numbers become null.
    """
    finding = scored.finding
    band = finding.band
    content: Values = {name: getattr(finding, name) for name in (*_OWN, *_IDS)}
    content |= {
        "probability": _figure(finding.probability),
        "band_low": _figure(band.low) if band else None,
        "band_middle": _figure(band.middle) if band else None,
        "band_high": _figure(band.high) if band else None,
        "band_unit": band.unit if band else None,
        "band_level": _figure(band.level) if band else None,
        "money_at_risk": cents(finding.money_at_risk),
        "expected_value": cents(scored.expected_value),
        "statements": statements_as_values(finding),
        "narrative": "\n".join(for_everyone(finding, renderer).text for renderer in _SEARCHED),
        **{name: _EVERYTHING.text(getattr(finding, name)) or "" for name in SAID},
        "reasons": [_json_ready(reason_as_values(reason)) for reason in finding.reasons],
        "facts": facts_as_values(finding.facts),
        "similar": list(finding.similar),
        "is_random_slice": finding.is_random_slice,
        "propensity": float(finding.propensity),
        "as_of": zoned(finding.as_of),
        "due_at": zoned(scored.due_at),
        "narratives": as_values(scored.narratives) if scored.narratives.by_reader else None,
        "stakes": stakes_as_values(finding.stakes),
    }
    routed = ("owner", "owner_kind", "model_version", "snapshot_id", "rank")
    return content | {name: getattr(scored, name) for name in routed}


_CONTENT = (
    *_OWN,
    *SAID,
    *_IDS,
    *("probability", "band_low", "band_middle", "band_high", "band_unit", "band_level"),
    *("money_at_risk", "expected_value", "reasons", "facts", "similar", "is_random_slice", "propensity"),
    *("owner", "owner_kind", "narrative"),
)


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the sha256 of what a reviewer reads; two scores with the same digest say the same."""
    settled = {name: _json_ready(content[name]) for name in _CONTENT}
    if content["statements"] is None:
        settled = version_0_1.as_digested(settled)
    else:
        settled["statements"] = content["statements"]
    return hashlib.sha256(canonical(settled).encode()).hexdigest()


def preview(scored: ScoredException) -> Values:
    """Return the record of an exception as an empty queue would show it."""
    content = content_of(scored)
    fresh = {"external_id": scored.external_id, "state": OPEN, "version": 1, "digest": digest_of(content)}
    held = UNHANDLED | {"first_as_of": content["as_of"], "updated_at": content["as_of"], "claimed_by": None}
    return as_record(queued(content | fresh | held))


def canonical(value: Any) -> str:
    """Return the canonical JSON of a value: sorted keys, no blanks."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def queued(row: Mapping[str, Any]) -> QueuedException:
    """Return a row of the table as the frozen record; a row of a list has no narratives."""
    made: Values = {
        "reasons": tuple(reason_of(reason) for reason in row["reasons"]),
        "facts": facts_of(row["facts"]),
        "narratives": row.get("narratives"),
        "claimed_by": claims_from(row["claimed_by"]),
        **statements_of(row),
    }
    kept = {field.name: row[field.name] for field in fields(QueuedException) if field.name not in made}
    return QueuedException(**kept, **made)


def as_record(exception: QueuedException, renderer: Renderer = _EVERYTHING) -> Values:
    """Return an exception as JSON-ready values with stable keys: the form of the CLI, the exports and the outbox.

    Moments are ISO 8601 in UTC (``Z``), money is a number in ``currency``. Either ``probability`` or ``band`` is null.
    Texts are in the renderer's words; one that its reader may not see is null, and so is such a record's value.
    """
    band = None
    if exception.band_middle is not None:
        band = {name: getattr(exception, f"band_{name}") for name in ("low", "middle", "high", "unit", "level")}
    return {
        "external_id": exception.external_id,
        "score": exception.score,
        "object": f"{exception.object_type}:{exception.object_id}",
        "object_type": exception.object_type,
        "object_id": exception.object_id,
        "as_of": moment_text(exception.as_of),
        "first_as_of": moment_text(exception.first_as_of),
        "state": exception.state,
        "version": exception.version,
        "title": title_of(exception, renderer),
        "probability": exception.probability,
        "band": band,
        "money_at_risk": float(exception.money_at_risk),
        "currency": exception.currency,
        "expected_value": float(exception.expected_value),
        "rank": exception.rank,
        "reasons": [_reason(reason, renderer) for reason in exception.reasons],
        "owner": exception.owner,
        "owner_kind": exception.owner_kind,
        "due_at": moment_text(exception.due_at),
        "narrative": for_everyone(exception, renderer).text,
        **{name: renderer.text(getattr(exception, name)) for name in ("action", "expected", "seen")},
        "facts": _facts(exception, renderer),
        "similar": exception.similar,
        "model_version": exception.model_version,
        "snapshot_id": exception.snapshot_id,
        "is_random_slice": exception.is_random_slice,
        "propensity": exception.propensity,
        **{name: getattr(exception, name) for name in _IDS},
        "handled_by": exception.handled_by,
        "snoozed_until": moment_text(exception.snoozed_until),
        "updated_at": moment_text(exception.updated_at),
        "assigned_to": exception.assigned_to,
        "escalated_to": exception.escalated_to,
        "escalated_at": moment_text(exception.escalated_at),
        "ended_because": exception.ended_because,
        "claimed_by": [_claim(claim) for claim in exception.claimed_by],
    }


def _claim(claim: Claim) -> Values:
    return {"external_id": claim.claimed_by, "money": float(claim.money), "expected_loss": float(claim.expected)}


def _facts(exception: QueuedException, renderer: Renderer) -> Values:
    """Return the facts that the reader may see, money with its currency beside it as ``<name>_currency``."""
    seen = {name: fact for name, fact in exception.facts.items() if renderer.sees(fact)}
    plain: Values = {name: fact.plain for name, fact in seen.items()}
    return plain | {f"{name}_currency": fact.unit for name, fact in seen.items() if fact.kind == MONEY}


def _reason(reason: Reason, renderer: Renderer) -> Values:
    """Return a reason in words, with its template and those of its facts that the reader may see."""
    seen = {name: fact for name, fact in reason.facts.items() if renderer.sees(fact)}
    facts = {
        name: {"kind": fact.kind, "value": fact.value, "unit": fact.unit, "about": fact.about}
        for name, fact in seen.items()
    }
    return {
        "code": reason.code,
        "text": renderer.text(reason.statement),
        "weight": reason.weight,
        "template": reason.template,
        "facts": facts,
        "records": [_record(record, renderer) for record in reason.records],
    }


def _record(record: Record, renderer: Renderer) -> Values:
    seen = None if record.value is None or not renderer.sees(record.value) else record.value
    return {
        "entity": record.entity,
        "key": record.key,
        "column": record.column,
        "value": None if seen is None else seen.value,
        "unit": None if seen is None else seen.unit,
        "is_computed": record.is_computed,
        "is_hidden": seen is None and record.value is not None,
    }


# The keys of a record, in order: the columns of an export.
RECORD_KEYS = (
    *(
        "external_id",
        "score",
        "object",
        "object_type",
        "object_id",
        "as_of",
        "first_as_of",
        "state",
        "version",
        "title",
    ),
    *("probability", "band", "money_at_risk", "currency", "expected_value", "rank", "reasons", "owner", "owner_kind"),
    *("due_at", "narrative", "action", "expected", "seen", "facts", "similar", "model_version", "snapshot_id"),
    *("is_random_slice", "propensity", *_IDS, "handled_by", "snoozed_until", "updated_at"),
    *("assigned_to", "escalated_to", "escalated_at", "ended_because", "claimed_by"),
)


def moment_text(moment: datetime | None) -> str | None:
    """Return a UTC moment as ISO 8601 with ``Z``."""
    return None if moment is None else moment.replace(tzinfo=None).isoformat() + "Z"


def zoned(moment: datetime) -> datetime:
    """Return a moment in UTC with its zone; the warehouse's naive moments are UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _figure(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _json_ready(value: Any) -> Any:
    """Return a value that JSON keeps as it is: Decimal as text, moments as text, no NaN, no tuples."""
    if isinstance(value, Mapping):
        return {str(name): _json_ready(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(item) for item in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    return _figure(value) if isinstance(value, float) else str(value)

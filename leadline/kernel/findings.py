"""What a score says about one object: the contract between risk models, scoring and the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from leadline.kernel.narratives import NO_NARRATIVES, Narratives


@dataclass(frozen=True)
class Record:
    """One source record that proves a reason, by its canonical entity and key."""

    entity: str
    key: str
    column: str = ""
    value: str = ""


@dataclass(frozen=True)
class Reason:
    """One reason, in plain words, bound to the records that prove it.

    ``weight`` is the reason's share in the score (log-odds or money), for sorting only.
    """

    code: str
    text: str
    weight: float = 0.0
    records: tuple[Record, ...] = ()


@dataclass(frozen=True)
class Band:
    """A quantile band: ``level`` 0.8 means the truth lies between low and high four times in five."""

    low: float
    middle: float
    high: float
    unit: str
    level: float = 0.8


@dataclass(frozen=True)
class Finding:
    """One thing worth a person's time, as of one moment.

    Grain: one (score, object_type, object_id). Money: ``money_at_risk`` in ``currency``, not negative. Exactly one of
    ``probability`` (calibrated, 0 to 1) and ``band`` is set. ``facts`` are the figures a narrative may quote.
    The four ids at the end route the finding to its owner.
    """

    score: str
    object_type: str
    object_id: str
    as_of: datetime
    money_at_risk: Decimal
    currency: str
    title: str
    action: str
    expected: str
    seen: str
    reasons: tuple[Reason, ...]
    probability: float | None = None
    band: Band | None = None
    facts: Mapping[str, str | int | float | Decimal] = field(default_factory=dict)
    similar: tuple[str, ...] = ()
    is_random_slice: bool = False
    propensity: float = 1.0
    legal_entity_id: str | None = None
    project_id: str | None = None
    account_id: str | None = None
    person_id: str | None = None


@dataclass(frozen=True)
class ScoredException:
    """A finding ready for the queue: named, routed, due, with narratives and ranked.

    Grain: one ``external_id``, which stays the same night after night (docs/adr/0005). ``owner_kind`` is the role that
    answers (``project_manager``, ``controller``, ...); ``owner`` is the person_id who holds it, else a team's queue.
    ``due_at`` is UTC and counts from this as-of; the queue keeps the first one. ``expected_value``: probability times
    money at risk less the cost of one review, in the finding's currency; it may be negative for a row of the random
    slice. ``rank`` counts from 1 within the score and run, the random slice last. ``model_version`` is
    ``<score>@<registry version>`` or ``<score>@baseline``. ``narrative`` is the text for all; ``narratives`` are those
    of each reader, with the fact record that they quote.
    """

    finding: Finding
    external_id: str
    owner: str
    owner_kind: str
    due_at: datetime
    narrative: str
    model_version: str
    snapshot_id: str
    expected_value: Decimal
    rank: int
    narratives: Narratives = NO_NARRATIVES

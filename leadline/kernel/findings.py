"""What a score says about one object: the contract between risk models, scoring and the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from leadline.kernel.facts import Fact, Facts
from leadline.kernel.money import cents
from leadline.kernel.narratives import NO_NARRATIVES, Narratives
from leadline.kernel.stakes import Stake
from leadline.kernel.statements import Statement


@dataclass(frozen=True)
class Record:
    """One source record that proves a reason, by its canonical entity and key.

    A risk model names the ``column`` and leaves ``value`` open: scoring reads it from the warehouse, so that the two
    cannot differ. A value that is no column of the record is ``computed``, and ``column`` is then its name.
    """

    entity: str
    key: str
    column: str = ""
    value: Fact | None = None
    is_computed: bool = False


def computed(entity: str, key: str, label: str, value: Fact) -> Record:
    """Return a record beside which stands a figure that was computed from it."""
    return Record(entity, key, label, value, is_computed=True)


@dataclass(frozen=True)
class Reason:
    """One reason: a statement, bound to the records that prove it.

    ``weight`` is the reason's share in the score (log-odds or money), for sorting only.
    """

    code: str
    statement: Statement
    weight: float = 0.0
    records: tuple[Record, ...] = ()

    @property
    def template(self) -> str:
        """The id of the sentence, in the catalogue of :mod:`leadline.kernel.templates`."""
        return self.statement.template

    @property
    def facts(self) -> Facts:
        """The facts that fill the sentence's slots."""
        return self.statement.facts


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

    Grain: one (score, object_type, object_id). Money: ``money_at_risk`` in ``currency``, not negative: what is lost if
    the harm happens, whole. ``is_priced`` is False where no price is known: the money is then 0 and says nothing.
    ``probability`` (calibrated, 0 to 1): that the harm happens if no one acts; the money does not depend on it.
    ``stakes`` are the sums in the money that findings of other scores state too, together at most the money.
    ``band``: where a quantity will lie, if the harm has one. ``title``, ``action``, ``expected`` and ``seen`` are
    statements; ``facts`` are further figures that a narrative may quote.
    The four ids at the end route the finding to its owner.
    """

    score: str
    object_type: str
    object_id: str
    as_of: datetime
    money_at_risk: Decimal
    currency: str
    title: Statement
    action: Statement
    expected: Statement
    seen: Statement
    reasons: tuple[Reason, ...]
    probability: float
    band: Band | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    similar: tuple[str, ...] = ()
    is_random_slice: bool = False
    propensity: float = 1.0
    is_priced: bool = True
    stakes: tuple[Stake, ...] = ()
    legal_entity_id: str | None = None
    project_id: str | None = None
    account_id: str | None = None
    person_id: str | None = None

    @property
    def expected_loss(self) -> Decimal:
        """Probability times money at risk, in whole cents of ``currency``: the mean loss if no one acts."""
        return cents(Decimal(repr(self.probability)) * self.money_at_risk)

    def with_facts(self, change: Callable[[Fact], Fact]) -> Finding:
        """Return the finding with each fact of its statements replaced by what ``change`` makes of it."""

        def changed(statement: Statement) -> Statement:
            return statement.changed(lambda _, fact: change(fact))

        return replace(
            self,
            title=changed(self.title),
            action=changed(self.action),
            expected=changed(self.expected),
            seen=changed(self.seen),
            reasons=tuple(replace(reason, statement=changed(reason.statement)) for reason in self.reasons),
            facts={name: change(fact) for name, fact in self.facts.items()},
        )


@dataclass(frozen=True)
class ScoredException:
    """A finding ready for the queue: named, routed, due, worded and ranked.

    Grain: one ``external_id``, which stays the same night after night (docs/adr/0005). ``owner_kind`` is the role that
    answers (``project_manager``, ``controller``, ...); ``owner`` is the person_id who holds it, else a team's queue.
    ``due_at`` is UTC and counts from this as-of; the queue keeps the first one. ``expected_value``: probability times
    money at risk less the cost of one review, in the finding's currency; it may be negative for a row of the random
    slice. ``rank`` counts from 1 within the score and run, the random slice last. ``model_version`` is
    ``<score>@<registry version>`` or ``<score>@baseline``. ``narratives`` are what each reader reads.
    """

    finding: Finding
    external_id: str
    owner: str
    owner_kind: str
    due_at: datetime
    model_version: str
    snapshot_id: str
    expected_value: Decimal
    rank: int
    narratives: Narratives = NO_NARRATIVES

"""What the API takes and gives: each body as a model, which is also its description in the document.

Requests are strict: another type or a field that is none is refused, never guessed. Money is a number in ``currency``;
moments are ISO 8601 in UTC.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from leadline.app.console.actions import LONGEST_SNOOZE_DAYS, SNOOZE_DAYS
from leadline.app.console.form import LONGEST_NOTE, MOST_MONEY

MOST_ROWS = 200
LAST_VERSION = 999_999_999

Actions = Literal["take", "confirmed", "dismissed", "snoozed", "re_opened", "assign"]
Scores = Literal[
    "invoice_dispute",
    "margin_erosion",
    "revenue_leakage",
    "time_expense_anomaly",
    "staffing_match",
    "pipeline_capacity",
]
Kind = Literal[
    "money", "hours", "number", "percentage", "change", "date", "month", "id", "name", "text", "term", "answer"
]
States = Literal["open", "in_review", "confirmed", "dismissed", "snoozed", "expired", "re_opened"]


def _whole(value: Any) -> Any:
    """Return a number without a fraction as an integer, which JSON has no other word for."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Version = Annotated[
    int,
    Field(ge=1, le=LAST_VERSION, description="The version that was seen; another one is a 409."),
    BeforeValidator(_whole),
]
Days = Annotated[int, Field(ge=1, le=LONGEST_SNOOZE_DAYS), BeforeValidator(_whole)]


class Request(BaseModel):
    """A body that is sent to us."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ListAsked(BaseModel):
    """Which exceptions to list; a filter that is misspelt is refused, not left out."""

    model_config = ConfigDict(extra="forbid")

    tab: Literal["mine", "team", "breached"] = "team"
    score: Scores | None = None
    state: States | Literal["all"] | None = Field(None, description="Without it, what waits.")
    owner: str = Field("", max_length=200)
    legal_entity: str = Field("", max_length=200)
    q: str = Field("", max_length=200, description="In title, narrative, object and id.")
    after: str = Field(
        "", pattern=r"^(-?[0-9]{1,15}(\.[0-9]{1,2})?_[0-9a-f]{16})?$", description="From the page before."
    )
    limit: int = Field(50, ge=1, le=MOST_ROWS)


class Seen(Request):
    """On which version something is done."""

    version: Version


class _Decided(Request):
    version: Version
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] | None = Field(None, description="For people only.")


class Confirmed(_Decided):
    """It is true; ``value_recovered`` is what this saved, in the exception's currency."""

    verdict: Literal["confirmed"]
    reason_code: Literal[
        "corrected", "billed", "renegotiated", "prevented", "escalated", "accepted_loss", "filled", "other"
    ]
    value_recovered: float | None = Field(None, ge=0, le=float(MOST_MONEY))


class Dismissed(_Decided):
    """It is not true, or not worth acting on."""

    verdict: Literal["dismissed"]
    reason_code: Literal["not_true", "already_known", "agreed_exception", "immaterial", "data_error", "other"]


class Snoozed(_Decided):
    """Not now: it comes back after some days."""

    verdict: Literal["snoozed"]
    reason_code: Literal["waiting_for_client", "waiting_for_information", "not_now"]
    days: Days = SNOOZE_DAYS


class ReOpened(_Decided):
    """It has to be looked at again."""

    verdict: Literal["re_opened"]
    reason_code: Literal["new_information", "mistake"]


# What somebody says about an exception; each verdict has its own reasons.
Decision = Annotated[Confirmed | Dismissed | Snoozed | ReOpened, Field(discriminator="verdict")]
VERDICT_FORMS = (Confirmed, Dismissed, Snoozed, ReOpened)


class Assignment(Request):
    """To whom an exception is given."""

    version: Version
    to: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="A login or person_id; without one it goes back to whom it was routed."
    )


class RecordResponse(BaseModel):
    """A source record that proves a reason, and what its ``column`` says.

    ``is_computed``: the value is no column of the record, but was computed from it; ``column`` is its name.
    ``is_hidden``: this token may not see the value.
    """

    entity: str
    key: str
    column: str
    value: str | None
    unit: str | None = Field(description="The currency of money, and what a number counts.")
    is_computed: bool
    is_hidden: bool


class FactResponse(BaseModel):
    """One value that a sentence quotes. Percentages are shares: 0.25 is 25%."""

    kind: Kind
    value: str
    unit: str
    about: str


class ReasonResponse(BaseModel):
    """Why an exception is one: a sentence of the catalogue, in words and as its template with the facts in its slots.

    ``text`` is null where this token may not see all that it quotes.
    """

    code: str
    text: str | None
    weight: float
    template: str
    facts: dict[str, FactResponse]
    records: list[RecordResponse]


class BandResponse(BaseModel):
    """Between what the truth lies, ``level`` times out of one."""

    low: float
    middle: float
    high: float
    unit: str | None
    level: float | None


class ClaimResponse(BaseModel):
    """What of an exception's money another one states too: a sum over both counts it once."""

    external_id: str
    money: float
    expected_loss: float


class ExceptionResponse(BaseModel):
    """An exception, as every record of it in exports and deliveries."""

    external_id: str
    score: Scores
    object: str
    object_type: str
    object_id: str
    as_of: str
    first_as_of: str
    state: States
    version: int
    title: str
    probability: float | None
    band: BandResponse | None
    money_at_risk: float
    currency: str
    expected_value: float
    rank: int
    reasons: list[ReasonResponse]
    owner: str
    owner_kind: str
    due_at: str
    narrative: str
    action: str | None
    expected: str | None
    seen: str | None
    facts: dict[str, Any]
    similar: list[str]
    model_version: str
    snapshot_id: str
    is_random_slice: bool
    propensity: float
    legal_entity_id: str | None
    project_id: str | None
    account_id: str | None
    person_id: str | None
    handled_by: str | None
    snoozed_until: str | None
    updated_at: str
    assigned_to: str | None
    escalated_to: str | None
    escalated_at: str | None
    ended_because: str | None
    claimed_by: list[ClaimResponse]


class SumResponse(BaseModel):
    """How many exceptions the whole list holds in one currency, and their money, each unit once."""

    currency: str
    exceptions: int
    money_at_risk: float
    expected_value: float


class PageResponse(BaseModel):
    """One page of the worklist; ``after`` leads to the next, null on the last."""

    items: list[ExceptionResponse]
    after: str | None
    sums: list[SumResponse]


class DecisionResponse(BaseModel):
    """A decision that was taken."""

    verdict: str
    reason_code: str
    decided_by: str
    note: str | None
    value_recovered: float | None
    currency: str
    is_intervention: bool


class HappenedResponse(BaseModel):
    """One version of an exception: when, who made it, what happened, by which decision."""

    version: int
    at: str
    actor: str
    event: str
    decision: DecisionResponse | None


class QuoteResponse(BaseModel):
    """What a narrative quotes: the place of its first letter, as it is written, and the query key it came from."""

    at: int
    written: str
    key: str
    kind: Kind


class NarrativeResponse(BaseModel):
    """An exception in a reader's words; every figure, day, id and name of the text is among ``quotes``, in order."""

    reader: Literal["controller", "project_manager", "account_manager"]
    text: str
    quotes: list[QuoteResponse]


class DossierResponse(BaseModel):
    """An exception with the text of each reader, what happened to it, what waits beside it, and what this token may
    do now.
    """

    exception: ExceptionResponse
    narratives: list[NarrativeResponse]
    trail: list[HappenedResponse]
    related: list[ExceptionResponse]
    actions: list[Actions]


class MeasuresResponse(BaseModel):
    """How well the queue works for one score, over the legal entities that are seen (docs/figures.md)."""

    score: str
    waiting: int
    overdue: int
    age_days: float | None
    decided: int
    on_true_cases: float | None
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    slice_decided: int
    slice_rate: float | None
    lift: float | None
    override_rate: float | None
    hours_to_decision: float | None
    in_time: float | None
    recovered: dict[str, float]


class UserResponse(BaseModel):
    """Whose token this is, and what it may do; ``legal_entities`` null is all."""

    login: str
    roles: list[str]
    permissions: list[str]
    legal_entities: list[str] | None
    person_id: str | None

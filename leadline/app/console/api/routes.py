"""The API's routes. Each asks the same as the page beside it, under the same permission and scope."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from leadline.app.console import actions, lists
from leadline.app.console.api import bearer, forms
from leadline.app.console.api.idempotency import Key, once
from leadline.app.console.api.problems import documented
from leadline.app.console.dossier import Happened, dossier, renderer
from leadline.app.console.form import clean
from leadline.app.console.guard import RequestContext
from leadline.queue.decisions import Verdict
from leadline.queue.records import as_record, moment_text
from leadline.queue.worklist import Sum

router = APIRouter()

Anybody = Annotated[RequestContext, Depends(bearer.request_context)]
Reader = Annotated[RequestContext, Depends(bearer.requires("see_queue"))]
Language = Annotated[str, Depends(bearer.language)]
Decider = Annotated[RequestContext, Depends(bearer.requires("decide"))]
Giver = Annotated[RequestContext, Depends(bearer.requires("reassign"))]
Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="The exception's external_id.")]

_CHANGING: dict[str, Any] = {"response_model": forms.ExceptionResponse, "responses": documented(400, 404, 409, 413)}


@router.get("/me", response_model=forms.UserResponse, responses=documented())
def who_am_i(context: Anybody) -> dict[str, Any]:
    """Whose token this is, and what it may do and see."""
    user = context.user
    entities = None if user.legal_entities is None else sorted(user.legal_entities)
    answer = {"login": user.login, "roles": list(user.roles), "person_id": user.person_id}
    return answer | {"permissions": sorted(user.permissions), "legal_entities": entities}


@router.get("/worklist", response_model=forms.PageResponse, responses=documented())
def list_worklist(context: Reader, asked: Annotated[forms.ListAsked, Query()], language: Language) -> dict[str, Any]:
    """One page of the worklist, the highest expected value first, and sums of the whole list per currency."""
    filters = lists.asked(asked.tab, asked.score or "", asked.state or "", asked.owner, asked.legal_entity, asked.q)
    sought = lists.sought(context, filters)
    found = context.store.worklist.listing(context.scope, sought, limit=asked.limit + 1, after=lists.key(asked.after))
    shown, words = found.page[: asked.limit], renderer(context, language)
    return {
        "items": [as_record(one, words) for one in shown],
        "after": lists.after(shown[-1]) if len(found.page) > asked.limit else None,
        "sums": [_sum(one) for one in found.sums],
    }


@router.get("/exceptions/{external_id}", response_model=forms.DossierResponse, responses=documented(404))
def read_exception(context: Reader, external_id: Id, language: Language) -> dict[str, Any]:
    """One exception with its evidence, each reader's narrative, what happened to it, what waits beside it and what may
    be done.
    """
    found, words = dossier(context, external_id, language), renderer(context, language)
    return {
        "exception": as_record(found.one, words),
        "narratives": [{"reader": reader} | asdict(text) for reader, text in found.narratives.items()],
        "trail": [_step(step) for step in found.timeline],
        "related": [as_record(other, words) for other in found.related],
        "actions": list(found.actions),
    }


@router.post("/exceptions/{external_id}/take", **_CHANGING)
def take(context: Decider, external_id: Id, body: forms.Seen, key: Key, language: Language) -> Response:
    """Take an exception in hand."""
    return once(context, key, "take", actions.take(context, external_id, version=body.version), body, language=language)


@router.post("/exceptions/{external_id}/decide", **_CHANGING)
def decide(context: Decider, external_id: Id, body: forms.Decision, key: Key, language: Language) -> Response:
    """Confirm, dismiss, snooze or re-open an exception, by one of the verdict's reasons."""
    recovered = body.value_recovered if isinstance(body, forms.Confirmed) else None
    spoken = Verdict(
        verdict=body.verdict,
        reason_code=body.reason_code,
        by=context.user.login,
        note=clean(body.note or "") or None,
        expected_version=body.version,
        value_recovered=None if recovered is None else Decimal(str(recovered)),
        snoozed_until=context.at + timedelta(days=body.days) if isinstance(body, forms.Snoozed) else None,
    )
    return once(context, key, "decide", actions.decide(context, external_id, spoken), body, language=language)


@router.post("/exceptions/{external_id}/assign", **_CHANGING)
def assign(context: Giver, external_id: Id, body: forms.Assignment, key: Key, language: Language) -> Response:
    """Give an exception to somebody, or back to whom it was routed."""
    to_whom = clean(body.to or "") or None
    return once(
        context,
        key,
        "assign",
        actions.assign(context, external_id, to=to_whom, version=body.version),
        body,
        language=language,
    )


@router.post("/exceptions/{external_id}/undo", **_CHANGING)
def undo(context: Decider, external_id: Id, body: forms.Seen, key: Key, language: Language) -> Response:
    """Take one's own last decision back, within a quarter of an hour."""
    return once(context, key, "undo", actions.undo(context, external_id, version=body.version), body, language=language)


@router.get("/metrics", response_model=list[forms.MeasuresResponse], responses=documented())
def queue_metrics(context: Reader) -> list[dict[str, Any]]:
    """How well the queue works, score by score: is it true, is it worth it, is it in time."""
    return [_measured(asdict(one)) for one in context.store.worklist.measures(context.scope, at=context.at)]


def _sum(one: Sum) -> dict[str, Any]:
    answer = {"currency": one.currency, "exceptions": one.exceptions}
    return answer | {"money_at_risk": float(one.money_at_risk), "expected_value": float(one.expected_value)}


def _step(step: Happened) -> dict[str, Any]:
    answer = {"version": step.version, "at": moment_text(step.at), "actor": step.actor, "event": step.event}
    return answer | {"decision": asdict(step.decision) if step.decision else None}


def _measured(measures: dict[str, Any]) -> dict[str, Any]:
    return measures | {"recovered": {currency: float(money) for currency, money in measures["recovered"].items()}}

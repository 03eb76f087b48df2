"""All that a person may see of one exception: itself, its reasons, what happened to it, what else waits beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import HTTPException

from leadline.access.users import sees
from leadline.app.console.guard import RequestContext
from leadline.kernel.rendering import READERS, RenderedText, Renderer, hidden_from
from leadline.queue.decisions import Decision
from leadline.queue.narrative import render_narrative
from leadline.queue.records import QueuedException
from leadline.queue.states import (
    CONFIRMED,
    DECIDED,
    DISMISSED,
    LIVE,
    OPEN,
    RE_OPENED,
    SNOOZED,
    WAITING,
)
from leadline.queue.trail import Trail

TAKE, ASSIGN = "take", "assign"


@dataclass(frozen=True)
class Happened:
    """One step of an exception's life, with the decision it followed from."""

    version: int
    at: datetime
    actor: str
    event: str
    decision: Decision | None


@dataclass(frozen=True)
class Dossier:
    """One exception as one person may see it.

    Attributes:
        one: the exception, which their renderer puts in words.
        timeline: what happened to it, oldest first.
        related: what else waits on the same object or project, within their scope.
        narratives: the text of each reader, without what this person may not see; only readers who have one.
        actions: what its state and their permissions let them do, the likeliest first.
    """

    one: QueuedException
    timeline: list[Happened]
    related: list[QueuedException]
    narratives: dict[str, RenderedText]
    actions: tuple[str, ...]


def dossier(context: RequestContext, external_id: str, language: str) -> Dossier:
    """Return all about one exception by its whole id.

    Raises:
        HTTPException: 404, there is no such exception within this person's scope.
    """
    found = context.store.worklist.seen(context.scope, external_id)
    if found is None:
        raise HTTPException(404)
    one, trail = found
    return Dossier(
        one=one,
        timeline=timeline(trail),
        related=_related(context, one),
        narratives=narratives(context, one, language),
        actions=_actions(context, one.state),
    )


def renderer(context: RequestContext, language: str) -> Renderer:
    """Return what puts statements in words for this person: in their language, without what they may not see."""
    return Renderer(language, hidden=hidden_from(context.user.permissions))


def narratives(context: RequestContext, one: QueuedException, language: str) -> dict[str, RenderedText]:
    """Return each reader's narrative of an exception, without sentences that quote what this person may not see."""
    own = renderer(context, language)
    rendered = {reader: render_narrative(one, replace(own, audience=reader)) for reader in READERS}
    return {reader: one for reader, one in rendered.items() if one.text}


def timeline(trail: Trail) -> list[Happened]:
    """Return the steps with the decision that each followed from, oldest first."""
    decided = {decision.exception_version + 1: decision for decision in trail.decisions}
    return [Happened(step.version, step.at, step.actor, step.event, decided.get(step.version)) for step in trail.steps]


def _related(context: RequestContext, one: QueuedException) -> list[QueuedException]:
    hidden = context.scope.hidden_scores
    found = context.store.related(one)
    return [other for other in found if sees(context.user, other.legal_entity_id) and other.score not in hidden]


def _actions(context: RequestContext, state: str) -> tuple[str, ...]:
    decides, gives = context.user.may("decide"), context.user.may("reassign")
    possible = {
        TAKE: decides and state in (OPEN, RE_OPENED),
        CONFIRMED: decides and state not in DECIDED,
        DISMISSED: decides and state not in DECIDED,
        SNOOZED: decides and state in (*WAITING, SNOOZED),
        RE_OPENED: decides and state not in WAITING,
        ASSIGN: gives and state in LIVE,
    }
    return tuple(action for action, can in possible.items() if can)

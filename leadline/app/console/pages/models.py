"""The risk models: which version scores, its held-out performance, and its performance since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from leadline.app.console import guard
from leadline.app.console.charts import Chart
from leadline.app.console.guard import RequestContext
from leadline.app.console.model_history import CHALLENGER, CHAMPION, held_out, reliability, with_alias
from leadline.app.console.services import services_of
from leadline.app.console.translation import N_
from leadline.app.console.view import render
from leadline.kernel.scores import SCORES
from leadline.queue.measures import Measures
from leadline.queue.runs import Detail
from leadline.tracking.recorded import Version

router = APIRouter()

# What a night notes of each score.
HEALTH = "health"
NIGHTS = 60
STATES = {
    "ok": N_("ok"),
    "watch": N_("watch"),
    "alarm": N_("alarm"),
    "skipped": N_("skipped"),
}

Reader = Annotated[RequestContext, Depends(guard.requires("see_models"))]


@router.get("/models")
def overview(request: Request, context: Reader) -> Response:
    """Show all risk models, one line each."""
    history, health = services_of(request).models, _health(context, 1)
    latest = {row["score"]: row for row in health[0].value} if health else {}
    measured = _measured(context)
    lines = [
        {
            "score": score,
            "champion": with_alias(found, CHAMPION),
            "challenger": with_alias(found, CHALLENGER),
            "health": latest.get(score),
            "measures": measured.get(score),
        }
        for score in SCORES
        for found in [history.versions(score) if history else []]
    ]
    return render(request, "models.html", lines=lines, states=STATES, scored_at=health[0].as_of if health else None)


@router.get("/models/{score}")
def one(request: Request, score: str, context: Reader) -> Response:
    """Show one risk model in full."""
    if score not in SCORES:
        raise HTTPException(404)
    history = services_of(request).models
    found = history.versions(score) if history else []
    champion, challenger = with_alias(found, CHAMPION), with_alias(found, CHALLENGER)
    return render(
        request,
        "model.html",
        score=score,
        states=STATES,
        versions=found,
        champion=champion,
        speakers=[
            {"alias": alias, "version": version, "table": held_out(version), "chart": _calibration(version)}
            for alias, version in ((CHAMPION, champion), (CHALLENGER, challenger))
            if version
        ],
        evaluation=history.evaluation(score) if history else None,
        drift=_drift(context, score),
        measures=_measured(context).get(score),
        is_hidden=score in context.scope.hidden_scores,
    )


def _health(context: RequestContext, nights: int) -> Sequence[Detail]:
    return context.store.journal.details_of(HEALTH, limit=nights)


def _measured(context: RequestContext) -> dict[str, Measures]:
    """Return how each score performs in the queue, within the user's scope; empty without access to the queue."""
    if not context.user.may("see_queue"):
        return {}
    return {one.score: one for one in context.store.worklist.measures(context.scope, at=context.at)}


def _calibration(version: Version) -> Chart:
    """Return what was said beside what came true, by tenth of the probability; the closer the lines the better."""
    return Chart(
        x="predicted",
        x_label=N_("Probability, as said"),
        series={"observed": N_("Came true"), "predicted": N_("As said")},
        rows=reliability(version),
        title=N_("Do probabilities come true?"),
        axis=N_("Share that came true"),
        is_ratio=True,
        is_ratio_x=True,
    )


def _drift(context: RequestContext, score: str) -> dict[str, Any]:
    """Return how far the spread of probabilities moved from run to run, the latest first, as rows and a chart."""
    rows = [
        {"as_of": night.as_of, "day": _day(night), **own}
        for night in _health(context, NIGHTS)
        for own in night.value
        if own["score"] == score
    ]
    chart = Chart(
        x="day",
        x_label=N_("As of"),
        series={"psi": "PSI"},
        rows=[row for row in reversed(rows) if row["day"]],
        title=N_("How far the scores moved"),
        axis="PSI",
    )
    return {"rows": rows, "chart": chart if len(chart.rows) > 1 else None}


def _day(night: Detail) -> date | None:
    return night.as_of.date() if night.as_of else None

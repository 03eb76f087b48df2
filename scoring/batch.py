"""The nightly score: every score that can run, from findings to routed and ranked exceptions with narratives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import cast

from leadline import tracking
from leadline.kernel.errors import Fault, InsufficientDataError, IntegrityError
from leadline.kernel.findings import Finding, ScoredException
from leadline.kernel.home import Home
from leadline.kernel.scores import choose as choose_scores
from leadline.queue.holdout import HoldoutDraw
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import RiskModel
from scoring.control import draw
from scoring.evidence import Evidence, read_evidence, with_evidence
from scoring.exchange import Convert, exchange
from scoring.governance import Governance, read_governance
from scoring.policy import Chosen, choose, external_id
from scoring.readers import narratives_of
from scoring.rephrasing import Rephrased, Rephraser, rephrased
from scoring.routing import People, due_at, read_people, route

BASELINE = "baseline"

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class ScoreReport:
    """What the run did for one score.

    ``skipped``: why it did not run, empty when it did. ``found``: all findings of the risk model, shown or not.
    ``rephrased``: what became of the narratives' sentences in other words.
    ``drawn``: the exceptions that the trial of what acting is worth may hold back.
    """

    score: str
    skipped: str = ""
    model_version: str = ""
    found: tuple[Finding, ...] = ()
    exceptions: tuple[ScoredException, ...] = ()
    drawn: tuple[HoldoutDraw, ...] = ()
    rephrased: Rephrased = field(default_factory=Rephrased)


@dataclass(frozen=True)
class RunReport:
    """One run over one snapshot: a report per score, in the scores' fixed order."""

    as_of: datetime
    snapshot_id: str
    scores: tuple[ScoreReport, ...]

    @property
    def exceptions(self) -> tuple[ScoredException, ...]:
        """All exceptions, by score, then rank."""
        return tuple(exception for report in self.scores for exception in report.exceptions)


@dataclass(frozen=True)
class _Desk:
    """What every score of a run is judged by."""

    home: Home
    reader: PointInTimeReader
    as_of: datetime
    governance: Governance
    people: People
    convert: Convert
    rephraser: Rephraser | None


def score(
    home: Home,
    reader: PointInTimeReader,
    scores: Sequence[str],
    *,
    as_of: datetime,
    progress: Progress | None = None,
    rephraser: Rephraser | None = None,
) -> RunReport:
    """Score the scores (all six when none is named) as of one moment and return the exceptions they raise.

    The same as-of, data and registered models give the same exceptions, in the same order. A score whose entities are
    missing, or too few, is skipped with the reason. The champion scores; where there is none, the best baseline.
    ``progress`` gets each score and the share done, 0 to 1. ``rephraser`` may put narratives in other words, and
    nothing else.

    Raises:
        UsageError: a name is not a score.
        IntegrityError: a registered model's files changed, or a risk model speaks twice of one object.
    """
    wanted = choose_scores(tuple(scores))
    desk = _Desk(
        home=home,
        reader=reader,
        as_of=as_of,
        governance=read_governance(reader),
        people=read_people(reader, as_of=as_of),
        convert=exchange(reader, as_of=as_of),
        rephraser=rephraser,
    )
    reports = []
    for position, score in enumerate(wanted):
        if progress is not None:
            progress(score, position / len(wanted))
        reports.append(_score_score(desk, score))
    return RunReport(as_of=as_of, snapshot_id=reader.snapshot_id, scores=tuple(reports))


def _score_score(desk: _Desk, score: str) -> ScoreReport:
    module = cast(RiskModel, import_module(f"models.{score}"))
    missing = [entity for entity in module.NEEDS if not desk.reader.has(entity)]
    if missing:
        return ScoreReport(score, skipped="needs " + ", ".join(missing))
    champion = tracking.champion(desk.home, score)
    version = f"{score}@{champion.version if champion else BASELINE}"
    try:
        found = module.findings(desk.reader, as_of=desk.as_of, artefact=champion.artefact if champion else None)
    except InsufficientDataError as exc:
        return ScoreReport(score, skipped=exc.what, model_version=version)
    _require_one_voice(score, found)
    chosen = choose(found, desk.governance.budget(score), convert=desk.convert, as_of=desk.as_of)
    evidence = read_evidence(desk.reader, [one.finding for one in chosen], as_of=desk.as_of)
    made = [_exception(desk, one, version, evidence) for one in chosen]
    exceptions, worded = rephrased(desk.rephraser, made)
    return ScoreReport(
        score=score,
        model_version=version,
        found=tuple(found),
        exceptions=exceptions,
        rephrased=worded,
        drawn=draw(exceptions, desk.governance.controls.get(score), convert=desk.convert),
    )


def _require_one_voice(score: str, found: Sequence[Finding]) -> None:
    """Two findings on one object would be one exception with two contents."""
    counts = Counter((finding.object_type, finding.object_id) for finding in found)
    twice = [f"{kind} {key}" for (kind, key), count in sorted(counts.items()) if count > 1]
    if twice:
        raise IntegrityError(
            "A risk model returned several findings for one object.",
            where=f"models.{score}",
            faults=[Fault(where=score, expected="one finding per object", found=name) for name in twice[:20]],
        )


def _exception(desk: _Desk, chosen: Chosen, version: str, evidence: Evidence) -> ScoredException:
    finding = with_evidence(chosen.finding, evidence)
    owner = route(finding, desk.governance, desk.people, convert=desk.convert)
    due = due_at(finding, desk.governance, desk.people, owner.name)
    return ScoredException(
        finding=finding,
        external_id=external_id(finding),
        owner=owner.name,
        owner_kind=owner.kind,
        due_at=due,
        model_version=version,
        snapshot_id=desk.reader.snapshot_id,
        expected_value=chosen.expected_value,
        rank=chosen.rank,
        narratives=narratives_of(finding, due_at=due, evidence=evidence),
    )

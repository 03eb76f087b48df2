"""train, evaluate, score: the risk models and their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadline.app.boundary import session_of
from leadline.app.measure_commands import print_choices
from leadline.app.night import deliver, escalate_overdue, queue_exceptions, raise_unusable, score_scores, settle_as_of
from leadline.app.options import AsOfOption, FormatOption, HomeOption, ScoreArguments, SeedOption, moment
from leadline.app.printing import Format, cell, print_rows, print_table
from leadline.app.progress import note
from leadline.app.truth_commands import judge_books, judge_worlds
from leadline.app.work import Job, working
from leadline.kernel.errors import InsufficientDataError, LeadlineError, UsageError
from leadline.kernel.scores import choose

if TYPE_CHECKING:
    from leadline.warehouse.point_in_time import PointInTimeReader
    from scoring.batch import RunReport
    from scoring.monitoring import Health
    from training.evaluate import EvaluationRow
    from training.fit import TrainReport

TRAIN_COLUMNS = {
    "score": "score",
    "version": "version",
    "promoted": "promoted",
    "examples": "examples",
    "metric": "decided by",
    "figures": "held-out figures",
    "message": "outcome",
}
SCORE_COLUMNS = {
    "score": "score",
    "found": "found",
    "shown": "shown",
    "random": "by chance",
    "money_at_risk": "money at risk",
    "model_version": "scored by",
    "state": "state",
    "why": "why",
}


def train(
    ctx: typer.Context,
    scores: ScoreArguments = None,
    as_of: AsOfOption = None,
    seed: SeedOption = 7,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Train scores on everything that has matured; a candidate becomes champion only if it passes its gates.

    Runs and versions are in MLflow. The same data gives the same model, which is not registered twice.
    """
    wanted, asked = choose(scores or []), moment(as_of)
    with working(session_of(ctx), home, "train", as_of=asked) as job:
        reader = job.parts.open_current(job.home.warehouse)
        at = settle_as_of(job, asked)
        rows = train_scores(job, reader, wanted, as_of=at, seed=seed)
        print_rows(rows, form, columns=TRAIN_COLUMNS, title=f"Trained on what was known by {at:%Y-%m-%d}")


def train_scores(
    job: Job, reader: PointInTimeReader, scores: Sequence[str], *, as_of: datetime, seed: int
) -> list[dict[str, Any]]:
    """Train the scores one after the other and return a row for each."""
    rows = []
    with job.steps.step("Train") as tell:
        for number, score in enumerate(scores):
            tell(score, number / len(scores))
            rows.append(train_row(job.parts.train(job.home, reader, score, as_of=as_of, seed=seed)))
    job.outcome.snapshot_id = reader.snapshot_id
    job.outcome.counts |= {
        "trained": sum(row["version"] is not None for row in rows),
        "promoted": sum(row["promoted"] for row in rows),
    }
    return rows


def train_row(report: TrainReport) -> dict[str, Any]:
    """Return a training as one row; of its figures those of the metric that decides."""
    metric = next(iter(report.held_out), None)
    figures = dict(report.held_out[metric]) if metric else {}
    return {
        "score": report.score,
        "version": report.version,
        "promoted": report.promoted,
        "unchanged": report.unchanged,
        "examples": report.examples,
        "metric": metric,
        "figures": ", ".join(f"{name} {cell(float(value))}" for name, value in figures.items()),
        "held_out": {name: dict(values) for name, values in report.held_out.items()},
        "message": report.message,
    }


def evaluate(
    ctx: typer.Context,
    scores: ScoreArguments = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many seeds each model is trained with.")] = 3,
    folds: Annotated[int, typer.Option("--folds", min=1, help="How many windows of held-out time.")] = 3,
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth", help="A simulated firm, or a folder of several: judge the scores beside what can be known there."
        ),
    ] = None,
    books: Annotated[
        Path | None,
        typer.Option(
            "--books",
            help="A firm simulated with --books, or a folder of several: judge the reconciliations by its faults.",
        ),
    ] = None,
    as_of: AsOfOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Compare each model with every baseline on held-out time, with intervals from resampled clusters.

    Also written to evaluations/ in the home as JSON, CSV, Markdown and a picture, and logged in MLflow. With --truth
    the worlds are landed and built in homes of their own, and each model is also compared with the best that could be
    known; a model above it fails the command.
    """
    wanted, asked = choose(scores or []), moment(as_of)
    if books is not None and (truth is not None or scores):
        raise UsageError(
            "--books judges the reconciliations, not the scores.",
            found=" ".join([*(scores or []), *(["--truth"] if truth is not None else [])]),
            expected="--books alone",
            next_step=f"leadline evaluate --books {books}",
        )
    if books is not None:
        with working(session_of(ctx), home, "evaluate", create=True) as job:
            judge_books(job, books, form)
        return
    if truth is not None:
        with working(session_of(ctx), home, "evaluate", create=True) as job:
            judge_worlds(job, truth, wanted, seeds=list(range(1, seeds + 1)), folds=folds, form=form)
        return
    with working(session_of(ctx), home, "evaluate", as_of=asked) as job:
        reader = job.parts.open_current(job.home.warehouse)
        at = settle_as_of(job, asked)
        rows = evaluate_scores(job, reader, wanted, as_of=at, seeds=list(range(1, seeds + 1)), folds=folds)
        if form is not Format.TABLE:
            print_rows([asdict(row) for row in rows], form, columns={"score": "score"})
            return
        for score in dict.fromkeys(row.score for row in rows):
            print_benchmark([row for row in rows if row.score == score])
        note(f"Written to {job.home.evaluations}.")


def evaluate_scores(
    job: Job, reader: PointInTimeReader, scores: Sequence[str], *, as_of: datetime, seeds: Sequence[int], folds: int
) -> list[EvaluationRow]:
    """Evaluate the scores, write the figures, and list the scores with too little data.

    Raises:
        InsufficientDataError: none of them has enough.
    """
    rows: list[EvaluationRow] = []
    failures: list[LeadlineError] = []
    with job.steps.step("Evaluate") as tell:
        for number, score in enumerate(scores):
            tell(score, number / len(scores))
            try:
                rows += job.parts.evaluate(job.home, reader, score, as_of=as_of, seeds=seeds, folds=folds)
            except InsufficientDataError as exc:
                failures.append(exc)
    for failure in failures:
        note(f"Left out: {failure.what}")
    if failures and not rows:
        raise failures[0]
    from training.report import write

    write(rows, job.home.evaluations)
    job.outcome.snapshot_id = reader.snapshot_id
    job.outcome.counts["figures"] = len(rows)
    return rows


def print_benchmark(rows: Sequence[EvaluationRow]) -> None:
    """Print one score's benchmark: a block per metric, the model first, each figure with its interval.

    Candidates for which a metric is not defined are left out of its block.
    """
    defined = [row for row in rows if row.value is not None]
    starts = {row.metric: index for index, row in reversed(list(enumerate(defined)))}
    lines = [
        {
            "metric": row.metric if starts[row.metric] == index else "",
            "candidate": f"► {row.candidate}" if row.is_model else row.candidate,
            "figure": f"{row.value:.3f}",
            "interval": "" if row.low is None or row.high is None else f"{row.low:.3f} … {row.high:.3f}",
        }
        for index, row in enumerate(defined)
    ]
    first = rows[0]
    title = f"{first.score}: {first.n:,} held-out examples, {first.folds} folds, {first.seeds} seeds, 90% intervals"
    print_table(lines, {name: name for name in ("metric", "candidate", "figure", "interval")}, title=title)


def score(
    ctx: typer.Context,
    scores: ScoreArguments = None,
    as_of: AsOfOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the exceptions without changing the queue, e.g. for a past as-of.")
    ] = False,
    sensitivity: Annotated[
        bool,
        typer.Option("--sensitivity", help="Print what another budget would save, without changing the queue."),
    ] = False,
    rewind: Annotated[
        bool, typer.Option("--rewind", help="Let an older as-of replace what was queued at a later one.")
    ] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Score the published warehouse and queue what is worth a person's time. Scoring twice queues once."""
    wanted, asked = choose(scores or []), moment(as_of)
    looks = dry_run or sensitivity
    with working(session_of(ctx), home, "dry-run" if looks else "score", as_of=asked) as job:
        reader = job.parts.open_current(job.home.warehouse)
        at = settle_as_of(job, asked)
        report, health = score_scores(job, reader, wanted, as_of=at)
        if looks:
            job.outcome.details.clear()  # a look back is nothing to compare the next night with
        if sensitivity:
            print_choices(job.parts.sensitivity(report, reader, as_of=at), form)
            return
        if dry_run:
            print_rows(exception_rows(report), form, columns=EXCEPTION_COLUMNS, title=f"As of {at:%Y-%m-%d %H:%M}")
            return
        changes = queue_exceptions(job, report, rewind=rewind)
        escalate_overdue(job, reader, as_of=at)
        raise_unusable(deliver(job))
        print_rows(score_rows(health), form, columns=SCORE_COLUMNS, title=f"Scores as of {at:%Y-%m-%d %H:%M} UTC")
        note("Queue: " + ", ".join(f"{count} {name}" for name, count in asdict(changes).items()))


EXCEPTION_COLUMNS = {
    "external_id": "id",
    "score": "score",
    "rank": "rank",
    "title": "what",
    "money_at_risk": "money at risk",
    "currency": "",
    "owner": "owner",
}


def exception_rows(report: RunReport) -> list[dict[str, Any]]:
    """Return a score's exceptions as records, as the queue would show them were it empty."""
    from leadline.queue.records import preview

    return [preview(one) for one in report.exceptions]


def score_rows(health: Sequence[Health]) -> list[dict[str, Any]]:
    """Return a row per score: what was found, shown, at risk, and how far the scores moved."""
    return [
        {
            "score": one.score,
            "found": one.found,
            "shown": one.shown,
            "random": one.random,
            "money_at_risk": ", ".join(f"{amount:,.0f} {currency}" for currency, amount in one.money_at_risk.items()),
            "model_version": one.model_version,
            "state": one.state,
            "psi": one.psi,
            "why": one.why,
        }
        for one in health
    ]

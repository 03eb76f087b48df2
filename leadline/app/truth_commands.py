"""evaluate --truth and --books: judge scores and reconciliations in simulated worlds whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadline.app.night import find_mappings
from leadline.app.printing import Format, print_rows, print_table
from leadline.app.progress import note
from leadline.app.work import Job
from leadline.kernel.clock import end_of_day
from leadline.kernel.errors import InsufficientDataError

if TYPE_CHECKING:
    from leadline.evaluator.report import ScoreReport
    from leadline.kernel.home import Home

SKILL_COLUMNS = {
    "metric": "metric",
    "model": "model",
    "interval": "90% interval",
    "baseline": "best baseline",
    "gain": "gain",
    "ceiling": "observable-Bayes",
    "share": "share of the possible gain",
}
BOOKS_COLUMNS = {
    "finding_class": "class of difference",
    "planted": "planted",
    "found": "found",
    "right": "right",
    "recall": "recall",
    "precision": "precision",
}
WORLDS, TRUTH = "worlds", "truth"


def judge_worlds(
    job: Job, folder: Path, scores: Sequence[str], *, seeds: Sequence[int], folds: int, form: Format
) -> None:
    """Judge the scores in every world of a folder, write and log what was found, and print it.

    Raises:
        UsageError: the folder holds no world.
        GateError: a score is better than what can be known.
    """
    from leadline.evaluator.report import raise_alarms, write
    from leadline.evaluator.worlds import find_worlds

    worlds = find_worlds(folder)
    homes = [_prepared(job, world) for world in worlds]
    reports = [one for score in scores if (one := _judged(job, worlds, homes, score, seeds=seeds, folds=folds))]
    if not reports:
        raise InsufficientDataError(
            "No score could be judged in these worlds.",
            where=str(folder),
            expected="enough matured history for one held-out window",
            next_step="simulate size s or larger",
        )
    target = job.home.evaluations / TRUTH
    write(reports, target)
    for one in reports:
        _log(job, one, target, worlds=len(worlds), seeds=len(seeds))
    _print(reports, form)
    note(f"Written to {target}, logged to MLflow.")
    raise_alarms(reports)


def judge_books(job: Job, folder: Path, form: Format) -> None:
    """Judge the reconciliations in every firm of a folder by the faults planted in its books, and print it by class.

    Raises:
        UsageError: the folder holds no simulated firm, or one whose books are kept as usual.
        GateError: faults were missed, more than one finding in a hundred is none, or clean books have any.
    """
    from leadline.evaluator.reconciliation_check import check_rows, checked_worlds, compare, raise_misses

    worlds = checked_worlds(folder)
    homes = [_prepared(job, world) for world in worlds]
    found = [job.parts.open_current(home.warehouse).mart("rec_finding").collect() for home in homes]
    compared = compare(worlds, found)
    rows = check_rows(compared)
    lines = [asdict(row) for row in rows]
    if form is Format.TABLE:
        lines = [{**line, "recall": _share(line["recall"]), "precision": _share(line["precision"])} for line in lines]
    print_rows(lines, form, columns=BOOKS_COLUMNS, title="Faults planted and differences found, to the cent")
    raise_misses(rows, compared)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _prepared(job: Job, world: Path) -> Home:
    """Land and build a world in a home of its own, once."""
    from leadline.evaluator.worlds import open_world, prepare

    home = open_world(world, job.home.path / WORLDS)

    def land(into: Home, source: Path) -> None:
        with job.steps.step(f"Land {world.name}") as tell:
            job.parts.land(
                source,
                find_mappings(source, []),
                home=into,
                loaded_at=job.at,
                progress=lambda done, total, name: tell(name, done / max(total, 1)),
            )

    def build(into: Home) -> None:
        with job.steps.step(f"Build {world.name}") as tell:
            job.parts.build(into, as_of=None, force=False, progress=tell)

    prepare(world, home, land, build)
    return home


def _judged(
    job: Job, worlds: Sequence[Path], homes: Sequence[Home], score: str, *, seeds: Sequence[int], folds: int
) -> ScoreReport | None:
    """Judge one score in the worlds that are big enough for it; None, with notes, where none is."""
    from leadline.evaluator.leaks import leak_rows, leak_values
    from leadline.evaluator.report import report_of
    from leadline.evaluator.trial import trial
    from training.evaluate import benchmarks

    module, trials, findings = job.parts.risk_model(score), [], []
    with job.steps.step(f"Judge {score}") as tell:
        for number, (world, home) in enumerate(zip(worlds, homes, strict=True)):
            tell(world.name, number / len(worlds))
            reader, at = job.parts.open_current(home.warehouse), _as_of(world)
            if score == "revenue_leakage":
                findings.append(module.findings(reader, as_of=at, artefact=None))
            try:
                trials.append(trial(score, world, benchmarks(reader, module, as_of=at, seeds=seeds, folds=folds)))
            except InsufficientDataError as exc:
                note(f"{score} left out in {world.name}: {exc.what}")
        tell("intervals", 0.9)
        if not trials:
            return None
        if findings:
            return report_of(trials, decisions=leak_values(worlds, findings), leaks=leak_rows(worlds, findings))
        return report_of(trials)


def _as_of(world: Path) -> datetime:
    from datetime import date

    from leadline.evaluator.sealed import description

    return end_of_day(date.fromisoformat(str(description(world)["as_of"])))


def _log(job: Job, one: ScoreReport, folder: Path, *, worlds: int, seeds: int) -> None:
    import models
    from leadline.tracking import Run, log_run
    from training.described import parameters_of

    metrics: dict[str, float | None] = {}
    for row in one.skill:
        metrics |= {
            row.metric: row.model,
            f"{row.metric} best baseline": row.baseline_value,
            f"{row.metric} observable-Bayes": row.ceiling,
            f"{row.metric} share of gain": row.share,
        }
    metrics |= {f"saved {row.policy}": row.value for row in one.decisions}
    run = Run(
        name=f"{one.score} evaluate --truth, {worlds} worlds, {seeds} seeds",
        params={**parameters_of(models.load(one.score)), "worlds": worlds, "seeds": seeds},
        metrics=metrics,
        tags={"kind": "truth evaluation"},
    )
    log_run(
        job.home,
        one.score,
        run,
        pictures=[folder / f"{one.score}.png", folder / f"{one.score}.md", folder / f"{one.score}.json"],
    )


def _print(reports: Sequence[ScoreReport], form: Format) -> None:
    if form is not Format.TABLE:
        rows = [asdict(row) for one in reports for row in one.skill]
        print_rows(rows, form, columns={"score": "score"})
        return
    for one in reports:
        first = one.skill[0]
        title = f"{one.score}: {first.rows:,} held-out rows, {first.worlds} worlds, {first.seeds} seeds"
        print_table([_line(row) for row in one.skill], SKILL_COLUMNS, title=title)
        saved = [
            {"policy": row.policy, "saved": f"{row.value:,.2f}", "unit": row.unit, "share": f"{row.share:.0%}"}
            for row in one.decisions
        ]
        if saved:
            title = f"{one.score}: what looking at {one.decisions[0].capacity} saves"
            print_table(saved, {name: name for name in saved[0]}, title=title)


def _line(row: Any) -> dict[str, str]:
    from leadline.evaluator.skill import share_text

    return {
        "metric": row.metric,
        "model": f"{row.model:.3f}",
        "interval": f"{row.model_low:.3f} … {row.model_high:.3f}",
        "baseline": f"{row.baseline} {row.baseline_value:.3f}",
        "gain": f"{row.gain:+.3f} ({row.gain_low:+.3f} … {row.gain_high:+.3f})",
        "ceiling": "–" if row.ceiling is None else f"{row.ceiling:.3f}",
        "share": share_text(row),
    }

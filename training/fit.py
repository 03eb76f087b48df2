"""Train one score: fit on matured labels, backtest on held-out time, register, promote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import polars as pl

from leadline import tracking
from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.home import Home
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from models.framework.risk_model import Artefact, Metric, RiskModel
from training.champion import CHALLENGER, CHAMPION, against_champion
from training.described import TRAIN, describe
from training.gates import Verdict, higher_is_better, judge
from training.reliability import reliability, to_text
from training.resample import share_worse
from training.splits import Fold, gather, rolling

# Share of the examples, the latest, that a challenger is tested on before it is refitted on everything.
HELD_OUT = 0.25


@dataclass(frozen=True)
class TrainReport:
    """What training did for one score.

    ``version`` is the registered version of this artefact, null when nothing could be learned. ``promoted``: it became
    champion now. ``unchanged``: the same artefact had been registered before, so nothing was. ``held_out``: metric →
    candidate → figure on the held-out window. ``message`` says in a sentence how it ended.
    """

    score: str
    as_of: datetime
    message: str
    version: str | None = None
    promoted: bool = False
    unchanged: bool = False
    examples: int = 0
    held_out: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()


def train(home: Home, reader: PointInTimeReader, module: RiskModel, *, as_of: datetime, seed: int) -> TrainReport:
    """Train a score on everything matured by ``as_of`` and promote it when it passes its gates.

    It is first tested on the latest quarter of the examples, trained only on what had matured before;
    then it is refitted on all of them. Data and code as before give the same artefact, which is not registered again.
    With too little data nothing is registered: a champion, if there is one, stays; else the baseline is used.
    """
    try:
        return _train(home, reader, module, as_of=as_of, seed=seed)
    except InsufficientDataError as exc:
        speaker = "the champion stays" if tracking.champion(home, module.SCORE) else "the best baseline is used"
        return TrainReport(module.SCORE, as_of, f"{exc.what} Nothing was registered; {speaker}.")


def _train(home: Home, reader: PointInTimeReader, module: RiskModel, *, as_of: datetime, seed: int) -> TrainReport:
    require(reader, module)
    examples = gather(module, reader, module.observation_times(reader, until=as_of), as_of=as_of)
    fold = rolling(module, reader, examples, as_of=as_of, share=HELD_OUT, count=1)[0]
    held_out, verdicts, marks = _prove(home, module, fold, seed=seed)
    artefact = module.fit(examples, seed=seed)
    passed = all(verdict.passed for verdict in verdicts)
    version, unchanged, promoted = _publish(
        home,
        reader,
        module,
        artefact,
        passed=passed,
        as_of=as_of,
        seed=seed,
        examples=examples.height,
        held_out=held_out,
        tags={"gate": "; ".join(map(str, verdicts)), **marks},
    )
    return TrainReport(
        score=module.SCORE,
        as_of=as_of,
        message=_message(passed=passed, unchanged=unchanged, promoted=promoted),
        version=version,
        promoted=promoted,
        unchanged=unchanged,
        examples=examples.height,
        held_out=held_out,
        verdicts=verdicts,
    )


def require(reader: PointInTimeReader, module: RiskModel) -> None:
    """Check that the entities a score requires have landed.

    Raises:
        InsufficientDataError: some were not; all are listed.
    """
    missing = [name for name in module.NEEDS if not reader.has(name)]
    if missing:
        raise InsufficientDataError(
            f"{module.SCORE} needs {', '.join(missing)}.",
            expected="at least one row of each",
            found="none",
            next_step="leadline land them; leadline doctor shows what each score needs",
        )


def _prove(
    home: Home, module: RiskModel, fold: Fold, *, seed: int
) -> tuple[dict[str, dict[str, float]], tuple[Verdict, ...], dict[str, str]]:
    """Return figures, what the gates say, and what the version keeps of the benchmark for its page."""
    benchmark = module.benchmark(fold.train, fold.test, seed=seed)
    held_out = {
        name: {candidate: metric(benchmark.frame, candidate) for candidate in benchmark.candidates}
        for name, metric in benchmark.metrics.items()
    }
    deciding, metric = next(iter(benchmark.metrics.items()))  # the first metric of a benchmark decides
    verdicts = [_verdict(deciding, metric, benchmark.frame, benchmark.candidates)]
    champion = tracking.champion(home, module.SCORE)
    if champion is not None:
        fresh = against_champion(module, champion, fold, seed=seed)
        verdicts += [] if fresh is None else [_verdict(deciding, metric, fresh, (CHALLENGER, CHAMPION))]
    marks = {
        "metrics": " ".join(benchmark.metrics),
        "candidates": " ".join(benchmark.candidates),
        "reliability": to_text(reliability(benchmark)),
    }
    return held_out, tuple(verdicts), marks


def _verdict(name: str, metric: Metric, frame: pl.DataFrame, candidates: Sequence[str]) -> Verdict:
    challenger = candidates[0]
    chance = partial(share_worse, frame, metric, challenger=challenger, higher_is_better=higher_is_better(name))
    values = {candidate: metric(frame, candidate) for candidate in candidates}
    return judge(name, values, challenger=challenger, share_worse=lambda rival: chance(rival=rival))


def _publish(
    home: Home,
    reader: PointInTimeReader,
    module: RiskModel,
    artefact: Artefact,
    *,
    passed: bool,
    as_of: datetime,
    seed: int,
    examples: int,
    held_out: Mapping[str, Mapping[str, float]],
    tags: Mapping[str, str],
) -> tuple[str, bool, bool]:
    """Register the artefact unless it is known; return version, unchanged, promoted."""
    score = module.SCORE
    known_version = tracking.find_version(home, score, artefact)
    run = describe(
        TRAIN,
        reader,
        module,
        as_of=as_of,
        seeds=[seed],
        chosen={"held_out_share": HELD_OUT, "examples": examples},
        metrics={f"{metric}/{name}": value for metric, row in held_out.items() for name, value in row.items()},
        tags={"trained_until": naive(as_of).isoformat(), **tags},
    )
    version = known_version or tracking.register(home, score, artefact, run)
    # A version that was known before is promoted only without a manual choice: a person may have rolled back on
    # purpose.
    promoted = passed and (known_version is None or tracking.champion(home, score) is None)
    if promoted:
        tracking.promote(home, score, version)
    elif known_version is None:
        tracking.promote(home, score, version, alias=tracking.CHALLENGER)
    return version, known_version is not None, promoted


def _message(*, passed: bool, unchanged: bool, promoted: bool) -> str:
    if promoted:
        return "Promoted to champion."
    if unchanged:
        return "Nothing new to learn: this very model is registered already."
    return "Registered as challenger." if passed else "Registered as challenger: it did not pass the gate."


def figures(report: TrainReport) -> pl.DataFrame:
    """Return the held-out figures of a report as a frame: metric × candidate, one row per metric."""
    rows = [{"metric": metric, **values} for metric, values in report.held_out.items()]
    return pl.DataFrame(rows)

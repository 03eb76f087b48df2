"""Train one stem: learn from what matured, prove it on held-out time, register, promote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import polars as pl

from leadline import tracking
from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.home import Home
from leadline.warehouse.known import Known, naive
from models.framework.risk_model import Artefact, Metric, RiskModel
from training.champion import CANDIDATE, CHAMPION, against_champion
from training.gates import Verdict, higher_is_better, judge
from training.reliability import reliability, to_text
from training.resample import share_worse
from training.splits import Fold, gather, rolling

# Share of the examples, the latest, that a candidate is proven on before it is refitted on everything.
HELD_OUT = 0.25


@dataclass(frozen=True)
class TrainReport:
    """What training did for one stem.

    ``version`` is the registered version of this artefact, null when nothing could be learned. ``promoted``: it became
    champion now. ``unchanged``: the same artefact had been registered before, so nothing was. ``held_out``: metric →
    contender → figure on the held-out window. ``message`` says in a sentence how it ended.
    """

    stem: str
    as_of: datetime
    message: str
    version: str | None = None
    promoted: bool = False
    unchanged: bool = False
    examples: int = 0
    held_out: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()


def train(home: Home, known: Known, module: RiskModel, *, as_of: datetime, seed: int) -> TrainReport:
    """Train a stem on everything matured by ``as_of`` and promote it when it passes its gates.

    The recipe is first proven on the latest quarter of the examples, having learned only from what had matured before;
    then it is refitted on all of them. Data and code as before give the same artefact, which is not registered again.
    With too little data nothing is registered: a champion, if there is one, stays; else the baseline speaks.
    """
    try:
        return _train(home, known, module, as_of=as_of, seed=seed)
    except InsufficientDataError as exc:
        speaker = "the champion stays" if tracking.champion(home, module.STEM) else "the best baseline speaks"
        return TrainReport(module.STEM, as_of, f"{exc.what} Nothing was registered; {speaker}.")


def _train(home: Home, known: Known, module: RiskModel, *, as_of: datetime, seed: int) -> TrainReport:
    require(known, module)
    examples = gather(module, known, module.observation_times(known, until=as_of), as_of=as_of)
    fold = rolling(module, known, examples, as_of=as_of, share=HELD_OUT, count=1)[0]
    held_out, verdicts, marks = _prove(home, module, fold, seed=seed)
    artefact = module.fit(examples, seed=seed)
    passed = all(verdict.passed for verdict in verdicts)
    version, unchanged, promoted = _publish(
        home,
        known,
        module.STEM,
        artefact,
        passed=passed,
        as_of=as_of,
        seed=seed,
        held_out=held_out,
        tags={"gate": "; ".join(map(str, verdicts)), **marks},
    )
    return TrainReport(
        stem=module.STEM,
        as_of=as_of,
        message=_message(passed=passed, unchanged=unchanged, promoted=promoted),
        version=version,
        promoted=promoted,
        unchanged=unchanged,
        examples=examples.height,
        held_out=held_out,
        verdicts=verdicts,
    )


def require(known: Known, module: RiskModel) -> None:
    """Check that the entities a stem cannot do without were landed.

    Raises:
        InsufficientDataError: some were not; all are listed.
    """
    missing = [name for name in module.NEEDS if not known.has(name)]
    if missing:
        raise InsufficientDataError(
            f"{module.STEM} needs {', '.join(missing)}.",
            expected="at least one row of each",
            found="none",
            next_step="leadline land them; leadline doctor shows what each score needs",
        )


def _prove(
    home: Home, module: RiskModel, fold: Fold, *, seed: int
) -> tuple[dict[str, dict[str, float]], tuple[Verdict, ...], dict[str, str]]:
    """Return figures, what the gates say, and what the version keeps of the contest for its page."""
    contest = module.contest(fold.train, fold.test, seed=seed)
    held_out = {
        name: {contender: metric(contest.frame, contender) for contender in contest.contenders}
        for name, metric in contest.metrics.items()
    }
    deciding, metric = next(iter(contest.metrics.items()))  # the first metric of a contest decides
    verdicts = [_verdict(deciding, metric, contest.frame, contest.contenders)]
    champion = tracking.champion(home, module.STEM)
    if champion is not None:
        fresh = against_champion(module, champion, fold, seed=seed)
        verdicts += [] if fresh is None else [_verdict(deciding, metric, fresh, (CANDIDATE, CHAMPION))]
    marks = {
        "metrics": " ".join(contest.metrics),
        "contenders": " ".join(contest.contenders),
        "reliability": to_text(reliability(contest)),
    }
    return held_out, tuple(verdicts), marks


def _verdict(name: str, metric: Metric, frame: pl.DataFrame, contenders: Sequence[str]) -> Verdict:
    candidate = contenders[0]
    chance = partial(share_worse, frame, metric, candidate=candidate, higher_is_better=higher_is_better(name))
    values = {contender: metric(frame, contender) for contender in contenders}
    return judge(name, values, candidate=candidate, share_worse=lambda rival: chance(rival=rival))


def _publish(
    home: Home,
    known: Known,
    stem: str,
    artefact: Artefact,
    *,
    passed: bool,
    as_of: datetime,
    seed: int,
    held_out: Mapping[str, Mapping[str, float]],
    tags: Mapping[str, str],
) -> tuple[str, bool, bool]:
    """Register the artefact unless it is known; return version, unchanged, promoted."""
    known_version = tracking.find_version(home, stem, artefact)
    version = known_version or tracking.register(
        home,
        stem,
        artefact,
        metrics={f"{metric}/{name}": value for metric, row in held_out.items() for name, value in row.items()},
        params={"seed": seed, "held_out_share": HELD_OUT},
        tags={"snapshot_id": known.snapshot_id, "trained_until": naive(as_of).isoformat(), **tags},
    )
    # A version that was known before is promoted only where nobody speaks: a person may have rolled back on purpose.
    promoted = passed and (known_version is None or tracking.champion(home, stem) is None)
    if promoted:
        tracking.promote(home, stem, version)
    elif known_version is None:
        tracking.promote(home, stem, version, alias=tracking.CHALLENGER)
    return version, known_version is not None, promoted


def _message(*, passed: bool, unchanged: bool, promoted: bool) -> str:
    if promoted:
        return "Promoted to champion."
    if unchanged:
        return "Nothing new to learn: this very model is registered already."
    return "Registered as challenger." if passed else "Registered as challenger: it did not pass the gate."


def figures(report: TrainReport) -> pl.DataFrame:
    """Return the held-out figures of a report as a frame: metric × contender, one row per metric."""
    rows = [{"metric": metric, **values} for metric, values in report.held_out.items()]
    return pl.DataFrame(rows)

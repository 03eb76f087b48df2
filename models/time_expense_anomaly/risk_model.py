"""Time and expense anomalies: which lines break contract or policy or are simply wrong, before they are billed.

Rules speak first; habits of person, project and merchant add to them; what reviewers decided (or, without decisions,
what the source took back) teaches how far to believe either. Decision support only: a person confirms, nothing is
rejected by itself, and no attribute of a person but their bookings is used.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from features.rates import to_reporting
from features.time_expense_anomaly.frame import features, labels
from features.time_expense_anomaly.outcome import verdicts
from features.time_expense_anomaly.policy import Policy, policy
from features.time_expense_anomaly.rules import RULES
from leadline.kernel.findings import Finding
from leadline.kernel.money import cents
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from models.framework.artefact import from_json
from models.framework.metrics import auc, average_precision, brier
from models.framework.risk_model import Artefact, Benchmark
from models.time_expense_anomaly.baselines import precision_at_reviews, with_candidates
from models.time_expense_anomaly.parameter_file import parameters as parameters
from models.time_expense_anomaly.probability import LEARNED, fit_score, probability
from models.time_expense_anomaly.reasons import (
    DRAWN,
    action_of,
    expected_and_seen,
    facts_of,
    hits,
    reasons_for,
    title_of,
)
from models.time_expense_anomaly.rule_pack import pack_score, precisions

SCORE = "time_expense_anomaly"
OBJECT_TYPE = "time_entry"
# Either of time_entry and expense is enough; features() raises when both are absent.
NEEDS: tuple[str, ...] = ()
NEEDS_ANY = ("time_entry", "expense")
USES = (
    "time_entry",
    "expense",
    "person",
    "project",
    "task",
    "assignment",
    "holiday",
    "leave",
    "rate_card",
    "cost_rate",
    "currency_rate",
    "decision",
)

MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
STEP = timedelta(days=7)

# Identical lines are shown whatever their size: each costs a glance, and a pattern of them matters.
ALWAYS = ("duplicate_entry", "duplicate_expense")
SEED = 7  # of the nightly draw
MAX_SIMILAR = 3


def observation_times(reader: PointInTimeReader, *, until: datetime) -> list[datetime]:
    """Return the last Mondays by ``until``, from some weeks after the first line was known (``examples``)."""
    chosen = parameters().examples
    firsts = [
        reader.history(entity, as_of=until).select(pl.col("known_at").min()).collect().item()
        for entity in ("time_entry", "expense")
        if reader.has(entity)
    ]
    seen = [first for first in firsts if first is not None]
    if not seen:
        return []
    start = min(seen).replace(tzinfo=UTC) + timedelta(days=chosen.warm_up_days)
    last = MONDAY + math.floor((until - MONDAY) / STEP) * STEP
    times = [last - STEP * n for n in range(chosen.max_times)]
    return sorted(at for at in times if at >= start)


def examples(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return the lines first seen in the week before ``observed_at`` and still undecided, with what became of them.

    Grain: line; so each line is looked at once. ``label`` and ``weight`` as in
    ``features.time_expense_anomaly.labels``; ``money`` as findings state it; ``group`` is the person,
    else the cost centre, else the line itself.
    """
    days = STEP.days
    outcome = labels(reader, observed_at=observed_at, as_of=as_of, window_days=days)
    fresh = pl.col("known_on") > naive(observed_at) - STEP
    lines = features(reader, as_of=observed_at, window_days=days).filter(fresh & (pl.col("status") == "submitted"))
    return (
        _with_money(lines, reader, as_of=observed_at)
        .with_columns(pl.col("money").cast(pl.Float64).fill_null(0.0))
        .join(outcome, on=["object_type", "object_id"], how="left")
        .with_columns(
            group=pl.coalesce("person_id", "cost_centre", "object_id"), observed_at=pl.lit(naive(observed_at))
        )
        .sort("object_type", "object_id")
    )


def fit(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Train the learned score; see :func:`models.time_expense_anomaly.probability.fit_score`.

    Raises:
        InsufficientDataError: too few wrong or right lines are known (``examples.min_wrong``).
    """
    return fit_score(examples, parameters(), seed=seed)


def predict(frame: pl.DataFrame, artefact: Artefact) -> pl.DataFrame:
    """Return ``prediction``, the calibrated probability of each row that the line is wrong, in the frame's order."""
    return pl.DataFrame({"prediction": probability(frame, artefact)})


def benchmark(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
    """Set the learned score beside the rule pack and the robust z on held-out lines."""
    frame, candidates = with_candidates(train, test, probability(test, fit(train, seed=seed)))
    metrics = {
        "average_precision↑": average_precision,
        "precision_at_10_a_week↑": precision_at_reviews(10),
        "precision_at_60_a_week↑": precision_at_reviews(60),
        "auc↑": auc,
        "brier↓": brier,
    }
    return Benchmark(frame=frame, candidates=candidates, metrics=metrics)


def findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Return the lines worth a reviewer's time, highest expected loss first, and a small random slice of the others.

    Shown: identical lines always; else lines probable enough whose expected value repays the review, and never more
    than a share of the lines, identical ones apart (the firm's ``policy_limit``). Money at risk: the value of the wrong
    part of the line, in the reporting currency, or in the line's own where no rate is known.

    Raises:
        InsufficientDataError: neither time entries nor expenses were ever delivered.
    """
    rows = features(reader, as_of=as_of)
    right = _precisions(reader, as_of=as_of, artefact=artefact)
    quiet = parameters().pack.quiet
    chance = pack_score(rows, right, quiet=quiet) if artefact is None else probability(rows, artefact)
    scored = _with_money(rows.with_columns(pl.Series("probability", chance)), reader, as_of=as_of)
    limits = policy(reader)
    shown = _worth_a_look(scored, limits)
    drawn, propensity = _random_slice(scored, shown, as_of=as_of, per_night=limits.random_per_night)
    clean = _clean_lines(scored)
    suspects = [_finding(row, right, clean, as_of=as_of) for row in shown.to_dicts()]
    others = [_finding(row, right, clean, as_of=as_of, propensity=propensity) for row in drawn.to_dicts()]
    return suspects + others


def _precisions(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> Mapping[str, float]:
    """How often each rule is right: as trained; untrained, the priors and what reviewers decided so far."""
    if artefact is not None:
        learned: Mapping[str, float] = from_json(artefact, LEARNED)["precisions"]
        return learned
    chosen = parameters()
    decided = verdicts(reader, as_of=as_of).rename({"confirmed": "label", "decision_weight": "weight"})
    if not decided.height:
        return precisions(chosen)
    rows = features(reader, as_of=as_of, window_days=chosen.pack.memory_days).with_columns(
        decided_as=pl.coalesce("pair_id", "object_id")
    )
    hit = rows.join(decided.rename({"object_id": "decided_as"}), on="decided_as")
    return precisions(chosen, hit.with_columns(label_source=pl.lit("decision")))


def _with_money(rows: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Add ``money`` and ``money_currency``: the value of the part of the line that is wrong, if it is wrong.

    That is the largest part that a broken rule names; without one, the whole line.
    """
    wrong = pl.max_horizontal(
        pl.when(pl.col(rule.code) > 0).then(pl.col(f"{rule.code}_share")) for rule in RULES
    ).fill_null(1.0)
    own = rows.select((pl.col("value").cast(pl.Float64) * wrong).fill_nan(None))["value"]
    exact = pl.Series("own_money", [None if v is None else cents(v) for v in own], dtype=pl.Decimal(18, 2))
    reported = to_reporting(
        rows.with_columns(exact),
        reader=reader,
        as_of=as_of,
        amount="own_money",
        currency="currency",
        on="event_day",
        alias="_reported",
    )
    return reported.with_columns(
        money=pl.coalesce("_reported", "own_money"),
        money_currency=pl.when(pl.col("_reported").is_null() & pl.col("own_money").is_not_null())
        .then("currency")
        .otherwise(pl.lit(reader.reporting_currency)),
    )


def _worth_a_look(scored: pl.DataFrame, limits: Policy) -> pl.DataFrame:
    """Choose by policy, identical lines first in line for the reviewers' attention, then by expected value."""
    always = pl.any_horizontal(pl.col(code).fill_null(0.0) > 0 for code in ALWAYS)
    value = pl.col("probability") * pl.col("money").cast(pl.Float64)
    repays = value.fill_null(limits.min_expected_value) >= limits.min_expected_value
    ranked = (
        scored.with_columns(is_always=always, expected_value=value.fill_null(0.0))
        .filter(pl.col("is_always") | ((pl.col("probability") >= limits.min_probability) & repays))
        .sort("is_always", "expected_value", "probability", "object_id", descending=[True, True, True, False])
    )
    most = max(limits.min_shown, math.floor(limits.max_share * scored.height))
    return _within(ranked, most).sort("expected_value", "object_id", descending=[True, False])


def _within(ranked: pl.DataFrame, most: int) -> pl.DataFrame:
    """Keep rows while they cover at most ``most`` lines (a pair covers two); identical lines are always kept."""
    covered: set[str] = set()
    kept = []
    for row in ranked.select("object_id", "pair_id", "is_always").iter_rows():
        lines = {row[0], *(row[1].split("+") if row[1] else ())}
        fits = row[2] or len(covered | lines) <= most
        kept.append(fits)
        covered |= lines if fits else set()
    return ranked.filter(pl.Series(kept, dtype=pl.Boolean))


def _random_slice(
    scored: pl.DataFrame, shown: pl.DataFrame, *, as_of: datetime, per_night: int
) -> tuple[pl.DataFrame, float]:
    """Draw among the lines not shown, by a hash of line, day and seed: the same night draws the same lines."""
    rest = scored.join(shown.select("object_type", "object_id"), on=["object_type", "object_id"], how="anti")
    propensity = round(min(1.0, per_night / max(rest.height, 1)), 6)
    day = naive(as_of).date()
    drawn = [_uniform(f"{object_id}|{day}|{SEED}") < propensity for object_id in rest["object_id"]]
    return rest.filter(pl.Series(drawn, dtype=pl.Boolean)).sort("object_type", "object_id"), propensity


def _uniform(text: str) -> float:
    """Map a text to a number in [0, 1), evenly and always the same."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64


def _clean_lines(scored: pl.DataFrame) -> dict[tuple[str, str], list[str]]:
    """Return the latest lines without any hit, by kind and what they are compared by: person, else merchant."""
    clean = scored.filter(~pl.any_horizontal(pl.col(rule.code).fill_null(0.0) > 0 for rule in RULES))
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    ordered = clean.sort("event_day", "object_id", descending=[True, False])
    for row in ordered.select("object_type", "object_id", *_peer_columns(ordered)).iter_rows():
        peers = found[row[0], next((peer for peer in row[2:] if peer), "")]
        if len(peers) < MAX_SIMILAR:
            peers.append(row[1])
    return found


def _peer_columns(rows: pl.DataFrame) -> list[str]:
    return [name for name in ("person_id", "merchant") if name in rows.columns]


def _finding(
    row: Mapping[str, Any],
    right: Mapping[str, float],
    clean: Mapping[tuple[str, str], list[str]],
    *,
    as_of: datetime,
    propensity: float | None = None,
) -> Finding:
    expected, seen = expected_and_seen(row)
    peer = next((row[name] for name in ("person_id", "merchant") if row.get(name)), "")
    drawn = propensity is not None
    own = {row["object_id"], row["exact_of"], row["near_of"]}
    reasons = reasons_for(row, right) if hits(row) or not drawn else (DRAWN,)
    return Finding(
        score=SCORE,
        object_type=f"{row['object_type']}_pair" if row["pair_id"] else row["object_type"],
        object_id=row["pair_id"] or row["object_id"],
        as_of=as_of,
        money_at_risk=row["money"] if row["money"] is not None else Decimal("0.00"),
        currency=row["money_currency"],
        title=title_of(row),
        action=action_of(row),
        expected=expected,
        seen=seen,
        reasons=reasons,
        probability=round(float(np.clip(row["probability"], 0.0, 1.0)), 6),
        facts=facts_of(row),
        similar=tuple(clean_id for clean_id in clean.get((row["object_type"], peer), ()) if clean_id not in own),
        is_random_slice=drawn,
        propensity=1.0 if propensity is None else propensity,
        is_priced=row["money"] is not None,
        legal_entity_id=row["legal_entity_id"],
        project_id=row["project_id"],
        account_id=row["account_id"],
        person_id=row["person_id"],
    )

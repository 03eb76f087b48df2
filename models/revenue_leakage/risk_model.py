"""Revenue leakage: money earned under the contract and not billed.

Eight classes are exact: two records disagree, and the finding carries both. Their probability is how often people
confirmed the class so far. The ninth, unpriced scope, is a risk model over open projects with an agreed price.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from features.rates import to_reporting
from features.revenue_leakage.frame import evidence, features, labels, leaks
from features.revenue_leakage.policy import policy
from leadline.kernel.findings import Finding
from leadline.kernel.money import cents
from leadline.kernel.stakes import Stake, overrun
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from models.framework.risk_model import Artefact, Benchmark
from models.revenue_leakage.parameter_file import Belief, Parameters
from models.revenue_leakage.parameter_file import parameters as parameters
from models.revenue_leakage.reasons import leak_reasons, leak_statements, scope_reasons, scope_statements
from models.revenue_leakage.scope import alert_from, fit_scope, predict_scope, reasons_of, scope_benchmark

SCORE = "revenue_leakage"
OBJECT_TYPE = "contract_line_period"
NEEDS = ("contract", "contract_line")
USES = (
    "billing_schedule",
    "change_order",
    "credit_note",
    "currency_rate",
    "decision",
    "expense",
    "invoice",
    "invoice_line",
    "milestone",
    "project",
    "project_budget",
    "project_status",
    "rate_card",
    "task",
    "time_entry",
)

UNPRICED, ABSORBED = "unpriced_scope", "nte_overrun_absorbed"
MONDAY = datetime(2001, 1, 1, tzinfo=UTC)


def observation_times(reader: PointInTimeReader, *, until: datetime) -> list[datetime]:
    """Return every fourth Monday since projects were first known (``examples``), the last 39 of them by ``until``."""
    chosen = parameters().examples
    step = timedelta(weeks=chosen.step_weeks)
    first = reader.history("project", as_of=until).select(pl.col("known_at").min()).collect().item()
    if first is None:
        return []
    last = MONDAY + math.floor((until - MONDAY) / step) * step
    times = [last - step * n for n in range(chosen.max_times)]
    return sorted(at for at in times if at >= first.replace(tzinfo=UTC))


def examples(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return the open projects with an agreed price at ``observed_at`` and whether scope was priced within 120 days.

    Grain: project; ``group`` is the project. ``label`` is null until it has matured by ``as_of``.
    """
    outcome = labels(reader, observed_at=observed_at, as_of=as_of)
    return (
        features(reader, as_of=observed_at)
        .join(outcome, on="project_id", how="left")
        .with_columns(group=pl.col("project_id"), observed_at=pl.lit(naive(observed_at)))
        .sort("project_id")
    )


def fit(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Train the class unpriced scope; the exact classes are rules and need no training.

    Raises:
        InsufficientDataError: too few projects with an outcome, or of either kind (``examples``).
    """
    return fit_scope(examples, parameters(), seed=seed)


def benchmark(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
    """Set the model of unpriced scope beside the hours-over-plan rule and the base rate on held-out projects."""
    return scope_benchmark(train, test, seed=seed)


def findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Return every leak that holds at ``as_of``, and the projects whose scope grows unpriced, highest expected loss
    first.

    Grain: contract line × month × class. Money at risk, in the reporting currency: what leaks and may still be billed,
    or the extra hours at the project's price; in the leak's own currency where no rate is known. Probability: of the
    exact classes, the share that people confirmed so far (shrunk to a prior, ``belief``); of unpriced scope, the
    model's, or the hours-over-plan rule's without a model.
    """
    chosen = parameters() if artefact is None else Parameters.trained_with(artefact)
    found = _exact(reader, chosen.belief, as_of=as_of) + _unpriced(reader, as_of=as_of, artefact=artefact)
    return sorted(found, key=lambda one: (-one.expected_loss, one.object_id))


def class_beliefs(reader: PointInTimeReader, belief: Belief, *, as_of: datetime) -> dict[str, float]:
    """Return, per class with decisions, the share of leaks that people confirmed, shrunk to the prior.

    Snoozed and re-opened exceptions count as undecided. As of: decisions known at ``as_of``.
    """
    decided = (
        reader.core("decision", as_of=as_of)
        .filter(pl.col("score") == SCORE)
        .sort("object_id", "decided_at", "decision_id")
        .group_by("object_id", maintain_order=True)
        .agg(pl.col("verdict").last())
        .filter(pl.col("verdict").is_in(["confirmed", "dismissed"]))
        .with_columns(leakage_class=pl.col("object_id").str.split(":").list.last())
        .group_by("leakage_class")
        .agg(yes=(pl.col("verdict") == "confirmed").sum(), all=pl.len())
        .sort("leakage_class")
        .collect()
    )
    weight = belief.prior * belief.prior_decisions
    return {
        name: round((weight + yes) / (belief.prior_decisions + count), 6) for name, yes, count in decided.iter_rows()
    }


def _exact(reader: PointInTimeReader, belief: Belief, *, as_of: datetime) -> list[Finding]:
    beliefs = class_beliefs(reader, belief, as_of=as_of)
    pairs = evidence(reader, as_of=as_of).partition_by("object_id", as_dict=True, maintain_order=True)
    return [
        _leak_finding(
            row,
            pairs[(row["object_id"],)].to_dicts(),
            reader,
            as_of=as_of,
            belief=beliefs.get(row["leakage_class"], belief.prior),
        )
        for row in leaks(reader, as_of=as_of).to_dicts()
    ]


def _leak_finding(
    row: Mapping[str, Any],
    pairs: Sequence[Mapping[str, Any]],
    reader: PointInTimeReader,
    *,
    as_of: datetime,
    belief: float,
) -> Finding:
    words, stated = leak_statements(row, pairs)
    converted = row["money"] is not None
    money = row["money"] - row["too_old_money"] if converted else row["amount"] - row["too_old_amount"]
    return Finding(
        score=SCORE,
        object_type=OBJECT_TYPE,
        object_id=row["object_id"],
        as_of=as_of,
        money_at_risk=money,
        stakes=_of_overrun(row["project_id"], money) if row["leakage_class"] == ABSORBED else (),
        currency=reader.reporting_currency if converted else row["currency"],
        title=words.title,
        action=words.action,
        expected=words.expected,
        seen=words.seen,
        reasons=leak_reasons(row, pairs, as_of=naive(as_of), billable_days=policy(reader).billable_days),
        probability=belief,
        facts=stated,
        legal_entity_id=row["legal_entity_id"],
        project_id=row["project_id"],
        account_id=row["account_id"],
    )


def _of_overrun(project_id: str | None, money: Decimal) -> tuple[Stake, ...]:
    """Return the money as a part of its project's overrun: unpaid work is cost beyond the approved one."""
    return (Stake(overrun(project_id), money),) if project_id and money > 0 else ()


def _unpriced(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    rows = features(reader, as_of=as_of)
    rows = rows.with_columns(pl.Series("probability", predict_scope(rows, artefact)))
    likely = pl.col("probability") >= alert_from(artefact)
    # Whatever the chance: scope that is never priced leaves no label.
    plain = pl.col("unpriced_hours") >= policy(reader).plain_excess * pl.col("plan_hours")
    worth = rows.filter((likely | plain.fill_null(False)) & (pl.col("unpriced_value") > 0))
    worth = to_reporting(
        worth.with_columns(_day=pl.lit(naive(as_of).date())),
        reader=reader,
        as_of=as_of,
        amount="unpriced_value",
        currency="currency",
        on="_day",
        alias="money",
    )
    causes = reasons_of(worth, artefact)
    return [
        _scope_finding(row, cause, reader, as_of=as_of) for row, cause in zip(worth.to_dicts(), causes, strict=True)
    ]


def _scope_finding(
    row: Mapping[str, Any], causes: Sequence[tuple[str, float]], reader: PointInTimeReader, *, as_of: datetime
) -> Finding:
    words, stated = scope_statements(row)
    converted = row["money"] is not None
    money = cents(row["money"] if converted else row["unpriced_value"])
    return Finding(
        score=SCORE,
        object_type=OBJECT_TYPE,
        object_id=f"{row['contract_line_id']}:{naive(as_of):%Y-%m}:{UNPRICED}",
        as_of=as_of,
        money_at_risk=money,
        stakes=_of_overrun(row["project_id"], money),
        currency=reader.reporting_currency if converted else row["currency"],
        title=words.title,
        action=words.action,
        expected=words.expected,
        seen=words.seen,
        reasons=scope_reasons(row, causes),
        probability=round(float(row["probability"]), 6),
        facts=stated,
        legal_entity_id=row["legal_entity_id"],
        project_id=row["project_id"],
        account_id=row["account_id"],
    )

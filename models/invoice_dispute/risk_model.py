"""Will the client dispute this invoice, and how much money hangs on it?

Object: an invoice, draft or issued, unpaid and undisputed. Outcome: formal dispute, credit note of at least 1% or
payment at least 1% short, within 90 days of issue. A second head gives the chance of payment more than 5 days late.
Model: ridge logistic regression and shallow boosted trees, blended on the logit scale, calibrated on later invoices.
Baselines: the client's own past rate, shrunk to the firm's; the base rate (by money: amount times rate).
See docs/model_cards/invoice_dispute.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

import features.invoice_dispute.frame as source
from features.invoice_dispute.outcome import outcomes
from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.findings import Finding
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework import metrics
from models.framework.risk_model import Artefact, Benchmark, Metric
from models.invoice_dispute.blend import fit_blend, predict_blend
from models.invoice_dispute.build_findings import findings_of
from models.invoice_dispute.parameter_file import parameters as parameters

SCORE = "invoice_dispute"
OBJECT_TYPE = "invoice"
NEEDS: tuple[str, ...] = ("invoice",)
USES: tuple[str, ...] = (
    "account",
    "change_order",
    "contract",
    "credit_note",
    "currency_rate",
    "decision",
    "dispute",
    "invoice_line",
    "payment",
    "project",
    "project_budget",
    "rate_card",
    "time_entry",
)


def _late_auc(frame: pl.DataFrame, candidate: str) -> float:
    if f"{candidate}_late" not in frame.columns:
        return metrics.NAN
    return metrics.auc(frame.select(pl.col("late").alias("label"), f"{candidate}_late"), f"{candidate}_late")


METRICS: Mapping[str, Metric] = {
    "auc↑": metrics.auc,
    "average_precision↑": metrics.average_precision,
    "brier↓": metrics.brier,
    "log_loss↓": metrics.log_loss,
    "ece↓": metrics.ece,
    "value_top_5%↑": metrics.value_captured(0.05),
    "value_top_20%↑": metrics.value_captured(0.20),
    "late_auc↑": _late_auc,
}


def observation_times(reader: PointInTimeReader, *, until: datetime) -> list[datetime]:
    """Return two moments a month: its busiest billing-run day, and when most of its invoices had been out a week."""
    return source.observation_days(reader, until=until)


def examples(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return open invoices as they looked at ``observed_at`` with their outcome as known at ``as_of``.

    Grain: one row per invoice whose 90 days have passed; a positive known earlier waits for its peers, else the young
    examples would all be disputes. ``group`` is the client, ``money`` what a dispute would cost, as findings state it.
    """
    seen = source.features(reader, as_of=observed_at)
    fate = source.labels(reader, observed_at=observed_at, as_of=as_of).filter("matured")
    return seen.join(fate, on="invoice_id", maintain_order="left").with_columns(
        pl.col("client_id").alias("group"),
        pl.col("at_risk").alias("money"),
    )


def fit(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Train on matured examples (columns of :func:`examples` and ``observed_at``).

    Raises:
        InsufficientDataError: too few disputed or undisputed examples (``examples.min_per_class``).
    """
    return fit_blend(examples, seed=seed, parameters=parameters())


def predict(frame: pl.DataFrame, artefact: Artefact) -> pl.DataFrame:
    """Return ``prediction``, ``logistic`` and ``late`` for a feature frame, row by row."""
    return predict_blend(frame, artefact)


def findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Score all open invoices as of a moment and return those worth a person's time, highest expected loss first.

    Without an artefact the client's own shrunk rate speaks; without any outcomes that is the documented prior.
    """
    rows = source.features(reader, as_of=as_of)
    return findings_of(reader, rows, as_of=as_of, artefact=artefact)


def harmed(reader: PointInTimeReader, drawn: Mapping[str, datetime], *, as_of: datetime) -> dict[str, bool]:
    """Return whether each invoice was disputed, credited or paid short, once its days for that have passed at
    ``as_of``; whenever it was drawn, those days begin at its issue.
    """
    fates = outcomes(reader, as_of=as_of).filter(pl.col("invoice_id").is_in(list(drawn)) & pl.col("matured"))
    rows = fates.select("invoice_id", "label").drop_nulls().collect(engine="streaming")
    return {invoice: label == 1 for invoice, label in rows.iter_rows()}


def benchmark(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
    """Predict held-out invoices, as drafts and a week after issue, by the model and by all it must beat.

    Raises:
        InsufficientDataError: too few examples to train on, or none to judge.
    """
    chosen = parameters()
    days = chosen.examples.judged_days
    judged = test.filter((pl.col("is_draft") == 1) | (pl.col("days_since_issue") <= days))
    if not judged.height:
        raise InsufficientDataError(f"No held-out invoice was seen as a draft or within {days} days of issue.")
    predicted = predict_blend(judged, fit_blend(train, seed=seed, parameters=chosen))
    frame = judged.select(
        "invoice_id",
        "is_draft",
        "observed_at",
        "group",
        "label",
        "late",
        "money",
        predicted["prediction"].alias("blend"),
        predicted["logistic"],
        pl.col("client_dispute_rate").alias("client_rate"),
        pl.lit(train["label"].mean()).alias("base_rate"),
        predicted["late"].alias("blend_late"),
        pl.col("client_late_rate").alias("client_rate_late"),
    )
    return Benchmark(frame, ("blend", "logistic", "client_rate", "base_rate"), METRICS)

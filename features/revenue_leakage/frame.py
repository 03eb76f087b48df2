"""Revenue leakage as of one moment: the exact leaks of the mart, and the features of unpriced scope."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.rates import MONEY, to_reporting
from features.revenue_leakage.policy import policy
from features.revenue_leakage.scope import FEATURES, scope_features
from leadline.warehouse.point_in_time import PointInTimeReader, naive

__all__ = ["CLASSES", "FEATURES", "evidence", "features", "labels", "leaks"]

MART = "leakage_evidence"
CLASSES = (
    "approved_change_not_scheduled",
    "unbilled_time",
    "unbilled_expense",
    "milestone_not_invoiced",
    "rate_below_contract",
    "missed_escalator",
    "recurring_misbilled",
    "nte_overrun_absorbed",
)
# Amount of the mart -> the same in the reporting currency.
AMOUNTS = {"amount": "money", "expected_amount": "expected_money", "billed_amount": "billed_money"}


def evidence(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the leaks that were true and due at ``as_of``, largest first within each object.

    Grain: one row per ``evidence_id``. ``object_id`` is contract line, month and class. ``money``, ``expected_money``
    and ``billed_money`` are the amounts in the reporting currency at the latest rate known; null where there is none.
    """
    day = naive(as_of).date()
    rows = (
        reader.mart(MART, as_of=as_of)
        .filter(pl.col("matures_on") <= day)
        .with_columns(
            object_id=pl.concat_str("contract_line_id", "period", "leakage_class", separator=":"), _day=pl.lit(day)
        )
        .collect()
    )
    for amount, alias in AMOUNTS.items():
        rows = to_reporting(
            rows, reader=reader, as_of=as_of, amount=amount, currency="currency", on="_day", alias=alias
        )
    return rows.drop("_day").sort(
        "object_id", "money", "amount", "evidence_id", descending=[False, True, True, False], nulls_last=True
    )


def leaks(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return what leaks per contract line, month and class.

    Grain: one row per ``object_id``, sorted. ``money`` is in the reporting currency, null where no rate is known. The
    amounts are in ``currency``: the leak's own, or the reporting currency where it leaks in several (what has no rate
    is then left out). ``too_old_amount`` and ``too_old_money`` are the part of both that may no longer be billed: what
    was due more than ``billable_days`` before ``as_of``.
    """
    last = naive(as_of).date() - timedelta(days=policy(reader).billable_days)
    too_old = {"too_old_amount": "amount", "too_old_money": "money"}
    parts = [
        pl.when(pl.col("matures_on") < last).then(amount).otherwise(0).alias(name) for name, amount in too_old.items()
    ]
    amounts = AMOUNTS | {"too_old_amount": "too_old_money"}
    own = pl.col("currency").n_unique() == 1
    places = ("leakage_class", "contract_line_id", "contract_id", "project_id", "account_id", "legal_entity_id")
    return (
        evidence(reader, as_of=as_of)
        .with_columns(parts)
        .group_by("object_id", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in (*places, "period")),
            *(
                pl.when(own).then(pl.col(amount).sum()).otherwise(pl.col(money).sum()).cast(MONEY).alias(amount)
                for amount, money in amounts.items()
            ),
            pl.col("too_old_money").sum().cast(MONEY),
            currency=pl.when(own).then(pl.col("currency").first()).otherwise(pl.lit(reader.reporting_currency)),
            money=pl.when(pl.col("money").is_not_null().any()).then(pl.col("money").sum()).cast(MONEY),
            records=pl.len().cast(pl.Int64),
            oldest=pl.col("matures_on").min(),
        )
        .sort("object_id")
    )


def features(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the features of unpriced scope; see :func:`features.revenue_leakage.scope.scope_features`."""
    return scope_features(reader, as_of=as_of)


def labels(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return which open projects had more scope priced, or given away, within 120 days of ``observed_at``.

    Grain: one row per project of the features. ``label`` is 1 when a change order with a price was approved in that
    time that was not approved at ``observed_at``, or scope was credited to the customer; null before 120 days have
    passed by ``as_of``.
    """
    projects = features(reader, as_of=observed_at).select("project_id")
    until = naive(observed_at) + timedelta(days=policy(reader).maturity_days)
    matured = until <= naive(as_of)
    if not matured:
        return projects.with_columns(label=pl.lit(None, dtype=pl.Float64))
    priced = pl.concat([_priced(reader, observed_at, until), _credited(reader, observed_at, until)]).unique()
    hit = pl.col("project_id").is_in(priced["project_id"].to_list())
    return projects.with_columns(label=hit.cast(pl.Float64))


def _priced(reader: PointInTimeReader, observed_at: datetime, until: datetime) -> pl.DataFrame:
    """Projects of the change orders approved at the end of the window and not at its start."""
    approved = (pl.col("status") == "approved") & (pl.col("value_change") > 0)
    then = reader.core("change_order", as_of=until).filter(approved).select("project_id", "change_order_id")
    before = reader.core("change_order", as_of=observed_at).filter(approved).select("change_order_id")
    return then.join(before, on="change_order_id", how="anti").select("project_id").unique().collect()


def _credited(reader: PointInTimeReader, observed_at: datetime, until: datetime) -> pl.DataFrame:
    """Projects of the invoices credited for scope within the window."""
    for_scope = pl.col("reason_code").str.to_lowercase().str.contains("scope", literal=True)
    then = reader.core("credit_note", as_of=until).filter(for_scope).select("invoice_id", "credit_note_id")
    before = reader.core("credit_note", as_of=observed_at).select("credit_note_id")
    invoices = reader.core("invoice", as_of=until).select("invoice_id", "project_id").unique("invoice_id")
    return (
        then.join(before, on="credit_note_id", how="anti")
        .join(invoices, on="invoice_id")
        .select("project_id")
        .drop_nulls()
        .unique()
        .collect()
    )

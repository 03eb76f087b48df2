"""What became of every issued invoice: disputed, credited, paid short, paid late, and whether that can be said yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from features.invoice_dispute.policy import policy
from features.master_data import one_per
from leadline.warehouse.point_in_time import PointInTimeReader, naive

CAUSES = ("price", "scope", "admin", "quality", "other")


# Invoices that hold or may come to hold: all but the cancelled ones.
LIVE = ("draft", "issued", "paid")
# What int_invoice_position says of an invoice, in place of what its record says or does not say.
POSITION = (
    "client_id",
    "issue_date",
    "due_date",
    "gross_amount",
    "paid_amount",
    "credited_amount",
    "last_paid_on",
    "settled_on",
    "is_open",
    "is_paid_in_other_currency",
    "net_amount_reporting",
)


def invoices_in(reader: PointInTimeReader, statuses: Sequence[str], *, as_of: datetime) -> pl.LazyFrame:
    """Return the invoices of some statuses as known at ``as_of``, each with its position.

    Grain: one row per invoice, sorted by ``invoice_id``. Beside the invoice's own columns those of ``POSITION``, by the
    rule ``int_invoice_position``: amounts in the invoice's currency. ``issued_on`` is the day of issue, of a draft
    without one the day it was first known; ``matures_on`` the day from which on its outcome can be said.
    """
    issued_on = pl.coalesce("issue_date", pl.col("first_known_at").dt.date())
    position = reader.rule("int_invoice_position", as_of=as_of, columns=("invoice_id", *POSITION))
    return (
        one_per(reader.core("invoice", as_of=as_of).filter(pl.col("status").is_in(statuses)), "invoice_id")
        .drop("issue_date", "due_date")
        .join(position, on="invoice_id", maintain_order="left")
        .with_columns(
            issued_on.alias("issued_on"),
            issued_on.dt.offset_by(f"{policy(reader).outcome_days}d").alias("matures_on"),
        )
    )


def outcomes(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return the outcome of every issued invoice as known at ``as_of``.

    Grain: one row per invoice that is neither draft nor cancelled, sorted by ``invoice_id``. Columns beside those of
    :func:`invoices_in`:

    ``label``     1.0 when within 90 days of issue there was a formal dispute, credit notes of at least 1%, or (seen
                  when the 90 days end, if due by then) a payment at least 1% short; 0.0 when the 90 days passed
                  without; else null. Null as well while no dispute, credit note or payment of any invoice is known.
    ``matured``   whether the 90 days have passed by ``as_of``: only then are both answers equally likely to be seen
    ``late``      1.0 or 0.0 once due date + 5 days have passed; null before, and where payments cannot be known
                  (90 days, 1% and 5 days as shipped; the firm's ``policy_limit``)
    ``cause``     cause code of the first dispute, where one was opened
    """
    today, limits = pl.lit(naive(as_of).date()), policy(reader)
    material = limits.material_share
    joined = _joined(reader, invoices_in(reader, ("issued", "paid"), as_of=as_of), as_of=as_of)
    matured = pl.col("matures_on") <= today
    watched = pl.col("disputes_seen") | pl.col("credits_seen") | pl.col("payments_seen")
    short = (
        (pl.col("paid_by_horizon") > 0)
        & (pl.col("paid_by_horizon") < (1 - material) * pl.col("gross_amount").cast(pl.Float64))
        & (pl.col("due_date") < pl.col("matures_on"))
        & matured
    )
    credited = pl.col("credited_by_horizon") >= pl.max_horizontal(material * pl.col("amount").cast(pl.Float64), 0.01)
    bad = pl.col("disputed_on").is_not_null() | credited.fill_null(False) | short.fill_null(False)
    late_on = pl.col("due_date").dt.offset_by(f"{limits.late_grace_days}d")
    late = (pl.col("settled_on") > late_on).fill_null(True)
    late_known = pl.col("payments_seen") & (late_on < today)
    is_said = pl.col("settled_on").is_not_null() | pl.col("is_open")
    return joined.with_columns(
        pl.when(watched & bad).then(1.0).when(watched & matured).then(0.0).alias("label"),
        matured.alias("matured"),
        pl.when(late_known & is_said).then(late.cast(pl.Float64)).alias("late"),
    ).drop("paid_by_horizon", "credited_by_horizon", "disputes_seen", "credits_seen", "payments_seen")


def _joined(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Join to invoices what happened by their horizon, and say whether any of each was ever seen.

    Read from the records: no rule says what a moment past, 90 days after issue, had seen.
    """
    sources = {
        "disputes_seen": reader.core("dispute", as_of=as_of),
        "credits_seen": reader.core("credit_note", as_of=as_of),
        "payments_seen": reader.core("payment", as_of=as_of),
    }
    disputes, granted, payments = sources.values()
    seen = pl.concat([rows.select((pl.len() > 0).alias(name)) for name, rows in sources.items()], how="horizontal")
    received = _by_horizon(payments, invoices, day="paid_on", alias="paid_by_horizon")
    return (
        invoices.join(_disputes(disputes, invoices), on="invoice_id", how="left")
        .join(_by_horizon(granted, invoices, day="issued_on", alias="credited_by_horizon"), on="invoice_id", how="left")
        .join(received, on="invoice_id", how="left")
        .join(seen, how="cross")
        .sort("invoice_id")
    )


def _disputes(disputes: pl.LazyFrame, invoices: pl.LazyFrame) -> pl.LazyFrame:
    within = disputes.join(invoices.select("invoice_id", "matures_on"), on="invoice_id").filter(
        pl.col("opened_on") <= pl.col("matures_on")
    )
    ordered = within.sort("invoice_id", "opened_on", "dispute_id")
    return ordered.group_by("invoice_id", maintain_order=True).agg(
        pl.col("opened_on").first().alias("disputed_on"),
        pl.col("dispute_id").first(),
        pl.col("cause_code").drop_nulls().first().alias("cause"),
    )


def _by_horizon(flows: pl.LazyFrame, invoices: pl.LazyFrame, *, day: str, alias: str) -> pl.LazyFrame:
    """Return what was paid or credited on each invoice, in its own currency, until its outcome could be said."""
    keys = invoices.select("invoice_id", "matures_on", invoice_currency="currency")
    return (
        flows.select("invoice_id", "currency", "amount", day=day)
        .join(keys, on="invoice_id")
        .filter((pl.col("day") <= pl.col("matures_on")) & (pl.col("currency") == pl.col("invoice_currency")))
        .group_by("invoice_id")
        .agg(pl.col("amount").sum().cast(pl.Float64).alias(alias))  # a decimal sum has no order
    )

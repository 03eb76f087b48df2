"""What became of every issued invoice: disputed, credited, paid short, paid late, and whether that can be said yet."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from features.invoice_dispute.policy import Policy, policy
from features.master_data import with_client
from features.rates import MONEY
from leadline.warehouse.point_in_time import PointInTimeReader, naive

CAUSES = ("price", "scope", "admin", "quality", "other")


def issued_invoices(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return all invoices known at ``as_of`` that are neither draft nor cancelled, with client and gross amount.

    Grain: one row per invoice, sorted. ``issued_on`` is the issue date or, where the source has none, the day the
    invoice was first known. ``gross`` is net plus tax in the invoice's currency.
    """
    rows = reader.core("invoice", as_of=as_of).filter(pl.col("status").is_in(["issued", "paid"]))
    return with_client(with_dates(rows, policy(reader)), reader=reader, as_of=as_of).sort("invoice_id")


def with_dates(invoices: pl.LazyFrame, limits: Policy) -> pl.LazyFrame:
    """Add ``issued_on``, ``matures_on`` and ``gross`` to invoice rows; one row per invoice id is kept."""
    issued_on = pl.coalesce("issue_date", pl.col("first_known_at").dt.date())
    return (
        invoices.sort("invoice_id", "source_system")
        .unique("invoice_id", keep="first", maintain_order=True)
        .with_columns(
            issued_on.alias("issued_on"),
            issued_on.dt.offset_by(f"{limits.outcome_days}d").alias("matures_on"),
            (pl.col("amount") + pl.col("tax_amount").fill_null(0)).cast(MONEY).alias("gross"),
        )
    )


def outcomes(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return the outcome of every issued invoice as known at ``as_of``.

    Grain: one row per invoice of :func:`issued_invoices`, sorted by ``invoice_id``. Columns beside the invoice's:

    ``label``     1.0 when within 90 days of issue there was a formal dispute, credit notes of at least 1%, or (seen
                  when the 90 days end, if due by then) a payment at least 1% short; 0.0 when the 90 days passed
                  without; else null. Null as well while no dispute, credit note or payment of any invoice is known.
    ``matured``   whether the 90 days have passed by ``as_of``: only then are both answers equally likely to be seen
    ``late``      1.0 or 0.0 once due date + 5 days have passed; null before, and where payments cannot be known
                  (90 days, 1% and 5 days as shipped; the firm's ``policy_limit``)
    ``is_open``   whether it is not settled, and its source does not call it paid for reasons that are not recorded
    ``cause``     cause code of the first dispute, where one was opened
    ``settled_on``  day from which on the invoice stayed paid in full, credit notes counted; null while it is not, as
                  after a payment was returned: the rule ``int_invoice_settlement``.
    """
    today, limits = pl.lit(naive(as_of).date()), policy(reader)
    material = limits.material_share
    invoices = issued_invoices(reader, as_of=as_of)
    joined = _joined(reader, invoices, as_of=as_of)
    matured = pl.col("matures_on") <= today
    watched = pl.col("disputes_seen") | pl.col("credits_seen") | pl.col("payments_seen")
    short = (
        (pl.col("paid_by_horizon") > 0)
        & (pl.col("paid_by_horizon") < (1 - material) * pl.col("gross").cast(pl.Float64))
        & (pl.coalesce("due_date", "issued_on") < pl.col("matures_on"))
        & matured
    )
    credited = pl.col("credited_by_horizon") >= pl.max_horizontal(material * pl.col("amount").cast(pl.Float64), 0.01)
    bad = pl.col("disputed_on").is_not_null() | credited.fill_null(False) | short.fill_null(False)
    late_on = pl.col("due_date").dt.offset_by(f"{limits.late_grace_days}d")
    late = (pl.col("settled_on") > late_on).fill_null(True)
    late_known = pl.col("payments_seen") & pl.col("due_date").is_not_null() & (late_on < today)
    unsettled = pl.col("settled_on").is_null()
    paid_unseen = unsettled & ((pl.col("status") == "paid") & ~pl.col("was_returned") | pl.col("paid_elsewise"))
    return joined.with_columns(
        pl.when(watched & bad).then(1.0).when(watched & matured).then(0.0).alias("label"),
        matured.alias("matured"),
        pl.when(late_known & ~paid_unseen).then(late.cast(pl.Float64)).alias("late"),
        (unsettled & ~paid_unseen).alias("is_open"),
    ).drop(
        "was_returned",
        "paid_elsewise",
        "paid_by_horizon",
        "credited_by_horizon",
        "disputes_seen",
        "credits_seen",
        "payments_seen",
    )


def _joined(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Join disputes, credit notes and payments to invoices, and say whether any of each was ever seen."""
    sources = {
        "disputes_seen": reader.core("dispute", as_of=as_of),
        "credits_seen": reader.core("credit_note", as_of=as_of),
        "payments_seen": reader.core("payment", as_of=as_of),
    }
    disputes, granted, payments = sources.values()
    settled = reader.rule("int_invoice_settlement", as_of=as_of).select("invoice_id", "settled_on")
    seen = pl.concat([rows.select((pl.len() > 0).alias(name)) for name, rows in sources.items()], how="horizontal")
    return (
        invoices.join(_disputes(disputes, invoices), on="invoice_id", how="left")
        .join(_credits(granted, invoices), on="invoice_id", how="left")
        .join(_received(payments, invoices), on="invoice_id", how="left")
        .join(settled, on="invoice_id", how="left")
        .join(payment_states(payments, invoices), on="invoice_id", how="left")
        .with_columns(pl.col("was_returned", "paid_elsewise").fill_null(False))
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


def _credits(granted: pl.LazyFrame, invoices: pl.LazyFrame) -> pl.LazyFrame:
    keys = invoices.select("invoice_id", "matures_on", invoice_currency="currency")
    return (
        granted.join(keys, on="invoice_id")
        .filter((pl.col("issued_on") <= pl.col("matures_on")) & (pl.col("currency") == pl.col("invoice_currency")))
        .group_by("invoice_id")
        .agg(pl.col("amount").sum().cast(pl.Float64).alias("credited_by_horizon"))  # a decimal sum has no order
    )


def payment_states(payments: pl.LazyFrame, invoices: pl.LazyFrame) -> pl.LazyFrame:
    """Return what payments say of an invoice beside their sum.

    Grain: one row per invoice with a payment. ``is_unpaid``: all that was received was returned. ``was_returned``: a
    payment in its currency was. ``paid_elsewise``: money of another currency was received, and what it settles cannot
    be said.
    """
    keys = invoices.select("invoice_id", invoice_currency="currency")
    same = pl.col("currency") == pl.col("invoice_currency")
    own, other = pl.col("amount").filter(same), pl.col("amount").filter(~same)
    return (
        payments.join(keys, on="invoice_id")
        .group_by("invoice_id")
        .agg(
            ((own.sum() <= 0) & (other.sum() <= 0)).alias("is_unpaid"),
            (own < 0).any().alias("was_returned"),
            (other.sum() > 0).alias("paid_elsewise"),
        )
    )


def _received(payments: pl.LazyFrame, invoices: pl.LazyFrame) -> pl.LazyFrame:
    """Return what was received by the horizon in the invoice's currency; a returned payment is below zero."""
    keys = invoices.select("invoice_id", "matures_on", invoice_currency="currency")
    return (
        payments.join(keys, on="invoice_id")
        .filter((pl.col("paid_on") <= pl.col("matures_on")) & (pl.col("currency") == pl.col("invoice_currency")))
        .group_by("invoice_id")
        .agg(pl.col("amount").sum().cast(pl.Float64).alias("paid_by_horizon"))
    )

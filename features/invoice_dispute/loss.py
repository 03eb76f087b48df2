"""What a dispute costs: the part of the amount that is lost, and how much later the rest is paid."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.invoice_dispute.client_history import LOOK_BACK_DAYS
from features.invoice_dispute.policy import Policy, policy
from leadline.warehouse.point_in_time import PointInTimeReader, naive

# The firm's own past is pulled to its documented defaults as if they were this many disputes.
DEFAULT_WEIGHT = 10
YEAR_DAYS = 365
# A sum of floats may differ in its last bit by how rows lie in memory; what is learned must not.
DIGITS = 9


def with_money(rows: pl.LazyFrame, past: pl.LazyFrame, *, reader: PointInTimeReader, as_of: datetime) -> pl.LazyFrame:
    """Add ``at_risk``: what a dispute of this invoice would cost, and ``loss_share`` and ``delay_days`` behind it.

    ``at_risk`` is net amount × loss share + gross amount × yearly cost of capital × days of delay / 365, in the
    reporting currency (the invoice's own where no rate is known), a float of full precision and not negative. It does
    not depend on how likely a dispute is. ``past`` are all outcomes known at ``as_of``.
    """
    limits = policy(reader)
    rows = rows.join(loss_given_dispute(reader, past, as_of=as_of), how="cross")
    net = pl.coalesce("amount_reporting", "amount").cast(pl.Float64)
    gross = net * (pl.col("gross_amount").cast(pl.Float64) / pl.col("amount").cast(pl.Float64))
    delay = limits.capital_cost * pl.col("delay_days") / YEAR_DAYS
    at_risk = net * pl.col("loss_share") + gross * delay
    return rows.with_columns(at_risk=pl.when(net > 0).then(at_risk).otherwise(0.0))


def loss_given_dispute(reader: PointInTimeReader, past: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return one row: ``loss_share`` and ``delay_days`` of a disputed invoice, learned from the last two years.

    ``loss_share``: credited or never paid / net amount, over the disputed invoices whose end is known: settled, or
    closed short (see below; what is still owed then is lost). ``delay_days``: mean days from due to settled of disputed
    invoices less that of the others, not negative; what is still open counts up to ``as_of``, what is lost not at all.
    Both are pulled to the firm's defaults (``default_loss_share``, ``default_delay_days``), which speak alone at first.
    """
    limits = policy(reader)
    back = past.filter(pl.col("matured") & (pl.col("issued_on") > naive(as_of).date() - timedelta(days=LOOK_BACK_DAYS)))
    share = _lost(back.filter(pl.col("label") == 1), limits, as_of=as_of)
    return pl.concat([share, _delay(back, limits, as_of=as_of)], how="horizontal")


def _lost(disputed: pl.LazyFrame, limits: Policy, *, as_of: datetime) -> pl.LazyFrame:
    settled = pl.col("settled_on").is_not_null()
    owed = pl.col("gross_amount").cast(pl.Float64)
    ended = disputed.filter((settled | _closed_short(limits, as_of=as_of)) & (pl.col("amount") > 0))
    # Both by the position: what is credited counts with its tax, as what is owed does.
    paid, credited = (pl.col(name).cast(pl.Float64) / owed for name in ("paid_amount", "credited_amount"))
    unpaid = pl.when(pl.col("settled_on").is_null()).then((1 - paid - credited).clip(0, 1))
    lost = (credited + unpaid.fill_null(0.0)).clip(0, 1)
    money = pl.coalesce("net_amount_reporting", "amount").cast(pl.Float64)
    weight = money / money.mean()
    total = (weight * lost).sum() + DEFAULT_WEIGHT * limits.default_loss_share
    return ended.sort("invoice_id").select(loss_share=(total / (pl.len() + DEFAULT_WEIGHT)).round(DIGITS))


def _delay(back: pl.LazyFrame, limits: Policy, *, as_of: datetime) -> pl.LazyFrame:
    until = pl.coalesce("settled_on", pl.lit(naive(as_of).date()))
    late = (until - pl.col("due_date")).dt.total_days().cast(pl.Float64)
    known = pl.col("label").is_not_null()
    paid = pl.col("settled_on").is_not_null() | ~_closed_short(limits, as_of=as_of)
    timed = back.filter(known & paid).sort("invoice_id")
    disputed, others = late.filter(pl.col("label") == 1), late.filter(pl.col("label") == 0)
    longer = (disputed - others.mean().fill_null(0.0)).sum()
    shrunk = (longer + DEFAULT_WEIGHT * limits.default_delay_days) / (disputed.len() + DEFAULT_WEIGHT)
    return timed.select(delay_days=shrunk.clip(0.0).round(DIGITS))


def _closed_short(limits: Policy, *, as_of: datetime) -> pl.Expr:
    """Whether an unsettled invoice is closed: by its source, which calls it paid, or ``write_off_days`` after issue."""
    old = pl.col("issued_on") <= naive(as_of).date() - timedelta(days=limits.write_off_days)
    return ((pl.col("status") == "paid") & ~pl.col("is_open")) | old

"""Invoices that can still be disputed, as they looked at a moment, and what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.invoice_dispute.client_history import CLIENT_FEATURES, CLIENT_RAW, client_history
from features.invoice_dispute.delivery import DELIVERY_FEATURES, DELIVERY_RAW, delivery
from features.invoice_dispute.document_checks import PAPER_FEATURES, PAPER_RAW, paper
from features.invoice_dispute.loss import with_money
from features.invoice_dispute.outcome import LIVE, invoices_in, outcomes
from features.invoice_dispute.policy import policy
from features.rates import to_reporting
from leadline.warehouse.limits import limited, raw
from leadline.warehouse.point_in_time import PointInTimeReader, naive

INVOICE_FEATURES = (
    "is_draft",
    "days_since_issue",
    "amount_log",
    "terms_days",
    "days_period_to_issue",
    "issued_at_month_end",
)
FEATURES = INVOICE_FEATURES + CLIENT_FEATURES + PAPER_FEATURES + DELIVERY_FEATURES

# What identifies a row and what a finding needs beside the features.
IDENTITY = (
    "invoice_id",
    "client_id",
    "account_id",
    "legal_entity_id",
    "contract_id",
    "project_id",
    "invoice_number",
    "status",
    "issued_on",
    "due_date",
    "amount",
    "currency",
    "amount_reporting",
    "at_risk",
    "loss_share",
    "delay_days",
)
# Values that are features only within limits, as they are.
UNLIMITED = raw("days_period_to_issue") + CLIENT_RAW + PAPER_RAW + DELIVERY_RAW

MONTH_END_DAYS = 3


def features(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the features of every invoice that can still turn into a dispute, as known at ``as_of``.

    Grain: one row per open invoice (see :func:`open_invoices`), sorted by ``invoice_id``: the columns of ``IDENTITY``,
    ``FEATURES`` and ``UNLIMITED`` as floats. Absent optional entities leave their features null. ``amount_reporting``
    is Decimal, at the latest rate known; ``at_risk`` is what a dispute of it would cost (``loss``). No feature counts
    without bound: histories look back two years at most.
    """
    # Collected here: many parts stand on these two, and none should work them out again.
    invoices = _with_money(reader, open_invoices(reader, as_of=as_of), as_of=as_of).collect(engine="streaming").lazy()
    past = outcomes(reader, as_of=as_of).collect(engine="streaming").lazy()
    rows = with_money(_own(invoices, as_of=as_of), past, reader=reader, as_of=as_of)
    for part in (
        client_history(reader, invoices, past, as_of=as_of),
        paper(reader, invoices, as_of=as_of),
        delivery(reader, invoices, as_of=as_of),
    ):
        rows = rows.join(part, on="invoice_id", how="left")
    floats = [pl.col(name).cast(pl.Float64).fill_nan(None) for name in (*FEATURES, *UNLIMITED)]
    return rows.select(*IDENTITY, *floats).sort("invoice_id").collect(engine="streaming")


def open_invoices(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return the invoices that are draft, or issued less than 90 days ago, unpaid, undisputed and not credited.

    Grain: one row per invoice. One whose payments were all returned is unpaid, whatever its status says. A draft counts
    from the billing run that made it (or the day it was first known); one that is older than 90 days is forgotten, not
    open.
    """
    today, limits = pl.lit(naive(as_of).date()), policy(reader)
    rows = invoices_in(reader, LIVE, as_of=as_of)
    draft = pl.col("status") == "draft"
    start = (
        pl.when(draft).then(pl.coalesce("billing_run_date", pl.col("first_known_at").dt.date())).otherwise("issued_on")
    )
    young = (start <= today) & (today < start.dt.offset_by(f"{limits.outcome_days}d"))
    has_payment = pl.col("last_paid_on").is_not_null() | pl.col("is_paid_in_other_currency")
    has_nothing = (pl.col("paid_amount") <= 0) & ~pl.col("is_paid_in_other_currency")
    least = limits.material_share * pl.col("gross_amount").cast(pl.Float64).abs() + 0.01
    return (
        rows.filter(young)
        .join(reader.core("dispute", as_of=as_of), on="invoice_id", how="anti")
        .filter(pl.when(has_payment).then(has_nothing).otherwise(pl.col("status") != "paid"))
        .filter(pl.col("credited_amount").cast(pl.Float64) < least)
        .with_columns(draft.alias("is_draft"))
    )


def labels(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return what was known at ``as_of`` of the fate of every invoice that was open at ``observed_at``.

    Grain: one row per open invoice, sorted by ``invoice_id``. ``label``, ``matured``, ``late`` and ``cause`` as in
    :func:`features.invoice_dispute.outcome.outcomes`. Also null: invoices cancelled or never issued, and undisputed
    ones on which a person acted after ``observed_at`` to prevent the dispute (their answer would have been another).
    """
    invoices = open_invoices(reader, as_of=observed_at).select("invoice_id")
    fate = outcomes(reader, as_of=as_of).select("invoice_id", "label", "matured", "late", "cause")
    acted = (
        reader.core("decision", as_of=as_of)
        .filter((pl.col("score") == "invoice_dispute") & pl.col("is_intervention"))
        .filter(pl.col("decided_at") >= naive(observed_at))
        .select(pl.col("object_id").alias("invoice_id"), prevented=True)
        .unique()
    )
    spoilt = pl.col("prevented").fill_null(False) & (pl.col("label") == 0)
    return (
        invoices.join(fate, on="invoice_id", how="left")
        .join(acted, on="invoice_id", how="left")
        .with_columns(
            pl.when(~spoilt.fill_null(False)).then("label").alias("label"), pl.col("matured").fill_null(False)
        )
        .select("invoice_id", "label", "matured", "late", "cause")
        .sort("invoice_id")
        .collect(engine="streaming")
    )


def observation_days(reader: PointInTimeReader, *, until: datetime) -> list[datetime]:
    """Return two moments a month at which invoices are worth looking at: the end of its busiest billing-run day, and
    the end of the day on which most of its invoices had been out for a week. Sorted; only days before ``until``.
    """
    rows = invoices_in(reader, LIVE, as_of=until)
    run = rows.select(pl.col("billing_run_date").alias("day"), window=pl.lit("run"))
    week = rows.filter(pl.col("status") != "draft").select(
        pl.col("issued_on").dt.offset_by("7d").alias("day"), window=pl.lit("week")
    )
    busiest = (
        pl.concat([run, week])
        .filter(pl.col("day") < naive(until).date())
        .group_by("window", "day")
        .len()
        .sort("len", "day", descending=[True, False])
        .group_by("window", pl.col("day").dt.truncate("1mo").alias("month"))
        .agg(pl.col("day").first())
        .collect()
    )
    end = timedelta(hours=23, minutes=59, seconds=59)
    return [datetime(day.year, day.month, day.day) + end for day in sorted(set(busiest["day"].to_list()))]


def _with_money(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    today = invoices.with_columns(pl.lit(naive(as_of).date()).alias("today"))
    done = to_reporting(
        today, reader=reader, as_of=as_of, amount="amount", currency="currency", on="today", alias="amount_reporting"
    )
    return done.drop("today")


def _own(invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Add what the invoice itself says."""
    today = pl.lit(naive(as_of).date())
    day = pl.when("is_draft").then(today).otherwise("issued_on")
    size = pl.coalesce("amount_reporting", "amount").cast(pl.Float64).abs()
    return invoices.with_columns(
        pl.when("is_draft").then(0).otherwise((today - pl.col("issued_on")).dt.total_days()).alias("days_since_issue"),
        (size + 1).log().alias("amount_log"),
        (pl.col("due_date") - day).dt.total_days().clip(0, 180).alias("terms_days"),
        *limited((day - pl.col("period_end")).dt.total_days(), "days_period_to_issue", -31, 180),
        ((day.dt.month_end() - day).dt.total_days() < MONTH_END_DAYS).alias("issued_at_month_end"),
    )

"""How a client has treated its invoices before: shrunk rates of matured outcomes, and what is open now."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from leadline.warehouse.limits import RAW, limited, raw
from leadline.warehouse.point_in_time import PointInTimeReader, naive

# Rates before the firm has outcomes of its own: of all invoices of services firms, a few in a hundred are disputed and
# about a third are paid late. Both are worth FIRM_WEIGHT invoices of the firm's own.
PRIOR_DISPUTE_RATE = 0.06
PRIOR_LATE_RATE = 0.33
FIRM_WEIGHT = 50
# A client's rate is pulled to the firm's as if it had this many invoices at the firm's rate; a project's to its
# client's.
CLIENT_WEIGHT = 10
PROJECT_WEIGHT = 5
RECENT_WEIGHT = 3

LOOK_BACK_DAYS = 730
YEAR_DAYS = 365
RECENT_DAYS = 180

CLIENT_FEATURES = (
    "firm_dispute_rate",
    "client_dispute_rate",
    "client_late_rate",
    "project_dispute_rate",
    "manager_dispute_rate",
    "client_recent_dispute_rate",
    "client_days_since_dispute",
    "client_open_disputes",
    "client_overdue_share",
    "client_invoices_year",
    "client_age_days",
    "amount_to_client_median",
    "amount_to_project_median",
    "project_invoices_year",
)
CLIENT_RAW = raw("client_open_disputes", "amount_to_client_median", "amount_to_project_median")


def client_history(
    reader: PointInTimeReader, invoices: pl.LazyFrame, past: pl.LazyFrame, *, as_of: datetime
) -> pl.LazyFrame:
    """Return ``CLIENT_FEATURES`` and ``CLIENT_RAW`` per open invoice.

    ``past`` are all outcomes known at ``as_of``. Rates count only invoices issued in the last two years whose outcome
    has matured, so that early positives do not weigh more than negatives still to come.
    """
    rows = _rates(reader, invoices, past, as_of=as_of)
    for part in (_recent(reader, past, as_of=as_of), _open_now(past, as_of=as_of)):
        rows = rows.join(part, on="client_id", how="left")
    rows = rows.join(_ages(reader, as_of=as_of), on="account_id", how="left")
    rows = rows.join(_sizes(invoices, past, as_of=as_of), on="invoice_id", how="left")
    recent = _shrunk(
        pl.col("disputes_recent").fill_null(0),
        pl.col("invoices_recent").fill_null(0),
        pl.col("client_dispute_rate"),
        RECENT_WEIGHT,
    )
    return rows.with_columns(
        recent.clip(0, 1).alias("client_recent_dispute_rate"),
        pl.col(
            "client_open_disputes", "raw_client_open_disputes", "client_invoices_year", "project_invoices_year"
        ).fill_null(0),
    ).select("invoice_id", *CLIENT_FEATURES, *CLIENT_RAW)


def _rates(reader: PointInTimeReader, invoices: pl.LazyFrame, past: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Add every shrunk rate to the open invoices, each shrunk towards an earlier one."""
    back = past.filter(pl.col("issued_on") > naive(as_of).date() - timedelta(days=LOOK_BACK_DAYS))
    projects = reader.core("project", as_of=as_of).sort("project_id", "source_system")
    managers = projects.unique("project_id", keep="first", maintain_order=True).select("project_id", "manager_id")
    back = back.join(managers, on="project_id", how="left")
    rows = (
        invoices.select("invoice_id", "client_id", "project_id", "account_id")
        .join(managers, on="project_id", how="left")
        .join(firm_rates(back), how="cross")
    )
    for alias, key, label, prior, weight in (
        ("client_dispute_rate", "client_id", "label", "firm_dispute_rate", CLIENT_WEIGHT),
        ("client_late_rate", "client_id", "late", "firm_late_rate", CLIENT_WEIGHT),
        ("project_dispute_rate", "project_id", "label", "client_dispute_rate", PROJECT_WEIGHT),
        ("manager_dispute_rate", "manager_id", "label", "firm_dispute_rate", CLIENT_WEIGHT),
    ):
        rows = _with_rate(rows, back, key=key, label=label, prior=prior, weight=weight, alias=alias)
    return rows


def firm_rates(past: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row: the firm's own ``firm_dispute_rate`` and ``firm_late_rate``, shrunk to the documented priors."""
    matured = pl.col("label").filter("matured")
    late = pl.col("late").drop_nulls()
    return past.select(
        _shrunk(matured.sum(), matured.drop_nulls().len(), PRIOR_DISPUTE_RATE, FIRM_WEIGHT).alias("firm_dispute_rate"),
        _shrunk(late.sum(), late.len(), PRIOR_LATE_RATE, FIRM_WEIGHT).alias("firm_late_rate"),
    )


def _shrunk(good: pl.Expr, count: pl.Expr, prior: pl.Expr | float, weight: int) -> pl.Expr:
    return (good + weight * (pl.lit(prior) if isinstance(prior, float) else prior)) / (count + weight)


def _with_rate(
    rows: pl.LazyFrame, past: pl.LazyFrame, *, key: str, label: str, prior: str, weight: int, alias: str
) -> pl.LazyFrame:
    """Add the share of positives among the key's matured invoices, pulled to ``prior`` by ``weight`` invoices."""
    reader = past.filter(pl.col(label).is_not_null() & (pl.col("matured") if label == "label" else True))
    counts = reader.group_by(key).agg(pl.col(label).sum().alias("_bad"), pl.len().alias("_all"))
    shrunk = _shrunk(pl.col("_bad").fill_null(0), pl.col("_all").fill_null(0), pl.col(prior), weight)
    return rows.join(counts, on=key, how="left").with_columns(shrunk.alias(alias)).drop("_bad", "_all")


def _recent(reader: PointInTimeReader, past: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return per client the disputes opened and the invoices issued in the last half year, and the days since one."""
    today = naive(as_of).date()
    since = today - timedelta(days=RECENT_DAYS)
    disputes = reader.core("dispute", as_of=as_of).join(past.select("invoice_id", "client_id"), on="invoice_id")
    days = (pl.lit(today) - pl.col("opened_on").max()).dt.total_days().clip(0, LOOK_BACK_DAYS)
    by_client = disputes.group_by("client_id").agg(
        (pl.col("opened_on") > since).sum().alias("disputes_recent"),
        *limited((pl.col("status") == "open").sum(), "client_open_disputes", 0, 3),
        days.alias("client_days_since_dispute"),
    )
    issued = past.filter(pl.col("issued_on") > since).group_by("client_id").agg(pl.len().alias("invoices_recent"))
    return issued.join(by_client, on="client_id", how="full", coalesce=True)


def _open_now(past: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return per client the share of its unpaid invoices that is overdue."""
    today = pl.lit(naive(as_of).date())
    unpaid = past.filter("is_open")
    return unpaid.group_by("client_id").agg((pl.col("due_date") < today).mean().alias("client_overdue_share"))


def _ages(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    age = (pl.lit(naive(as_of).date()) - pl.col("created_on")).dt.total_days().clip(0, 3 * YEAR_DAYS)
    accounts = reader.core("account", as_of=as_of).sort("account_id", "source_system")
    return accounts.unique("account_id", keep="first", maintain_order=True).select(
        "account_id", age.alias("client_age_days")
    )


def _sizes(invoices: pl.LazyFrame, past: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Compare the invoice's amount with the client's and the project's other invoices of the last year: the log of the
    ratio to their median, and as ``raw_…`` the ratio itself.
    """
    year = past.filter(pl.col("issued_on") > naive(as_of).date() - timedelta(days=YEAR_DAYS))
    money = pl.col("net_amount_reporting").cast(pl.Float64)
    others = year.select("client_id", "project_id", other="invoice_id", money=money)
    own = invoices.select("invoice_id", "client_id", "project_id", own=pl.col("amount_reporting").cast(pl.Float64))
    parts = []
    for key, ratio, count, most in (
        ("client_id", "amount_to_client_median", "client_invoices_year", 24),
        ("project_id", "amount_to_project_median", "project_invoices_year", 12),
    ):
        pairs = own.join(others.select(key, "other", "money"), on=key).filter(pl.col("other") != pl.col("invoice_id"))
        own_size, usual = pl.col("own").first().abs(), pl.col("money").abs().median()
        parts.append(
            pairs.group_by("invoice_id").agg(
                ((own_size + 1) / (usual + 1)).log().clip(-4, 4).alias(ratio),
                pl.when(usual > 0).then(own_size / usual).alias(f"{RAW}{ratio}"),
                pl.len().clip(0, most).alias(count),
            )
        )
    return parts[0].join(parts[1], on="invoice_id", how="full", coalesce=True)

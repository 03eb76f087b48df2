"""Whether an invoice agrees with its paper: contract, purchase order, rate card, its own lines."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from leadline.kernel.contracts import entity
from leadline.warehouse.limits import limited, raw
from leadline.warehouse.point_in_time import PointInTimeReader

BILLING_METHODS = entity("contract").columns["billing_method"].allowed

# Work billed this long after its month is old work.
OLD_WORK_DAYS = 31
# A unit rate this far from the agreed one (relative) is another rate, not rounding.
RATE_TOLERANCE = 0.005

PAPER_FEATURES = (
    *(f"method_{method}" for method in BILLING_METHODS),
    "po_missing",
    "po_differs",
    "currency_differs",
    "terms_differ_days",
    "days_after_contract_end",
    "contract_burn",
    "contract_overrun",
    "ceiling_burn",
    "amount_to_previous",
    "line_count",
    "time_share",
    "expense_share",
    "adjustment_share",
    "tax_code_missing_share",
    "description_missing_share",
    "lines_total_differs",
    "quantity_times_rate_differs_share",
    "rate_above_share",
    "rate_below_share",
    "rate_excess",
    "repeated_line_share",
    "change_share",
    "unapproved_change_share",
    "old_work_share",
)
PAPER_RAW = raw("terms_differ_days", "days_after_contract_end", "contract_burn", "ceiling_burn", "amount_to_previous")


def paper(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return ``PAPER_FEATURES`` and ``PAPER_RAW`` per open invoice; shares are of the absolute money of its lines."""
    lines = invoice_lines(reader, invoices, as_of=as_of)
    return (
        invoices.select("invoice_id", "amount")
        .join(_terms(reader, invoices, as_of=as_of), on="invoice_id", how="left")
        .join(_line_sums(lines), on="invoice_id", how="left")
        .join(_previous(reader, invoices, as_of=as_of), on="invoice_id", how="left")
        .with_columns(
            ((pl.col("lines_total") - pl.col("amount").cast(pl.Float64)).abs() > 0.01).alias("lines_total_differs")
        )
        .select("invoice_id", *PAPER_FEATURES, *PAPER_RAW)
    )


def contract_terms(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return one row per contract known at ``as_of`` with its terms, prefixed ``contract_``."""
    names = (
        "currency",
        "total_value",
        "not_to_exceed",
        "payment_terms_days",
        "end_date",
        "po_number",
        "billing_method",
    )
    return (
        reader.core("contract", as_of=as_of)
        .sort("contract_id", "source_system")
        .unique("contract_id", keep="first", maintain_order=True)
        .select("contract_id", "po_required", *(pl.col(name).alias(f"contract_{name}") for name in names))
    )


def is_blank(name: str) -> pl.Expr:
    """Return whether a text is null or nothing but blanks."""
    return pl.col(name).fill_null("").str.strip_chars() == ""


def po_missing() -> pl.Expr:
    """Return whether the customer pays only against a purchase-order number and none is printed (null: not known)."""
    return pl.col("po_required") & is_blank("po_number")


def _terms(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    joined = invoices.join(contract_terms(reader, as_of=as_of), on="contract_id", how="left")
    billed = _billed(reader, as_of=as_of)
    same_currency = pl.col("currency") == pl.col("contract_currency")
    terms = (pl.col("due_date") - pl.col("issued_on")).dt.total_days()
    after = (pl.coalesce("period_end", "issued_on") - pl.col("contract_end_date")).dt.total_days()
    both = ~is_blank("po_number") & ~is_blank("contract_po_number")
    return joined.join(billed, on=["contract_id", "currency"], how="left").select(
        "invoice_id",
        *((pl.col("contract_billing_method") == method).alias(f"method_{method}") for method in BILLING_METHODS),
        po_missing().alias("po_missing"),
        pl.when(both).then(pl.col("po_number") != pl.col("contract_po_number")).alias("po_differs"),
        (~same_currency).alias("currency_differs"),
        *limited(terms - pl.col("contract_payment_terms_days"), "terms_differ_days", -60, 60),
        *limited(after, "days_after_contract_end", -365, 180),
        *limited(_burn("contract_total_value", same_currency), "contract_burn", 0, 2),
        (_burn("contract_total_value", same_currency) - 1).clip(0, 1).alias("contract_overrun"),
        *limited(_burn("contract_not_to_exceed", same_currency), "ceiling_burn", 0, 2),
    )


def _billed(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    """Return what each contract was billed so far, drafts included, per currency."""
    live = reader.core("invoice", as_of=as_of).filter(pl.col("status") != "cancelled")
    return live.group_by("contract_id", "currency").agg(pl.col("amount").sum().cast(pl.Float64).alias("billed"))


def _burn(limit: str, same_currency: pl.Expr) -> pl.Expr:
    value = pl.col(limit).cast(pl.Float64)
    return pl.when(same_currency & (value > 0)).then(pl.col("billed") / value)


def _previous(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Compare the amount with the invoice before on the same contract, in the same currency: the log of the ratio, and
    as ``raw_…`` the ratio itself.
    """
    moment = pl.coalesce("billing_run_date", "issue_date", pl.col("first_known_at").dt.date())
    money = pl.col("amount").cast(pl.Float64).abs()
    live = reader.core("invoice", as_of=as_of).filter(pl.col("status") != "cancelled")
    before = live.select("contract_id", "currency", other="invoice_id", day=moment, before=money)
    own = invoices.select("invoice_id", "contract_id", "currency", own_day=moment, own=money)
    return (
        own.join(before, on=["contract_id", "currency"])
        .filter(pl.col("day") < pl.col("own_day"))
        .sort("invoice_id", "day", "other")
        .group_by("invoice_id", maintain_order=True)
        .agg(pl.col("own", "before").last())
        .select(
            "invoice_id",
            ((pl.col("own") + 1) / (pl.col("before") + 1)).log().clip(-3, 3).alias("amount_to_previous"),
            pl.when(pl.col("before") > 0).then(pl.col("own") / pl.col("before")).alias("raw_amount_to_previous"),
        )
    )


def invoice_lines(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return the lines of the open invoices with what is wrong about each.

    Grain: one row per invoice line. ``size`` is its absolute money. ``agreed_rate`` is the contract's rate for role (or
    person) on the last day billed; ``rate_gap`` how far the unit rate is above it (relative). ``is_repeated``: another
    invoice has a line for the same contract line, kind, period, role and person. ``change_open``: it bills a change
    order that is not approved. Null where it cannot be said.
    """
    all_lines = reader.core("invoice_line", as_of=as_of)
    billed = invoices.select("invoice_id", "contract_id", invoice_end="period_end")
    mine = all_lines.join(billed, on="invoice_id").sort("invoice_line_id")
    gap = pl.col("unit_rate").cast(pl.Float64) / pl.col("agreed_rate").cast(pl.Float64) - 1
    priced = (pl.col("quantity") * pl.col("unit_rate")).cast(pl.Float64) - pl.col("amount").cast(pl.Float64)
    changes = (
        reader.core("change_order", as_of=as_of)
        .unique("change_order_id", keep="first")
        .select("change_order_id", (pl.col("status") != "approved").alias("change_open"))
    )
    return (
        mine.join(_agreed_rates(reader, mine, as_of=as_of), on="invoice_line_id", how="left")
        .join(_repeated(all_lines, reader, mine, as_of=as_of), on="invoice_line_id", how="left")
        .join(changes, on="change_order_id", how="left")
        .with_columns(
            pl.col("amount").cast(pl.Float64).abs().alias("size"),
            gap.alias("rate_gap"),
            (pl.col("invoice_end") - pl.col("period_end")).dt.total_days().alias("age_days"),
            (priced.abs() > 0.02 + 0.0001 * pl.col("amount").cast(pl.Float64).abs()).alias("product_differs"),
            pl.col("is_repeated").fill_null(False),
        )
    )


def _agreed_rates(reader: PointInTimeReader, lines: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return the contract's rate for each line: the person's own where there is one, else the role's."""
    cards = reader.core("rate_card", as_of=as_of).filter(pl.col("contract_id").is_not_null())
    cards = cards.select(
        "contract_id",
        "role",
        "rate",
        "valid_from",
        "valid_to",
        "rate_id",
        card_currency="currency",
        card_person="person_id",
    )
    day = pl.coalesce("period_end", "period_start")
    fits = (
        (pl.col("valid_from") <= pl.col("day"))
        & (pl.col("valid_to").is_null() | (pl.col("day") < pl.col("valid_to")))
        & (pl.col("card_currency") == pl.col("currency"))
        & (pl.col("card_person").is_null() | (pl.col("card_person") == pl.col("person_id")))
    )
    wanted = lines.filter(pl.col("unit_rate").is_not_null() & (pl.col("line_type") == "time"))
    return (
        wanted.select("invoice_line_id", "contract_id", "role", "person_id", "currency", day.alias("day"))
        .join(cards, on=["contract_id", "role"])
        .filter(fits)
        .sort("invoice_line_id", pl.col("card_person").is_null(), -pl.col("valid_from").to_physical(), "rate_id")
        .unique("invoice_line_id", keep="first", maintain_order=True)
        .select("invoice_line_id", "rate_id", pl.when(pl.col("rate") > 0).then("rate").alias("agreed_rate"))
    )


def _repeated(
    all_lines: pl.LazyFrame, reader: PointInTimeReader, mine: pl.LazyFrame, *, as_of: datetime
) -> pl.LazyFrame:
    key = ("contract_line_id", "line_type", "period_start", "period_end", "role", "person_id", "change_order_id")
    live = reader.core("invoice", as_of=as_of).filter(pl.col("status") != "cancelled").select("invoice_id").unique()
    others = all_lines.join(live, on="invoice_id", how="semi").select(
        *key, other="invoice_id", other_line="invoice_line_id"
    )
    is_quoted = pl.col("contract_line_id").is_not_null() & pl.col("period_start").is_not_null()
    return (
        mine.filter(is_quoted & (pl.col("line_type") != "adjustment"))
        .select("invoice_line_id", "invoice_id", *key)
        .join(others, on=list(key), nulls_equal=True)
        .filter(pl.col("other") != pl.col("invoice_id"))
        .sort("invoice_line_id", "other_line")
        .group_by("invoice_line_id", maintain_order=True)
        .agg(pl.lit(True).first().alias("is_repeated"), pl.col("other_line").first())
    )


def _line_sums(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Sum lines per invoice, in decimals: their sum does not depend on the order of the rows."""
    money = pl.col("amount").abs()
    total = money.sum()
    excess = (pl.col("rate_gap").clip(-0.5, 0.5) * pl.col("size")).round(4).cast(pl.Decimal(18, 4)).sum()

    def share(condition: pl.Expr) -> pl.Expr:
        part = money.filter(condition.fill_null(False)).sum().cast(pl.Float64)
        return pl.when(total > 0).then(part / total.cast(pl.Float64))

    return lines.group_by("invoice_id").agg(
        pl.len().clip(0, 50).alias("line_count"),
        pl.col("amount").sum().cast(pl.Float64).alias("lines_total"),
        share(pl.col("line_type") == "time").alias("time_share"),
        share(pl.col("line_type") == "expense").alias("expense_share"),
        share(pl.col("line_type") == "adjustment").alias("adjustment_share"),
        share(is_blank("tax_code")).alias("tax_code_missing_share"),
        share(is_blank("description")).alias("description_missing_share"),
        share(pl.col("product_differs")).alias("quantity_times_rate_differs_share"),
        share(pl.col("rate_gap") > RATE_TOLERANCE).alias("rate_above_share"),
        share(pl.col("rate_gap") < -RATE_TOLERANCE).alias("rate_below_share"),
        pl.when(total > 0).then(excess.cast(pl.Float64) / total.cast(pl.Float64)).alias("rate_excess"),
        share(pl.col("is_repeated")).alias("repeated_line_share"),
        share(pl.col("change_order_id").is_not_null()).alias("change_share"),
        share(pl.col("change_open")).alias("unapproved_change_share"),
        share(pl.col("age_days") > OLD_WORK_DAYS).alias("old_work_share"),
    )

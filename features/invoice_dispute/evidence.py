"""The source records behind what the dispute score sees in an invoice, and clean invoices to compare it with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from features.invoice_dispute.delivery import billed_time, pending_changes
from features.invoice_dispute.document_checks import RATE_TOLERANCE, contract_terms, invoice_lines, is_blank, po_missing
from features.invoice_dispute.outcome import LIVE, invoices_in, outcomes
from leadline.warehouse.point_in_time import PointInTimeReader, naive

# A reason shows this many records of a kind; who wants all of them opens the invoice.
RECORDS_SHOWN = 5
SIMILAR_SHOWN = 3
SIMILAR_DAYS = 365

SCHEMA = {name: pl.String() for name in ("invoice_id", "code", "entity", "key", "column")}


def evidence(reader: PointInTimeReader, *, as_of: datetime, invoice_ids: Sequence[str]) -> pl.DataFrame:
    """Return the records behind each reason code of each invoice, as known at ``as_of``.

    Grain: one row per ``invoice_id``, ``code`` and record (``entity``, ``key``, and the ``column`` that shows it),
    sorted; at most five records per invoice and code.
    """
    wanted = pl.DataFrame({"invoice_id": sorted(invoice_ids)}, schema={"invoice_id": pl.String()}).lazy()
    rows = invoices_in(reader, LIVE, as_of=as_of).join(wanted, on="invoice_id", how="semi")
    invoices = rows.collect(engine="streaming").lazy()
    parts = [
        *_of_lines(invoice_lines(reader, invoices, as_of=as_of).collect(engine="streaming").lazy()),
        *_of_contract(reader, invoices, as_of=as_of),
        _of_disputes(reader, invoices, as_of=as_of),
        _of_changes(reader, invoices, as_of=as_of),
        _of_time(reader, invoices, as_of=as_of),
    ]
    found = pl.concat(parts).sort("invoice_id", "code", "entity", "key", "column")
    return found.group_by("invoice_id", "code", maintain_order=True).head(RECORDS_SHOWN).select(*SCHEMA).collect()


def _record(rows: pl.LazyFrame, *, code: str, entity: str, key: str, column: str) -> pl.LazyFrame:
    return rows.select(
        "invoice_id",
        pl.lit(code).alias("code"),
        pl.lit(entity).alias("entity"),
        pl.col(key).cast(pl.String).alias("key"),
        pl.lit(column).alias("column"),
    )


def _of_lines(lines: pl.LazyFrame) -> list[pl.LazyFrame]:
    off = lines.filter(pl.col("rate_gap").abs() > RATE_TOLERANCE)
    line = {"entity": "invoice_line", "key": "invoice_line_id"}
    repeated = lines.filter("is_repeated")
    return [
        _record(off, code="rate_mismatch", column="unit_rate", **line),
        _record(off, code="rate_mismatch", entity="rate_card", key="rate_id", column="rate"),
        _record(repeated, code="repeated_lines", column="amount", **line),
        _record(repeated, code="repeated_lines", entity="invoice_line", key="other_line", column="amount"),
        _record(lines.filter("product_differs"), code="arithmetic", column="amount", **line),
        _record(lines.filter(is_blank("tax_code")), code="tax_code", column="tax_code", **line),
        _record(
            lines.filter("change_open"),
            code="changes",
            entity="change_order",
            key="change_order_id",
            column="status",
        ),
    ]


def _of_contract(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> list[pl.LazyFrame]:
    joined = invoices.join(contract_terms(reader, as_of=as_of), on="contract_id")
    contract = {"entity": "contract", "key": "contract_id"}
    missing = joined.filter(po_missing() | (pl.col("po_number") != pl.col("contract_po_number")))
    foreign = joined.filter(pl.col("currency") != pl.col("contract_currency"))
    return [
        _record(missing, code="purchase_order", column="po_number", **contract),
        _record(foreign, code="currency", column="currency", **contract),
        _record(joined, code="terms", column="payment_terms_days", **contract),
        _record(joined, code="budget", column="total_value", **contract),
    ]


def _of_disputes(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """Return the client's latest disputes, on whatever invoice."""
    clients = reader.rule("int_invoice_position", as_of=as_of, columns=("invoice_id", "client_id"))
    past = reader.core("dispute", as_of=as_of).join(clients, on="invoice_id")
    latest = past.select("client_id", "dispute_id", "opened_on", "cause_code").sort(
        "opened_on", "dispute_id", descending=[True, False]
    )
    capped = latest.group_by("client_id", maintain_order=True).head(RECORDS_SHOWN)
    rows = invoices.select("invoice_id", "client_id").join(capped, on="client_id")
    return _record(rows, code="client_history", entity="dispute", key="dispute_id", column="cause_code")


def _of_changes(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    pending = pending_changes(reader, as_of=as_of).select("project_id", "change_order_id", change_status="status")
    rows = invoices.select("invoice_id", "project_id").join(pending, on="project_id")
    return _record(rows, code="changes", entity="change_order", key="change_order_id", column="status")


def _of_time(reader: PointInTimeReader, invoices: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    late = billed_time(reader, invoices, as_of=as_of).filter(pl.col("is_late") | pl.col("is_unapproved"))
    return _record(late, code="late_time", entity="time_entry", key="time_entry_id", column="submitted_at")


def similar_clean(reader: PointInTimeReader, rows: pl.DataFrame, *, as_of: datetime) -> dict[str, tuple[str, ...]]:
    """Return up to three invoices per row that went through undisputed in the last year and are nearest to it in size,
    of the same client first, of any other client next.

    ``rows`` need ``invoice_id``, ``client_id`` and ``amount_reporting``.
    """
    since = naive(as_of).date() - timedelta(days=SIMILAR_DAYS)
    clean = outcomes(reader, as_of=as_of).filter((pl.col("label") == 0) & (pl.col("issued_on") > since))
    size = pl.col("net_amount_reporting").cast(pl.Float64).abs().log1p()
    pool = clean.select("client_id", other="invoice_id", other_size=size)
    own = rows.lazy().select("invoice_id", "client_id", size=pl.col("amount_reporting").cast(pl.Float64).abs().log1p())
    gap = (pl.col("size") - pl.col("other_size")).abs().round(6).alias("gap")
    same = own.join(pool, on="client_id").select("invoice_id", "other", gap, foreign=False)
    nearest = own.join(_nearest(own, pool), on="invoice_id").select("invoice_id", "other", "gap", foreign=True)
    ranked = pl.concat([same, nearest]).sort("invoice_id", "foreign", "gap", "other").collect()
    chosen = ranked.unique(["invoice_id", "other"], keep="first", maintain_order=True)
    top = chosen.group_by("invoice_id", maintain_order=True).agg(pl.col("other").head(SIMILAR_SHOWN))
    return {key: tuple(others) for key, others in top.iter_rows()}


def _nearest(own: pl.LazyFrame, pool: pl.LazyFrame) -> pl.LazyFrame:
    """Return for each row the pool's invoices next to it in size, below and above."""
    ordered = pool.drop_nulls("other_size").sort("other_size", "other").select("other", "other_size")
    mine = own.drop_nulls("size").sort("size", "invoice_id")
    below = mine.join_asof(ordered, left_on="size", right_on="other_size", strategy="backward")
    above = mine.join_asof(ordered, left_on="size", right_on="other_size", strategy="forward")
    gap = (pl.col("size") - pl.col("other_size")).abs().round(6).alias("gap")
    return pl.concat([below, above]).drop_nulls("other").select("invoice_id", "other", gap)

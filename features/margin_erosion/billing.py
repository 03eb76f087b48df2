"""What a project has been billed for, beside what it has cost."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from features.margin_erosion.cost import UNITS, in_plan_currency
from leadline.warehouse.point_in_time import PointInTimeReader, naive


def invoiced(reader: PointInTimeReader, plans: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return the work billed to date: ``project_id`` and ``invoiced``, net, in the currency of the project's plan.

    Expenses passed on are no revenue, cancelled invoices are none either. As of: invoices known by ``as_of`` and issued
    by its day (a draft counts on the day of its billing run).
    """
    day = pl.coalesce("issue_date", "billing_run_date", "period_end")
    invoices = reader.core("invoice", as_of=as_of).filter(pl.col("status") != "cancelled")
    lines = (
        reader.core("invoice_line", as_of=as_of)
        .filter((pl.col("line_type") != "expense") & pl.col("project_id").is_not_null())
        .join(invoices.select("invoice_id", invoice_day=day), on="invoice_id")
        .filter(pl.col("invoice_day") <= naive(as_of).date())
        .group_by("project_id", pl.col("invoice_day").alias("day"), "currency")
        .agg(cost=(pl.col("amount") * UNITS).cast(pl.Int64).sum())
        .collect()
    )
    converted = in_plan_currency(lines, reader, plans, as_of=as_of)
    return converted.group_by("project_id").agg(invoiced=pl.col("cost").sum() / UNITS).sort("project_id")

"""What a project has been billed for, beside what it has cost."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from leadline.warehouse.point_in_time import PointInTimeReader


def invoiced(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the work billed to date by the rule int_project_billing: ``project_id`` and ``invoiced``, net, in the
    project's currency, as a float."""
    rows = reader.rule("int_project_billing", as_of=as_of)
    return rows.select("project_id", invoiced=pl.col("billed_amount").cast(pl.Float64)).collect()

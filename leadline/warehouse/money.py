"""Products of money, worked out by DuckDB.

Polars keeps a product of decimals at the larger scale of its factors, rounded half to even, before the rounding asked
for: some lines come out a cent too high. Money is multiplied in SQL alone.
"""

from __future__ import annotations

import polars as pl

from leadline.warehouse.memory import cursor


def products(amounts: pl.Series, factors: pl.Series) -> pl.Series:
    """Return amount × factor, both Decimal, row by row in whole cents: a tie is rounded away from zero, null is null.

    The same text as the macros `money` and `product` of the dbt project.
    """
    rows = pl.DataFrame({"amount": amounts, "factor": factors})
    with cursor() as connection:
        connection.register("priced_rows", rows.to_arrow())
        found = connection.sql(
            "select cast(round(cast(amount as decimal(38, 2)) * factor, 2) as decimal(18, 2)) as product"
            " from priced_rows"
        ).to_arrow_table()
        connection.unregister("priced_rows")
    return pl.DataFrame(found)["product"]

"""Digest whole rows, for sources whose rows have no key of their own."""

from __future__ import annotations

import polars as pl

from leadline.warehouse import memory


def row_digests(rows: pl.DataFrame) -> pl.Series:
    """Return 16 hex digits per row of text columns, in order: equal rows, equal digests, whatever the machine."""
    parts = " || '|' || ".join(
        f"coalesce(length(c{position}) || ':' || c{position}, '-')" for position in range(rows.width)
    )
    numbered = rows.rename({name: f"c{position}" for position, name in enumerate(rows.columns)})
    with memory.cursor() as connection:
        connection.register("numbered", numbered.to_arrow())
        digests: pl.DataFrame = connection.sql(f"select left(md5({parts}), 16) as digest from numbered").pl()  # noqa: S608
    return digests["digest"]

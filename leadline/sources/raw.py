"""A file as it was read: its rows with their places, not yet interpreted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

# Names no source column can have: they hold a blank that headers are stripped of.
LINE = " line"


@dataclass(frozen=True)
class RawTable:
    """The rows of one file.

    Attributes:
        rows: the columns asked for (texts from CSV, as typed from Parquet), then ``LINE``: the line of a CSV file
            (the header is line 1) or the row of a Parquet file on which each row starts.
        whole: returns all columns of the rows on the given lines, for showing them to a person.
        digests: returns 16 hex digits per row over all columns.
    """

    rows: pl.DataFrame
    whole: Callable[[pl.Series], pl.DataFrame]
    digests: Callable[[], pl.Series]

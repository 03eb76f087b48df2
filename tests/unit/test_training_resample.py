"""A cluster drawn twice counts as two."""

from __future__ import annotations

import numpy as np
import polars as pl

from training.resample import draw


def _frame() -> pl.DataFrame:
    rows = [(f"r{query}", f"r{query}", float(rank == 0), float(-rank)) for query in range(30) for rank in range(5)]
    return pl.DataFrame(rows, schema=["group", "query", "label", "model"], orient="row")


def test_a_query_drawn_twice_is_two_queries_of_the_size_it_had() -> None:
    (drawn,) = draw([_frame()], np.random.default_rng(0))
    assert drawn.columns == _frame().columns
    assert drawn.group_by("query").len()["len"].to_list() == [5] * 30

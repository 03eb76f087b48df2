"""Rules of the drawn futures that hold for any pipeline."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from features.pipeline_capacity.deals import HORIZON_WEEKS
from models.pipeline_capacity.simulation import (
    NEVER,
    Asks,
    crps,
    demand,
    drawn_future_deals,
    drawn_starts,
    future_deals_of,
)

sizes = st.floats(0, 100, allow_nan=False)


@given(st.lists(sizes, min_size=1, max_size=30), sizes)
def test_the_score_is_its_textbook_formula(drawn: list[float], truth: float) -> None:
    sample = np.array(drawn)
    slow = np.abs(sample - truth).mean() - np.abs(sample[:, None] - sample[None, :]).mean() / 2
    assert np.isclose(crps(sample[:, None], np.array([truth]))[0], slow, atol=1e-9)


@given(sizes, sizes)
def test_a_sure_forecast_scores_its_absolute_error(forecast: float, truth: float) -> None:
    assert np.isclose(crps(np.full((7, 1), forecast), np.array([truth]))[0], abs(forecast - truth))


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.floats(0, 5), st.integers(0, 8), st.integers(0, 20)),
        max_size=8,
    ),
    st.integers(0, 99),
)
def test_demand_is_never_negative_nor_more_than_all_asks_together(
    asks: list[tuple[int, int, float, int, int]], seed: int
) -> None:
    table = np.array(asks, dtype=np.float64).reshape(-1, 5)
    whole = table[:, :2].astype(np.int64)
    windows = Asks(whole[:, 0], whole[:, 1], table[:, 2], table[:, 3], table[:, 4])
    starts = np.random.default_rng(seed).uniform(0, 30, (5, 4))
    forecast = demand(starts, windows, cells=3, weeks=range(1, 27))
    assert (forecast >= 0).all()
    for cell in range(3):
        assert (forecast[:, cell, :] <= table[whole[:, 1] == cell, 2].sum() + 1e-9).all()


@given(st.floats(0, 1), st.floats(-20, 200), st.integers(0, 99))
def test_work_starts_after_the_win_or_never(chance: float, to_close: float, seed: int) -> None:
    deals = pl.DataFrame({"days_to_close": [to_close], "days_close_to_start": [21.0]})
    win = np.full((1, HORIZON_WEEKS), chance / HORIZON_WEEKS)
    starts = drawn_starts(deals, win, {"after_expected": [-2.0, 5.0], "after_win": [3.0]}, draws=200, seed=seed)
    assert ((starts >= 1) | (starts == NEVER)).all()


@given(st.integers(0, 99))
def test_a_deal_that_cannot_be_won_never_starts(seed: int) -> None:
    deals = pl.DataFrame({"days_to_close": [10.0], "days_close_to_start": [21.0]})
    pools = {"after_expected": [0.0], "after_win": [3.0]}
    assert (drawn_starts(deals, np.zeros((1, HORIZON_WEEKS)), pools, draws=50, seed=seed) == NEVER).all()


def test_only_origins_seen_to_the_last_horizon_are_remembered() -> None:
    rows = pl.DataFrame(
        {
            "kind": ["demand"] * 3,
            "observed_at": [1, 1, 2],
            "role": ["A"] * 3,
            "region": ["N"] * 3,
            "horizon": [4, 8, 4],
            "future_deals": [1.0, 3.0, 9.0],
        }
    )
    future_deals = future_deals_of(rows)
    assert future_deals.past.tolist() == [[[1.0, 3.0]]]
    drawn = drawn_future_deals(future_deals, [("A", "N"), ("B", "N")], weeks=[2, 4, 6], draws=3, seed=1)
    assert drawn[0].tolist() == [[0.5, 1.0, 2.0], [0.0, 0.0, 0.0]]

"""Rules that hold for any rows of projects."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.margin_erosion.rows import folds_of, project_weights, scaled, scaling_of, weighted_quantile

numbers = st.floats(-1e6, 1e6, allow_nan=False)
groups = st.lists(st.sampled_from("ABCDEFG"), min_size=1, max_size=40)


@given(groups)
def test_every_project_counts_once_however_often_it_was_seen(drawn: list[str]) -> None:
    weights = project_weights(np.array(drawn))
    for name in set(drawn):
        assert np.isclose(weights[np.array(drawn) == name].sum(), 1.0)


@given(groups, st.integers(0, 100))
def test_a_project_never_sits_in_two_folds(drawn: list[str], seed: int) -> None:
    folds = folds_of(np.array(drawn), count=5, seed=seed)
    for name in set(drawn):
        assert len(set(folds[np.array(drawn) == name])) == 1


@given(st.lists(st.tuples(numbers, st.floats(0.1, 10)), min_size=1, max_size=50), st.floats(0.01, 0.99))
def test_a_weighted_quantile_has_its_share_of_the_weight_at_or_below_it(
    drawn: list[tuple[float, float]], level: float
) -> None:
    values, weights = (np.array(column) for column in zip(*drawn, strict=True))
    found = weighted_quantile(values, weights, level)
    assert found in values
    assert weights[values <= found].sum() / weights.sum() >= level - 1e-9
    assert weights[values < found].sum() / weights.sum() <= level + 1e-9


@given(st.lists(st.one_of(numbers, st.just(float("nan"))), min_size=1, max_size=30))
def test_standardised_inputs_are_finite_and_bounded_whatever_is_unknown(drawn: list[float]) -> None:
    column = np.array(drawn)[:, None]
    values = scaled(column, scaling_of(column, np.ones(len(drawn))), farthest=4.0)
    assert np.isfinite(values).all()
    assert np.abs(values).max() <= 4

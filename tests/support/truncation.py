"""The main guard of every score: what lands after T changes no feature and no label as of T."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from leadline.warehouse.point_in_time import PointInTimeReader, naive
from tests.support.point_in_time import MemoryReader


def assert_truncation_invariant(module: Any, full: MemoryReader, cuts: Sequence[datetime]) -> None:
    """Assert that a score's features (and labels) as of each cut ignore everything landed after it.

    ``module`` is ``features.<score>``. Frames must be equal bit for bit, row order included. At least one cut must give
    rows and at least one must leave something out; else the assertion would prove nothing.
    """
    assert cuts
    assert full.known_until is not None
    assert any(naive(cut) < full.known_until for cut in cuts), "no cut leaves anything out"
    heights = [assert_same_as_of(module, full, full.cut(cut), at=cut) for cut in cuts]
    assert any(heights), "no cut gives any features"


def assert_same_as_of(module: Any, full: PointInTimeReader, cut: PointInTimeReader, *, at: datetime) -> int:
    """Assert that two snapshots, one of them cut at ``at``, give the same frames; return the number of feature rows."""
    expected = _collect(module.features(full, as_of=at))
    assert_frame_equal(_collect(module.features(cut, as_of=at)), expected, check_exact=True)
    if hasattr(module, "labels"):
        labels = [_collect(module.labels(reader, observed_at=at, as_of=at)) for reader in (full, cut)]
        assert_frame_equal(labels[1], labels[0], check_exact=True)
    return expected.height


def _collect(frame: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    return frame.collect() if isinstance(frame, pl.LazyFrame) else frame

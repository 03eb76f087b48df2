"""The matching keeps its promises on public data with known truth (docs/matching.md has the figures)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.matching import chicago, febrl, judge
from leadline.kernel.settings import Settings

DATA = Path(os.environ.get("LEADLINE_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not (DATA / "company-matching").is_dir(), reason="LEADLINE_REAL_DATA holds no such data"),
]


@pytest.mark.parametrize(("case", "least"), [(chicago, 0.90), (febrl, 0.97)])
def test_pairwise_f1_at_the_stated_threshold(case: object, least: float) -> None:
    result = judge(case(DATA), merge=Settings().match_merge, propose=Settings().match_propose)  # type: ignore[operator]
    assert result.at_stated.f1 is not None
    assert result.at_stated.f1 >= least
    assert (result.merged.precision or 0) >= 0.95
    assert (result.other_half.f1 or 0) >= least

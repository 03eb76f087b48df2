"""Not a toy: the bands hold on size m for several seeds, and the firm looks like the industry."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from leadline.evaluator.bands import bands
from leadline.evaluator.firm_figures import Figure, figures
from leadline.simulator.firm import seal

SEEDS = (1, 2, 3, 4, 5)
# Figures that hang on a handful of clients or on when deals close may stray this far, as a share of the value.
STRAY = 0.08


@cache
def _world(seed: int, folder: Path) -> Path:
    return seal("m", seed=seed, out=folder / str(seed))


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds")


def _missed(rows: list[Figure], *, stray: float = 0.0) -> dict[str, float]:
    return {
        row.name: round(row.value, 4)
        for row in rows
        if not row.low * (1 - stray) <= row.value <= row.high * (1 + stray)
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_every_band_holds(seed: int, worlds: Path) -> None:
    assert _missed(bands(_world(seed, worlds), seed=seed)) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_firm_looks_like_the_industry(seed: int, worlds: Path) -> None:
    found = figures(_world(seed, worlds))
    assert _missed(found, stray=STRAY) == {}
    assert len(_missed(found)) <= 4

"""A count is written with its noun in the number it has."""

from __future__ import annotations

import pytest

from leadline.kernel.counts import counted


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1200, "1,200 rows"), (-1, "-1 rows")]
)
def test_one_has_no_plural(number: int, written: str) -> None:
    assert counted(number, "row") == written


def test_a_plural_of_its_own_is_used() -> None:
    assert [counted(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]

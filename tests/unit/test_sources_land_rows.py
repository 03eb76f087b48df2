"""Rows that already have canonical columns, such as the queue's decisions, land like any other delivery."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from leadline.kernel.errors import ConfigurationError, InputError
from leadline.sources.land import land_rows
from leadline.warehouse.landing import BatchManifest
from tests.support.sources import LOADED_AT, Place

DECISIONS = pl.DataFrame(
    {
        "decision_id": ["D1", "D2"],
        "external_id": ["X1", "X2"],
        "score": ["margin_erosion", "invoice_dispute"],
        "object_id": ["P1", "I1"],
        "verdict": ["confirmed", "dismissed"],
        "decided_at": [datetime(2026, 3, 30, 9), datetime(2026, 3, 30, 10)],
        "value_recovered": [Decimal("1200.50"), None],
        "currency": ["EUR", None],
        "is_intervention": [True, False],
        "propensity": [None, 0.05],
        "known_at": [datetime(2026, 3, 30, 9), datetime(2026, 3, 30, 10)],
    }
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def bring(place: Place, rows: pl.DataFrame) -> BatchManifest:
    return land_rows("decision", rows, source_system="queue", home=place.home, loaded_at=LOADED_AT, name="decisions")


def test_rows_keep_their_types_and_stamps(place: Place) -> None:
    batch = bring(place, DECISIONS)
    assert (batch.rows_landed, batch.rows_quarantined, batch.file) == (2, 0, "decisions")
    first, second = place.rows("decision")
    assert first["value_recovered"] == Decimal("1200.50")
    assert second["propensity"] == Decimal("0.050000")
    assert [first["known_at"], first["decided_at"]] == [datetime(2026, 3, 30, 9)] * 2
    assert (first["is_intervention"], first["is_deleted"], first["source_system"]) == (True, False, "queue")
    place.landing.verify()


def test_the_same_rows_land_once(place: Place) -> None:
    assert bring(place, DECISIONS) == bring(place, DECISIONS)
    assert len(place.rows("decision")) == 2


def test_a_row_that_breaks_a_rule_is_quarantined(place: Place) -> None:
    batch = bring(place, DECISIONS.with_columns(verdict=pl.Series(["confirmed", "perhaps"])))
    assert (batch.rows_landed, batch.rows_quarantined) == (1, 1)
    assert place.faults() == [(2, "verdict", "allowed", "perhaps")]


def test_a_deleted_row_is_a_version(place: Place) -> None:
    bring(place, DECISIONS.with_columns(is_deleted=pl.Series([False, True])))
    assert [row["is_deleted"] for row in place.rows("decision")] == [False, True]


def test_nan_becomes_null(place: Place) -> None:
    bring(place, DECISIONS.with_columns(propensity=pl.Series([float("nan"), 0.5])))
    assert [row["propensity"] for row in place.rows("decision")] == [None, Decimal("0.500000")]


def test_no_rows_and_foreign_columns_are_refused(place: Place) -> None:
    with pytest.raises(InputError, match="no rows to land"):
        bring(place, DECISIONS.clear())
    with pytest.raises(InputError, match="not of this entity") as raised:
        bring(place, DECISIONS.with_columns(mood=pl.lit("good")))
    assert raised.value.found == "mood"
    with pytest.raises(ConfigurationError, match="Unknown entity"):
        land_rows("decisions", DECISIONS, source_system="q", home=place.home, loaded_at=LOADED_AT, name="d")

"""Truncation invariance on the demo firm: a warehouse cut at T and the full one say the same as of T.

The main guard of the whole product: every core table, every rule, every feature, every label and every finding.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from leadline.kernel.contracts import entities
from leadline.kernel.scores import SCORES
from leadline.warehouse.snapshot import Snapshot
from tests.support.rules import shipped_rules
from tests.support.truncation import assert_same_as_of

CUTS = tuple(datetime(*day, 23, 59, 59, tzinfo=UTC) for day in ((2025, 9, 30), (2026, 2, 13), (2026, 5, 31)))
STATES = (
    ("opportunity_state", "opportunity_id"),
    ("project_state", "project_id"),
    ("contract_state", "contract_id"),
    ("booking_state", "assignment_id"),
)
Snapshots = Callable[[datetime | None], Snapshot]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: f"{cut:%Y-%m-%d}")
def test_every_core_table_reads_the_same_from_the_cut_and_the_full_warehouse(
    demo_known: Snapshots, cut: datetime
) -> None:
    full, short = demo_known(None), demo_known(cut)
    for name, entity in entities().items():
        order = ["source_system", *entity.key]
        ours, theirs = (reader.core(name, as_of=cut).collect().sort(order) for reader in (short, full))
        assert_frame_equal(ours, theirs, check_exact=True)


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: f"{cut:%Y-%m-%d}")
@pytest.mark.parametrize(("state", "key"), STATES)
def test_the_state_of_a_day_is_the_same_from_the_build_of_that_day_and_the_full_warehouse(
    demo_known: Snapshots, state: str, key: str, cut: datetime
) -> None:
    def on_the_day(reader: Snapshot) -> pl.DataFrame:
        # The last day anything was known by the cut: a build of that day speaks of no later one.
        day = demo_known(cut).mart("int_valuation").collect()["valued_on"].item()
        spans = reader.mart(state).filter(pl.lit(day).is_between(pl.col("from_day"), pl.col("to_day")))
        return spans.drop("from_day", "to_day").collect().sort(key)

    ours, theirs = on_the_day(demo_known(cut)), on_the_day(demo_known(None))
    assert ours.height > 0
    assert_frame_equal(ours, theirs, check_exact=True)


@pytest.mark.parametrize("rule", sorted(shipped_rules()))
def test_every_rule_says_of_a_moment_what_the_build_of_that_moment_says(demo_known: Snapshots, rule: str) -> None:
    full = demo_known(None)
    for cut in CUTS:
        short = demo_known(cut)
        assert short.known_until is not None
        theirs = full.rule(rule, as_of=short.known_until).collect()
        assert_frame_equal(theirs, short.mart(rule).collect(), check_exact=True, check_row_order=False)


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: f"{cut:%Y-%m-%d}")
@pytest.mark.parametrize("score", SCORES)
def test_features_and_labels_do_not_change_when_later_rows_arrive(
    demo_known: Snapshots, score: str, cut: datetime
) -> None:
    features = import_module(f"features.{score}")
    assert assert_same_as_of(features, demo_known(None), demo_known(cut), at=cut) > 0


@pytest.mark.parametrize("score", SCORES)
def test_findings_at_an_old_as_of_are_the_same_from_the_cut_and_the_full_warehouse(
    demo_known: Snapshots, score: str
) -> None:
    cut = CUTS[-1]
    model = import_module(f"models.{score}")
    ours, theirs = (model.findings(reader, as_of=cut, artefact=None) for reader in (demo_known(cut), demo_known(None)))
    assert ours == theirs

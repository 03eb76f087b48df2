"""What must hold of the dispute score whatever is delivered, in whatever order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import models.invoice_dispute.risk_model as score
from features.invoice_dispute.frame import features
from tests.support.invoice_firm import firm_rows
from tests.support.point_in_time import MemoryReader

ROWS = firm_rows(seed=4, clients=6, months=10, first=date(2025, 1, 1))
OPTIONAL = sorted(set(ROWS) - {"invoice"})
MOMENTS = st.integers(0, 330).map(lambda day: datetime(2025, 1, 20, 21, tzinfo=UTC) + timedelta(days=day))


@settings(max_examples=12, deadline=None)
@given(absent=st.sets(st.sampled_from(OPTIONAL)), as_of=MOMENTS)
def test_any_optional_entity_may_be_absent(absent: set[str], as_of: datetime) -> None:
    reader = MemoryReader({name: rows for name, rows in ROWS.items() if name not in absent})
    for finding in score.findings(reader, as_of=as_of, artefact=None):
        assert finding.probability is not None
        assert 0 < finding.probability < 1
        assert finding.money_at_risk > 0


@settings(max_examples=10, deadline=None)
@given(order=st.randoms(use_true_random=False), as_of=MOMENTS)
def test_the_order_of_delivery_does_not_matter(order: object, as_of: datetime) -> None:
    shuffled = {name: list(rows) for name, rows in ROWS.items()}
    for rows in shuffled.values():
        order.shuffle(rows)  # type: ignore[attr-defined]
    first, second = (features(MemoryReader(tables), as_of=as_of) for tables in (ROWS, shuffled))
    assert_frame_equal(first, second, check_exact=True)
    assert sum(column.is_nan().sum() for column in first.select(pl.selectors.float())) == 0

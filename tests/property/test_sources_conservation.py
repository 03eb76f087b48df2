"""Whatever is delivered: no row and no cent is lost, and landing it again adds nothing."""

from __future__ import annotations

import csv
import io
from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.kernel.errors import InputError
from tests.support.sources import BILLS, GOOD_BILLS, Place

HEADER = GOOD_BILLS.splitlines()[0].split(",")

days = st.sampled_from(["2026-01-05", "2026-02-05", "", "5.1.2026", "2026-13-01"])
amounts = st.one_of(
    st.decimals(min_value=-(10**6), max_value=10**6, places=2).map(str),
    st.sampled_from(["", "x", "1e3", "12.345", "999999999999999999"]),
)
rows = st.tuples(
    st.one_of(st.text(st.characters(exclude_categories=["C"]), max_size=4), st.sampled_from(["B1", "B2"])),
    st.sampled_from(["C1", "C 2", 'C"3', "C,4", "C\n5", ""]),
    days,
    days,
    days,
    amounts,
    st.sampled_from(["EUR", "USD", "usd", "EURO", ""]),
    st.sampled_from(["planned", "ready", "paid", ""]),
)
good_row = ("good", "C1", "2026-01-05", "2026-01-05", "2026-01-05", "1.00", "EUR", "planned")
tables = st.lists(rows, max_size=12).map(lambda drawn: [*drawn, good_row])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("conservation"))
    made.map(BILLS)
    made.landing.ensure_typed()
    return made


def written(table: list[tuple[str, ...]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([HEADER, *table])
    return stream.getvalue()


def parsed(text: str) -> Decimal | None:
    """The slow, obvious reading of an amount, as an oracle."""
    try:
        amount = Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return amount if abs(amount) < 10**16 else None


@given(table=tables)
def test_every_row_and_every_cent_lands_or_is_quarantined(place: Place, table: list[tuple[str, ...]]) -> None:
    place.empty()
    place.draw("bills.csv", written(table))
    batch = place.land().batches[0]
    assert batch.rows_in_file == batch.rows_read == len(table)
    assert batch.rows_read == batch.rows_landed + batch.rows_quarantined
    assert len(place.rows("billing_schedule")) == batch.rows_landed
    assert len({line for line, *_ in place.faults()}) == batch.rows_quarantined
    assert all(total.read == total.landed + total.quarantined for total in batch.money)
    drawn = [parsed(row[HEADER.index("Amount")]) for row in table]
    assert sum(total.read for total in batch.money) == sum(amount for amount in drawn if amount is not None)
    landed = sum(row["amount"] for row in place.rows("billing_schedule", "amount"))
    assert sum(total.landed for total in batch.money) == landed


@given(table=tables)
def test_landing_again_adds_nothing(place: Place, table: list[tuple[str, ...]]) -> None:
    place.empty()
    place.draw("bills.csv", written(table))
    place.land()
    before = place.tree()
    report = place.land()
    assert (report.batches, len(report.skipped)) == ((), 1)
    assert place.tree() == before


@given(table=tables, data=st.data())
def test_a_file_cut_anywhere_is_refused_or_loses_only_what_was_cut(
    place: Place, table: list[tuple[str, ...]], data: st.DataObject
) -> None:
    whole = written(table).encode()
    place.empty()
    place.draw("bills.csv", whole[: data.draw(st.integers(0, len(whole)))])
    report = place.land()
    assert all(isinstance(one.error, InputError) for one in report.refused)
    assert all(batch.rows_read <= len(table) for batch in report.batches)
    # What landed is what was sent, except for the last row, which the cut may have shortened.
    ids = [row["schedule_id"] for row in place.rows("billing_schedule")]
    assert set(ids[:-1]) <= {row[0].strip() for row in table}

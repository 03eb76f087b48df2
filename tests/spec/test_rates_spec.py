"""Amounts in the reporting currency, as known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from features.rates import to_reporting
from tests.support.point_in_time import MemoryReader

AS_OF = datetime(2026, 3, 31, tzinfo=UTC)


def _rate(
    day: date, rate: str, *, pair: tuple[str, str] = ("EUR", "USD"), reader: datetime | None = None
) -> dict[str, Any]:
    return {
        "from_currency": pair[0],
        "to_currency": pair[1],
        "rate_date": day,
        "rate": rate,
        "known_at": reader or datetime(2026, 1, 1),
    }


def _convert(
    rates: list[dict[str, Any]], rows: list[tuple[str | None, str | None, date | None]]
) -> list[Decimal | None]:
    frame = pl.DataFrame(
        {
            "amount": pl.Series([r[0] for r in rows], dtype=pl.String).cast(pl.Decimal(18, 2)),
            "currency": pl.Series([r[1] for r in rows], dtype=pl.String),
            "day": pl.Series([r[2] for r in rows], dtype=pl.Date),
        }
    )
    reader = MemoryReader({"currency_rate": rates})
    done = to_reporting(
        frame.lazy(), reader=reader, as_of=AS_OF, amount="amount", currency="currency", on="day", alias="money"
    ).collect()
    assert done.columns == ["amount", "currency", "day", "money"]
    assert done.schema["money"] == pl.Decimal(18, 2)
    return done["money"].to_list()


JAN, FEB = date(2026, 1, 10), date(2026, 2, 10)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("100.00", "USD", JAN), "100.00"),
        (("100.00", "USD", None), "100.00"),
        (("100.00", "EUR", JAN), "110.00"),
        (("100.00", "EUR", date(2026, 2, 9)), "110.00"),
        (("100.00", "EUR", FEB), "120.00"),
        (("100.00", "EUR", date(2027, 1, 1)), "120.00"),
        (("0.05", "EUR", date(2026, 1, 20)), "0.06"),
        (("-0.05", "EUR", date(2026, 1, 20)), "-0.06"),
        (("100.00", "EUR", date(2026, 1, 9)), None),
        (("100.00", "JPY", FEB), None),
        ((None, "EUR", FEB), None),
        (("100.00", None, FEB), None),
        (("100.00", "EUR", None), None),
    ],
)
def test_the_latest_rate_of_the_day_or_before_counts(
    row: tuple[str | None, str | None, date | None], expected: str | None
) -> None:
    rates = [_rate(FEB, "1.20"), _rate(JAN, "1.10")]
    assert _convert(rates, [row]) == [None if expected is None else Decimal(expected)]


def test_a_rate_known_only_later_is_not_used() -> None:
    rates = [_rate(JAN, "1.10"), _rate(FEB, "9.00", reader=datetime(2026, 4, 1))]
    assert _convert(rates, [("1.00", "EUR", FEB)]) == [Decimal("1.10")]


def test_a_rate_delivered_the_other_way_round_is_inverted() -> None:
    rates = [_rate(JAN, "0.80", pair=("USD", "GBP"))]
    assert _convert(rates, [("100.00", "GBP", FEB)]) == [Decimal("125.00")]


def test_the_delivered_direction_wins_over_the_inverted_one() -> None:
    rates = [_rate(JAN, "0.50", pair=("USD", "EUR")), _rate(JAN, "1.10")]
    assert _convert(rates, [("1.00", "EUR", JAN)]) == [Decimal("1.10")]


def test_rows_keep_their_order_and_number() -> None:
    rows = [("3.00", "EUR", FEB), ("1.00", "USD", FEB), ("2.00", "JPY", FEB), ("3.00", "EUR", JAN)]
    expected = [Decimal("3.60"), Decimal("1.00"), None, Decimal("3.30")]
    assert _convert([_rate(FEB, "1.20"), _rate(JAN, "1.10")], rows) == expected  # type: ignore[arg-type]


def test_float_amounts_stay_floats() -> None:
    frame = pl.DataFrame({"x": [2.0], "c": ["EUR"], "d": [FEB]})
    reader = MemoryReader({"currency_rate": [_rate(JAN, "1.10")]})
    done = to_reporting(frame, reader=reader, as_of=AS_OF, amount="x", currency="c", on="d", alias="y")
    assert done["y"].to_list() == [pytest.approx(2.2)]


def test_without_any_rates_only_the_reporting_currency_has_a_value() -> None:
    assert _convert([], [("1.00", "EUR", FEB), ("1.00", "USD", FEB)]) == [None, Decimal("1.00")]


def test_a_product_is_rounded_once() -> None:
    # 0.03 x 0.16666666 = 0.0049999998: rounded to eight digits first, it would be a tie and so a cent.
    assert _convert([_rate(JAN, "0.16666666")], [("0.03", "EUR", FEB)]) == [Decimal("0.00")]

"""The same two bills in every shape a file may come in: all land the same rows."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from leadline.kernel.errors import InputError
from tests.support.sources import BILLS, GOOD_BILLS, Place, land_one

SHAPES: list[tuple[str, str | bytes, str]] = [
    ("plain", GOOD_BILLS, ""),
    ("without a last line end", GOOD_BILLS.rstrip("\n"), ""),
    ("byte-order mark", "\ufeff" + GOOD_BILLS, ""),
    ("Windows line ends", GOOD_BILLS.replace("\n", "\r\n"), ""),
    ("old Mac line ends", GOOD_BILLS.replace("\n", "\r"), ""),
    ("mixed line ends", GOOD_BILLS.replace("planned\n", "planned\r\n"), ""),
    ("blank lines", GOOD_BILLS.replace("planned\n", "planned\n\n") + "\n\n", ""),
    ("everything quoted", GOOD_BILLS.replace(",", '","').replace("\n", '"\n"')[:-1].join('""')[:-1] + "\n", ""),
    ("blanks around", GOOD_BILLS.replace(",", " , "), ""),
    ("semicolons", GOOD_BILLS.replace(",", ";"), "delimiter: ';'"),
    ("tabs", GOOD_BILLS.replace(",", "\t"), "delimiter: tab"),
    ("UTF-16", GOOD_BILLS.encode("utf-16"), "encoding: utf-16"),
    ("cp1252", GOOD_BILLS.encode("cp1252"), "encoding: cp1252"),
    ("gzip", gzip.compress(GOOD_BILLS.encode()), ""),
    ("more columns", GOOD_BILLS.replace("\n", ",more\n"), ""),
    ("other columns twice", GOOD_BILLS.replace("\n", ",x,x,\n"), ""),
    ("other order", "\n".join(",".join(reversed(line.split(","))) for line in GOOD_BILLS.splitlines()), ""),
]


@pytest.mark.parametrize(("content", "option"), [shape[1:] for shape in SHAPES], ids=[shape[0] for shape in SHAPES])
def test_every_shape_of_a_file_lands_the_same_rows(tmp_path: Path, content: str | bytes, option: str) -> None:
    place = Place(tmp_path)
    place.map(BILLS.replace("entity:", f"{option}\n    entity:") if option else BILLS)
    place.draw("bills.csv", content)
    report = place.land()
    report.raise_refused()
    rows = place.rows("billing_schedule", "schedule_id", "contract_id", "period_end", "amount", "currency", "status")
    assert [tuple(row.values()) for row in rows] == [
        ("B1", "C1", date(2026, 1, 31), Decimal("1000.50"), "EUR", "planned"),
        ("B2", "C1", date(2026, 2, 28), Decimal("250.25"), "USD", "ready"),
    ]
    assert report.batches[0].rows_quarantined == 0


@pytest.mark.parametrize(("encoding", "name"), [("latin-1", "Café"), ("cp1252", "€ café"), ("utf-16-le", "Ωmega")])
def test_letters_survive_their_encoding(tmp_path: Path, encoding: str, name: str) -> None:
    place = Place(tmp_path)
    place.map(
        f"""
        source_system: hris
        files:
          - match: "*.csv"
            entity: skill
            encoding: {encoding}
            columns: {{skill_id: Id, name: Name}}
        """
    )
    place.draw("skills.csv", f"Id,Name\nS1,{name}\n".encode(encoding))
    place.land().raise_refused()
    assert place.rows("skill", "name") == [{"name": name}]


def test_without_quoting_a_quote_is_a_letter(tmp_path: Path) -> None:
    place = Place(tmp_path)
    land_one(place, "skill", "skill_id: Id\nname: Name", 'Id | Name\nS1 | 5" pipe', options="quote: ''").raise_refused()
    assert place.rows("skill", "name") == [{"name": '5" pipe'}]


def test_a_file_of_one_column_is_a_table_too(tmp_path: Path) -> None:
    place = Place(tmp_path)
    land_one(place, "skill", "skill_id: Id\nname: Id", "Id\nSQL\n \nR").raise_refused()
    assert [row["skill_id"] for row in place.rows("skill")] == ["SQL", "R"]
    assert {line for line, *_ in place.faults()} == {3}


PARQUET = BILLS.replace('match: "*.csv"', 'match: "*.parquet"\n    format: parquet')
TYPED = {
    "Id": pl.Series([1.0, 2.0]),
    "Contract": pl.Series([7, 8]),
    "From": pl.Series([date(2026, 1, 1), None]),
    "To": pl.Series([datetime(2026, 1, 31, 12), None]),
    "Due": pl.Series(["2026-02-05", "2026-03-05"]),
    "Amount": pl.Series([1000.5, 250.254]),
    "Currency": pl.Series(["EUR", "USD"], dtype=pl.Categorical),
    "Status": pl.Series(["planned", "ready"]),
}


def test_parquet_columns_are_taken_as_they_are_typed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.map(PARQUET)
    pl.DataFrame(TYPED).write_parquet(place.files / "bills.parquet")
    place.land().raise_refused()
    rows = place.rows("billing_schedule", "schedule_id", "contract_id", "period_end", "amount", "source_line")
    assert [tuple(row.values()) for row in rows] == [
        ("1", "7", date(2026, 1, 31), Decimal("1000.50"), 1),
        ("2", "8", None, Decimal("250.25"), 2),
    ]


MONEY: list[tuple[pl.Series, list[str | None]]] = [
    (pl.Series([1, 2]), ["1.00", "2.00"]),
    (pl.Series([Decimal("1.005"), Decimal("2.5")]), ["1.00", "2.50"]),
    (pl.Series(["1.5", "2"]), ["1.50", "2.00"]),
    (pl.Series([float("nan"), 2.5]), [None, "2.50"]),
]


@pytest.mark.parametrize(("series", "expected"), MONEY)
def test_parquet_numbers_become_exact_money_and_nan_becomes_null(
    tmp_path: Path, series: pl.Series, expected: list[str | None]
) -> None:
    place = Place(tmp_path)
    place.map(
        """
        source_system: erp
        files:
          - match: "*.parquet"
            entity: milestone
            format: parquet
            columns:
              {milestone_id: Id, project_id: Id, amount: A, currency: {constant: EUR}, status: {constant: planned}}
        """
    )
    pl.DataFrame({"Id": ["M1", "M2"], "A": series}).write_parquet(place.files / "m.parquet")
    place.land().raise_refused()
    assert [row["amount"] for row in place.rows("milestone")] == [text and Decimal(text) for text in expected]


def _zoned(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("At").dt.replace_time_zone("America/New_York"))


@pytest.mark.parametrize(
    ("make", "moment"),
    [
        (lambda frame: frame, datetime(2026, 3, 31, 10)),
        (_zoned, datetime(2026, 3, 31, 14)),
        (lambda frame: frame.with_columns(pl.col("At").dt.cast_time_unit("ns")), datetime(2026, 3, 31, 10)),
        (lambda frame: frame.with_columns(pl.col("At").dt.date()), datetime(2026, 3, 31, 23, 59, 59)),
        (lambda frame: frame.with_columns(pl.col("At").cast(pl.String)), datetime(2026, 3, 31, 10)),
    ],
)
def test_parquet_stamps_become_naive_utc(
    tmp_path: Path, make: Callable[[pl.DataFrame], pl.DataFrame], moment: datetime
) -> None:
    place = Place(tmp_path)
    place.map(
        """
        source_system: hris
        files:
          - match: "*.parquet"
            entity: skill
            format: parquet
            known_at: {column: At}
            columns: {skill_id: Id, name: Id}
        """
    )
    make(pl.DataFrame({"Id": ["S1"], "At": [datetime(2026, 3, 31, 10)]})).write_parquet(place.files / "s.parquet")
    place.land(loaded_at=datetime(2026, 4, 2, tzinfo=UTC)).raise_refused()
    assert place.rows("skill", "known_at") == [{"known_at": moment}]


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(17, 4, 6)])
def test_a_typed_day_outside_the_believed_years_is_a_fault(tmp_path: Path, day: date) -> None:
    place = Place(tmp_path)
    place.map(PARQUET)
    frame = pl.DataFrame(TYPED | {"To": [None, day]})
    frame.write_parquet(place.files / "bills.parquet")
    place.land().raise_refused()
    days = (day - date(1970, 1, 1)).days
    assert place.faults() == [(2, "period_end", "type", f"{days} since 1970")]


def test_a_bad_parquet_row_is_quarantined_with_all_its_columns(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.map(PARQUET)
    pl.DataFrame(TYPED | {"Status": ["planned", "paid"], "More": [[1], [2, 3]]}).write_parquet(
        place.files / "b.parquet"
    )
    place.land().raise_refused()
    assert place.faults() == [(2, "status", "allowed", "paid")]
    raw = place.landing.quarantined().collect()["raw"].item()
    assert '"More":[2,3]' in raw
    assert '"Status":"paid"' in raw


def test_a_flipped_bit_in_a_parquet_file_is_never_more_than_a_refusal(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.map(PARQUET)
    good = io.BytesIO()
    pl.concat([pl.DataFrame(TYPED)] * 20).write_parquet(good)
    landed = 0
    for at in range(4, len(good.getvalue()), len(good.getvalue()) // 60):
        content = bytearray(good.getvalue())
        content[at] ^= 1 << at % 8
        place.draw("bills.parquet", bytes(content))
        report = place.land()
        assert all(isinstance(one.error, InputError) for one in report.refused)
        landed += len(report.batches)
    assert landed < 60
    place.landing.verify()

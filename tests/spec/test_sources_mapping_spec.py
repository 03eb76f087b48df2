"""What each key of a mapping file does to a drawn table. The rules are explained in docs/mapping-files.md."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.sources import Place, land_one


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def landed(place: Place, entity: str, columns: str, table: str, column: str, *, options: str = "") -> list[Any]:
    land_one(place, entity, columns, table, options=options).raise_refused()
    return [row[column] for row in place.rows(entity, column)]


SKILL = "skill_id: Id\nname: Name"


def test_a_plain_column_is_copied_and_trimmed(place: Place) -> None:
    table = """
        Id |   Name
        S1 |   Python
    """
    assert landed(place, "skill", SKILL, table, "name") == ["Python"]


def test_texts_named_in_nulls_mean_empty(place: Place) -> None:
    table = """
        Id | Name | Group
        S1 | SQL  | N/A
        S2 | R    |
        S3 | Go   | data
    """
    columns = f"{SKILL}\ncategory: Group"
    assert landed(place, "skill", columns, table, "category", options='nulls: ["N/A"]') == [None, None, "data"]


def test_a_word_for_empty_that_ends_in_a_star_stands_for_all_that_begin_so(place: Place) -> None:
    table = """
        Id | Name | Group
        S1 | SQL  | Exempt under Section 43
        S2 | R    | not Exempt
        S3 | Go   | *
    """
    columns = f"{SKILL}\ncategory: Group"
    options = 'nulls: ["Exempt*", "*"]'
    assert landed(place, "skill", columns, table, "category", options=options) == [None, "not Exempt", None]


def test_a_constant_fills_every_row(place: Place) -> None:
    table = """
        Id | Name
        S1 | SQL
        S2 | R
    """
    assert landed(place, "skill", f"{SKILL}\ncategory: {{constant: data}}", table, "category") == ["data", "data"]


VALUES = """
    Id | Name | Kind
    S1 | SQL  | D
    S2 | R    | other
    S3 | Go   |
"""


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{column: Kind, values: {D: data}}", ["data", "other", None]),
        ("{column: Kind, values: {D: data}, otherwise: misc}", ["data", "misc", None]),
        ("{column: Kind, values: {D: data}, otherwise: null}", ["data", None, None]),
        ("{column: Kind, values: {D: null}}", [None, "other", None]),
        ("{column: Kind, otherwise: filled, empty: blank}", ["filled", "filled", "blank"]),
        ("{column: Kind, prefix: k-}", ["k-D", "k-other", None]),
        ("{join: [Name, Kind], separator: /}", ["SQL/D", "R/other", None]),
        ("{join: [Name, Kind], prefix: j-}", ["j-SQL-D", "j-R-other", None]),
        ("{row_number: true, prefix: r}", ["r2", "r3", "r4"]),
    ],
)
def test_a_text_is_looked_up_filled_and_composed(place: Place, spec: str, expected: list[str | None]) -> None:
    assert landed(place, "skill", f"{SKILL}\ncategory: {spec}", VALUES, "category") == expected


def test_a_row_hash_keeps_equal_rows_apart_and_its_ids_on_a_longer_delivery(place: Place) -> None:
    columns = "skill_id: {row_hash: true}\nname: Name"
    first = landed(place, "skill", columns, "Name | X\nSQL | 1\nSQL | 1\nR | 1", "skill_id")
    assert len(set(first)) == 3
    assert [text[-2:] for text in first] == ["-1", "-2", "-1"]
    longer = landed(place, "skill", columns, "Name | X\nGo | 1\nSQL | 1\nSQL | 1\nR | 1", "skill_id")
    assert set(first) < set(longer[3:])


DAYS = [
    ("issued_on: Day", "2026-03-31", date(2026, 3, 31)),
    ("issued_on: Day", "2026-03-31T23:30:00Z", date(2026, 3, 31)),
    ("issued_on: Day", "2026-03-31 23:30:00+02:00", date(2026, 3, 31)),
    ('issued_on: {column: Day, format: "%d/%m/%Y"}', "31/03/2026", date(2026, 3, 31)),
    ('issued_on: {column: Day, format: "%d/%m/%y"}', "31/03/26", date(2026, 3, 31)),
    ('issued_on: {column: Day, format: ["%d/%m/%Y", "%d/%m/%y"]}', "31/03/26", date(2026, 3, 31)),
    ('issued_on: {column: Day, format: "%m/%d/%Y %I:%M:%S %p"}', "03/31/2026 12:00:00 AM", date(2026, 3, 31)),
    ('issued_on: {column: Day, format: "%d %b %Y"}', "31 Mar 2026", date(2026, 3, 31)),
]


@pytest.mark.parametrize(("spec", "text", "day"), DAYS)
def test_a_day_is_read_as_written(place: Place, spec: str, text: str, day: date) -> None:
    credit = "credit_note_id: Id\ninvoice_id: I\namount: {constant: 1}\ncurrency: {constant: EUR}"
    table = f"Id | I | Day\nN1 | I1 | {text}"
    assert landed(place, "credit_note", f"{credit}\n{spec}", table, "issued_on") == [day]


@pytest.mark.parametrize("text", ["31.03.2026", "2026-02-30", "0026-03-31", "20260-03-31", "9999-12-31", "yesterday"])
def test_a_day_that_is_none_or_out_of_range_is_a_fault(place: Place, text: str) -> None:
    columns = "person_id: P\nskill_id: S\nlevel: L\nassessed_on: Day"
    land_one(place, "person_skill", columns, f"P | S | L | Day\nP1 | S1 | 1 | {text}\nP2 | S1 | 1 | 2026-01-01")
    assert place.faults() == [(2, "assessed_on", "type", text)]


MOMENTS = [
    ("2026-03-31T10:00:00Z", "UTC", datetime(2026, 3, 31, 10)),
    ("2026-03-31T10:00:00", "UTC", datetime(2026, 3, 31, 10)),
    ("2026-03-31 10:00:00.250", "UTC", datetime(2026, 3, 31, 10, 0, 0, 250000)),
    ("2026-03-31T10:00:00+02:00", "UTC", datetime(2026, 3, 31, 8)),
    ("2026-03-31T10:00:00+02:00", "Europe/London", datetime(2026, 3, 31, 8)),
    ("2026-07-01T10:00:00", "Europe/London", datetime(2026, 7, 1, 9)),
    ("2026-10-25T01:30:00", "Europe/London", datetime(2026, 10, 25, 0, 30)),
    ("2026-03-31", "UTC", datetime(2026, 3, 31)),
]


@pytest.mark.parametrize(("text", "zone", "moment"), MOMENTS)
def test_a_moment_becomes_naive_utc(place: Place, text: str, zone: str, moment: datetime) -> None:
    columns = "message_id: Id\ninterface: I\nstatus: {constant: failed}\ncreated_at: At"
    table = f"Id | I | At\nM1 | crm | {text}"
    found = landed(place, "integration_message", columns, table, "created_at", options=f"timezone: {zone}")
    assert found == [moment]


def test_a_moment_that_the_clocks_skipped_is_a_fault(place: Place) -> None:
    columns = "message_id: Id\ninterface: I\nstatus: {constant: failed}\ncreated_at: At"
    table = "Id | I | At\nM1 | crm | 2026-03-29T01:30:00\nM2 | crm | 2026-03-29T03:30:00"
    land_one(place, "integration_message", columns, table, options="timezone: Europe/London")
    assert place.faults() == [(2, "created_at", "type", "2026-03-29T01:30:00")]


NUMBERS = [
    ("Amt", "1234.5", "", "1234.50"),
    ("Amt", "-0.005", "", "0.00"),
    ("Amt", "12.345", "", "12.34"),
    ("Amt", "2066075.5899999999", "", "2066075.59"),
    ("Amt", "1.5E3", "", "1500.00"),
    ("Amt", "(12.50)", "", "-12.50"),
    ("Amt", "12.50-", "", "-12.50"),
    ("Amt", "1.234,56", 'decimal: ","\nthousands: "."', "1234.56"),
    ("Amt", "1,234,567.8", 'thousands: ","', "1234567.80"),
    ("{column: Amt, scale: 1000000}", "15.297", "", "15297000.00"),
    ("{column: Amt, scale: 0.01}", "1250", "", "12.50"),
    ('{column: Amt, strip: "$ "}', "$ 1 250.75", "", "1250.75"),
]


@pytest.mark.parametrize(("spec", "text", "options", "amount"), NUMBERS)
def test_an_amount_is_an_exact_decimal(place: Place, spec: str, text: str, options: str, amount: str) -> None:
    columns = f"credit_note_id: Id\ninvoice_id: I\nissued_on: Day\namount: {spec}\ncurrency: {{constant: EUR}}"
    table = f"Id | I | Day | Amt\nN1 | I1 | 2026-01-01 | {text}"
    assert landed(place, "credit_note", columns, table, "amount", options=options) == [Decimal(amount)]


@pytest.mark.parametrize("text", ["abc", "1,000", "12.3.4", "NaN", "inf", "99999999999999999.00", "--5", "5)"])
def test_an_amount_that_is_none_is_a_fault(place: Place, text: str) -> None:
    columns = "credit_note_id: Id\ninvoice_id: I\nissued_on: Day\namount: Amt\ncurrency: {constant: EUR}"
    land_one(place, "credit_note", columns, f"Id | I | Day | Amt\nN1|I1|2026-01-01|{text}\nN2|I1|2026-01-01|5")
    assert place.faults() == [(2, "amount", "type", text)]


def test_a_sum_counts_empty_parts_as_nothing_and_is_empty_only_when_all_are(place: Place) -> None:
    columns = "milestone_id: Id\nproject_id: P\namount: {sum: [A, B]}\n"
    columns += "currency: {constant: EUR}\nstatus: {constant: planned}"
    table = """
        Id | P  | A   | B
        M1 | P1 | 1.5 | 2
        M2 | P1 |     | 2
        M3 | P1 |     |
        M4 | P1 | 1   | x
    """
    assert landed(place, "milestone", columns, table, "amount") == [Decimal("3.50"), Decimal("2.00"), None]
    assert place.faults() == [(5, "amount", "type", "1 + x")]


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("Yes", True), ("Y", True), ("1", True), ("FALSE", False), ("no", False), ("0", False)],
)
def test_a_switch_is_read_in_its_usual_words(place: Place, text: str, value: bool) -> None:
    columns = "contact_id: Id\naccount_id: A\nactive: On"
    assert landed(place, "contact", columns, f"Id | A | On\nK1 | A1 | {text}", "active") == [value]


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("3.0", 3), ("3.", 3)])
def test_a_whole_number_may_be_written_with_a_point(place: Place, text: str, number: int) -> None:
    columns = "person_id: P\nskill_id: S\nlevel: L"
    assert landed(place, "person_skill", columns, f"P | S | L\nP1 | S1 | {text}", "level") == [number]


def test_a_number_that_is_not_whole_is_a_fault(place: Place) -> None:
    land_one(place, "person_skill", "person_id: P\nskill_id: S\nlevel: L", "P | S | L\nP1 | S1 | 3.5\nP1 | S2 | 3")
    assert place.faults() == [(2, "level", "type", "3.5")]


def test_a_currency_may_be_written_small(place: Place) -> None:
    columns = "legal_entity_id: Id\nname: N\nfunctional_currency: C"
    assert landed(place, "legal_entity", columns, "Id | N | C\nL1 | Lead | eur", "functional_currency") == ["EUR"]


STAMPS = """
    Id | Name | At
    S1 | SQL  | 2026-01-05T10:00:00Z
    S2 | R    |
    S3 | Go   | 2026-01-05
"""


def test_the_source_stamp_is_believed_and_an_unstamped_row_is_known_from_its_load(place: Place) -> None:
    moments = landed(place, "skill", SKILL, STAMPS, "known_at", options="known_at: {column: At}")
    # A stamp that names only a day is believed from its end: within the day no one can say when.
    assert moments == [datetime(2026, 1, 5, 10), datetime(2026, 3, 31, 6), datetime(2026, 1, 5, 23, 59, 59)]


def test_without_a_stamp_every_row_is_known_from_its_load(place: Place) -> None:
    assert set(landed(place, "skill", SKILL, STAMPS, "known_at")) == {datetime(2026, 3, 31, 6)}


def test_a_published_row_is_known_some_days_after_its_stamp(place: Place) -> None:
    options = 'known_at: {column: At, format: "%Y-%m-%d", delay_days: 38}'
    table = "Id | Name | At\nS1 | SQL | 2026-01-01"
    assert landed(place, "skill", SKILL, table, "known_at", options=options) == [datetime(2026, 2, 8, 23, 59, 59)]


def test_a_stamp_that_names_a_report_is_looked_up(place: Place) -> None:
    options = 'known_at: {column: At, values: {"2014.0": "2014-12-31"}}'
    table = "Id | Name | At\nS1 | SQL | 2014.0"
    assert landed(place, "skill", SKILL, table, "known_at", options=options) == [datetime(2014, 12, 31, 23, 59, 59)]


def test_a_stamp_that_cannot_be_read_is_a_fault(place: Place) -> None:
    table = "Id | Name | At\nS1 | SQL | soon\nS2 | R | 2026-01-05"
    land_one(place, "skill", SKILL, table, options="known_at: {column: At}")
    assert place.faults() == [(2, "known_at", "type", "soon")]


def test_a_deleted_row_is_a_version_that_needs_its_key_only(place: Place) -> None:
    table = """
        Id | Name | Gone
        S1 | SQL  | false
        S2 |      | true
        S3 |      | false
    """
    flags = landed(place, "skill", SKILL, table, "is_deleted", options='deleted: {column: Gone, values: ["true"]}')
    assert flags == [False, True]
    assert place.faults() == [(4, "name", "required", "nothing")]


FILTERS = """
    Id | Name | From       | To
    S1 | SQL  | 2026-01-01 | 2026-02-01
    S2 | R    |            | 2026-02-01
    S3 | Go   | 2026-03-01 | 2026-02-01
"""


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("{column: From, not_null: true}", ["S1", "S3"]),
        ('{column: From, "null": true}', ["S2"]),
        ("{column: Name, values: [SQL, Go]}", ["S1", "S3"]),
        ("{column: Name, not_values: [SQL, Go]}", ["S2"]),
        ("{column: From, by: To}", ["S1"]),
        ("{column: From, not_by: To}", ["S2", "S3"]),
        ("[{column: From, not_null: true}, {column: Name, values: [Go]}]", ["S3"]),
    ],
)
def test_filtered_rows_are_counted(place: Place, rule: str, kept: list[str]) -> None:
    report = land_one(place, "skill", SKILL, FILTERS, options=f"where: {rule}")
    assert [row["skill_id"] for row in place.rows("skill")] == kept
    batch = report.batches[0]
    assert (batch.rows_in_file, batch.rows_filtered, batch.rows_read) == (3, 3 - len(kept), len(kept))


def test_a_date_within_a_joined_id_is_written_the_iso_way(place: Place) -> None:
    table = "Id | Name | Day\nS1 | SQL | 05/01/2014 12:00:00 AM"
    columns = 'skill_id: {join: [Id, Day], format: "%m/%d/%Y %I:%M:%S %p"}\nname: Name'
    assert landed(place, "skill", columns, table, "skill_id") == ["S1-2014-05-01"]


def test_one_file_can_hold_several_entities(place: Place) -> None:
    place.draw("people.csv", "Emp,Name,Role,Hired,Rate\nE1,Ann,dev,2024-01-01,80\nE2,Bob,lead,2024-02-01,95\n")
    place.map(
        """
        source_system: hris
        files:
          - match: people.csv
            entity: person
            columns: {person_id: Emp, name: Name, role: Role, hire_date: Hired}
          - match: people.csv
            entity: cost_rate
            columns:
              cost_rate_id: {column: Emp, prefix: rate-}
              person_id: Emp
              rate: Rate
              currency: {constant: EUR}
              valid_from: Hired
        """
    )
    assert [batch.entity for batch in place.land().batches] == ["person", "cost_rate"]
    assert [row["rate"] for row in place.rows("cost_rate")] == [Decimal("80.0000"), Decimal("95.0000")]

"""Rules as of a moment: the same SQL, asked for another day."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from leadline.kernel.errors import ConfigurationError
from leadline.warehouse.database import connect
from leadline.warehouse.rules import END_OF_KNOWLEDGE, VALUATION, Rules, RuleText, at_moment, read, write

SPRING, AUTUMN = datetime(2025, 3, 1, 12), datetime(2025, 9, 1, 12)
RATES = f"""
    select rate_id, rate from "warehouse"."main"."core_rate"
    where known_at <= {END_OF_KNOWLEDGE} and (known_to is null or known_to > {END_OF_KNOWLEDGE})
    order by rate_id
"""
TEXTS = {
    "int_rate": RuleText(RATES, ("core_rate",)),
    "int_total": RuleText(
        'select valued_on, reporting_currency, sum(rate) as total from "warehouse"."main"."int_rate" '
        'cross join "warehouse"."main"."int_valuation" group by valued_on, reporting_currency',
        ("int_rate", "int_valuation"),
    ),
}


@pytest.fixture
def rules() -> Iterator[Rules]:
    with connect() as connection:
        connection.execute(
            "attach ':memory:' as warehouse;"
            "create table warehouse.core_rate (rate_id varchar, rate integer, known_at timestamp, known_to timestamp);"
            "insert into warehouse.core_rate values ('A', 100, '2025-01-01', '2025-06-01'),"
            " ('A', 120, '2025-06-01', null), ('B', 7, '2025-08-01', null)"
        )
        yield Rules(TEXTS, connection, reporting_currency="EUR")


@pytest.mark.parametrize(("as_of", "expected"), [(SPRING, [("A", 100)]), (AUTUMN, [("A", 120), ("B", 7)])])
def test_a_rule_answers_as_of_the_moment_asked(rules: Rules, as_of: datetime, expected: list[tuple[str, int]]) -> None:
    assert rules.answer("int_rate", as_of=as_of).rows() == expected


def test_a_rule_that_builds_on_another_speaks_of_the_same_moment(rules: Rules) -> None:
    found = [rules.answer("int_total", as_of=as_of).row(0) for as_of in (AUTUMN, SPRING, AUTUMN)]
    assert found == [(date(2025, 9, 1), "EUR", 127), (date(2025, 3, 1), "EUR", 100), (date(2025, 9, 1), "EUR", 127)]


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_part_of_a_rule_is_what_the_whole_rule_says_of_its_rows(rules: Rules, is_kept: bool) -> None:
    if is_kept:
        rules.answer("int_rate", as_of=AUTUMN)
    assert rules.part("int_total", as_of=AUTUMN, columns=["total"], where="total > 100").rows() == [(127,)]
    assert rules.part("int_total", as_of=SPRING, columns=["total"], where="total > 100").rows() == []


def test_readers_in_several_threads_each_get_their_own_moment(rules: Rules) -> None:
    def total(as_of: datetime) -> int:
        return int(rules.answer("int_total", as_of=as_of)["total"].item())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(total, [SPRING, AUTUMN] * 8)) == [100, 127] * 8


def test_a_zone_in_the_moment_counts(rules: Rules) -> None:
    late = datetime.fromisoformat("2025-06-01T01:00:00+02:00")
    assert rules.answer("int_rate", as_of=late).rows() == [("A", 100)]
    assert rules.answer(VALUATION, as_of=late)["valued_on"].to_list() == [date(2025, 5, 31)]


def test_an_unknown_rule_is_an_error_that_lists_the_rules(rules: Rules) -> None:
    with pytest.raises(ConfigurationError, match="no such rule") as caught:
        rules.answer("int_nothing", as_of=SPRING)
    assert "int_rate, int_total" in str(caught.value.expected)


def test_only_rules_are_redirected() -> None:
    sql = 'select * from "warehouse"."main"."int_rate" join "warehouse"."main"."core_rate" using (rate_id)'
    assert at_moment(sql, ["int_rate"], moment=SPRING) == (
        'select * from temp."int_rate 2025-03-01T12:00:00" join "warehouse"."main"."core_rate" using (rate_id)'
    )


def test_rules_are_read_as_they_were_written(tmp_path: Path) -> None:
    assert read(tmp_path) == {}
    write(TEXTS, tmp_path)
    assert read(tmp_path) == TEXTS


def test_answers_are_frames_with_the_columns_of_the_model(rules: Rules) -> None:
    assert rules.answer("int_rate", as_of=SPRING).schema == pl.Schema({"rate_id": pl.String, "rate": pl.Int32})


def test_two_moments_are_kept_and_a_third_lets_the_one_asked_first_go(rules: Rules) -> None:
    for as_of in (SPRING, AUTUMN, SPRING):
        rules.answer("int_total", as_of=as_of)
    third = datetime(2026, 1, 1)
    assert rules.answer("int_total", as_of=third)["total"].item() == 127
    assert list(rules._made) == [SPRING, third]
    assert rules.answer("int_total", as_of=AUTUMN)["total"].item() == 127

"""The SQL of the documentation runs; each stock question is answered by one table, or two joined once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "questions.md").read_text("utf-8")
TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorials" / "analyst.md").read_text("utf-8")
QUESTIONS = re.findall(r"^### (\d+)\. ([^\n]+)\n```sql\n(.+?;)\n```$", PAGE, flags=re.M | re.S)
# The tiny demo firm has no deal past its expected day, no late milestone and no soft booking on its last day.
MAY_BE_EMPTY = {"7", "19", "37"}


def test_there_are_ten_for_each_of_five_users() -> None:
    users = re.split(r"^## ", PAGE, flags=re.M)[1:]
    assert [len(re.findall(r"^### ", user, flags=re.M)) for user in users] == [10] * 5
    assert [int(number) for number, _, _ in QUESTIONS] == list(range(1, 51))


@pytest.fixture(scope="module")
def database(demo_known: Callable[[Any], Any]) -> Path:
    """Return the published database of the demo firm."""
    path: Path = demo_known(None).database
    return path


@pytest.mark.parametrize(("number", "question", "sql"), QUESTIONS, ids=[number for number, _, _ in QUESTIONS])
def test_a_question_is_answered_with_one_join_at_most(database: Path, number: str, question: str, sql: str) -> None:
    assert len(re.findall(r"\bjoin\b", sql)) <= 1, question
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.sql(sql).fetchall()
    assert rows or number in MAY_BE_EMPTY, question
    assert len(rows) == len(set(rows)), question


@pytest.mark.parametrize("sql", re.findall(r"^```sql\n(.+?;)\n```$", TUTORIAL, flags=re.M | re.S))
def test_the_sql_of_the_analysts_tutorial_runs(database: Path, sql: str) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.sql(sql).columns

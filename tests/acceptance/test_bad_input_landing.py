"""What a person sees who lands something wrong: a sentence, the documented exit code, nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from leadline.app.main import app
from tests.support.sources import BILLS, GOOD_BILLS, Place

HEADER = GOOD_BILLS.splitlines()[0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path)
    made.map(BILLS)
    monkeypatch.setenv("LEADLINE_NOW", "2026-03-31T06:00:00")
    monkeypatch.chdir(tmp_path)
    return made


def land(place: Place, *more: str) -> Result:
    words = ["land", str(place.files), "--mapping", str(place.mapping), "--home", str(place.home.path), *more]
    return CliRunner().invoke(app, words, terminal_width=200)


def test_a_good_file_lands_and_a_second_time_adds_nothing(place: Place) -> None:
    place.draw("bills.csv", GOOD_BILLS)
    first = land(place, "--format", "json")
    assert first.exit_code == 0
    assert [(row["state"], row["rows"]) for row in json.loads(first.stdout)] == [("landed", 2)]
    before = place.tree()
    again = land(place, "--format", "json")
    assert again.exit_code == 0
    assert [(row["state"], row["rows"]) for row in json.loads(again.stdout)] == [("landed before", 0)]
    assert place.tree() == before


BAD_FILES = [
    ("empty", "", "The file is empty"),
    ("header only", HEADER, "a header but no rows"),
    ("cut", GOOD_BILLS[:-20], "The file is damaged"),
    ("wrong column", GOOD_BILLS.replace("Due", "Faellig"), "the column 'Due'"),
    ("wrong encoding", GOOD_BILLS.replace("C1", "Café").encode("latin-1"), "not in the encoding"),
    ("wrong type", GOOD_BILLS.replace("1000.50", "a").replace("250.25", "b"), "No row of the file meets"),
    ("unknown currency", GOOD_BILLS.replace("EUR", "EURO").replace("USD", "DOLLAR"), "ISO 4217"),
    ("end before start", GOOD_BILLS.replace("2026-01-31", "2025-01-31").replace("-02-28", "-01-28"), "not before"),
]


@pytest.mark.parametrize(("content", "words"), [case[1:] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES])
def test_a_bad_file_ends_in_a_sentence_and_exit_code_3_and_the_others_land(
    place: Place, content: str | bytes, words: str
) -> None:
    place.draw("a.csv", content)
    place.draw("b.csv", GOOD_BILLS)
    result = land(place)
    assert result.exit_code == 3
    assert words in result.stderr
    assert "a.csv" in result.stderr
    assert "next:" in result.stderr
    assert "Traceback" not in result.output
    assert [batch.file for batch in place.landing.batches()] == ["b.csv"]


BAD_MAPPINGS: list[tuple[str, str, str]] = [
    ("unknown entity", BILLS.replace("billing_schedule", "billing_plan"), "files[0].entity"),
    ("unknown column", BILLS.replace("amount:", "amout:"), "perhaps amount"),
    ("no YAML", "a: [", "YAML in UTF-8"),
    ("empty", "", "keys source_system and files"),
]


@pytest.mark.parametrize(("text", "words"), [case[1:] for case in BAD_MAPPINGS], ids=[case[0] for case in BAD_MAPPINGS])
def test_a_bad_mapping_ends_in_exit_code_4_and_nothing_lands(place: Place, text: str, words: str) -> None:
    place.draw("bills.csv", GOOD_BILLS)
    place.map(text)
    result = land(place)
    assert result.exit_code == 4
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert place.tree() == {}


def _without_folder(place: Place) -> None:
    place.files.rmdir()


def _without_mapping(place: Place) -> None:
    place.mapping.unlink()


def _home_is_a_file(place: Place) -> None:
    place.home.path.rmdir()
    place.home.path.write_text("x")


SURROUNDINGS: list[tuple[Callable[[Place], None], int, str]] = [
    (_without_folder, 2, "No such folder"),
    (_without_mapping, 4, "mapping.yml"),
    (_home_is_a_file, 5, "not a folder"),
]


@pytest.mark.parametrize(("spoil", "code", "words"), SURROUNDINGS)
def test_wrong_surroundings_end_in_a_sentence(
    place: Place, spoil: Callable[[Place], None], code: int, words: str
) -> None:
    spoil(place)
    result = land(place)
    assert result.exit_code == code
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_a_home_that_another_run_holds_is_left_alone(place: Place) -> None:
    place.draw("bills.csv", GOOD_BILLS)
    with FileLock(place.home.lock):
        result = land(place)
    assert result.exit_code == 6
    assert "Traceback" not in result.output
    assert place.tree() == {}

"""Where dbt's reading of the project is kept, and when it is not trusted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leadline.warehouse import parse_cache


class FakeManifest:
    """A manifest as far as keeping one goes."""

    def to_msgpack(self, _encoder: object) -> bytes:
        """Return its bytes."""
        return b"what dbt read"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache folder of the user."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def _code(folder: Path, **files: str) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    named = {name.replace("_", "."): text for name, text in files.items()}
    for name, text in named.items():
        (folder / name).write_text(text, "utf-8")
    return {name: folder / name for name in named}


def test_the_place_follows_from_code_and_kind_of_build_not_from_rows_of_seeds(cache: Path) -> None:
    code = _code(cache / "a", model_sql="select 1", rule_csv="x\n1\n")
    place = parse_cache.place(code, incremental=False)
    assert place.is_relative_to(cache)
    assert parse_cache.place(_code(cache / "b", model_sql="select 1", rule_csv="x\n2\n"), incremental=False) == place
    others = [
        parse_cache.place(code, incremental=True),
        parse_cache.place(_code(cache / "c", model_sql="select 2", rule_csv="x\n1\n"), incremental=False),
        parse_cache.place(_code(cache / "d", model_sql="select 1"), incremental=False),
    ]
    assert len({place, *others}) == 4


@pytest.mark.parametrize("content", [b"", b"short", bytes(32) + b"not what was kept"], ids=["empty", "short", "other"])
def test_a_file_that_is_not_what_was_kept_is_not_trusted(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "reading.msgpack"
    assert parse_cache.recall(file, project=tmp_path) is None
    file.write_bytes(content)
    assert parse_cache.recall(file, project=tmp_path) is None


def test_those_not_used_for_longest_are_forgotten(tmp_path: Path) -> None:
    for age in range(parse_cache.KEPT + 2):
        file = tmp_path / f"{age}.msgpack"
        file.write_bytes(b"old")
        os.utime(file, (1_000_000 - age, 1_000_000 - age))
    parse_cache.keep(FakeManifest(), tmp_path / "new.msgpack")
    assert len(list(tmp_path.iterdir())) == parse_cache.KEPT
    left = {file.stem for file in tmp_path.iterdir()}
    assert left == {"new", *(str(age) for age in range(parse_cache.KEPT - 1))}


def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "parsed").write_text("a file where the folder should be", "utf-8")
    parse_cache.keep(FakeManifest(), tmp_path / "parsed" / "reading.msgpack")
    assert parse_cache.recall(tmp_path / "parsed" / "reading.msgpack", project=tmp_path) is None

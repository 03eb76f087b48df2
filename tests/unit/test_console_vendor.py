"""The libraries that the browser runs are those that the table beside them names, each with its licence."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from leadline.app.console.application import STATIC

VENDOR = STATIC / "vendor"


def _table() -> list[list[str]]:
    lines = [line for line in (VENDOR / "README.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.mark.parametrize("row", _table(), ids=lambda row: row[0])
def test_a_library_is_the_one_the_table_names_with_its_licence(row: list[str]) -> None:
    name, version, licence, digest = row
    content = (VENDOR / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    assert name == "vega-interpreter.min.js" or f'"{version}"'.encode() in content
    text = (VENDOR / name.replace(".min.js", ".LICENSE.txt")).read_text("utf-8")
    assert ("Zero-Clause BSD" if licence == "0BSD" else "Neither the name of the copyright holder") in text


def test_the_table_names_every_library() -> None:
    assert {row[0] for row in _table()} == {path.name for path in Path(VENDOR).glob("*.js")}

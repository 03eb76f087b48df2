"""The shape of the code: the card's folders, small modules, small functions, names that say something."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.kernel.scores import SCORES

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("leadline", "features", "models", "training", "scoring")
LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
LONGEST_SQL_MODEL = 150
EMPTY_WORDS = {"utils", "helpers", "common", "misc", "manager"}


def _modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (p for p in sorted((ROOT / folder).rglob("*.py")) if "_project" not in p.parts)


def test_the_cards_top_level_is_there() -> None:
    card = ["pyproject.toml", "README.md", "dbt_project", "models", "features", "training", "scoring", "tests"]
    assert [name for name in card if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("folder", ["features", "models"])
def test_every_score_has_its_package_in_each_folder(folder: str) -> None:
    assert [score for score in SCORES if not (ROOT / folder / score / "__init__.py").is_file()] == []


def test_every_score_has_a_model_card() -> None:
    assert [score for score in SCORES if not (ROOT / "docs" / "model_cards" / f"{score}.md").is_file()] == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines"
        for path in _modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_module_is_longer_than_one_idea() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in _modules()}
    assert {str(path): n for path, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_no_sql_model_is_longer_than_150_lines() -> None:
    models = sorted((ROOT / "dbt_project" / "models").rglob("*.sql"))
    assert models
    assert [str(p.relative_to(ROOT)) for p in models if len(p.read_text().splitlines()) > LONGEST_SQL_MODEL] == []


def test_no_module_has_an_empty_name() -> None:
    assert [str(p.relative_to(ROOT)) for p in _modules() if p.stem in EMPTY_WORDS] == []


def test_every_public_function_says_what_it_means() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in _modules()
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []

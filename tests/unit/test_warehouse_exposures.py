"""The exposures of the dbt project name exactly the published tables that scores, queue and notebook read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadline.kernel.project import root
from leadline.kernel.stems import STEMS

ROOT = root()
MODELS = ROOT / "dbt_project" / "models"
READS = {"core": "core_", "history": "core_", "has": "core_", "mart": ""}
NOTEBOOK = ROOT / "examples" / "notebooks" / "ten_questions.py"


@cache
def _exposures() -> dict[str, Any]:
    text = (MODELS / "exposures.yml").read_text("utf-8")
    return {exposure["name"]: exposure for exposure in yaml.safe_load(text)["exposures"]}


@cache
def _published() -> frozenset[str]:
    return frozenset(p.stem for p in MODELS.rglob("*.sql") if "staging" not in p.relative_to(MODELS).parts)


def _depends_on(name: str) -> list[str]:
    return [re.fullmatch(r"ref\('(\w+)'\)", one)[1] for one in _exposures()[name]["depends_on"]]  # type: ignore[index]


def _modules(start: Iterable[Path]) -> Iterator[ast.Module]:
    """Give the modules that begin a score, and those of the same folders they import, however far."""
    todo, seen = sorted(start), set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        tree = ast.parse(path.read_text("utf-8"))
        yield tree
        imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
        found = [ROOT / f"{name.replace('.', '/')}.py" for name in imported]
        todo += [p for p in found if p.is_file() and p.relative_to(ROOT).parts[0] in ("features", "models", "scoring")]


def _reads(tree: ast.Module) -> Iterator[str]:
    """Give the tables that a module reads through the one door, where it names them."""
    names = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in READS
            and node.args
        ):
            first = node.args[0]
            named = first.value if isinstance(first, ast.Constant) else names.get(getattr(first, "id", ""))
            if isinstance(named, str) and READS[node.func.attr] + named in _published():
                yield READS[node.func.attr] + named


def _of_stem(stem: str) -> list[Path]:
    return [p for folder in ("features", "models") for p in (ROOT / folder / stem).glob("*.py")]


@pytest.mark.parametrize("stem", STEMS)
def test_a_score_depends_on_exactly_the_tables_that_its_features_and_model_read(stem: str) -> None:
    read = {table for tree in _modules(_of_stem(stem)) for table in _reads(tree)}
    assert read
    assert _depends_on(stem) == sorted(read)


def test_the_queue_depends_on_exactly_the_tables_by_which_exceptions_are_routed() -> None:
    scoring = sorted((ROOT / "scoring").glob("*.py"))
    read = {table for tree in _modules(scoring) for table in _reads(tree)}
    read |= {word for path in scoring for word in re.findall(r'"(gov_\w+)"', path.read_text("utf-8"))}
    assert _depends_on("queue") == sorted(read)


def test_the_notebook_depends_on_exactly_the_tables_of_its_statements() -> None:
    words = set(re.findall(r"(?:from|join)\s+(\w+)", NOTEBOOK.read_text("utf-8")))
    assert _depends_on("ten_questions") == sorted(words & _published())


def test_every_exposure_has_owner_and_description_and_there_is_no_other() -> None:
    assert list(_exposures()) == [*STEMS, "queue", "ten_questions"]
    for exposure in _exposures().values():
        assert exposure["owner"]["name"]
        assert len(exposure["description"]) > 40
        assert exposure["type"] in ("ml", "application", "notebook")

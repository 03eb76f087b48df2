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
from leadline.kernel.scores import SCORES

ROOT = root()
MODELS = ROOT / "dbt_project" / "models"
READS = {"core": "core_", "history": "core_", "has": "core_", "mart": "", "rule": "", "rule_part": ""}
POLICIES = ROOT / "leadline" / "warehouse" / "policies.py"  # reads for the scores, on behalf of their features
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


def _code(start: Iterable[Path]) -> Iterator[ast.AST]:
    """Give all code of the modules a score begins with, and of their imports just the parts they name."""
    todo, seen = [(path, name) for path in sorted(start) for name in _top_level(path)], set()
    while todo:
        path, name = todo.pop()
        if (path, name) in seen:
            continue
        seen.add((path, name))
        node = _top_level(path).get(name)
        if node is None:
            continue
        yield node
        used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        todo += [(path, one) for one in used & set(_top_level(path))]
        todo += [(found, original) for local, found, original in _imports(path) if local in used]


@cache
def _top_level(path: Path) -> dict[str, ast.AST]:
    """Return what a module defines, by name; a statement without a name stands by its line."""
    nodes: dict[str, ast.AST] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        names = [getattr(node, "name", "")] if hasattr(node, "name") else []
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
        for name in names or [str(node.lineno)]:
            nodes[name] = node
    return nodes


@cache
def _imports(path: Path) -> list[tuple[str, Path, str]]:
    """Return what a module takes from the engine's folders: local name, module, name there."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            source = ROOT / f"{node.module.replace('.', '/')}.py"
            ours = source.relative_to(ROOT).parts[0] in ("features", "models", "scoring") or source == POLICIES
            if source.is_file() and ours:
                found += [(alias.asname or alias.name, source, alias.name) for alias in node.names]
    return found


def _reads(path_nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Give the tables that code reads through the point-in-time reader, where it names them."""
    nodes = list(path_nodes)
    names = {
        target.id: node.value.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
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


def _of_score(score: str) -> list[Path]:
    return [p for folder in ("features", "models") for p in (ROOT / folder / score).glob("*.py")]


@pytest.mark.parametrize("score", SCORES)
def test_a_score_depends_on_exactly_the_tables_that_its_features_and_model_read(score: str) -> None:
    read = set(_reads(_code(_of_score(score))))
    assert read
    assert _depends_on(score) == sorted(read)


def test_the_queue_depends_on_exactly_the_tables_by_which_exceptions_are_routed() -> None:
    scoring = sorted((ROOT / "scoring").glob("*.py"))
    read = set(_reads(_code(scoring)))
    read |= {word for path in scoring for word in re.findall(r'"(gov_\w+)"', path.read_text("utf-8"))}
    assert _depends_on("queue") == sorted(read)


def test_the_notebook_depends_on_exactly_the_tables_of_its_statements() -> None:
    words = set(re.findall(r"(?:from|join)\s+(\w+)", NOTEBOOK.read_text("utf-8")))
    assert _depends_on("ten_questions") == sorted(words & _published())


def test_every_exposure_has_owner_and_description_and_there_is_no_other() -> None:
    assert list(_exposures()) == [*SCORES, "queue", "ten_questions"]
    for exposure in _exposures().values():
        assert exposure["owner"]["name"]
        assert len(exposure["description"]) > 40
        assert exposure["type"] in ("ml", "application", "notebook")

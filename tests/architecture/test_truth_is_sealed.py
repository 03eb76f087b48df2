"""Nothing but the simulator and the evaluator reads the sealed truth: not by its code, and not when it runs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("leadline", "features", "models", "training", "scoring")
MAY_READ = ("leadline/simulator", "leadline/evaluator")
# The commands that hand a folder on to simulator and evaluator; what they may name is checked below.
MAY_NAME = ("leadline/app/truth_commands.py", "leadline/app/model_commands.py")
SEALED_MODULES = ("leadline.simulator.truth", "leadline.evaluator.sealed")

# Lands, builds, trains and scores a firm, and notes every file that is opened on the way.
WATCHED = """
import json, sys
from pathlib import Path
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" and args else None)
from typer.testing import CliRunner
from leadline.app.main import app
firm, home = sys.argv[1:3]
for words in (["land", firm], ["build"], ["train", "--seed", "1"], ["score"]):
    result = CliRunner().invoke(app, [*words, "--home", home])
    assert result.exit_code in (0, 9), (words, result.output, result.stderr)
json.dump(sorted({path for path in opened if path.startswith(firm)}), sys.stdout)
"""


def _code() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(MAY_READ) and "_project" not in path.parts:
                yield path


def _sealed_words(tree: ast.AST) -> list[str]:
    """Return the string constants of code (docstrings and help apart) that name the truth folder."""
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in strings if text == "truth" or text.startswith("truth/") or "/truth" in text]


def _imports(tree: ast.AST) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_no_code_outside_simulator_and_evaluator_names_the_truth_folder() -> None:
    naming = {
        path.relative_to(ROOT).as_posix(): words
        for path in _code()
        if (words := _sealed_words(ast.parse(path.read_text())))
    }
    assert set(naming) <= set(MAY_NAME)


def test_only_the_evaluator_and_the_simulator_import_what_reads_the_truth() -> None:
    importing = {
        path.relative_to(ROOT).as_posix(): found
        for path in _code()
        if (found := _imports(ast.parse(path.read_text())) & set(SEALED_MODULES))
    }
    assert set(importing) <= {"leadline/app/truth_commands.py"}


def test_what_learns_and_scores_imports_neither_simulator_nor_evaluator() -> None:
    learning = [path for path in _code() if path.relative_to(ROOT).parts[0] != "leadline"]
    assert learning
    for path in learning:
        imported = _imports(ast.parse(path.read_text()))
        assert not [name for name in imported if name.startswith(("leadline.simulator", "leadline.evaluator"))], path


def test_landing_building_training_and_scoring_open_nothing_below_the_truth_folder(tmp_path: Path) -> None:
    from leadline.simulator.firm import simulate

    firm = tmp_path / "firm"
    simulate("xs", seed=5, out=firm)
    for sealed in (firm / "truth").iterdir():  # readers that open files past Python stumble over this
        sealed.write_bytes(b"sealed")
    watched = [sys.executable, "-c", WATCHED, str(firm), str(tmp_path / "home")]
    done = subprocess.run(watched, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    opened = json.loads(done.stdout.splitlines()[-1])
    assert [path for path in opened if "/extracts/" in path], "the watch saw nothing"
    assert [path for path in opened if "/truth" in path] == []


@pytest.mark.parametrize("name", ["truth", "truth/deals-001.parquet"])
def test_the_scan_sees_what_it_is_for(name: str) -> None:
    assert _sealed_words(ast.parse(f"read(folder / {name!r})")) == [name]

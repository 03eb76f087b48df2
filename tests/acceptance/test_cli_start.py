"""The installed command starts light and speaks for itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "metricflow",
    "sklearn",
    "lightgbm",
    "mlflow",
    "dbt",
    "duckdb",
    "scipy",
    "pandas",
    "polars",
    "sqlalchemy",
    "alembic",
    "yaml",
    "pydantic_settings",
    "fastapi",
    "uvicorn",
    "jinja2",
    "argon2",
)
SCRIPT = Path(sys.executable).with_name("leadline")

LOADED = """
import json, sys
from leadline.app.main import main
sys.argv = ["leadline", *{words!r}]
try:
    main()
except SystemExit as end:
    assert end.code in (0, None), end.code
print("\\nLOADED " + json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""


def _loaded(*words: str) -> set[str]:
    """Return the top-level modules that one command loads, in an interpreter of its own."""
    code = LOADED.format(words=list(words))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.rsplit("LOADED ", 1)[1]))


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("queue", "decide", "--help"),
        ("users", "add", "--help"),
        ("console", "--help"),
        ("export", "--help"),
        ("contracts", "--help"),
        ("metrics", "query", "--help"),
    ],
)
def test_help_loads_no_heavy_library(words: tuple[str, ...]) -> None:
    assert _loaded(*words).intersection(HEAVY) == set()


def test_the_queue_is_listed_without_the_science(tmp_path: Path) -> None:
    science = {"sklearn", "lightgbm", "mlflow", "dbt", "duckdb", "scipy", "pandas", "polars"}
    assert _loaded("queue", "list", "--home", str(tmp_path)).intersection(science) == set()


def test_the_installed_command_ends_with_the_errors_exit_code(tmp_path: Path) -> None:
    command = [str(SCRIPT), "status", "--home", str(tmp_path / "nowhere")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("No home found.\n  where: ")


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    piped = f"'{SCRIPT}' doctor --entities --format json --home '{tmp_path}' | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", piped], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_the_version_is_printed() -> None:
    from leadline import __version__

    done = subprocess.run([str(SCRIPT), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"leadline {__version__}"

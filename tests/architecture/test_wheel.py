"""The wheel installs one name, carries its project inside it, and refuses a foreign package of the same name."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def _python(site: Path, code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    # The editable install would answer for the wheel: put the unpacked wheel before everything else.
    start = f"import sys; sys.path.insert(0, {str(site)!r}); sys.path = [p for p in sys.path if p != {str(ROOT)!r}]\n"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [sys.executable, "-c", start + code]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def test_the_wheel_installs_only_leadline(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"leadline"}


def test_the_wheel_carries_the_whole_project(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    wanted = {
        f"leadline/_project/{path.relative_to(ROOT).as_posix()}"
        for folder in ("features", "models", "training", "scoring")
        for path in (*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.yml"))
    }
    assert "leadline/_project/models/invoice_dispute/parameters.yml" in wanted
    assert wanted - inside == set()
    assert "leadline/_project/dbt_project/dbt_project.yml" in inside


def test_the_wheel_carries_the_consoles_templates_and_static_files_with_their_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    console = ROOT / "leadline" / "app" / "console"
    files = [path for folder in ("templates", "static") for path in (console / folder).rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {
        "base.html",
        "console.css",
        "htmx.min.js",
        "htmx.LICENSE.txt",
        "vega.min.js",
    }
    assert {path.relative_to(ROOT).as_posix() for path in files} - inside == set()


def test_the_installed_wheel_finds_its_own_folders(installed: Path, tmp_path: Path) -> None:
    code = "from leadline.kernel.project import activate; print(activate()); import features; print(features.__file__)"
    result = _python(installed, code, tmp_path)
    assert result.returncode == 0, result.stderr
    assert all(str(installed) in line for line in result.stdout.splitlines()), result.stdout


def test_a_foreign_package_of_the_same_name_is_refused_with_both_paths(installed: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "features"
    foreign.mkdir()
    (foreign / "__init__.py").write_text("")
    code = (
        f"sys.path.insert(0, {str(tmp_path)!r}); import features\n"
        "from leadline.kernel.errors import ConfigurationError\n"
        "from leadline.kernel.project import activate\n"
        "try:\n    activate()\nexcept ConfigurationError as error:\n    print(error)\n"
    )
    result = _python(installed, code, tmp_path)
    assert str(foreign) in result.stdout, result.stderr
    assert str(installed) in result.stdout

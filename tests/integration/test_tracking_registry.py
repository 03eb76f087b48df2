"""The registry gives back what was registered, or refuses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from leadline import tracking
from leadline.kernel.errors import HomeError, IntegrityError
from leadline.kernel.home import Home
from leadline.kernel.settings import Settings
from leadline.tracking.code_version import commit
from tests.support.mlflow_home import mlflow_home

SCORE = "invoice_dispute"
ARTEFACT = {"model.txt": "tree\n", "calibration.json": '{"ä": 1}\n'}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return mlflow_home(tmp_path / "home")


def _register(home: Home, artefact: dict[str, str]) -> str:
    run = tracking.Run("drawn", {"seed": 1}, {"auc↑": 0.7, "empty": None}, {"snapshot_id": "s1"})
    return tracking.register(home, SCORE, artefact, run)


def _champion_files(home: Home) -> Path:
    _register(home, ARTEFACT)
    tracking.promote(home, SCORE, "1")
    champion = tracking.champion(home, SCORE)
    assert champion is not None
    return home.mlflow / champion.tags["artefact_folder"]


def test_a_home_without_a_store_has_no_champion_and_asking_makes_none(tmp_path: Path) -> None:
    home = Home(tmp_path, Settings())
    assert tracking.champion(home, SCORE) is None
    assert tracking.find_version(home, SCORE, ARTEFACT) is None
    assert list(tmp_path.iterdir()) == []


def test_the_champion_is_the_promoted_version_with_the_very_texts(home: Home) -> None:
    assert (_register(home, ARTEFACT), _register(home, {"model.txt": "other"})) == ("1", "2")
    assert tracking.champion(home, SCORE) is None
    tracking.promote(home, SCORE, "1")
    champion = tracking.champion(home, SCORE)
    assert champion is not None
    assert (champion.version, dict(champion.artefact), champion.tags["snapshot_id"]) == ("1", ARTEFACT, "s1")


def test_storing_and_reading_a_model_print_nothing(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm", reason="without it mlflow draws no progress bars")
    _champion_files(home)
    assert capfd.readouterr() == ("", "")


def _tree(home: Home) -> dict[str, bytes]:
    return {str(path.relative_to(home.path)): path.read_bytes() for path in home.path.rglob("*") if path.is_file()}


def test_a_copied_home_registers_in_itself_and_leaves_the_first_alone(home: Home) -> None:
    _champion_files(home)
    copy = Home(home.path.with_name("copy"), Settings())
    shutil.copytree(home.path, copy.path)
    before = _tree(home)
    assert _register(copy, {"model.txt": "other"}) == "2"
    tracking.promote(copy, SCORE, "2")
    champion = tracking.champion(copy, SCORE)
    assert champion is not None
    assert dict(champion.artefact) == {"model.txt": "other"}
    assert (copy.mlflow / champion.tags["artefact_folder"] / "model.txt").is_file()
    assert _tree(home) == before


def test_a_moved_home_keeps_its_champion_and_registers_the_next_beside_it(home: Home) -> None:
    _champion_files(home)
    moved = Home(home.path.with_name("moved"), Settings())
    home.path.rename(moved.path)
    assert _register(moved, {"model.txt": "other"}) == "2"
    champion = tracking.champion(moved, SCORE)
    assert champion is not None
    assert (champion.version, dict(champion.artefact)) == ("1", ARTEFACT)
    assert not home.path.exists()


def test_the_same_artefact_is_found_again(home: Home) -> None:
    _register(home, ARTEFACT)
    assert tracking.find_version(home, SCORE, dict(reversed(ARTEFACT.items()))) == "1"
    assert tracking.find_version(home, SCORE, ARTEFACT | {"model.txt": "tree"}) is None


def test_a_challenger_that_is_promoted_is_no_challenger_any_more(home: Home) -> None:
    version = _register(home, ARTEFACT)
    tracking.promote(home, SCORE, version, alias=tracking.CHALLENGER)
    assert tracking.champion(home, SCORE) is None
    tracking.promote(home, SCORE, version)
    from leadline.tracking.store import open_mlflow

    aliases = open_mlflow(home).MlflowClient().get_registered_model(SCORE).aliases
    assert {name: str(at) for name, at in aliases.items()} == {"champion": "1"}


def test_promoting_a_version_that_is_not_there_says_so(home: Home) -> None:
    with pytest.raises(HomeError, match="No such model version"):
        tracking.promote(home, SCORE, "7")


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda f: (f / "model.txt").write_text("tre"), "model.txt"),
        (lambda f: (f / "model.txt").unlink(), "model.txt"),
        (lambda f: (f / "extra.json").write_text("{}"), "extra.json"),
        (shutil.rmtree, "calibration.json"),
    ],
    ids=["cut", "lost", "added", "folder gone"],
)
def test_a_champion_whose_files_changed_is_refused_by_name(home: Home, damage: object, named: str) -> None:
    folder = _champion_files(home)
    damage(folder)  # type: ignore[operator]
    with pytest.raises(IntegrityError, match="differ from those registered") as caught:
        tracking.champion(home, SCORE)
    assert named in {fault.where for fault in caught.value.faults}


def test_a_home_that_was_moved_still_opens(home: Home) -> None:
    _champion_files(home)
    moved = home.path.with_name("moved")
    home.path.rename(moved)
    champion = tracking.champion(Home(moved, Settings()), SCORE)
    assert champion is not None
    assert dict(champion.artefact) == ARTEFACT


def test_a_run_is_logged_with_plain_metric_names_and_its_files(home: Home, tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    picture.write_bytes(b"png")
    run = tracking.log_run(
        home,
        SCORE,
        tracking.Run(
            "drawn", {"seed": 1}, {"ndcg@10↑/model": 0.5, "auc↑": float("nan"), "mae": None}, {"kind": "evaluation"}
        ),
        artefact={"table.md": "# t"},
        pictures=[picture],
    )
    from leadline.tracking.store import open_mlflow

    client = open_mlflow(home).MlflowClient()
    assert client.get_run(run).data.metrics == {"ndcg_10/model": 0.5}
    assert sorted(f.path for f in client.list_artifacts(run)) == ["p.png", "table.md"]
    assert client.get_run(run).info.status == "FINISHED"


def _git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    said = subprocess.run(["git", "-C", str(folder), *identity, *words], capture_output=True, text=True, check=True)
    return said.stdout.strip()


def test_the_commit_is_that_of_the_checkout_and_says_when_files_differ(tmp_path: Path) -> None:
    assert commit(tmp_path) == "unknown"
    _git(tmp_path, "init", "-q")
    assert commit(tmp_path) == "unknown"  # nothing was committed yet
    (tmp_path / "a.py").write_text("1")
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-q", "-m", "a")
    _git(tmp_path, "tag", "v1")
    head = _git(tmp_path, "rev-parse", "HEAD")
    assert commit(tmp_path) == head
    (tmp_path / "a.py").write_text("2")
    assert commit(tmp_path) == f"{head}-dirty"


def test_importing_the_tracking_package_does_not_import_mlflow() -> None:
    code = "import sys, leadline.tracking; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

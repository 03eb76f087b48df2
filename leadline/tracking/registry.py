"""The model registry: versions of text artefacts, aliases, and the check that a version is what was registered."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlparse

from leadline.kernel.errors import Fault, HomeError, IntegrityError
from leadline.kernel.home import Home
from leadline.tracking.recorded import versions
from leadline.tracking.runs import Run, started
from leadline.tracking.store import is_started, open_mlflow

CHAMPION = "champion"
CHALLENGER = "challenger"

CODE = Path(__file__).with_name("served_model.py")
ARTEFACT = "artefact"
REQUIREMENTS = ("leadline", "polars", "lightgbm")

_FILE_TAG = "sha256."
_DIGEST_TAG = "artefact_sha256"
_FOLDER_TAG = "artefact_folder"


@dataclass(frozen=True)
class Champion:
    """The version that scores: its artefact as text by file name, and the tags it was registered with."""

    score: str
    version: str
    artefact: Mapping[str, str]
    tags: Mapping[str, str]


def digest(artefact: Mapping[str, str]) -> str:
    """Return one sha256 over all names and texts of an artefact."""
    lines = (f"{name} {_sha256(text)}\n" for name, text in sorted(artefact.items()))
    return _sha256("".join(lines))


def register(home: Home, score: str, artefact: Mapping[str, str], run: Run) -> str:
    """Log the run that made an artefact, register it as a new version of the score's model, and return the version.

    The version is an MLflow pyfunc from code (no pickle): ``mlflow.pyfunc.load_model("models:/<score>@champion")``. The
    sha256 of every file is kept in the version's tags, apart from the files.
    """
    mlflow: Any = open_mlflow(home)
    with started(mlflow, home, score, run), tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / ARTEFACT
        folder.mkdir()
        for name, text in sorted(artefact.items()):
            (folder / name).write_bytes(text.encode())
        logged = mlflow.pyfunc.log_model(
            name=score,
            python_model=str(CODE),
            artifacts={ARTEFACT: str(folder)},
            model_config={"score": score},
            pip_requirements=list(REQUIREMENTS),
        )
    client = mlflow.MlflowClient()
    _ensure_model(client, score)
    marks = _marks(home, artefact, folder=_local(client.get_logged_model(logged.model_id).artifact_location))
    version = client.create_model_version(
        score, logged.model_uri, run_id=logged.run_id, tags=dict(run.tags) | marks, model_id=logged.model_id
    )
    return str(version.version)


def find_version(home: Home, score: str, artefact: Mapping[str, str]) -> str | None:
    """Return the latest version registered with exactly this artefact, if there is one."""
    if not is_started(home):
        return None
    wanted = digest(artefact)
    client = open_mlflow(home).MlflowClient()
    versions = client.search_model_versions(f"name = '{score}'")
    same = [int(version.version) for version in versions if version.tags.get(_DIGEST_TAG) == wanted]
    return str(max(same)) if same else None


def promote(home: Home, score: str, version: str, *, alias: str = CHAMPION) -> None:
    """Give the alias to a version; a challenger that becomes champion is no challenger any more.

    Raises:
        HomeError: there is no such version.
    """
    mlflow: Any = open_mlflow(home)
    client = mlflow.MlflowClient()
    try:
        model = client.get_registered_model(score)
        client.get_model_version(score, version)
    except mlflow.exceptions.MlflowException as exc:
        raise HomeError(
            "No such model version.",
            where=f"{score} version {version}",
            next_step=f"leadline train {score} registers one",
        ) from exc
    client.set_registered_model_alias(score, alias, version)
    if alias == CHAMPION and str(model.aliases.get(CHALLENGER)) == version:
        client.delete_registered_model_alias(score, CHALLENGER)


def champion(home: Home, score: str) -> Champion | None:
    """Return the version that scores, its files checked against the sha256 kept in the registry; None without one.

    The registry is read directly, without mlflow: scoring and reading do not wait for its import.

    Raises:
        IntegrityError: a file is missing, changed, or was added; every such file is listed. Or the registry cannot be
            read.
    """
    found = next((one for one in versions(home, score) if CHAMPION in one.aliases), None)
    if found is None:
        return None
    tags = dict(found.tags)
    artefact = _read(home, score, tags)
    return Champion(score, found.version, MappingProxyType(artefact), MappingProxyType(tags))


def _ensure_model(client: Any, score: str) -> None:
    if not client.search_registered_models(f"name = '{score}'"):
        client.create_registered_model(score)


def _marks(home: Home, artefact: Mapping[str, str], *, folder: Path) -> dict[str, str]:
    files = {_FILE_TAG + name: _sha256(text) for name, text in artefact.items()}
    # Relative to the home, so that a home that was moved still opens.
    place = (folder / "artifacts" / ARTEFACT).relative_to(home.mlflow).as_posix()
    return files | {_DIGEST_TAG: digest(artefact), _FOLDER_TAG: place}


def _read(home: Home, score: str, tags: Mapping[str, str]) -> dict[str, str]:
    folder = home.mlflow / tags.get(_FOLDER_TAG, "no-folder-in-the-registry")
    expected = {name.removeprefix(_FILE_TAG): sha for name, sha in tags.items() if name.startswith(_FILE_TAG)}
    stored = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}
    found = {name: hashlib.sha256(content).hexdigest() for name, content in stored.items()}
    if found != expected or not expected:
        raise IntegrityError(
            "The champion's files differ from those registered.",
            where=str(folder),
            faults=[
                Fault(
                    name, f"sha256 {expected[name]}" if name in expected else "no such file", found.get(name, "no file")
                )
                for name in sorted(expected | found)
                if expected.get(name) != found.get(name)
            ],
            next_step=f"leadline train {score} registers a fresh version, or restore the file from a backup",
        )
    return {name: content.decode() for name, content in sorted(stored.items())}


def _local(uri: str) -> Path:
    return Path(unquote(urlparse(uri).path)) if uri.startswith("file:") else Path(uri)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

"""What the registry holds of a score's versions, read directly from its database: importing mlflow takes seconds.

The tables are those of the pinned MLflow; a test holds them to what its client says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from leadline.kernel.errors import IntegrityError
from leadline.kernel.home import Home
from leadline.tracking.store import DATABASE, is_started

_VERSIONS = "select version, run_id, creation_time from model_versions where name = ? order by version desc"
_ALIASES = "select alias, version from registered_model_aliases where name = ? order by alias"
_TAGS = "select version, key, value from model_version_tags where name = ?"
_PARAMS = "select params.key, params.value from params where params.run_uuid = ?"
_FIGURES = "select key, value from latest_metrics where run_uuid = ? and not is_nan order by key"


@dataclass(frozen=True)
class Version:
    """One registered version.

    ``aliases``: champion, challenger. ``registered_at`` is UTC. ``figures``: metric → candidate → figure on the
    held-out window, metrics without the arrow that says which way is better, as MLflow keeps them.
    """

    version: str
    aliases: tuple[str, ...]
    registered_at: datetime
    tags: Mapping[str, str]
    params: Mapping[str, str]
    figures: Mapping[str, Mapping[str, float]]


def versions(home: Home, score: str) -> list[Version]:
    """Return all versions of a score, the newest first; none where nothing was trained.

    Raises:
        IntegrityError: the database is damaged, or of an MLflow that keeps it otherwise.
    """
    if not is_started(home):
        return []
    try:
        with _opened(home) as database:
            return _versions(database, score)
    except sqlite3.Error as exc:
        raise IntegrityError(
            "Cannot read the model registry.",
            where=str(home.mlflow / DATABASE),
            found=str(exc),
            next_step="leadline doctor; a registry of another MLflow is brought up to date by leadline train",
        ) from exc


@contextmanager
def _opened(home: Home) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{(home.mlflow / DATABASE).resolve().as_uri()}?mode=ro", uri=True)) as database:
        yield database


def _versions(database: sqlite3.Connection, score: str) -> list[Version]:
    aliases: dict[str, list[str]] = {}
    for alias, version in database.execute(_ALIASES, (score,)):
        aliases.setdefault(str(version), []).append(alias)
    tags: dict[str, dict[str, str]] = {}
    for version, key, value in database.execute(_TAGS, (score,)):
        tags.setdefault(str(version), {})[key] = value
    return [
        Version(
            version=str(version),
            aliases=tuple(aliases.get(str(version), ())),
            registered_at=datetime.fromtimestamp(created / 1000, UTC),
            tags=tags.get(str(version), {}),
            params=dict(database.execute(_PARAMS, (run_id,)).fetchall()),
            figures=_figures(database, run_id),
        )
        for version, run_id, created in database.execute(_VERSIONS, (score,)).fetchall()
    ]


def _figures(database: sqlite3.Connection, run_id: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for key, value in database.execute(_FIGURES, (run_id,)):
        metric, _, candidate = key.partition("/")
        found.setdefault(metric, {})[candidate] = value
    return found

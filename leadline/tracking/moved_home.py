"""Follow a home that was moved or copied: MLflow keeps the places of artefacts as absolute addresses.

Without this, training in a copied home would write its artefacts into the home it was copied from.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from leadline.kernel.scores import SCORES

# Every column in which MLflow 3.17 keeps where artefacts are.
PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
)


def follow(database: Path, artifacts: Path) -> None:
    """Point a tracking store at the artefact folder beside it; a store that already does is left alone.

    Only the scores' own experiments say where the store used to be. All addresses change in one transaction.
    """
    if not database.is_file():
        return
    here = artifacts.as_uri()
    with closing(sqlite3.connect(database)) as connection, connection:
        for there in sorted(_former_places(connection) - {here}):
            for table, column in PLACES:
                connection.execute(
                    f"update {table} set {column} = ? || substr({column}, ?)"  # noqa: S608 (our own names)
                    f" where substr({column}, 1, ?) = ?",
                    (here, len(there) + 1, len(there) + 1, f"{there}/"),
                )


def _former_places(connection: sqlite3.Connection) -> set[str]:
    has_tables = connection.execute("select 1 from sqlite_master where name = 'experiments'").fetchone()
    if not has_tables:
        return set()
    rows = connection.execute("select name, artifact_location from experiments").fetchall()
    return {place.removesuffix(f"/{name}") for name, place in rows if name in SCORES and place.endswith(f"/{name}")}

"""A registry of models as MLflow's database keeps it; test_tracking_recorded.py holds it to MLflow."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from leadline.kernel.home import Home
from leadline.tracking.store import DATABASE

SCORE = "invoice_dispute"
TABLES = """
create table model_versions (name text, version integer, run_id text, creation_time integer);
create table registered_model_aliases (name text, alias text, version integer);
create table model_version_tags (name text, version integer, key text, value text);
create table params (run_uuid text, key text, value text);
create table latest_metrics (run_uuid text, key text, value float, is_nan integer);
"""
TAGS = {
    "trained_until": "2026-01-04T23:00:00",
    "snapshot_id": "abc",
    "gate": "passed: auc↑ 0.7000, best rival client_rate 0.6500",
    "metrics": "auc↑ brier↓",
    "candidates": "blend client_rate",
    "reliability": "[[100, 0.05, 0.04], [40, 0.35, 0.5]]",
}
FIGURES = {"auc/blend": 0.7, "auc/client_rate": 0.65, "brier/blend": 0.05, "brier/client_rate": 0.06}


def registry(home: Home, *versions: tuple[int, str, dict[str, str]]) -> None:
    """Lay a registry of versions, each by number, alias and tags."""
    home.mlflow.mkdir(parents=True)
    with sqlite3.connect(home.mlflow / DATABASE) as database:
        database.executescript(TABLES)
        for number, alias, tags in versions:
            run = f"run{number}"
            moment = int(datetime(2026, 1, number, tzinfo=UTC).timestamp() * 1000)
            database.execute("insert into model_versions values (?, ?, ?, ?)", (SCORE, number, run, moment))
            if alias:
                database.execute("insert into registered_model_aliases values (?, ?, ?)", (SCORE, alias, number))
            database.executemany(
                "insert into model_version_tags values (?, ?, ?, ?)", [(SCORE, number, *tag) for tag in tags.items()]
            )
            database.executemany(
                "insert into latest_metrics values (?, ?, ?, 0)", [(run, *figure) for figure in FIGURES.items()]
            )

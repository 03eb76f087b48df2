"""The migrations make exactly the tables that the code uses."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.schema import CreateIndex

from leadline.access.tables import METADATA
from leadline.kernel.findings import ScoredException
from leadline.kernel.rendering import Renderer
from leadline.queue import upsert
from leadline.queue.engine import reading
from leadline.queue.migrate import HEAD, MIGRATIONS
from leadline.queue.records import Values, as_record, content_of
from leadline.queue.store import Store


def test_the_newest_revision_is_the_one_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_revisions_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store, reading(store.engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_the_revisions_make_the_indexes_of_expressions_too(tmp_path: Path) -> None:
    # The comparison of tables passes over them.
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store, reading(store.engine) as connection:
        made = set(connection.exec_driver_sql("select sql from sqlite_master where type = 'index'").scalars())
        indexes = [index for table in METADATA.tables.values() for index in table.indexes]
        ours = {str(CreateIndex(one).compile(connection)).strip() for one in indexes}
    assert any("coalesce" in one for one in ours)
    assert ours - made == set()


def test_opening_a_store_again_keeps_what_it_holds(tmp_path: Path) -> None:
    from tests.support.queue import AT, drawn

    url = f"sqlite:///{tmp_path / 'ops.db'}"
    with Store(url) as store:
        store.upsert([drawn()], at=AT)
    with Store(url) as store:
        assert len(store.list_()) == 1


def test_a_store_of_the_revision_before_is_brought_up_to_date_with_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command
    from sqlalchemy import text

    from leadline.queue.engine import open_engine, writing
    from tests.support.access import quick, somebody
    from tests.support.queue import AT, drawn

    url = f"sqlite:///{tmp_path / 'ops.db'}"
    monkeypatch.setattr(upsert, "content_of", _as_of_0_1)
    with Store(url) as store:
        store.upsert([drawn()], at=AT)
    monkeypatch.undo()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = open_engine(url)
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
        assert connection.execute(text("select version_num from alembic_version")).scalar_one() != HEAD
    engine.dispose()
    with Store(url) as store:
        assert [one.object_id for one in store.list_()] == ["INV-1"]
        assert somebody(quick(store)).login == "ana"
        store.verify()
        one = as_record(store.list_()[0], Renderer("de"))
    assert (one["title"], one["seen"]) == ("Invoice INV-1 may be disputed", "31 hours more")
    assert (one["facts"], one["reasons"][0]["text"]) == ({"hours": 31, "share": 0.25}, "31 hours above plan")
    (record,) = one["reasons"][0]["records"]
    assert (record["column"], record["value"], record["is_computed"]) == ("amount", "1200", True)


def _as_of_0_1(one: ScoredException) -> Values:
    """Return an exception as version 0.1.0 stored it: its texts in English, and nothing else."""
    content = content_of(one)
    record = {"entity": "invoice", "key": one.finding.object_id, "column": "amount", "value": "1200"}
    reason = {"code": "over_plan", "text": "31 hours above plan", "weight": 0.8, "records": [record]}
    texts = {"facts": {"hours": 31, "share": 0.25}, "narrative": "It holds 31 hours above plan."}
    return content | texts | {"reasons": [reason], "statements": None, "narratives": None}

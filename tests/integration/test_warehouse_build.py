"""Real builds of a firm of a few rows: what is published, what a cut sees, what a failure leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from polars.testing import assert_frame_equal

from leadline.kernel.contracts import entities
from leadline.kernel.errors import (
    BusyError,
    ConfigurationError,
    GateError,
    HomeError,
    InsufficientDataError,
    IntegrityError,
    UsageError,
)
from leadline.kernel.home import Home, open_home
from leadline.warehouse.build import build
from leadline.warehouse.connection import query
from leadline.warehouse.schema import core_schema
from leadline.warehouse.snapshot import Snapshot, open_current, sha256_of
from tests.support.warehouse_firm import landed_home

CUT = datetime(2026, 2, 15, 12, tzinfo=UTC)
AFTER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return landed_home(tmp_path_factory.mktemp("firm") / "home")


@pytest.fixture(scope="module")
def full(home: Home) -> Snapshot:
    return build(home)


@pytest.fixture(scope="module")
def rebuilt(home: Home, full: Snapshot) -> Snapshot:
    assert full.folder.is_dir()
    return build(home, force=True)


@pytest.fixture(scope="module")
def cut(home: Home, rebuilt: Snapshot) -> Snapshot:
    assert rebuilt.folder.is_dir()
    return build(home, as_of=CUT)


def test_every_entity_is_published_with_the_columns_and_types_that_features_read(full: Snapshot) -> None:
    for name, entity in entities().items():
        schema = full.history(name, as_of=AFTER).collect_schema()
        assert list(schema.items()) == list(core_schema(entity).items()), name


def test_versions_are_those_drawn_and_a_redelivery_starts_none(full: Snapshot) -> None:
    versions = full.history("project", as_of=AFTER).select("status", "known_at", "known_to").collect()
    january, march = datetime(2026, 1, 2, 6), datetime(2026, 3, 2, 6)
    assert versions.rows() == [("open", january, march), ("closed", march, None)]


def test_what_the_source_deleted_is_gone_from_then_on(full: Snapshot) -> None:
    assert full.core("invoice", as_of=CUT).collect().height == 1
    assert full.core("invoice", as_of=AFTER).collect().height == 0


def test_an_entity_never_delivered_is_an_empty_table(full: Snapshot) -> None:
    assert not full.has("dispute")
    assert full.core("dispute", as_of=AFTER).collect().height == 0


def test_nothing_new_builds_nothing(home: Home, full: Snapshot, rebuilt: Snapshot) -> None:
    before = sorted(path.name for path in home.warehouse.glob("snapshots/*"))
    again = build(home)
    assert again.snapshot_id == full.snapshot_id == rebuilt.snapshot_id
    assert sorted(path.name for path in home.warehouse.glob("snapshots/*")) == before


def test_the_same_landing_gives_the_same_parquet_byte_for_byte(full: Snapshot, rebuilt: Snapshot) -> None:
    assert rebuilt.folder != full.folder
    digests = [{path.name: sha256_of(path) for path in s.folder.glob("parquet/*")} for s in (full, rebuilt)]
    assert digests[0] == digests[1]
    assert rebuilt.manifest["tables"] == full.manifest["tables"]


def test_the_manifest_says_what_the_files_hold(full: Snapshot) -> None:
    full.verify()
    assert full.known_until == datetime(2026, 3, 2, 6)
    assert full.reporting_currency == "USD"
    entry = full.manifest["tables"]["core_invoice"]
    assert entry["rows"] == 3
    assert entry["money"]["amount"] == {"EUR": "2900.00"}
    assert set(full.tables) == {path.stem for path in full.folder.glob("parquet/*.parquet")}


def test_a_cut_sees_what_was_known_then_and_nothing_else(full: Snapshot, cut: Snapshot) -> None:
    for name, entity in entities().items():
        order = ["source_system", *entity.key, "known_at"]
        ours, theirs = (snapshot.history(name, as_of=CUT).collect().sort(order) for snapshot in (cut, full))
        assert_frame_equal(ours, theirs, check_exact=True)
        assert cut.history(name, as_of=AFTER).collect().height == ours.height, name


def test_a_published_database_answers_read_only_sql_and_reaches_nothing_outside(full: Snapshot) -> None:
    answer = query(full, "select client_id, count(*) from int_account_golden group by 1", limit=1)
    assert answer.columns[0] == "client_id"
    assert answer.rows == (("A1", 2),)
    for reaching in (
        "select * from read_csv('/etc/passwd')",
        "copy core_invoice to '/tmp/leak.csv'",
        "set enable_external_access = true",
        "drop table core_invoice",
    ):
        with pytest.raises(UsageError, match="query failed"):
            query(full, reaching)


def test_a_failed_gate_names_the_rows_and_keeps_the_old_snapshot(home: Home, cut: Snapshot) -> None:
    header = "score,severity,hours_to_due,clock,escalate_after_hours,escalate_to"
    twice = f"{header}\ngovernance,low,24,calendar,,\ngovernance,low,48,calendar,,\n"
    with governance(home, "exception_sla", twice), pytest.raises(GateError) as caught:
        build(home)
    (fault,) = caught.value.faults
    assert "gov_exception_sla" in fault.where
    assert "score=governance, rows_with_this_key=2" in fault.found
    assert open_current(home.warehouse).folder == cut.folder
    assert not list(home.warehouse.glob("snapshots/.*"))


def test_a_killed_build_leaves_the_old_snapshot_and_its_remains_are_swept(home: Home, cut: Snapshot) -> None:
    script = (
        "import sys\n"
        "from leadline.kernel.home import open_home\n"
        "from leadline.warehouse.build import build\n"
        "build(open_home(sys.argv[1]), force=True, progress=lambda step, share: print(share, flush=True))\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(home.path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if float(line) > 0.2:
                process.send_signal(signal.SIGKILL)
                break
    assert list(home.warehouse.glob("snapshots/.building-*"))
    assert open_current(home.warehouse).folder == cut.folder
    cut.verify()
    assert build(home, as_of=CUT).folder == cut.folder
    assert not list(home.warehouse.glob("snapshots/.*"))


def test_a_home_without_landed_rows_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="Nothing to build") as caught:
        build(open_home(tmp_path / "empty", create=True))
    assert "leadline land" in caught.value.next_step


def test_an_as_of_before_the_data_says_when_the_data_begins(home: Home) -> None:
    with pytest.raises(InsufficientDataError, match="before the data") as caught:
        build(home, as_of=datetime(2020, 1, 1, tzinfo=UTC))
    assert "2026-01-02T06:00:00" in caught.value.expected


def test_a_changed_landed_file_stops_the_build(tmp_path: Path) -> None:
    home = landed_home(tmp_path / "home")
    victim = next(path for path in sorted(home.landing.glob("invoice/*.parquet")) if not path.name.startswith("_"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    with pytest.raises(IntegrityError, match="does not match its manifests"):
        build(home)


def test_a_second_build_at_the_same_time_is_refused(home: Home) -> None:
    with FileLock(home.warehouse / "build.lock"), pytest.raises(BusyError, match="Another build"):
        build(home)


@pytest.mark.parametrize(
    ("table", "content", "found"),
    [
        pytest.param("my_rules", "a,b\n", "my_rules", id="unknown table"),
        pytest.param("data_owner", "domain,who\n", "domain,who", id="other columns"),
        pytest.param("data_owner", "", "nothing", id="empty file"),
    ],
)
def test_a_wrong_governance_table_is_named_before_anything_runs(
    home: Home, table: str, content: str, found: str
) -> None:
    with governance(home, table, content), pytest.raises(ConfigurationError) as caught:
        build(home)
    (fault,) = caught.value.faults
    assert fault.found == found


def test_settings_that_change_figures_change_the_snapshot_and_others_do_not(home: Home, full: Snapshot) -> None:
    from leadline.warehouse.build import Plan, project_files

    def snapshot_id(**settings: str | int) -> str:
        other = replace(home, settings=home.settings.model_copy(update=settings))
        return Plan(home=other, as_of=None, batches=(), code=project_files(home)).snapshot_id

    assert full.snapshot_id
    assert snapshot_id() == snapshot_id(keep_snapshots=9)
    assert len({snapshot_id(), snapshot_id(reporting_currency="EUR"), snapshot_id(integration_profile="crm_led")}) == 3


class governance:  # noqa: N801 - reads as the words of the test
    """Put one governance table into the home for the time of a ``with`` block."""

    def __init__(self, home: Home, table: str, content: str) -> None:
        self._path = home.path / "governance" / f"{table}.csv"
        self._content = content

    def __enter__(self) -> None:
        self._path.parent.mkdir(exist_ok=True)
        self._path.write_text(self._content, "utf-8")

    def __exit__(self, *_: object) -> None:
        self._path.unlink()

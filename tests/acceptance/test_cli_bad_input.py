"""Whatever a person gets wrong ends in a sentence, a documented exit code, no traceback, and nothing half-written."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from leadline.app import boundary
from leadline.app.wiring import Parts
from leadline.app.work import holding
from leadline.kernel.errors import EXIT_CODES
from leadline.kernel.home import open_home
from leadline.queue.engine import writing
from leadline.queue.store import Store
from tests.support.cli import land_invoice, leadline, tree, twins
from tests.support.queue import AS_OF, AT, drawn

ID = drawn().external_id
DECIDE = ("queue", "decide", ID, "--by", "ana")
USAGE, INPUT, CONFIGURATION, HOME, BUSY, GATE, INTEGRITY, TOO_LITTLE = 2, 3, 4, 5, 6, 7, 8, 9


@dataclass(frozen=True)
class Wrong:
    """A command line that is wrong, the exit code it must end with, and words its sentence must hold."""

    words: tuple[str, ...]
    code: int
    says: tuple[str, ...]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with one landed row and two queued exceptions; tests that change it use a copy."""
    home = tmp_path_factory.mktemp("bad-input") / "home"
    land_invoice(home)
    assert leadline("score", "--home", home, parts=twins()).exit_code == 0
    return home


@pytest.fixture
def home(scored: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(scored, tmp_path / "home"))


def _is_clear(result: Result, code: int, says: tuple[str, ...]) -> None:
    message = result.stderr
    assert result.exit_code == code, message
    assert code in EXIT_CODES
    assert "Traceback" not in message + result.stdout
    assert [text for text in says if text not in message] == []


WRONG_WORDS = [
    Wrong(("score", "invoice_disputes"), USAGE, ("Unknown score", "invoice_disputes", "invoice_dispute,")),
    Wrong(("train", "margin"), USAGE, ("Unknown score", "margin")),
    Wrong(("evaluate", "a", "b"), USAGE, ("Unknown scores", "found a", "found b")),
    Wrong(("queue", "list", "--score", "x"), USAGE, ("Unknown score",)),
    Wrong(("score", "--as-of", "31.03.2026"), USAGE, ("Invalid as-of", "31.03.2026", "YYYY-MM-DD")),
    Wrong(("build", "--as-of", "2026-02-30"), USAGE, ("Invalid as-of", "2026-02-30")),
    Wrong(("run", "--as-of", "yesterday"), USAGE, ("Invalid as-of",)),
    Wrong(("score", "--as-of", "1999-12-31"), TOO_LITTLE, ("before the data", "2026-06-30")),
    Wrong(("train", "--as-of", "1999-12-31"), TOO_LITTLE, ("before the data",)),
    Wrong(("evaluate", "--as-of", "1999-12-31"), TOO_LITTLE, ("before the data",)),
    Wrong(("run", "--as-of", "1999-12-31"), TOO_LITTLE, ("before the data",)),
    Wrong(("land", "no-such-folder", "--mapping", "m.yml"), CONFIGURATION, ("m.yml",)),
    Wrong(("queue", "list", "--state", "closed"), USAGE, ("Unknown state", "closed", "open")),
    Wrong(("queue", "show", "zzz"), USAGE, ("No such exception", "zzz")),
    Wrong((*DECIDE, "--verdict", "ok", "--reason", "billed"), USAGE, ("Unknown verdict", "confirmed")),
    Wrong((*DECIDE, "--verdict", "confirmed", "--reason", "just so"), USAGE, ("Unknown reason", "billed")),
    Wrong((*DECIDE, "--verdict", "re_opened", "--reason", "mistake"), USAGE, ("Cannot re-open an exception",)),
    Wrong(
        (*DECIDE, "--verdict", "confirmed", "--reason", "billed", "--value-recovered", "a lot"), USAGE, ("no amount",)
    ),
    Wrong((*DECIDE, "--verdict", "confirmed", "--reason", "billed", "--value-recovered", "nan"), USAGE, ("no amount",)),
    Wrong((*DECIDE, "--verdict", "confirmed", "--reason", "billed", "--value-recovered=-5"), USAGE, ("negative",)),
    Wrong(
        (*DECIDE, "--verdict", "snoozed", "--reason", "not_now", "--until", "2020-01-01"), USAGE, ("Snooze must end",)
    ),
    Wrong(
        (*DECIDE, "--verdict", "confirmed", "--reason", "billed", "--expected-version", "7"), BUSY, ("changed since",)
    ),
    Wrong(
        ("queue", "decide", ID, "--verdict", "confirmed", "--reason", "billed", "--by", " "), USAGE, ("Missing name",)
    ),
    Wrong(("queue", "export", "--format", "pdf", "--out", "queue.pdf"), USAGE, ("cannot be written there", "xlsx")),
    Wrong(("queue", "export", "--format", "xlsx", "--out", "-"), USAGE, ("xlsx needs a file",)),
    Wrong(("queue", "export", "--out", "no/such/folder/queue.csv"), HOME, ("Cannot write the file", "queue.csv")),
]


@pytest.mark.parametrize("wrong", WRONG_WORDS, ids=lambda wrong: " ".join(wrong.words[:6]))
def test_wrong_words_end_in_a_clear_sentence(
    scored: Path, wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = tree(scored)
    result = leadline(*wrong.words, "--home", scored, parts=twins())
    _is_clear(result, wrong.code, wrong.says)
    assert tree(scored) == before
    assert tree(tmp_path) == {}
    with Store(f"sqlite:///{scored / 'ops.db'}") as store:
        assert {(one.state, one.version) for one in store.list_()} == {("open", 1)}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("fly",), "No such command"),
        (("score", "--asof", "2026-01-01"), "No such option"),
        (("queue", "list", "--limit", "0"), "--limit"),
        (("queue", "list", "--format", "xml"), "xml"),
        (("queue", "decide", ID), "--verdict"),
        (("simulate", "--seed", "-1", "--out", "x"), "--seed"),
        (("evaluate", "--seeds", "0"), "--seeds"),
    ],
)
def test_words_that_no_command_knows_are_a_usage_error(words: tuple[str, ...], says: str) -> None:
    _is_clear(leadline(*words), USAGE, (says,))


@pytest.mark.parametrize(
    "words",
    [
        ("build",),
        ("profiles",),
        ("train",),
        ("evaluate",),
        ("score",),
        ("run",),
        ("status",),
        ("verify",),
        ("queue", "list"),
        ("queue", "deliver"),
    ],
)
def test_without_a_home_the_next_step_is_given_and_none_is_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    missing = tmp_path / "nowhere"
    _is_clear(leadline(*words, "--home", missing), HOME, ("No home found", "leadline demo"))
    assert not missing.exists()


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("mine")
    _is_clear(leadline("land", tmp_path, "--home", tmp_path / "home"), HOME, ("not a folder",))
    assert (tmp_path / "home").read_text() == "mine"


@pytest.mark.parametrize("command", ["train", "evaluate", "score"])
def test_a_home_without_a_build_says_what_to_do_first(tmp_path: Path, command: str) -> None:
    land_invoice(tmp_path)
    _is_clear(leadline(command, "--home", tmp_path), HOME, ("not been built yet", "leadline build"))


def test_an_empty_home_has_nothing_to_build(tmp_path: Path) -> None:
    _is_clear(leadline("build", "--home", tmp_path), HOME, ("Nothing to build", "leadline land"))


def test_a_build_before_the_data_is_refused(tmp_path: Path) -> None:
    land_invoice(tmp_path)
    _is_clear(leadline("build", "--as-of", "1999-12-31", "--home", tmp_path), TOO_LITTLE, ("before the data",))
    assert list((tmp_path / "warehouse").glob("snapshots/*")) == []


def test_a_folder_that_is_not_there_cannot_be_landed(tmp_path: Path) -> None:
    mapping = tmp_path / "m.yml"
    mapping.write_text(
        "source_system: crm\nfiles:\n  - {match: '*.csv', entity: account, columns: {account_id: Id, name: Name}}\n"
    )
    words = ("land", tmp_path / "gone", "--mapping", mapping, "--home", tmp_path / "home")
    _is_clear(leadline(*words), USAGE, ("No such folder", "gone"))


def test_a_folder_without_a_mapping_says_where_one_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    result = leadline("land", tmp_path / "exports", "--home", tmp_path / "home")
    _is_clear(result, CONFIGURATION, ("no mapping file", "mapping.yml", "--mapping"))


def test_an_unknown_size_of_firm_is_refused(tmp_path: Path) -> None:
    _is_clear(leadline("simulate", "--size", "huge", "--out", tmp_path / "firm"), USAGE, ("huge",))
    assert not (tmp_path / "firm").exists()


def test_the_demo_never_mixes_with_data_of_your_own(home: Path) -> None:
    before = tree(home)
    result = leadline("demo", "--size", "xs", "--home", home, parts=twins())
    _is_clear(result, USAGE, ("not this demo's", "data that is not the demo firm's"))
    assert tree(home) == before


def test_a_demo_of_another_seed_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    assert leadline("demo", "--size", "xs", "--home", home, parts=twins()).exit_code == 0
    before = tree(home)
    _is_clear(leadline("demo", "--size", "xs", "--seed", "8", "--home", home, parts=twins()), USAGE, ("seed 7",))
    assert tree(home) == before


@pytest.mark.parametrize(
    "words", [("run",), ("score",), ("train",), ("build",), ("land", "."), ("demo",), ("queue", "deliver")]
)
def test_of_two_runs_at_once_the_second_learns_who_holds_the_home(home: Path, words: tuple[str, ...]) -> None:
    before = tree(home)
    with holding(open_home(home).path, "run", at=AT):
        result = leadline(*words, "--home", home, parts=twins())
    _is_clear(result, BUSY, ("Another run holds this home", "leadline run", str(os.getpid()), "2026-07-01"))
    assert tree(home) == before


def test_people_can_decide_while_a_run_holds_the_home(home: Path) -> None:
    with holding(open_home(home).path, "run", at=AT):
        assert leadline(*DECIDE, "--verdict", "confirmed", "--reason", "billed", "--home", home).exit_code == 0


def _impatient(home: Path) -> Parts:
    return replace(twins(), open_store=lambda _: Store(f"sqlite:///{home / 'ops.db'}", busy_seconds=0.05))


def test_a_store_that_others_of_ours_write_for_too_long_is_named(home: Path) -> None:
    with Store(f"sqlite:///{home / 'ops.db'}") as other, writing(other.engine):
        result = leadline("score", "--home", home, parts=_impatient(home))
    _is_clear(result, BUSY, ("locked by other writers", "ops.db"))


def test_a_store_that_another_program_has_locked_is_named(home: Path) -> None:
    with closing(sqlite3.connect(home / "ops.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # a program that knows nothing of our turns
        result = leadline("score", "--home", home, parts=_impatient(home))
    _is_clear(result, BUSY, ("locked by another program", "ops.db"))


def test_a_store_that_is_no_database_is_named(home: Path) -> None:
    for path in home.glob("ops.db*"):
        path.unlink()
    (home / "ops.db").write_bytes(b"once upon a time there was a file " * 100)
    _is_clear(leadline("queue", "list", "--home", home), INTEGRITY, ("damaged", "ops.db"))


def test_a_configuration_with_faults_lists_them_all(home: Path) -> None:
    (home / "leadline.toml").write_text('reporting_currency = "euro"\ncolour = "red"\n')
    _is_clear(leadline("status", "--home", home), CONFIGURATION, ("reporting_currency", "colour"))


def test_an_environment_with_a_fault_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_OPS_STORE_URL", "oracle://somewhere")
    _is_clear(leadline("queue", "list", "--home", home), CONFIGURATION, ("ops_store_url", "postgresql"))


def test_a_pinned_now_that_is_no_moment_is_a_usage_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_NOW", "noon")
    _is_clear(leadline("score", "--home", home, parts=Parts()), USAGE, ("Invalid as-of", "noon"))


def test_an_outbox_that_cannot_be_made_stops_nothing_before_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = home.parent / "blocker"
    blocker.write_text("")
    monkeypatch.setenv("LEADLINE_OUTBOX_FOLDER", str(blocker / "outbox"))
    result = leadline("score", "--home", home, parts=twins([drawn("INV-8")]))
    _is_clear(result, HOME, ("outbox folder", "nothing is lost"))
    monkeypatch.delenv("LEADLINE_OUTBOX_FOLDER")
    assert leadline("queue", "deliver", "--home", home).stdout.startswith("folder: 3 delivered")


def test_an_interrupted_run_ends_clean_and_is_in_the_journal(home: Path) -> None:
    result = leadline("score", "--home", home, parts=replace(twins(), score=_raising(KeyboardInterrupt())))
    assert (result.exit_code, "Stopped." in result.stderr, "Traceback" in result.stderr) == (130, True, False)
    with Store(f"sqlite:///{home / 'ops.db'}") as store:
        assert store.journal.last_of_each()[0].status == "interrupted"
    assert leadline("score", "--home", home, parts=twins()).exit_code == 0


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_that_a_database_turns_into_its_own_error_is_no_fault(
    home: Path, monkeypatch: pytest.MonkeyPatch, number: int, exit_code: int
) -> None:
    monkeypatch.setattr(boundary, "_received", [number])
    broken = replace(twins(), build=_raising(RuntimeError("Query interrupted")))
    result = leadline("build", "--home", home, parts=broken)
    assert (result.exit_code, "Stopped." in result.stderr, "broke" in result.stderr) == (exit_code, True, False)


def test_a_terminated_run_lets_go_of_the_home(home: Path) -> None:
    result = leadline("build", "--home", home, parts=replace(twins(), build=_raising(SystemExit(143))))
    assert result.exit_code == 143
    assert leadline("build", "--home", home, parts=twins()).exit_code == 0


def test_a_fault_of_ours_is_one_sentence_and_a_log(home: Path) -> None:
    result = leadline("build", "--home", home, parts=replace(twins(), build=_raising(ZeroDivisionError("oops"))))
    _is_clear(result, 1, ("Something broke that should not have: ZeroDivisionError", "log:"))
    log = next((home / "logs").iterdir())
    assert "ZeroDivisionError: oops" in log.read_text("utf-8")


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = leadline("--debug", "status", "--home", tmp_path / "nowhere")
    assert (result.exit_code, "Traceback" in result.stderr) == (HOME, True)


def test_a_changed_landed_file_stops_the_build_and_is_named(tmp_path: Path) -> None:
    land_invoice(tmp_path)
    landed = next((tmp_path / "landing" / "account").glob("[0-9a-f]*.parquet"))
    landed.write_bytes(landed.read_bytes()[:-1])
    for command in ("build", "verify"):
        _is_clear(leadline(command, "--home", tmp_path), INTEGRITY, (landed.name,))


def test_a_score_that_fails_half_way_queues_nothing(home: Path) -> None:
    later = (AS_OF + timedelta(days=1)).date().isoformat()
    with _broken_outbox():
        result = leadline("score", "--as-of", later, "--home", home, parts=twins([drawn("INV-9")]))
    assert result.exit_code == 1
    with Store(f"sqlite:///{home / 'ops.db'}") as store:
        assert {one.object_id for one in store.list_()} == {"INV-1", "P-1"}
        assert set(store.scored().values()) == {AS_OF}
        store.verify()


@contextmanager
def _broken_outbox() -> Iterator[None]:
    from leadline.queue import outbox

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the outbox broke")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "enqueue", fail)
        yield


def _raising(error: BaseException) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail

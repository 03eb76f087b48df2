"""The commands do what their help says, print what they promise, and leave the journal right."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from leadline.app.wiring import Parts
from leadline.queue.holdout import HoldoutDraw
from leadline.queue.store import Store
from scoring.rephrasing import Rephrased
from scoring.sensitivity import Choice
from scoring.uplift import Group, Uplift
from tests.support.cli import RunTwin, ScoreTwin, land_invoice, leadline, tree, twins
from tests.support.point_in_time import MemoryReader
from tests.support.queue import AS_OF, AT, banded, drawn

CONFIRM = ("--verdict", "confirmed", "--reason", "billed", "--by", "ana")
DISMISS = ("--verdict", "dismissed", "--reason", "not_true", "--by", "ana")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home in which a night has run."""
    folder = tmp_path / "home"
    land_invoice(folder)
    assert leadline("score", "--home", folder, parts=twins()).exit_code == 0
    return folder


def _store(home: Path) -> Store:
    return Store(f"sqlite:///{home / 'ops.db'}")


def test_queue_list_gives_programs_every_promised_key(home: Path) -> None:
    result = leadline("queue", "list", "--format", "json", "--home", home)
    records = json.loads(result.stdout)
    promised = ["external_id", "score", "object", "as_of", "money_at_risk", "currency", "reasons", "owner", "due_at"]
    promised += ["narrative", "action", "model_version", "snapshot_id", "probability", "band", "state"]
    assert len(records) == 2
    assert [key for record in records for key in promised if key not in record] == []
    assert all(record["probability"] is not None for record in records)
    assert sum(record["band"] is not None for record in records) == 1


def test_queue_list_gives_people_a_table_and_says_how_many_there_are(home: Path) -> None:
    result = leadline("queue", "list", "--limit", "1", "--home", home)
    assert "invoice_dispute" in result.stdout
    assert "1 of 2" in result.stderr


def test_queue_list_csv_can_be_read_back(home: Path) -> None:
    result = leadline("queue", "list", "--format", "csv", "--home", home)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {row["score"] for row in rows} == {"invoice_dispute", "margin_erosion"}
    assert {row["money_at_risk"] for row in rows} == {"1200.0"}


def test_queue_list_filters_by_score_state_and_owner(home: Path) -> None:
    def count(*words: str) -> int:
        return len(json.loads(leadline("queue", "list", *words, "--format", "json", "--home", home).stdout))

    assert count("--score", "margin_erosion") == 1
    assert count("--state", "dismissed") == 0
    assert count("--state", "all") == 2
    assert count("--owner", "unknown") == 0


def test_a_source_can_neither_mark_up_nor_steer_the_terminal(tmp_path: Path) -> None:
    land_invoice(tmp_path)
    nasty = drawn(title="[red]pay[/red] \x1b[2Jnow")
    leadline("score", "--home", tmp_path, parts=twins([nasty]))
    shown = leadline("queue", "list", "--home", tmp_path).stdout
    assert "[red]pay[/red]" in shown
    assert "\x1b" not in shown


def test_queue_show_tells_the_exception_in_full(home: Path) -> None:
    shown = leadline("queue", "show", drawn().external_id[:6], "--home", home).stdout
    for text in (
        "31 hours above plan",
        "invoice INV-1.amount = 1,200.00 USD",
        "Call the client",
        "finance-emea",
        "50%",
    ):
        assert text in shown
    assert shown.count("Invoice INV-1 may be disputed") == 1


def test_queue_show_gives_the_expected_value_of_what_else_waits_on_the_object(tmp_path: Path) -> None:
    land_invoice(tmp_path)
    other = drawn(score="revenue_leakage", scored={"expected_value": Decimal("77.00")})
    leadline("score", "--home", tmp_path, parts=twins([drawn(), other]))
    shown = leadline("queue", "show", drawn().external_id, "--home", tmp_path).stdout
    waiting = shown[shown.index("Also waiting") :]
    assert "expected value" in waiting
    assert "77 USD" in waiting
    assert "1,200" not in waiting


def test_queue_show_tells_the_decisions_taken(home: Path) -> None:
    leadline(
        "queue",
        "decide",
        drawn().external_id,
        *DISMISS,
        "--home",
        home,
    )
    assert "not_true" in leadline("queue", "show", drawn().external_id, "--home", home).stdout


def test_queue_decide_keeps_the_decision(home: Path) -> None:
    words = [
        "--verdict",
        "confirmed",
        "--reason",
        "billed",
        "--by",
        "ana",
        "--value-recovered",
        "900.50",
        "--note",
        "x",
    ]
    result = leadline("queue", "decide", drawn().external_id, *words, "--home", home)
    assert "is confirmed by ana (version 2)" in result.stdout
    with _store(home) as store:
        decision = store.decisions_since()[0]
    assert (str(decision.value_recovered), decision.note, decision.decided_at) == ("900.50", "x", AT)


def test_queue_decide_on_several_names_what_was_refused_and_decides_the_rest(home: Path) -> None:
    result = leadline("queue", "decide", drawn().external_id, "ffff", *DISMISS, "--home", home)
    assert result.exit_code == 2
    assert "1 of 2 exceptions were not decided on" in result.stderr
    assert f"{drawn().external_id} is dismissed by ana" in result.stdout


def test_queue_decide_refuses_one_version_for_several(home: Path) -> None:
    result = leadline("queue", "decide", "a", "b", *DISMISS, "--expected-version", "1", "--home", home)
    assert result.exit_code == 2
    with _store(home) as store:
        assert store.count_decisions() == 0


def test_queue_undo_takes_ones_own_decision_back(home: Path) -> None:
    leadline("queue", "decide", drawn().external_id, *DISMISS, "--home", home)
    result = leadline("queue", "undo", drawn().external_id, "--by", "ana", "--home", home)
    assert "is open again (version 3)" in result.stdout


def test_queue_assign_gives_it_to_somebody_and_back(home: Path) -> None:
    words = ("queue", "assign", drawn().external_id, "--by", "ana", "--home", home)
    assert "for ben to act on" in leadline(*words, "--to", "ben").stdout
    assert "given by hand" in leadline("queue", "show", drawn().external_id, "--home", home).stdout
    assert "for finance-emea to act on" in leadline(*words).stdout


def test_queue_deal_says_who_got_how_many(home: Path) -> None:
    words = ("--to", "ana", "--to", "ben", "--by", "cem")
    result = leadline("queue", "deal", "finance-emea", *words, "--home", home)
    assert result.stdout.splitlines() == ["ana: 1 given", "ben: 1 given"]


def test_queue_list_overdue_leaves_out_what_is_not_due_yet(home: Path) -> None:
    late = replace(twins(), now=lambda: drawn().due_at + timedelta(seconds=1))
    for parts, expected in ((twins(), "0 of 0"), (late, "of 2")):
        assert expected in leadline("queue", "list", "--overdue", "--home", home, parts=parts).stderr


def test_queue_take_and_snooze(home: Path) -> None:
    assert "in review by ana" in leadline("queue", "take", drawn().external_id, "--by", "ana", "--home", home).stdout
    words = ["--verdict", "snoozed", "--reason", "not_now", "--by", "ana", "--until", "2026-07-20"]
    assert leadline("queue", "decide", drawn().external_id, *words, "--home", home).exit_code == 0
    with _store(home) as store:
        assert f"{store.get(drawn().external_id).snoozed_until:%Y-%m-%d}" == "2026-07-20"


def test_queue_metrics_tell_what_was_decided(home: Path) -> None:
    assert "Nothing was decided yet" in leadline("queue", "metrics", "--home", home).stderr
    leadline("queue", "decide", drawn().external_id, *CONFIRM, "--value-recovered", "900.50", "--home", home)
    (dispute, margin) = json.loads(leadline("queue", "metrics", "--format", "json", "--home", home).stdout)
    assert (dispute["precision"], dispute["recovered"], margin["waiting"]) == (1.0, {"USD": "900.50"}, 1)
    assert "900 USD" in leadline("queue", "metrics", "--home", home).stdout


def test_queue_uplift_tells_what_acting_is_worth(home: Path) -> None:
    empty = leadline("queue", "uplift", "--home", home)
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "control_share" in empty.stderr
    with _store(home) as store:
        other = drawn("INV-9")
        store.upsert([drawn(), other], drawn=[HoldoutDraw(other, 0.25, True)], at=AT)
    groups = Group(40, 30, 12, Decimal("80.00")), Group(120, 100, 10, Decimal("20.00"))
    saved = (Decimal("60.00"), Decimal("-5.00"), Decimal("125.00"))
    found = [Uplift("invoice_dispute", 0.25, *groups, 0.3, 0.13, 0.48, *saved, Decimal(45), "USD")]
    parts = replace(twins(), uplift=lambda *_, **__: found)
    printed = leadline("queue", "uplift", "--home", home, parts=parts).stdout
    for words in ("40% of 30 known (40 drawn)", "30% (13% … 48%)", "60 USD (-5 USD … 125 USD)", "45 USD"):
        assert words in printed.replace("\n", " ")
    (row,) = json.loads(leadline("queue", "uplift", "--format", "json", "--home", home, parts=parts).stdout)
    assert (row["held_known"], row["shown_harmed"], row["saved_each"], row["prevented_low"]) == (30, 10, "60.00", 0.13)


def test_score_sensitivity_prints_the_choices_and_leaves_the_queue_alone(home: Path) -> None:
    choice = Choice("invoice_dispute", 0.5, 20, Decimal("1234.50"), "USD", 0.75, Decimal("12.00"))
    parts = replace(twins(), sensitivity=lambda *_, **__: [choice])
    before = tree(home / "outbox")
    printed = leadline("score", "--sensitivity", "--home", home, parts=parts).stdout
    assert ("× 0.5" in printed, "75%" in printed, "1,234 USD" in printed) == (True, True, True)
    assert tree(home / "outbox") == before


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_queue_export_writes_the_file(home: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"queue.{form}"
    assert leadline("queue", "export", "--format", form, "--out", out, "--home", home).exit_code == 0
    if form == "xlsx":
        assert openpyxl.load_workbook(out).active.max_row == 3
    elif form == "json":
        assert len(json.loads(out.read_text("utf-8"))) == 2
    else:
        assert len(list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))) == 2


def test_queue_export_to_stdout(home: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(leadline("queue", "export", "--out", "-", "--home", home).stdout)))
    assert len(rows) == 2


def test_scoring_twice_queues_once(home: Path) -> None:
    before = leadline("queue", "list", "--format", "json", "--home", home).stdout
    result = leadline("score", "--home", home, parts=twins())
    assert "0 added, 0 updated, 2 unchanged" in result.stderr
    assert leadline("queue", "list", "--format", "json", "--home", home).stdout == before


def test_a_dry_run_prints_the_exceptions_and_leaves_the_queue_alone(home: Path) -> None:
    words = ("score", "--as-of", "2026-07-31", "--dry-run", "--format", "json", "--home", home)
    result = leadline(*words, parts=twins([drawn("INV-7")]))
    assert [one["object_id"] for one in json.loads(result.stdout)] == ["INV-7"]
    assert leadline(*words, parts=twins([drawn("INV-7")])).stdout == result.stdout
    with _store(home) as store:
        assert store.count() == 2


def test_scoring_one_score_leaves_the_others_alone(home: Path) -> None:
    leadline("score", "margin_erosion", "--home", home, parts=twins([]))
    with _store(home) as store:
        assert {one.score: one.state for one in store.list_()} == {
            "invoice_dispute": "open",
            "margin_erosion": "expired",
        }


def test_a_score_says_what_became_of_texts_in_other_words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worded = Rephrased(
        taken=7, refused=("another sense", "a figure of its own", "another sense"), failure="it was slow"
    )
    score = ScoreTwin("invoice_dispute", (drawn(),), rephrased=worded)
    parts = replace(twins(), score=lambda *_, as_of, **__: RunTwin(as_of, "twin", (score,)))
    assert "Rephrasing" not in leadline("score", "--as-of", "2026-06-30", "--home", home, parts=parts).stderr
    monkeypatch.setenv("LEADLINE_REPHRASE_COMMAND", "speak")
    message = leadline("score", "--as-of", "2026-06-30", "--home", home, parts=parts).stderr
    assert "7 sentences taken, 3 refused (1 with a figure of its own; 2 with another sense)." in message
    assert "it was slow; the texts stay as they were." in message


def test_a_score_that_cannot_run_leaves_its_exceptions_as_they_were(home: Path) -> None:
    parts = twins([])

    def skipped(*words: object, **more: object) -> object:
        report = parts.score(*words, **more)
        return replace(report, scores=tuple(replace(one, skipped="needs invoice") for one in report.scores))  # type: ignore[type-var]

    leadline("score", "--home", home, parts=replace(parts, score=skipped))  # type: ignore[arg-type]
    with _store(home) as store:
        assert {one.state for one in store.list_()} == {"open"}


def test_an_older_as_of_is_refused_unless_rewound(home: Path) -> None:
    words = ("score", "--as-of", "2026-06-30T23:59:59", "--home", home)
    leadline("score", "--as-of", "2026-07-31", "--home", home, parts=twins())
    refused = leadline(*words, parts=twins())
    assert (refused.exit_code, "later as-of" in refused.stderr) == (2, True)
    assert leadline(*words, "--rewind", parts=twins()).exit_code == 0


def test_the_night_lands_builds_scores_queues_and_delivers(tmp_path: Path) -> None:
    firm, folder = tmp_path / "firm", tmp_path / "home"
    leadline("simulate", "--size", "xs", "--out", firm, parts=twins())
    result = leadline("run", "--from", firm, "--home", folder, parts=twins())
    assert result.exit_code == 0, result.stderr
    assert "2 added" in result.stderr
    assert len(list((folder / "outbox").glob("*.json"))) == 2


def test_the_night_twice_adds_nothing(tmp_path: Path) -> None:
    firm, folder = tmp_path / "firm", tmp_path / "home"
    leadline("simulate", "--size", "xs", "--out", firm, parts=twins())
    leadline("run", "--from", firm, "--home", folder, parts=twins())
    before = tree(folder)
    result = leadline("run", "--from", firm, "--home", folder, parts=twins())
    assert (
        "0 decisions brought back, 0 added, 0 updated, 2 unchanged, 0 expired, 0 reopened, 0 escalated, 0 delivered"
        in result.stderr
    )
    assert tree(folder) == before


def test_the_night_brings_decisions_back_once_with_the_moment_they_were_taken(home: Path) -> None:
    from leadline.warehouse.landing import Landing

    leadline("queue", "decide", drawn().external_id, *CONFIRM, "--home", home)
    assert "1 decisions brought back" in leadline("run", "--home", home, parts=twins()).stderr
    assert "0 decisions brought back" in leadline("run", "--home", home, parts=twins()).stderr
    leadline(
        "queue",
        "decide",
        banded().external_id,
        *DISMISS,
        "--home",
        home,
    )
    assert "1 decisions brought back" in leadline("run", "--home", home, parts=twins()).stderr
    landed = Landing(home / "landing").scan("decision").collect().sort("score")
    assert landed["verdict"].to_list() == ["confirmed", "dismissed"]
    assert landed["known_at"].to_list() == [AT.replace(tzinfo=None)] * 2
    assert landed["source_system"].to_list() == ["queue"] * 2


def test_deciding_does_not_move_the_as_of_of_the_next_night(home: Path) -> None:
    leadline("queue", "decide", drawn().external_id, *CONFIRM, "--home", home)
    leadline("run", "--home", home, parts=twins())
    leadline("run", "--home", home, parts=twins())
    with _store(home) as store:
        assert set(store.scored().values()) == {AS_OF}


def test_without_an_as_of_the_night_never_goes_back_behind_the_last_score(home: Path) -> None:
    leadline("score", "--as-of", "2026-07-05", "--home", home, parts=twins())
    assert leadline("run", "--home", home, parts=twins()).exit_code == 0
    with _store(home) as store:
        assert {f"{as_of:%Y-%m-%d}" for as_of in store.scored().values()} == {"2026-07-05"}


def test_what_is_left_lying_goes_up_at_night_once(home: Path) -> None:
    later = (drawn().due_at + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%S")
    for expected in ("1 escalated", "0 escalated"):
        assert expected in leadline("run", "--as-of", later, "--home", home, parts=twins()).stderr
    assert "overdue, gone up from finance-emea" in leadline("queue", "show", drawn().external_id, "--home", home).stdout


def test_a_refused_file_does_not_stop_the_night_but_is_not_passed_over(tmp_path: Path) -> None:
    firm, folder = tmp_path / "firm", tmp_path / "home"
    leadline("simulate", "--size", "xs", "--out", firm, parts=twins())
    mapping = firm / "mappings" / "crm.yml"
    mapping.write_text(mapping.read_text().replace("'accounts.csv'", "'*.csv'"))
    (firm / "cut.csv").write_text("Id,Name,Stamp\nA2,Bet")
    result = leadline("run", "--from", firm, "--home", folder, parts=twins())
    assert (result.exit_code, "2 added" in result.stderr, "cut.csv" in result.stderr) == (3, True, True)


def test_demo_fills_the_queue_and_prints_what_it_found(tmp_path: Path) -> None:
    result = leadline("demo", "--size", "xs", "--home", tmp_path / "demo", parts=twins())
    assert result.exit_code == 0, result.stderr
    for text in (
        "2 exceptions of 2 kinds",
        "2,400 USD",
        "Call the client",
        "leadline queue list",
        "mlflow ui",
        "2 added",
    ):
        assert text in result.stdout


def test_demo_prints_what_each_step_found_and_the_leaks_before_it_trains(tmp_path: Path) -> None:
    result = leadline("demo", "--size", "xs", "--home", tmp_path / "demo", parts=twins())
    found = [
        "Simulate the firm ...",
        "  1 row of 1 entity simulated",
        "Land the files ...",
        "  1 row landed from 1 file, 0 quarantined",
        "Build the warehouse ...",
        "  1 table published, 3 data tests passed",
        "  2 leaks found: 1,200 USD earned and not billed",
        "Train ...",
        "  invoice_dispute, 10 examples; auc↑: model 0.700, base_rate 0.500",
        "Score ...",
        "  2 exceptions found: 2,400 USD at risk",
        "Queue the exceptions ...",
        "  2 exceptions added to the queue, 0 unchanged",
        "Deliver ...",
        "  2 messages delivered",
    ]
    assert [line for line in result.stderr.splitlines() if line in found] == found


def test_a_second_demo_adds_nothing_and_trains_nothing(tmp_path: Path) -> None:
    def train(*_: object, **__: object) -> None:
        raise AssertionError("nothing new to learn from")

    home = tmp_path / "demo"
    leadline("demo", "--size", "xs", "--home", home, parts=twins())
    before = tree(home)
    result = leadline("demo", "--size", "xs", "--home", home, parts=replace(twins(), train=train))  # type: ignore[arg-type]
    assert (result.exit_code, "2 unchanged" in result.stdout) == (0, True)
    assert tree(home) == before


def test_train_prints_a_row_per_score(home: Path) -> None:
    rows = json.loads(leadline("train", "--format", "json", "--seed", "3", "--home", home, parts=twins()).stdout)
    assert [row["score"] for row in rows][:2] == ["invoice_dispute", "margin_erosion"]
    assert rows[0]["held_out"] == {"auc↑": {"model": 0.7, "base_rate": 0.5}}


def test_evaluate_prints_the_model_first_and_keeps_the_figures(home: Path) -> None:
    from training.evaluate import EvaluationRow

    figures = [
        EvaluationRow("invoice_dispute", "auc↑", name, name == "blend", value, value - 0.1, value + 0.1, 50, 3, 3)
        for name, value in (("blend", 0.7), ("base_rate", 0.5))
    ]
    parts = replace(twins(), evaluate=lambda *_, **__: figures)
    result = leadline("evaluate", "invoice_dispute", "--home", home, parts=parts)
    assert "► blend" in result.stdout
    assert "0.700    0.600 … 0.800" in result.stdout
    assert json.loads((home / "evaluations" / "invoice_dispute.json").read_text("utf-8"))[0]["candidate"] == "blend"


def test_status_tells_what_ran_and_that_nothing_is_red(home: Path) -> None:
    rows = json.loads(leadline("status", "--format", "json", "--home", home, parts=twins()).stdout)
    states = {row["what"]: row["state"] for row in rows}
    assert states["leadline score"] == "ok"
    assert set(states.values()) == {"ok"}


def test_status_calls_what_needs_a_person_red(home: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    leadline("build", "--home", home, parts=replace(twins(), build=broken))  # type: ignore[arg-type]
    with _store(home) as store, store.engine.begin() as connection:
        connection.exec_driver_sql("update delivery set dead_at = '2026-07-01 00:00:00.000000', delivered_at = null")
        connection.exec_driver_sql(
            'update run set details = \'{"health": [{"score": "invoice_dispute", "state": "alarm", "why": "moved"}]}\''
            " where command = 'score'"
        )
    parts = replace(Parts(), now=lambda: AT + timedelta(days=90))
    result = leadline("status", "--format", "json", "--fail-on-red", "--home", home, parts=parts)
    red = {row["what"] for row in json.loads(result.stdout) if row["state"] == "red"}
    assert red == {"leadline build", "warehouse", "fresh entities", "outbox folder", "score invoice_dispute"}
    assert result.exit_code == 1


def test_queue_deliver_revives_dead_letters(home: Path) -> None:
    with _store(home) as store, store.engine.begin() as connection:
        connection.exec_driver_sql("update delivery set dead_at = '2026-07-01 00:00:00.000000', delivered_at = null")
    assert "0 delivered" in leadline("queue", "deliver", "--home", home).stdout
    assert "2 delivered" in leadline("queue", "deliver", "--retry-dead", "--home", home).stdout


def test_verify_checks_landing_snapshots_models_and_the_audit(home: Path) -> None:
    rows = json.loads(leadline("verify", "--format", "json", "--home", home, parts=twins()).stdout)
    assert {row["what"]: row["state"] for row in rows} == {
        "landing": "ok",
        "snapshots": "ok",
        "risk models": "ok",
        "ops store": "ok",
    }


def test_verify_names_every_damaged_thing_at_once(home: Path) -> None:
    landed = next((home / "landing" / "account").glob("[0-9a-f]*.parquet"))
    landed.write_bytes(landed.read_bytes() + b"x")
    with _store(home) as store, store.engine.begin() as connection:
        connection.exec_driver_sql("update exception set title = 'x' where score = 'invoice_dispute'")
    result = leadline("verify", "--home", home, parts=twins())
    assert result.exit_code == 8
    assert landed.name in result.stderr
    assert drawn().external_id in result.stderr


def test_doctor_tells_what_each_score_misses(home: Path) -> None:
    rows = json.loads(leadline("doctor", "--format", "json", "--home", home).stdout)
    assert len(rows) == 6
    assert {row["state"] for row in rows} == {"missing"}
    assert all(row["missing"] for row in rows)


def test_doctor_speaks_of_a_firm_that_has_no_home_yet(tmp_path: Path) -> None:
    result = leadline("doctor", "--home", tmp_path / "nowhere")
    assert (result.exit_code, "No home found" in result.stderr) == (0, True)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("flags", "value", "expected"),
    [
        ([None, None, True], 0, "2 time entries do not say if they are billable and count as not billable"),
        ([None, False], 1, "1 time entry does not say if it is billable and counts as billable"),
        ([True, False], 0, ""),
    ],
)
def test_doctor_says_what_time_without_a_flag_counts_as(
    home: Path, flags: list[bool | None], value: int, expected: str
) -> None:
    entries = [{"time_entry_id": f"T{index}", "billable": flag} for index, flag in enumerate(flags)]
    rules = pl.DataFrame({"rule": ["unflagged_time_is_billable"], "value": [Decimal(value)]})
    snapshot = MemoryReader({"time_entry": entries}, marts={"gov_firm_rule": rules})
    result = leadline("doctor", "--home", home, parts=replace(twins(), open_current=lambda _: snapshot))
    assert result.exit_code == 0
    assert expected in result.stderr
    assert ("billable" in result.stderr) == bool(expected)


def test_doctor_tells_of_every_entity(home: Path) -> None:
    rows = {
        row["entity"]: row
        for row in json.loads(leadline("doctor", "--entities", "--format", "json", "--home", home).stdout)
    }
    assert (rows["account"]["rows"], rows["invoice"]["rows"]) == (1, 0)


def test_a_failed_command_is_in_the_journal_with_its_sentence(home: Path) -> None:
    leadline("score", "--as-of", "1999-01-01", "--home", home, parts=twins())
    with _store(home) as store:
        run = store.journal.last_of_each()[0]
    assert (run.command, run.status, run.message) == ("score", "failed", "The as-of is before the data.")


def test_the_home_can_be_named_by_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_HOME", str(home))
    assert len(json.loads(leadline("queue", "list", "--format", "json").stdout)) == 2


def test_no_run_leaves_the_home_held(home: Path) -> None:
    assert not (home / "run.holder.json").exists()
    assert leadline("queue", "deliver", "--home", home).exit_code == 0

"""Deliveries and decisions back by the command line: several targets, one down, and what status says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import leadline, twins
from tests.support.erp import SECRET, Erp, Running, unserved_address
from tests.support.queue import drawn

A = drawn().external_id


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    firm, folder = tmp_path / "firm", tmp_path / "home"
    leadline("simulate", "--size", "xs", "--out", firm, parts=twins())
    leadline("land", firm, "--home", folder, parts=twins())
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("LEADLINE_WEBHOOK_SECRET", SECRET)
    (folder / "email-addresses.csv").write_text("owner,address\n*,all@example.com\n")
    return folder


def _settings(home: Path, url: str) -> None:
    (home / "leadline.toml").write_text(
        f'delivery_targets = "webhook, folder, email"\nwebhook_url = "{url}"\n'
        f'email_from = "leadline@example.com"\nemail_folder = "{home / "mails"}"\n'
    )


def _status(home: Path) -> dict[str, tuple[str, str]]:
    rows = json.loads(leadline("status", "--format", "json", "--home", home, parts=twins()).stdout)
    return {row["what"]: (row["state"], row["detail"]) for row in rows}


def test_a_night_serves_all_targets_and_one_that_is_down_holds_up_no_other(home: Path) -> None:
    _settings(home, unserved_address())
    assert leadline("score", "--home", home, parts=twins()).exit_code == 0
    assert len(list((home / "outbox").glob("*.json"))) == 2
    assert len(list((home / "mails").glob("*.eml"))) == 1
    state, detail = _status(home)["outbox webhook"]
    assert (state, "2 to deliver" in detail, "failures in a row" in detail) == ("red", True, True)
    erp = Erp()
    with Running(erp) as url:
        _settings(home, url)
        printed = leadline("queue", "deliver", "--home", home, parts=twins()).stdout
    assert "folder: 0 delivered" in printed
    assert len(erp.objects) == printed.count("webhook: 2 delivered") * 2 == 2
    assert {what: state for what, (state, _) in _status(home).items() if what.startswith("outbox")} == {
        "outbox webhook": "ok",
        "outbox folder": "ok",
        "outbox email": "ok",
    }


def test_a_target_without_its_secret_stops_with_all_faults_and_loses_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _settings(home, "ftp://erp/")
    monkeypatch.delenv("LEADLINE_WEBHOOK_SECRET")
    result = leadline("score", "--home", home, parts=twins())
    assert result.exit_code == 4
    assert all(word in result.stderr for word in ("webhook_url", "webhook_secret_file", "nothing is lost"))
    assert _status(home)["outbox"][0] == "red"


def test_decisions_come_back_and_are_landed_by_the_same_night(home: Path) -> None:
    assert leadline("score", "--home", home, parts=twins()).exit_code == 0
    decisions = home / "outbox" / "decisions"
    decisions.mkdir()
    row = {"external_id": A, "version": 1, "verdict": "dismissed", "reason_code": "not_true", "decided_by": "erp:ana"}
    (decisions / "a.json").write_text(json.dumps([row]))
    result = leadline("run", "--home", home, parts=twins())
    assert result.exit_code == 0, result.stderr
    assert "1 decisions brought back" in result.stderr
    assert (
        json.loads(leadline("queue", "show", A, "--format", "json", "--home", home).stdout)[0]["state"] == "dismissed"
    )


def test_what_cannot_be_taken_over_ends_with_a_code_and_makes_status_red(home: Path) -> None:
    assert leadline("score", "--home", home, parts=twins()).exit_code == 0
    decisions = home / "outbox" / "decisions"
    decisions.mkdir()
    (decisions / "a.csv").write_text("external_id,version\nunserved_address,1\n")
    result = leadline("queue", "read-back", "--home", home, parts=twins())
    assert (result.exit_code, "a.csv: line 2, verdict" in result.stderr) == (3, True)
    assert _status(home)["read-back"] == ("red", "1 refused file, 0 files of conflicts")

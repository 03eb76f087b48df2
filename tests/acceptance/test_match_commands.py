"""match, match list, match decide, as a person types them; verdicts count from the next build."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from leadline.app.wiring import Parts
from leadline.kernel.home import open_home
from leadline.matching import accounts
from leadline.sources.land import land_rows
from leadline.warehouse.landing import Landing
from leadline.warehouse.snapshot import open_current
from tests.support.cli import leadline
from tests.support.queue import AS_OF, AT

ACCOUNTS = (
    ("A1", "Indigo Energy GmbH", "DE71000296", "DE"),
    ("K1", "INDIGO ENERGY", "DE71000296", "DE"),
    ("A2", "Falcon Foods Inc.", "US71000666", "US"),
    ("K2", "Falcon Foods", None, "US"),
    ("K3", "Harbor Works Ltd", "GB71000703", "GB"),
)


def _home(folder: Path) -> Path:
    home = open_home(folder, create=True)
    rows = [
        {"account_id": one, "name": name, "tax_id": tax, "country_code": country, "region": country}
        | {"known_at": AS_OF.replace(tzinfo=None)}
        for one, name, tax, country in ACCOUNTS
    ]
    land_rows("account", pl.DataFrame(rows), source_system="crm", home=home, loaded_at=AT, name="accounts")
    return folder


def _clients(home: Path, *words: str) -> dict[str, str]:
    assert leadline("build", *words, "--home", home).exit_code == 0
    golden = open_current(home / "warehouse").mart("int_account_golden").collect()
    return dict(golden.select("account_id", "client_id").iter_rows())


def _pairs(home: Path, *words: str) -> dict[tuple[str, str], str]:
    listed = json.loads(leadline("match", "list", *words, "--format", "json", "--home", home).stdout)
    return {(row["left_account_id"], row["right_account_id"]): row["verdict"] for row in listed}


def _landed(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "landing" / "account_match").glob("[0-9a-f]*.parquet"))


def test_sure_pairs_are_merged_likely_ones_wait_and_a_steward_has_the_last_word(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    assert _clients(home)["K1"] == "K1"

    assert leadline("match", "--home", home).exit_code == 0
    first = _landed(home)
    assert len(first) == 1
    assert leadline("match", "--home", home).exit_code == 0
    assert _landed(home) == first
    assert _pairs(home, "--all") == {("A1", "K1"): "merged", ("A2", "K2"): "proposed"}
    assert _pairs(home) == {("A2", "K2"): "proposed"}
    assert open_current(home / "warehouse").mart("gov_account_match_review").collect().is_empty()

    clients = _clients(home)
    assert (clients["K1"], clients["K2"]) == ("A1", "K2")
    review = open_current(home / "warehouse").mart("gov_account_match_review").collect()
    assert review.select("left_account_id", "right_account_id", "kind").rows() == [("A2", "K2", "proposal")]

    for words in (("A2", "K2", "--as", "match"), ("K1", "A1", "--as", "split")):
        done = leadline("match", "decide", *words, "--reason", "asked them", "--by", "ana", "--home", home)
        assert done.exit_code == 0, done.stderr
    assert leadline("match", "--home", home).exit_code == 0
    clients = _clients(home)
    assert (clients["K1"], clients["K2"]) == ("K1", "A2")
    assert _pairs(home) == {}


def test_a_warehouse_of_an_earlier_day_holds_the_verdicts_of_that_day(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    assert _clients(home)["K1"] == "K1"
    assert leadline("match", "--home", home).exit_code == 0
    day_after = Parts(now=lambda: AT + timedelta(days=1))
    words = ("K1", "A1", "--as", "split", "--reason", "asked them", "--by", "ana")
    assert leadline("match", "decide", *words, "--home", home, parts=day_after).exit_code == 0

    def client_as_of(moment: datetime) -> str:
        return _clients(home, "--as-of", f"{moment:%Y-%m-%dT%H:%M:%SZ}")["K1"]

    assert client_as_of(AT) == "A1"
    assert client_as_of(AT + timedelta(days=1)) == "K1"


def test_a_wrong_decision_ends_in_a_sentence_and_lands_nothing(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    assert leadline("match", "--home", home).exit_code != 0  # nothing built yet
    assert leadline("build", "--home", home).exit_code == 0
    for words, message in (
        (("A1", "A1", "--as", "match"), "Both ids are the same"),
        (("A1", "K11", "--as", "match"), "such as K1"),
        (("A1", "K1", "--as", "maybe"), "match or split"),
    ):
        done = leadline("match", "decide", *words, "--reason", "x", "--home", home)
        assert done.exit_code == 2
        assert message in done.stderr
    assert _landed(home) == []


def test_a_home_before_the_commands_name_is_refused_and_not_dropped(tmp_path: Path) -> None:
    done = leadline("match", "--home", tmp_path, "list")
    assert done.exit_code == 2
    assert "after its name" in done.stderr


def test_a_night_matches_before_it_builds_and_says_why_it_does_not_match_again(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    first = leadline("run", "--home", home)
    assert first.exit_code == 0, first.stderr
    assert "customer records matched: 1 merged, 1 proposed pairs; 2 verdicts landed" in first.stderr
    golden = open_current(home / "warehouse").mart("int_account_golden").collect()
    assert dict(golden.select("account_id", "client_id").iter_rows())["K1"] == "A1"
    landed = _landed(home)

    again = leadline("run", "--home", home)
    assert again.exit_code == 0, again.stderr
    assert "not matched: the customer records are those matched before" in again.stderr
    older = leadline("run", "--as-of", f"{AS_OF - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}", "--home", home)
    assert "not matched: the run is of a moment before the newest data" in older.stderr or older.exit_code != 0
    assert leadline("match", "--home", home).exit_code == 0
    assert _landed(home) == landed


def test_what_a_night_matches_is_what_the_build_then_publishes(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    renamed = pl.DataFrame(
        [
            {"account_id": "K3", "name": "Harbour Works", "is_deleted": False, "known_at": AS_OF.replace(tzinfo=None)},
            {
                "account_id": "A2",
                "name": "Falcon Foods Inc.",
                "is_deleted": True,
                "known_at": AS_OF.replace(tzinfo=None),
            },
        ]
    )
    opened = open_home(home)
    land_rows("account", renamed, source_system="crm", home=opened, loaded_at=AT + timedelta(hours=1), name="later")
    assert leadline("build", "--home", home).exit_code == 0
    known = open_current(home / "warehouse")
    assert known.known_until is not None
    published = accounts.records(known, as_of=known.known_until)
    assert accounts.landed_records(Landing(opened.landing), as_of=known.known_until).equals(published)
    assert (published.height, published.filter(record_id="K3")["name"].item()) == (4, "Harbour Works")

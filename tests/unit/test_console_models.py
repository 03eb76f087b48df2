"""The pages of models: what is recorded is shown, what is not says what makes it, and who sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leadline.app.console.model_history import ModelHistory
from leadline.kernel.home import Home
from leadline.kernel.settings import Settings
from leadline.queue.decisions import Verdict
from leadline.queue.store import Store
from leadline.tracking.store import DATABASE
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.model_book import SCORE, TAGS, registry
from tests.support.queue import AT, drawn


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", Settings())


@pytest.fixture
def console(tmp_path: Path, home: Home) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        for login, role in (("sam", "data_scientist"), ("mia", "manager"), ("olga", "operator")):
            somebody(made.access, login, role)
        made.models = ModelHistory(home)
        yield made


@pytest.fixture
def sam(console: Console) -> Browser:
    return console.browser("sam")


def note_run(console: Console, day: int, **details: Any) -> None:
    at = AT + timedelta(days=day)
    run = console.store.journal.start("run", as_of=at, at=at)
    console.store.journal.finish(run, status="ok", at=at, as_of=at, details=details)


def health(psi: float | None, state: str = "ok", why: str = "") -> list[dict[str, Any]]:
    return [{"score": SCORE, "state": state, "why": why, "psi": psi}]


def test_where_nothing_is_recorded_the_page_says_what_records_it(console: Console, sam: Browser) -> None:
    for page in (
        sam.get(f"/models/{SCORE}"),
        replace(console, models=None, _application=None).browser("sam").get(f"/models/{SCORE}"),
    ):
        assert page.status_code == 200
        assert f"leadline train {SCORE} makes a version" in page.text
        assert f"leadline evaluate {SCORE} makes one" in page.text
        assert "leadline run, or leadline score, notes how scores move" in page.text
        assert "<figure" not in page.text
    assert sam.get("/models").text.count("none: the baseline speaks") == 6


def test_a_version_is_shown_with_its_metrics_and_which_way_is_better(home: Home, sam: Browser) -> None:
    registry(home, (1, "", {}), (2, "champion", TAGS))
    text = sam.get(f"/models/{SCORE}").text
    assert "2026-01-02 00:00" in text
    table = text.split("Held-out figures")[1].split("</table>")[0]
    assert re.findall(r'scope="row">([^<]*)<', table) == ["auc↑", "brier↓"]
    assert re.findall(r'class="right">(\d[^<]*)<', table) == ["0.700", "0.650", "0.050", "0.060"]
    assert re.search(r'>blend <span class="state open">model<', table)
    assert text.split('id="versions-title"')[1].split("<tbody>")[1].count("<tr>") == 2


def test_the_challenger_is_shown_beside_the_champion(home: Home, sam: Browser) -> None:
    registry(home, (1, "champion", TAGS), (2, "challenger", TAGS))
    text = sam.get(f"/models/{SCORE}").text
    assert text.index('id="champion-title"') < text.index('id="challenger-title"')
    assert "version 1" in sam.get("/models").text
    assert "version 2" in sam.get("/models").text


def test_calibration_is_drawn_from_what_training_recorded_and_missed_where_it_did_not(home: Home, sam: Browser) -> None:
    registry(home, (1, "champion", TAGS))
    figure = sam.get(f"/models/{SCORE}").text.split("<figure")[1].split("</figure>")[0]
    spec = json.loads(figure.split('application/json">')[1].split("</script>")[0])
    points = {(row["x"], row["value"]) for row in spec["data"]["values"] if row["series"] == "Came true"}
    assert points == {(0.05, 0.04), (0.35, 0.5)}
    assert spec["encoding"]["x"]["type"] == "quantitative"
    assert "Examples behind each point: 100, 40" in sam.get(f"/models/{SCORE}").text


def test_an_older_version_is_shown_without_what_it_lacks(home: Home, sam: Browser) -> None:
    registry(home, (1, "champion", {}))
    text = sam.get(f"/models/{SCORE}").text
    assert "was not recorded with this version" in text
    assert "0.700" in text
    assert ">model<" not in text


def test_the_evaluation_has_its_intervals(home: Home, sam: Browser) -> None:
    home.evaluations.mkdir(parents=True)
    row = {"score": SCORE, "metric": "auc↑", "candidate": "blend", "is_model": True, "value": 0.71, "low": 0.66}
    row |= {"high": 0.75, "n": 1200, "folds": 3, "seeds": 3}
    (home.evaluations / f"{SCORE}.json").write_text(json.dumps([row]))
    text = sam.get(f"/models/{SCORE}").text
    assert "[0.660, 0.750]" in text
    assert "1,200 examples, 3 folds, 3 seeds" in text


def test_drift_is_listed_by_run_latest_first(console: Console, sam: Browser) -> None:
    note_run(console, 0, health=health(None))
    note_run(console, 1, health=health(0.02))
    note_run(console, 2, other=[])
    note_run(console, 3, health=health(0.31, "alarm", "scores moved"))
    text = sam.get(f"/models/{SCORE}").text.split('id="drift-title"')[1].split("</section>")[0]
    assert re.findall(r"<td>(ok|alarm)</td>", text) == ["alarm", "ok", "ok"]
    assert "<figure" in text
    assert "alarm (PSI 0.31)" in sam.get("/models").text


def test_the_queue_metrics_cover_the_users_scope(console: Console) -> None:
    found = [drawn(f"INV-{n}") for n in range(4)] + [drawn("P1", score="time_expense_anomaly")]
    console.store.upsert(found, at=AT)
    console.store.decide(found[0].external_id, Verdict("confirmed", "corrected", "mia"), at=AT)
    console.store.decide(found[1].external_id, Verdict("dismissed", "not_true", "mia"), at=AT)
    text = console.browser("mia").get(f"/models/{SCORE}").text.split('id="queue-title"')[1]
    assert text.count("50.0%") == 2  # confirmed, and dismissed as wrong
    anomaly = {login: console.browser(login).get("/models/time_expense_anomaly").text for login in ("mia", "sam")}
    assert "Nothing is decided yet" in anomaly["mia"]
    assert "needs the permission see_personal_data" in anomaly["sam"]


def test_a_registry_that_cannot_be_read_is_an_error_and_an_unheard_score_is_nothing(
    home: Home, console: Console, sam: Browser
) -> None:
    home.mlflow.mkdir(parents=True)
    (home.mlflow / DATABASE).write_bytes(b"no database at all")
    assert sam.get(f"/models/{SCORE}").status_code == 500
    assert sam.get("/models/unheard").status_code == 404
    assert console.browser("olga").get("/models").status_code == 403

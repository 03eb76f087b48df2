"""Whatever goes wrong between us and a receiver, each exception is there exactly once, with its latest version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from leadline.delivery.signature import read_secrets
from leadline.delivery.webhook import WebhookTarget
from leadline.queue.decisions import Verdict
from leadline.queue.deliveries import Intake
from leadline.queue.store import Store
from tests.support.delivery import served
from tests.support.erp import RETRY_AFTER, SECRET, Erp, Running, Wrong, seeded, unserved_address
from tests.support.queue import AT, drawn
from tests.support.tls import certified

NIGHT = timedelta(days=1)
KEYS = read_secrets(SECRET)
ITEMS = 12


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as opened:
        yield opened


def _target(url: str) -> WebhookTarget:
    return WebhookTarget(url, KEYS, timeout_seconds=0.1, intake=Intake.EVERYTHING)


@pytest.mark.parametrize("wrong", [*((one,) for one in Wrong), tuple(Wrong)], ids=lambda ones: "+".join(map(str, ones)))
def test_each_object_is_there_once_with_its_latest_version(store: Store, wrong: tuple[Wrong, ...]) -> None:
    erp = Erp(seeded(wrong, share=0.5, seed=7))
    many = [drawn(f"INV-{n}") for n in range(ITEMS)]
    store.upsert(many, at=AT)
    for one in many[::2]:
        store.decide(one.external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
    with Running(erp) as url:
        for night in range(30):
            served(store, _target(url), at=AT + night * NIGHT, patience=timedelta(seconds=60))
    assert {name: data["version"] for name, data in erp.objects.items()} == {
        one.external_id: one.version for one in store.list_()
    }
    assert set(erp.effects.values()) == {1}
    assert sum(erp.effects.values()) == ITEMS + ITEMS // 2
    assert _in_order(erp.order)
    assert erp.bad_signatures == 0


def _in_order(keys: list[str]) -> bool:
    seen: dict[str, int] = {}
    for key in keys:
        name, version = key.split("-")
        if seen.get(name, 0) >= int(version):
            return False
        seen[name] = int(version)
    return True


def test_the_receiver_gets_the_record(store: Store) -> None:
    erp = Erp()
    store.upsert([drawn()], at=AT)
    with Running(erp) as url:
        assert served(store, _target(url))[0].delivered == 1
    record = erp.objects[drawn().external_id]
    assert (record["event"], record["money_at_risk"], record["version"]) == ("added", 1200.0, 1)


def test_time_that_was_asked_for_is_given(store: Store) -> None:
    erp = Erp(lambda _, arrival: Wrong.ANSWERS_429 if arrival == 1 else None)
    store.upsert([drawn()], at=AT)
    with Running(erp) as url:
        report = served(store, _target(url), patience=timedelta(seconds=RETRY_AFTER - 1))[0]
        assert (report.delivered, report.waiting, "left alone until" in report.stopped) == (0, 1, True)
        report = served(store, _target(url), at=AT + timedelta(seconds=RETRY_AFTER))[0]
    assert report.delivered == 1


def test_where_nothing_listens_the_reason_names_no_secret(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    report = served(store, _target(unserved_address() + "?token=hidden"), patience=timedelta(days=9))[0]
    assert report.dead + report.waiting == 1
    reported = json.dumps(
        [report.trouble, [one.error for one in store.delivery_state("webhook", Intake.EVERYTHING).dead]]
    )
    assert "refused" in reported
    assert not any(word in reported for word in ("hidden", "127.0.0.1", "whsec"))


def test_a_receiver_with_another_secret_takes_nothing(store: Store) -> None:
    erp = Erp()
    store.upsert([drawn()], at=AT)
    with Running(erp) as url:
        report = served(store, WebhookTarget(url, (b"x" * 32,), timeout_seconds=1))[0]
        assert (report.delivered, erp.bad_signatures, erp.objects) == (0, 1, {})
        both = WebhookTarget(url, (b"x" * 32, *KEYS), timeout_seconds=1)
        assert served(store, both, at=AT + NIGHT)[0].delivered == 1


def test_over_https_only_a_receiver_that_is_trusted_gets_anything(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp = Erp()
    store.upsert([drawn()], at=AT)
    tls, trusted = certified(tmp_path)
    with Running(erp, tls=tls) as url:
        target = WebhookTarget(url, KEYS, timeout_seconds=5)
        assert (served(store, target)[0].delivered, erp.objects) == (0, {})
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert served(store, target, at=AT + NIGHT)[0].delivered == 1
    assert set(erp.objects) == {drawn().external_id}

"""Each target is served patiently, in order, and never at the cost of another target or message."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.delivery.backoff import (
    FIRST_WAIT,
    MAX_PATIENCE,
    MAX_RETRY_AFTER,
    MAX_TRIES,
    MAX_WAIT,
    PATIENCE,
    back_off,
    next_try,
)
from leadline.delivery.dispatch import FAILURES_IN_A_ROW
from leadline.delivery.target import Undelivered
from leadline.queue.decisions import Verdict
from leadline.queue.deliveries import Intake, Message
from leadline.queue.store import Store
from tests.support.delivery import MemoryTarget, served
from tests.support.queue import AT, banded, drawn

DAY = timedelta(days=1)
A, B = drawn().external_id, banded().external_id


@pytest.fixture
def store(any_store: Store) -> Store:
    any_store.upsert([drawn(), banded()], at=AT)
    return any_store


def refusing(*keys: str) -> Callable[[Message], None]:
    def fault(message: Message) -> None:
        if message.key in keys:
            raise Undelivered("it says no", is_refusal=True)

    return fault


def down(_: Message) -> None:
    raise Undelivered("no answer")


def test_every_target_gets_every_message_once(store: Store) -> None:
    one, other = MemoryTarget(name="one"), MemoryTarget(name="other")
    for _ in range(2):
        served(store, one, other)
    assert sorted(one.took) == sorted(other.took) == sorted([f"{A}-1", f"{B}-1"])


def test_a_message_that_one_target_does_not_take_is_no_matter_to_another(store: Store) -> None:
    bad, good = served(store, MemoryTarget(refusing(f"{A}-1"), name="bad"), MemoryTarget(name="good"))
    assert (bad.delivered, bad.failed, bad.waiting) == (1, 1, 1)
    assert (good.delivered, good.failed, good.waiting) == (2, 0, 0)


def test_a_message_waits_longer_after_each_failure(store: Store) -> None:
    target = MemoryTarget(refusing(f"{A}-1"))
    served(store, target, patience=timedelta(seconds=60))
    moments = [at for key, at in target.asked if key == f"{A}-1"]
    waits = [after - before for before, after in pairwise(moments)]
    assert len(waits) == 3
    assert all(back_off(n) / 2 <= wait <= back_off(n) for n, wait in enumerate(waits, start=1))


def test_a_poison_message_becomes_a_dead_letter_and_can_be_revived(store: Store) -> None:
    target = MemoryTarget(refusing(f"{A}-1"))
    reports = [served(store, target, at=AT + n * DAY)[0] for n in range(MAX_TRIES + 1)]
    assert [report.dead for report in reports] == [0] * (MAX_TRIES - 1) + [1, 0]
    state = store.delivery_state("memory", Intake.EVERYTHING)
    assert [(letter.key, letter.error) for letter in state.dead] == [(f"{A}-1", "it says no")]
    target.fault = lambda _: None
    assert served(store, target, at=AT + 10 * DAY, retry_dead=True)[0].delivered == 1
    assert store.delivery_state("memory", Intake.EVERYTHING).dead == ()


def test_a_later_version_waits_for_the_earlier_one(store: Store) -> None:
    target = MemoryTarget(refusing(f"{A}-1"))
    served(store, target)
    store.decide(A, Verdict("dismissed", "not_true", "ana"), at=AT)
    assert served(store, target)[0].delivered == 0
    target.fault = lambda _: None
    served(store, target, at=AT + DAY)
    assert [key for key in target.took if key.startswith(A)] == [f"{A}-1", f"{A}-2"]


def test_a_dead_letter_lets_the_later_version_pass_and_is_not_sent_after_it(store: Store) -> None:
    target = MemoryTarget(refusing(f"{A}-1"))
    store.decide(A, Verdict("dismissed", "not_true", "ana"), at=AT)
    reports = [served(store, target, at=AT + n * DAY)[0] for n in range(MAX_TRIES)]
    assert (reports[-1].delivered, reports[-1].skipped) == (1, 1)
    target.fault = lambda _: None
    served(store, target, at=AT + 20 * DAY, retry_dead=True)
    assert [key for key in target.took if key.startswith(A)] == [f"{A}-2"]
    assert store.delivery_state("memory", Intake.EVERYTHING).dead == ()


def test_of_two_dead_letters_of_one_object_only_the_later_is_revived(store: Store) -> None:
    target = MemoryTarget(refusing(f"{A}-1", f"{A}-2"))
    store.decide(A, Verdict("dismissed", "not_true", "ana"), at=AT)
    for n in range(2 * MAX_TRIES):
        served(store, target, at=AT + n * DAY)
    assert len(store.delivery_state("memory", Intake.EVERYTHING).dead) == 2
    target.fault = lambda _: None
    served(store, target, at=AT + 40 * DAY, retry_dead=True)
    assert [key for key in target.took if key.startswith(A)] == [f"{A}-2"]


def test_a_target_that_is_down_is_left_alone_after_some_failures_in_a_row(store: Store) -> None:
    store.upsert([drawn(f"INV-{n}") for n in range(20)], at=AT, scored={"other": AT, "invoice_dispute": AT})
    target = MemoryTarget(down)
    report = served(store, target)[0]
    assert len(target.asked) == report.failed == FAILURES_IN_A_ROW
    assert "5 failures in a row" in report.stopped
    assert "no answer" in report.trouble


def test_refusals_of_single_messages_do_not_stop_a_target(store: Store) -> None:
    many = [drawn(f"INV-{n}") for n in range(20)]
    store.upsert(many, at=AT, scored={"invoice_dispute": AT})
    target = MemoryTarget(refusing(*(f"{one.external_id}-1" for one in many[:10])))
    report = served(store, target)[0]
    assert (report.stopped, report.failed) == ("", 10)


def test_what_never_failed_goes_first_so_that_poison_blocks_no_one(store: Store) -> None:
    poison = [drawn(f"BAD-{n}", score="revenue_leakage") for n in range(FAILURES_IN_A_ROW)]
    store.upsert(poison, at=AT)
    bad = {f"{one.external_id}-1" for one in poison}

    def breaks(message: Message) -> None:
        if message.key in bad:
            raise Undelivered("it broke on it")

    target = MemoryTarget(breaks)
    served(store, target)
    store.upsert([drawn("NEW", score="staffing_match")], at=AT + DAY)
    served(store, target, at=AT + DAY)
    assert target.took[-1] == f"{drawn('NEW', score='staffing_match').external_id}-1"


def test_a_target_that_asks_for_time_gets_it_within_the_run_or_is_left_alone(store: Store) -> None:
    asked: list[str] = []

    def busy(message: Message) -> None:
        asked.append(message.key)
        if len(asked) == 1:
            raise Undelivered("429", wait_seconds=30)

    patient = MemoryTarget(busy, name="patient")
    report = served(store, patient, patience=timedelta(seconds=60))[0]
    assert (report.delivered, report.failed, report.stopped) == (2, 1, "")
    assert patient.asked[1][1] - patient.asked[0][1] == timedelta(seconds=30)
    asked.clear()
    hurried = MemoryTarget(busy, name="hurried")
    report = served(store, hurried, patience=timedelta(seconds=20))[0]
    assert (len(hurried.asked), report.waiting) == (1, 2)
    assert "left alone until 2026-07-01 06:00:30 UTC" in report.stopped


def test_patience_starts_over_with_each_delivery_and_ends_in_the_long_run(store: Store) -> None:
    many = [drawn(f"INV-{n}") for n in range(60)]
    store.upsert(many, at=AT, scored={"invoice_dispute": AT})
    asked: list[str] = []

    def one_at_a_time(message: Message) -> None:
        asked.append(message.key)
        if len(asked) % 2:
            raise Undelivered("429", wait_seconds=40)

    report = served(store, MemoryTarget(one_at_a_time), patience=timedelta(seconds=60))[0]
    waits = MAX_PATIENCE // timedelta(seconds=40)
    assert (report.delivered, report.failed, report.waiting) == (waits, waits + 1, 61 - waits)
    assert "left alone until" in report.stopped


def test_a_target_added_later_gets_the_latest_of_each_object_then_everything(store: Store) -> None:
    store.decide(A, Verdict("snoozed", "not_now", "ana"), at=AT)
    target = MemoryTarget(intake=Intake.FROM_LATEST)
    assert store.delivery_state("memory", Intake.FROM_LATEST).waiting == 2
    served(store, target)
    assert target.took == [f"{B}-1", f"{A}-2"]
    store.decide(A, Verdict("re_opened", "mistake", "ana"), at=AT)
    store.decide(A, Verdict("dismissed", "not_true", "ana"), at=AT)
    served(store, target)
    assert target.took[2:] == [f"{A}-3", f"{A}-4"]


@given(key=st.text(max_size=20), tries=st.integers(1, MAX_TRIES - 1), asked=st.none() | st.floats(0, 1e300))
def test_a_wait_is_within_its_bounds_and_repeats(key: str, tries: int, asked: float | None) -> None:
    moment = next_try(key, tries, at=AT, asked=asked)
    assert moment is not None
    assert moment == next_try(key, tries, at=AT, asked=asked)
    wait = moment - AT
    floor = min(timedelta(seconds=min(asked or 0, 1e6)), MAX_RETRY_AFTER)
    assert max(back_off(tries) / 2, floor) <= wait <= max(back_off(tries), floor)


def test_waits_grow_up_to_six_hours_and_tries_end() -> None:
    waits = [back_off(n) for n in range(1, MAX_TRIES)]
    assert waits[0] == FIRST_WAIT
    assert waits == sorted(waits)
    assert waits[-1] <= MAX_WAIT == back_off(50)
    assert next_try("key", MAX_TRIES, at=AT) is None


def test_the_table_of_waits_on_the_page_is_the_one_that_is_kept() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "delivery.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d) \| (.+) \|$", page, re.MULTILINE)
    units = {"h": 3600, "min": 60, "s": 1}
    delays = {
        int(tries): timedelta(seconds=sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+) (h|min|s)", wait)))
        for tries, wait in rows
    }
    assert delays == {n: back_off(n) for n in range(1, MAX_TRIES)} | {MAX_TRIES: timedelta()}
    assert f"{PATIENCE.seconds} s for a target that takes nothing, and {MAX_PATIENCE.seconds // 60} min" in page

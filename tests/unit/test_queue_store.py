"""What the queue does with a night's exceptions, and what people may do with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from leadline.kernel import facts
from leadline.kernel.errors import (
    BusyError,
    ConfigurationError,
    HomeError,
    IntegrityError,
    UsageError,
)
from leadline.queue.decisions import Verdict
from leadline.queue.deliveries import Intake
from leadline.queue.engine import writing
from leadline.queue.ownership import Escalation
from leadline.queue.records import as_record
from leadline.queue.store import Store, Wanted
from leadline.queue.upsert import UpsertReport
from tests.support.queue import AS_OF, AT, banded, drawn

TOMORROW = AT + timedelta(days=1)
NEXT_AS_OF = AS_OF + timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as opened:
        yield opened


def test_new_exceptions_are_added_open(store: Store) -> None:
    assert store.upsert([drawn(), banded()], at=AT) == UpsertReport(added=2)
    assert {one.state for one in store.list_()} == {"open"}


def test_the_same_exceptions_twice_change_nothing(store: Store) -> None:
    store.upsert([drawn(), banded()], at=AT)
    before = store.list_()
    assert store.upsert([drawn(), banded()], at=TOMORROW) == UpsertReport(unchanged=2)
    assert store.list_() == before
    assert store.delivery_state("folder", Intake.EVERYTHING).waiting == 2


def test_money_comes_back_exactly(store: Store) -> None:
    store.upsert([drawn(money_at_risk=Decimal("1234567890123.45"))], at=AT)
    assert store.list_()[0].money_at_risk == Decimal("1234567890123.45")


def test_a_later_look_without_news_moves_only_the_as_of(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    later = drawn(as_of=NEXT_AS_OF, scored={"snapshot_id": "snapshot-2", "due_at": AS_OF + timedelta(days=6)})
    assert store.upsert([later], at=TOMORROW) == UpsertReport(unchanged=1)
    seen = store.list_()[0]
    assert (seen.as_of, seen.first_as_of, seen.version, seen.snapshot_id) == (NEXT_AS_OF, AS_OF, 1, "snapshot-2")


def test_being_seen_again_grants_no_later_due_time(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    due = store.list_()[0].due_at
    store.upsert([drawn(as_of=NEXT_AS_OF, money_at_risk=Decimal("1300"))], at=TOMORROW)
    assert store.list_()[0].due_at == due


def test_changed_facts_update_the_exception_and_its_version(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    assert store.upsert([drawn(money_at_risk=Decimal("1300"))], at=AT) == UpsertReport(updated=1)
    seen = store.list_()[0]
    assert (seen.version, seen.money_at_risk, seen.state) == (2, Decimal("1300.00"), "open")


def test_what_is_not_found_again_expires(store: Store) -> None:
    store.upsert([drawn("INV-1"), drawn("INV-2")], at=AT)
    assert store.upsert([drawn("INV-2")], at=TOMORROW) == UpsertReport(unchanged=1, expired=1)
    assert [one.object_id for one in store.list_(Wanted(states=("expired",)))] == ["INV-1"]


def test_a_scored_score_that_found_nothing_expires_what_it_had(store: Store) -> None:
    store.upsert([drawn(), banded()], at=AT)
    assert store.upsert([], scored={"invoice_dispute": NEXT_AS_OF}, at=TOMORROW) == UpsertReport(expired=1)
    assert [one.score for one in store.list_(Wanted(states=("open",)))] == ["margin_erosion"]


def test_what_only_gave_way_to_larger_ones_stays(store: Store) -> None:
    store.upsert([drawn("INV-1"), drawn("INV-2")], at=AT)
    left_out = drawn("INV-1", money_at_risk=Decimal(1000)).finding
    assert store.upsert([drawn("INV-2")], unshown=[left_out], at=AT) == UpsertReport(unchanged=1)
    assert store.get(drawn("INV-1").external_id).version == 1


def test_what_was_left_out_because_it_faded_expires(store: Store) -> None:
    store.upsert([drawn("INV-1")], at=AT)
    faded = drawn("INV-1", probability=0.3).finding
    assert store.upsert([], scored={"invoice_dispute": AS_OF}, unshown=[faded], at=AT) == UpsertReport(expired=1)


def test_an_expired_exception_that_is_found_again_reopens(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.upsert([], scored={"invoice_dispute": AS_OF}, at=AT)
    assert store.upsert([drawn()], at=TOMORROW) == UpsertReport(reopened=1)
    assert store.list_()[0].state == "re_opened"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"money_at_risk": Decimal("1500.00")}, "confirmed"),
        ({"money_at_risk": Decimal("1500.01")}, "re_opened"),
        ({"money_at_risk": Decimal("899.99")}, "re_opened"),
        ({"probability": 0.62}, "confirmed"),
        ({"probability": 0.63}, "re_opened"),
        ({"title": "Another title"}, "confirmed"),
        ({"currency": "EUR"}, "re_opened"),
    ],
)
def test_a_decided_exception_reopens_only_when_its_facts_moved_by_more_than_a_quarter(
    store: Store, change: dict[str, object], state: str
) -> None:
    store.upsert([drawn()], at=AT)
    store.decide(drawn().external_id, Verdict("confirmed", "billed", "ana"), at=AT)
    store.upsert([drawn(**change)], at=TOMORROW)
    assert store.list_()[0].state == state


def test_slow_drift_is_measured_against_what_was_decided_on(store: Store) -> None:
    store.upsert([drawn(money_at_risk=Decimal(1000))], at=AT)
    store.decide(drawn().external_id, Verdict("dismissed", "immaterial", "ana"), at=AT)
    for money in (1100, 1200):
        store.upsert([drawn(money_at_risk=Decimal(money))], at=AT)
        assert store.list_()[0].state == "dismissed"
    store.upsert([drawn(money_at_risk=Decimal(1300))], at=AT)
    assert store.list_()[0].state == "re_opened"


def test_a_decided_exception_stays_decided_when_its_cause_is_gone(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.decide(drawn().external_id, Verdict("confirmed", "billed", "ana"), at=AT)
    assert store.upsert([], scored={"invoice_dispute": AS_OF}, at=AT) == UpsertReport()
    assert store.list_()[0].state == "confirmed"


def test_a_snoozed_exception_sleeps_until_its_time(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.decide(drawn().external_id, Verdict("snoozed", "not_now", "ana"), at=AT)
    assert store.upsert([drawn()], at=AT + timedelta(days=6)) == UpsertReport(unchanged=1)
    assert store.upsert([drawn()], at=AT + timedelta(days=7)) == UpsertReport(reopened=1)


def test_an_older_look_never_overwrites_a_later_one(store: Store) -> None:
    store.upsert([drawn(as_of=NEXT_AS_OF)], at=AT)
    with pytest.raises(UsageError, match="later as-of"):
        store.upsert([drawn("INV-2", as_of=AS_OF)], at=AT)
    assert [one.object_id for one in store.list_()] == ["INV-1"]


def test_rewind_lets_an_older_look_replace_a_later_one(store: Store) -> None:
    store.upsert([drawn(as_of=NEXT_AS_OF)], at=AT)
    assert store.upsert([drawn("INV-2", as_of=AS_OF)], at=AT, rewind=True) == UpsertReport(added=1, expired=1)
    assert store.scored() == {"invoice_dispute": AS_OF}


def test_an_exception_given_twice_is_refused_whole(store: Store) -> None:
    with pytest.raises(IntegrityError, match="inconsistent"):
        store.upsert([drawn("INV-9"), drawn(), drawn()], at=AT)
    assert store.list_() == []


def test_a_decision_closes_the_exception_and_keeps_who_and_why(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    verdict = Verdict("confirmed", "billed", "ana", note="invoice sent", value_recovered=Decimal("900"))
    assert store.decide(drawn().external_id[:6], verdict, at=AT).state == "confirmed"
    (decision,) = store.decisions_since()
    assert (decision.decided_by, decision.reason_code, decision.value_recovered, decision.is_intervention) == (
        "ana",
        "billed",
        Decimal("900.00"),
        True,
    )


def test_a_dismissal_is_no_intervention(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.decide(drawn().external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
    assert store.decisions_since()[0].is_intervention is False


def test_decisions_since_a_moment_leaves_earlier_ones_out(store: Store) -> None:
    store.upsert([drawn("INV-1"), drawn("INV-2")], at=AT)
    store.decide(drawn("INV-1").external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
    store.decide(drawn("INV-2").external_id, Verdict("dismissed", "not_true", "ana"), at=TOMORROW)
    assert [one.object_id for one in store.decisions_since(TOMORROW)] == ["INV-2"]


def test_deciding_on_an_outdated_version_is_refused(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.upsert([drawn(probability=0.6)], at=AT)
    with pytest.raises(BusyError, match="changed since"):
        store.decide(drawn().external_id, Verdict("confirmed", "billed", "ana", expected_version=1), at=AT)
    assert store.list_()[0].state == "open"


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict("approved", "billed", "ana"),
        Verdict("confirmed", "not_true", "ana"),
        Verdict("confirmed", "billed", " "),
        Verdict("confirmed", "billed", "ana", value_recovered=Decimal(-1)),
        Verdict("snoozed", "not_now", "ana", snoozed_until=AT),
        Verdict("re_opened", "mistake", "ana"),
    ],
)
def test_a_verdict_that_makes_no_sense_is_refused_and_changes_nothing(store: Store, verdict: Verdict) -> None:
    store.upsert([drawn()], at=AT)
    with pytest.raises(UsageError):
        store.decide(drawn().external_id, verdict, at=AT)
    assert store.list_()[0].version == 1
    assert store.decisions_since() == []


def test_a_decided_exception_must_be_reopened_before_another_verdict(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.decide(drawn().external_id, Verdict("dismissed", "not_true", "ana"), at=AT)
    with pytest.raises(UsageError, match="Cannot decide on an exception"):
        store.decide(drawn().external_id, Verdict("confirmed", "billed", "ben"), at=AT)
    store.decide(drawn().external_id, Verdict("re_opened", "mistake", "ben"), at=AT)
    assert store.decide(drawn().external_id, Verdict("confirmed", "billed", "ben"), at=AT).state == "confirmed"


def test_what_expired_can_still_be_confirmed_so_that_the_label_is_not_lost(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.upsert([], scored={"invoice_dispute": AS_OF}, at=AT)
    assert store.decide(drawn().external_id, Verdict("confirmed", "corrected", "ana"), at=AT).state == "confirmed"


def test_who_takes_an_exception_has_it_alone(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    assert store.take(drawn().external_id, by="ana", at=AT).state == "in_review"
    assert store.take(drawn().external_id, by="ana", at=AT).version == 2
    with pytest.raises(BusyError, match="Another user"):
        store.take(drawn().external_id, by="ben", at=AT)


@pytest.mark.parametrize("name", ["", "zzzz"])
def test_an_id_that_names_none_is_a_usage_error(store: Store, name: str) -> None:
    store.upsert([drawn()], at=AT)
    with pytest.raises(UsageError, match=r"No such exception|more than one"):
        store.get(name)


def test_the_list_is_ordered_by_expected_value_and_filtered(store: Store) -> None:
    values = {"INV-1": 10, "INV-2": 30, "INV-3": 20}
    store.upsert([drawn(name, scored={"expected_value": Decimal(v)}) for name, v in values.items()], at=AT)
    assert [one.object_id for one in store.list_(Wanted(limit=2))] == ["INV-2", "INV-3"]
    assert store.count(Wanted(limit=2)) == 3
    assert store.list_(Wanted(owner="unknown")) == []
    assert len(store.list_(Wanted(scores=("invoice_dispute",), states=("open",), owner="finance-emea"))) == 3


def test_exceptions_of_equal_value_are_listed_by_id_whatever_the_order_they_came_in(store: Store) -> None:
    found = sorted((drawn(f"INV-{number}") for number in range(20)), key=lambda one: one.external_id, reverse=True)
    store.upsert(found, at=AT)
    listed = [one.external_id for one in store.list_()]
    assert listed == sorted(one.external_id for one in found)


def test_figures_that_are_no_numbers_never_enter_the_store(store: Store) -> None:
    store.upsert([drawn(facts={"share": facts.percent(float("nan"))}, probability=float("inf"))], at=AT)
    seen = store.list_()[0]
    assert (seen.facts, seen.probability) == ({}, None)


def test_the_record_has_a_band_where_the_harm_has_a_size(store: Store) -> None:
    store.upsert([drawn(), banded()], at=AT)
    records = {one.score: as_record(one) for one in store.list_()}
    assert records["invoice_dispute"]["band"] is None
    assert records["margin_erosion"]["probability"] == 0.9
    assert records["margin_erosion"]["band"] == {
        "low": 0.1,
        "middle": 0.2,
        "high": 0.3,
        "unit": "margin points",
        "level": 0.8,
    }


def test_the_record_keeps_every_promised_key(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    promised = [
        "external_id",
        "score",
        "object",
        "as_of",
        "probability",
        "band",
        "money_at_risk",
        "currency",
        "reasons",
        "owner",
        "due_at",
        "narrative",
        "action",
        "model_version",
        "snapshot_id",
        "state",
        "version",
        "expected_value",
    ]
    record = as_record(store.list_()[0])
    assert [key for key in promised if key not in record] == []
    assert record["as_of"] == "2026-06-30T23:59:59Z"
    assert record["reasons"][0]["records"][0]["key"] == "INV-1"


def test_naive_moments_of_the_warehouse_are_taken_as_utc(store: Store) -> None:
    naive = drawn(as_of=AS_OF.replace(tzinfo=None))
    store.upsert([naive], at=AT)
    assert store.upsert([replace(naive, due_at=naive.due_at)], at=AT) == UpsertReport(unchanged=1)
    assert store.list_()[0].as_of == AS_OF


def test_the_journal_tells_the_last_run_of_each_command(store: Store) -> None:
    first = store.journal.start("build", as_of=None, at=AT)
    store.journal.finish(first, status="ok", at=AT, snapshot_id="s1", counts={"tables": 3}, details={"spread": [1, 2]})
    store.journal.start("run", as_of=AS_OF, at=TOMORROW)
    runs = {run.command: run for run in store.journal.last_of_each()}
    assert (runs["build"].snapshot_id, runs["build"].counts, runs["run"].status) == ("s1", {"tables": 3}, "running")
    assert store.journal.latest_detail("spread") == [1, 2]
    assert store.journal.latest_detail("other") is None


def test_a_run_that_was_killed_is_noted_as_interrupted_by_the_next(store: Store) -> None:
    store.journal.start("build", as_of=None, at=AT)
    store.journal.start("run", as_of=None, at=AT)
    assert {run.command: run.status for run in store.journal.last_of_each()} == {
        "build": "interrupted",
        "run": "running",
    }


@pytest.mark.parametrize("url", ["mysql://x/y", "not a url", "sqlite+other:///x", "", "excel:///x"])
def test_a_url_of_another_kind_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match="Unsupported ops store URL"):
        Store(url)


def test_a_file_that_is_no_database_is_an_integrity_error(tmp_path: Path) -> None:
    path = tmp_path / "ops.db"
    path.write_bytes(b"this is no database at all, but long enough to look like one" * 20)
    with pytest.raises(IntegrityError, match="damaged"):
        Store(f"sqlite:///{path}")


def test_an_unreachable_server_is_a_home_error_and_its_password_is_not_shown() -> None:
    with pytest.raises(HomeError) as caught:
        Store("postgresql+psycopg://ana:secret@127.0.0.1:1/ops")
    assert "secret" not in str(caught.value)


def test_a_locked_store_says_so_and_nothing_is_half_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ops.db'}"
    with Store(url) as holder, Store(url, busy_seconds=0.05) as other:
        with writing(holder.engine), pytest.raises(BusyError, match="locked"):
            other.upsert([drawn()], at=AT)
        assert other.list_() == []


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ops.db'}"
    with Store(url) as store, store.engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(HomeError, match="newer version of Leadline"):
        Store(url)


def test_who_answers_is_whom_it_was_given_to_then_whom_it_went_up_to_then_the_routed_owner(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    name = drawn().external_id
    rules = {"invoice_dispute": Escalation("controller", lambda due: due + timedelta(hours=24))}
    assert store.get(name).answers == "finance-emea"
    assert store.escalate(rules, moment=drawn().due_at + timedelta(hours=23), at=AT) == []
    (gone_up,) = store.escalate(rules, moment=drawn().due_at + timedelta(hours=24), at=AT)
    assert (gone_up.answers, gone_up.version) == ("controller", 2)
    assert store.escalate(rules, moment=drawn().due_at + timedelta(days=9), at=TOMORROW) == []
    assert store.assign(name, to="ben", by="ana", at=AT, expected_version=2).answers == "ben"
    assert [one.external_id for one in store.list_(Wanted(owner="ben"))] == [name]
    assert store.list_(Wanted(owner="controller")) == []
    assert store.assign(name, to=None, by="ana", at=AT).answers == "controller"
    store.verify()


def test_what_is_snoozed_or_decided_does_not_go_up(store: Store) -> None:
    store.upsert([drawn(), drawn("INV-2"), drawn("INV-3")], at=AT)
    store.decide(drawn().external_id, Verdict("confirmed", "billed", "ana"), at=AT)
    store.decide(drawn("INV-2").external_id, Verdict("snoozed", "not_now", "ana"), at=AT)
    rules = {"invoice_dispute": Escalation("controller", lambda due: due)}
    gone_up = store.escalate(rules, moment=drawn().due_at + timedelta(hours=1), at=AT)
    assert [one.object_id for one in gone_up] == ["INV-3"]


def test_a_night_that_sees_it_again_keeps_who_was_given_it(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.assign(drawn().external_id, to="ben", by="ana", at=AT)
    store.upsert([drawn(as_of=NEXT_AS_OF, probability=0.6)], at=TOMORROW)
    assert store.get(drawn().external_id).answers == "ben"


def test_who_had_it_in_review_has_it_no_longer_when_it_is_given_to_another(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.take(drawn().external_id, by="cem", at=AT)
    given = store.assign(drawn().external_id, to="ben", by="ana", at=AT)
    assert (given.state, given.handled_by) == ("open", None)
    store.take(drawn().external_id, by="ben", at=AT)
    assert store.assign(drawn().external_id, to="ben", by="ana", at=AT).handled_by == "ben"


def test_what_is_decided_cannot_be_given_to_anybody(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.decide(drawn().external_id, Verdict("confirmed", "billed", "ana"), at=AT)
    with pytest.raises(UsageError, match="Only a waiting exception"):
        store.assign(drawn().external_id, to="ben", by="ana", at=AT)


@pytest.mark.parametrize(
    ("verdict", "reason", "state"),
    [("confirmed", "billed", "in_review"), ("dismissed", "not_true", "in_review"), ("snoozed", "not_now", "in_review")],
)
def test_a_decision_taken_back_leaves_the_exception_as_it_was_and_no_label(
    store: Store, verdict: str, reason: str, state: str
) -> None:
    store.upsert([drawn()], at=AT)
    store.take(drawn().external_id, by="ana", at=AT)
    store.decide(drawn().external_id, Verdict(verdict, reason, "ana"), at=AT)
    back = store.undo(drawn().external_id, by="ana", at=AT + timedelta(minutes=15))
    assert (back.state, back.handled_by, back.snoozed_until, back.version) == (state, "ana", None, 4)
    assert [(one.verdict, one.reason_code) for one in store.history(back.external_id)] == [
        (verdict, reason),
        ("re_opened", "mistake"),
    ]
    store.verify()


def test_a_decision_on_what_was_snoozed_taken_back_sleeps_until_the_same_time(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    until = store.decide(drawn().external_id, Verdict("snoozed", "not_now", "ana"), at=AT).snoozed_until
    store.decide(drawn().external_id, Verdict("confirmed", "billed", "ana"), at=AT)
    back = store.undo(drawn().external_id, by="ana", at=AT)
    assert (back.state, back.snoozed_until) == ("snoozed", until)


@pytest.mark.parametrize(
    ("by", "later", "found"),
    [("ben", timedelta(0), "decided by ana"), ("ana", timedelta(minutes=16), "decided at")],
    ids=["another's", "too late"],
)
def test_only_ones_own_fresh_decision_can_be_taken_back(store: Store, by: str, later: timedelta, found: str) -> None:
    store.upsert([drawn()], at=AT)
    store.decide(drawn().external_id, Verdict("confirmed", "billed", "ana"), at=AT)
    with pytest.raises(UsageError, match="Nothing to undo") as caught:
        store.undo(drawn().external_id, by=by, at=AT + later)
    assert found in str(caught.value.found)


def test_nothing_is_taken_back_that_something_happened_to_since(store: Store) -> None:
    store.upsert([drawn()], at=AT)
    store.decide(drawn().external_id, Verdict("confirmed", "billed", "ana"), at=AT)
    store.upsert([drawn(money_at_risk=Decimal(9000), as_of=NEXT_AS_OF)], at=AT)
    with pytest.raises(UsageError, match="Nothing to undo"):
        store.undo(drawn().external_id, by="ana", at=AT)


def test_of_several_decided_on_at_once_only_the_changed_one_is_refused(store: Store) -> None:
    store.upsert([drawn(), drawn("INV-2"), drawn("INV-3")], at=AT)
    store.take(drawn("INV-2").external_id, by="ben", at=AT)
    chosen = [(drawn(name).external_id, 1) for name in ("INV-1", "INV-2", "INV-3")] + [("nothing", 1)]
    results = store.decide_each(chosen, Verdict("dismissed", "immaterial", "ana"), at=AT)
    assert [getattr(one, "state", type(one).__name__) for one in results] == [
        "dismissed",
        "BusyError",
        "dismissed",
        "UsageError",
    ]
    assert len(store.decisions_since()) == 2


def test_what_ends_by_itself_says_which_look_shows_that_its_cause_is_gone(store: Store) -> None:
    store.upsert([drawn(), drawn("INV-2")], at=AT)
    faded = drawn("INV-2", as_of=NEXT_AS_OF, money_at_risk=Decimal(100)).finding
    scored = {"invoice_dispute": NEXT_AS_OF}
    store.upsert([], at=TOMORROW, scored=scored, unshown=[faded], snapshot_id="snapshot-2")
    because = {one.object_id: one.ended_because for one in store.list_()}
    assert because == {
        "INV-1": "Not found again as of 2026-07-01 23:59 UTC on snapshot snapshot-2.",
        "INV-2": "Found again as of 2026-07-01 23:59 UTC on snapshot snapshot-2, but worth less: "
        "100.00 at 50% instead of 1,200.00 at 50% USD at risk.",
    }
    store.upsert([drawn(as_of=NEXT_AS_OF + timedelta(days=1))], at=TOMORROW)
    assert store.get(drawn().external_id).ended_because is None


def test_what_waits_on_the_same_object_comes_before_what_waits_on_the_project(store: Store) -> None:
    same = drawn(score="revenue_leakage", project_id="P1", scored={"expected_value": Decimal(1)})
    near, far = drawn("INV-2", project_id="P1"), drawn("INV-3", project_id="P2")
    store.upsert([drawn(project_id="P1"), same, near, far], at=AT)
    related = store.related(store.get(drawn().external_id))
    assert [one.external_id for one in related] == [same.external_id, near.external_id]
    assert store.related(store.get(far.external_id)) == []


def test_only_what_is_due_before_a_moment_is_listed(store: Store) -> None:
    store.upsert([drawn(), drawn("INV-2", scored={"due_at": AT})], at=AT)
    assert [one.object_id for one in store.list_(Wanted(due_before=AT + timedelta(seconds=1)))] == ["INV-2"]


def test_what_waits_for_a_team_is_dealt_out_by_what_its_members_have_to_do(store: Store) -> None:
    mine = drawn("INV-9", scored={"owner": "ana"})
    others = [drawn(f"INV-{number}", scored={"expected_value": Decimal(100 - number)}) for number in range(1, 5)]
    store.upsert([mine, *others], at=AT)
    store.take(others[3].external_id, by="cem", at=AT)
    dealt = store.deal("finance-emea", ["ana", "ben"], by="cem", at=AT)
    assert [(one.object_id, one.answers) for one in dealt] == [("INV-1", "ben"), ("INV-2", "ana"), ("INV-3", "ben")]
    assert store.deal("finance-emea", ["ana", "ben"], by="cem", at=AT) == []
    with pytest.raises(UsageError, match="No members to assign to"):
        store.deal("finance-emea", [], by="cem", at=AT)
    store.verify()

"""Whatever a target does with each try, the messages of each object arrive once and in order, or are reported as
dead.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.delivery.cloud_event import as_event
from leadline.delivery.decision_files import COLUMNS, as_json, read_decisions
from leadline.delivery.mail import as_mail
from leadline.delivery.target import Undelivered
from leadline.queue.decisions import Verdict
from leadline.queue.deliveries import Intake, Message
from leadline.queue.store import Store
from tests.support.delivery import MemoryTarget, served
from tests.support.queue import AT, drawn

OBJECTS = [drawn(f"INV-{n}") for n in range(3)]
STEPS = st.sampled_from(["night", "decide", "retry_dead"])
# What a target does with a try: takes it, takes it and seems not to, is unwell, refuses it, asks for time.
WAYS = st.sampled_from(["takes", "takes", "seems not", "unwell", "refuses", "busy"])


class Receiver:
    """Takes each key once; what happens to a try is drawn beforehand, and when the drawn ways end, all is well."""

    def __init__(self, ways: list[str]) -> None:
        self.ways = ways
        self.effects: list[str] = []

    def __call__(self, message: Message) -> None:
        way = self.ways.pop(0) if self.ways else "takes"
        if way in ("takes", "seems not") and message.key not in self.effects:
            self.effects.append(message.key)
        if way != "takes":
            wait = 10.0 if way == "busy" else None
            raise Undelivered(way, is_refusal=way == "refuses", wait_seconds=wait)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEPS, max_size=8), ways=st.lists(WAYS, max_size=40))
def test_each_message_arrives_once_and_in_order_or_is_skipped_for_a_later_one(
    steps: list[str], ways: list[str]
) -> None:
    receiver = Receiver(ways)
    target = MemoryTarget(receiver)
    with Store("sqlite://") as store:
        store.upsert(OBJECTS, at=AT)
        for number, step in enumerate([*steps, *["retry_dead"] * 45]):
            at = AT + number * timedelta(days=1)
            if step == "decide":
                _change(store, number)
            served(store, target, at=at, patience=timedelta(seconds=60), retry_dead=step == "retry_dead")
            state = store.delivery_state(target.name, Intake.EVERYTHING)
            if number >= len(steps) and not state.waiting and not state.dead:
                break
        latest = {one.external_id: one.version for one in store.list_()}
    assert (state.waiting, state.dead) == (0, ())
    assert len(receiver.effects) == len(set(receiver.effects))
    for name, version in latest.items():
        arrived = [int(key.rpartition("-")[2]) for key in receiver.effects if key.startswith(name)]
        assert arrived == sorted(arrived)
        assert arrived[-1] == version


def _change(store: Store, number: int) -> None:
    one = store.get(OBJECTS[number % len(OBJECTS)].external_id)
    said = (
        Verdict("re_opened", "mistake", "ana") if one.state == "dismissed" else Verdict("dismissed", "not_true", "ana")
    )
    store.decide(one.external_id, said, at=AT)


@settings(max_examples=60, deadline=None)
@given(title=st.text(), owner=st.text(min_size=1))
def test_any_text_of_a_source_makes_a_whole_mail_and_a_whole_event(title: str, owner: str) -> None:
    row = {"external_id": "3fa94c0d1e2b5a67", "score": "invoice_dispute", "title": title, "currency": "USD"}
    row |= {"action": title, "state": "open", "money_at_risk": "1.00", "due_at": "2026-07-01T06:00:00Z"}
    section = {"count": 1, "money": {"USD": "1.00"}, "rows": [row]}
    digest = {"owner": owner, "night": "2026-07-01", "due": section, "new": section, "event": "added"}
    message = Message(1, "digest-1", "3fa94c0d1e2b5a67", 1, json.dumps(digest), AT, 0)
    content = as_mail(message, sender="leadline@example.com", receiver="ana@example.com").as_bytes()
    mail = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("ana@example.com", "2.00 USD at risk: 1 due, 1 new")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    html = mail.get_body(("html",))
    assert html is not None
    ours = {"html", "body", "h2", "h3", "p", "table", "tr", "th", "td"}
    assert set(re.findall(r"<(\w+)", html.get_content())) <= ours
    assert json.loads(as_event(message))["data"]["due"]["rows"][0]["title"] == title


JSON_VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()), st.lists)
ROWS = st.dictionaries(st.sampled_from(COLUMNS) | st.text(st.characters()), JSON_VALUES)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(ROWS, max_size=4), content=st.binary(), name=st.sampled_from(["a.json", "a.csv"]))
def test_whatever_a_file_of_decisions_holds_it_is_faults_or_decisions(
    rows: list[dict[str, Any]], content: bytes, name: str
) -> None:
    for found, faults in (read_decisions("a.json", json.dumps(rows).encode()), read_decisions(name, content)):
        assert bool(found) != bool(faults)
        "".join(map(str, faults)).encode()
        as_json([one.row for one in found])

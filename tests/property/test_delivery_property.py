"""Whatever a target does with each try, the messages of each object arrive once and in order, or are told as dead."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

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


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, max_size=8), ways=st.lists(WAYS, max_size=40))
def test_each_message_arrives_once_and_in_order_or_is_skipped_for_a_later_one(
    steps: list[str], ways: list[str]
) -> None:
    receiver = Receiver(ways)
    target = MemoryTarget(receiver)
    with Store("sqlite://") as store:
        store.upsert(OBJECTS, at=AT)
        for number, step in enumerate([*steps, *["retry_dead"] * 50]):
            at = AT + number * timedelta(days=1)
            if step == "decide":
                _change(store, number)
            served(store, target, at=at, patience=timedelta(seconds=60), retry_dead=step == "retry_dead")
        latest = {one.external_id: one.version for one in store.list_()}
        state = store.delivery_state(target.name, Intake.EVERYTHING)
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

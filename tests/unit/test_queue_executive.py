"""The executive digest: money by score and currency, trend, what is late, the largest three, each by its question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from leadline.kernel.findings import ScoredException
from leadline.kernel.home import open_home
from leadline.queue.executive import Questions, executive_digest
from leadline.queue.states import WAITING
from leadline.queue.store import Store, Wanted
from tests.support.cli import leadline
from tests.support.queue import AS_OF, AT, drawn

DAY = timedelta(days=1)


def waiting(
    name: str, money: str, currency: str = "USD", *, days: int = 0, due: int = 5, **given: str
) -> ScoredException:
    """Return an exception first found some days before the last look, due some days after it."""
    one = drawn(name, as_of=AS_OF - days * DAY, money_at_risk=Decimal(money), currency=currency, **given)
    return replace(one, due_at=AS_OF + due * DAY)


FOUND = [
    waiting("INV-1", "1200.00"),
    waiting("INV-2", "300.00", days=3, due=-2),
    waiting("INV-3", "70.50", "EUR", days=10, due=-1),
    waiting("P-1", "900.00", days=30, score="margin_erosion", object_type="project"),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(open_home(tmp_path / "home", create=True).ops_store_url) as opened:
        for one in FOUND:
            opened.upsert([one], at=AT, scored={one.finding.score: one.finding.as_of}, unshown=UNSHOWN, rewind=True)
        yield opened


UNSHOWN = [one.finding for one in FOUND]


def test_the_digest_tells_money_trend_what_is_late_and_the_largest(store: Store) -> None:
    digest = executive_digest(store.list_(Wanted(states=WAITING)), at=AT)
    assert digest.text == (
        "Waiting are 4 exceptions with 70.50 EUR and 2,400.00 USD at risk. "
        "By score: invoice dispute 70.50 EUR and 1,500.00 USD, margin erosion 900.00 USD. "
        "New in the last week: 2 exceptions, in the week before: 1 exception; "
        "late: 2 exceptions, the oldest since 2026-06-20, with 70.50 EUR and 300.00 USD. "
        "The largest: 1,200.00 USD on invoice INV-1, due 2026-07-05; 900.00 USD on project P-1, due 2026-07-05; "
        "300.00 USD on invoice INV-2, due 2026-06-28."
    )
    assert len(digest.text.split()) <= 90


def test_every_figure_says_which_question_it_answers(store: Store) -> None:
    rows = store.list_(Wanted(states=WAITING))
    digest = executive_digest(rows, at=AT)
    keys = {quote.key: quote.written for quote in digest.quotes}
    assert keys["queue:count"] == "4 exceptions"
    assert keys["queue:money/score=invoice_dispute/currency=EUR"] == "70.50 EUR"
    assert keys["queue:money/late/currency=USD"] == "300.00 USD"
    assert keys[f"exception:{FOUND[0].external_id}/due_at"] == "2026-07-05"
    rest = digest.text
    for quote in reversed(digest.quotes):
        rest = rest[: quote.at] + rest[quote.at + len(quote.written) :]
    assert not any(letter.isdigit() for letter in rest)


def test_currencies_are_never_added_up_and_strange_questions_have_no_answer(store: Store) -> None:
    questions = Questions(store.list_(Wanted(states=WAITING)), AT)
    assert questions("queue:money") is None
    assert questions("queue:salary") is None
    assert questions("exception:unknown/due_at") is None
    assert questions(f"exception:{FOUND[0].external_id}/title") is None
    nothing = questions("queue:count/owner=ana")
    assert nothing is not None
    assert nothing.value == "0"


def test_an_empty_queue_says_so() -> None:
    assert executive_digest([], at=AT).text == "Nothing waits."


def test_nothing_late_is_said(store: Store) -> None:
    early = executive_digest(store.list_(Wanted(states=WAITING)), at=AT - 30 * DAY)
    assert "late is none." in early.text


def test_a_name_in_a_title_or_an_owner_is_in_no_digest(store: Store) -> None:
    rows = [replace(one, title="Canary Quill", owner="Canary Quill") for one in store.list_()]
    assert "Canary" not in str(executive_digest(rows, at=AT))


@pytest.mark.usefixtures("store")
def test_the_command_tells_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    shown = leadline("queue", "digest", "--home", home)
    assert "Waiting are 4 exceptions" in shown.stdout
    assert "queue:money/score=margin_erosion/currency=USD" in shown.stdout
    (values,) = json.loads(leadline("queue", "digest", "--format", "json", "--home", home).stdout)
    assert values["quotes"][0] == {"at": 12, "written": "4 exceptions", "key": "queue:count", "kind": "number"}

"""The worklist on PostgreSQL answers as on SQLite: filters, pages, sums, counts, trail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from leadline.queue.decisions import Verdict
from leadline.queue.states import WAITING
from leadline.queue.store import Store
from leadline.queue.worklist import Key, RowScope, Sought
from tests.support.queue import AT, drawn

pytestmark = pytest.mark.postgres

FOUND = [
    drawn(
        f"INV-{n}",
        title=f"{n} % of Straße_{n}",
        currency=("USD", "EUR")[n % 2],
        legal_entity_id=("DE", "FR", None)[n % 3],
        scored={"expected_value": Decimal(n // 3) * 10, "due_at": AT + timedelta(hours=n - 6), "owner": f"P-{n % 2}"},
    )
    for n in range(12)
]


@pytest.fixture
def stores(url: str, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    with Store(url) as postgres, Store(f"sqlite:///{tmp_path / 'ops.db'}") as sqlite:
        for store in (postgres, sqlite):
            store.upsert(FOUND, at=AT)
            store.take(FOUND[3].external_id, by="ana", at=AT)
            store.assign(FOUND[4].external_id, to="ana", by="mia", at=AT)
            store.decide(FOUND[5].external_id, Verdict("dismissed", "not_true", "ana", note="ä"), at=AT)
        yield postgres, sqlite


@pytest.mark.parametrize(
    "scope", [RowScope(), RowScope(frozenset({"DE"})), RowScope(frozenset()), RowScope(None, ("x",))]
)
def test_both_answer_alike(stores: tuple[Store, Store], scope: RowScope) -> None:
    asked = (
        Sought(),
        Sought(states=WAITING, due_before=AT),
        Sought(whose=("ana", "P-1")),
        Sought(owner="ana"),
        Sought(text="STRASSE_1"),
        Sought(text="STRAßE_1"),
        Sought(text="% of"),
        Sought(scores=("invoice_dispute",), legal_entity="FR"),
    )
    after = Key(Decimal("20.00"), "8" * 16)
    for sought in asked:
        pages, sums = zip(
            *((s.worklist.page(scope, sought, limit=9, after=after), s.worklist.sums(scope, sought)) for s in stores),
            strict=True,
        )
        assert pages[0] == pages[1], sought
        assert sums[0] == sums[1], sought
    kinds = [s.worklist.kinds(scope, Sought(states=WAITING), dict(zip("abc", asked, strict=False))) for s in stores]
    assert kinds[0] == kinds[1]
    assert stores[0].worklist.choices(scope) == stores[1].worklist.choices(scope)
    seen = [s.worklist.seen(scope, FOUND[5].external_id) for s in stores]
    assert (seen[0] is None) is (seen[1] is None)
    if seen[0] and seen[1]:
        assert seen[0][1].steps == seen[1][1].steps
        differences = [s.worklist.differences(one[0], version=1) for s, one in zip(stores, seen, strict=True) if one]
        assert differences[0] == differences[1] != []

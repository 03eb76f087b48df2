"""What acting is worth, against published intervals and against a firm whose fates are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from features.invoice_dispute.outcome import outcomes
from features.margin_erosion.frame import labels
from leadline.queue.holdout import Enrolled
from models import invoice_dispute, margin_erosion
from scoring.uplift import Uplift, uplift
from tests.support.invoice_firm import invoice_firm
from tests.support.margin_erosion_firm import AS_OF, crowd
from tests.support.point_in_time import MemoryReader

DRAWN, LATE = datetime(2025, 3, 31, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)
FIRM = invoice_firm(seed=3)


def enrolled(object_id: str, *, is_held: bool, money: str = "100.00", share: float = 0.5) -> Enrolled:
    return Enrolled(
        external_id=object_id, score="invoice_dispute", object_id=object_id, share=share, is_held=is_held,
        probability=0.3, money_at_risk=Decimal(money), currency="USD", as_of=DRAWN, enrolled_at=DRAWN, released_at=None,
    )  # fmt: skip


def groups(*, held: tuple[int, int], shown: tuple[int, int]) -> tuple[list[Enrolled], set[str]]:
    """Return groups of so many, and the names of the first so many of each, who are harmed."""
    ours = [enrolled(f"H{n}", is_held=True) for n in range(held[1])]
    ours += [enrolled(f"S{n}", is_held=False) for n in range(shown[1])]
    return ours, {f"H{n}" for n in range(held[0])} | {f"S{n}" for n in range(shown[0])}


def measured(monkeypatch: pytest.MonkeyPatch, ours: Sequence[Enrolled], harmed: set[str]) -> list[Uplift]:
    fates = {one.object_id: one.object_id in harmed for one in ours}
    monkeypatch.setattr(invoice_dispute, "harmed", lambda *_, **__: fates)
    return uplift(ours, MemoryReader({}), as_of=LATE)


# The examples of R. G. Newcombe, Statistics in Medicine 17 (1998), table II, method 10.
@pytest.mark.parametrize(
    ("held", "shown", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_of_what_acting_prevents_is_the_published_one(
    held: tuple[int, int], shown: tuple[int, int], low: float, high: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = measured(monkeypatch, *groups(held=held, shown=shown))
    assert one.prevented == pytest.approx(held[0] / held[1] - shown[0] / shown[1])
    assert (one.prevented_low, one.prevented_high) == pytest.approx((low, high), abs=5e-5)


def test_money_saved_is_the_difference_of_what_each_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = measured(monkeypatch, *groups(held=(30, 50), shown=(10, 50)))
    assert (one.held.lost_each, one.shown.lost_each, one.saved_each) == (Decimal(60), Decimal(20), Decimal(40))
    assert one.saved_low is not None
    assert one.saved_high is not None
    assert Decimal(20) < one.saved_low < Decimal(40) < one.saved_high < Decimal(60)
    assert (one.review_cost, one.currency) == (Decimal(30), "USD")


def test_groups_without_an_outcome_or_a_difference_say_nothing_they_do_not_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (none,) = measured(monkeypatch, [enrolled("H", is_held=True)], set())
    assert (none.held.known, none.shown.rate, none.prevented, none.saved_each) == (1, None, None, None)
    (alike,) = measured(monkeypatch, *groups(held=(0, 3), shown=(0, 3)))
    assert (alike.prevented, alike.saved_each) == (0.0, None)


def test_another_share_is_another_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = [enrolled("H", is_held=True), replace(enrolled("S", is_held=False), share=0.1)]
    assert [(one.share, one.held.drawn, one.shown.drawn) for one in measured(monkeypatch, ours, set())] == [
        (0.1, 0, 1),
        (0.5, 1, 0),
    ]


def test_invoices_count_once_their_days_have_passed_and_only_by_what_was_known() -> None:
    rows = outcomes(FIRM, as_of=LATE).select("invoice_id", "label", "matured").collect().to_dicts()
    ours = [enrolled(row["invoice_id"], is_held=n % 2 == 0) for n, row in enumerate(rows)]
    for at in (datetime(2025, 6, 30, tzinfo=UTC), LATE):
        (whole,), (cut,) = uplift(ours, FIRM, as_of=at), uplift(ours, FIRM.cut(at), as_of=at)
        assert whole == cut
        fates = outcomes(FIRM.cut(at), as_of=at).collect().to_dicts()
        reader = {row["invoice_id"]: row["label"] for row in fates if row["matured"] and row["label"] is not None}
        harmed = [one.is_held for one in ours if reader.get(one.object_id) == 1]
        assert (whole.held.known + whole.shown.known, whole.held.harmed) == (len(reader), sum(harmed))
        assert whole.shown.harmed == len(harmed) - sum(harmed) > 0
    assert uplift(ours, FIRM, as_of=datetime(2025, 1, 1, tzinfo=UTC)) == []


def test_a_project_is_compared_with_the_margin_approved_when_it_was_drawn() -> None:
    reader = crowd(projects=60, seed=2)
    for observed_at in (AS_OF - timedelta(weeks=26), AS_OF - timedelta(weeks=18)):
        fates = labels(reader, observed_at=observed_at, as_of=LATE).drop_nulls("label")
        expected = dict(zip(fates["project_id"], (label == 1 for label in fates["label"]), strict=True))
        found = margin_erosion.harmed(reader, dict.fromkeys(expected, observed_at), as_of=LATE)
        assert found == expected
        assert {True, False} <= set(found.values())

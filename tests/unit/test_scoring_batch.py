"""A whole run over an in-memory snapshot."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from leadline.kernel.errors import IntegrityError, UsageError
from leadline.kernel.home import Home
from leadline.kernel.rendering import Renderer
from leadline.kernel.settings import Settings
from models import revenue_leakage
from scoring.batch import score
from tests.support.findings import finding
from tests.support.leakage import leak, leaking
from tests.support.point_in_time import MemoryReader

AS_OF = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
LEAKS = [leak(f"TE{n}", period=f"2026-{n:02d}", amount=f"{n}00.00") for n in range(1, 10)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(path=tmp_path, settings=Settings())


def test_a_score_without_its_entities_is_skipped_with_the_reason(home: Home) -> None:
    report = score(home, MemoryReader({}), ["revenue_leakage"], as_of=AS_OF)
    assert [(one.score, one.skipped) for one in report.scores] == [("revenue_leakage", "needs contract, contract_line")]
    assert report.exceptions == ()


def test_an_exception_carries_what_the_queue_needs(home: Home) -> None:
    (exception,) = score(home, leaking(LEAKS[0]), ["revenue_leakage"], as_of=AS_OF).exceptions
    assert exception.finding.object_id == "L1:2026-01:unbilled_time"
    assert (exception.model_version, exception.snapshot_id) == ("revenue_leakage@baseline", "memory")
    assert exception.due_at > AS_OF
    assert Renderer().text(exception.finding.title) == "Approved time of 2026-01 on L1 was never billed"


def test_exceptions_come_highest_value_first_with_ranks(home: Home) -> None:
    exceptions = score(home, leaking(*LEAKS), ["revenue_leakage"], as_of=AS_OF).exceptions
    assert [one.rank for one in exceptions] == list(range(1, 10))
    assert [int(one.finding.money_at_risk) for one in exceptions] == [n * 100 for n in range(9, 0, -1)]


def test_the_same_data_gives_the_same_exceptions_whatever_the_order_of_rows(home: Home) -> None:
    ours = score(home, leaking(*LEAKS), ["revenue_leakage"], as_of=AS_OF)
    theirs = score(home, leaking(*reversed(LEAKS)), ["revenue_leakage"], as_of=AS_OF)
    assert ours == theirs


def test_the_budget_of_the_firm_is_kept(home: Home) -> None:
    row = {"score": "revenue_leakage", "max_items": 3, "review_cost": 30, "currency": "USD", "random_share": 0.34}
    reader = leaking(*LEAKS, marts={"gov_alert_budget": pl.DataFrame([row])})
    exceptions = score(home, reader, ["revenue_leakage"], as_of=AS_OF).exceptions
    assert [one.finding.is_random_slice for one in exceptions] == [False, False, True]


def test_an_unknown_score_is_refused(home: Home) -> None:
    with pytest.raises(UsageError):
        score(home, MemoryReader({}), ["leakage"], as_of=AS_OF)


def test_a_risk_model_that_speaks_twice_of_one_object_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revenue_leakage, "findings", lambda *_, **__: [finding("A"), finding("A")])
    with pytest.raises(IntegrityError) as caught:
        score(home, leaking(), ["revenue_leakage"], as_of=AS_OF)
    assert caught.value.faults[0].found == "project A"


def test_progress_is_reported_per_score(home: Home) -> None:
    reported: list[tuple[str, float]] = []
    score(
        home, leaking(), ["revenue_leakage"], as_of=AS_OF, progress=lambda score, share: reported.append((score, share))
    )
    assert reported == [("revenue_leakage", 0.0)]

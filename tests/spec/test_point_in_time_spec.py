"""Reading as of a moment: which version of a row we believed then."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.support.point_in_time import MemoryReader

# A change order: drafted in January, approved in February, withdrawn (deleted in the source) in April.
KNOWN = MemoryReader(
    {
        "change_order": [
            {
                "change_order_id": "CO1",
                "project_id": "P1",
                "requested_on": date(2026, 1, 5),
                "status": status,
                "known_at": known_at,
                "is_deleted": deleted,
            }
            for status, known_at, deleted in (
                ("draft", datetime(2026, 1, 6), False),
                ("approved", datetime(2026, 2, 10), False),
                ("approved", datetime(2026, 4, 1), True),
            )
        ]
    }
)


def _status(as_of: datetime) -> list[str]:
    return KNOWN.core("change_order", as_of=as_of).collect()["status"].to_list()


def test_nothing_is_known_before_the_first_version() -> None:
    assert _status(datetime(2026, 1, 5, tzinfo=UTC)) == []


def test_a_version_is_known_from_its_own_moment() -> None:
    assert _status(datetime(2026, 1, 6, tzinfo=UTC)) == ["draft"]


def test_the_latest_version_known_is_the_one_believed() -> None:
    assert _status(datetime(2026, 3, 1, tzinfo=UTC)) == ["approved"]


def test_a_deleted_row_is_gone_from_the_moment_we_knew() -> None:
    assert _status(datetime(2026, 4, 1, tzinfo=UTC)) == []


def test_history_hides_that_a_version_will_be_superseded() -> None:
    history = KNOWN.history("change_order", as_of=datetime(2026, 2, 1, tzinfo=UTC)).collect()
    assert history.select("status", "known_to").rows() == [("draft", None)]


def test_history_on_the_cut_equals_history_as_of_the_cut() -> None:
    at = datetime(2026, 2, 10, tzinfo=UTC)
    full = KNOWN.history("change_order", as_of=at).collect()
    assert KNOWN.cut(at).history("change_order", as_of=at).collect().equals(full)

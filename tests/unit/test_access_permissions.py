"""One table says who may do what; the documentation shows the same one."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.access.permissions import GRANTED, PERMISSIONS, ROLES, TABLE, allowed, check_roles, check_scopes
from leadline.access.users import User, sees
from leadline.kernel.errors import UsageError
from tests.support.queue import AT

DOCS = Path(__file__).resolve().parents[2] / "docs" / "access.md"


def test_the_documentation_shows_the_table_that_the_code_reads() -> None:
    assert TABLE.strip() in DOCS.read_text("utf-8")


def test_every_cell_of_the_table_is_yes_or_empty() -> None:
    cells = [line.strip("|").split("|")[1:] for line in TABLE.strip().splitlines()[2:]]
    assert {cell.strip() for line in cells for cell in line} == {"yes", ""}
    assert {len(line) for line in cells} == {len(ROLES)}


def test_what_the_roles_are_for() -> None:
    assert "decide" in GRANTED["operator"]
    assert "manage_users" in GRANTED["admin"]
    assert [role for role in ROLES if "manage_users" in GRANTED[role]] == ["admin"]
    assert not GRANTED["auditor"] & {"decide", "reassign", "manage_users"}
    assert "see_queue" not in GRANTED["admin"]


def test_two_roles_may_what_either_may() -> None:
    assert allowed(("operator", "admin")) == GRANTED["operator"] | GRANTED["admin"]
    assert allowed(()) == frozenset()


def test_roles_and_scopes_are_checked_all_at_once_and_put_in_order() -> None:
    assert check_roles(["manager", "operator", "manager"]) == ("operator", "manager")
    assert check_scopes(["export", "see_queue"]) == ("see_queue", "export")
    with pytest.raises(UsageError, match="Unknown role") as refused:
        check_roles(["boss", "operator", "chief"])
    assert [fault.found for fault in refused.value.faults] == ["boss", "chief"]
    with pytest.raises(UsageError, match="Missing scope"):
        check_scopes([])
    assert len(PERMISSIONS) == len(set(PERMISSIONS))


@pytest.mark.parametrize(
    ("scope", "row", "seen"),
    [
        (None, "DE", True),
        (None, None, True),
        (frozenset({"DE"}), "DE", True),
        (frozenset({"DE"}), "FR", False),
        (frozenset({"DE"}), None, False),
        (frozenset({"DE"}), "", False),
    ],
)
def test_a_row_is_seen_within_its_legal_entity(scope: frozenset[str] | None, row: str | None, seen: bool) -> None:
    user = User("ana", ("operator",), scope, None, True, AT, None)
    assert sees(user, row) is seen

"""Role permissions: one table that the code, docs/access.md and the tests read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from leadline.kernel.errors import Fault, UsageError

TABLE = """
| permission        | operator | manager | analyst | data_scientist | admin | auditor |
|---|---|---|---|---|---|---|
| see_queue         | yes      | yes     | yes     | yes            |       | yes     |
| see_warehouse     | yes      | yes     | yes     | yes            |       | yes     |
| decide            | yes      | yes     |         |                |       |         |
| reassign          |          | yes     |         |                |       |         |
| export            | yes      | yes     | yes     | yes            |       | yes     |
| see_personal_data | yes      | yes     |         |                |       | yes     |
| see_cost_rates    |          | yes     | yes     | yes            |       | yes     |
| see_models        |          | yes     | yes     | yes            |       | yes     |
| see_audit         |          |         |         |                | yes   | yes     |
| manage_users      |          |         |         |                | yes   |         |
"""

# Exceptions of these scores are about what a named person did or should do; they need ``see_personal_data``.
ABOUT_PEOPLE = ("time_expense_anomaly", "staffing_match")


def _read(table: str) -> Mapping[str, frozenset[str]]:
    heading, _, *lines = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines())
    roles = heading[1:]
    granted = {
        role: frozenset(line[0] for line in lines if line[place] == "yes") for place, role in enumerate(roles, 1)
    }
    return MappingProxyType(granted)


# Role -> what it may do.
GRANTED = _read(TABLE)
ROLES = tuple(GRANTED)
PERMISSIONS = tuple(line.split("|")[1].strip() for line in TABLE.strip().splitlines()[2:])


def allowed(roles: Iterable[str]) -> frozenset[str]:
    """Return the permissions of these roles together."""
    return frozenset().union(*(GRANTED[role] for role in roles))


def check_roles(roles: Iterable[str]) -> tuple[str, ...]:
    """Return roles in their fixed order, each once.

    Raises:
        UsageError: none given, or unknown roles; all are listed.
    """
    return _check("role", roles, ROLES)


def check_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes of a token, which are permissions, in their fixed order, each once.

    Raises:
        UsageError: none given, or unknown permissions; all are listed.
    """
    return _check("scope", scopes, PERMISSIONS)


def _check(what: str, found: Iterable[str], known: tuple[str, ...]) -> tuple[str, ...]:
    asked = tuple(found)
    faults = [Fault(f"--{what}", "one of " + ", ".join(known), name) for name in asked if name not in known]
    if not asked:
        faults = [Fault(f"--{what}", "one or more of " + ", ".join(known), "nothing")]
    if faults:
        raise UsageError(f"Unknown {what}." if asked else f"Missing {what}.", faults=faults)
    return tuple(name for name in known if name in asked)

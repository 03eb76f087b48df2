"""Records by part of their id or name, a few of each kind with how many there are."""

from __future__ import annotations

from dataclasses import dataclass

from leadline.app.console.translation import N_
from leadline.app.console.warehouse import ScopedSnapshot
from leadline.warehouse.views import Row

FOUND = """
select record_id, title, hint, count(*) over () as found
from ({records}) as listed
where contains(lower(concat_ws(' ', record_id, other_ids, title)), lower(?))
order by lower(record_id) <> lower(?), title, record_id
limit ?
"""


@dataclass(frozen=True)
class Kind:
    """One kind of record: its heading, the path of its pages, and all of it as record_id, other_ids, title, hint."""

    name: str
    path: str
    records: str


@dataclass(frozen=True)
class Found:
    """The first records of a kind that fit, and how many there are."""

    kind: Kind
    rows: list[Row]
    number: int


PROJECTS = Kind(
    N_("Projects"),
    "/projects",
    """select project_id as record_id, '' as other_ids, coalesce(name, project_id) as title, status as hint
    from core_project""",
)
CLIENTS = Kind(
    N_("Clients"),
    "/clients",
    """select client_id as record_id, string_agg(account_id, ' ') as other_ids,
        coalesce(any_value(client_name), client_id) as title, any_value(client_region) as hint
    from int_account_golden group by client_id""",
)
DEALS = Kind(
    N_("Deals"),
    "/deals",
    """select opportunity_id as record_id, '' as other_ids, coalesce(name, opportunity_id) as title, stage as hint
    from core_opportunity""",
)
PEOPLE = Kind(
    N_("People"),
    "/people",
    """select person_id as record_id, '' as other_ids, coalesce(name, person_id) as title, role as hint
    from core_person""",
)


def search(snapshot: ScopedSnapshot, kind: Kind, text: str, *, limit: int) -> Found:
    """Return the records of a kind in the user's scope whose id or name contains a text, exact ids first."""
    rows = snapshot.rows(FOUND.format(records=kind.records), text, text, limit)
    return Found(kind, rows, rows[0]["found"] if rows else 0)

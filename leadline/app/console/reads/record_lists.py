"""Lists of projects, clients, deals and people: filtered, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadline.app.console.reads.columns import Column
from leadline.app.console.translation import N_
from leadline.app.console.warehouse import ScopedSnapshot
from leadline.warehouse.views import Row

PAGE = 50


@dataclass(frozen=True)
class RecordList:
    """One kind of list.

    Attributes:
        path: of the list; a record's page lies below it, by the column ``key``.
        records: selects every record within the user's scope.
        text: the columns in which a text is looked for.
        filters: column -> what the choice of all is called; those in ``codes`` are shown as words.
        sorts: name in the address -> label and order; the first is that of a list which asks for none.
    """

    path: str
    title: str
    hint: str
    key: str
    records: str
    columns: tuple[Column, ...]
    text: tuple[str, ...]
    filters: Mapping[str, str]
    sorts: Mapping[str, tuple[str, str]]
    codes: tuple[str, ...] = ("status",)


def listed(
    snapshot: ScopedSnapshot,
    kind: RecordList,
    *,
    wanted: Mapping[str, str],
    text: str,
    sort: str,
    start: int,
    most: int = PAGE,
) -> tuple[list[Row], int]:
    """Return up to ``most`` records of a list from a place on, and how many fit; an empty filter lets all through.

    Money is in the currency of each row, in the reporting currency where the records name none.
    """
    conditions = " and ".join(f"(? = '' or {column} = ?)" for column in kind.filters)
    order = kind.sorts[sort][1]
    sql = f"""
        select *, count(*) over () as fitting from ({kind.records}) as listed
        where {conditions} and (? = '' or contains(lower(concat_ws(' ', {", ".join(kind.text)})), lower(?)))
        order by {order}, {kind.key}
        limit {most} offset ?
    """  # noqa: S608 - names of ours
    values = [part for column in kind.filters for part in (wanted[column], wanted[column])]
    rows = snapshot.rows(sql, *values, text, text, start)
    return [{"currency": snapshot.reporting_currency} | row for row in rows], rows[0]["fitting"] if rows else 0


def choices(snapshot: ScopedSnapshot, kind: RecordList) -> dict[str, list[str]]:
    """Return the choices of each filter: the values that occur within the user's scope."""
    distinct = "select distinct {column} as choice from ({records}) where {column} is not null order by 1"
    return {
        column: [row["choice"] for row in snapshot.rows(distinct.format(column=column, records=kind.records))]
        for column in kind.filters
    }


_ENTITIES, _PRACTICES, _STATES = (
    N_("All legal entities"),
    N_("All practices"),
    N_("All states"),
)
_REGIONS, _ROLES, _STAGES = N_("All regions"), N_("All roles"), N_("All stages")
_NAME = (N_("Name"), "lower(name)")

PROJECTS = RecordList(
    "/projects",
    N_("Projects"),
    N_("Project or client"),
    "project_id",
    """select project.project_id, coalesce(project.name, project.project_id) as name, project.legal_entity_id,
        project.practice, project.status, client.client_id, client.client_name, position.rag,
        position.percent_complete, position.cpi, position.spi, position.planned_end_date, position.currency,
        position.budget_revenue, position.forecast_margin_ratio
    from core_project as project
    left join int_account_golden as client on client.account_id = project.account_id
    left join project_performance as position on position.project_id = project.project_id""",
    (
        Column("name", "Project", link=("/projects", "project_id")),
        Column("client_name", "Client", link=("/clients", "client_id")),
        Column("legal_entity_id", "Entity"),
        Column("status", "Status", "words"),
        Column("rag", "Reported"),
        Column("percent_complete", "Complete", "ratio"),
        Column("cpi", "CPI", "index"),
        Column("spi", "SPI", "index"),
        Column("planned_end_date", "Planned end"),
        Column("budget_revenue", "Approved revenue", "money"),
        Column("currency", "Currency"),
        Column("forecast_margin_ratio", "Forecast margin", "ratio"),
    ),
    ("project_id", "name", "client_name"),
    {"status": _STATES, "practice": _PRACTICES, "legal_entity_id": _ENTITIES},
    {
        "revenue": (
            N_("Open first, then approved revenue"),
            "status <> 'open', budget_revenue desc nulls last",
        ),
        "name": _NAME,
        "end": (N_("Planned end"), "planned_end_date nulls last"),
        "cpi": (N_("CPI, lowest first"), "cpi nulls last"),
        "margin": (N_("Forecast margin, lowest first"), "forecast_margin_ratio nulls last"),
    },
)

CLIENTS = RecordList(
    "/clients",
    N_("Clients"),
    N_("Client, or the id of a record"),
    "client_id",
    """select client.client_id, client.name, client.region, client.accounts, project.open_projects, due.open_amount,
        due.overdue_amount, due.disputed, client.ids
    from (
        select client_id, coalesce(any_value(client_name), client_id) as name, any_value(client_region) as region,
            count(distinct account_id) as accounts, string_agg(account_id, ' ') as ids
        from int_account_golden group by client_id
    ) as client
    left join (
        select account.client_id, count(*) filter (where project.status = 'open') as open_projects
        from core_project as project
        inner join int_account_client as account on account.account_id = project.account_id
        group by account.client_id
    ) as project on project.client_id = client.client_id
    left join (
        select client_id, sum(open_amount_reporting) as open_amount,
            sum(open_amount_reporting) filter (where days_overdue > 0 and open_amount_reporting > 0) as overdue_amount,
            count(*) filter (where is_disputed) as disputed
        from invoice_ageing group by client_id
    ) as due on due.client_id = client.client_id""",
    (
        Column("name", "Client", link=("/clients", "client_id")),
        Column("region", "Region"),
        Column("accounts", "Customer records", "figure"),
        Column("open_projects", "Open projects", "figure"),
        Column("open_amount", "Open receivables", "money"),
        Column("overdue_amount", "Overdue", "money"),
        Column("currency", "Currency"),
        Column("disputed", "Disputed invoices", "figure"),
    ),
    ("client_id", "name", "ids"),
    {"region": _REGIONS},
    {
        "open": (N_("Open receivables"), "open_amount desc nulls last"),
        "name": _NAME,
        "overdue": (N_("Overdue, most first"), "overdue_amount desc nulls last"),
        "disputed": (N_("Disputed invoices, most first"), "disputed desc nulls last"),
    },
)

DEALS = RecordList(
    "/deals",
    N_("Deals"),
    N_("Deal or client"),
    "opportunity_id",
    """select deal.opportunity_id, coalesce(deal.name, deal.opportunity_id) as name, client.client_id,
        client.client_name, deal.legal_entity_id, deal.practice, deal.stage,
        case when deal.is_won then 'won' when deal.is_closed then 'lost' else 'open' end as status, deal.amount,
        deal.currency, deal.probability, deal.expected_close_date, deal.owner_id, handoff.readiness_ratio
    from core_opportunity as deal
    left join int_account_golden as client on client.account_id = deal.account_id
    left join deal_handoff as handoff on handoff.opportunity_id = deal.opportunity_id""",
    (
        Column("name", "Deal", link=("/deals", "opportunity_id")),
        Column("client_name", "Client", link=("/clients", "client_id")),
        Column("legal_entity_id", "Entity"),
        Column("status", "Status", "words"),
        Column("stage", "Stage"),
        Column("amount", "Amount", "money"),
        Column("currency", "Currency"),
        Column("probability", "Probability, by the seller", "ratio"),
        Column("expected_close_date", "Expected to close"),
        Column("owner_id", "Owner"),
        Column("readiness_ratio", "Ready for hand-off", "ratio"),
    ),
    ("opportunity_id", "name", "client_name"),
    {"status": _STATES, "stage": _STAGES, "practice": _PRACTICES, "legal_entity_id": _ENTITIES},
    {
        "amount": (N_("Open first, then amount"), "status <> 'open', amount desc nulls last"),
        "name": _NAME,
        "close": (N_("Expected to close"), "expected_close_date nulls last"),
        "ready": (N_("Least ready first"), "readiness_ratio nulls last"),
    },
)

PEOPLE = RecordList(
    "/people",
    N_("People"),
    N_("Name or id"),
    "person_id",
    """select person.person_id, coalesce(person.name, person.person_id) as name, person.legal_entity_id, person.role,
        person.seniority, person.practice, person.region, coalesce(person.status, 'active') as status,
        person.billable_target, used.billable_utilization
    from core_person as person
    left join (
        select person_id, sum(billable_hours) / nullif(sum(available_hours), 0) as billable_utilization
        from utilization_weekly
        where week_start > (select max(week_start) from utilization_weekly) - 91
        group by person_id
    ) as used on used.person_id = person.person_id""",
    (
        Column("name", "Person", link=("/people", "person_id")),
        Column("person_id", "Id"),
        Column("legal_entity_id", "Entity"),
        Column("role", "Role"),
        Column("seniority", "Seniority", "figure"),
        Column("practice", "Practice"),
        Column("region", "Region"),
        Column("status", "Status", "words"),
        Column("billable_target", "Target", "ratio"),
        Column("billable_utilization", "Billable, last 13 weeks", "ratio"),
    ),
    ("person_id", "name"),
    {"status": _STATES, "role": _ROLES, "region": _REGIONS, "legal_entity_id": _ENTITIES},
    {
        "name": _NAME,
        "idle": (N_("Least billable first"), "billable_utilization nulls last"),
        "busy": (N_("Most billable first"), "billable_utilization desc nulls last"),
        "role": (N_("Role and seniority"), "role nulls last, seniority desc nulls last"),
    },
)
LISTS = (PROJECTS, CLIENTS, DEALS, PEOPLE)

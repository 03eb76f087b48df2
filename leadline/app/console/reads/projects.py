"""Lists of projects, filtered and a page at a time."""

from __future__ import annotations

from leadline.app.console.warehouse import Look
from leadline.kernel.warehouse.views import Row

LISTED = """
select project.project_id, project.name, project.legal_entity_id, project.practice, project.status, client.client_id,
    client.client_name, position.rag, position.percent_complete, position.cpi, position.spi, position.planned_end_date,
    position.currency, position.budget_revenue, position.forecast_margin_ratio
from core_project as project
left join int_account_golden as client on client.account_id = project.account_id
left join project_performance as position on position.project_id = project.project_id
where (? = '' or project.status = ?)
    and (? = '' or project.practice = ?)
    and (? = '' or project.legal_entity_id = ?)
    and (? = '' or contains(lower(concat_ws(' ', project.project_id, project.name, client.client_name)), lower(?)))
order by project.status <> 'open', position.budget_revenue desc nulls last, project.project_id
limit ? offset ?
"""
CHOICES = "select distinct {column} as choice from core_project where {column} is not null order by 1"


def projects(
    look: Look, *, status: str, practice: str, legal_entity: str, text: str, limit: int, offset: int
) -> list[Row]:
    """Return projects that fit, open ones first, then by approved revenue; an empty filter lets all through."""
    filters = [part for value in (status, practice, legal_entity, text) for part in (value, value)]
    return look.rows(LISTED, *filters, limit, offset)


def choices(look: Look) -> dict[str, list[str]]:
    """Return by what the list can be filtered: what occurs within sight."""
    columns = ("status", "practice", "legal_entity_id")
    return {name: [row["choice"] for row in look.rows(CHOICES.format(column=name))] for name in columns}

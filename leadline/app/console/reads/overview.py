"""The firm at a glance: KPIs month by month, and what stands now, in the reporting currency."""

from __future__ import annotations

from typing import Any

from leadline.app.console.reads.rates import RATES, in_reporting
from leadline.app.console.warehouse import Look
from leadline.warehouse.views import Row

OUTLOOK_WEEKS = 13

MONTHS = """
select month_start, kpi, sum(numerator) as numerator, sum(denominator) as denominator
from executive_kpi where ($1 = '' or legal_entity_id = $1)
group by month_start, kpi order by month_start, kpi
"""
BACKLOG = f"""
with {RATES}
select sum({in_reporting("stands.contracted_backlog")}) as contracted_backlog,
    sum({in_reporting("stands.unbilled_backlog")}) as unbilled_backlog
from backlog as stands inner join rates on rates.currency = stands.currency
where ($3 = '' or stands.legal_entity_id = $3)
"""  # noqa: S608 - names of ours
UNBILLED = f"""
with {RATES}
select sum({in_reporting("stands.unbilled_time_amount")}) as unbilled_work
from wip_unbilled as stands inner join rates on rates.currency = stands.currency
where ($3 = '' or stands.legal_entity_id = $3)
"""  # noqa: S608 - names of ours
PIPELINE = """
select sum(weighted_amount_reporting) as weighted_pipeline, sum(demand_fte_weeks * seller_probability) as demand
from pipeline_current where ($1 = '' or legal_entity_id = $1)
"""
CAPACITY = """
select sum(available_hours) as supply_hours, sum(bench_hours) as bench_hours
from resource_outlook
where ($1 = '' or legal_entity_id = $1)
    and week_start < (select min(week_start) from resource_outlook) + to_weeks($2)
"""
UTILIZATION = """
select definition, sum(counted_hours) as counted_hours, sum(capacity_hours) as capacity_hours,
    sum(counted_hours) / nullif(sum(capacity_hours), 0) as utilization_ratio
from utilization_by_definition
where ($1 = '' or legal_entity_id = $1)
    and week_start > (select max(week_start) from utilization_by_definition) - to_weeks($2)
group by definition order by definition
"""
ENTITIES = "select distinct legal_entity_id from executive_kpi where legal_entity_id is not null order by 1"
FORMULAS = "select metric, formula from gov_metric_definition"


def months(look: Look, legal_entity: str) -> list[Row]:
    """Return numerator and denominator of each KPI by month, added up over legal entities, the latest month last."""
    return look.rows(MONTHS, legal_entity) if look.has("executive_kpi") else []


def standing(look: Look, legal_entity: str) -> dict[str, Any]:
    """Return what stands now: backlogs, work not billed, the pipeline, and supply and bench of the coming 13 weeks.

    Money is in the reporting currency; what has no rate is left out. None is a figure that the snapshot lacks.
    """
    day = look.as_of.date() if look.as_of else None
    converted = (look.reporting_currency, day, legal_entity)
    asked: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
        ("backlog", BACKLOG, converted),
        ("wip_unbilled", UNBILLED, converted),
        ("pipeline_current", PIPELINE, (legal_entity,)),
        ("resource_outlook", CAPACITY, (legal_entity, OUTLOOK_WEEKS)),
    )
    names = ("contracted_backlog", "unbilled_backlog", "unbilled_work", "weighted_pipeline", "demand")
    found: dict[str, Any] = dict.fromkeys((*names, "supply_hours", "bench_hours"))
    for table, sql, parameters in asked:
        if look.has(table):
            found |= look.one(sql, *parameters) or {}
    return found


def utilization(look: Look, legal_entity: str) -> list[Row]:
    """Return utilization over the last 13 weeks by each definition, hours over hours."""
    if not look.has("utilization_by_definition"):
        return []
    return look.rows(UTILIZATION, legal_entity, OUTLOOK_WEEKS)


def entities(look: Look) -> list[str]:
    """Return the legal entities within sight that have a KPI."""
    return [row["legal_entity_id"] for row in look.rows(ENTITIES)] if look.has("executive_kpi") else []


def formulas(look: Look) -> dict[str, str]:
    """Return how each metric is defined, by its name, as the firm's table says."""
    if not look.has("gov_metric_definition"):
        return {}
    return {row["metric"]: row["formula"] for row in look.rows(FORMULAS)}

"""The firm at a glance: KPIs month by month, and the current position, in the reporting currency."""

from __future__ import annotations

from typing import Any

from leadline.app.console.reads.rates import RATES, in_reporting
from leadline.app.console.warehouse import ScopedSnapshot
from leadline.warehouse.views import Row

OUTLOOK_WEEKS = 13

MONTHS = """
select month_start, is_closed, kpi, unit, currency, sum(numerator) as numerator, sum(denominator) as denominator
from {kpis} where ($1 = '' or legal_entity_id = $1)
group by month_start, is_closed, kpi, unit, currency order by month_start, kpi
"""
KPIS = "executive_kpi"
# As earlier versions built it.
KPIS_ALL_CLOSED = "(select *, true as is_closed from executive_kpi)"
BACKLOG = f"""
with {RATES}
select sum({in_reporting("backlog.contracted_backlog")}) as contracted_backlog,
    sum({in_reporting("backlog.unbilled_backlog")}) as unbilled_backlog
from backlog inner join rates on rates.currency = backlog.currency
where ($3 = '' or backlog.legal_entity_id = $3)
"""  # noqa: S608 - names of ours
UNBILLED = f"""
with {RATES}
select sum({in_reporting("wip.unbilled_time_amount")}) as unbilled_work
from wip_unbilled as wip inner join rates on rates.currency = wip.currency
where ($3 = '' or wip.legal_entity_id = $3)
"""  # noqa: S608 - names of ours
REALIZATION = f"""
with {RATES}, totals as (
    select currency, sum(realized_amount) as realized, sum(standard_amount) as standard
    from realization
    where billing_method <> 'non_billable' and ($3 = '' or legal_entity_id = $3)
    group by currency
)
select sum({in_reporting("totals.realized")}) / nullif(sum({in_reporting("totals.standard")}), 0) as realization
from totals inner join rates on rates.currency = totals.currency
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


def months(snapshot: ScopedSnapshot, legal_entity: str) -> list[Row]:
    """Return numerator and denominator of each KPI by month, added up over legal entities, the latest month last.

    ``is_closed`` is false of months whose figures still grow.
    """
    if not snapshot.has("executive_kpi"):
        return []
    kpis = KPIS if snapshot.has("executive_kpi", "is_closed") else KPIS_ALL_CLOSED
    return snapshot.rows(MONTHS.format(kpis=kpis), legal_entity)


def current(snapshot: ScopedSnapshot, legal_entity: str) -> dict[str, Any]:
    """Return the current position: realization to date, backlogs, unbilled work, the pipeline, and supply and bench of
    the coming 13 weeks.

    Money is in the reporting currency; what has no rate is left out. None is a figure that the snapshot lacks.
    """
    day = snapshot.as_of.date() if snapshot.as_of else None
    converted = (snapshot.reporting_currency, day, legal_entity)
    asked: tuple[tuple[str, str, str, tuple[Any, ...]], ...] = (
        ("realization", "realized_amount", REALIZATION, converted),
        ("backlog", "", BACKLOG, converted),
        ("wip_unbilled", "", UNBILLED, converted),
        ("pipeline_current", "", PIPELINE, (legal_entity,)),
        ("resource_outlook", "", CAPACITY, (legal_entity, OUTLOOK_WEEKS)),
    )
    names = ("realization", "contracted_backlog", "unbilled_backlog", "unbilled_work", "weighted_pipeline", "demand")
    found: dict[str, Any] = dict.fromkeys((*names, "supply_hours", "bench_hours"))
    for table, column, sql, parameters in asked:
        if snapshot.has(table, column):
            found |= snapshot.one(sql, *parameters) or {}
    return found


def utilization(snapshot: ScopedSnapshot, legal_entity: str) -> list[Row]:
    """Return utilization over the last 13 weeks by each definition, hours over hours."""
    if not snapshot.has("utilization_by_definition"):
        return []
    return snapshot.rows(UTILIZATION, legal_entity, OUTLOOK_WEEKS)


def entities(snapshot: ScopedSnapshot) -> list[str]:
    """Return the legal entities within the user's scope that have a KPI."""
    return [row["legal_entity_id"] for row in snapshot.rows(ENTITIES)] if snapshot.has("executive_kpi") else []


def formulas(snapshot: ScopedSnapshot) -> dict[str, str]:
    """Return how each metric is defined, by its name, as the firm's table says."""
    if not snapshot.has("gov_metric_definition"):
        return {}
    return {row["metric"]: row["formula"] for row in snapshot.rows(FORMULAS)}

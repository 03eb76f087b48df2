"""Row- and column-level security of the published warehouse: permissions and scope become views of its tables.

A table with a ``legal_entity_id`` is limited by it. One without is limited by the records its rows belong to, or is
reference data for all. A table of neither kind is visible only to those who see all legal entities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadline.access.users import User

ENTITY = "legal_entity_id"

# Column by which a row belongs to a record -> the table of that record, which is limited itself.
RECORDS = {
    "project_id": "core_project",
    "contract_id": "core_contract",
    "opportunity_id": "core_opportunity",
    "invoice_id": "core_invoice",
    "person_id": "core_person",
    "request_id": "core_staffing_request",
    "quote_id": "core_quote",
}
# Table -> the columns by which its rows belong to records; one of them in scope is enough.
BELONGS = {
    "booking_state": ("project_id", "opportunity_id"),
    "core_assignment": ("project_id", "opportunity_id"),
    "core_billing_schedule": ("contract_id",),
    "core_change_order": ("project_id", "contract_id"),
    "core_contract_amendment": ("contract_id",),
    "core_contract_line": ("contract_id",),
    "core_cost_rate": ("person_id",),
    "core_credit_note": ("invoice_id",),
    "core_discount_approval": ("quote_id",),
    "core_dispute": ("invoice_id",),
    "core_expense": ("project_id",),
    "core_invoice_line": ("invoice_id",),
    "core_leave": ("person_id",),
    "core_milestone": ("project_id",),
    "core_opportunity_event": ("opportunity_id",),
    "core_opportunity_role_demand": ("opportunity_id",),
    "core_payment": ("invoice_id",),
    "core_person_skill": ("person_id",),
    "core_project_budget": ("project_id",),
    "core_project_status": ("project_id",),
    "core_purchase_order": ("project_id",),
    "core_quote": ("opportunity_id",),
    "core_rate_card": ("contract_id",),
    "core_revenue_schedule": ("contract_id",),
    "core_staffing_proposal": ("request_id",),
    "core_staffing_request": ("project_id", "opportunity_id"),
    "core_staffing_request_skill": ("request_id",),
    "core_subcontractor_cost": ("project_id",),
    "core_task": ("project_id",),
    "core_time_entry": ("project_id",),
    "int_project_cost": ("project_id",),
}
# Reference data: about no client, project, deal or person.
FOR_ALL = (
    *("calendar_day", "core_currency_rate", "core_holiday", "core_skill"),
    *("gov_data_need", "gov_data_owner", "gov_exception_sla", "gov_metric_definition", "gov_quality_check"),
    *("gov_quality_grade", "gov_quality_result", "gov_reconciliation_rule", "gov_routing_rule", "gov_system_kind"),
    *("gov_system_of_record", "gov_approval_authority", "gov_alert_budget", "gov_control_share"),
)
# A client belongs to no legal entity: it is visible where it has a project, contract, deal or invoice that is.
CLIENT = """account_id in (
    select mapped.account_id
    from {whole}.int_account_client as mapped
    where mapped.client_id in (
        select of_client.client_id
        from {whole}.int_account_client as of_client
        where of_client.account_id in (
            select account_id from core_project union all select account_id from core_contract
            union all select account_id from core_opportunity union all select account_id from core_invoice
        )
    )
)"""
CLIENTS = dict.fromkeys(("int_account_client", "int_account_golden", "core_account", "core_contact"), CLIENT)
GOLDEN = """(object_type = 'project' and object_id in (select project_id from core_project))
    or (object_type = 'contract' and object_id in (select contract_id from core_contract))
    or (object_type = 'client' and object_id in (select client_id from int_account_client))"""
OTHERWISE = (
    CLIENTS
    | dict.fromkeys(("golden_attribute", "gov_master_data_disagreement"), GOLDEN)
    | {"client": "client_id in (select client_id from int_account_client)"}
)

# Whole tables about named persons, and the column that names one in any other table.
ABOUT_PERSONS = (
    *("core_person", "core_leave", "core_person_skill", "core_cost_rate", "core_time_entry", "core_expense"),
    *("person", "time_entry", "expense"),
)
PERSON = "person_id"
# The only intermediate tables that are visible.
STEPS = ("int_account_client", "int_account_golden", "int_invoice_position", "int_project_cost")
# Columns from which a person's cost rate can be derived, alone or together with hours.
COSTS = {
    "contribution_margin": (
        *("labour_cost", "expense_cost", "subcontractor_cost", "contribution_margin", "contribution_margin_ratio"),
        *("committed_cost", "margin_after_commitments"),
    ),
    "core_change_order": ("cost_change",),
    "core_cost_rate": ("rate",),
    "core_project_budget": ("budget_cost",),
    "core_project_status": ("actual_cost", "etc_cost", "forecast_cost"),
    "change_event": ("cost_change",),
    "eac_by_method": (
        *("budget_cost", "actual_cost", "earned_value", "eac_amount", "etc_amount", "variance_at_completion"),
    ),
    "gov_unreflected_change": ("cost_change",),
    "int_project_cost": ("amount", "project_amount", "reporting_amount"),
    "project_performance": (
        *("budget_cost", "actual_cost", "earned_value", "planned_value", "eac_plan", "eac_cpi", "eac_cpi_spi"),
        *("eac_manager", "baseline_margin_ratio", "forecast_margin_ratio"),
    ),
    "project_state": ("budget_cost",),
}

# Rows from which it can be derived, where a table has a row per figure: the condition of those that may be seen.
COST_ROWS = {"executive_kpi": "kpi not in ('contribution_margin', 'contribution_margin_ratio', 'cost_without_revenue')"}

Columns = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class WarehouseScope:
    """What a user may see of the warehouse. ``legal_entities`` None is all, and rows of none."""

    legal_entities: frozenset[str] | None
    sees_costs: bool
    sees_persons: bool


def warehouse_scope_of(user: User) -> WarehouseScope:
    """Return a user's warehouse scope; no one sees a row without ``see_warehouse``."""
    return WarehouseScope(
        legal_entities=user.legal_entities if user.may("see_warehouse") else frozenset(),
        sees_costs=user.may("see_cost_rates"),
        sees_persons=user.may("see_personal_data"),
    )


def selects_of(scope: WarehouseScope, columns: Columns) -> dict[str, str]:
    """Return the select behind each visible published table, referenced tables first.

    Rows are those known now: of a table that keeps versions, the latest that is not deleted.
    """
    first = [*RECORDS.values(), *CLIENTS]
    order = [*(name for name in first if name in columns), *(name for name in columns if name not in first)]
    conditions = {table: _condition(scope, table, columns) for table in order}
    return {
        # Names come from the catalogue, entities are quoted.
        table: f'select {_shown(scope, table, columns[table])} from {{whole}}."{table}" where {condition}'  # noqa: S608
        for table, condition in conditions.items()
        if condition is not None
    }


def _condition(scope: WarehouseScope, table: str, known: Columns) -> str | None:
    """Return which rows of a table are visible; None when the table is not."""
    if table.startswith("int_") and table not in STEPS:
        return None
    if table in ABOUT_PERSONS and not scope.sees_persons:
        return "false"
    kept = [_scope(scope, table, known)]
    if table in COST_ROWS and not scope.sees_costs:
        kept.append(COST_ROWS[table])
    if "known_to" in known[table]:
        kept.append("known_to is null")
    if "is_deleted" in known[table]:
        kept.append("not is_deleted")
    return " and ".join(f"({part})" for part in kept)


def _scope(scope: WarehouseScope, table: str, known: Columns) -> str:
    if scope.legal_entities is None:
        return "true"
    if not scope.legal_entities:
        return "false"
    if ENTITY in known[table]:
        named = ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(scope.legal_entities))
        return f"{ENTITY} in ({named})".replace("{", "{{").replace("}", "}}")
    if table in FOR_ALL:
        return "true"
    belongs = [
        f"{column} in (select {column} from {RECORDS[column]})"  # noqa: S608 - names of ours
        for column in BELONGS.get(table, ())
        if RECORDS[column] in known
    ]
    return " or ".join(belongs) or OTHERWISE.get(table, "false")


def _shown(scope: WarehouseScope, table: str, columns: Mapping[str, str]) -> str:
    """Return the columns of a table; those not to be seen are null, in their type."""
    hidden = set() if scope.sees_costs else set(COSTS.get(table, ()))
    if not scope.sees_persons:
        hidden.add(PERSON)
    nulls = ", ".join(f'cast(null as {columns[name]}) as "{name}"' for name in sorted(hidden & set(columns)))
    return f"* replace ({nulls})" if nulls else "*"

"""Which rows of which published table a legal entity may have, and which columns and tables no one gets.

This table is the policy; ``entity_files`` carries it out. A table that is not named here is published to no entity:
the command refuses until a rule is added (tests/unit/test_warehouse_entity_rules.py).

A version belongs to the entity it names. What hangs on a key belongs to the entity that the key's last version names.
A row that leads to no entity is in no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

ENTITY = "legal_entity_id"


@dataclass(frozen=True)
class Own:
    """Rows that name the entity in ``legal_entity_id``; with ``or_all`` also those that name none and hold for all."""

    or_all: bool = False


@dataclass(frozen=True)
class Path:
    """A step to another table: the row's ``column`` is a ``key`` there, and that row is the entity's.

    With ``of``, a step for rows whose ``object_type`` is that: one column names records of several tables.
    """

    column: str
    table: str
    key: str
    of: str = ""


@dataclass(frozen=True)
class Through:
    """Rows that lead to the entity by the first of the paths whose column is filled, or with ``all_of`` by each.

    With ``or_all``, rows of which no path's column is filled hold for all entities.
    """

    paths: tuple[Path, ...]
    all_of: bool = False
    or_all: bool = False


@dataclass(frozen=True)
class Named:
    """Rows that a row of the entity names: the row's ``column`` is found in one of ``by`` (column of table)."""

    column: str
    by: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Shared:
    """Reference without entity: every file holds all of it."""


@dataclass(frozen=True)
class Withheld:
    """In no file, and why."""

    reason: str


Rule = Own | Through | Named | Shared | Withheld

_PROJECT = Path("project_id", "core_project", "project_id")
_CONTRACT = Path("contract_id", "core_contract", "contract_id")
_OPPORTUNITY = Path("opportunity_id", "core_opportunity", "opportunity_id")
_INVOICE = Path("invoice_id", "core_invoice", "invoice_id")
_PERSON = Path("person_id", "core_person", "person_id")
_REQUEST = Path("request_id", "core_staffing_request", "request_id")
_ACCOUNT = Path("account_id", "core_account", "account_id")
_BOTH_ACCOUNTS = Through(
    (
        Path("left_account_id", "core_account", "account_id"),
        Path("right_account_id", "core_account", "account_id"),
    ),
    all_of=True,
)
_CLIENT = Path("object_id", "int_account_client", "client_id")


def _project_or_contract(column: str) -> Through:
    """Rows whose ``column`` names a project or a contract, as ``object_type`` says."""
    return Through(
        (
            Path(column, "core_contract", "contract_id", of="contract"),
            Path(column, "core_project", "project_id", of="project"),
        )
    )


_GOLDEN_OBJECT = Through((replace(_CLIENT, of="client"), *_project_or_contract("object_id").paths))
_SUMMED = Withheld("sums over all entities")
_COST = Withheld("cost, from which rates of pay can be derived")
_NO_ENTITY = Withheld("names records of every entity")

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        # core: what the sources said
        "core_account": Named(
            "account_id",
            by=tuple(
                (table, "account_id") for table in ("core_contract", "core_project", "core_invoice", "core_opportunity")
            ),
        ),
        "core_account_match": _BOTH_ACCOUNTS,
        "core_assignment": Through((_PROJECT, _OPPORTUNITY, _REQUEST, _PERSON)),
        "core_billing_schedule": Through((_CONTRACT,)),
        "core_capacity_series": _SUMMED,
        "core_change_order": Through((_PROJECT, _CONTRACT)),
        "core_contact": Through((_ACCOUNT,)),
        "core_contract": Own(),
        "core_contract_amendment": Through((_CONTRACT,)),
        "core_contract_line": Through((_CONTRACT,)),
        "core_cost_rate": Withheld("what people cost"),
        "core_credit_note": Through((_INVOICE,)),
        "core_currency_rate": Shared(),
        "core_decision": _NO_ENTITY,
        "core_discount_approval": Through((Path("quote_id", "core_quote", "quote_id"),)),
        "core_dispute": Through((_INVOICE,)),
        "core_expense": Through((_PROJECT, _PERSON)),
        "core_holiday": Shared(),
        "core_integration_message": _NO_ENTITY,
        "core_invoice": Own(),
        "core_invoice_line": Through((_INVOICE,)),
        "core_leave": Through((_PERSON,)),
        "core_legal_entity": Own(),
        "core_milestone": Through((_PROJECT,)),
        "core_opportunity": Own(),
        "core_opportunity_event": Through((_OPPORTUNITY,)),
        "core_opportunity_role_demand": Through((_OPPORTUNITY,)),
        "core_payment": Through((_INVOICE,)),
        "core_person": Own(),
        "core_person_skill": Through((_PERSON,)),
        "core_project": Own(),
        "core_project_budget": Through((_PROJECT,)),
        "core_project_status": Through((_PROJECT,)),
        "core_purchase_order": _COST,
        "core_quote": Through((_OPPORTUNITY,)),
        "core_rate_card": Through((_CONTRACT, _PERSON), or_all=True),
        "core_revenue_schedule": Through((_CONTRACT,)),
        "core_skill": Shared(),
        "core_staffing_proposal": Through((_REQUEST, _PERSON), all_of=True),
        "core_staffing_request": Through((_PROJECT, _OPPORTUNITY)),
        "core_staffing_request_skill": Through((_REQUEST,)),
        "core_subcontractor_cost": _COST,
        "core_task": Through((_PROJECT,)),
        "core_time_entry": Through((_PROJECT, _PERSON)),
        # intermediate: steps that marts share
        "int_account_verdict": _BOTH_ACCOUNTS,
        "int_account_client": Through((_ACCOUNT,)),
        "int_account_golden": Through((_ACCOUNT,)),
        "int_attribute_claim": _GOLDEN_OBJECT,
        "int_attribute_winner": _GOLDEN_OBJECT,
        "int_change_agreed": Own(),
        "int_change_expected": Own(),
        "int_change_revised": Through((_CONTRACT, _PROJECT)),
        "int_change_step": _NO_ENTITY,
        "int_booked_week": Through((_PERSON,)),
        "int_booking": Through((_PROJECT, _OPPORTUNITY, _PERSON)),
        "int_booking_week": Through((_PROJECT, _OPPORTUNITY, _PERSON)),
        "int_client_claim": Through((_CLIENT,)),
        "int_contract_claim": Through((Path("object_id", "core_contract", "contract_id"),)),
        "int_cost_rate_span": Withheld("what people cost"),
        "int_earned_value": _COST,
        "int_employment": Through((_PERSON,)),
        "int_fx_reporting": Shared(),
        "int_contract_deal": Own(),
        "int_hourly_line": Through((_PROJECT,)),
        "int_invoice_due": Through((_INVOICE,)),
        "int_invoice_position": Own(),
        "int_free_week": Own(),
        "int_leave_day": Through((_PERSON,)),
        "int_person_holiday": Through((_PERSON,)),
        "int_invoice_settlement": Through((_INVOICE,)),
        "int_person_week": Own(),
        "int_price_span": Through((_CONTRACT, _PERSON), or_all=True),
        "int_project_billing": Through((_PROJECT,)),
        "int_project_budget": _COST,
        "int_project_claim": Through((Path("object_id", "core_project", "project_id"),)),
        "int_project_cost": _COST,
        "int_project_position": Own(),
        "int_reconciled_side": Own(),
        "int_recognised_revenue": Through((_PROJECT, _CONTRACT)),
        "int_record_key": _project_or_contract("record_id"),
        "int_rekeyed": _project_or_contract("left_id"),
        "int_quality_analytical": _SUMMED,
        "int_quality_logical": _SUMMED,
        "int_quality_structural": _SUMMED,
        "int_standard_value": Through((_PROJECT,)),
        "int_time_week": Through((_PERSON,)),
        "int_time_value": Through((_PROJECT, _PERSON)),
        "int_moment": Shared(),
        "int_month_measure": _COST,
        "int_valuation": Shared(),
        "int_week": Shared(),
        "int_won_deal": Own(),
        # marts
        "backlog": Own(),
        "billing_position": Own(),
        "billing_vs_revenue": Own(),
        "billing_workbench": Own(),
        "booking_state": Through((_PROJECT, _OPPORTUNITY, _PERSON)),
        "calendar_day": Shared(),
        "capacity_weekly": _SUMMED,
        "change_effect": Own(),
        "change_event": Own(),
        "change_outside_authority": Own(),
        "contract_state": Own(),
        "client_status": _SUMMED,
        "contribution_margin": Own(),
        "currency_position": Own(),
        "deal_handoff": Own(),
        "deal_status": Own(),
        "handoff_compliance": Own(),
        "handoff_state": Own(),
        "percent_complete_by_method": Own(),
        "project_commitment": Own(),
        "realization_waterfall": Own(),
        "eac_by_method": Own(),
        "executive_kpi": _COST,
        "golden_attribute": _GOLDEN_OBJECT,
        "invoice_ageing": Own(),
        "opportunity_state": Own(),
        "pipeline_current": Own(),
        "project_performance": Own(),
        "project_state": Own(),
        "realization": Own(),
        "record_key": Own(),
        "receivables": Own(),
        "resource_outlook": Own(),
        "utilization_by_definition": Own(),
        "utilization_weekly": Own(),
        "wip_unbilled": Own(),
        # the records as they are now
        "client": Through((Path("client_id", "int_account_client", "client_id"),)),
        "contract": Own(),
        "expense": Own(),
        "invoice": Own(),
        "person": Own(),
        "project": Own(),
        "time_entry": Own(),
        # marts of revenue leakage
        "leakage_approved_change_not_scheduled": Own(),
        "leakage_billed_line": Through((_INVOICE,)),
        "leakage_billed_rate": Own(),
        "leakage_cap_balance": Own(),
        "leakage_capped_time": Through((Path("time_entry_id", "core_time_entry", "time_entry_id"),)),
        "leakage_contract_line": Own(),
        "leakage_evidence": Own(),
        "leakage_milestone_not_invoiced": Own(),
        "leakage_missed_escalator": Own(),
        "leakage_nte_overrun_absorbed": Own(),
        "leakage_price": Through((_CONTRACT,)),
        "leakage_priced_change": Own(),
        "leakage_priced_time": Own(),
        "leakage_rate_below_contract": Own(),
        "leakage_recurring_due": Own(),
        "leakage_recurring_misbilled": Own(),
        "leakage_recurring_month": Own(),
        "leakage_unbilled_expense": Own(),
        "leakage_unbilled_time": Own(),
        "leakage_voided_line": Through((Path("invoice_line_id", "core_invoice_line", "invoice_line_id"),)),
        # governance
        "gov_account_match_review": _BOTH_ACCOUNTS,
        "gov_alert_budget": Shared(),
        "gov_approval_authority": Shared(),
        "gov_control_share": Shared(),
        "gov_data_owner": Shared(),
        "gov_exception_sla": Shared(),
        "gov_firm_rule": Shared(),
        "gov_handoff_readiness": Own(),
        "gov_integration_health": _SUMMED,
        "integration_health_trend": _SUMMED,
        "gov_master_data_disagreement": _GOLDEN_OBJECT,
        "gov_metric_definition": Shared(),
        "gov_data_need": Shared(),
        "gov_quality_check": Shared(),
        "gov_quality_grade": _SUMMED,
        "gov_quality_result": _SUMMED,
        "gov_policy_limit": Shared(),
        "gov_reconciliation_rule": Shared(),
        "gov_rekeyed_record": _project_or_contract("record_id"),
        "gov_profile_effect": _GOLDEN_OBJECT,
        "gov_routing_rule": Own(or_all=True),
        "gov_system_kind": Shared(),
        "gov_system_of_record": Shared(),
        "gov_tax_rate": Shared(),
        "gov_unknown_reference": _SUMMED,
        "gov_unreflected_change": Own(),
        # reconciliations
        "rec_billing_to_revenue": Own(),
        "rec_crm_to_erp": Own(),
        "rec_finding": Own(),
        "rec_invoice_to_cash": Own(),
        "rec_item_cash": Own(),
        "rec_item_contract": Own(),
        "rec_item_invoice": Own(),
        "rec_item_leakage": Own(),
        "rec_item_rate": Own(),
        "rec_item_revenue": Own(),
        "rec_item_time": Own(),
        "rec_item_value": Own(),
        "rec_open_by_month": Own(),
        "rec_source_to_core": _SUMMED,
        "rec_time_to_billing": Own(),
        "rec_trend": Own(),
    }
)

# Columns that are cost, or from which cost can be derived (earned value and margin hold it), in whatever table.
WITHHELD_COLUMNS = frozenset(
    {
        "actual_cost",
        "actual_cost_basis",
        "baseline_margin_ratio",
        "budget_cost",
        "committed_cost",
        "contribution_margin",
        "contribution_margin_ratio",
        "cost_amount",
        "cost_change",
        "cost_currency",
        "cost_rate",
        "cpi",
        "eac_amount",
        "eac_cpi",
        "eac_cpi_spi",
        "eac_manager",
        "eac_plan",
        "earned_value",
        "etc_amount",
        "etc_cost",
        "expense_cost",
        "forecast_cost",
        "forecast_margin_ratio",
        "labour_cost",
        "margin_after_commitments",
        "planned_value",
        "review_cost",
        "subcontractor_cost",
        "tcpi",
        "variance_at_completion",
    }
)
# Columns whose names speak of cost, and that hold none.
HARMLESS_COLUMNS = frozenset({"cost_centre", "etc_hours"})
# A published column whose name holds one of these must be in one of the two sets above.
COST_WORDS = (
    "cost",
    "margin",
    "eac_",
    "etc_",
    "cpi",
    "earned_value",
    "planned_value",
    "salary",
    "wage",
    "pay_rate",
    "payroll",
)

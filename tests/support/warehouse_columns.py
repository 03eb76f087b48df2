"""The columns of the published tables, as a build of the warehouse makes them: core by the contract, others by hand."""

from __future__ import annotations

from leadline.kernel.contracts import LANDING_COLUMNS, SQL_TYPES, Entity, entities
from leadline.warehouse.schema import CORE_COLUMNS


def _core(entity: Entity) -> str:
    """Return the columns of an entity's core table as ``name type; …``."""
    kinds = {name: column.type for name, column in entity.columns.items()} | dict(LANDING_COLUMNS)
    kinds |= {name: kind for name, kind in CORE_COLUMNS.items() if name not in kinds}
    return "; ".join(f"{name} {SQL_TYPES[kind].replace('varchar', 'text')}" for name, kind in kinds.items())


COLUMNS = {f"core_{name}": _core(entity) for name, entity in entities().items()} | {
    "int_account_client": ("account_id text; client_id text; is_golden boolean"),
    "int_account_golden": ("account_id text; client_id text; client_name text; client_region text; is_golden boolean"),
    "int_invoice_position": (
        "invoice_id text; client_id text; legal_entity_id text; contract_id text; project_id text; "
        "invoice_number text; status text; is_issued boolean; issue_date date; due_date date; last_paid_on "
        "date; last_credited_on date; last_returned_on date; settled_on date; is_paid_in_other_currency "
        "boolean; is_open boolean; currency text; net_amount decimal(18,2); gross_amount decimal(18,2); "
        "paid_amount decimal(18,2); credited_amount decimal(18,2); open_amount decimal(18,2); days_overdue "
        "bigint; overdue_amount decimal(18,2); open_disputes bigint; open_amount_reporting decimal(18,2); "
        "overdue_amount_reporting decimal(18,2); net_amount_reporting decimal(18,2)"
    ),
    "int_project_cost": (
        "project_id text; cost_date date; cost_kind text; currency text; hours decimal(18,2); "
        "amount decimal(18,2); project_currency text; project_amount decimal(18,2); "
        "reporting_amount decimal(18,2)"
    ),
    "project_performance": (
        "project_id text; project_name text; client_id text; client_name text; contract_id text; "
        "legal_entity_id text; practice text; region text; project_type text; billing_method text; "
        "manager_id text; status text; rag text; start_date date; planned_end_date date; status_date date; "
        "currency text; budget_cost decimal(18,2); budget_revenue decimal(18,2); percent_complete "
        "decimal(18,4); earned_value decimal(18,2); planned_value decimal(18,2); actual_cost decimal(18,2); "
        "actual_cost_basis text; cpi decimal(18,4); spi decimal(18,4); eac_plan decimal(18,2); eac_cpi "
        "decimal(18,2); eac_cpi_spi decimal(18,2); eac_manager decimal(18,2); baseline_margin_ratio "
        "decimal(18,4); forecast_margin_ratio decimal(18,4)"
    ),
    "contribution_margin": (
        "project_id text; project_name text; client_id text; client_name text; contract_id text; "
        "legal_entity_id text; practice text; project_type text; manager_id text; status text; is_internal "
        "boolean; currency text; revenue_amount decimal(18,2); labour_cost decimal(18,2); expense_cost "
        "decimal(18,2); subcontractor_cost decimal(18,2); contribution_margin decimal(18,2); "
        "contribution_margin_ratio decimal(18,4); committed_cost decimal(18,2); margin_after_commitments "
        "decimal(18,2); unconverted_rows bigint"
    ),
    "percent_complete_by_method": (
        "project_id text; project_name text; client_id text; client_name text; complete_method text; "
        "contract_id text; legal_entity_id text; practice text; project_type text; manager_id text; "
        "billing_method text; status text; percent_complete decimal(18,4); above_manager decimal(18,4); "
        "undefined_reason text"
    ),
    "eac_by_method": (
        "project_id text; project_name text; client_id text; client_name text; estimate_method text; "
        "contract_id text; legal_entity_id text; practice text; region text; project_type text; manager_id "
        "text; status text; currency text; budget_cost decimal(18,2); actual_cost decimal(18,2); "
        "earned_value decimal(18,2); eac_amount decimal(18,2); etc_amount decimal(18,2); "
        "variance_at_completion decimal(18,2); tcpi decimal(18,4); undefined_reason text"
    ),
    "project_state": (
        "project_id text; from_day date; to_day date; account_id text; contract_id text; "
        "legal_entity_id text; manager_id text; status text; start_date date; planned_end_date date; "
        "actual_end_date date; percent_complete decimal(9,6); rag text; currency text; "
        "budget_cost decimal(18,2); budget_revenue decimal(18,2)"
    ),
    "change_event": (
        "event_id text; change_type text; object_type text; object_id text; contract_id text; "
        "project_id text; opportunity_id text; client_id text; legal_entity_id text; agreed_on date; "
        "effective_on date; known_at timestamp; late_capture_days bigint; currency text; "
        "value_change decimal(18,2); cost_change decimal(18,2); rescheduled_amount decimal(18,2); "
        "planned_on_before date; planned_on date; days_moved bigint; approved_by text; approver_role text; "
        "is_approver_recorded boolean; authority_limit decimal(18,2); authority_currency text; "
        "decided_amount_reporting decimal(18,2); limit_reporting decimal(18,2); is_within_authority boolean"
    ),
    "change_effect": (
        "event_id text; target text; change_type text; change_id text; object_id text; contract_id text; "
        "project_id text; legal_entity_id text; agreed_on date; currency text; "
        "expected_amount decimal(18,2); reflected_amount decimal(18,2); open_amount decimal(18,2); "
        "is_noted boolean; is_reflected boolean; reflected_on date; days_open bigint"
    ),
    "project_commitment": (
        "project_id text; project_name text; contract_id text; client_id text; client_name text; "
        "legal_entity_id text; practice text; project_type text; manager_id text; status text; rag text; "
        "billing_method text; planned_end_date date; contract_end_date date; ends_after_contract boolean; "
        "lacks_purchase_order boolean; currency text; contract_value decimal(18,2); not_to_exceed "
        "decimal(18,2); unbilled_amount decimal(18,2); changes_not_billed_amount decimal(18,2); "
        "changes_not_billed bigint; hard_hours_13_weeks decimal(18,2); soft_hours_13_weeks decimal(18,2); "
        "open_requests bigint"
    ),
    "invoice_ageing": (
        "invoice_id text; client_id text; client_name text; legal_entity_id text; contract_id text; "
        "project_id text; project_name text; practice text; project_type text; manager_id text; "
        "invoice_number text; issue_date date; due_date date; valued_on date; days_overdue bigint; "
        "ageing_bucket text; currency text; gross_amount decimal(18,2); paid_amount decimal(18,2); "
        "credited_amount decimal(18,2); open_amount decimal(18,2); overdue_amount decimal(18,2); "
        "open_amount_reporting decimal(18,2); overdue_amount_reporting decimal(18,2); is_returned boolean; "
        "is_disputed boolean"
    ),
    "receivables": (
        "legal_entity_id text; currency text; issued_invoices bigint; open_amount decimal(18,2); "
        "open_amount_reporting decimal(18,2); owed_amount decimal(18,2); credit_balance_amount decimal(18,2); "
        "overdue_amount decimal(18,2); disputed_amount decimal(18,2); billed_last_90_days decimal(18,2); "
        "days_sales_outstanding decimal(18,4)"
    ),
    "golden_attribute": (
        "object_type text; object_id text; domain text; attribute text; integration_profile text; "
        "winning_value text; winning_system text; winning_record_id text; winning_known_at timestamp; "
        "decided_by text; claims bigint; losing_claims bigint; losing_values text; has_disagreement boolean; "
        "owner text"
    ),
    "resource_outlook": (
        "person_id text; week_start date; role text; region text; practice text; legal_entity_id text; "
        "contractual_hours decimal(18,2); holiday_hours decimal(18,2); leave_hours decimal(18,2); "
        "requested_leave_hours decimal(18,2); available_hours decimal(18,2); hard_booked_hours decimal(18,2); "
        "soft_booked_hours decimal(18,2); bench_hours decimal(18,2); overbooked_hours decimal(18,2); "
        "free_hours decimal(18,2); booked_for text; hard_booked_until date; skills bigint"
    ),
    "utilization_weekly": (
        "person_id text; week_start date; role text; region text; practice text; legal_entity_id text; "
        "contractual_hours decimal(18,2); available_hours decimal(18,2); worked_hours decimal(18,2); "
        "billable_hours decimal(18,2); billable_utilization decimal(18,4)"
    ),
    "utilization_by_definition": (
        "week_start date; legal_entity_id text; region text; role text; definition text; "
        "counted_hours decimal(18,2); capacity_hours decimal(18,2); utilization_ratio decimal(18,4)"
    ),
    "deal_handoff": (
        "opportunity_id text; client_id text; client_name text; legal_entity_id text; owner_id text; "
        "close_date date; currency text; amount decimal(18,2); rules_applying bigint; rules_met bigint; "
        "readiness_ratio decimal(18,4); is_ready boolean"
    ),
    "deal_status": (
        "opportunity_id text; client_id text; client_name text; legal_entity_id text; owner_id text; "
        "close_date date; activation text; first_contract_id text; signed_on date; readiness_ratio "
        "decimal(18,4); currency text; deal_amount decimal(18,2); contract_value decimal(18,2); "
        "billed_amount decimal(18,2); billed_ratio decimal(18,4); open_amount decimal(18,2); overdue_amount "
        "decimal(18,2); disputed_invoices bigint; red_projects bigint; open_differences bigint"
    ),
    "handoff_state": (
        "opportunity_id text; checkpoint text; legal_entity_id text; from_on date; to_on date; "
        "is_open boolean; days_in_state bigint"
    ),
    "gov_handoff_readiness": (
        "opportunity_id text; rule text; checkpoint text; domain text; steward_queue text; "
        "legal_entity_id text; close_date date; currency text; amount decimal(18,2); is_met boolean"
    ),
    "leakage_evidence": (
        "evidence_id text; leakage_class text; contract_line_id text; contract_id text; project_id text; "
        "account_id text; legal_entity_id text; period text; amount decimal(18,2); currency text; "
        "expected_amount decimal(18,2); billed_amount decimal(18,2); left_entity text; left_key text; "
        "right_entity text; right_key text; matures_on date; known_at timestamp; known_to timestamp"
    ),
    "realization_waterfall": (
        "project_id text; project_name text; client_id text; client_name text; legal_entity_id text; "
        "practice text; project_type text; manager_id text; currency text; list_amount decimal(18,2); "
        "discount_amount decimal(18,2); worked_amount decimal(18,2); unbilled_amount decimal(18,2); "
        "rate_variance_amount decimal(18,2); adjustment_amount decimal(18,2); billed_amount decimal(18,2); "
        "draft_amount decimal(18,2); credited_amount decimal(18,2); collected_amount decimal(18,2); "
        "open_amount decimal(18,2); realized_amount decimal(18,2); realization_ratio decimal(18,4); "
        "collection_realization_ratio decimal(18,4)"
    ),
    "realization": (
        "project_id text; project_name text; client_id text; client_name text; legal_entity_id text; "
        "practice text; project_type text; manager_id text; billing_method text; month_start date; currency "
        "text; hours decimal(18,2); standard_amount decimal(18,2); billed_amount decimal(18,2); "
        "unbilled_amount decimal(18,2); recognised_amount decimal(18,2); realized_amount decimal(18,2); "
        "waiting_amount decimal(18,2); unpriced_hours decimal(18,2); realization_ratio decimal(18,4); "
        "effective_rate decimal(18,4)"
    ),
    "executive_kpi": (
        "legal_entity_id text; month_start date; is_closed boolean; kpi text; unit text; currency text; "
        "numerator decimal(18,2); denominator decimal(18,2); kpi_value decimal(18,4)"
    ),
    "gov_policy_limit": (
        "score text; limit_name text; value decimal(18,4); unit text; min_value decimal(18,4); "
        "max_value decimal(18,4); description text"
    ),
    "gov_metric_definition": ("metric text; mart text; metric_column text; unit text; owner text; formula text"),
    "rec_trend": (
        "reconciliation text; month_start date; legal_entity_id text; currency text; unit text; "
        "expected_rows bigint; found_rows bigint; expected_amount decimal(18,2); found_amount decimal(18,2); "
        "difference decimal(18,2); change_in_month decimal(18,2); owner text; steward_queue text"
    ),
    "calendar_day": ("calendar_day date; week_start date; month_start date; weekday bigint"),
    "wip_unbilled": (
        "project_id text; project_name text; client_id text; client_name text; contract_line_id text; "
        "legal_entity_id text; practice text; project_type text; manager_id text; currency text; "
        "unbilled_hours decimal(18,2); unbilled_time_amount decimal(18,2); unbilled_expense_amount "
        "decimal(18,2); unpriced_hours decimal(18,2); oldest_earned_on date; oldest_age_days bigint"
    ),
    "pipeline_current": (
        "opportunity_id text; client_id text; client_name text; legal_entity_id text; owner_id text; "
        "practice text; region text; stage text; billing_method text; created_on date; expected_close_date "
        "date; expected_start_date date; days_in_stage bigint; days_past_expected_close bigint; currency "
        "text; amount decimal(18,2); amount_reporting decimal(18,2); seller_probability decimal(9,6); "
        "weighted_amount_reporting decimal(18,2); demand_fte_weeks decimal(18,2)"
    ),
    "backlog": (
        "contract_id text; opportunity_id text; client_id text; client_name text; legal_entity_id text; "
        "billing_method text; end_date date; currency text; contract_value decimal(18,2); recognised_amount "
        "decimal(18,2); billed_amount decimal(18,2); contracted_backlog decimal(18,2); unbilled_backlog "
        "decimal(18,2); billed_above_contract decimal(18,2); agreed_change_amount decimal(18,2); "
        "planned_billing_amount decimal(18,2); planned_13_weeks_amount decimal(18,2)"
    ),
    "client_status": (
        "client_id text; client_name text; client_region text; currency text; open_deals bigint; "
        "open_deal_amount decimal(18,2); unready_deals bigint; open_projects bigint; red_projects bigint; "
        "billed_last_365_days decimal(18,2); open_receivables decimal(18,2); "
        "overdue_receivables decimal(18,2); disputed_invoices bigint"
    ),
    "opportunity_state": (
        "opportunity_id text; from_day date; to_day date; account_id text; legal_entity_id text; "
        "owner_id text; stage text; is_closed boolean; is_won boolean; probability decimal(9,6); "
        "expected_close_date date; close_date date; currency text; amount decimal(18,2)"
    ),
    "rec_finding": (
        "finding_id text; reconciliation text; finding_class text; object_type text; object_id text; "
        "contract_id text; legal_entity_id text; currency text; expected_amount decimal(18,2); found_amount "
        "decimal(18,2); difference decimal(18,2); domain text; owner text; steward_queue text; opened_on "
        "date; age_days bigint; hours_to_mend bigint; is_overdue boolean"
    ),
    "gov_integration_health": (
        "interface text; error_class text; steward_queue text; messages bigint; failed_messages bigint; "
        "dead_messages bigint; unresolved_messages bigint; overdue_messages bigint; oldest_age_hours bigint; "
        "most_attempts bigint"
    ),
    "integration_health_trend": (
        "week_start date; interface text; error_class text; steward_queue text; opened_messages bigint; "
        "resolved_messages bigint; open_messages bigint; median_age_hours decimal(18,1); breached_messages "
        "bigint"
    ),
    "gov_quality_grade": (
        "product text; product_kind text; grade text; is_fit_for_use boolean; checks bigint; imperfect_checks "
        "bigint; failed_checks bigint; reasons text"
    ),
    "gov_quality_result": (
        "check_id text; kind text; entity text; domain text; owner text; steward_queue text; asks text; "
        "examined_rows bigint; failing_rows bigint; failing_share decimal(9,6); grade text"
    ),
    "handoff_compliance": (
        "legal_entity_id text; won_in date; checkpoint text; deals bigint; rules_due bigint; rules_met "
        "bigint; compliance_ratio decimal(18,4)"
    ),
    "project": (
        "project_id text; project_name text; client_id text; client_name text; contract_id text; "
        "opportunity_id text; legal_entity_id text; practice text; region text; project_type text; "
        "billing_method text; manager_id text; currency text; start_date date; planned_end_date date; "
        "actual_end_date date; status text"
    ),
    "contract": (
        "contract_id text; contract_name text; client_id text; client_name text; opportunity_id text; "
        "legal_entity_id text; billing_method text; currency text; total_value decimal(18,2); not_to_exceed "
        "decimal(18,2); escalator_pct decimal(9,6); escalator_date date; po_required boolean; po_number "
        "text; payment_terms_days bigint; start_date date; end_date date; signed_on date; status text"
    ),
    "client": (
        "client_id text; client_name text; region text; industry text; country_code text; owner_id text; "
        "status text; created_on date; accounts bigint"
    ),
    "person": (
        "person_id text; person_name text; legal_entity_id text; role text; seniority bigint; practice "
        "text; region text; manager_id text; hire_date date; termination_date date; weekly_hours "
        "decimal(9,2); employment_type text; billable_target decimal(9,6); status text"
    ),
    "time_entry": (
        "time_entry_id text; person_id text; project_id text; project_name text; client_id text; "
        "client_name text; contract_id text; contract_line_id text; task_id text; legal_entity_id text; "
        "practice text; project_type text; manager_id text; role text; work_date date; hours decimal(9,2); "
        "description text; status text; submitted_at timestamp; approved_at timestamp; is_billable boolean; "
        "is_approved boolean; is_billed boolean; billing_method text; bill_rate decimal(18,4); "
        "bill_currency text; bill_amount decimal(18,2); invoice_line_id text"
    ),
    "expense": (
        "expense_id text; person_id text; project_id text; project_name text; client_id text; client_name "
        "text; contract_id text; contract_line_id text; legal_entity_id text; practice text; project_type "
        "text; manager_id text; expense_date date; category text; merchant text; description text; currency "
        "text; amount decimal(18,2); is_billable boolean; has_receipt boolean; payment_method text; status "
        "text; submitted_at timestamp; approved_at timestamp; invoice_line_id text"
    ),
    "invoice": (
        "invoice_id text; invoice_number text; client_id text; client_name text; contract_id text; "
        "project_id text; project_name text; legal_entity_id text; practice text; project_type text; "
        "manager_id text; status text; is_issued boolean; issue_date date; due_date date; settled_on date; "
        "days_overdue bigint; currency text; net_amount decimal(18,2); gross_amount decimal(18,2); "
        "paid_amount decimal(18,2); credited_amount decimal(18,2); open_amount decimal(18,2); "
        "overdue_amount decimal(18,2); open_disputes bigint"
    ),
}

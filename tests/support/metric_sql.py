"""What every metric of the semantic layer should be, written by hand in SQL, over three slices of each.

Wherever the warehouse knows the figure twice, the SQL takes another way than the metric: other tables, or other columns
of the same. A slice is written in MetricFlow's words; its expression says what that is in the hand-written SQL.
"""

from __future__ import annotations

from collections.abc import Mapping

Slices = Mapping[tuple[str, ...], str]

Checks = dict[tuple[str, ...], str]

TOTAL: tuple[str, ...] = ()
CURRENCY = ("currency",)
ENTITY = ("legal_entity",)
ENTITY_CURRENCY = ("legal_entity", "currency")
MONTH = ("metric_time__month",)
MONTH_CURRENCY = ("metric_time__month", "currency")
PRACTICE = ("project__practice",)
PRACTICE_CURRENCY = ("project__practice", "currency")


def by(figure: str, source: str, slices: Slices) -> Checks:
    """Return a statement for each slice: its expressions, and the figure."""
    return {
        names: f"select {columns + ', ' if columns else ''}{figure} from {source}"
        + (f" group by {columns}" if columns else "")
        for names, columns in slices.items()
    }


LAST_DAY = "(select valued_on from int_valuation)"

# Finance -----------------------------------------------------------------------------------------------------------
OWED = "int_invoice_position where is_issued and open_amount <> 0"
OWED_SLICES = {TOTAL: "", ENTITY: "legal_entity_id", ("client",): "client_id"}
LATE = f"coalesce(due_date, issue_date) < {LAST_DAY} and gross_amount > paid_amount + credited_amount"
OVERDUE = f"sum(case when {LATE} then open_amount_reporting else 0 end)"
OWING = "sum(case when gross_amount > paid_amount + credited_amount then open_amount_reporting else 0 end)"
BILLED_90 = f"sum(case when issue_date > {LAST_DAY} - 90 and issue_date <= {LAST_DAY} then gross_amount else 0 end)"
INVOICED = "int_invoice_position where is_issued"
INVOICED_SLICES = {
    CURRENCY: "currency",
    ENTITY_CURRENCY: "legal_entity_id, currency",
    MONTH_CURRENCY: f"date_trunc('month', {LAST_DAY}), currency",
}
WAITING = (
    "int_time_value as worked left join core_project as project on worked.project_id = project.project_id"
    " and project.known_to is null where worked.is_billable and worked.is_approved and not worked.is_billed"
    " and worked.billing_method in ('time_and_materials', 'hybrid') and worked.bill_currency is not null"
)
WAITING_SLICES = {
    CURRENCY: "worked.bill_currency",
    ENTITY_CURRENCY: "project.legal_entity_id, worked.bill_currency",
    ("project", "currency"): "worked.project_id, worked.bill_currency",
}
# The balance of each contract and currency at the end of each month: that of the last month in which anything moved.
BALANCES = (
    "(select month.month_start, moved.legal_entity_id, moved.currency,"
    " arg_max(moved.deferred_balance, moved.month_start) as balance"
    " from (select distinct month_start from calendar_day) as month"
    " inner join billing_vs_revenue as moved on moved.month_start <= month.month_start"
    " group by month.month_start, moved.contract_id, moved.legal_entity_id, moved.currency)"
)
LAST_BALANCES = f"{BALANCES} where month_start = (select max(month_start) from calendar_day)"
BALANCED = "(select distinct month_start from calendar_day) as month inner join billing_vs_revenue as moved"
BALANCED += " on moved.month_start <= month.month_start"
REALIZED = "realization as done left join project_performance as project on done.project_id = project.project_id"
REALIZED_SLICES = {
    CURRENCY: "done.currency",
    MONTH_CURRENCY: "done.month_start, done.currency",
    ("project__legal_entity", "currency"): "project.legal_entity_id, done.currency",
    ("project_month__billing_method", "currency"): "done.billing_method, done.currency",
}
BILLABLE = "case when done.billing_method <> 'non_billable' then {} end"
REALIZED_AMOUNT = f"sum({BILLABLE.format('billed_amount + unbilled_amount + recognised_amount')})"
STANDARD_AMOUNT = f"sum({BILLABLE.format('standard_amount')})"
REALIZED_HOURS = f"sum({BILLABLE.format('done.hours')})"
FALL = "realization_waterfall as fall left join project_performance as project on fall.project_id = project.project_id"
FALL_SLICES = {
    CURRENCY: "fall.currency",
    ENTITY_CURRENCY: "fall.legal_entity_id, fall.currency",
    PRACTICE_CURRENCY: "project.practice, fall.currency",
}
# The steps of the waterfall, from both ends.
FALL_LISTED = "sum(realized_amount + credited_amount - rate_variance_amount - adjustment_amount + discount_amount)"
FALL_COLLECTED = "sum(billed_amount - draft_amount - credited_amount - fall.open_amount)"
BACKLOG_SLICES = {
    CURRENCY: "currency",
    ENTITY_CURRENCY: "legal_entity_id, currency",
    ("active_contract__billing_method", "currency"): "billing_method, currency",
}
CURRENCIES = "count(distinct currency)"

FINANCE: dict[str, Checks] = {
    "open_receivables": by("sum(open_amount_reporting)", OWED, OWED_SLICES),
    "overdue_receivables": by(OVERDUE, OWED, OWED_SLICES),
    "owed_receivables": by(OWING, OWED, OWED_SLICES),
    "overdue_receivables_ratio": by(f"{OVERDUE} / nullif({OWING}, 0)", OWED, OWED_SLICES),
    "days_sales_outstanding": by(f"sum(open_amount) / nullif({BILLED_90}, 0) * 90", INVOICED, INVOICED_SLICES),
    "days_sales_outstanding_open": by("sum(open_amount)", INVOICED, INVOICED_SLICES),
    "days_sales_outstanding_billed": by(BILLED_90, INVOICED, INVOICED_SLICES),
    "days_sales_outstanding_currencies": by(
        CURRENCIES, INVOICED, {TOTAL: "", CURRENCY: "currency", ENTITY: "legal_entity_id"}
    ),
    "unbilled_work": by("sum(bill_amount)", WAITING, WAITING_SLICES),
    "unbilled_work_amount": by("sum(bill_amount)", WAITING, WAITING_SLICES),
    "unbilled_work_currencies": by(
        "count(distinct case when bill_amount <> 0 then bill_currency end)",
        WAITING,
        {TOTAL: "", CURRENCY: "worked.bill_currency", ENTITY: "project.legal_entity_id"},
    ),
    "deferred_balance": {
        **by("sum(balance)", LAST_BALANCES, {CURRENCY: "currency", ENTITY_CURRENCY: "legal_entity_id, currency"}),
        **by("sum(balance)", BALANCES, {MONTH_CURRENCY: "month_start, currency"}),
    },
    "deferred_balance_amount": {
        **by("sum(balance)", LAST_BALANCES, {CURRENCY: "currency", ENTITY_CURRENCY: "legal_entity_id, currency"}),
        **by("sum(balance)", BALANCES, {MONTH_CURRENCY: "month_start, currency"}),
    },
    "deferred_balance_currencies": by(
        "count(distinct moved.currency)",
        BALANCED,
        {TOTAL: "", MONTH: "month.month_start", ENTITY: "moved.legal_entity_id"},
    ),
    "realization": by(f"{REALIZED_AMOUNT} / nullif({STANDARD_AMOUNT}, 0)", REALIZED, REALIZED_SLICES),
    "effective_rate": by(f"{REALIZED_AMOUNT} / nullif({REALIZED_HOURS}, 0)", REALIZED, REALIZED_SLICES),
    "realization_realized": by(REALIZED_AMOUNT, REALIZED, REALIZED_SLICES),
    "realization_standard": by(STANDARD_AMOUNT, REALIZED, REALIZED_SLICES),
    "realization_hours": by(REALIZED_HOURS, REALIZED, REALIZED_SLICES),
    "realization_currencies": by(
        "count(distinct case when done.billing_method <> 'non_billable'"
        " and (realized_amount <> 0 or standard_amount <> 0) then done.currency end)",
        REALIZED,
        {TOTAL: "", MONTH: "done.month_start", ("project",): "done.project_id"},
    ),
    "collection_realization": by(f"{FALL_COLLECTED} / nullif({FALL_LISTED}, 0)", FALL, FALL_SLICES),
    "waterfall_listed": by(FALL_LISTED, FALL, FALL_SLICES),
    "waterfall_collected": by(FALL_COLLECTED, FALL, FALL_SLICES),
    "waterfall_currencies": by(
        "count(distinct case when list_amount <> 0 or billed_amount <> 0 then fall.currency end)",
        FALL,
        {TOTAL: "", ENTITY: "fall.legal_entity_id", PRACTICE: "project.practice"},
    ),
    "contracted_backlog": by("sum(greatest(contract_value - recognised_amount, 0))", "backlog", BACKLOG_SLICES),
    "contracted_backlog_amount": by("sum(greatest(contract_value - recognised_amount, 0))", "backlog", BACKLOG_SLICES),
    "unbilled_backlog": by("sum(greatest(contract_value - billed_amount, 0))", "backlog", BACKLOG_SLICES),
    "unbilled_backlog_amount": by("sum(greatest(contract_value - billed_amount, 0))", "backlog", BACKLOG_SLICES),
    "backlog_currencies": by(CURRENCIES, "backlog", {TOTAL: "", ENTITY: "legal_entity_id", ("client",): "client_id"}),
}

# Delivery and people -----------------------------------------------------------------------------------------------
SUPPLIED = f"int_person_week where week_start <= {LAST_DAY}"
WORKED = (
    "int_time_value as worked left join int_person_week as week on worked.person_id = week.person_id"
    " and week.week_start = date_trunc('week', worked.work_date) where worked.is_billable and worked.is_approved"
)
DEFINED = "utilization_by_definition where definition = 'billable_of_available'"
INDEXED = "project_performance where earned_value is not null and {} is not null"
INDEXED_SLICES = {
    CURRENCY: "currency",
    PRACTICE_CURRENCY: "practice, currency",
    ("project__status", "currency"): "status, currency",
}
MARGIN = "contribution_margin as made left join project_performance as project on made.project_id = project.project_id"
MARGIN_SLICES = {TOTAL: "", ENTITY: "made.legal_entity_id", PRACTICE: "project.practice"}
EARNED = "sum(revenue_amount - labour_cost - expense_cost - subcontractor_cost)"
CAPACITY_SLICES = {TOTAL: "", MONTH: "date_trunc('month', week_start)", ("role_week__region",): "region"}
BENCH = "sum(supply_hours - hard_booked_hours + overbooked_hours)"

DELIVERY: dict[str, Checks] = {
    "available_hours": by(
        "sum(available_hours)",
        SUPPLIED,
        {TOTAL: "", ENTITY: "legal_entity_id", MONTH: "date_trunc('month', week_start)"},
    ),
    "billable_hours": by(
        "sum(hours)",
        WORKED,
        {TOTAL: "", ENTITY: "legal_entity_id", MONTH: "date_trunc('month', date_trunc('week', work_date))"},
    ),
    "billable_utilization": by(
        "sum(counted_hours) / nullif(sum(capacity_hours), 0)",
        DEFINED,
        {TOTAL: "", ENTITY: "legal_entity_id", ("person_week__role",): "role"},
    ),
    "cost_performance_index": by(
        "sum(earned_value) / nullif(sum(actual_cost), 0)", INDEXED.format("actual_cost"), INDEXED_SLICES
    ),
    "cost_index_earned": by("sum(earned_value)", INDEXED.format("actual_cost"), INDEXED_SLICES),
    "cost_index_spent": by("sum(actual_cost)", INDEXED.format("actual_cost"), INDEXED_SLICES),
    "schedule_performance_index": by(
        "sum(earned_value) / nullif(sum(planned_value), 0)", INDEXED.format("planned_value"), INDEXED_SLICES
    ),
    "schedule_index_earned": by("sum(earned_value)", INDEXED.format("planned_value"), INDEXED_SLICES),
    "schedule_index_planned": by("sum(planned_value)", INDEXED.format("planned_value"), INDEXED_SLICES),
    "earned_value_currencies": by(
        CURRENCIES,
        "project_performance where earned_value is not null",
        {TOTAL: "", ENTITY: "legal_entity_id", PRACTICE: "practice"},
    ),
    "recognised_revenue": by(
        "sum(contribution_margin + labour_cost + expense_cost + subcontractor_cost)", MARGIN, MARGIN_SLICES
    ),
    "contribution_margin": by(EARNED, MARGIN, MARGIN_SLICES),
    "contribution_margin_ratio": by(f"{EARNED} / nullif(sum(revenue_amount), 0)", MARGIN, MARGIN_SLICES),
    "purchase_commitment": by(
        "sum(coalesce(contribution_margin - margin_after_commitments, committed_cost))", MARGIN, MARGIN_SLICES
    ),
    "supply_hours": by(
        "sum(available_hours)",
        "int_person_week",
        {TOTAL: "", MONTH: "date_trunc('month', week_start)", ("role_week__role",): "coalesce(role, 'unknown')"},
    ),
    "bench_hours": by(BENCH, "capacity_weekly", CAPACITY_SLICES),
    "bench_ratio": by(f"{BENCH} / nullif(sum(supply_hours), 0)", "capacity_weekly", CAPACITY_SLICES),
}

# Sales -------------------------------------------------------------------------------------------------------------
UNDECIDED = "core_opportunity as deal where deal.known_to is null and not deal.is_deleted and not deal.is_closed"
RATED = UNDECIDED.replace(
    " where ",
    f" inner join int_fx_reporting as rate on deal.currency = rate.currency and rate.valid_from <= {LAST_DAY}"
    f" and coalesce(rate.valid_to, date '9999-12-31') > {LAST_DAY} where ",
)
DEAL_SLICES = {TOTAL: "", ENTITY: "deal.legal_entity_id", ("open_deal__stage",): "deal.stage"}
RULES_MET = "sum(case when is_met then 1 else 0 end)"
RULES = "gov_handoff_readiness"
READY_SLICES = {TOTAL: "", ENTITY: "legal_entity_id", MONTH: "date_trunc('month', close_date)"}
DUE_SLICES = {ENTITY: "legal_entity_id", MONTH: "date_trunc('month', close_date)"}
DUE_SLICES[("handoff_month__checkpoint",)] = "checkpoint"

SALES: dict[str, Checks] = {
    "open_deals": by("count(*)", UNDECIDED, DEAL_SLICES),
    "open_pipeline": by("sum(round(cast(amount as decimal(38, 2)) * rate.rate, 2))", RATED, DEAL_SLICES),
    "weighted_pipeline": by(
        "sum(round(cast(amount as decimal(38, 2)) * rate.rate * probability, 2))", RATED, DEAL_SLICES
    ),
    "handoff_readiness": by(f"{RULES_MET} / count(*)", RULES, READY_SLICES),
    "readiness_rules_met": by(RULES_MET, RULES, READY_SLICES),
    "readiness_rules_applying": by("count(*)", RULES, READY_SLICES),
    "handoff_compliance": by(f"{RULES_MET} / count(*)", RULES, DUE_SLICES),
    "compliance_rules_met": by(RULES_MET, RULES, DUE_SLICES),
    "compliance_rules_due": by("count(*)", RULES, DUE_SLICES),
    "handoff_days": by(
        f"avg(greatest(coalesce(to_on, {LAST_DAY}) - from_on, 0))",
        "handoff_state",
        {ENTITY: "legal_entity_id", ("handoff__checkpoint",): "checkpoint", MONTH: "date_trunc('month', from_on)"},
    ),
}

# Leakage and governance --------------------------------------------------------------------------------------------
CLASSES = (
    *("approved_change_not_scheduled", "milestone_not_invoiced", "missed_escalator", "nte_overrun_absorbed"),
    *("rate_below_contract", "recurring_misbilled", "unbilled_expense", "unbilled_time"),
)
LEAKS = "({}) as leak".format(
    " union all ".join(
        f"select '{name}' as class, evidence_id, legal_entity_id, currency, amount,"
        f" cast(period || '-01' as date) as month from leakage_{name} where known_to is null"
        for name in CLASSES
    )
)
LEAK_SLICES = {
    CURRENCY: "currency",
    MONTH_CURRENCY: "month, currency",
    ("leak__leakage_class", "currency"): "class, currency",
}
MISSING = "sum(abs(expected_amount) - abs(reflected_amount))"
MISSING_SLICES = {
    CURRENCY: "currency",
    ENTITY_CURRENCY: "legal_entity_id, currency",
    ("change_effect__target", "currency"): "target, currency",
}
DIFFERING = "sum(found_amount - expected_amount)"
DIFFERING_SLICES = {
    CURRENCY: "currency",
    ENTITY_CURRENCY: "legal_entity_id, currency",
    ("difference__reconciliation", "currency"): "reconciliation, currency",
}
FAILED = "core_integration_message where status in ('failed', 'retried', 'dead') and not is_deleted"
GRADED_SLICES = {TOTAL: "", ("quality_result__kind",): "kind", ("quality_result__entity",): "entity"}

GOVERNANCE: dict[str, Checks] = {
    "leakage": by("sum(amount)", LEAKS, LEAK_SLICES),
    "leakage_amount": by("sum(amount)", LEAKS, LEAK_SLICES),
    "leakage_currencies": by(
        CURRENCIES, LEAKS, {TOTAL: "", ENTITY: "legal_entity_id", ("leak__leakage_class",): "class"}
    ),
    "open_leaks": by("count(*)", LEAKS, {TOTAL: "", ENTITY: "legal_entity_id", ("leak__leakage_class",): "class"}),
    "late_capture_days": by(
        "avg(greatest(cast(known_at as date) - effective_on, 0))",
        "change_event",
        {TOTAL: "", ENTITY: "legal_entity_id", ("change__change_type",): "change_type"},
    ),
    "changes_outside_authority": by(
        "count(*)",
        "change_event where decided_amount_reporting > limit_reporting",
        {TOTAL: "", ENTITY: "legal_entity_id", ("change__change_type",): "change_type"},
    ),
    "unreflected_change_amount": by(MISSING, "change_effect", MISSING_SLICES),
    "unreflected_amount": by(MISSING, "change_effect", MISSING_SLICES),
    "unreflected_currencies": by(
        CURRENCIES,
        "change_effect where open_amount <> 0",
        {TOTAL: "", ENTITY: "legal_entity_id", ("change_effect__target",): "target"},
    ),
    "open_difference": by(DIFFERING, "rec_finding", DIFFERING_SLICES),
    "difference_amount": by(DIFFERING, "rec_finding", DIFFERING_SLICES),
    "difference_currencies": by(
        CURRENCIES,
        "rec_finding where difference <> 0",
        {TOTAL: "", ENTITY: "legal_entity_id", ("difference__reconciliation",): "reconciliation"},
    ),
    "open_differences": by(
        "sum(findings)",
        "rec_open_by_month",
        {TOTAL: "", MONTH: "opened_in", ("difference__finding_class",): "finding_class"},
    ),
    "integration_failures": by(
        "count(distinct message_id)",
        FAILED,
        {
            TOTAL: "",
            MONTH: "date_trunc('month', date_trunc('week', created_at))",
            ("failure_week__interface",): "interface",
        },
    ),
    "open_integration_failures": {
        **by(
            "sum(unresolved_messages)", "gov_integration_health", {TOTAL: "", ("failure_week__interface",): "interface"}
        ),
        **by(
            "sum(open_messages)",
            "integration_health_trend as week where week_start = (select max(week_start) from integration_health_trend"
            " where date_trunc('month', week_start) = date_trunc('month', week.week_start))",
            {MONTH: "date_trunc('month', week_start)"},
        ),
    },
    "master_data_disagreements": by(
        "sum(losing_claims)",
        "golden_attribute",
        {TOTAL: "", ("disagreement__domain",): "domain", ("disagreement__attribute",): "attribute"},
    ),
    "failing_row_ratio": by("sum(failing_rows) / nullif(sum(examined_rows), 0)", "gov_quality_result", GRADED_SLICES),
    "quality_failing_rows": by("sum(failing_rows)", "gov_quality_result", GRADED_SLICES),
    "quality_examined_rows": by("sum(examined_rows)", "gov_quality_result", GRADED_SLICES),
}

BY_HAND: dict[str, Checks] = {**FINANCE, **DELIVERY, **SALES, **GOVERNANCE}

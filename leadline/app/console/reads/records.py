"""All about one client, deal or person: a head and tables, each a query by the record's id."""

from __future__ import annotations

from dataclasses import dataclass

from leadline.app.console.reads.columns import Column
from leadline.app.console.translation import N_
from leadline.app.console.warehouse import ScopedSnapshot
from leadline.warehouse.views import Row


@dataclass(frozen=True)
class Part:
    """One table of a record's page.

    Attributes:
        table: the one that a snapshot of an earlier version may lack.
        sql: asks by the record's id; if ``is_dated``, by the day of the data also.
        anchor: by which other pages lead to it.
    """

    title: str
    table: str
    sql: str
    columns: tuple[Column, ...]
    is_dated: bool = False
    anchor: str = ""


@dataclass(frozen=True)
class Record:
    """One kind of record: how it is headed (``head`` selects ``record_id`` and ``title``) and which facts are shown."""

    name: str
    head: str
    facts: tuple[Column, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class PartRows:
    """One table with its rows."""

    part: Part
    rows: list[Row]


def head(snapshot: ScopedSnapshot, kind: Record, record_id: str) -> Row | None:
    """Return the head of one record; None outside the user's scope."""
    return snapshot.one(kind.head, record_id)


def tables(snapshot: ScopedSnapshot, kind: Record, record_id: str) -> list[PartRows]:
    """Return the tables of one record's page; money is in the currency of each row."""
    day = snapshot.as_of.date() if snapshot.as_of else None
    parts = [part for part in kind.parts if snapshot.has(part.table)]
    return [PartRows(part, snapshot.rows(part.sql, record_id, *([day] if part.is_dated else []))) for part in parts]


# The definitions of the mart utilization_by_definition, of one person. What only time entries show is left out where
# some of them are out of scope: the mart's hours worked are all of them.
UTILIZATION = """
with weeks as (
    select * from utilization_weekly
    where person_id = $1
        and week_start > (select max(week_start) from utilization_weekly where person_id = $1) - to_weeks(13)
), capacity as (
    select sum(available_hours) as available, sum(contractual_hours) as contractual, sum(worked_hours) as worked,
        sum(billable_hours) as billable,
        cast(sum(case when contractual_hours > 0 then 2000.0 / 52 else 0 end) as decimal(18, 2)) as benchmark
    from weeks
), entries as (
    select coalesce(sum(hours), 0) as seen,
        coalesce(sum(hours) filter (where billable and status in ('submitted', 'approved', 'billed')), 0) as submitted,
        coalesce(sum(hours) filter (where status = 'billed' or invoice_line_id is not null), 0) as billed,
        coalesce(sum(hours) filter (where status in ('approved', 'billed') and project_id is not null), 0) as productive
    from core_time_entry
    where person_id = $1 and cast(date_trunc('week', work_date) as date) in (select week_start from weeks)
), definitions as (
    select 1 as place, 'billable_of_available' as definition, billable as counted_hours, available as capacity_hours
    from capacity
    union all select 2, 'billable_of_contractual', billable, contractual from capacity
    union all select 3, 'billable_of_2000_hours', billable, benchmark from capacity
    union all select 4, 'billable_of_worked', billable, worked from capacity
    union all select 5, 'productive_of_available', case when seen = worked then productive end, available
    from capacity, entries
    union all select 6, 'submitted_of_available', case when seen = worked then submitted end, available
    from capacity, entries
    union all select 7, 'billed_of_available', case when seen = worked then billed end, available
    from capacity, entries
)
select definition, counted_hours, capacity_hours, counted_hours / nullif(capacity_hours, 0) as utilization_ratio
from definitions where exists (select 1 from weeks) order by place
"""

_CURRENCY = Column("currency", "Currency")
_PROJECT = ("/projects", "project_id")

CLIENT = Record(
    "Client",
    """
    select client_id as record_id, any_value(client_name) as title, any_value(client_region) as client_region,
        count(distinct account_id) as accounts
    from int_account_golden
    where client_id in (select client_id from int_account_client where ? in (account_id, client_id))
    group by client_id
    """,
    (Column("client_region", "Region"), Column("accounts", "Customer records", "figure")),
    (
        Part(
            N_("Projects"),
            "project_performance",
            """select project_id, name, status, rag, percent_complete, cpi, budget_revenue, currency
            from (select performance.*, project.name from project_performance as performance
                left join core_project as project on project.project_id = performance.project_id)
            where client_id = ? order by status <> 'open', project_id""",
            (
                Column("name", "Project", link=_PROJECT),
                Column("status", "Status", "words"),
                Column("rag", "Reported"),
                Column("percent_complete", "Complete", "ratio"),
                Column("cpi", "CPI", "index"),
                Column("budget_revenue", "Approved revenue", "money"),
                _CURRENCY,
            ),
        ),
        Part(
            N_("Contracts"),
            "backlog",
            """select contract.contract_id, contract.name, contract.billing_method, contract.status, contract.end_date,
                contract.payment_terms_days, contract.not_to_exceed, contract.escalator_pct, contract.po_number,
                contract.total_value, contract.currency
            from core_contract as contract
            inner join int_account_client as account on account.account_id = contract.account_id
            where account.client_id = ? order by contract.end_date desc nulls last, contract.contract_id""",
            (
                Column("name", "Contract"),
                Column("contract_id", "Id"),
                Column("billing_method", "Billing", "words"),
                Column("status", "Status", "words"),
                Column("end_date", "Ends"),
                Column("payment_terms_days", N_("Days to pay"), "figure"),
                Column("escalator_pct", N_("Agreed rise"), "ratio"),
                Column("po_number", N_("Order number")),
                Column("not_to_exceed", "Not to exceed", "money"),
                Column("total_value", "Value", "money"),
                _CURRENCY,
            ),
            anchor="contracts",
        ),
        Part(
            N_("Receivables and days sales outstanding: receivables over billed in the last 90 days, times 90"),
            "int_invoice_position",
            """select currency, sum(open_amount) as open_amount,
                sum(gross_amount) filter (where issue_date > $2 - 90 and issue_date <= $2) as billed_90,
                round(sum(open_amount) * 90
                    / nullif(sum(gross_amount) filter (where issue_date > $2 - 90 and issue_date <= $2), 0), 1) as dso
            from int_invoice_position where is_issued and client_id = $1 group by currency order by currency""",
            (
                Column("open_amount", "Open", "money"),
                Column("billed_90", N_("Billed in the last 90 days"), "money"),
                _CURRENCY,
                Column("dso", N_("DSO, days"), "index"),
            ),
            is_dated=True,
        ),
        Part(
            N_("Receivables by age"),
            "invoice_ageing",
            """select ageing_bucket, currency, count(*) as invoices, sum(open_amount) as open_amount,
                max(days_overdue) as oldest_days, count(*) filter (where is_disputed) as disputed
            from invoice_ageing where client_id = ? group by 1, 2 order by currency, oldest_days""",
            (
                Column("ageing_bucket", "Age", "words"),
                Column("invoices", "Invoices", "figure"),
                Column("open_amount", "Open", "money"),
                _CURRENCY,
                Column("oldest_days", "Days overdue, most", "figure"),
                Column("disputed", "Disputed", "figure"),
            ),
        ),
        Part(
            N_("Disputes"),
            "core_dispute",
            """select invoice.invoice_number, dispute.opened_on, dispute.cause_code, dispute.status, dispute.amount,
                dispute.currency, dispute.resolved_on
            from core_dispute as dispute
            inner join int_invoice_position as invoice on invoice.invoice_id = dispute.invoice_id
            where invoice.client_id = ? order by dispute.opened_on desc, dispute.dispute_id limit 100""",
            (
                Column("invoice_number", "Invoice"),
                Column("opened_on", "Opened"),
                Column("cause_code", "Cause", "words"),
                Column("status", "Status", "words"),
                Column("amount", "Amount", "money"),
                _CURRENCY,
                Column("resolved_on", "Resolved"),
            ),
        ),
        Part(
            N_("Golden record, and where each attribute comes from"),
            "golden_attribute",
            """select attribute, winning_value, winning_system, winning_record_id, decided_by, claims, losing_values
            from golden_attribute where object_type = 'client' and object_id = ? order by attribute""",
            (
                Column("attribute", "Attribute", "words"),
                Column("winning_value", "Value"),
                Column("winning_system", "From", "words"),
                Column("winning_record_id", "Record"),
                Column("decided_by", "By", "words"),
                Column("claims", "Claims", "figure"),
                Column("losing_values", "Others say"),
            ),
        ),
    ),
)

DEAL = Record(
    "Deal",
    """
    select deal.opportunity_id as record_id, deal.name as title, deal.stage, deal.amount, deal.currency,
        deal.probability, deal.expected_close_date, deal.close_date, deal.owner_id, deal.practice, deal.service_type,
        deal.legal_entity_id, handoff.readiness_ratio, status.activation, contract.contract_id
    from core_opportunity as deal
    left join deal_handoff as handoff on handoff.opportunity_id = deal.opportunity_id
    left join deal_status as status on status.opportunity_id = deal.opportunity_id
    left join core_contract as contract on contract.opportunity_id = deal.opportunity_id
    where deal.opportunity_id = ? order by contract.signed_on limit 1
    """,
    (
        Column("stage", "Stage"),
        Column("amount", "Amount", "money"),
        _CURRENCY,
        Column("probability", "Probability, by the seller", "ratio"),
        Column("expected_close_date", "Expected to close"),
        Column("close_date", "Closed"),
        Column("owner_id", "Owner"),
        Column("practice", "Practice"),
        Column("readiness_ratio", "Ready for hand-off", "ratio"),
        Column("activation", "Activation", "words"),
        Column("contract_id", "Contract it became"),
    ),
    (
        Part(
            N_("Stages"),
            "opportunity_state",
            """select from_day, to_day, stage, probability, amount, currency, expected_close_date
            from opportunity_state where opportunity_id = ? order by from_day desc""",
            (
                Column("from_day", "From"),
                Column("to_day", "Until"),
                Column("stage", "Stage"),
                Column("probability", "Probability", "ratio"),
                Column("amount", "Amount", "money"),
                _CURRENCY,
                Column("expected_close_date", "Expected to close"),
            ),
        ),
        Part(
            N_("Hand-off"),
            "gov_handoff_readiness",
            """select rule, checkpoint, is_met, steward_queue from gov_handoff_readiness
            where opportunity_id = ? order by checkpoint, rule""",
            (
                Column("rule", "Rule", "words"),
                Column("checkpoint", "Checkpoint", "words"),
                Column("is_met", "Met", "yes"),
                Column("steward_queue", "Fixed by"),
            ),
        ),
        Part(
            N_("Roles it needs"),
            "core_opportunity_role_demand",
            """select role, region, fte, start_offset_weeks, duration_weeks from core_opportunity_role_demand
            where opportunity_id = ? order by start_offset_weeks, role""",
            (
                Column("role", "Role"),
                Column("region", "Region"),
                Column("fte", "Full-time people", "figure"),
                Column("start_offset_weeks", "Weeks after the start", "figure"),
                Column("duration_weeks", "For weeks", "figure"),
            ),
        ),
        Part(
            N_("Changes"),
            "change_event",
            """select change_type, object_id, agreed_on, value_change, currency, days_moved from change_event
            where opportunity_id = ? order by agreed_on desc, event_id""",
            (
                Column("change_type", "Change", "words"),
                Column("object_id", "Id"),
                Column("agreed_on", "Agreed"),
                Column("value_change", "Value moved", "money"),
                _CURRENCY,
                Column("days_moved", "Days moved", "figure"),
            ),
        ),
    ),
)

PERSON = Record(
    "Person",
    """
    select person_id as record_id, name as title, role, seniority, practice, region, legal_entity_id, hire_date,
        weekly_hours, billable_target
    from core_person where person_id = ?
    """,
    (
        Column("role", "Role"),
        Column("seniority", "Seniority", "figure"),
        Column("practice", "Practice"),
        Column("region", "Region"),
        Column("hire_date", "Since"),
        Column("weekly_hours", "Hours a week", "figure"),
        Column("billable_target", "Target", "ratio"),
    ),
    (
        Part(
            N_("Bookings"),
            "core_assignment",
            """select booked.project_id, coalesce(project.name, booked.project_id, booked.opportunity_id) as name,
                booked.role, booked.booking_type, booked.status, booked.start_date, booked.end_date,
                booked.hours_per_week
            from core_assignment as booked
            left join core_project as project on project.project_id = booked.project_id
            where booked.person_id = ? and booked.status <> 'cancelled'
            order by booked.status, booked.start_date desc, booked.assignment_id limit 100""",
            (
                Column("name", "Project", link=_PROJECT),
                Column("role", "Role"),
                Column("booking_type", "Booking", "words"),
                Column("status", "Status", "words"),
                Column("start_date", "From"),
                Column("end_date", "Until"),
                Column("hours_per_week", "Hours a week", "figure"),
            ),
        ),
        Part(
            N_("Billable utilization: approved billable hours over available hours"),
            "utilization_weekly",
            """select week_start, available_hours, worked_hours, billable_hours, billable_utilization
            from utilization_weekly where person_id = ? order by week_start desc limit 26""",
            (
                Column("week_start", "Week"),
                Column("available_hours", "Available", "figure"),
                Column("worked_hours", "Worked", "figure"),
                Column("billable_hours", "Billable", "figure"),
                Column("billable_utilization", "Billable utilization", "ratio"),
            ),
        ),
        Part(
            N_("Utilization over the last 13 weeks, as each definition counts it"),
            "utilization_weekly",
            UTILIZATION,
            (
                Column("definition", "Definition", "words"),
                Column("counted_hours", "Hours counted", "index"),
                Column("capacity_hours", "Hours of capacity", "index"),
                Column("utilization_ratio", "Utilization", "ratio"),
            ),
            anchor="utilization",
        ),
        Part(
            N_("Leave"),
            "core_leave",
            """select leave_type, status, start_date, end_date from core_leave
            where person_id = ? order by start_date desc, leave_id limit 50""",
            (
                Column("leave_type", "Leave", "words"),
                Column("status", "Status", "words"),
                Column("start_date", "From"),
                Column("end_date", "Until"),
            ),
        ),
        Part(
            N_("Skills"),
            "core_person_skill",
            """select skill.name, has.level, has.assessed_on from core_person_skill as has
            left join core_skill as skill on skill.skill_id = has.skill_id
            where has.person_id = ? order by has.level desc, skill.name""",
            (Column("name", "Skill"), Column("level", "Level", "figure"), Column("assessed_on", "Assessed")),
        ),
        Part(
            N_("Cost rates"),
            "core_cost_rate",
            """select valid_from, valid_to, rate, currency from core_cost_rate
            where person_id = ? and rate is not null order by valid_from desc""",
            (Column("valid_from", "From"), Column("valid_to", "Until"), Column("rate", "Rate", "money"), _CURRENCY),
        ),
    ),
)

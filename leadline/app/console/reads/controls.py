"""Controls as rows: reconciliations and what differs, integration health, grades of the data, hand-offs."""

from __future__ import annotations

from typing import Any

from leadline.app.console.warehouse import ScopedSnapshot
from leadline.warehouse.views import Row


def sides(snapshot: ScopedSnapshot) -> list[Row]:
    """Return both sides of each reconciliation at the end of the last month, per legal entity and currency."""
    return _rows(
        snapshot,
        "rec_trend",
        """select reconciliation, legal_entity_id, currency, unit, month_start, expected_rows, found_rows,
            expected_amount, found_amount, difference, change_in_month, owner
        from rec_trend
        where month_start = (select max(month_start) from rec_trend)
        order by reconciliation, legal_entity_id, currency""",
    )


def trend(snapshot: ScopedSnapshot, *, reconciliation: str) -> list[Row]:
    """Return both sides of one reconciliation month by month, per legal entity and currency."""
    return _rows(
        snapshot,
        "rec_trend",
        """select legal_entity_id, currency, unit, month_start, expected_amount, found_amount, difference
        from rec_trend
        where reconciliation = ?
        order by legal_entity_id, currency, month_start""",
        reconciliation,
    )


def classes(snapshot: ScopedSnapshot) -> list[Row]:
    """Return what differs by class, per legal entity and currency; overdue is past the time allowed to fix it."""
    return _rows(
        snapshot,
        "rec_finding",
        """select reconciliation, finding_class, legal_entity_id, currency, owner, count(*) as findings,
            count(*) filter (where is_overdue) as overdue, max(age_days) as oldest, sum(difference) as difference
        from rec_finding
        group by all
        order by reconciliation, findings desc, finding_class, legal_entity_id, currency, owner""",
    )


def findings(
    snapshot: ScopedSnapshot, *, reconciliation: str, finding_class: str, legal_entity: str, limit: int, offset: int
) -> list[Row]:
    """Return the records that differ and fit the filters, the largest difference first; an empty filter means all."""
    return _rows(
        snapshot,
        "rec_finding",
        """select finding_class, object_type, object_id, contract_id, legal_entity_id, currency, expected_amount,
            found_amount, difference, owner, steward_queue, opened_on, age_days, is_overdue
        from rec_finding
        where ? in ('', reconciliation) and ? in ('', finding_class) and ? in ('', legal_entity_id)
        order by abs(difference) desc nulls last, finding_id
        limit ? offset ?""",
        reconciliation,
        finding_class,
        legal_entity,
        limit,
        offset,
    )


def interfaces(snapshot: ScopedSnapshot) -> list[Row]:
    """Return failed transactions by interface and class of error, the most unresolved first."""
    return _rows(
        snapshot,
        "gov_integration_health",
        """select interface, error_class, steward_queue, messages, failed_messages, dead_messages, unresolved_messages,
            overdue_messages, oldest_age_hours, most_attempts
        from gov_integration_health
        order by unresolved_messages desc, interface, error_class""",
    )


def interface_weeks(snapshot: ScopedSnapshot, *, weeks: int) -> list[Row]:
    """Return the last weeks of failed transactions: how many came, were open at the end, and breached their time."""
    return _rows(
        snapshot,
        "integration_health_trend",
        """select week_start, sum(opened_messages) as opened, sum(open_messages) as still_open,
            sum(breached_messages) as breached
        from integration_health_trend
        group by week_start
        order by week_start desc
        limit ?""",
        weeks,
    )[::-1]


def grades(snapshot: ScopedSnapshot) -> list[Row]:
    """Return the grade of each score's and mart's data, the worst first, with its reasons."""
    return _rows(
        snapshot,
        "gov_quality_grade",
        """select product, product_kind, grade, is_fit_for_use, checks, imperfect_checks, failed_checks, reasons
        from gov_quality_grade
        order by grade desc, product_kind desc, product""",
    )


def failing_checks(snapshot: ScopedSnapshot) -> list[Row]:
    """Return the checks of the data that some row fails, the largest share first."""
    return _rows(
        snapshot,
        "gov_quality_result",
        """select asks, kind, entity, owner, steward_queue, examined_rows, failing_rows, failing_share, grade
        from gov_quality_result
        where failing_rows > 0
        order by failing_share desc, check_id, entity""",
    )


def compliance(snapshot: ScopedSnapshot) -> list[Row]:
    """Return the share of hand-off rules met by the deals won in each month, by checkpoint, over the user's scope."""
    return _rows(
        snapshot,
        "handoff_compliance",
        """select won_in,
            sum(rules_met) filter (where checkpoint = 'proposal')
                / nullif(sum(rules_due) filter (where checkpoint = 'proposal'), 0) as proposal,
            sum(rules_met) filter (where checkpoint = 'contract_approval')
                / nullif(sum(rules_due) filter (where checkpoint = 'contract_approval'), 0) as contract_approval,
            sum(rules_met) filter (where checkpoint = 'booking')
                / nullif(sum(rules_due) filter (where checkpoint = 'booking'), 0) as booking
        from handoff_compliance
        group by won_in
        order by won_in""",
    )


def broken_rules(snapshot: ScopedSnapshot) -> list[Row]:
    """Return the hand-off rules that deals do not meet, per legal entity, with how many deals, the most first."""
    return _rows(
        snapshot,
        "gov_handoff_readiness",
        """select rule, checkpoint, domain, steward_queue, legal_entity_id, count(*) as deals
        from gov_handoff_readiness
        where not is_met
        group by all
        order by deals desc, rule, legal_entity_id""",
    )


def unready(snapshot: ScopedSnapshot, *, limit: int) -> list[Row]:
    """Return deals that are handed over without all they need, the latest closed first."""
    return _rows(
        snapshot,
        "deal_handoff",
        """select opportunity_id, legal_entity_id, close_date, amount, currency, rules_met, rules_applying,
            readiness_ratio
        from deal_handoff
        where not is_ready
        order by close_date desc nulls last, opportunity_id
        limit ?""",
        limit,
    )


def _rows(snapshot: ScopedSnapshot, table: str, sql: str, *parameters: Any) -> list[Row]:
    """Return what a query finds; nothing where the snapshot was built before there was such a table."""
    return snapshot.rows(sql, *parameters) if snapshot.has(table) else []

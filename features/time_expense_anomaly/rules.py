"""The whole rule pack, in one explicit order."""

from __future__ import annotations

from collections.abc import Mapping

from features.time_expense_anomaly.policy_expense import EXPENSE_RULES
from features.time_expense_anomaly.policy_time import TIME_RULES
from features.time_expense_anomaly.rule import Rule

RULES: tuple[Rule, ...] = TIME_RULES + EXPENSE_RULES
BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in RULES}

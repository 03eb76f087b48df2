"""Which customer records of a simulated firm are one, by its sealed truth: what a matching is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from leadline.evaluator.sealed import read


def true_customers(world: Path) -> Mapping[str, str]:
    """Return, for every customer record of the firm's systems, the customer behind it (its record in the CRM)."""
    rows = read(world, "duplicate_customers")
    truth = dict(rows.select("erp_account_id", "crm_account_id").iter_rows())
    return truth | {customer: customer for customer in rows["crm_account_id"]}

"""A drawn firm that bills monthly: clients who dispute more or less, invoices with and without their paper in order.

Small, seeded, with late deliveries and corrections; enough to train on and to cut at any moment. It is no simulator: it
knows only what the dispute score may use.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from tests.support.point_in_time import MemoryReader

Rows = dict[str, list[dict[str, Any]]]


def invoice_firm(*, seed: int = 1, clients: int = 24, months: int = 24, first: date = date(2024, 1, 1)) -> MemoryReader:
    """Return the firm's whole knowledge; every row known the evening after its day, some a week late."""
    return MemoryReader(firm_rows(seed=seed, clients=clients, months=months, first=first))


def firm_rows(*, seed: int, clients: int, months: int, first: date) -> Rows:
    """Return the firm's rows by entity."""
    draw = np.random.default_rng(seed)
    rows: Rows = {name: [] for name in ("account", "contract", "rate_card", "invoice", "invoice_line")}
    rows |= {name: [] for name in ("payment", "dispute", "credit_note", "project", "change_order", "currency_rate")}
    rows["currency_rate"] = [
        {
            "from_currency": "EUR",
            "to_currency": "USD",
            "rate_date": first + timedelta(days=30 * m),
            "rate": f"1.1{m % 10}",
        }
        for m in range(months)
    ]
    temper = draw.beta(1.2, 9, clients)
    for client in range(clients):
        _client(rows, draw, client, first)
        for month in range(months):
            _invoice(rows, draw, client, month, first=first, temper=float(temper[client]))
    return rows


def _client(rows: Rows, draw: np.random.Generator, client: int, first: date) -> None:
    currency = "EUR" if client % 3 == 0 else "USD"
    rows["account"].append({"account_id": f"A{client:02}", "name": f"Client {client}", "created_on": first})
    rows["contract"].append(
        {
            "contract_id": f"C{client:02}",
            "account_id": f"A{client:02}",
            "billing_method": "fixed_fee" if client % 4 == 0 else "time_and_materials",
            "currency": currency,
            "total_value": "900000.00",
            "po_required": bool(draw.random() < 0.6),
            "po_number": f"PO-{client}",
            "payment_terms_days": 30,
            "start_date": first,
            "status": "active",
        }
    )
    rows["project"].append({"project_id": f"P{client:02}", "contract_id": f"C{client:02}", "status": "open"})
    rows["rate_card"].append(
        {
            "rate_id": f"R{client:02}",
            "contract_id": f"C{client:02}",
            "role": "consultant",
            "rate": "150.00",
            "currency": currency,
            "valid_from": first,
        }
    )


def _evening(day: date, days: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, 20) + timedelta(days=days)


def _invoice(rows: Rows, draw: np.random.Generator, client: int, month: int, *, first: date, temper: float) -> None:
    year, index = divmod(first.month - 1 + month, 12)
    start = date(first.year + year, index + 1, 1)
    end = (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    run, issue = end + timedelta(days=2), end + timedelta(days=5 + int(draw.integers(0, 4)))
    contract, key = rows["contract"][client], f"I{client:02}-{month:02}"
    has_po, wrong_rate = bool(draw.random() < 0.75), bool(draw.random() < 0.2)
    hours = int(draw.integers(40, 400))
    rate = 165 if wrong_rate else 150
    invoice = {
        "invoice_id": key,
        "account_id": contract["account_id"],
        "contract_id": contract["contract_id"],
        "project_id": f"P{client:02}",
        "legal_entity_id": "LE1",
        "billing_run_date": run,
        "period_start": start,
        "period_end": end,
        "amount": f"{hours * rate}.00",
        "currency": contract["currency"],
        "po_number": contract["po_number"] if has_po else None,
    }
    due = issue + timedelta(days=30)
    rows["invoice"].append(invoice | {"status": "draft", "known_at": _evening(run)})
    issued = {"status": "issued", "issue_date": issue, "due_date": due, "invoice_number": f"N{key}"}
    rows["invoice"].append(invoice | issued | {"known_at": _evening(issue)})
    rows["invoice_line"].append(
        {
            "invoice_line_id": f"{key}-1",
            "invoice_id": key,
            "line_type": "time",
            "role": "consultant",
            "period_start": start,
            "period_end": end,
            "quantity": f"{hours}.0000",
            "unit_rate": f"{rate}.00",
            "amount": f"{hours * rate}.00",
            "currency": contract["currency"],
            "known_at": _evening(run),
        }
    )
    missing = contract["po_required"] and not has_po
    chance = min(0.9, temper + 0.25 * missing + 0.2 * wrong_rate)
    _fate(rows, draw, invoice | issued, disputed=bool(draw.random() < chance), cause="admin" if missing else "price")


def _fate(rows: Rows, draw: np.random.Generator, invoice: Mapping[str, Any], *, disputed: bool, cause: str) -> None:
    key, late = invoice["invoice_id"], int(draw.integers(0, 8)) if draw.random() < 0.2 else 0
    money = {"invoice_id": key, "currency": invoice["currency"]}
    due, settled = invoice["due_date"], invoice["due_date"] + timedelta(days=int(draw.integers(-8, 16)))
    if disputed:
        opened = invoice["issue_date"] + timedelta(days=int(draw.integers(3, 40)))
        dispute = money | {"dispute_id": f"D{key}", "opened_on": opened, "amount": "100.00", "cause_code": cause}
        rows["dispute"].append(dispute | {"status": "open", "known_at": _evening(opened, late)})
        closed = opened + timedelta(days=30)
        rows["dispute"].append(dispute | {"status": "accepted", "resolved_on": closed, "known_at": _evening(closed, 9)})
        settled = due + timedelta(days=45)
    paid = {"payment_id": f"Y{key}", "paid_on": settled, "amount": invoice["amount"]}
    rows["payment"].append(money | paid | {"known_at": _evening(settled, late)})
    rows["invoice"].append(dict(invoice) | {"status": "paid", "known_at": _evening(settled, late)})

"""The middleware between the systems: messages that fail, are retried, and sometimes die."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadline.simulator.days import DAY_SECONDS
from leadline.simulator.streams import Streams
from leadline.simulator.versions import STAMP, Row, VersionLog

COHORT_STRIDE = 1_000_000
# interface, sender, receiver, entity carried, its delivering system
INTERFACES = (
    ("customer_sync", "crm", "erp", "account", "crm"),
    ("contract_sync", "crm", "erp", "contract", "erp"),
    ("change_sync", "crm", "erp", "change_order", "crm"),
    ("invoice_status", "erp", "crm", "invoice", "erp"),
    ("person_sync", "hris", "timesheet", "person", "hris"),
)
ERRORS = {
    "validation": ("Tax number is not valid", "Service code unknown"),
    "mapping": ("No project for key", "Billing method has no counterpart"),
    "duplicate": ("Customer exists under another number",),
    "timeout": ("No answer within 30 s",),
    "auth": ("Token expired",),
}
ERROR_SHARE = (0.32, 0.24, 0.12, 0.26, 0.06)
# Median days until a failed message gets through, by class: people must fix the first three.
FIX_DAYS = {"validation": 4.0, "mapping": 6.0, "duplicate": 8.0, "timeout": 0.1, "auth": 0.5}


def record_messages(log: VersionLog, streams: Streams, *, until: int) -> None:
    """Record a message for every change that crosses systems, one in twenty-five failing first."""
    rng = streams.rng("messages")
    serial = streams.cohort * COHORT_STRIDE
    for interface, sender, receiver, entity, system in INTERFACES:
        table = log.table(system, entity, until=until)
        keys = table[f"{entity}_id"].to_list()
        stamps = (table[STAMP].cast(pl.Int64) // 1_000_000).to_list()
        for key, stamp in zip(keys, stamps, strict=True):
            serial += 1
            values: Row = {
                "message_id": f"MSG{serial:09d}",
                "interface": interface,
                "sender": sender,
                "receiver": receiver,
                "object_type": entity,
                "object_id": key,
                "created_at": stamp + 30,
            }
            if rng.random() > 0.04:
                log.add(
                    "integration_message", stamp + 60, status="succeeded", attempts=1, resolved_at=stamp + 60, **values
                )
            else:
                _record_failure(log, values, stamp, rng)


def _record_failure(log: VersionLog, values: Row, stamp: int, rng: np.random.Generator) -> None:
    kind = list(ERRORS)[int(rng.choice(len(ERRORS), p=ERROR_SHARE))]
    words = ERRORS[kind]
    fault: Row = {"error_class": kind, "error_text": words[int(rng.integers(0, len(words)))]}
    log.add("integration_message", stamp + 90, status="failed", attempts=1, **fault, **values)
    log.add("integration_message", stamp + 3_900, status="retried", attempts=2, **fault, **values)
    if rng.random() < 0.12:
        log.add("integration_message", stamp + 2 * DAY_SECONDS, status="dead", attempts=5, **fault, **values)
        return
    resolved = stamp + 3_900 + int(FIX_DAYS[kind] * float(np.exp(rng.normal(0, 0.9))) * DAY_SECONDS)
    log.add("integration_message", resolved, status="succeeded", attempts=3, resolved_at=resolved, **fault, **values)

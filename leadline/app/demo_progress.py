"""What each step of the demo found, one line on stderr as soon as the step has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadline.app.customer_matching import MatchReport, matching_note
from leadline.app.printing import money
from leadline.app.progress import note
from leadline.kernel.counts import counted

if TYPE_CHECKING:
    import polars as pl

    from leadline.delivery.dispatch import TargetReport
    from leadline.queue.upsert import UpsertReport
    from leadline.simulator.firm import SimulationReport
    from leadline.sources.land import LandReport
    from leadline.warehouse.snapshot import Snapshot
    from scoring.batch import RunReport


def note_simulated(report: SimulationReport) -> None:
    """Print how many rows the simulated firm has."""
    _note(f"{counted(sum(report.rows.values()), 'row')} of {counted(len(report.rows), 'entity', 'entities')} simulated")


def note_landed(report: LandReport) -> None:
    """Print how many rows landed and how many were quarantined."""
    if not report.batches:
        _note(f"nothing new: {counted(len(report.skipped), 'file')} had landed before")
        return
    landed, quarantined = report.rows_landed, report.rows_quarantined
    _note(f"{counted(landed, 'row')} landed from {counted(len(report.batches), 'file')}, {quarantined:,} quarantined")


def note_matched(report: MatchReport) -> None:
    """Print how many pairs of customer records were found to be one, or why none was looked for."""
    _note(matching_note(report))


def note_built(snapshot: Snapshot) -> None:
    """Print how many tables were published and how many data tests they passed."""
    gates: Mapping[str, int] = snapshot.manifest["gates"]
    _note(f"{counted(len(snapshot.tables), 'table')} published, {counted(gates.get('test', 0), 'data test')} passed")


def note_leaks(leaks: pl.DataFrame, currency: str) -> None:
    """Print how many leaks there are and their money, as the revenue_leakage score counts them.

    ``leaks`` has one row per contract line, month and class (:func:`features.revenue_leakage.frame.leaks`). A leak
    without an exchange rate counts as a leak; its money is left out of the sum.
    """
    _note(f"{counted(leaks.height, 'leak')} found: {money(leaks['money'].sum() or 0, currency)} earned and not billed")


def note_trained(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print each model's deciding metric on held-out data, beside its benchmarks."""
    for row in rows:
        result = f"{row['metric']}: {row['figures']}" if row["metric"] else row["message"]
        _note(f"{row['score']}, {counted(row['examples'] or 0, 'example')}; {result}")


def note_scored(report: RunReport) -> None:
    """Print how many exceptions were found and the money at risk, per currency."""
    totals: dict[str, float] = {}
    for one in report.exceptions:
        found = one.finding
        totals[found.currency] = totals.get(found.currency, 0.0) + float(found.money_at_risk)
    at_risk = " and ".join(money(total, currency) for currency, total in sorted(totals.items())) or "no money"
    _note(f"{counted(len(report.exceptions), 'exception')} found: {at_risk} at risk")


def note_queued(changes: UpsertReport) -> None:
    """Print how many exceptions were added to the queue and how many were there already."""
    _note(f"{counted(changes.added, 'exception')} added to the queue, {changes.unchanged:,} unchanged")


def note_delivered(reports: Sequence[TargetReport]) -> None:
    """Print how many messages were delivered."""
    _note(f"{counted(sum(one.delivered for one in reports), 'message')} delivered")


def _note(text: str) -> None:
    note(f"  {text}")

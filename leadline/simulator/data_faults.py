"""Faults of the data, planted last: what happened stays as it was, the systems just tell it wrong, late or twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.clients import Clients
from leadline.simulator.days import DAY_SECONDS, as_date, at, day, workday_on_or_after
from leadline.simulator.delivery import Course
from leadline.simulator.extracts import OUTAGE_DROPS, OUTAGE_SYSTEM, drops
from leadline.simulator.people import NEVER, People
from leadline.simulator.presets import USUAL, Preset
from leadline.simulator.streams import Streams
from leadline.simulator.versions import DELETED, STAMP, Row, VersionLog

# Share of drafts in the wrong currency, of drafts without tax, and of those whose tax is never corrected.
WRONG_CURRENCY, WRONG_TAX, TAX_STAYS = 0.004, 0.006, 0.15
# Share of change orders keyed in late, and by how many days.
LATE_CAPTURE, CAPTURE_DAYS = 0.08, (14, 46)
# Share of contacts removed for good.
REMOVED = 0.02
# The clock of the timesheets runs ahead by so many seconds for so many weeks.
SKEW_SECONDS, SKEW_WEEKS = 47 * 60, 6
# Share of projects that get a new number half-way.
REKEYED = 0.02
# Share of people and of clients that a re-organisation moves; when it, the merger and the skewed clock come, as shares
# of the simulated time.
MOVED_PEOPLE, MOVED_CLIENTS = 0.12, 0.10
REORGANISED_AT, MERGED_AT, SKEWED_AT = 0.62, 0.55, 0.45


@dataclass
class _Planting:
    """What planting faults needs, and the notes about those planted."""

    preset: Preset
    people: People
    clients: Clients
    log: VersionLog
    rng: np.random.Generator
    notes: list[Row] = field(default_factory=list)

    def note(self, kind: str, entity: str, record: str, on: int, detail: str) -> None:
        self.notes.append({"kind": kind, "entity": entity, "record_id": record, "day": as_date(on), "detail": detail})

    def moment(self, share: float) -> int:
        """Return a day so far into the simulated time."""
        first, last = day(self.preset.start), day(self.preset.as_of)
        return workday_on_or_after(first + int(share * (last - first)))


def plant_data_faults(
    preset: Preset, people: People, clients: Clients, courses: list[Course], log: VersionLog, streams: Streams
) -> pl.DataFrame:
    """Plant all faults and return the truth about them: kind, entity, record, day and what is wrong.

    A firm that does not keep its books as usual has only the outage, which makes deliveries late and nothing wrong.
    """
    planting = _Planting(preset, people, clients, log, streams.rng("data faults"))
    if preset.books == USUAL:
        _rekey_projects(planting, courses)
        _wrong_drafts(planting)
        _late_capture(planting, courses)
        _merge_clients(planting)
        _reorganise(planting)
        _remove_contacts(planting)
        _skew_clock(planting)
    _note_outage(planting)
    text = pl.String()
    schema = {"kind": text, "entity": text, "record_id": text, "day": pl.Date(), "detail": text}
    return pl.DataFrame(planting.notes, schema=schema).sort("kind", "entity", "record_id")


def _rekey_projects(planting: _Planting, courses: list[Course]) -> None:
    """Give some projects a new number half-way: the old record is cancelled, what comes later carries the new one."""
    rng, log = planting.rng, planting.log
    cuts: dict[str, int] = {}
    for course in courses:
        middle = workday_on_or_after(course.day_at(0.5))
        if rng.random() < REKEYED and middle < day(planting.preset.as_of):
            old = course.contract.project_id
            cuts[old] = middle
            planting.note("re-keyed project", "project", old, middle, new_number(old))
    if not cuts:
        return
    for entity, moment in (
        ("time_entry", pl.col("work_date")),
        ("expense", pl.col("expense_date")),
        ("project_status", pl.col("status_date")),
        ("invoice_line", pl.col(STAMP) // DAY_SECONDS),
        ("contract_line", pl.col(STAMP) // DAY_SECONDS),
        ("subcontractor_cost", pl.col("cost_date")),
    ):
        log.alter(entity, _renumbered(cuts, moment))
    log.alter("project", _split_project(cuts))
    log.alter("project_budget", _carried_over(cuts, "budget_id"))


def new_number(project_id: str) -> str:
    """Return the number a project is given when it is keyed in again."""
    return f"{project_id}-R"


def _renumbered(cuts: dict[str, int], moment: pl.Expr) -> Callable[[pl.DataFrame], pl.DataFrame]:
    cut = pl.col("project_id").replace_strict(cuts, default=NEVER, return_dtype=pl.Int64)
    new = pl.when(moment > cut).then(pl.col("project_id") + "-R").otherwise("project_id")

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(new.alias("project_id"))

    return change


def _split_project(cuts: dict[str, int]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Later versions go to the new record, which opens on the day; the old one is cancelled then."""
    renumber = _renumbered(cuts, pl.col(STAMP) // DAY_SECONDS)
    cut = pl.col("project_id").replace_strict(cuts, default=NEVER, return_dtype=pl.Int64)

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        at_cut = (
            frame.filter((cut < NEVER) & (pl.col(STAMP) // DAY_SECONDS <= cut))
            .sort(STAMP, maintain_order=True)
            .unique("project_id", keep="last", maintain_order=True)
            .with_columns((cut * DAY_SECONDS + 18 * 3600).alias(STAMP))
        )
        opened = at_cut.with_columns(pl.col("project_id") + "-R", pl.col(STAMP) + 60)
        cancelled = at_cut.with_columns(pl.lit("cancelled").alias("status"))
        return pl.concat([renumber(frame), cancelled, opened])

    return change


def _carried_over(cuts: dict[str, int], key: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """What was agreed for the old number is keyed in again for the new one; later versions are made there only."""
    renumber = _renumbered(cuts, pl.col(STAMP) // DAY_SECONDS)
    cut = pl.col("project_id").replace_strict(cuts, default=NEVER, return_dtype=pl.Int64)

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        copied = frame.filter((cut < NEVER) & (pl.col(STAMP) // DAY_SECONDS <= cut)).with_columns(
            pl.col(key) + "-R", pl.col("project_id") + "-R", (cut * DAY_SECONDS + 18 * 3600 + 120).alias(STAMP)
        )
        return pl.concat([renumber(frame), copied])

    return change


def _wrong_drafts(planting: _Planting) -> None:
    """Draft some invoices in the wrong currency or without tax; most are corrected before they go out."""
    other = {"USD": "EUR", "EUR": "GBP", "GBP": "USD"}
    is_draft = pl.col("status") == "draft"
    drafts = planting.log.plain("erp", "invoice").filter(is_draft).sort("invoice_id")
    draw = planting.rng.random((2, drafts.height))
    taxed = (drafts["tax_amount"] > 0).to_numpy()
    foreign = drafts.filter(pl.Series(draw[0] < WRONG_CURRENCY))
    untaxed = drafts.filter(pl.Series(taxed & (draw[1] < WRONG_TAX)))
    stays = drafts.filter(pl.Series(taxed & (draw[1] < WRONG_TAX * TAX_STAYS)))["invoice_id"].to_list()
    wrong_currency = pl.col("invoice_id").is_in(foreign["invoice_id"].to_list()) & is_draft
    wrong_tax = pl.col("invoice_id").is_in(untaxed["invoice_id"].to_list()) & (
        is_draft | pl.col("invoice_id").is_in(stays)
    )

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            pl.when(wrong_currency)
            .then(pl.col("currency").replace_strict(other))
            .otherwise("currency")
            .alias("currency"),
            pl.when(wrong_tax).then(0.0).otherwise("tax_amount").alias("tax_amount"),
        )

    planting.log.alter("invoice", change)
    for kind, rows in (("wrong currency", foreign), ("wrong tax", untaxed)):
        for key, stamp in rows.select("invoice_id", STAMP).iter_rows():
            planting.note(kind, "invoice", key, stamp // DAY_SECONDS, "stays" if key in stays else "draft only")


def _late_capture(planting: _Planting, courses: list[Course]) -> None:
    """Some change orders are keyed in weeks after they were agreed on site; all their versions come later."""
    delays: dict[str, int] = {}
    for course in courses:
        for change in course.changes:
            if planting.rng.random() < LATE_CAPTURE:
                delays[change.id] = int(planting.rng.integers(*CAPTURE_DAYS))
                detail = f"{delays[change.id]} days late"
                planting.note("late capture", "change_order", change.id, change.requested, detail)
    late = pl.col("change_order_id").replace_strict(delays, default=0, return_dtype=pl.Int64)
    planting.log.alter("change_order", lambda frame: frame.with_columns(pl.col(STAMP) + late * DAY_SECONDS))


def _merge_clients(planting: _Planting) -> None:
    """One client takes another over: from then on the other's papers are made out to it."""
    clients, log = planting.clients, planting.log
    on = planting.moment(MERGED_AT)
    there = [int(n) for n in np.argsort(clients.weight) if clients.created[n] + 60 < on]
    if len(there) < 2:
        return
    taken, survivor = there[len(there) // 3], there[len(there) // 2]
    for system, ids in (("crm", clients.crm_ids), ("erp", clients.erp_ids)):
        for target in [place for place in log.delivered() if place[1] == "account" and place[0] in (system, "studio")]:
            last = log.plain(*target).filter((pl.col("account_id") == ids[taken]) & (pl.col(STAMP) < at(on, 0)))
            if last.height:
                values = {name: last[name][-1] for name in last.columns if name not in (STAMP, DELETED)}
                values |= {"parent_account_id": ids[survivor], "status": "Merged"}
                log.add("account", at(on, 12), system=target[0], **values)
    old, new = clients.erp_ids[taken], clients.erp_ids[survivor]
    moved = (pl.col("account_id") == old) & (pl.col(STAMP) >= at(on, 12))
    for entity in ("contract", "project", "invoice"):
        log.alter(
            entity,
            lambda frame: frame.with_columns(
                pl.when(moved).then(pl.lit(new)).otherwise("account_id").alias("account_id")
            ),
        )
    planting.note("client merger", "account", clients.crm_ids[taken], on, f"taken over by {clients.crm_ids[survivor]}")


def _reorganise(planting: _Planting) -> None:
    """On one day people change region and manager, and clients change owner; what was before stays history."""
    people, clients, rng = planting.people, planting.clients, planting.rng
    on = planting.moment(REORGANISED_AT)
    there = np.flatnonzero(
        people.delivers & (people.hire < on - 30) & (people.leaves > on + 30) & (people.seniority < 4)
    )
    regions: dict[str, str] = {}
    for person in there.tolist():
        choices = words.ENTITY_REGIONS[int(people.entity[person])]
        if rng.random() < MOVED_PEOPLE and len(choices) > 1:
            other = next(region for region in choices if region != people.region[person])
            regions[people.ids[person]] = words.REGIONS[other]
            planting.note("re-organisation", "person", people.ids[person], on, f"moves to {words.REGIONS[other]}")
    owners: dict[str, str] = {}
    for client in range(len(clients.crm_ids)):
        if rng.random() < MOVED_CLIENTS and clients.created[client] < on - 30:
            key = clients.crm_ids[client]
            owners[key] = people.ids[int(rng.choice(people.sellers))]
            planting.note("re-organisation", "account", key, on, f"owned by {owners[key]}")
    _change_from(planting.log, "hris", "person", "person_id", {"region": regions}, at(on, 7))
    for system in ("crm", "studio"):
        if (system, "account") in planting.log.delivered():
            _change_from(planting.log, system, "account", "account_id", {"owner_id": owners}, at(on, 7))


def _change_from(
    log: VersionLog, system: str, entity: str, key: str, changes: dict[str, dict[str, str]], moment: int
) -> None:
    """Record a version with new values at a moment; versions that come later carry them too."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        for column, values in changes.items():
            concerned = pl.col(key).is_in(list(values))
            now = (
                frame.filter(concerned & (pl.col(STAMP) < moment))
                .sort(STAMP, maintain_order=True)
                .unique(key, keep="last", maintain_order=True)
                .with_columns(pl.lit(moment, dtype=pl.Int64).alias(STAMP))
            )
            new = pl.col(key).replace_strict(values, default=None, return_dtype=pl.String)
            after = pl.when(concerned & (pl.col(STAMP) >= moment)).then(new).otherwise(column).alias(column)
            frame = pl.concat([frame, now]).with_columns(after)
        return frame

    log.alter(entity, change, system=system)


def _remove_contacts(planting: _Planting) -> None:
    """Some contacts are removed for good, months after they were made."""
    for system in ("crm", "studio"):
        if (system, "contact") not in planting.log.delivered():
            continue
        last = planting.log.plain(system, "contact").sort(STAMP).unique("contact_id", keep="last", maintain_order=True)
        for row in last.iter_rows(named=True):
            gone = row[STAMP] + int(planting.rng.integers(90, 500)) * DAY_SECONDS
            if planting.rng.random() < REMOVED and gone < at(day(planting.preset.as_of), 12):
                values = {name: value for name, value in row.items() if name not in (STAMP, DELETED)}
                planting.log.add("contact", gone, system=system, deleted=True, **values)
                planting.note("removed", "contact", row["contact_id"], gone // DAY_SECONDS, "for good")


def _note_outage(planting: _Planting) -> None:
    """Note the drops that a system did not deliver; cutting the drops makes them late."""
    days = drops(planting.preset)
    detail = f"{len(OUTAGE_DROPS)} drops come with that of {days[max(OUTAGE_DROPS) + 1].isoformat()}"
    planting.note("outage", "", OUTAGE_SYSTEM, day(days[min(OUTAGE_DROPS)]), detail)


def _skew_clock(planting: _Planting) -> None:
    """For some weeks the timesheets' clock runs ahead; a whole entry is stamped by one clock."""
    first = planting.moment(SKEWED_AT)
    inside = pl.col("work_date").is_between(first, first + 7 * SKEW_WEEKS)
    planting.log.alter(
        "time_entry",
        lambda frame: frame.with_columns(pl.when(inside).then(pl.col(STAMP) + SKEW_SECONDS).otherwise(STAMP)),
    )
    planting.note("clock skew", "time_entry", "", first, f"{SKEW_SECONDS // 60} minutes ahead for {SKEW_WEEKS} weeks")

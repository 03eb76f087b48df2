"""The sealed truth: what really happened and why. Nothing that learns or scores may read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from leadline.simulator import deal_future, facts
from leadline.simulator import vocabulary as words
from leadline.simulator.absences import Attendance
from leadline.simulator.anomalies import EXPENSE_ANOMALIES, GRADES, TIME_ANOMALIES
from leadline.simulator.billing import Ledger
from leadline.simulator.clients import Clients
from leadline.simulator.days import Floats, as_date, day
from leadline.simulator.deal import Deal
from leadline.simulator.deal_belief import at_creation
from leadline.simulator.delivery import Course
from leadline.simulator.dispute_belief import dispute_belief
from leadline.simulator.disputes import NAMES, Grounds
from leadline.simulator.expenses import Spend
from leadline.simulator.margin_belief import margin_belief, quarter_on
from leadline.simulator.odd_lines import odd_lines
from leadline.simulator.overruns import approved, ends, saved_by_review
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.receivables import Fate
from leadline.simulator.staffing import RequestTruth
from leadline.simulator.streams import Streams
from leadline.simulator.timesheets import Work

RECENT_DAYS = 120


@dataclass(frozen=True)
class Truth:
    """Everything the causal blocks drew and did not tell the source systems."""

    preset: Preset
    streams: Streams
    people: People
    clients: Clients
    duplicates: list[dict[str, str]]
    deals: list[Deal]
    courses: list[Course]
    requests: list[RequestTruth]
    work: Work
    spend: Spend
    ledger: Ledger
    why: Grounds
    fates: list[Fate]
    cost: Floats
    supplier_cost: dict[int, float]
    attendance: Attendance
    data_faults: pl.DataFrame
    book_faults: pl.DataFrame
    second_office: list[str]


def write_truth(truth: Truth, folder: Path, cohort: int) -> None:
    """Write the truth of one cohort: one Parquet file per subject, and what they mean."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = {
        "people": _people(truth),
        "clients": _clients(truth),
        "duplicate_customers": pl.DataFrame(truth.duplicates),
        "deals": _deals(truth),
        "deal_beliefs": deal_future.beliefs(truth.deals, truth.preset, truth.streams),
        "demand": deal_future.demand(truth.deals, truth.preset, truth.streams),
        "projects": _projects(truth),
        "fit": _fit(truth),
        "time_anomalies": _time_anomalies(truth),
        "expense_anomalies": _expense_anomalies(truth),
        "leakage": _leakage(truth),
        "disputes": _disputes(truth),
        "data_faults": truth.data_faults,
        "book_faults": truth.book_faults,
        "odd_lines": odd_lines(truth.people, truth.courses, truth.attendance, truth.work, truth.spend, truth.streams),
        "facts": facts.measure(
            truth.preset,
            truth.people,
            truth.deals,
            truth.courses,
            truth.attendance,
            truth.work,
            truth.spend,
            truth.fates,
        ),
        "second_office": pl.DataFrame({"crm_account_id": truth.second_office}, schema={"crm_account_id": pl.String()}),
    }
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}-{cohort + 1:03d}.parquet", compression="zstd", compression_level=3)
    text = json.dumps({name: frame.columns for name, frame in sorted(frames.items())}, indent=2, sort_keys=True)
    (folder / "columns.json").write_bytes((text + "\n").encode())


def _people(truth: Truth) -> pl.DataFrame:
    people = truth.people
    traits = ("quality", "diligence", "optimism", "strictness", "propensity", "group")
    return pl.DataFrame({"person_id": people.ids, **{name: getattr(people, name) for name in traits}})


def _clients(truth: Truth) -> pl.DataFrame:
    clients = truth.clients
    return pl.DataFrame(
        {
            "crm_account_id": clients.crm_ids,
            "litigious": clients.litigious,
            "rigour": clients.rigour,
            "tardy": clients.tardy,
            "loyalty": clients.loyalty,
        }
    )


def _deals(truth: Truth) -> pl.DataFrame:
    observable = at_creation(truth.deals)
    return pl.DataFrame(
        [
            {
                "opportunity_id": deal.id,
                "chance": deal.chance,
                "observable": float(observable[number]),
                "won": deal.won,
                "closed_on": as_date(deal.closed),
                "fit": deal.fit,
                "hours": deal.hours,
            }
            for number, deal in enumerate(truth.deals)
        ]
    )


def _projects(truth: Truth) -> pl.DataFrame:
    courses = truth.courses
    ended = ends(courses, truth.cost, truth.supplier_cost, truth.ledger)
    belief = margin_belief(truth.preset, truth.people, courses, ended, truth.streams)
    return pl.DataFrame(
        {
            "project_id": [course.contract.project_id for course in courses],
            "ratio": [course.ratio for course in courses],
            "chance": belief.full,
            "observable": belief.observable,
            "eroded": ended.eroded,
            "begins_on": [as_date(course.begins) for course in courses],
            "quarter_on": [as_date(quarter_on(course)) for course in courses],
            "surfaces_on": [as_date(course.surfaces) for course in courses],
            "closes_on": [as_date(course.closes) for course in courses],
            "approved_end_on": [
                as_date(course.contract.end + sum(change.delay for change in approved(course))) for course in courses
            ],
            "final_cost": ended.cost.round(2),
            "final_cost_reviewed": (ended.cost - saved_by_review(ended, truth.streams)).round(2),
            "baseline_cost": [round(course.plan_cost, 2) for course in courses],
            "approved_baseline_cost": ended.approved_cost.round(2),
            "final_revenue": ended.revenue.round(2),
            "approved_revenue": ended.approved_revenue.round(2),
            "currency": [course.contract.currency for course in courses],
            "complexity": [course.traits.complexity for course in courses],
            "unpriced_hours": [round(course.creep * course.contract.deal.hours, 2) for course in courses],
        }
    )


def _fit(truth: Truth) -> pl.DataFrame:
    """True fit: of everybody for the requests of the last months, of the people proposed for older ones."""
    since = day(truth.preset.as_of) - RECENT_DAYS
    delivery = tuple(int(person) for person in truth.people.delivers.nonzero()[0])
    rows = [
        (
            request.request_id,
            truth.people.ids[person],
            float(request.fit[person]),
            float(request.observable[person]),
            person in request.proposed,
            person == request.picked,
        )
        for request in truth.requests
        for person in (delivery if request.opened >= since else request.proposed)
    ]
    return pl.DataFrame(
        rows, schema=["request_id", "person_id", "fit", "observable", "proposed", "picked"], orient="row"
    )


def _time_anomalies(truth: Truth) -> pl.DataFrame:
    """Planted entries with what they cost: hours at the person's own cost rate, in the currency of its company."""
    work, people = truth.work, truth.people
    planted = np.flatnonzero(work.anomaly)
    person = work.person[planted]
    return pl.DataFrame(
        {
            "time_entry_id": [f"TE{number:09d}" for number in work.ids[planted].tolist()],
            "anomaly": pl.Series(TIME_ANOMALIES).gather(work.anomaly[planted]),
            "grade": pl.Series(GRADES).gather(work.grade[planted]),
            "hours": work.hours[planted],
            "cost": (work.hours[planted] * people.cost[person]).round(2),
            "currency": pl.Series(words.ENTITY_CURRENCIES).gather(people.entity[person]),
        }
    )


def _expense_anomalies(truth: Truth) -> pl.DataFrame:
    spend = truth.spend
    planted = np.flatnonzero(spend.anomaly)
    return pl.DataFrame(
        {
            "expense_id": [spend.id(index) for index in planted.tolist()],
            "anomaly": pl.Series(EXPENSE_ANOMALIES).gather(spend.anomaly[planted]),
            "grade": pl.Series(GRADES).gather(spend.grade[planted]),
            "amount": spend.amount[planted],
            "currency": pl.Series(words.ENTITY_CURRENCIES).gather(spend.entity[planted]),
        }
    )


def _leakage(truth: Truth) -> pl.DataFrame:
    until = truth.preset.as_of
    return (
        pl.DataFrame(truth.ledger.leaks, infer_schema_length=None)
        .filter(pl.col("day") <= until)
        .sort("day", "contract_line_id", "record_id", "leak_class")
    )


def _disputes(truth: Truth) -> pl.DataFrame:
    fates = truth.fates
    return pl.DataFrame(
        {
            "invoice_id": [fate.invoice_id for fate in fates],
            "run_on": [as_date(fate.invoice.run) for fate in fates],
            "client": [truth.clients.crm_ids[fate.invoice.contract.deal.client] for fate in fates],
            "chance": [fate.chance for fate in fates],
            "observable": dispute_belief(truth.why, fates, len(truth.clients.crm_ids)),
            "chance_reviewed": [fate.chance_reviewed for fate in fates],
            "reviewed": [fate.reviewed for fate in fates],
            "disputed": [fate.disputed_on > 0 for fate in fates],
            "hidden": [fate.hidden for fate in fates],
            "short_paid": [fate.short_paid for fate in fates],
            "credited": [fate.credited for fate in fates],
            "lost": [fate.lost for fate in fates],
            "lost_reviewed": [fate.lost_reviewed for fate in fates],
            "cause": [fate.cause for fate in fates],
            "coded_cause": [fate.coded for fate in fates],
            "amount": [fate.invoice.amount for fate in fates],
            "currency": [fate.invoice.contract.currency for fate in fates],
            "known_on": [as_date(fate.disputed_on or fate.paid_on) for fate in fates],
            "changed": truth.why.changed,
            **{name: truth.why.visible[:, column] for column, name in enumerate(NAMES)},
        }
    )

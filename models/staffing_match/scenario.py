"""What if: the plan with somebody pinned to a role, kept from one, held back from all, or a role that starts later.

The same candidates, values and solver as the score's; only what the scenario says is otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl

from leadline.kernel.money import cents
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from models.framework.risk_model import Artefact
from models.staffing_match.desk import VALUE, Desk, desk
from models.staffing_match.parameter_file import parameters
from models.staffing_match.plan import Plan, plan_with

NO_CANDIDATE, EXCLUDED, OVERRUN = "no_candidate", "excluded", "overrun"


@dataclass(frozen=True)
class Scenario:
    """What is otherwise than believed.

    ``pinned`` requests get that person; ``forbidden`` pairs of request and person are left out; who is ``held_back``
    gets nothing; ``shifted`` requests start, and end, so many weeks later than they could.
    """

    pinned: Mapping[str, str] = field(default_factory=dict)
    forbidden: frozenset[tuple[str, str]] = frozenset()
    held_back: frozenset[str] = frozenset()
    shifted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Conflict:
    """Why no plan can be as the scenario wants it.

    ``kind``: ``no_candidate`` (the pinned person does not pass the request's filters), ``excluded`` (the scenario also
    forbids it or holds the person back), ``overrun`` (the person's pinned requests need ``asked`` hours in ``week``
    and ``free`` are left).
    """

    kind: str
    person_id: str
    requests: tuple[str, ...]
    week: date | None = None
    asked: float = 0.0
    free: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What a plan comes to: roles ``filled`` of ``asked``, the mean ``chance`` of the people proposed (None without
    any), and by currency the ``money`` at risk of the filled roles and what the plan is ``expected`` to keep of it.
    """

    filled: int
    asked: int
    chance: float | None
    money: Mapping[str, Decimal]
    expected: Mapping[str, Decimal]


@dataclass(frozen=True)
class Share:
    """How many of a group's candidates (request × person) a plan proposes; ``share`` is None for groups too small."""

    group: str
    candidates: int
    proposed: int
    share: float | None


def under(
    now: Desk, scenario: Scenario, *, reader: PointInTimeReader, as_of: datetime, artefact: Artefact | None
) -> Desk:
    """Return the desk with the scenario's requests moved and its forbidden pairs gone; the rest is as it was."""
    if scenario.shifted:
        moved = desk(_Later(reader, scenario.shifted), as_of=as_of, artefact=artefact)
        others = ~pl.col("request_id").is_in(list(scenario.shifted))
        now = Desk(
            pl.concat([now.requests.filter(others), moved.requests]).sort("request_id"),
            pl.concat([now.pairs.filter(others), moved.pairs]).sort("request_id", "person_id"),
        )
    left_out = pl.DataFrame(sorted(scenario.forbidden), schema=["request_id", "person_id"], orient="row")
    pairs = now.pairs.filter(~pl.col("person_id").is_in(sorted(scenario.held_back)))
    return Desk(now.requests, pairs.join(left_out.cast(pl.String), on=["request_id", "person_id"], how="anti"))


def conflicts(then: Desk, scenario: Scenario) -> list[Conflict]:
    """Return why what is pinned cannot be; with none there is a plan. ``then`` is the desk under the scenario."""
    found, loads = [], defaultdict[tuple[str, date], list[tuple[str, float, float]]](list)
    columns = ("request_id", "person_id", "asked_hours", "first_week", "free_by_week")
    rows = {(row[0], row[1]): row for row in then.pairs.select(columns).iter_rows()}
    for request, person in scenario.pinned.items():
        if person in scenario.held_back or (request, person) in scenario.forbidden:
            found.append(Conflict(EXCLUDED, person, (request,)))
        elif (request, person) not in rows:
            found.append(Conflict(NO_CANDIDATE, person, (request,)))
        else:
            _, _, asked, first, free = rows[request, person]
            for place, left in enumerate(free):
                loads[person, first + timedelta(weeks=place)].append((request, min(asked, left), left))
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for (person, week), own in sorted(loads.items()):
        asked, requests = sum(load for _, load, _ in own), tuple(sorted(request for request, _, _ in own))
        if asked > own[0][2] + 1e-9 and (person, requests) not in seen:
            seen.add((person, requests))
            found.append(Conflict(OVERRUN, person, requests, week, asked, own[0][2]))
    return found


def plan_under(then: Desk, scenario: Scenario, *, seconds: float) -> Plan | None:
    """Return the best plan under a scenario without conflicts; None where ``seconds`` were too short to find any."""
    return plan_with(then.pairs, value=VALUE, pinned=scenario.pinned, seconds=seconds)


def outcome(then: Desk, plan: Plan) -> Outcome:
    """Return what a plan over a desk comes to; roles without a billing rate count as filled and bring no money."""
    chosen = _chosen(then.pairs, plan.chosen).join(then.requests.select("request_id", "money_currency"), "request_id")
    money: dict[str, Decimal] = defaultdict(Decimal)
    expected: dict[str, Decimal] = defaultdict(Decimal)
    columns = ("money_currency", "money", "chance", "availability")
    for currency, kept, chance, availability in chosen.drop_nulls("money").select(columns).iter_rows():
        money[currency] += kept
        expected[currency] += cents(kept * Decimal(repr(chance * availability)))
    mean = chosen["chance"].mean()
    return Outcome(
        filled=len(plan.chosen),
        asked=then.requests.height,
        chance=mean if isinstance(mean, float) else None,
        money=dict(sorted(money.items())),
        expected=dict(sorted(expected.items())),
    )


def shares(pairs: pl.DataFrame, chosen: Mapping[str, str], *, group: str) -> list[Share]:
    """Return what part of each group's candidates a plan proposes, by group; column ``group`` is ``region`` or such.

    Groups of too few candidates (``baselines.min_candidates``) have no share: it would say nothing about evenness.
    """
    proposed = _chosen(pairs, chosen).select("request_id", "person_id", is_proposed=pl.lit(1))
    counts = (
        pairs.drop_nulls(group)
        .join(proposed, on=["request_id", "person_id"], how="left")
        .group_by(group)
        .agg(pl.len(), pl.col("is_proposed").fill_null(0).sum())
        .sort(group)
    )
    least = parameters().baselines.min_candidates
    return [
        Share(str(name), size, taken, taken / size if size >= least else None)
        for name, size, taken in counts.iter_rows()
    ]


def impact_ratio(shares: Sequence[Share]) -> float | None:
    """Return the lowest over the highest share of groups; None with fewer than two of enough size, or no one chosen."""
    rates = [one.share for one in shares if one.share is not None]
    return min(rates) / max(rates) if len(rates) > 1 and max(rates) > 0 else None


def _chosen(pairs: pl.DataFrame, chosen: Mapping[str, str]) -> pl.DataFrame:
    keys = pl.DataFrame(list(chosen.items()), schema=["request_id", "person_id"], orient="row").cast(pl.String)
    return pairs.join(keys, on=["request_id", "person_id"], how="semi")


class _Later:
    """What is known, with nothing asked for but some requests, each so many weeks later."""

    def __init__(self, reader: PointInTimeReader, weeks: Mapping[str, int]) -> None:
        self.snapshot_id, self.reporting_currency = reader.snapshot_id, reader.reporting_currency
        self.known_until = reader.known_until
        self._known, self._weeks = reader, weeks

    def has(self, entity: str) -> bool:
        return self._known.has(entity)

    def core(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        rows = self._known.core(entity, as_of=as_of)
        if entity != "staffing_request":
            return rows
        moved = pl.LazyFrame(
            list(self._weeks.items()), schema={"request_id": pl.String, "_weeks": pl.Int64}, orient="row"
        )
        later = pl.duration(weeks=pl.col("_weeks"))
        begins = pl.max_horizontal("start_date", pl.lit(naive(as_of).date()))
        columns = rows.collect_schema().names()
        return (
            rows.join(moved, on="request_id")
            .with_columns(start_date=begins + later, end_date=pl.col("end_date") + later)
            .select(columns)
        )

    def history(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        return self._known.history(entity, as_of=as_of)

    def mart(self, name: str, *, as_of: datetime | None = None) -> pl.LazyFrame:
        return self._known.mart(name, as_of=as_of)

    def rule(self, name: str, *, as_of: datetime, columns: Sequence[str] = ()) -> pl.LazyFrame:
        # Rules say what is known of people and their time; what is asked for is read from core.
        return self._known.rule(name, as_of=as_of, columns=columns)

    def rule_part(self, name: str, *, as_of: datetime, columns: Sequence[str], where: str) -> pl.LazyFrame:
        return self._known.rule_part(name, as_of=as_of, columns=columns, where=where)

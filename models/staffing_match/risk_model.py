"""Staffing: whom to propose for each open role request, so that the whole plan is worth most.

Hard filters, a ranker of past picks blended with how well people delivered, then one plan over all requests and weeks.
Decision support only: a person proposes and confirms; no protected attribute is used; people are named by id.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

import polars as pl

from features.staffing_match.frame import candidates, labels, open_requests
from features.staffing_match.supply import HORIZON_WEEKS, first_monday
from leadline.kernel import facts
from leadline.kernel.findings import Finding
from leadline.kernel.money import CENT
from leadline.kernel.stakes import Stake, gap
from leadline.warehouse.point_in_time import FOREVER, PointInTimeReader, naive
from models.framework.metrics import hit_at, ndcg_at
from models.framework.risk_model import Artefact, Benchmark
from models.staffing_match.baselines import impact_ratio, planned_gain, planned_value, with_candidates
from models.staffing_match.desk import VALUE, desk, ranked
from models.staffing_match.parameter_file import Parameters
from models.staffing_match.parameter_file import parameters as parameters
from models.staffing_match.plan import Plan, greedy_plan, optimal_plan
from models.staffing_match.reasons import action_of, expected_of, facts_of, reasons_for, seen_of, title_of
from models.staffing_match.suitability import fit_score, suitability

SCORE = "staffing_match"
OBJECT_TYPE = "staffing_request"
NEEDS = ("staffing_request", "person")
USES = (
    "staffing_request_skill",
    "staffing_proposal",
    "person_skill",
    "skill",
    "assignment",
    "leave",
    "holiday",
    "project",
    "account",
    "rate_card",
    "cost_rate",
    "currency_rate",
)

MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
# Monday to Thursday: requests are often filled within days.
STEP = timedelta(days=3)


def observation_times(reader: PointInTimeReader, *, until: datetime) -> list[datetime]:
    """Return the last Mondays and Thursdays by ``until`` at which a request had just been raised and was open."""
    chosen = parameters().examples
    spells = (
        reader.history("staffing_request", as_of=until)
        .filter((pl.col("status") == "open") & ~pl.col("is_deleted"))
        .select(seen=pl.coalesce("first_known_at", "known_at"), closed=pl.col("known_to").fill_null(FOREVER))
        .collect()
    )
    first = spells["seen"].min()
    if not isinstance(first, datetime):
        return []
    start = first.replace(tzinfo=UTC) + timedelta(days=chosen.warm_up_days)
    grid = [at for at in _grid(until, weeks=chosen.grid_weeks) if at >= start]
    fresh = [at for at in grid if spells.filter(_just_raised("seen", at) & (pl.col("closed") > naive(at))).height]
    return sorted(fresh[: chosen.max_times])


def _grid(until: datetime, *, weeks: int) -> list[datetime]:
    """Mondays and Thursdays at midnight, latest first, as far back as requests are kept."""
    monday = MONDAY + math.floor((until - MONDAY) / timedelta(weeks=1)) * timedelta(weeks=1)
    days = [monday - timedelta(weeks=n) + shift for n in range(weeks) for shift in (STEP, timedelta(0))]
    return [day for day in days if day <= until]


def _just_raised(column: str, at: datetime) -> pl.Expr:
    """Whether a request was first seen since the moment of the grid before ``at``: so that each is looked at once."""
    gap = STEP if at.weekday() == STEP.days else timedelta(weeks=1) - STEP
    return (pl.col(column) > naive(at) - gap) & (pl.col(column) <= naive(at))


def examples(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return the pairs of requests raised in the days before ``observed_at`` and still open, with what became of them.

    Grain: request_id × person_id; each request is looked at once. ``label`` is the gain: 0 for whom was not accepted,
    the rating of the accepted (``grades.unrated`` until it is given); null while no one is accepted. ``query`` and
    ``group`` are the request; ``is_proposed`` tells who was proposed at all.
    """
    requests = open_requests(reader, as_of=observed_at).filter(_just_raised("raised_known_at", observed_at))
    outcome = labels(reader, observed_at=observed_at, as_of=as_of)
    filled = outcome.select("request_id").unique().with_columns(is_filled=True)
    gain = pl.col("is_accepted").fill_null(0.0) * pl.col("rating").fill_null(parameters().grades.unrated)
    return (
        candidates(reader, requests, as_of=observed_at)
        .join(outcome.with_columns(is_proposed=True), on=["request_id", "person_id"], how="left")
        .join(filled, on="request_id", how="left")
        .with_columns(
            label=pl.when("is_filled").then(gain),
            is_proposed=pl.col("is_proposed").fill_null(False),
            query=pl.col("request_id"),
            group=pl.col("request_id"),
            observed_at=pl.lit(naive(observed_at)),
        )
        .sort("request_id", "person_id")
    )


def fit(examples: pl.DataFrame, *, seed: int) -> Artefact:
    """Train ranker, outcome and blend; see :func:`models.staffing_match.suitability.fit_score`.

    Raises:
        InsufficientDataError: too few filled requests (``examples.min_requests``).
    """
    return fit_score(examples, parameters(), seed=seed)


def predict(frame: pl.DataFrame, artefact: Artefact) -> pl.DataFrame:
    """Return ``prediction``, how well each row's person suits the request, in the frame's order."""
    return pl.DataFrame({"prediction": suitability(frame, artefact)}, schema={"prediction": pl.Float64})


def benchmark(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> Benchmark:
    """Set the blend beside every baseline on held-out requests."""
    artefact = fit(train, seed=seed)
    frame, candidates = with_candidates(test, suitability(test, artefact))
    metrics = {
        "ndcg_10↑": ndcg_at(10),
        "hit_5↑": hit_at(5),
        "plan_value↑": planned_value,
        "plan_gain↑": planned_gain,
        "impact_region↑": impact_ratio("region"),
        "impact_seniority↑": impact_ratio("seniority"),
    }
    return Benchmark(frame=frame, candidates=candidates, metrics=metrics)


def findings(reader: PointInTimeReader, *, as_of: datetime, artefact: Artefact | None) -> list[Finding]:
    """Return one finding per open request: whom the plan proposes, who else, what is at stake; highest expected loss
    first.

    Probability: that the role stays open if no one acts, by how long the firm's requests stayed open before; as good as
    certain where no one can fill it. Money at risk: what its hours contribute until it could be filled otherwise
    (``desk``), in the reporting currency (in the rate's own where no exchange rate is known; 0, and said to be without
    a price, where no billing rate is).
    """
    now = desk(reader, as_of=as_of, artefact=artefact)
    requests, scored = now.requests, now.pairs
    plan, greedy = optimal_plan(scored, value=VALUE), greedy_plan(scored, value=VALUE)
    people = ranked(scored)
    edge = (parameters() if artefact is None else Parameters.trained_with(artefact)).chance.edge
    found = [
        _finding(request, people.get(request["request_id"], []), plan, greedy, edge=edge, as_of=as_of)
        for request in requests.to_dicts()
    ]
    return sorted(found, key=lambda finding: (-finding.expected_loss, finding.object_id))


def _stays_open(request: Mapping[str, Any], *, is_fillable: bool, edge: float, as_of: datetime) -> float:
    """Return the chance that a role stays open; people's weeks are known up to the horizon of plans only."""
    last = first_monday(as_of) + timedelta(weeks=HORIZON_WEEKS - 1)
    if not is_fillable and request["first_week"] <= last:
        return 1 - edge
    chance: float = request["unfilled_chance"]
    return round(min(max(chance, edge), 1 - edge), 6)


def _stakes(request: Mapping[str, Any]) -> tuple[Stake, ...]:
    """Return a role's money week by week: it is a part of what its role lacks in its region."""
    days, money = max(round(request["lost_weeks"] * 7), 1), request["money"]
    first, region = request["begins"], request["asked_region"] or request["project_region"]
    in_week = Counter(_monday(first + timedelta(days=day)) for day in range(days))
    if not money:
        return ()
    return tuple(
        Stake(gap(request["asked_role"], region, week), (money * count / days).quantize(CENT, ROUND_DOWN))
        for week, count in sorted(in_week.items())
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _finding(
    request: Mapping[str, Any],
    candidates: Sequence[Mapping[str, Any]],
    plan: Plan,
    greedy: Plan,
    *,
    edge: float,
    as_of: datetime,
) -> Finding:
    person = plan.chosen.get(request["request_id"])
    chosen = next((row for row in candidates if row["person_id"] == person), None)
    rivals = {person_id: other for other, person_id in plan.chosen.items() if other != request["request_id"]}
    currency = request["money_currency"]
    effect = {
        "plan_value": facts.money(round(plan.value, 2), currency),
        "greedy_value": facts.money(round(greedy.value, 2), currency),
        "plan_filled": facts.number(len(plan.chosen), "requests"),
        "open_hours": facts.hours(request["open_hours"]),
        "lost_hours": facts.hours(request["lost_hours"]),
    }
    return Finding(
        score=SCORE,
        object_type=OBJECT_TYPE,
        object_id=request["request_id"],
        as_of=as_of,
        money_at_risk=request["money"] if request["money"] is not None else Decimal("0.00"),
        is_priced=request["money"] is not None,
        stakes=_stakes(request),
        currency=currency,
        title=title_of(request),
        action=action_of(candidates, chosen),
        expected=expected_of(request),
        seen=seen_of(candidates, chosen),
        reasons=reasons_for(request, candidates, chosen, rivals),
        probability=_stays_open(request, is_fillable=bool(candidates), edge=edge, as_of=as_of),
        facts={**facts_of(request, candidates, chosen), **effect},
        legal_entity_id=request["legal_entity_id"],
        project_id=request["project_id"],
        account_id=request["account_id"],
        person_id=request["manager_id"],
    )

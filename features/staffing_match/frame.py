"""Role requests still open, each with the people who could fill it.

Grain: request_id × person_id, sorted; only pairs that pass the hard filters. Columns named in FEATURES are numeric
model inputs. None is a protected attribute or stands for one: no age, tenure, name, leave type or employment type.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from features.master_data import one_per
from features.rates import with_bill_rate, with_cost_rate
from features.staffing_match.past import past_ratings, project_facts, with_past_work
from features.staffing_match.policy import policy
from features.staffing_match.skills import asked_skills, skill_coverage
from features.staffing_match.supply import HORIZON_WEEKS, bench_days, first_monday, free_hours, near_load
from leadline.warehouse.point_in_time import PointInTimeReader, naive

FEATURES: tuple[str, ...] = (
    "coverage",
    "level_share",
    "kinship",
    "skill_age_days",
    "availability",
    "first_week_availability",
    "seniority_gap",
    "seniority_short",
    "same_role",
    "same_region",
    "same_practice",
    "with_client",
    "with_practice",
    "with_manager",
    "past_rating",
    "rating_count",
    "booked_share",
    "target_gap",
    "bench_days",
    "cost_share",
    "weeks",
)


def features(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return every pair of an open request and a person who passes the hard filters.

    Filters, by the firm's policy (as shipped): employed from start to end of the work; the role, or half of the skills;
    the region, or a third of the skills; at least half of the hours free. ``free_by_week`` holds the person's free
    hours in the request's weeks from ``first_week`` on. As of: everything as known at ``as_of``.
    """
    return candidates(reader, open_requests(reader, as_of=as_of), as_of=as_of)


def candidates(reader: PointInTimeReader, requests: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return the rows of :func:`features` for some of the open requests."""
    pairs = _paired(reader, requests, _people(reader, as_of=as_of), as_of=as_of)
    # The bookings are read first: the hours that are left build on them.
    worked, idle = with_past_work(pairs, reader, as_of=as_of), bench_days(reader, as_of=as_of)
    pairs = _with_availability(worked, reader, as_of=as_of)
    pairs = pairs.join(past_ratings(reader, as_of=as_of), on="person_id", how="left")
    pairs = pairs.join(idle, on="person_id", how="left")
    return _with_terms(pairs, reader, as_of=as_of).sort("request_id", "person_id")


def open_requests(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return the role requests open at ``as_of`` whose work is not over: one row per request, sorted.

    ``begins`` is the first day that can still be worked; ``weeks`` the weeks from there to the end; ``asked_hours``
    hours per week. Client, practice, manager and contract come from the project, where there is one.
    """
    begins = pl.max_horizontal("start_date", pl.lit(naive(as_of).date()))
    requests = (
        _open_rows(reader, as_of=as_of)
        .with_columns(
            begins=begins,
            first_week=begins.dt.truncate("1w"),
            asked_hours=pl.col("hours_per_week").cast(pl.Float64).fill_null(40.0),
            raised_known_at=pl.coalesce("first_known_at", "known_at"),
        )
        .with_columns(weeks=((pl.col("end_date") - pl.col("begins")).dt.total_days() + 1) / 7.0)
        .rename({"role": "asked_role", "region": "asked_region", "seniority": "asked_seniority"})
        .drop("source_system", "batch_id", "source_line", "known_at", "valid_from", "valid_to", strict=False)
        .collect()
    )
    facts = project_facts(reader, as_of=as_of)
    return requests.join(facts, on="project_id", how="left").sort("request_id")


def _open_rows(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    wanted = (pl.col("status") == "open") & (pl.col("end_date") >= naive(as_of).date())
    return one_per(reader.core("staffing_request", as_of=as_of), "request_id").filter(wanted)


def labels(reader: PointInTimeReader, *, observed_at: datetime, as_of: datetime) -> pl.DataFrame:
    """Return what became of the requests open at ``observed_at``, as known by ``as_of``.

    Grain: request_id × person_id proposed, sorted, for requests of which one proposal was accepted; anybody else
    was not proposed. ``is_accepted`` 1 or 0; ``rating`` of the accepted, null until rated.
    """
    requests = _open_rows(reader, as_of=observed_at).select("request_id")
    proposals = (
        reader.core("staffing_proposal", as_of=as_of)
        .join(requests, on="request_id", how="semi")
        .sort("request_id", "person_id", "proposed_on", "proposal_id")
        .group_by("request_id", "person_id", maintain_order=True)
        .agg(
            is_accepted=(pl.col("status") == "accepted").max().cast(pl.Float64),
            rating=pl.col("outcome_rating").filter(pl.col("status") == "accepted").drop_nulls().last().cast(pl.Float64),
        )
        .collect()
    )
    return proposals.filter(pl.col("is_accepted").max().over("request_id") > 0)


def _people(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    return (
        one_per(reader.core("person", as_of=as_of), "person_id")
        .filter(pl.col("status").fill_null("active") != "left")
        .select(
            "person_id",
            "role",
            "seniority",
            "practice",
            "region",
            "hire_date",
            "termination_date",
            pl.col("billable_target").cast(pl.Float64),
        )
        .collect()
    )


def _paired(
    reader: PointInTimeReader, requests: pl.DataFrame, people: pl.DataFrame, *, as_of: datetime
) -> pl.DataFrame:
    """Pair requests with people by role or skills, then drop who is not employed or too far for what they bring."""
    asked = asked_skills(reader, requests, as_of=as_of)
    covered = skill_coverage(reader, asked, as_of=as_of)
    counts = asked.select("request_id", "asked_count").unique()
    by_role = requests.select("request_id", "asked_role").join(
        people.select("person_id", "role"), left_on="asked_role", right_on="role"
    )
    limits = policy(reader)
    by_skill = covered.filter(pl.col("coverage") >= limits.min_coverage)
    keys = pl.concat([by_role.select("request_id", "person_id"), by_skill.select("request_id", "person_id")]).unique()
    pairs = (
        keys.join(requests, on="request_id")
        .join(counts, on="request_id", how="left")
        .join(people, on="person_id")
        .join(covered, on=["request_id", "person_id"], how="left")
    )
    scores = [
        pl.when(pl.col("asked_count") > 0).then(pl.col(name).fill_null(0.0)).alias(name)
        for name in ("coverage", "level_share", "kinship")
    ]
    stays = pl.col("termination_date").is_null() | (pl.col("termination_date") >= pl.col("end_date"))
    employed = (pl.col("hire_date") <= pl.col("begins")) & stays
    local = pl.col("asked_region").is_null() | pl.col("region").is_null() | (pl.col("region") == pl.col("asked_region"))
    brings = pl.col("coverage").fill_null(1.0) >= limits.min_remote_coverage
    return pairs.with_columns(scores).filter(employed & (local | brings))


def _with_availability(pairs: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Add what share of the hours asked for the person has free, overall and at first; drop who has too little."""
    last = first_monday(as_of) + timedelta(weeks=HORIZON_WEEKS - 1)
    spans = pairs.select("request_id", "person_id", "asked_hours", "first_week", "end_date").with_columns(
        week=pl.date_ranges("first_week", pl.min_horizontal("end_date", pl.lit(last)), interval="1w")
    )
    free = free_hours(reader, as_of=as_of)
    # A week without a workday of the person keeps its place among the weeks, with nothing free.
    weekly = (
        spans.filter(pl.col("first_week") <= last)
        .explode("week")
        .join(free, on=["person_id", "week"], how="left")
        .with_columns(pl.col("free_hours").fill_null(0.0))
    )
    share = (pl.col("free_hours") / pl.col("asked_hours").clip(1.0)).clip(0.0, 1.0)
    found = (
        weekly.sort("request_id", "person_id", "week")
        .group_by("request_id", "person_id", maintain_order=True)
        .agg(
            availability=share.mean(),
            first_week_availability=share.head(2).mean(),
            free_by_week=pl.col("free_hours"),
        )
    )
    return (
        pairs.join(found, on=["request_id", "person_id"])
        .filter(pl.col("availability") >= policy(reader).min_availability)
        .join(near_load(reader, free, as_of=as_of), on="person_id", how="left")
    )


def _with_terms(pairs: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Add seniority, region, practice, target and price terms."""
    gap = (pl.col("seniority") - pl.col("asked_seniority")).cast(pl.Float64)
    terms = pairs.with_columns(
        seniority_gap=gap,
        seniority_short=(-gap).clip(0.0),
        same_role=(pl.col("role") == pl.col("asked_role")).cast(pl.Float64),
        same_region=(pl.col("region") == pl.col("asked_region")).cast(pl.Float64),
        same_practice=(pl.col("practice") == pl.col("project_practice")).cast(pl.Float64),
        target_gap=pl.col("billable_target") - pl.col("booked_share"),
    )
    priced = with_bill_rate(
        terms.drop("role").rename({"asked_role": "role"}), reader=reader, as_of=as_of, on="begins"
    ).rename({"role": "asked_role"})
    rated = with_cost_rate(priced, reader=reader, as_of=as_of, on="begins")
    same = pl.col("bill_currency") == pl.col("cost_currency")
    cost = pl.col("cost_rate").cast(pl.Float64) / pl.col("bill_rate").cast(pl.Float64)
    return rated.with_columns(cost_share=pl.when(same & (pl.col("bill_rate") > 0)).then(cost))

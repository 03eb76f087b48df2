"""How well a person's skills cover what a request asks for."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from leadline.warehouse.point_in_time import PointInTimeReader, naive

# A skill of the same group counts this much of the skill itself.
KINSHIP = 0.5
# Level taken for granted where a request names none.
DEFAULT_LEVEL = 3


def skill_coverage(reader: PointInTimeReader, asked: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return how the skills of each person meet what each request asks for, for everybody who has any skill near.

    ``asked`` comes from :func:`asked_skills`. Grain: request_id × person_id, sorted. ``coverage``: share of the skills
    asked for that are held at the level asked for; ``level_share``: mean of held over asked level, at most 1;
    ``kinship``: the same with skills of the same group counting half; ``skill_age_days``: mean age of the assessments
    that count. As of: skills known at ``as_of``.
    """
    held = _held(reader, as_of=as_of)
    direct = asked.join(held.drop("category"), on="skill_id").with_columns(nearness=pl.lit(1.0))
    near = asked.drop_nulls("category").join(
        held.drop_nulls("category").rename({"skill_id": "own_skill_id"}), on="category"
    )
    near = near.filter(pl.col("own_skill_id") != pl.col("skill_id")).with_columns(nearness=pl.lit(KINSHIP))
    columns = ["request_id", "person_id", "skill_id", "asked_count", "min_level", "level", "age_days", "nearness"]
    both = pl.concat([direct.select(columns), near.select(columns)])
    share = (pl.col("level") / pl.col("min_level")).clip(0.0, 1.0)
    is_direct = pl.col("nearness") == 1.0
    best = both.group_by("request_id", "person_id", "skill_id", "asked_count").agg(
        covered=(is_direct & (pl.col("level") >= pl.col("min_level"))).max().cast(pl.Float64),
        level_share=share.filter(is_direct).max().fill_null(0.0),
        kinship=(share * pl.col("nearness")).max(),
        age_days=pl.col("age_days").filter(is_direct).min(),
    )
    return (
        best.sort("request_id", "person_id", "skill_id")
        .group_by("request_id", "person_id", maintain_order=True)
        .agg(
            coverage=pl.col("covered").sum() / pl.col("asked_count").first(),
            level_share=pl.col("level_share").sum() / pl.col("asked_count").first(),
            kinship=pl.col("kinship").sum() / pl.col("asked_count").first(),
            skill_age_days=pl.col("age_days").mean(),
            covered_skills=pl.col("skill_id").filter(pl.col("covered") > 0),
        )
    )


def asked_skills(reader: PointInTimeReader, requests: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return the skills each of ``requests`` asks for, with their group and least level, as known at ``as_of``.

    Grain: request_id × skill_id. ``asked_count``: how many skills the request asks for. Requests that ask for none are
    left out.
    """
    return (
        reader.core("staffing_request_skill", as_of=as_of)
        .join(requests.lazy().select("request_id"), on="request_id", how="semi")
        .sort("request_id", "skill_id", "source_system")
        .unique(["request_id", "skill_id"], keep="first", maintain_order=True)
        .join(_categories(reader, as_of=as_of), on="skill_id", how="left", maintain_order="left")
        .select(
            "request_id",
            "skill_id",
            "category",
            min_level=pl.col("min_level").fill_null(DEFAULT_LEVEL).cast(pl.Float64),
            asked_count=pl.len().over("request_id").cast(pl.Float64),
        )
        .collect()
    )


def _held(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    age = (pl.lit(naive(as_of).date()) - pl.col("assessed_on")).dt.total_days()
    return (
        reader.core("person_skill", as_of=as_of)
        .sort("person_id", "skill_id", "source_system")
        .unique(["person_id", "skill_id"], keep="first", maintain_order=True)
        .join(_categories(reader, as_of=as_of), on="skill_id", how="left")
        .select(
            "person_id",
            "skill_id",
            "category",
            pl.col("level").cast(pl.Float64),
            age_days=age.cast(pl.Float64),
        )
        .collect()
    )


def _categories(reader: PointInTimeReader, *, as_of: datetime) -> pl.LazyFrame:
    return (
        reader.core("skill", as_of=as_of)
        .sort("skill_id", "source_system")
        .unique("skill_id", keep="first", maintain_order=True)
        .select("skill_id", "category")
    )

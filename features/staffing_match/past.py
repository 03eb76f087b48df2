"""What a person did before: for the client, for the practice, under the manager, and how well it was rated."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from features.master_data import clients
from leadline.warehouse.point_in_time import PointInTimeReader, naive

# A person without ratings is taken as average; this many ratings weigh as much as that belief.
RATING_PRIOR = 0.7
RATING_WEIGHT = 3.0


def project_facts(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return client, practice, region, manager, contract and currency of each project: one row per project, sorted."""
    projects = reader.core("project", as_of=as_of).sort("project_id", "source_system")
    return (
        projects.unique("project_id", keep="first", maintain_order=True)
        .join(clients(reader, as_of=as_of), on="account_id", how="left")
        .select(
            "project_id",
            "account_id",
            client_id=pl.coalesce("client_id", "account_id"),
            project_practice=pl.col("practice"),
            project_region=pl.col("region"),
            manager_id=pl.col("manager_id"),
            contract_id=pl.col("contract_id"),
            legal_entity_id=pl.col("legal_entity_id"),
        )
        .sort("project_id")
        .collect()
    )


def with_past_work(pairs: pl.DataFrame, reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Add ``with_client``, ``with_practice`` and ``with_manager``: ln(1 + past bookings) in common with the request.

    ``pairs`` carry person_id, client_id, project_practice and manager_id. Bookings count once they have begun, as
    known at ``as_of``.
    """
    day = naive(as_of).date()
    done = (
        reader.rule("int_booking", as_of=as_of, columns=("person_id", "booking_type", "start_date", "project_id"))
        .filter((pl.col("start_date") <= day) & (pl.col("booking_type") == "hard"))
        .select("person_id", "project_id")
        .collect()
        .join(project_facts(reader, as_of=as_of), on="project_id")
    )
    for key, alias in (
        ("client_id", "with_client"),
        ("project_practice", "with_practice"),
        ("manager_id", "with_manager"),
    ):
        counts = done.drop_nulls(key).group_by("person_id", key).agg(pl.len().cast(pl.Float64).log1p().alias(alias))
        pairs = pairs.join(counts, on=["person_id", key], how="left", maintain_order="left").with_columns(
            pl.when(pl.col(key).is_not_null()).then(pl.col(alias).fill_null(0.0)).alias(alias)
        )
    return pairs


def past_ratings(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return ``past_rating``, each person's mean rating shrunk towards 0.7 by three ratings, and ``rating_count``.

    Grain: one row per person who was ever rated, sorted. As of: ratings known at ``as_of``.
    """
    rating = pl.col("outcome_rating").cast(pl.Float64)
    return (
        reader.core("staffing_proposal", as_of=as_of)
        .filter((pl.col("status") == "accepted") & pl.col("outcome_rating").is_not_null())
        .sort("person_id", "proposal_id")
        .group_by("person_id", maintain_order=True)
        .agg(
            past_rating=(rating.sum() + RATING_PRIOR * RATING_WEIGHT) / (pl.len() + RATING_WEIGHT),
            rating_count=pl.len().cast(pl.Float64),
        )
        .collect()
    )

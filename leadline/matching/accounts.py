"""Customer records of a snapshot and the verdicts on them, as rows of entity ``account_match``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version

import polars as pl

from leadline.kernel.contracts import entity
from leadline.matching.clusters import likely_pairs, sure_pairs
from leadline.matching.engine import compare
from leadline.matching.roles import ID, Role
from leadline.warehouse.landing import Landing
from leadline.warehouse.point_in_time import PointInTimeReader
from leadline.warehouse.schema import POLARS_TYPES

ENTITY = "account_match"
SOURCE = "mdm"
MATCHER, STEWARD = "matcher", "steward"
PROPOSED, MERGED, MATCH, SPLIT = "proposed", "merged", "match", "split"

ROLES = (
    Role("name", "name"),
    Role("tax_id", "code"),
    Role("country_code", "category"),
    Role("region", "category"),
    Role("industry", "category"),
)
KEY = ("left_account_id", "right_account_id", "judge")
# A verdict that differs in none of these is not delivered again.
SAID = ("verdict", "probability", "evidence", "judged_by")
SCHEMA = {name: POLARS_TYPES[column.type] for name, column in entity(ENTITY).columns.items()} | {
    "is_deleted": pl.Boolean(),
    "known_at": pl.Datetime("us"),
}

Tell = Callable[[str, float], None]


def records(known: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    """Return one row per customer record as known at ``as_of``: ``record_id`` and the columns of :data:`ROLES`."""
    return _compared(known.core("account", as_of=as_of).collect())


def landed_records(landing: Landing, *, as_of: datetime) -> pl.DataFrame:
    """Return what :func:`records` will of the warehouse built from this landing."""
    rows = _last_known(landing, "account", key=("source_system", "account_id"), as_of=as_of)
    return _compared(rows.filter(~pl.col("is_deleted")))


def _compared(accounts: pl.DataFrame) -> pl.DataFrame:
    first = accounts.sort("account_id", "source_system").unique("account_id", keep="first", maintain_order=True)
    return first.select(pl.col("account_id").alias(ID), *(role.column for role in ROLES))


def verdicts(accounts: pl.DataFrame, *, merge: float, propose: float, as_of: datetime) -> pl.DataFrame:
    """Return the matcher's verdicts on customer records: one row per pair at or above ``propose``, sorted by pair.

    ``merged`` where the pair is at or above ``merge`` and its groups are alike (:func:`sure_pairs`), else ``proposed``.
    """
    pairs = compare(accounts, ROLES, least=propose)
    likely = likely_pairs(pairs)
    sure = sure_pairs(likely, merge=merge)
    verdicts = [MERGED if (pair.left, pair.right) in sure else PROPOSED for pair in likely]
    return (
        pairs.rename({"left_id": "left_account_id", "right_id": "right_account_id"})
        .with_columns(
            pl.Series("verdict", verdicts, dtype=pl.String),
            judge=pl.lit(MATCHER),
            judged_by=pl.lit(f"leadline {version('leadline')}, splink {version('splink')}"),
            judged_on=pl.lit(as_of.date()),
            reason=pl.lit(None, dtype=pl.String),
            is_deleted=pl.lit(False),
            known_at=pl.lit(as_of.replace(tzinfo=None), dtype=pl.Datetime("us")),
        )
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    )


def match_state(landing: Landing, *, as_of: datetime | None = None) -> pl.DataFrame:
    """Return the verdicts in landing that hold at ``as_of`` (else at all), one row per pair and judge, none deleted."""
    last = _last_known(landing, ENTITY, key=("source_system", *KEY), as_of=as_of).filter(
        pl.col("source_system") == SOURCE
    )
    return last.filter(~pl.col("is_deleted")).select(list(SCHEMA)).sort(KEY)


def _last_known(landing: Landing, name: str, *, key: Sequence[str], as_of: datetime | None) -> pl.DataFrame:
    """Return the last delivery of each key, by when it was known, then by when it was loaded, then by line."""
    manifests = landing.batches()
    loaded = {batch.batch_id: number for number, batch in enumerate(manifests)}
    rows = landing.scan(name, batches=manifests).collect()
    if as_of is not None:
        rows = rows.filter(pl.col("known_at") <= as_of.replace(tzinfo=None))
    order = pl.col("batch_id").replace_strict(loaded, return_dtype=pl.Int64, default=None)
    return rows.sort("known_at", order, "source_line").unique(key, keep="last", maintain_order=True)


def news(found: pl.DataFrame, before: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return what to deliver so that ``found`` holds: verdicts that are new or say other things, and deletions."""
    mine = before.filter(pl.col("judge") == MATCHER)
    new = found.join(mine, on=[*KEY, *SAID], how="anti", nulls_equal=True)
    gone = mine.join(found, on=list(KEY), how="anti").with_columns(
        is_deleted=pl.lit(True), known_at=pl.lit(as_of.replace(tzinfo=None), dtype=pl.Datetime("us"))
    )
    return pl.concat([new, gone.select(new.columns)]).sort(KEY)

"""The firm's own limits (governance table ``policy_limit``), typed per score.

They are read as they stand now, whatever the as-of: a past moment is judged by today's policy, so that examples, labels
and findings all answer the same question. A limit that rules a label needs a fresh training when it changes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from leadline.kernel.errors import ConfigurationError, Fault
from leadline.warehouse.point_in_time import PointInTimeReader

TABLE = "gov_policy_limit"


class Limits(BaseModel):
    """The limits of one score: a field per row of the table, each there and none unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


L = TypeVar("L", bound=Limits)


def read_limits(reader: PointInTimeReader, score: str, kind: type[L]) -> L:
    """Return the limits of a score. Money is in the reporting currency.

    Raises:
        ConfigurationError: a limit is missing, unknown, out of its range or no whole number; every fault is listed.
    """
    rows = _rows(reader, score)
    outside = rows.filter(~pl.col("value").is_between("min_value", "max_value"))
    faults = [
        Fault(f"{score}, {name}", f"{_plain(low)} to {_plain(high)}", _plain(value))
        for name, value, low, high in outside.select("limit_name", "value", "min_value", "max_value").iter_rows()
    ]
    try:
        policy = kind.model_validate(dict(rows.select("limit_name", "value").iter_rows()))
    except ValidationError as exc:
        faults += [_fault(score, error["type"], str(error["loc"][0]), error["input"]) for error in exc.errors()]
    else:
        if not faults:
            return policy
    raise ConfigurationError(
        "A limit of the firm's policy is wrong.",
        where="governance table policy_limit",
        faults=faults,
        next_step="correct governance/policy_limit.csv in the home (the shipped table is in dbt_project/seeds), "
        "then leadline build",
    )


def limits_by_name(reader: PointInTimeReader, score: str) -> dict[str, Decimal]:
    """Return the limits of a score by name, as the table has them."""
    return dict(_rows(reader, score).select("limit_name", "value").iter_rows())


def _rows(reader: PointInTimeReader, score: str) -> pl.DataFrame:
    return reader.mart(TABLE).filter(pl.col("score") == score).sort("limit_name").collect()


def _fault(score: str, kind: str, name: str, found: object) -> Fault:
    where = f"{score}, {name}"
    if kind == "missing":
        return Fault(where, "a row of this limit", "none")
    if kind == "extra_forbidden":
        return Fault(where, "no such limit", str(found))
    return Fault(where, "a whole number", _plain(found) if isinstance(found, Decimal) else str(found))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"

"""Rolling-origin splits: train on labels matured by a cut, test on examples observed from the cut on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import polars as pl

from leadline.kernel.errors import InsufficientDataError
from leadline.warehouse.point_in_time import PointInTimeReader, naive
from models.framework.risk_model import RiskModel


@dataclass(frozen=True)
class Fold:
    """One origin of a rolling evaluation.

    ``train``: examples observed before ``cut``, with labels as known at ``cut``. ``test``: examples observed at ``cut``
    or later, with labels as known at the as-of of the whole exercise.
    """

    cut: datetime
    train: pl.DataFrame
    test: pl.DataFrame


def gather(module: RiskModel, reader: PointInTimeReader, times: Sequence[datetime], *, as_of: datetime) -> pl.DataFrame:
    """Return the labelled examples of all observation times, labels as known at ``as_of``.

    Grain: the score's objects × ``observed_at`` (naive UTC), in order of time. Rows whose label has not matured
    are left out.
    """
    frames = [_labelled(module.examples(reader, observed_at=at, as_of=as_of), at) for at in sorted(times, key=naive)]
    some = [frame for frame in frames if frame.height]
    return pl.concat(some, how="diagonal_relaxed") if some else pl.DataFrame()


def _labelled(examples: pl.DataFrame, at: datetime) -> pl.DataFrame:
    rows = examples.filter(pl.col("label").is_not_null()) if "label" in examples.columns else examples
    return rows.with_columns(pl.lit(naive(at)).cast(pl.Datetime("us")).alias("observed_at"))


def rolling(
    module: RiskModel, reader: PointInTimeReader, examples: pl.DataFrame, *, as_of: datetime, share: float, count: int
) -> list[Fold]:
    """Cut the last ``share`` of the examples into ``count`` windows and return a fold for each that can be learned for.

    ``examples`` are all labelled examples as of ``as_of``, from :func:`gather`.

    Raises:
        InsufficientDataError: no fold has training examples.
    """
    cuts = cut_times(examples, share=share, count=count)
    made = []
    for cut, end in zip(cuts, [*cuts[1:], None][: len(cuts)], strict=True):
        seen = [at for at in _times(examples) if at < cut]
        within = pl.col("observed_at") >= cut
        test = examples.filter(within if end is None else within & (pl.col("observed_at") < end))
        made.append(Fold(cut, gather(module, reader, seen, as_of=cut), test))
    folds = [fold for fold in made if fold.train.height and fold.test.height]
    if not folds:
        raise InsufficientDataError(
            f"Too little has matured to hold out a test window for {module.SCORE}.",
            expected="examples from before and after at least one cut",
            found=f"{examples.height} labelled examples at {len(_times(examples))} moments until {as_of:%Y-%m-%d}",
            next_step="land more history; until then the baseline is used",
        )
    return folds


def cut_times(examples: pl.DataFrame, *, share: float, count: int) -> list[datetime]:
    """Return the moments that start each test window: the last ``share`` of the rows in ``count`` parts of equal size.

    A moment is never split, so there can be fewer windows; the first moment starts none, as nothing lies before it.
    """
    if not examples.height:
        return []
    sizes = examples.group_by("observed_at").len().sort("observed_at")
    before = sizes.select("observed_at", (pl.col("len").cum_sum() - pl.col("len")) / pl.col("len").sum())
    targets = [1 - share + share * part / count for part in range(count)]
    starts = (before.filter(pl.col("len") >= target)["observed_at"].min() for target in targets)
    first, last = sizes["observed_at"][0], sizes["observed_at"][-1]
    return sorted({cast("datetime", last if at is None else at) for at in starts} - {first})


def _times(examples: pl.DataFrame) -> list[datetime]:
    return examples["observed_at"].unique().sort().to_list() if examples.height else []

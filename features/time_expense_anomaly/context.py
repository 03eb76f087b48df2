"""How unusual a line is for its own context: robust distances and rarities over trailing windows."""

from __future__ import annotations

import polars as pl

from leadline.warehouse.limits import limited

# Median absolute deviation to standard deviation, for a normal distribution.
MAD_TO_SD = 1.4826
# Fewer lines than this tell no habit.
MIN_LINES = 8
# Beyond this many robust deviations more is not worse.
FARTHEST = 12.0


def with_robust_z(rows: pl.DataFrame, *, value: str, by: tuple[str, ...], alias: str, floor: float) -> pl.DataFrame:
    """Add ``alias``: (value − median) / (1.4826 × MAD), both of the row's group; null in groups under 8 rows.

    ``floor`` is the least deviation taken as scale, in units of ``value``: who always books eight hours has a MAD of
    zero. Rows whose group key is null get null. Held within ±12; ``raw_<alias>`` is not.
    Source: Iglewicz and Hoaglin, modified z-score.
    """
    counted = rows.filter(pl.all_horizontal(pl.col(*by).is_not_null()) & pl.col(value).is_not_null())
    middles = counted.group_by(by).agg(pl.col(value).median().alias("_middle"), pl.len().alias("_n"))
    spreads = (
        counted.join(middles, on=by)
        .group_by(by)
        .agg((pl.col(value) - pl.col("_middle")).abs().median().alias("_spread"))
    )
    scale = pl.max_horizontal(pl.col("_spread") * MAD_TO_SD, pl.lit(floor))
    enough = pl.col("_n") >= MIN_LINES
    z = pl.when(enough).then((pl.col(value) - pl.col("_middle")) / scale)
    return (
        rows.join(middles.join(spreads, on=by), on=by, how="left", maintain_order="left")
        .with_columns(*limited(z, alias, -FARTHEST, FARTHEST))
        .drop("_middle", "_n", "_spread")
    )


def rarity(*, of: tuple[str, ...], within: tuple[str, ...]) -> pl.Expr:
    """Return −ln of the smoothed share of the group's lines that agree with this one; null where a key is null.

    ``of`` are the columns that must agree (``within`` included); ``within`` is the group. Unit: nats, 0 is usual.
    """
    share = (pl.len().over(of) - 0.5) / (pl.len().over(within) + 0.5)
    filled = pl.all_horizontal(pl.col(*of).is_not_null())
    return pl.when(filled & (pl.len().over(within) >= MIN_LINES)).then(-share.log())

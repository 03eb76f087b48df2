"""Turn texts into the contract's types. What cannot be read becomes null; the caller distinguishes it from an empty
cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

import polars as pl

from leadline.kernel.contracts import SQL_TYPES
from leadline.warehouse.schema import POLARS_TYPES

# Dates outside are typing errors (year 17, year 20201) or placeholders for "never"; a mapping can name those in
# ``nulls``.
FIRST_YEAR, LAST_YEAR = 1900, 2200

DECIMALS = ("money", "rate", "fx", "ratio", "hours", "quantity")

_ISO_DATE = ("%Y-%m-%d",)
_ISO_MOMENTS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%d %H:%M%z",
)
_MOMENT_WITH_DAY = r"^(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$"
_BOOLEANS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "x"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
_Reader = Callable[[pl.Series], pl.Series]
# Wide enough for any amount before it is scaled to its own type.
_WORKING = pl.Decimal(38, 10)


def expected(kind: str, formats: Sequence[str] = ()) -> str:
    """Describe the expected form of a type's text."""
    if kind in ("date", "timestamp"):
        shape = " or ".join(formats) or ("YYYY-MM-DD" if kind == "date" else "an ISO 8601 moment")
        return f"a {kind} as {shape}, from {FIRST_YEAR} to {LAST_YEAR}"
    if kind in DECIMALS:
        return f"a number that fits {SQL_TYPES[kind]}"
    return {
        "integer": "a whole number",
        "boolean": "true or false",
        "currency": "an ISO 4217 currency",
    }.get(kind, "a text")


def read(text: pl.Expr, kind: str, *, formats: Sequence[str], timezone: str, scale: Decimal | None) -> pl.Expr:
    """Parse a text as a contract type.

    Decimals round to their scale, halves to even. Dates take the day as written; moments become naive UTC, those
    without a zone of their own being read in ``timezone``.
    """
    if kind in DECIMALS:
        return decimal(text, kind, scale)
    if kind == "integer":
        return integer(text, scale)
    if kind == "boolean":
        return text.str.to_lowercase().replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)
    if kind == "date":
        return date(text, formats)
    if kind == "timestamp":
        return moment(text, formats, timezone)
    return text.str.to_uppercase() if kind == "currency" else text


def decimal(number: pl.Expr, kind: str, scale: Decimal | None) -> pl.Expr:
    """Return a text or a number as the decimal of a contract type, scaled exactly."""
    if scale is None:
        return number.cast(POLARS_TYPES[kind], strict=False)
    working = number.cast(_WORKING, strict=False) * pl.lit(scale, dtype=_WORKING)
    return working.cast(POLARS_TYPES[kind], strict=False)


def integer(text: pl.Expr, scale: Decimal | None) -> pl.Expr:
    """Return a text as a whole number; ``12.0`` is one, ``12.5`` is not."""
    if scale is None:
        return text.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
    scaled = text.cast(_WORKING, strict=False) * pl.lit(scale, dtype=_WORKING)
    whole = scaled.cast(pl.Decimal(38, 0), strict=False)
    return pl.when(whole.cast(_WORKING) == scaled).then(whole).cast(pl.Int64, strict=False)


def date(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Return the day a text names; without formats ISO 8601, a time of day after it being dropped."""
    readers: list[_Reader] = [partial(_day, shape=shape) for shape in formats or _ISO_DATE]
    if not formats:
        readers.append(_day_of_moment)
    return text.map_batches(partial(_first, readers=readers), return_dtype=pl.Date, is_elementwise=True)


def moment(text: pl.Expr, formats: Sequence[str], timezone: str) -> pl.Expr:
    """Return the moment a text names, as naive UTC."""
    readers = [partial(_moment, shape=shape, timezone=timezone) for shape in formats or _ISO_MOMENTS]
    return text.map_batches(partial(_first, readers=readers), return_dtype=pl.Datetime("us"), is_elementwise=True)


def is_plausible(moment: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """Return whether a typed day or moment lies within the plausible years."""
    first, last = datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR + 1, 1, 1)
    bounds = pl.Series([first, last]).cast(kind if kind == pl.Date else pl.Datetime(kind.time_unit or "us"))  # type: ignore[attr-defined]
    low, high = bounds.to_physical()
    return moment.to_physical().is_between(low, high, closed="left")


def has_time_of_day(shape: str) -> bool:
    """Return whether a format reads an hour."""
    return any(directive in shape for directive in ("%H", "%I", "%T", "%R"))


def utc(local: pl.Expr, timezone: str) -> pl.Expr:
    """Return a naive moment of a time zone as naive UTC: the earlier one where clocks repeat, null where they skip."""
    if timezone == "UTC":
        return local
    zoned = local.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _first(text: pl.Series, readers: Sequence[_Reader]) -> pl.Series:
    """Read each text by the first reader that can; later readers see only what is left."""
    found = readers[0](text)
    for reader in readers[1:]:
        unread = found.is_null() & text.is_not_null()
        if not unread.any():
            break
        rest = pl.select(pl.when(unread).then(text)).to_series()
        found = found.zip_with(~unread, reader(rest))
    return found


def _day(text: pl.Series, shape: str) -> pl.Series:
    return _plausible(text.str.to_date(shape, strict=False))


def _day_of_moment(text: pl.Series) -> pl.Series:
    return _day(text.str.extract(_MOMENT_WITH_DAY), _ISO_DATE[0])


def _moment(text: pl.Series, shape: str, timezone: str) -> pl.Series:
    if "%z" in shape:
        zoned = text.str.replace(r"[Zz]$", "+00:00")
        return _plausible(zoned.str.to_datetime(shape, time_unit="us", strict=False).dt.replace_time_zone(None))
    if has_time_of_day(shape):
        local = text.str.to_datetime(shape, time_unit="us", strict=False)
    else:
        local = text.str.to_date(shape, strict=False).cast(pl.Datetime("us"))
    return pl.select(utc(pl.lit(_plausible(local)), timezone)).to_series()


def _plausible(moments: pl.Series) -> pl.Series:
    inside = moments.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    return pl.select(pl.when(inside).then(moments)).to_series()

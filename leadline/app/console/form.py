"""What people send in forms, read and checked."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from leadline.kernel.errors import UsageError

LONGEST_NOTE = 2000
MOST_MONEY = Decimal("999999999999.99")


def clean(text: str) -> str:
    """Return text without blanks around it and without NUL, which a database refuses."""
    return text.replace("\x00", "").strip()


def note(text: str) -> str | None:
    """Return a note, None when it is empty.

    Raises:
        UsageError: it is too long.
    """
    written = clean(text)
    if len(written) > LONGEST_NOTE:
        raise UsageError(
            "The note is too long.", expected=f"{LONGEST_NOTE} characters at most", found=f"{len(written)}"
        )
    return written or None


def money(text: str) -> Decimal | None:
    """Return an amount, None when it is empty.

    Raises:
        UsageError: it is no amount.
    """
    written = clean(text)
    if not written:
        return None
    try:
        value = Decimal(written)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value <= MOST_MONEY:
        raise UsageError("Invalid amount.", expected="a number such as 1200.50, not negative", found=written[:40])
    return value


def whole(text: str, what: str, *, least: int, most: int) -> int:
    """Return a whole number.

    Raises:
        UsageError: it is none, or out of bounds.
    """
    written = clean(text)
    if written.isascii() and written.isdigit() and len(written) < 10 and least <= int(written) <= most:
        return int(written)
    raise UsageError(f"Invalid {what}.", expected=f"a whole number from {least} to {most}", found=written[:40])

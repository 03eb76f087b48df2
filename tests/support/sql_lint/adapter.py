"""dbt's adapter, as sqlfluff needs it: a dispatched macro becomes a call of its name."""

from __future__ import annotations

from collections.abc import Callable


def dispatch(name: str) -> Callable[..., str]:
    return lambda *given: f"{name}({', '.join(map(str, given))})"

"""dbt's graph, as sqlfluff needs it: empty."""

from __future__ import annotations

nodes: dict[str, object] = {}
exposures: dict[str, object] = {}

"""Artefacts as text: JSON with one spelling for the same content, so that equal models have equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from leadline.kernel.errors import IntegrityError

# File name -> text. LightGBM's own text format and JSON; nothing that executes on loading.
Artefact = Mapping[str, str]


def to_json(value: Any) -> str:
    """Return canonical JSON: sorted keys, one final newline, no nan (null instead must be decided by the caller)."""
    return json.dumps(value, sort_keys=True, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def from_json(artefact: Artefact, name: str) -> Any:
    """Read one JSON file of an artefact.

    Raises:
        IntegrityError: the artefact has no such file, or it is not JSON.
    """
    try:
        return json.loads(artefact[name])
    except (KeyError, ValueError) as exc:
        raise IntegrityError(
            "Cannot read the model's artefact.",
            where=name,
            expected="a JSON file of the artefact",
            found="no such file" if isinstance(exc, KeyError) else str(exc),
            next_step="leadline train registers a new version",
        ) from exc

"""What scores read while they work on the demo firm is what the exposures say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any

import polars as pl
import pytest
import yaml

from leadline.kernel.project import root
from leadline.kernel.scores import SCORES

AS_OF = datetime(2026, 3, 31, 23, 59, 59)


class Listening:
    """A snapshot that notes which tables it was asked for."""

    def __init__(self, reader: Any) -> None:
        self._known = reader
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._known, name)

    def has(self, entity: str) -> bool:
        self.asked.add(f"core_{entity}")
        return bool(self._known.has(entity))

    def core(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        self.asked.add(f"core_{entity}")
        frame: pl.LazyFrame = self._known.core(entity, as_of=as_of)
        return frame

    def history(self, entity: str, *, as_of: datetime) -> pl.LazyFrame:
        self.asked.add(f"core_{entity}")
        frame: pl.LazyFrame = self._known.history(entity, as_of=as_of)
        return frame

    def mart(self, name: str, *, as_of: datetime | None = None) -> pl.LazyFrame:
        self.asked.add(name)
        frame: pl.LazyFrame = self._known.mart(name, as_of=as_of)
        return frame

    def rule(self, name: str, **asked: Any) -> pl.LazyFrame:
        self.asked.add(name)
        frame: pl.LazyFrame = self._known.rule(name, **asked)
        return frame

    def rule_part(self, name: str, **asked: Any) -> pl.LazyFrame:
        self.asked.add(name)
        frame: pl.LazyFrame = self._known.rule_part(name, **asked)
        return frame


@pytest.mark.parametrize("score", SCORES)
def test_a_score_reads_nothing_that_its_exposure_does_not_name(score: str, demo_known: Callable[[Any], Any]) -> None:
    text = (root() / "dbt_project" / "models" / "exposures.yml").read_text("utf-8")
    named = {one["name"]: {ref[5:-2] for ref in one["depends_on"]} for one in yaml.safe_load(text)["exposures"]}
    listening = Listening(demo_known(None))
    frame = import_module(f"features.{score}").features(listening, as_of=AS_OF)
    assert frame is not None
    assert listening.asked
    assert listening.asked - named[score] == set()

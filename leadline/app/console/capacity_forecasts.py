"""The pipeline's drawn futures as the last capacity score saw them, kept until the data or the score change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from leadline.app.console.snapshot_cache import SnapshotCache
from leadline.kernel.project import activate

if TYPE_CHECKING:
    from leadline.tracking import Champion
    from leadline.warehouse.snapshot import Snapshot
    from models.pipeline_capacity.outlook import Outlook
    from models.pipeline_capacity.scenario import Need, Scenario

SCORE = "pipeline_capacity"


@dataclass(frozen=True)
class CapacityForecast:
    """The futures with what they were drawn from; ``version`` is empty where deals win as their stage does."""

    as_of: datetime
    snapshot_id: str
    version: str
    outlook: Outlook


class CapacityForecasts(SnapshotCache[CapacityForecast]):
    """Draws the futures of the published snapshot."""

    NEEDS = ("opportunity",)

    def _make(self, reader: Snapshot, as_of: datetime, champion: Champion | None) -> CapacityForecast:
        activate()
        from models.framework.one_thread import one_thread
        from models.pipeline_capacity.outlook import outlook

        with one_thread():
            view = outlook(reader, as_of=as_of, artefact=champion.artefact if champion else None)
        return CapacityForecast(as_of, reader.snapshot_id, f"{SCORE}@{champion.version}" if champion else "", view)


def months(view: Outlook) -> dict[str, list[int]]:
    """Return the places of the weeks that begin in each month, by ``YYYY-MM``."""
    found: dict[str, list[int]] = {}
    for place, monday in enumerate(view.weeks):
        found.setdefault(f"{monday:%Y-%m}", []).append(place)
    return found


def needs_of(view: Outlook, periods: list[list[int]]) -> list[Need]:
    """Return what each role and region has and needs in each period."""
    from models.pipeline_capacity.scenario import needs

    return needs(view, periods)


def changed(view: Outlook, scenario: Scenario) -> Outlook:
    """Return the futures under a scenario."""
    from models.pipeline_capacity.scenario import under

    return under(view, scenario)

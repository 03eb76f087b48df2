"""Every profile of the demo firm lands and builds through the same contract, and a world can be sampled again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from leadline.kernel.errors import UsageError
from leadline.kernel.home import open_home
from leadline.kernel.settings import PROFILES as INTEGRATION_PROFILES
from leadline.simulator.firm import simulate
from leadline.simulator.profiles import PROFILES, profile
from leadline.sources.land import land
from leadline.warehouse.build import build
from leadline.warehouse.snapshot import open_current

LOADED_AT = datetime(2026, 7, 1, tzinfo=UTC)


def _truth(world: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(world / "truth" / f"{name}-001.parquet")


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_lands_whole_and_builds(name: str, tmp_path: Path) -> None:
    world = tmp_path / "firm"
    simulate("xs", seed=3, out=world, profile=name)
    summary = json.loads((world / "simulation.json").read_text("utf-8"))
    assert summary["integration_profile"] in INTEGRATION_PROFILES
    home = open_home(tmp_path / "home", create=True)
    report = land(world, sorted((world / "mappings").glob("*.yml")), home=home, loaded_at=LOADED_AT)
    assert (len(report.refused), report.rows_quarantined) == (0, 0)
    assert [path for path in report.unmatched if not path.startswith("truth/")] == ["simulation.json"]
    build(home)
    systems = open_current(home.warehouse).core("opportunity", as_of=LOADED_AT)
    found = set(systems.select("source_system").collect().to_series())
    assert found == ({"crm", "studio"} if profile(name).second_office else {"crm"})


def test_the_profiles_differ_in_what_they_sell_and_how_it_goes_wrong() -> None:
    assert len({one.integration for one in PROFILES.values()}) == 3
    assert all(sum(one.billing) == pytest.approx(1) for one in PROFILES.values())
    recurring = {name: sum(one.billing[4:6]) for name, one in PROFILES.items()}
    assert max(recurring, key=lambda name: recurring[name]) == "it_services"
    mapping = {name: one.hand_off.mapping for name, one in PROFILES.items()}
    assert max(mapping, key=lambda name: mapping[name]) == "agency"


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        profile("bakery")
    assert "consulting, it_services, agency" in str(caught.value.expected)


def test_another_draw_is_the_same_world_with_other_luck(tmp_path: Path) -> None:
    worlds = [tmp_path / str(draw) for draw in (0, 1)]
    for draw, world in enumerate(worlds):
        simulate("xs", seed=3, out=world, draw=draw)
    for name in ("people", "clients"):
        assert _truth(worlds[0], name).equals(_truth(worlds[1], name))
    deals = [_truth(world, "deals") for world in worlds]
    assert deals[0]["chance"].equals(deals[1]["chance"])
    assert not deals[0]["won"].equals(deals[1]["won"])
    assert not _truth(worlds[0], "disputes").equals(_truth(worlds[1], "disputes"))

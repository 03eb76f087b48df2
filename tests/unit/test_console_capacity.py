"""The page on capacity: what a month needs, what a scenario changes, who may see it, what is said where nothing is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from leadline.app.console.capacity_forecasts import SCORE, CapacityForecasts
from leadline.kernel.errors import HomeError
from leadline.queue.store import Store
from leadline.warehouse.snapshot import Snapshot
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.pipeline_capacity_firm import AS_OF, ask, booking, deal, decided, person, pipeline
from tests.support.point_in_time import MemoryReader
from tests.support.queue import AT


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        somebody(made.access, "ana")
        somebody(made.access, "ben", legal_entities=("DE",))
        store.upsert([], at=AT, scored={SCORE: AS_OF})
        made.forecasts = drawn(firm())
        yield made


@pytest.fixture
def ana(console: Console) -> Browser:
    return console.browser("ana")


def firm() -> MemoryReader:
    """Six analysts' work is about to be won, three analysts are there."""
    past = [row for key in "VWXYZ" for row in (deal(key), decided(key, won=True, on=date(2025, 6, 20)))]
    return pipeline(
        opportunity=[*past, deal("D"), deal("E")],
        opportunity_role_demand=[ask("D", fte="5"), ask("E", fte="1")],
        person=[person(f"P{index}") for index in range(3)],
        assignment=[booking("B", person_id="P0")],
    )


def drawn(reader: MemoryReader) -> CapacityForecasts:
    return CapacityForecasts(lambda: cast("Snapshot", reader), lambda: None)


def needs(text: str) -> list[list[str]]:
    """Return the cells of the table of needs, a row each."""
    table = text.split('id="needs-title"')[1].split("</table>")[0].split("<tbody>")[1]
    return [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in table.split("</tr>")[:-1]]


def missing(text: str) -> float:
    return sum(float(row[2]) for row in needs(text))


def test_a_month_is_asked_and_answered(ana: Browser) -> None:
    text = ana.get("/capacity?period=2025-10").text
    assert "Needs in 2025-10" in text
    ((role, region, short, _, _, supply, hard, *_),) = needs(text)
    assert (role, region, hard) == ("Analyst", "North", "0.0")
    assert float(short) > 0
    assert 0 < float(supply) < 3
    assert "stages, no model" in text


def test_the_horizon_is_shown_and_a_month_beyond_it_is_reported(ana: Browser) -> None:
    said = re.compile(r"It looks 26 weeks ahead, from (\S+) to (\S+)\. What comes after that it does not say\.")
    first, last = said.findall(ana.get("/capacity").text)[0]
    assert (date.fromisoformat(last) - date.fromisoformat(first)).days == 26 * 7 - 1
    beyond = ana.get("/capacity?period=2026-03").text
    assert "2026-03 is not among the weeks drawn." in beyond
    assert said.search(beyond)
    assert "is not among" not in ana.get("/capacity?period=2025-10").text


def test_a_deal_lost_leaves_fewer_missing_and_more_people_leave_fewer_still(ana: Browser) -> None:
    pages = [
        ana.get(f"/capacity?period=2025-10{more}").text
        for more in ("", "&lost=D", "&hire=Analyst+%2F+North&people=9&start=2025-09", "&win=0")
    ]
    believed, without, hired, nothing_won = (missing(text) for text in pages)
    assert believed > without
    assert (hired, nothing_won) == (0, 0)
    assert "by what if)" in pages[1]
    assert "by what if)" not in pages[0]


def test_a_deal_that_starts_later_moves_its_need(ana: Browser) -> None:
    september, october = (missing(ana.get(f"/capacity?period=2025-{month}").text) for month in ("09", "12"))
    later = [missing(ana.get(f"/capacity?period=2025-{month}&later=D&weeks=10").text) for month in ("09", "12")]
    assert later[0] < september
    assert later[1] > october


def test_the_map_has_a_column_per_month_or_per_week_and_says_the_sign(ana: Browser) -> None:
    by_month, by_week = (ana.get(f"/capacity?by={by}").text.split('id="map-title"')[1] for by in ("month", "week"))
    assert by_month.split("</thead>")[0].count('class="right"') == 6
    assert by_week.split("</thead>")[0].count('class="right"') == 26
    assert re.search(r'class="right short-\d">\+\d', by_month)
    assert re.search(r'class="right bench-\d">-\d', by_month)


def test_a_region_leaves_the_others_out(ana: Browser) -> None:
    assert needs(ana.get("/capacity?region=North").text)
    assert needs(ana.get("/capacity?region=South").text) == []


def test_who_sees_some_legal_entities_sees_no_figure_of_all(console: Console) -> None:
    text = console.browser("ben").get("/capacity").text
    assert "you see some of them" in text
    assert "FTE" not in text
    assert "Analyst" not in text


@pytest.mark.parametrize("query", ["by=day", "win=much", "win=301", "weeks=0", "people=100"])
def test_an_invalid_scenario_is_reported(ana: Browser, query: str) -> None:
    assert ana.get(f"/capacity?{query}").status_code == 400


def test_where_nothing_is_scored_or_published_it_is_said(console: Console, tmp_path: Path) -> None:
    def nothing() -> Snapshot:
        raise HomeError("No warehouse.")

    for forecasts in (None, CapacityForecasts(nothing, lambda: None), drawn(MemoryReader({"person": [person()]}))):
        page = replace(console, forecasts=forecasts, _application=None).browser("ana").get("/capacity")
        assert (page.status_code, "no published deals" in page.text) == (200, True)
    with Store(f"sqlite:///{tmp_path / 'new.db'}") as store:
        made = console_on(store)
        somebody(made.access, "ana")
        made.forecasts = drawn(firm())
        assert "Nothing is scored yet" in made.browser("ana").get("/capacity").text


def test_futures_are_drawn_once_per_data_and_as_of() -> None:
    asked = []
    reader = firm()
    forecasts = CapacityForecasts(lambda: cast("Snapshot", reader), lambda: asked.append(1))
    assert forecasts.get(AS_OF) is forecasts.get(AS_OF)
    assert forecasts.get(AT) is not None
    assert len(asked) == 2

"""The project's page in a real browser: its charts are drawn under the strict policy, from nothing but our own host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadline.app.console.application import make_application
from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.browser import CHROMIUM, person, served
from tests.support.console import console_on
from tests.support.console_warehouse import mark, publish_firm
from tests.support.queue import AT

PAGE = f"/projects/project_id-{mark('DE')}"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Serve a console with a published warehouse on a free port, in a thread."""
    publish_firm(tmp_path / "warehouse")
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        console = console_on(store)
        somebody(console.access, "ana", "manager")
        with served(make_application(console.access, now=lambda: AT, warehouse=tmp_path / "warehouse")) as base:
            yield base


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 320)])
def test_charts_are_drawn_without_a_complaint_of_the_browser(address: str, theme: str, width: int) -> None:
    from playwright.sync_api import expect

    how = {"viewport": {"width": width, "height": 800}, "color_scheme": theme}
    with person(address, "ana", **how) as page:
        page.goto(address + PAGE)
        drawn = page.locator("figure.chart[data-drawn=yes]")
        expect(drawn).to_have_count(3)
        assert page.locator("figure.chart svg path[stroke]").count() > 3
        assert "Cost, EUR" in page.locator("figure.chart").nth(1).locator("svg").text_content()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        soft = {"light": "rgb(91, 104, 112)", "dark": "rgb(153, 165, 173)"}
        label = page.locator("figure.chart svg text").first
        expect(label).to_have_attribute("fill", soft[theme])
        page.click("#theme")
        page.click("#theme")  # system, light, dark
        expect(label).to_have_attribute("fill", soft["dark"])
        page.locator("figure.chart summary").first.click()
        assert page.locator("figure.chart table").first.is_visible()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
def test_waterfalls_are_drawn_on_a_narrow_screen_too(address: str) -> None:
    from playwright.sync_api import expect

    with person(address, "ana", viewport={"width": 320, "height": 800}) as page:
        page.goto(address + "/leakage")
        expect(page.locator("figure.chart[data-drawn=yes]")).to_have_count(2)
        assert page.locator("figure.chart").first.locator("svg .mark-rect path").count() > 2
        assert page.evaluate("document.documentElement.scrollWidth") == 320

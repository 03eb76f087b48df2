"""The work of an operator, a manager and a resource manager on the demo firm, in a real browser, from log-in to a
closed case. ``LEADLINE_PICTURES=docs/images`` keeps the pictures of docs/console.md;
``LEADLINE_DEMO_HOME`` names a home in which the demo ran already, of which a copy is used.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from leadline.app.console import capacity_forecasts, staffing
from leadline.app.console.application import make_application
from leadline.app.wiring import Parts
from leadline.kernel.home import open_home
from leadline.kernel.rendering import Renderer
from leadline.queue.states import OPEN
from leadline.queue.store import Store, Wanted
from tests.support.access import quick, somebody
from tests.support.browser import CHROMIUM, person, served
from tests.support.demo import ran_demo

if TYPE_CHECKING:
    from playwright.sync_api import Page

AT = datetime(2026, 6, 30, 9, tzinfo=UTC)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")


@dataclass(frozen=True)
class Firm:
    """The demo firm's queue and the address of its console."""

    store: Store
    base: str


@pytest.fixture(scope="module")
def firm(shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """Serve the console of a home in which the demo ran, with three users."""
    folder = tmp_path_factory.mktemp("demo") / "home"
    ready = os.environ.get("LEADLINE_DEMO_HOME") or ran_demo(shared_folder)
    shutil.copytree(ready, folder, symlinks=True)
    home = open_home(folder)
    with Store(home.ops_store_url, checkpoints=home.audit_checkpoints) as store:
        access = quick(store)
        for login, role in (("operator", "operator"), ("manager", "manager"), ("staffing", "manager")):
            somebody(access, login, role)
        parts = Parts()
        published = partial(parts.open_current, home.warehouse)
        futures = capacity_forecasts.CapacityForecasts(
            published, partial(parts.champion, home, capacity_forecasts.SCORE)
        )
        desk = staffing.StaffingPlans(published, partial(parts.champion, home, staffing.SCORE))
        application = make_application(
            access, now=lambda: AT, warehouse=home.warehouse, forecasts=futures, staffing=desk
        )
        with served(application) as base:
            yield Firm(store, base)


def _picture(page: Page, name: str) -> None:
    """Keep what the page shows, when pictures are wanted."""
    folder = os.environ.get("LEADLINE_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


def _first(page: Page, score: str) -> str:
    """Filter the list by one score, open its first exception and return its id."""
    page.select_option("[name=score]", score)
    page.wait_for_url(f"**score={score}**")
    page.locator("#rows .what a").first.click()
    page.wait_for_url("**/exceptions/**")
    return page.url.split("/exceptions/")[1].split("?")[0]


def test_an_operator_finds_the_largest_leak_proves_it_and_closes_it_as_billed(firm: Firm) -> None:
    with person(firm.base, "operator") as page:
        _picture(page, "console-worklist")
        leak = _first(page, "revenue_leakage")
        assert page.locator(".reasons .records td").count() > 0
        assert page.locator(".pair dd").first.inner_text().strip()
        page.keyboard.press("t")
        page.wait_for_selector(".figures >> text=in review")
        page.wait_for_load_state()  # the state may show before the page's keys listen
        _picture(page, "console-exception")
        page.keyboard.press("c")
        page.check("[value=billed]")
        page.locator("#act-c [name=value_recovered]").fill("100.00")
        page.locator("#act-c button.primary").click()
        page.wait_for_url("**done=**")
    leaks = [one for one in firm.store.list_(Wanted(states=())) if one.score == "revenue_leakage"]
    largest = max(
        leaks,
        key=lambda one: one.expected_value,
    )
    (told,) = [one for one in firm.store.decisions_since() if one.external_id == leak]
    assert (leak, told.verdict, told.reason_code, told.decided_by) == (
        largest.external_id,
        "confirmed",
        "billed",
        "operator",
    )
    assert f"{told.value_recovered:.2f}" == "100.00"


def test_the_largest_leak_is_one_click_away_tells_its_records_and_leads_back(firm: Firm) -> None:
    with person(firm.base, "operator") as page:
        page.click("nav >> text=Leakage")
        page.wait_for_selector("#largest")
        page.wait_for_selector("figure.chart[data-drawn=yes]")
        _picture(page, "console-leakage")
        title = page.locator("#largest a.primary + .muted").inner_text()
        page.click("text=Why, and what to do")
        page.wait_for_url("**/exceptions/**")
        assert page.locator("h1").inner_text() == title
        assert page.locator(".reasons .records th").count() > 0
        page.click("text=← Leakage")
        page.wait_for_selector("#largest")


def test_a_false_alarm_is_sought_and_dismissed_by_keyboard_alone(firm: Firm) -> None:
    waiting = firm.store.list_(Wanted(states=(OPEN,)))
    alarm = next(one for one in waiting if one.score == "time_expense_anomaly")
    with person(firm.base, "manager") as page:
        keys = page.keyboard
        keys.press("/")
        keys.type(alarm.object_id)
        page.wait_for_url(f"**q={alarm.object_id}**")
        keys.press("Enter")
        keys.press("j")
        keys.press("k")
        keys.press("Enter")
        page.wait_for_url("**/exceptions/**")
        assert page.locator("h1").inner_text() == Renderer().text(alarm.title)
        keys.press("d")
        page.wait_for_selector("#act-d[open]")
        keys.press("Enter")
        page.wait_for_url("**done=**")
    assert firm.store.get(alarm.external_id).state == "dismissed"


def test_a_manager_gives_one_away_and_dismisses_a_false_alarm_with_its_reason(firm: Firm) -> None:
    with person(firm.base, "manager") as page:
        given = _first(page, "margin_erosion")
        page.keyboard.press("g")
        page.fill("#act-g [name=to]", "operator")
        page.click("#act-g button.primary")
        page.wait_for_selector(".figures >> text=operator")
        page.click(".crumb a[href^='/projects/']")
        page.wait_for_selector("figure.chart[data-drawn=yes] svg")
        assert page.locator(f"a[href*='{given}']").count() == 1  # and back to the exception
        _picture(page, "console-project")
        page.go_back()
        page.click("#back")
        page.wait_for_url("**/worklist**")
        alarm = _first(page, "time_expense_anomaly")
        page.keyboard.press("d")
        page.check("[value=agreed_exception]")
        page.locator("#act-d [name=note]").fill("agreed with the client in the kick-off")
        page.locator("#act-d button.primary").click()
        page.wait_for_url("**done=**")
    assert firm.store.get(given).assigned_to == "operator"
    (told,) = [one for one in firm.store.decisions_since() if one.external_id == alarm]
    assert (told.verdict, told.reason_code, told.decided_by) == ("dismissed", "agreed_exception", "manager")


def test_a_resource_manager_sees_what_a_month_needs_and_fills_a_role(firm: Firm) -> None:
    with person(firm.base, "staffing") as page:
        page.click("nav >> text=Capacity")
        page.wait_for_selector("#needs-title")
        assert page.locator("table.heat tbody tr").count() > 1
        believed = page.locator("#needs-title + p strong").first.inner_text()
        assert page.locator("text=It looks 26 weeks ahead").count() == 1
        page.fill("[name=win]", "200")
        page.click("button:has-text('Show')")
        page.wait_for_url("**win=200**")
        assert page.locator("#needs-title + p strong").first.inner_text() != believed
        _picture(page, "console-capacity")
        page.click("nav >> text=Staffing")
        page.wait_for_selector("h1 >> text=Fill a role")
        page.wait_for_selector("tr[aria-selected=true]")
        candidates = [int(text) for text in page.locator("td[data-label=Candidates]").all_inner_texts()]
        for _ in range(next(place for place, count in enumerate(candidates) if count > 2)):
            page.keyboard.press("j")
        page.keyboard.press("Enter")  # of the roles with a choice, the one with the most money at risk
        page.wait_for_url("**request=**")
        proposed = page.locator(".candidates li:has(.confirmed) h3 a").inner_text()
        page.click(f".candidates li:has-text('{proposed}') >> text=Not this role")
        page.wait_for_url("**forbid=**")
        moved = page.locator("#plan-title ~ .scroll").last.inner_text()
        assert proposed in moved  # the plan as proposed beside the one without them
        _picture(page, "console-staffing")
        other = page.locator(".candidates li:has(.confirmed) h3 a").inner_text()
        page.click("text=On to the decision, step 4")
        page.click(f"a.primary:has-text('Filled with {other}')")
        page.wait_for_url("**/exceptions/**")
        role = page.url.split("/exceptions/")[1].split("?")[0]
        assert firm.store.get(role).state == OPEN
        assert page.is_checked("#act-c [value=filled]")  # the panel is open, the person in the note
        page.locator("#act-c button.primary").click()
        page.wait_for_url("**/staffing**done=**")
        assert page.locator(".done").inner_text().count("confirmed") == 1
    assert firm.store.get(role).state == "confirmed"
    (told,) = [one for one in firm.store.decisions_since() if one.external_id == role]
    assert told.note == f"Filled with {other}"

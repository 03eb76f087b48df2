"""A person at work in a real browser: log in, dismiss the first exception, by keyboard alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from leadline.app.console.application import make_application
from leadline.kernel import facts
from leadline.kernel.findings import Reason, Record
from leadline.kernel.home import open_home
from leadline.kernel.statements import plain
from leadline.queue.store import Store
from tests.support.access import PASSWORD, somebody
from tests.support.browser import ARGUMENTS, CHROMIUM, served
from tests.support.console import console_on
from tests.support.payloads import PAYLOADS, everywhere
from tests.support.queue import AT, drawn

# A word that no line can break, wherever a source may put one.
LONG = "Donaudampfschifffahrtsgesellschaft" * 6
UNBROKEN = drawn(
    LONG,
    title=LONG,
    seen=LONG,
    action=LONG,
    legal_entity_id=LONG,
    similar=(LONG,),
    reasons=(Reason("x", plain(LONG), 1.0, (Record("invoice", LONG, LONG, facts.text(LONG)),)),),
    scored={"owner": LONG, "expected_value": Decimal("1.00")},
)
FOUND = [drawn(f"INV-{n}", scored={"expected_value": Decimal(n * 100)}) for n in range(1, 61)]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, Store]]:
    """Serve a console on a free port, in a thread."""
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        console = console_on(store)
        somebody(console.access, "ana", "operator", "admin")
        store.upsert(FOUND, at=AT)
        with served(make_application(console.access, now=lambda: AT + timedelta(minutes=1))) as base:
            yield base, store


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
def test_log_in_and_dismiss_the_first_exception_by_keyboard_alone(address: tuple[str, Store]) -> None:
    from playwright.sync_api import expect, sync_playwright

    base, store = address
    hosts: set[str] = set()
    complaints: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(base)
        keys = page.keyboard
        keys.type("ana")  # the field has the focus
        keys.press("Tab")
        keys.type(PASSWORD)
        keys.press("Enter")
        page.wait_for_url("**/worklist")
        assert page.locator("tr[aria-selected=true]").inner_text().startswith("6,000")
        keys.press("j")
        assert page.locator("tr[aria-selected=true]").inner_text().startswith("5,900")
        keys.press("k")
        keys.press("Enter")
        page.wait_for_url("**/exceptions/**")
        assert page.locator("h1").inner_text() == "Invoice INV-60 may be disputed"
        keys.press("d")
        keys.press("ArrowDown")
        keys.press("ArrowDown")
        keys.press("Enter")
        page.wait_for_url(lambda url: "done=" in url)
        assert ": dismissed by ana" in page.locator(".done").inner_text()
        titles = page.locator("#rows .what a").all_inner_texts()
        assert (titles[0], len(titles)) == ("Invoice INV-59 may be disputed", 50)
        page.locator("tr.more a").click()  # htmx fetches the rest into the same list
        expect(page.locator("#rows .what")).to_have_count(59)
        keys.press("/")
        keys.type("INV-42")
        expect(page.locator("#rows .what")).to_have_count(1)
        keys.press("Enter")  # leaves the search with what it found
        expect(page.locator("#rows .what")).to_have_count(1)
        assert page.input_value("#q") == "INV-42"
        keys.press("Tab")  # some link has the focus; the key of the list takes it off
        keys.press("j")
        keys.press("t")
        page.wait_for_selector(".figures >> text=in review")
        browser.close()
    assert hosts == {base.split("/")[2]}
    assert complaints == []
    (told,) = store.decisions_since()
    assert told.external_id == FOUND[-1].external_id
    assert (told.verdict, told.reason_code) == ("dismissed", "agreed_exception")
    assert store.get(FOUND[41].external_id).handled_by == "ana"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_is_wider_than_a_small_phone(address: tuple[str, Store], theme: str) -> None:
    from playwright.sync_api import sync_playwright

    base, store = address
    store.upsert([UNBROKEN, *FOUND], at=AT)
    store.take(UNBROKEN.external_id, by=LONG, at=AT)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=theme)
        page = context.new_page()
        page.goto(base)
        page.fill("[name=login]", "ana")
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url("**/worklist")
        exceptions = [f"/exceptions/{one.external_id}" for one in (FOUND[0], UNBROKEN)]
        for path in ("/worklist", "/worklist?q=Donau", *exceptions, "/account", "/users", "/nothing"):
            page.goto(base + path)
            assert page.evaluate("document.documentElement.scrollWidth") == 320, path
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 27)"
        assert dark is (theme == "dark")
        page.click("#theme")
        page.click("#theme")  # system, light, dark
        page.reload()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 27)"
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
def test_two_clicks_dismiss_without_javascript_and_one_takes_it_back(address: tuple[str, Store]) -> None:
    from playwright.sync_api import sync_playwright

    base, store = address
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(base)
        page.fill("[name=login]", "ana")
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.select_option("[name=owner]", "finance-emea")
        page.click("noscript button")
        page.click("text=More")
        assert page.locator("#rows .what").count() == 10
        page.click("text=Invoice INV-7 may be disputed")
        page.click("summary:has-text('Dismiss')")
        page.click("#act-d button")
        told = FOUND[6].external_id
        assert store.get(told).state == "dismissed"
        assert "owner=finance-emea" in page.url
        page.click("text=Take it back")
        assert store.get(told).state == "open"
        browser.close()


def test_the_command_serves_and_says_how_to_begin(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True).path
    script = Path(sys.executable).with_name("leadline")
    command = [str(script), "console", "--port", "0", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            base = served.stdout.readline().strip()
            with urlopen(f"{base}/log-in") as page:  # noqa: S310 (our own address)
                assert "There is no admin yet" in page.read().decode()
            port = base.rsplit(":", 1)[1]
            taken = [*command[:3], port, *command[4:]]
            second = subprocess.run(taken, capture_output=True, text=True, check=False)
            assert (second.returncode, "cannot listen" in second.stderr) == (2, True)
        finally:
            served.terminate()
            told = served.communicate()[1]
    assert served.returncode == 143
    assert "leadline users first-admin" in told
    assert "Traceback" not in told


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
def test_on_paper_there_is_what_can_be_read_and_nothing_to_click(address: tuple[str, Store]) -> None:
    from playwright.sync_api import expect, sync_playwright

    base, _ = address
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(color_scheme="dark").new_page()
        page.goto(base)
        page.fill("[name=login]", "ana")
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url("**/worklist")
        with page.expect_download() as download:
            page.click("text=XLSX")
        assert download.value.suggested_filename == "leadline-worklist-2026-07-01.xlsx"
        page.emulate_media(media="print")
        for hidden in (".bar", ".tabs", ".filters", ".exports"):
            expect(page.locator(hidden)).to_be_hidden()
        expect(page.locator("#rows .what")).to_have_count(50)
        page.goto(f"{base}/exceptions/{FOUND[0].external_id}")
        for hidden in (".bar", ".actions", "#back"):
            expect(page.locator(hidden)).to_be_hidden()
        for shown in ("h1", ".figures", ".reasons", ".timeline", ".more-facts dl"):
            expect(page.locator(shown)).to_be_visible()
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(255, 255, 255)"
        )
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
def test_no_browser_executes_what_a_source_or_a_person_wrote(address: tuple[str, Store]) -> None:
    from playwright.sync_api import sync_playwright

    base, store = address
    hostile = [everywhere(text, f"INV-{n}") for n, (_, text) in enumerate(PAYLOADS, start=1)]
    store.upsert(hostile, at=AT)
    told: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith(f"{base}/") or told.append(request.url))
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("framenavigated", lambda frame: frame.url.startswith(f"{base}/") or told.append(frame.url))
        page.goto(base)
        page.fill("[name=login]", "ana")
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url("**/worklist")
        own = page.evaluate("document.scripts.length")
        for path in ("/worklist?state=all", *(f"/exceptions/{one.external_id}" for one in hostile)):
            page.goto(base + path)
            assert page.evaluate("document.scripts.length") == own, path
            assert page.url == base + path
        for name, text in PAYLOADS:
            page.goto(f"{base}/worklist?{urlencode({'q': text[:200], 'owner': text[:200]})}")
            assert page.evaluate("document.scripts.length") == own, name
        browser.close()
    assert told == []

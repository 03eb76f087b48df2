"""A console served on a free port, and a person in a real browser before it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI

from tests.support.access import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def served(site: FastAPI) -> Iterator[str]:
    """Serve a console in a thread; give its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(site, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def person(base: str, login: str, **how: Any) -> Iterator[Page]:
    """Give the page of somebody who logged in; what asks another host or complains fails the test at the end."""
    from playwright.sync_api import sync_playwright

    hosts: set[str] = set()
    complaints: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(**({"viewport": {"width": 1280, "height": 860}} | how)).new_page()
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(base)
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.click("main button.primary")
        page.wait_for_url("**/worklist**")
        yield page
        browser.close()
    assert hosts <= {base.split("/")[2]}
    assert complaints == []

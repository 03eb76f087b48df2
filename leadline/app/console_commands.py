"""console: the queue in a browser."""

from __future__ import annotations

import ipaddress
import os
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from leadline.app.boundary import session_of
from leadline.app.options import HomeOption
from leadline.app.printing import print_line
from leadline.app.progress import note
from leadline.app.work import look
from leadline.kernel.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    import socket

HOST = "127.0.0.1"
PORT = 8470


def console(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = HOST,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = PORT,
    home: HomeOption = None,
) -> None:
    """Serve the console until stopped, by default on this machine only.

    On another address its cookies require HTTPS: put a TLS proxy in front.
    """
    try:
        import uvicorn

        from leadline.access.service import Access
        from leadline.app.console import capacity_forecasts, staffing
        from leadline.app.console.application import make_application
        from leadline.app.console.model_history import ModelHistory
        from leadline.app.console.provider_settings import provider_of
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "The console's libraries are not installed.",
            found=f"no {exc.name}",
            next_step='pip install "leadline[console]"',
        ) from exc
    session = session_of(ctx)
    parts, opened = session.parts, look(session, home)
    published = partial(parts.open_current, opened.warehouse)
    provider = provider_of(opened.settings, os.environ)
    with parts.open_store(opened) as store, _listening(host, port) as listener:
        access = Access(store)
        application = make_application(
            access,
            now=parts.now,
            is_local=_is_loopback(host),
            warehouse=opened.warehouse,
            forecasts=capacity_forecasts.CapacityForecasts(
                published, partial(parts.champion, opened, capacity_forecasts.SCORE)
            ),
            staffing=staffing.StaffingPlans(published, partial(parts.champion, opened, staffing.SCORE)),
            models=ModelHistory(opened),
            provider=provider,
        )
        address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        print_line(address)
        if not access.has_admin():
            note(f"There is no admin yet: leadline users first-admin prints a code for {address}/first-admin")
        config = uvicorn.Config(application, log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that a taken port is reported before anything is served."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, asyncio sends small packets at once; else each page waits 40 ms for the browser's receipt.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as exc:
        listener.close()
        raise UsageError(
            "The console cannot listen there.",
            where=f"{host}, port {port}",
            found=exc.strerror or str(exc),
            next_step="pass another --port or --host, or stop what listens there",
        ) from exc
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

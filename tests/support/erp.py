"""A receiving system over HTTP on 127.0.0.1 that keeps state and goes wrong in six ways, as asked.

It is written as docs/delivery.md tells a receiver to be, with a check of the signature of its own: it takes each key
once, and of one exception it believes the highest version. Nothing in it sleeps: what is late waits until the other
side left.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET_BYTES = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(SECRET_BYTES).decode()
RETRY_AFTER = 7


class Wrong(Enum):
    """What can go wrong between us and a receiver."""

    TIMES_OUT = "times out"
    ANSWERS_500 = "answers 500"
    ANSWERS_429 = "answers 429 with Retry-After"
    TWICE = "receives and answers twice"
    DROPS_AFTER_COMMIT = "drops the connection after commit"
    LATE_OR_BROKEN = "answers 200 late or with a broken body"


# Says what goes wrong with the n-th arrival (1, 2, …) of a key; None means nothing.
Plan = Callable[[str, int], Wrong | None]


def seeded(wrong: tuple[Wrong, ...], *, share: float, seed: int) -> Plan:
    """Return a plan by which a share of all arrivals goes wrong in one of the given ways."""

    def plan(key: str, arrival: int) -> Wrong | None:
        draw = random.Random(f"{seed}:{key}:{arrival}")  # noqa: S311
        return draw.choice(wrong) if draw.random() < share else None

    return plan


class Erp:
    """The receiving system. ``objects`` is what it believes, ``effects`` what it did, key by key."""

    def __init__(self, plan: Plan = lambda *_: None) -> None:
        self.plan = plan
        self.arrivals: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()
        self.duplicates = 0
        self.bad_signatures = 0
        self.objects: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []
        self._lock = threading.Lock()

    def arrive(self, key: str) -> Wrong | None:
        """Count an arrival and say what goes wrong with it."""
        with self._lock:
            self.arrivals[key] += 1
            return self.plan(key, self.arrivals[key])

    def commit(self, key: str, event: dict[str, Any]) -> None:
        """Take a message unless it was taken before."""
        with self._lock:
            if key in self.effects:
                self.duplicates += 1
                return
            self.effects[key] += 1
            self.order.append(key)
            held = self.objects.get(event["subject"])
            if held is None or held["version"] < event["data"]["version"]:
                self.objects[event["subject"]] = event["data"]


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    erp: Erp

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever left before the answer is no error here."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        erp, key, event = self.server.erp, self.headers["webhook-id"], json.loads(body)
        if not self._is_signed(body) or event["id"] != key:
            erp.bad_signatures += 1
            self._answer(401)
            return
        wrong = erp.arrive(key)
        if wrong is Wrong.TIMES_OUT:
            self._outwait()
        elif wrong is Wrong.ANSWERS_500:
            self._answer(500)
        elif wrong is Wrong.ANSWERS_429:
            self._answer(429, {"retry-after": str(RETRY_AFTER)})
        elif wrong is Wrong.TWICE:
            for _ in range(2):
                erp.commit(key, event)
                self._answer(200)
        else:
            erp.commit(key, event)
            self._after_commit(wrong, key)

    def _after_commit(self, wrong: Wrong | None, key: str) -> None:
        if wrong is None:
            self._answer(200)
        elif wrong is Wrong.LATE_OR_BROKEN and int(hashlib.sha256(key.encode()).hexdigest(), 16) % 2:
            self._answer(200, {"content-length": "400"}, b'{"taken": tr')
        elif wrong is Wrong.LATE_OR_BROKEN:
            self._outwait()
            self._answer(200)
        self.close_connection = True

    def _outwait(self) -> None:
        while self.connection.recv(1):
            pass

    def _answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in ({"content-length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _is_signed(self, body: bytes) -> bool:
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        mine = base64.b64encode(hmac.new(SECRET_BYTES, signed, hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest(f"v1,{mine}", one) for one in self.headers["webhook-signature"].split())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Running:
    """The receiving system at work; a context manager that gives its address."""

    def __init__(self, erp: Erp, *, tls: ssl.SSLContext | None = None) -> None:
        self._scheme = "https" if tls else "http"
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.erp = erp
        if tls:
            # The handshake belongs to the thread of the caller: one that breaks it off must not hold up others.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> str:
        self._thread.start()
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}/leadline"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def unserved_address() -> str:
    """Return an address on this machine where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/"

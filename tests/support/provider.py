"""An OpenID Connect provider on loopback, as good or as bad as a test wants it."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from leadline.access.oidc import Client, Provider
from tests.support.queue import AT

CLIENT, SECRET = "leadline", "a secret of & no one"
ACCESS = "an opaque access token"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@dataclass
class FakeProvider:
    """What it says of who logged in: ``claims`` change the ID token, ``key`` signs it, ``algorithm`` names how."""

    address: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    published: list[Any] = field(default_factory=lambda: [KEY])
    algorithm: str = "RS256"
    document: dict[str, Any] = field(default_factory=dict)
    token: str | None = None
    begun: dict[str, dict[str, str]] = field(default_factory=dict)
    posted: list[dict[str, str]] = field(default_factory=list)

    def provider(self, **changes: str) -> Provider:
        """Return what a console that is configured for this one uses."""
        settings = {"issuer": self.address, "client_id": CLIENT, "secret": SECRET, "claim": "email", "name": "Firm"}
        return Provider(Client(**(settings | changes)))

    def log_in(self, where: str) -> dict[str, str]:
        """Log in as a person who was sent to ``where``, and return with what they are sent back."""
        asked = dict(parse_qsl(urlsplit(where).query))
        code = f"code-{len(self.begun)}"
        self.begun[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Answer one request."""
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            settings = {"issuer": self.address} | {name: f"{self.address}/{end}" for name, end in ends.items()}
            return 200, settings | self.document
        if path == "/keys":
            return 200, KeySet(self.published).as_dict(private=False)
        self.posted.append(form)
        asked = self.begun.get(form.get("code", ""))
        pair = base64.b64encode(f"{CLIENT}:a+secret+of+%26+no+one".encode()).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        is_right = asked and asked["code_challenge"] == proof and asked["redirect_uri"] == form["redirect_uri"]
        is_client = authorization == f"Basic {pair}"
        if self.document.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]:
            is_client = not authorization and (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if not is_right or not is_client:
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self.token or self.sign(asked or {}), "token_type": "Bearer", "access_token": ACCESS}

    def sign(self, asked: dict[str, str]) -> str:
        """Return an ID token for what was asked, with what a test changed of it."""
        moment = int(AT.timestamp())
        claims = {"iss": self.address, "aud": CLIENT, "sub": "42", "exp": moment + 300, "iat": moment}
        claims |= {"nonce": asked["nonce"], "email": "Ana", "email_verified": True}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, self.key, algorithms=[self.algorithm])


@contextmanager
def serving() -> Iterator[FakeProvider]:
    """Serve a provider on a free port of loopback."""
    fake = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(dict(parse_qsl(body, strict_parsing=True)))

        def _send(self, form: dict[str, str]) -> None:
            status, settings = fake.answer(self.path, form, self.headers.get("Authorization", ""))
            body = json.dumps(settings).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

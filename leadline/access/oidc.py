"""Log-in by an OpenID Connect provider: authorization code with PKCE; the ID token is checked here, by its signature,
issuer, audience, times and nonce.

Authlib builds the requests and checks the claims, joserfc the signature. The HTTP requests, the list of algorithms and
what is kept between two requests are ours (docs/adr/0018-libraries-instead-of-our-own.md says why).

What belongs to one login attempt (state, nonce, verifier) follows from one secret that only the browser keeps, so that
no one can fill the store by beginning and never coming back.
"""

from __future__ import annotations

import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from leadline.access.login_throttle import LoginRefusedError
from leadline.access.secrets import digest

ALGORITHMS = ("RS256", "PS256", "ES256")
ATTEMPT_LIFE = timedelta(minutes=10)
KEYS_LIFE = timedelta(hours=1)
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 10.0
MAX_RESPONSE_BYTES = 1_000_000

# Address, form to post (None: GET) and headers -> the JSON object returned.
Ask = Callable[[str, bytes | None, Mapping[str, str]], dict[str, Any]]


class ProviderError(LoginRefusedError):
    """The provider, or what came from it, refuses the login; ``what`` says it for people."""


@dataclass(frozen=True)
class Client:
    """The console as the provider's client; ``claim`` of the ID token holds the login, ``name`` is for people."""

    issuer: str
    client_id: str
    secret: str
    claim: str
    name: str


class Provider:
    """One provider: its addresses and keys are fetched and cached for an hour."""

    def __init__(self, client: Client, *, ask: Ask | None = None) -> None:
        self.client = client
        self._ask = ask or asked_by_http
        self._kept: dict[str, tuple[datetime, dict[str, Any]]] = {}

    def address(self, secret: str, back: str, *, at: datetime) -> str:
        """Return where the browser goes to log in; ``back`` is where the provider sends it afterwards.

        Raises:
            ProviderError: the provider is unreachable or its response is invalid.
        """
        return str(
            prepare_grant_uri(
                self._endpoint("authorization_endpoint", at),
                client_id=self.client.client_id,
                response_type="code",
                redirect_uri=back,
                scope="openid email profile",
                state=state_of(secret),
                nonce=_nonce(secret),
                code_challenge=create_s256_code_challenge(_verifier(secret)),
                code_challenge_method="S256",
            )
        )

    def login(self, code: str, state: str, secret: str, back: str, *, at: datetime) -> str:
        """Return the login that the provider vouches for.

        Raises:
            ProviderError: the state is not of this browser's try, or the provider or its ID token is not right.
        """
        if not hmac.compare_digest(state.encode(), state_of(secret).encode()):
            raise ProviderError("This sign-in was not started in this browser or has expired. Sign in again.")
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=back, code_verifier=_verifier(secret)
        )
        where, headers, body = self._authenticated(self._endpoint("token_endpoint", at), body, at)
        answer = self._ask(where, body.encode(), headers)
        token = self._decoded(str(answer.get("id_token", "")), at)
        return self._checked(token, _nonce(secret), answer.get("access_token"), at)

    def _authenticated(self, where: str, body: str, at: datetime) -> tuple[str, dict[str, str], str]:
        """Add the client's id and secret to a request, in the way that the provider supports."""
        methods = self._document(at).get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in methods:
            # RFC 6749, 2.3.1: both are form-encoded first, which Authlib leaves to its caller.
            pair = quote_plus(self.client.client_id), quote_plus(self.client.secret)
            way = ClientAuth(*pair, "client_secret_basic")
        else:
            way = ClientAuth(self.client.client_id, self.client.secret, "client_secret_post")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        prepared: tuple[str, dict[str, str], str] = way.prepare("POST", where, headers, body)
        return prepared

    def _decoded(self, token: str, at: datetime) -> jwt.Token:
        for is_last in (False, True):
            found = self._keep("jwks", self._endpoint("jwks_uri", at), at).get("keys", [])
            try:
                usable = [key for key in found if key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"]
                return jwt.decode(token, KeySet.import_key_set({"keys": usable}), algorithms=list(ALGORITHMS))
            except InvalidKeyIdError as exc:  # the provider may have changed its keys
                if is_last:
                    raise _unverified() from exc
                self._kept.pop("jwks", None)
            except (JoseError, ValueError, TypeError, AttributeError, KeyError) as exc:
                raise _unverified() from exc
        raise _unverified()

    def _checked(self, token: jwt.Token, nonce: str, access_token: object, at: datetime) -> str:
        options = {"iss": {"value": self.client.issuer}, "aud": {"value": self.client.client_id}}
        expected = {"nonce": nonce, "client_id": self.client.client_id, "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, options, expected)
        moment = int(at.timestamp())
        try:
            claims.validate(now=moment, leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, AttributeError) as exc:
            raise _unverified() from exc
        if moment - claims["iat"] > ATTEMPT_LIFE.total_seconds() + LEEWAY_SECONDS:
            raise _unverified()
        name = claims.get(self.client.claim)
        if not isinstance(name, str) or (self.client.claim == "email" and claims.get("email_verified") is False):
            raise ProviderError(f"{self.client.name} did not return a verified {self.client.claim}.")
        return name

    def _document(self, at: datetime) -> dict[str, Any]:
        found = self._keep("document", get_well_known_url(self.client.issuer, external=True), at)
        if found.get("issuer") != self.client.issuer:
            raise ProviderError(f"{self.client.name} is not the configured provider.")
        return found

    def _endpoint(self, name: str, at: datetime) -> str:
        where = self._document(at).get(name)
        if not isinstance(where, str) or not is_safe(where):
            raise ProviderError(f"{self.client.name} has no secure {name}.")
        return where

    def _keep(self, name: str, where: str, at: datetime) -> dict[str, Any]:
        kept = self._kept.get(name)
        if kept is None or at - kept[0] >= KEYS_LIFE:
            kept = at, self._ask(where, None, {})
            self._kept[name] = kept
        return kept[1]


def state_of(secret: str) -> str:
    """Return the state of a login attempt: the provider sends it back, and it works once."""
    return digest(f"state {secret}")


def is_safe(address: str) -> bool:
    """Return whether an address is HTTPS, or on this machine, where no one listens in."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))


def asked_by_http(where: str, form: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON object at an address.

    Raises:
        ProviderError: unreachable, or the response is not a JSON object.
    """
    sent = {"Accept": "application/json", "User-Agent": "leadline"} | dict(headers)
    request = urllib.request.Request(where, form, sent)  # noqa: S310 (is_safe looked at it)
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT_SECONDS) as answer:
            document = json.loads(answer.read(MAX_RESPONSE_BYTES))
    except (OSError, ValueError) as exc:
        if isinstance(exc, urllib.error.HTTPError):
            exc.close()
        raise ProviderError(
            "The provider is unreachable or refused the request. Try again, or log in with a password."
        ) from exc
    if not isinstance(document, dict):
        raise ProviderError("Unexpected response from the provider.")
    return document


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: a secret goes to the configured provider or nowhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _unverified() -> ProviderError:
    return ProviderError("The provider's response could not be verified. Sign in again.")


def _nonce(secret: str) -> str:
    return digest(f"nonce {secret}")


def _verifier(secret: str) -> str:
    return digest(f"verifier {secret}")

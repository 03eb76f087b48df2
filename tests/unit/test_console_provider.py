"""Log-in by a provider: who is vouched for comes in, and nobody by anything else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from leadline.access.oidc import ATTEMPT_LIFE
from leadline.app.console.provider_settings import provider_of
from leadline.kernel.errors import ConfigurationError
from leadline.kernel.settings import Settings
from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.provider import ACCESS, CLIENT, KEY, OTHER_KEY, FakeProvider, serving
from tests.support.queue import AT

NONE = b'{"alg":"none"}'
MOMENT = int(AT.timestamp())


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _half_hash(token: str) -> str:
    """Return what OpenID Connect Core, 3.1.3.6, calls the ``at_hash`` of an access token, for RS256."""
    return _b64(hashlib.sha256(token.encode()).digest()[:16])


@pytest.fixture
def firm() -> Iterator[FakeProvider]:
    with serving() as fake:
        yield fake


@pytest.fixture
def console(tmp_path: Path, firm: FakeProvider) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        made.provider = firm.provider()
        somebody(made.access, "ana")
        somebody(made.access, "ken")
        yield made


def _begin(browser: Browser, then: str = "/") -> str:
    answer = browser.client.get("/log-in/provider", params={"then": then})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def _come_back(browser: Browser, told: dict[str, str]) -> Any:
    return browser.client.get("/log-in/provider/back", params=told)


def _try(console: Console, firm: FakeProvider) -> Any:
    browser = console.browser()
    return _come_back(browser, firm.log_in(_begin(browser)))


def test_a_user_of_the_provider_logs_in_and_goes_where_they_wanted_to(console: Console, firm: FakeProvider) -> None:
    browser = console.browser()
    page = browser.get("/log-in?then=/worklist?tab=mine").text
    assert 'href="/log-in/provider?then=%2Fworklist%3Ftab%3Dmine"' in page
    assert "Log in with Firm" in page
    where = _begin(browser, "/worklist?tab=mine")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
    assert where.startswith(f"{firm.address}/authorize?")
    assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
    assert asked["redirect_uri"] == "http://127.0.0.1/log-in/provider/back"
    answer = _come_back(browser, firm.log_in(where))
    assert (answer.status_code, answer.headers["location"]) == (303, "/worklist?tab=mine")
    assert browser.get("/worklist").status_code == 200
    assert "leadline-provider" not in browser.client.cookies
    console.store.verify()


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": CLIENT, "azp": "another"},
        {"aud": ["another"], "azp": CLIENT},
        {"at_hash": _half_hash("another access token")},
        {"iat": -(10**400)},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": MOMENT - 61},
        {"exp": None},
        {"iat": MOMENT - 661},
        {"iat": MOMENT + 300},
        {"iat": None},
        {"nbf": MOMENT + 300},
        {"sub": None},
        {"email": None},
        {"email": 7},
        {"email": "nobody@firm.example"},
        {"email": "ana\x00"},
        {"email": "\u212aen"},
        {"email": ""},
        {"email_verified": False},
    ],
    ids=str,
)
def test_an_invalid_id_token_is_refused(console: Console, firm: FakeProvider, claims: dict[str, Any]) -> None:
    firm.claims = claims
    answer = _try(console, firm)
    assert (answer.status_code, 'role="alert"' in answer.text) == (401, True)
    assert "leadline-session" not in str(answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize(
    "claims",
    [{"aud": [CLIENT]}, {"aud": [CLIENT, "x"], "azp": CLIENT}, {"exp": MOMENT - 30}, {"at_hash": _half_hash(ACCESS)}],
)
def test_an_id_token_that_is_right_in_another_form_lets_in(
    console: Console, firm: FakeProvider, claims: dict[str, Any]
) -> None:
    firm.claims = claims
    assert _try(console, firm).status_code == 303


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(console: Console, firm: FakeProvider) -> None:
    firm.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert _try(console, firm).status_code == 303


def test_a_signature_of_another_key_is_refused(console: Console, firm: FakeProvider) -> None:
    firm.key = OTHER_KEY
    assert _try(console, firm).status_code == 401


@pytest.mark.parametrize("kind", ["none", "hmac with the public key", "no token", "three dots"])
def test_a_token_without_a_real_signature_is_refused(console: Console, firm: FakeProvider, kind: str) -> None:
    browser = console.browser()
    told = firm.log_in(_begin(browser))
    body = firm.sign(firm.begun[told["code"]]).split(".")[1]
    key = KEY.as_pem(private=False)
    hmac_header = _b64(b'{"alg":"HS256","kid":"one"}')
    signed = _b64(hmac.digest(key, f"{hmac_header}.{body}".encode(), "sha256"))
    firm.token = {
        "none": f"{_b64(NONE)}.{body}.",
        "hmac with the public key": f"{hmac_header}.{body}.{signed}",
        "no token": "x",
        "three dots": "...",
    }[kind]
    assert _come_back(browser, told).status_code == 401


def test_keys_that_changed_are_asked_for_once_more(console: Console, firm: FakeProvider) -> None:
    assert _try(console, firm).status_code == 303
    new = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    firm.key, firm.published = new, [new]
    assert _try(console, firm).status_code == 303
    firm.key = RSAKey.generate_key(2048, {"kid": "three", "use": "sig"})
    assert _try(console, firm).status_code == 401


def test_a_disabled_user_is_refused_and_no_user_is_added(console: Console, firm: FakeProvider) -> None:
    console.access.disable("ana", actor="ada", at=AT)
    answer = _try(console, firm)
    assert answer.status_code == 401
    before = [user.login for user in console.access.users()]
    firm.claims = {"email": "new@firm.example"}
    assert _try(console, firm).text.count("No active account") == 1
    assert [user.login for user in console.access.users()] == before


def test_a_state_that_was_used_is_refused_also_with_its_cookie(console: Console, firm: FakeProvider) -> None:
    browser = console.browser()
    told = firm.log_in(_begin(browser))
    cookie = browser.client.cookies["leadline-provider"]
    assert _come_back(browser, told).status_code == 303
    browser.client.cookies.clear()
    assert _come_back(browser, told).status_code == 401
    browser.client.cookies.set("leadline-provider", cookie)
    answer = _come_back(browser, told)
    assert (answer.status_code, "already used" in answer.text) == (401, True)


def test_a_try_of_another_browser_or_one_that_took_too_long_is_refused(console: Console, firm: FakeProvider) -> None:
    eve, ana = console.browser(), console.browser()
    told = firm.log_in(_begin(eve))
    assert _come_back(console.browser(), told).status_code == 401
    _begin(ana)
    assert _come_back(ana, told).status_code == 401
    assert firm.posted == []  # the code was not shown to anybody
    console.clock.at += ATTEMPT_LIFE + timedelta(seconds=1)
    assert _come_back(eve, told).status_code == 401
    assert _come_back(console.browser(), {"error": "access_denied", "state": told["state"]}).status_code == 401


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y"])
def test_one_stays_on_this_console(console: Console, firm: FakeProvider, then: str) -> None:
    browser = console.browser()
    answer = _come_back(browser, firm.log_in(_begin(browser, then)))
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "document",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example"}, {"jwks_uri": "file:///etc/passwd"}],
)
def test_a_provider_that_is_another_or_not_safe_is_not_asked(
    console: Console, firm: FakeProvider, document: dict[str, str]
) -> None:
    firm.document = document
    browser = console.browser()
    answer = browser.client.get("/log-in/provider")
    if answer.status_code == 303:
        answer = _come_back(browser, firm.log_in(answer.headers["location"]))
    assert answer.status_code in (401, 503)
    assert 'role="alert"' in answer.text


def test_a_provider_that_does_not_answer_is_reported(console: Console) -> None:
    console.provider = FakeProvider("http://127.0.0.1:9").provider()
    answer = console.browser().get("/log-in/provider")
    assert (answer.status_code, "is unreachable" in answer.text) == (503, True)


def test_without_a_provider_there_is_no_such_way(console: Console) -> None:
    console.provider = None  # before the first browser
    browser = console.browser()
    assert browser.get("/log-in/provider").status_code == 404
    assert browser.get("/log-in/provider/back?code=x&state=y").status_code == 404
    assert "provider" not in browser.get("/log-in").text


def test_settings_make_a_provider_or_tell_all_that_is_wrong(tmp_path: Path) -> None:
    assert provider_of(Settings(), {}) is None
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    told = {"oidc_issuer": "https://id.firm.example", "oidc_client_id": "leadline"}
    made = provider_of(Settings(**told, oidc_client_secret_file=str(secret)), {})
    assert made is not None
    assert (made.client.secret, made.client.claim) == ("hush", "email")
    made = provider_of(Settings(**told), {"LEADLINE_OIDC_CLIENT_SECRET": "sh"})
    assert made is not None
    assert made.client.secret == "sh"  # noqa: S105
    with pytest.raises(ConfigurationError) as refused:
        provider_of(Settings(oidc_issuer="http://id.firm.example", oidc_claim=""), {})
    assert [fault.where.removeprefix("setting ") for fault in refused.value.faults] == [
        "oidc_issuer",
        "oidc_client_id",
        "oidc_claim",
        "oidc_client_secret_file",
    ]

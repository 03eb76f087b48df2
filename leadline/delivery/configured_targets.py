"""Which targets a home uses, by its settings. Every fault of every target is reported at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from leadline.delivery.addresses import is_address, read_addresses
from leadline.delivery.credentials import read_secret
from leadline.delivery.folder import FolderTarget
from leadline.delivery.signature import FORM, read_secrets
from leadline.delivery.smtp import PORTS, EmailFolderTarget, EmailTarget, MailSettings, Server
from leadline.delivery.target import Target
from leadline.delivery.webhook import WebhookTarget
from leadline.kernel.errors import ConfigurationError, Fault
from leadline.kernel.home import Home

EMAIL_PASSWORD = "LEADLINE_EMAIL_PASSWORD"  # noqa: S105 (the variable's name)

# Makes a target of a home's settings and the environment's secrets; puts what is wrong into the list.
Maker = Callable[[Home, Mapping[str, str], list[Fault]], Target]

WEBHOOK_SECRET = "LEADLINE_WEBHOOK_SECRET"  # noqa: S105 (the variable's name)
LOCAL = ("127.0.0.1", "::1", "localhost")


def open_targets(home: Home, environment: Mapping[str, str]) -> list[Target]:
    """Return the targets that the setting ``delivery_targets`` names, in its order.

    Raises:
        ConfigurationError: it names one that there is not, or one twice, or what a target needs is missing or wrong.
    """
    names = [name.strip() for name in home.settings.delivery_targets.split(",") if name.strip()]
    faults = [
        Fault("setting delivery_targets", "each once, of " + ", ".join(_MAKERS), name)
        for place, name in enumerate(names)
        if name not in _MAKERS or name in names[:place]
    ]
    targets = [_MAKERS[name](home, environment, faults) for name in names if name in _MAKERS]
    if faults:
        raise ConfigurationError(
            "Invalid delivery targets; nothing was delivered and nothing is lost.",
            faults=faults,
            next_step="correct leadline.toml or the environment (docs/delivery.md), then leadline queue deliver",
        )
    return targets


def _folder(home: Home, _: Mapping[str, str], __: list[Fault]) -> Target:
    return FolderTarget(home.outbox)


def _webhook(home: Home, environment: Mapping[str, str], faults: list[Fault]) -> Target:
    url = home.settings.webhook_url
    faults += _url_faults(url)
    known = len(faults)
    text = read_secret(WEBHOOK_SECRET, home.settings.webhook_secret_file, environment, faults)
    keys: tuple[bytes, ...] = ()
    try:
        keys = read_secrets(text)
    except ValueError as exc:
        if len(faults) == known:
            faults.append(Fault("the webhook's secret", FORM, f"another form ({exc}; not shown)"))
    return WebhookTarget(url, keys)


def _url_faults(url: str) -> list[Fault]:
    where, expected = "setting webhook_url", "https://HOST/PATH, or http:// on this machine, without a password in it"
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
        is_whole = bool(parts.hostname) and not (parts.username or parts.password) and (parts.port or 1) > 0
    except ValueError:
        is_safe = is_whole = False
    if is_safe and is_whole and url.isascii() and url.isprintable() and " " not in url:
        return []
    return [Fault(where, expected, "another form (not shown, it may hold a secret)" if url else "nothing")]


def _email(home: Home, environment: Mapping[str, str], faults: list[Fault]) -> Target:
    settings = home.settings
    if not is_address(settings.email_from):
        faults.append(Fault("setting email_from", "an address", settings.email_from or "nothing"))
    post = MailSettings(settings.email_from, read_addresses(home.email_addresses, faults))
    if settings.email_folder:
        return EmailFolderTarget(post, Path(settings.email_folder))
    return EmailTarget(post, _server(home, environment, faults))


def _server(home: Home, environment: Mapping[str, str], faults: list[Fault]) -> Server:
    settings = home.settings
    security, user = settings.email_security, settings.email_user
    if security not in PORTS:
        faults.append(Fault("setting email_security", "one of " + ", ".join(PORTS), security))
    if security == "none" and user:
        faults.append(Fault("setting email_security", "starttls or tls, since a password is sent", security))
    host, _, port = settings.email_server.partition(":")
    if not host or not (port or "25").isdecimal() or any(blank.isspace() for blank in host):
        faults.append(Fault("setting email_server", "HOST or HOST:PORT", settings.email_server or "nothing"))
    password = read_secret(EMAIL_PASSWORD, settings.email_password_file, environment, faults) if user else ""
    return Server(host, int(port) if port.isdecimal() else PORTS.get(security, 0), security, user, password)


_MAKERS: Mapping[str, Maker] = MappingProxyType({"folder": _folder, "webhook": _webhook, "email": _email})

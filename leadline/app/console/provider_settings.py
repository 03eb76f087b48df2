"""By whom people may log in beside a password, by the settings of a home."""

from __future__ import annotations

from collections.abc import Mapping

from leadline.access.oidc import Client, Provider, is_safe
from leadline.delivery.credentials import read_secret
from leadline.kernel.errors import ConfigurationError, Fault
from leadline.kernel.settings import Settings

SECRET = "LEADLINE_OIDC_CLIENT_SECRET"  # noqa: S105 (the variable's name)


def provider_of(settings: Settings, environment: Mapping[str, str]) -> Provider | None:
    """Return the provider that is configured, None without one; it is not asked anything yet.

    Raises:
        ConfigurationError: something of it is missing or wrong; all is listed.
    """
    if not settings.oidc_issuer:
        return None
    faults: list[Fault] = []
    if not is_safe(settings.oidc_issuer):
        faults.append(Fault("setting oidc_issuer", "an https:// address", settings.oidc_issuer))
    named = {"oidc_client_id": settings.oidc_client_id, "oidc_claim": settings.oidc_claim}
    faults += [Fault(f"setting {name}", "some text", "nothing") for name, text in named.items() if not text]
    secret = read_secret(SECRET, settings.oidc_client_secret_file, environment, faults)
    if faults:
        raise ConfigurationError(
            "The provider of log-ins has faults.",
            faults=faults,
            next_step="correct leadline.toml or the environment (docs/access.md), or leave oidc_issuer empty",
        )
    name = settings.oidc_name
    return Provider(Client(settings.oidc_issuer, settings.oidc_client_id, secret, settings.oidc_claim, name))

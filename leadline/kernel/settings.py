"""Settings: ``leadline.toml`` in the home, and environment variables, which win.

pydantic-settings reads and checks both; this module says what the settings are and renders its findings as our errors.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from leadline.kernel.errors import ConfigurationError, Fault

Profile: TypeAlias = Literal["erp_centric", "crm_led", "hub_and_spoke"]
PROFILES: tuple[str, ...] = get_args(Profile)

_PREFIX = "LEADLINE_"
_MATCH_ORDER = "0 < match_propose <= match_merge <= 1"
_EXPECTED = {
    "integration_profile": f"one of {', '.join(PROFILES)}",
    "reporting_currency": "an ISO 4217 code such as EUR",
    "match_propose": f"a number, {_MATCH_ORDER}",
    "match_merge": f"a number, {_MATCH_ORDER}",
}
_KINDS: dict[Any, str] = {str: "text", int: "a whole number"}


class Settings(BaseSettings):
    """The firm's choices. Each is a key of ``leadline.toml`` or an environment variable ``LEADLINE_<NAME>``.

    ``Settings()`` holds the defaults: only :func:`read_settings` looks at file and environment.

    Attributes:
        reporting_currency: ISO 4217 currency that money at risk is stated in.
        integration_profile: which system wins: erp_centric, crm_led or hub_and_spoke.
        ops_store_url: SQLAlchemy URL of the exception queue; empty means SQLite in the home.
        outbox_folder: folder that deliveries are dropped in; empty means ``outbox`` in the home.
        delivery_targets: where deliveries go: of ``folder``, ``webhook``, ``email``, with commas.
        webhook_url: address that the target ``webhook`` posts to.
        webhook_secret_file: file that holds the webhook's secret; ``LEADLINE_WEBHOOK_SECRET`` wins over it.
        email_server: SMTP server of the target ``email``: HOST or HOST:PORT.
        email_security: how the connection is made safe: starttls, tls or none.
        email_user: who logs in there; empty means no login.
        email_password_file: file that holds the password; ``LEADLINE_EMAIL_PASSWORD`` wins over it.
        email_from: address that mails come from.
        email_addresses: CSV file of owner and address; empty means ``email-addresses.csv`` in the home.
        email_folder: folder that mails are written to instead of being sent.
        audit_checkpoints: file of the audit's checkpoints; empty means ``audit-checkpoints.jsonl`` in the home.
        oidc_issuer: OpenID Connect provider that people may log in by, its issuer address; empty means none.
        oidc_client_id: what this console is called there.
        oidc_client_secret_file: file that holds its secret; ``LEADLINE_OIDC_CLIENT_SECRET`` wins over it.
        oidc_claim: claim of the ID token that holds the login.
        oidc_name: what the provider is called on the log-in page.
        rephrase_command: command that puts narratives in other words, without their figures; empty means nothing does.
        rephrase_seconds: how long it may take for one score.
        keep_snapshots: how many published warehouse snapshots stay on disk.
        match_merge: probability from which two customer records are merged without asking.
        match_propose: probability from which a person is asked whether two customer records are one.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True
    )

    reporting_currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    integration_profile: Profile = "erp_centric"
    ops_store_url: str = ""
    outbox_folder: str = ""
    delivery_targets: str = "folder"
    webhook_url: str = ""
    webhook_secret_file: str = ""
    email_server: str = ""
    email_security: str = "starttls"
    email_user: str = ""
    email_password_file: str = ""
    email_from: str = ""
    email_addresses: str = ""
    email_folder: str = ""
    audit_checkpoints: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: str = ""
    oidc_claim: str = "email"
    oidc_name: str = "single sign-on"
    rephrase_command: str = ""
    rephrase_seconds: int = 60
    keep_snapshots: int = 3
    match_propose: Annotated[float, Field(gt=0, le=1)] = 0.5
    match_merge: Annotated[float, Field(gt=0, le=1)] = 0.95

    @field_validator("match_merge")
    @classmethod
    def _merge_needs_no_less_than_propose(cls, merge: float, info: ValidationInfo) -> float:
        propose = info.data.get("match_propose", merge)
        if propose > merge:
            raise ValueError(f"match_propose {propose}, match_merge {merge}")
        return merge

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the caller passes: a test or a copy must not depend on the environment."""
        return (init_settings,)


def read_settings(config: Path) -> Settings:
    """Read settings: environment over file over default.

    Raises:
        ConfigurationError: the file is not TOML, or has unknown keys or values of the wrong type; all are listed.
    """
    try:
        from_file = TomlConfigSettingsSource(Settings, toml_file=config)()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigurationError("The configuration is not valid TOML.", where=str(config), found=str(exc)) from exc
    from_environment = EnvSettingsSource(Settings)()
    try:
        return Settings(**{**from_file, **from_environment})
    except ValidationError as exc:
        raise ConfigurationError(
            "Invalid configuration.",
            faults=tuple(_faults(exc, config, from_environment)),
            next_step="see docs/settings.md",
        ) from exc


def _faults(error: ValidationError, config: Path, from_environment: Mapping[str, object]) -> Iterator[Fault]:
    """Say each finding in our form: the file's key or the variable, what it may be, what it is."""
    for found in error.errors(include_url=False):
        name = str(found["loc"][0])
        where = f"{_PREFIX}{name.upper()}" if name in from_environment else f"{config}:{name}"
        if found["type"] == "extra_forbidden":
            near = get_close_matches(name, Settings.model_fields, n=3)
            yield Fault(where, " or ".join(near) or "the name of a setting", name)
        elif found["type"] == "value_error":
            yield Fault(where, _MATCH_ORDER, str(found["ctx"]["error"]))
        else:
            kind = Settings.model_fields[name].annotation
            yield Fault(where, _EXPECTED.get(name) or _KINDS[kind], repr(found["input"]))

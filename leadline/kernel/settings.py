"""Where things are and how the firm wants them: the home folder and its ``leadline.toml``."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from leadline.kernel.errors import ConfigurationError, Fault, HomeError

DEFAULT_HOME = "leadline-home"
CONFIG_NAME = "leadline.toml"
PROFILES = ("erp_centric", "crm_led", "hub_and_spoke")


@dataclass(frozen=True)
class Settings:
    """The firm's choices. Each is a key of ``leadline.toml`` or an environment variable ``LEADLINE_<NAME>``.

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
        email_user: who logs in there; empty means nobody does.
        email_password_file: file that holds the password; ``LEADLINE_EMAIL_PASSWORD`` wins over it.
        email_from: address that mails come from.
        email_addresses: CSV file of owner and address; empty means ``email-addresses.csv`` in the home.
        email_folder: folder that mails are written to instead of being sent.
        audit_heads: file that the audit's heads are noted in; empty means ``audit-heads.jsonl`` in the home.
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

    reporting_currency: str = "USD"
    integration_profile: str = "erp_centric"
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
    audit_heads: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: str = ""
    oidc_claim: str = "email"
    oidc_name: str = "single sign-on"
    rephrase_command: str = ""
    rephrase_seconds: int = 60
    keep_snapshots: int = 3
    match_merge: float = 0.95
    match_propose: float = 0.5


@dataclass(frozen=True)
class Home:
    """The folder that holds everything a firm's Leadline knows."""

    path: Path
    settings: Settings

    @property
    def landing(self) -> Path:
        return self.path / "landing"

    @property
    def warehouse(self) -> Path:
        return self.path / "warehouse"

    @property
    def mlflow(self) -> Path:
        return self.path / "mlflow"

    @property
    def evaluations(self) -> Path:
        return self.path / "evaluations"

    @property
    def outbox(self) -> Path:
        return Path(self.settings.outbox_folder) if self.settings.outbox_folder else self.path / "outbox"

    @property
    def email_addresses(self) -> Path:
        return Path(self.settings.email_addresses or self.path / "email-addresses.csv")

    @property
    def audit_heads(self) -> Path:
        return Path(self.settings.audit_heads) if self.settings.audit_heads else self.path / "audit-heads.jsonl"

    @property
    def lock(self) -> Path:
        return self.path / "run.lock"

    @property
    def ops_store_url(self) -> str:
        return self.settings.ops_store_url or f"sqlite:///{self.path / 'ops.db'}"


def open_home(path: str | Path | None = None, *, create: bool = False) -> Home:
    """Open the home: ``path``, else ``LEADLINE_HOME``, else ``./leadline-home``.

    Raises:
        HomeError: it does not exist and ``create`` is false, or is not a folder.
        ConfigurationError: its ``leadline.toml`` has faults; all are listed.
    """
    folder = Path(path or os.environ.get("LEADLINE_HOME") or DEFAULT_HOME).resolve()
    if folder.exists() and not folder.is_dir():
        raise HomeError("The home is not a folder.", where=str(folder), next_step="pass another --home")
    if not folder.exists():
        if not create:
            raise HomeError(
                "There is no home here yet.",
                where=str(folder),
                next_step="leadline demo makes one; leadline land --home DIR starts your own",
            )
        folder.mkdir(parents=True)
    return Home(path=folder, settings=read_settings(folder / CONFIG_NAME, os.environ))


def read_settings(config: Path, environment: Mapping[str, str]) -> Settings:
    """Read settings: environment over file over default.

    Raises:
        ConfigurationError: the file is not TOML, or has unknown keys or values of the wrong type; all are listed.
    """
    values: dict[str, object] = {}
    if config.is_file():
        try:
            values.update(tomllib.loads(config.read_text("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise ConfigurationError("The configuration is not TOML.", where=str(config), found=str(exc)) from exc
    known = {field.name: field for field in fields(Settings)}
    for name in known:
        text = environment.get(f"LEADLINE_{name.upper()}")
        if text is not None:
            values[name] = _typed(text, type(known[name].default))
    faults = [
        Fault(where=f"{config}:{name}", expected=f"one of {', '.join(known)}", found=name)
        for name in values
        if name not in known
    ]
    faults += [
        Fault(where=f"{config}:{name}", expected=type(known[name].default).__name__, found=repr(value))
        for name, value in values.items()
        if name in known and type(value) is not type(known[name].default)
    ]
    profile = values.get("integration_profile", PROFILES[0])
    if isinstance(profile, str) and profile not in PROFILES:
        faults.append(Fault(f"{config}:integration_profile", "one of " + ", ".join(PROFILES), profile))
    currency = values.get("reporting_currency", "USD")
    if isinstance(currency, str) and not (len(currency) == 3 and currency.isalpha() and currency.isupper()):
        faults.append(Fault(f"{config}:reporting_currency", "an ISO 4217 code such as EUR", currency))
    propose, merge = (values.get(name, known[name].default) for name in ("match_propose", "match_merge"))
    if isinstance(propose, float) and isinstance(merge, float) and not 0 < propose <= merge <= 1:
        order = "0 < match_propose <= match_merge <= 1"
        faults.append(Fault(f"{config}:match_merge", order, f"match_propose {propose}, match_merge {merge}"))
    if faults:
        raise ConfigurationError("The configuration has faults.", faults=faults, next_step="see README, 'Settings'")
    return Settings(**values)  # type: ignore[arg-type]


def _typed(text: str, kind: type) -> object:
    """Return an environment variable's text as the setting's type, or as it is where it is none."""
    try:
        return kind(text) if kind in (int, float) else text
    except ValueError:
        return text

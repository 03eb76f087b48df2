"""E-mail targets: an SMTP server, or, for a dry run, a folder of ``.eml`` files."""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from leadline.delivery.addresses import address_of
from leadline.delivery.digest import EMAIL
from leadline.delivery.folder import FolderTarget, drop_file
from leadline.delivery.mail import as_mail
from leadline.delivery.target import Send, Undelivered
from leadline.queue.deliveries import Intake, Message

TIMEOUT_SECONDS = 30.0
PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}
PERMANENT = 500


@dataclass(frozen=True)
class Server:
    """An SMTP server: ``security`` is a key of :data:`PORTS`; without a user there is no login."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True)
class MailSettings:
    """The sender, and the address of each owner."""

    sender: str
    addresses: Mapping[str, str]

    def mail(self, message: Message) -> EmailMessage:
        """Return a digest as a mail to its owner.

        Raises:
            Undelivered: the owner has no address any more.
        """
        receiver = address_of(json.loads(message.payload)["owner"], self.addresses)
        if receiver is None:
            raise Undelivered("its owner has no address", is_refusal=True)
        return as_mail(message, sender=self.sender, receiver=receiver)


@dataclass(frozen=True)
class EmailTarget:
    """Sends digests by an SMTP server, several over one connection."""

    post: MailSettings
    server: Server
    name: str = EMAIL
    intake: Intake = Intake.OWN

    @contextmanager
    def batch(self) -> Iterator[Send]:
        """Log in at the first mail, quit after the last."""
        line = _Connection(self.server)

        def send(message: Message, _: datetime) -> None:
            line.send(self.post.mail(message))

        try:
            yield send
        finally:
            line.hang_up()


@dataclass(frozen=True)
class EmailFolderTarget:
    """Writes digests into a folder as ``.eml`` files, which mail programs open; nothing is sent."""

    post: MailSettings
    folder: Path
    name: str = EMAIL
    intake: Intake = Intake.OWN

    @contextmanager
    def batch(self) -> Iterator[Send]:
        """Create the folder if it is missing."""
        with FolderTarget(self.folder).batch():
            yield self._send

    def _send(self, message: Message, _: datetime) -> None:
        try:
            drop_file(self.folder, f"{message.key}.eml", self.post.mail(message).as_bytes())
        except OSError as exc:
            raise Undelivered(exc.strerror or str(exc)) from exc


class _Connection:
    """An SMTP connection opened on demand and reopened after a failure."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: smtplib.SMTP | None = None

    def send(self, mail: EmailMessage) -> None:
        try:
            self._open = self._open or _connected(self._server)
            self._open.send_message(mail)
        except smtplib.SMTPRecipientsRefused as exc:
            code = next(iter(exc.recipients.values()))[0]
            raise Undelivered(f"it answered {code} to the address", is_refusal=code >= PERMANENT) from exc
        except smtplib.SMTPResponseException as exc:
            self.hang_up()
            is_refusal = isinstance(exc, smtplib.SMTPDataError) and exc.smtp_code >= PERMANENT
            raise Undelivered(f"it answered {exc.smtp_code}", is_refusal=is_refusal) from exc
        except (smtplib.SMTPException, OSError) as exc:
            self.hang_up()
            raise Undelivered(_words(exc)) from exc

    def hang_up(self) -> None:
        line, self._open = self._open, None
        if line is not None:
            with suppress(smtplib.SMTPException, OSError):  # accepted mails stay accepted without QUIT
                line.quit()
            line.close()


def _connected(server: Server) -> smtplib.SMTP:
    secure = ssl.create_default_context()
    if server.security == "tls":
        line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_seconds, context=secure)
    else:
        line = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
    try:
        if server.security == "starttls":
            line.starttls(context=secure)
        if server.user:
            line.login(server.user, server.password)
    except BaseException:
        line.close()
        raise
    return line


def _words(exc: Exception) -> str:
    if isinstance(exc, TimeoutError):
        return "it did not answer in time"
    if isinstance(exc, smtplib.SMTPNotSupportedError):
        return "it offers no STARTTLS, or no way to log in"
    return exc.strerror if isinstance(exc, OSError) and exc.strerror else f"no SMTP answer ({type(exc).__name__})"

"""A mail server on 127.0.0.1 that speaks just enough SMTP, keeps what it took, and answers as asked."""

from __future__ import annotations

import socketserver
import ssl
import threading
from base64 import b64decode
from email import message_from_bytes, policy
from email.message import EmailMessage

EXTENSIONS = b"250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"
GREETING, FINE, GO_AHEAD, BYE = b"220 ready\r\n", b"250 ok\r\n", b"354 go ahead\r\n", b"221 bye\r\n"


class Mailbox:
    """What the server took, and what it answers to a command (``RCPT``, ``.`` for the end of a mail, …) instead of yes.

    An empty answer hangs up; ``connections`` counts who called.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, is_tls_from_the_start: bool = False, **answers: bytes
    ) -> None:
        self.answers = answers
        self.tls = tls
        self.is_tls_from_the_start = is_tls_from_the_start
        self.logins: list[str] = []
        self.mails: list[EmailMessage] = []
        self.receivers: list[str] = []
        self.connections = 0


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    mailbox: Mailbox


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        box = self.server.mailbox
        box.connections += 1
        if box.is_tls_from_the_start and not self._secured():
            return
        self.wfile.write(GREETING)
        while line := self.rfile.readline():
            word = line[:4].strip().upper().decode()
            if word == "QUIT":
                self.wfile.write(BYE)
                return
            if word == "RCPT":
                box.receivers.append(line.decode().strip().partition("<")[2].rstrip(">"))
            if word == "EHLO" and box.tls:
                self.wfile.write(EXTENSIONS)
                continue
            if word == "STAR" and box.tls:
                self.wfile.write(GREETING)
                if not self._secured():
                    return
                continue
            if word == "AUTH":
                box.logins.append(b64decode(line.split()[-1]).decode().replace("\0", " ").strip())
                self.wfile.write(b"235 welcome\r\n")
                continue
            if not self._answered(word, GO_AHEAD if word == "DATA" else FINE):
                return
            if word == "DATA" and "DATA" not in box.answers and not self._take(box):
                return

    def _secured(self) -> bool:
        """Go on over TLS; return whether the other side trusts us."""
        assert self.server.mailbox.tls is not None
        try:
            self.request = self.server.mailbox.tls.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            return False
        self.setup()
        return True

    def finish(self) -> None:
        """Hang up, also where the line was made safe in the middle of it."""
        super().finish()
        self.request.close()

    def _take(self, box: Mailbox) -> bool:
        content = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            content += line.removeprefix(b".")
        if "END" not in box.answers:
            box.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        return self._answered("END", FINE)

    def _answered(self, word: str, usual: bytes) -> bool:
        answer = self.server.mailbox.answers.get(word, usual)
        self.wfile.write(answer)
        return bool(answer)


class Receiving:
    """The server at work; a context manager that gives its port."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.mailbox = mailbox
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._server.server_address[1])

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

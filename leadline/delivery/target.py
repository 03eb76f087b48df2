"""The target protocol, implemented by folder, webhook and e-mail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from leadline.queue.deliveries import Intake, Message

# Takes one message at a moment (UTC); raises Undelivered unless the target confirmed it.
Send = Callable[[Message, datetime], None]


class Target(Protocol):
    """A delivery target.

    Attributes:
        name: how people and the store call it.
        intake: which messages it gets.
    """

    @property
    def name(self) -> str: ...

    @property
    def intake(self) -> Intake: ...

    def batch(self) -> AbstractContextManager[Send]:
        """Open the target for some messages; what was sent in it is safe with the receiver when it closes.

        Raises:
            LeadlineError: the target cannot be used at all; no message is at fault.
        """
        ...


class Undelivered(Exception):  # noqa: N818 (a fact about a message, not a fault of the program)
    """A target did not take a message, or it is unknown whether it did.

    Args:
        reason: in words for people; never a secret, never the message itself.
        is_refusal: the target is well and refused this one message, so that others may be tried at once.
        wait_seconds: how long the target asked to be left alone.
    """

    def __init__(self, reason: str, *, is_refusal: bool = False, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_refusal = is_refusal
        self.wait_seconds = wait_seconds

"""A rephraser behind a command of the firm's own: JSON in, JSON out, within a time; so any model can stand there."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from leadline.kernel.settings import Settings
from scoring.rephrasing import Rephraser, RephrasingFailed, Text

RULES = (
    "Put each sentence in other words for its reader: plain, short, friendly. Keep every ⟦number⟧ exactly once and in"
    " the order given; it stands for a figure or a name. Add no number, no name and no fact. Keep words such as not,"
    " more, less, before, after, expected and seen. Answer with the same texts and sentences in the same order."
)
# Secrets of Leadline are none of the command's business.
OURS = "LEADLINE_"


class CommandRephraser:
    """Runs a command once for all texts of a score; it sees words with slots and the name of the reader, no data.

    The command gets ``{"rules": …, "texts": [{"reader": …, "sentences": […]}]}`` as JSON on standard input and answers
    with ``{"texts": [{"sentences": […]}]}`` on standard output. It runs without a shell, and without Leadline's own
    environment variables; after ``seconds`` it and what it started are ended.
    """

    def __init__(self, command: str, *, seconds: int, environment: Mapping[str, str]) -> None:
        self._command = command
        self._seconds = seconds
        self._environment = {name: value for name, value in environment.items() if not name.startswith(OURS)}

    def rephrase(self, texts: Sequence[Text]) -> Sequence[Sequence[str]]:
        """Return what the command answers; see :meth:`scoring.rephrasing.Rephraser.rephrase`."""
        asked = json.dumps({"rules": RULES, "texts": [asdict(text) for text in texts]}, ensure_ascii=False)
        answer = self._run(asked.encode())
        try:
            return [_sentences(text) for text in json.loads(answer)["texts"]]
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            raise RephrasingFailed("its answer is not the JSON that was asked for") from exc

    def _run(self, asked: bytes) -> bytes:
        try:
            process = subprocess.Popen(  # noqa: S603 - the command is the firm's own setting, run without a shell
                shlex.split(self._command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
            )
        except (OSError, ValueError, IndexError) as exc:
            raise RephrasingFailed(f"the command cannot be run: {getattr(exc, 'strerror', None) or exc}") from exc
        try:
            answer, _ = process.communicate(asked, timeout=self._seconds)
        except subprocess.TimeoutExpired as exc:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise RephrasingFailed(f"the command took longer than {self._seconds} seconds") from exc
        if process.returncode:
            raise RephrasingFailed(f"the command ended with {process.returncode}")
        return answer


def open_rephraser(settings: Settings, environment: Mapping[str, str] = os.environ) -> Rephraser | None:
    """Return the rephraser that the firm set up; None, which is the default, where there is none."""
    if not settings.rephrase_command.strip():
        return None
    return CommandRephraser(settings.rephrase_command, seconds=settings.rephrase_seconds, environment=environment)


def _sentences(text: Any) -> list[str]:
    sentences = text["sentences"]
    if not isinstance(sentences, list) or not all(isinstance(one, str) for one in sentences):
        raise TypeError(type(sentences))
    return sentences

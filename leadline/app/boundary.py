"""Turn errors into text and an exit code. Tracebacks are shown only on request."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import typer
from typer.core import TyperGroup

from leadline.app.wiring import Parts
from leadline.kernel.errors import LeadlineError

INTERRUPTED = 130
TERMINATED = 143
UNEXPECTED = 1

# Signals that asked this process to end. A database that one interrupts raises an error of its own instead of ours.
_received: list[int] = []


@dataclass
class Session:
    """State shared by the commands of one invocation: the parts, whether to show tracebacks, where a log may go."""

    parts: Parts = field(default_factory=Parts)
    debug: bool = False
    log_folder: Path | None = None


class BoundedGroup(TyperGroup):
    """A group of commands whose every failure ends in a message on stderr and a documented exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see docs/exit-codes.md for what its failures become."""
        try:
            return super().invoke(ctx)
        except LeadlineError as exc:
            _tell(str(exc))
            _debug(ctx, exc)
            raise typer.Exit(exc.exit_code) from None
        except KeyboardInterrupt:
            raise _stopped(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader, such as head, has enough; nothing is wrong. Python would complain at exit without this.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except Exception as exc:
            if type(exc).__module__.startswith(("typer", "click")):
                raise  # the command's own words were off; typer tells, exit code 2
            if _received:
                raise _stopped(TERMINATED if _received[-1] == signal.SIGTERM else INTERRUPTED) from None
            log = _write_log(_session(ctx))
            _tell(f"Something broke that should not have: {type(exc).__name__}.\n  log: {log}")
            _debug(ctx, exc)
            raise typer.Exit(UNEXPECTED) from None


def end_on_signals() -> None:
    """Turn a signal to end into an exception, so that ``finally`` blocks release locks and close the journal."""

    def stop(number: int, _: FrameType | None) -> None:
        _received.append(number)
        raise SystemExit(TERMINATED) if number == signal.SIGTERM else KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def session_of(ctx: typer.Context) -> Session:
    """Return the state shared by the commands of this invocation."""
    return _session(ctx)


def _session(ctx: Any) -> Session:
    found = ctx.find_object(Session)
    return found if isinstance(found, Session) else Session()


def _stopped(exit_code: int) -> typer.Exit:
    _tell("Stopped. What was finished is kept; the same command goes on from there.")
    return typer.Exit(exit_code)


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _debug(ctx: Any, exc: BaseException) -> None:
    if _session(ctx).debug:
        typer.echo("".join(traceback.format_exception(exc)), err=True)


def _write_log(session: Session) -> Path:
    """Write the traceback to a file for debugging: in the home, else among the temporary files."""
    folder = session.log_folder or Path(tempfile.gettempdir())
    folder.mkdir(parents=True, exist_ok=True)
    stamp = session.parts.now().strftime("%Y%m%dT%H%M%S")
    path = folder / f"leadline-{stamp}-{os.getpid()}.log"
    path.write_text(traceback.format_exc(), "utf-8")
    return path

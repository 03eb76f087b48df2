"""Run dbt in a process of its own: its memory, its log, its global state and its hold on the file end with it.

The child (``python -m leadline.kernel.warehouse.dbt``) speaks JSON lines on standard output: one per step, then the
verdict. It watches its standard input and stops when the parent is gone: a killed build leaves no worker behind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from leadline.kernel.errors import ConfigurationError

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Failure:
    """One dbt node that failed: ``kind`` is model, seed or test; ``sql`` is what ran, as far as it was compiled."""

    name: str
    kind: str
    message: str
    sql: str = ""


@dataclass(frozen=True)
class DbtReport:
    """What a dbt run did: how many nodes passed, by kind, and which failed."""

    passed: Mapping[str, int]
    failures: tuple[Failure, ...]


def run_dbt(
    arguments: Sequence[str], *, project: Path, environment: Mapping[str, str], progress: Progress | None = None
) -> DbtReport:
    """Run one dbt command in ``project`` and report what passed and what failed.

    Raises:
        ConfigurationError: dbt could not run at all; its last words are given.
    """
    command = [sys.executable, "-m", __name__, *arguments]
    with subprocess.Popen(  # noqa: S603 - our own module, no shell
        command,
        cwd=project,
        env=_environment(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        last_words: deque[str] = deque(maxlen=20)
        listener = threading.Thread(target=_drain, args=(process.stderr, last_words), daemon=True)
        listener.start()
        try:
            verdict = _follow(process.stdout, progress)
        except BaseException:
            process.kill()
            raise
        finally:
            listener.join(timeout=5)
    if verdict is None or "error" in verdict:
        raise ConfigurationError(
            "dbt could not run the project.",
            where=str(project),
            found=(verdict or {}).get("error") or "\n".join(last_words) or f"exit code {process.returncode}",
            next_step="undo the last change to dbt_project or to the governance tables, or run dbt parse by hand",
        )
    return DbtReport(passed=verdict["passed"], failures=tuple(Failure(**failure) for failure in verdict["failures"]))


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the child's environment: ours importable from its working folder, nobody's dbt settings, no telemetry."""
    package = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    quiet = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PYTHONWARNINGS": "ignore"}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    return {**ours, **quiet, "PYTHONPATH": path, **extra}


def _drain(stream: IO[str] | None, last_words: deque[str]) -> None:
    for line in stream or ():
        last_words.append(line.rstrip())


def _follow(stream: IO[str] | None, progress: Progress | None) -> dict[str, Any] | None:
    """Read the child's lines until it ends; pass its steps on and return its verdict."""
    verdict: dict[str, Any] | None = None
    for line in stream or ():
        said = json.loads(line)
        if "passed" in said or "error" in said:
            verdict = said
        elif progress is not None:
            progress(said["step"], said["share"])
    return verdict


def _child(arguments: Sequence[str]) -> None:
    """Run dbt in this process and tell the parent, on a standard output that dbt itself cannot reach."""
    voice = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def say(**words: Any) -> None:
        voice.write(json.dumps(words) + "\n")

    from dbt.cli.main import dbtRunner

    def hear(event: Any) -> None:
        if event.info.name == "LogStartLine":
            say(step=event.data.description, share=(event.data.index - 1) / max(event.data.total, 1))

    outcome = dbtRunner(callbacks=[hear]).invoke(list(arguments))
    if outcome.exception is not None:
        say(error=str(outcome.exception))
    elif outcome.result is None or not hasattr(outcome.result, "results"):
        say(passed={}, failures=[])
    else:
        say(**_verdict(outcome.result.results))


def _verdict(results: Sequence[Any]) -> dict[str, Any]:
    passed: dict[str, int] = {}
    failures = []
    for result in results:
        kind, status = str(result.node.resource_type), str(result.status)
        if status in ("success", "pass", "warn", "no-op"):
            passed[kind] = passed.get(kind, 0) + 1
        elif status != "skipped":
            sql = getattr(result.node, "compiled_code", None) or ""
            failures.append(
                {"name": result.node.name, "kind": kind, "message": str(result.message or status), "sql": sql}
            )
    return {"passed": passed, "failures": failures}


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    _child(sys.argv[1:])

"""Run dbt in its own process, so that its memory, log, global state and file lock end with it.

The child (``python -m leadline.warehouse.dbt``) speaks JSON lines on standard output: one per step, then the
verdict. It watches its standard input and stops when the parent is gone: a killed build leaves no worker behind.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from leadline.kernel.errors import ConfigurationError
from leadline.warehouse import parse_cache
from leadline.warehouse.rules import VALUATION, RuleText

QUIET = ("--quiet", "--log-level", "none", "--log-level-file", "none", "--no-partial-parse")
# The command that only parses.
READ = ["parse"]
# The folder of models whose SQL answers as of any moment, unless their meta says that they hold all of history.
RULES = "intermediate"
HOLDS_HISTORY = "holds_history"

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
    """What a dbt run did: how many nodes passed, by kind, which failed, the models that were made.

    ``rules`` holds the SQL of those of them that are rules (:mod:`leadline.warehouse.rules`).
    """

    passed: Mapping[str, int]
    failures: tuple[Failure, ...]
    made: frozenset[str] = frozenset()
    rules: Mapping[str, RuleText] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """Models that have something new, and models that are made but whose readers have nothing new by them."""

    roots: tuple[str, ...]
    ends: tuple[str, ...] = ()


def run_dbt(
    command: Sequence[str],
    options: Sequence[str],
    *,
    project: Path,
    environment: Mapping[str, str],
    reading: Path | None = None,
    change: Change | None = None,
    progress: Progress | None = None,
) -> DbtReport:
    """Run one dbt command in ``project`` and report what passed and what failed; ``options`` are those of any command.

    ``reading`` is where dbt's reading of the project is kept (:mod:`leadline.warehouse.parse_cache`). With ``change``
    only the models it reaches are made, with the staging they read and the tests on them.

    Raises:
        ConfigurationError: dbt could not run at all; its last words are given.
    """
    asked = {
        "command": command,
        "options": [*QUIET, *options],
        "reading": str(reading) if reading else None,
        "change": asdict(change) if change else None,
    }
    child = [sys.executable, "-m", __name__, json.dumps(asked)]
    with subprocess.Popen(  # noqa: S603 - our own module, no shell
        child,
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
            "dbt failed to run the project.",
            where=str(project),
            found=(verdict or {}).get("error") or "\n".join(last_words) or f"exit code {process.returncode}",
            next_step="undo the last change to dbt_project or to the governance tables, or run dbt parse by hand",
        )
    failures = tuple(Failure(**failure) for failure in verdict["failures"])
    rules = {name: RuleText(text["sql"], tuple(text["reads"])) for name, text in verdict["rules"].items()}
    return DbtReport(passed=verdict["passed"], failures=failures, made=frozenset(verdict["made"]), rules=rules)


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the child's environment: ours importable from its working folder, no one's dbt settings, no telemetry."""
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


def _child(command: list[str], options: list[str], reading: Path | None, change: Change | None) -> None:
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

    say(step="read the dbt project", share=0.0)
    read = _parse(options, reading)
    if read.exception is not None:
        say(error=str(read.exception))
        return
    # The parsed project lives until the process ends: garbage collection over it costs a tenth of a small build.
    gc.freeze()
    selection = ["--select", *reached(read.result, change)] if change else []
    runner = dbtRunner(manifest=read.result, callbacks=[hear])
    outcome = read if command == READ else runner.invoke([*command, *options, *selection])
    if outcome.exception is not None:
        say(error=str(outcome.exception))
    elif outcome.result is None or not hasattr(outcome.result, "results"):
        say(passed={}, failures=[], made=[], rules={})
    else:
        say(**_verdict(outcome.result.results, _rules_of(read.result)))


def _parse(options: list[str], reading: Path | None) -> Any:
    """Return dbt's result of reading the project, from the cache, or by reading it and caching that."""
    from dbt.cli.main import dbtRunner, dbtRunnerResult

    kept = parse_cache.recall(reading, project=Path.cwd()) if reading else None
    if kept is not None:
        return dbtRunnerResult(success=True, result=kept)
    outcome = dbtRunner().invoke([*READ, *options])
    if outcome.exception is None and reading:
        parse_cache.keep(outcome.result, reading)
    return outcome


def reached(manifest: Any, change: Change) -> list[str]:
    """Return the names of the models that a change reaches in dbt's graph, with the staging they read, sorted.

    No snapshot holds staging, so whoever reads it needs it made again.
    """
    models = {key: node for key, node in manifest.nodes.items() if node.resource_type == "model"}
    readers: dict[str, list[str]] = {key: [] for key in models}
    for key, node in models.items():
        for parent in node.depends_on.nodes:
            if parent in readers:
                readers[parent].append(key)
    ahead = [key for key, node in models.items() if node.name in change.roots]
    found = set(ahead)
    while ahead:
        key = ahead.pop()
        news = [] if models[key].name in change.ends else [one for one in readers[key] if one not in found]
        found.update(news)
        ahead.extend(news)
    parents = {parent for key in found for parent in models[key].depends_on.nodes if parent in models}
    staging = {key for key in parents if models[key].fqn[1] == "staging"}
    return sorted(models[key].name for key in found | staging)


def _verdict(results: Sequence[Any], answerable: Container[str]) -> dict[str, Any]:
    passed: dict[str, int] = {}
    failures = []
    made = []
    rules = {}
    for result in results:
        kind, status = str(result.node.resource_type), str(result.status)
        if status in ("success", "pass", "warn", "no-op"):
            passed[kind] = passed.get(kind, 0) + 1
            if kind == "model":
                made.append(result.node.name)
                if result.node.unique_id in answerable:
                    rules[result.node.name] = _rule(result.node)
        elif status != "skipped":
            sql = getattr(result.node, "compiled_code", None) or ""
            failures.append(
                {"name": result.node.name, "kind": kind, "message": str(result.message or status), "sql": sql}
            )
    return {"passed": passed, "failures": failures, "made": made, "rules": rules}


def _rules_of(manifest: Any) -> set[str]:
    """Return the models that answer as of any moment: all they read is core, seeds, or such models again."""
    nodes = manifest.nodes
    core = {key for key, node in nodes.items() if node.resource_type == "seed" or node.fqn[1] == "core"}
    governance = {key for key, node in nodes.items() if node.fqn[1] == "governance" and node.resource_type == "model"}
    sound = core | {key for key in governance if core.issuperset(nodes[key].depends_on.nodes)}
    ahead = {
        key
        for key, node in nodes.items()
        if node.resource_type == "model" and node.fqn[1] == RULES and not node.config.meta.get(HOLDS_HISTORY)
    }
    rules = {key for key in ahead if nodes[key].name == VALUATION}  # the reader says which day it is asked about
    ahead -= rules
    while found := {key for key in ahead if (sound | rules).issuperset(nodes[key].depends_on.nodes)}:
        rules |= found
        ahead -= found
    return rules


def _rule(node: Any) -> dict[str, Any]:
    """Return a rule's compiled SQL and the models and seeds it reads."""
    return {"sql": node.compiled_code, "reads": sorted(key.split(".")[-1] for key in node.depends_on.nodes)}


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    _asked = json.loads(sys.argv[1])
    _child(
        _asked["command"],
        _asked["options"],
        Path(_asked["reading"]) if _asked["reading"] else None,
        Change(**_asked["change"]) if _asked["change"] else None,
    )

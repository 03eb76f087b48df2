"""Writers of one SQLite file are served in the order in which they came."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from leadline.kernel.errors import BusyError
from leadline.queue.engine import open_engine, writing
from leadline.queue.write_lock import HAS_FILE_LOCKS, SUFFIX, Line, line_before

LONG = 60.0
ROUNDS = 100_000_000

HOLDER = """
import sys
from pathlib import Path
from leadline.queue.write_lock import Line
with Line(Path(sys.argv[1])).turn(60):
    print("mine", flush=True)
    sys.stdin.read()
"""


def test_writers_are_served_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    line = Line(tmp_path / "turn")
    served: list[int] = []
    writers = []

    def write(number: int) -> None:
        with line.turn(LONG):
            served.append(number)

    with line.turn(LONG):
        for number in range(20):
            writers.append(threading.Thread(target=write, args=(number,)))
            writers[-1].start()
            _until(_stands(line, number + 1))
        assert served == []
    for writer in writers:
        writer.join(LONG)
    assert served == list(range(20))


def test_who_comes_again_stands_behind_those_who_wait(tmp_path: Path) -> None:
    line = Line(tmp_path / "turn")
    served: list[str] = []

    def write() -> None:
        with line.turn(LONG):
            served.append("the one who waited")

    writer = threading.Thread(target=write)
    with line.turn(LONG):
        writer.start()
        _until(lambda: line.waiting == 1)
    with line.turn(LONG):
        served.append("the one who came again")
    writer.join(LONG)
    assert served == ["the one who waited", "the one who came again"]


def test_whoever_gives_up_leaves_the_queue_and_blocks_no_one(tmp_path: Path) -> None:
    line = Line(tmp_path / "turn")
    with line.turn(LONG):
        with pytest.raises(BusyError, match="locked"), line.turn(0.0):
            raise AssertionError("two turns at once")
        assert line.waiting == 0
    with line.turn(0.0):
        assert line.waiting == 0


def test_two_stores_on_one_file_stand_in_one_line(tmp_path: Path) -> None:
    database = tmp_path / "ops.db"
    one, other = (open_engine(f"sqlite:///{database}", busy_seconds=0.0) for _ in range(2))
    with writing(one), pytest.raises(BusyError, match="locked"), writing(other):
        raise AssertionError("two writers at once")
    with writing(other):
        assert line_before(database).waiting == 0
    assert database.with_name(f"ops.db{SUFFIX}").read_bytes() == b""


@pytest.mark.skipif(not HAS_FILE_LOCKS, reason="this system has no locks on files")
def test_another_process_is_waited_for_and_its_death_frees_the_turn(tmp_path: Path) -> None:
    path = tmp_path / "turn"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        with pytest.raises(BusyError, match="locked"), Line(path).turn(0.0):
            raise AssertionError("two turns at once")
        holder.kill()
    with Line(path).turn(LONG):
        assert path.exists()


def _stands(line: Line, many: int) -> Callable[[], bool]:
    return lambda: line.waiting == many


def _until(happened: Callable[[], bool]) -> None:
    """Go round until another thread has come so far; it takes no time worth waiting for."""
    for _ in range(ROUNDS):
        if happened():
            return
    raise AssertionError("the other thread never came")

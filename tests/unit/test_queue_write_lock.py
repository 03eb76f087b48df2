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
from leadline.queue.write_lock import HAS_FILE_LOCKS, SUFFIX, FairWriteLock, write_lock_of

LONG = 60.0
ROUNDS = 100_000_000

HOLDER = """
import sys
from pathlib import Path
from leadline.queue.write_lock import FairWriteLock
with FairWriteLock(Path(sys.argv[1])).held(60):
    print("mine", flush=True)
    sys.stdin.read()
"""


def test_writers_are_served_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    lock = FairWriteLock(tmp_path / "lock")
    served: list[int] = []
    writers = []

    def write(number: int) -> None:
        with lock.held(LONG):
            served.append(number)

    with lock.held(LONG):
        for number in range(20):
            writers.append(threading.Thread(target=write, args=(number,)))
            writers[-1].start()
            _until(_waiting(lock, number + 1))
        assert served == []
    for writer in writers:
        writer.join(LONG)
    assert served == list(range(20))


def test_who_comes_again_queues_behind_those_who_wait(tmp_path: Path) -> None:
    lock = FairWriteLock(tmp_path / "lock")
    served: list[str] = []

    def write() -> None:
        with lock.held(LONG):
            served.append("the one who waited")

    writer = threading.Thread(target=write)
    with lock.held(LONG):
        writer.start()
        _until(lambda: lock.waiting == 1)
    with lock.held(LONG):
        served.append("the one who came again")
    writer.join(LONG)
    assert served == ["the one who waited", "the one who came again"]


def test_whoever_gives_up_leaves_the_queue_and_blocks_no_one(tmp_path: Path) -> None:
    lock = FairWriteLock(tmp_path / "lock")
    with lock.held(LONG):
        with pytest.raises(BusyError, match="locked"), lock.held(0.0):
            raise AssertionError("two holders at once")
        assert lock.waiting == 0
    with lock.held(0.0):
        assert lock.waiting == 0


def test_two_stores_on_one_file_share_one_lock(tmp_path: Path) -> None:
    database = tmp_path / "ops.db"
    one, other = (open_engine(f"sqlite:///{database}", busy_seconds=0.0) for _ in range(2))
    with writing(one), pytest.raises(BusyError, match="locked"), writing(other):
        raise AssertionError("two writers at once")
    with writing(other):
        assert write_lock_of(database).waiting == 0
    assert database.with_name(f"ops.db{SUFFIX}").read_bytes() == b""


@pytest.mark.skipif(not HAS_FILE_LOCKS, reason="this system has no locks on files")
def test_another_process_is_waited_for_and_its_death_releases_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "turn"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        with pytest.raises(BusyError, match="locked"), FairWriteLock(path).held(0.0):
            raise AssertionError("two holders at once")
        holder.kill()
    with FairWriteLock(path).held(LONG):
        assert path.exists()


def _waiting(lock: FairWriteLock, many: int) -> Callable[[], bool]:
    return lambda: lock.waiting == many


def _until(happened: Callable[[], bool]) -> None:
    """Go round until another thread has come so far; it takes no time worth waiting for."""
    for _ in range(ROUNDS):
        if happened():
            return
    raise AssertionError("the other thread never came")

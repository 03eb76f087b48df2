"""A file is written whole or not at all, whatever interrupts it, and is on disk when the call returns."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from leadline.kernel.files import flush, replacing, write_atomically

# Writes "new" over argv[1] and is killed in the step that argv[2] names: before it begins.
KILLED = """
import os, signal, sys
from pathlib import Path
from leadline.kernel.files import write_atomically

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

target, step = Path(sys.argv[1]), sys.argv[2]
owner = {"write_bytes": Path, "fsync": os, "replace": Path}[step]
setattr(owner, step, killed)
write_atomically(target, b"new")
"""


@pytest.mark.parametrize("step", ["write_bytes", "fsync", "replace"])
def test_a_kill_before_the_rename_leaves_the_old_file(tmp_path: Path, step: str) -> None:
    target = tmp_path / "table.parquet"
    write_atomically(target, b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), step], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    assert all(path.name.startswith(".") for path in tmp_path.iterdir() if path != target)
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"


def test_content_is_flushed_before_the_rename_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, flushed = tmp_path / "table.parquet", []

    def noted(handle: int) -> None:
        is_folder = os.fstat(handle).st_ino == tmp_path.stat().st_ino
        content = b"" if is_folder else os.pread(handle, 99, 0)
        flushed.append(("folder" if is_folder else "file", content, target.exists()))

    monkeypatch.setattr(os, "fsync", noted)
    write_atomically(target, b"all of it")
    assert flushed == [("file", b"all of it", False), ("folder", b"", True)]
    flushed.clear()
    write_atomically(target, b"more", flush_folder=False)
    assert flushed == [("file", b"more", True)]
    flush(tmp_path)
    assert flushed[1:] == [("folder", b"", True)]


def test_the_sha256_is_that_of_the_file_and_a_missing_folder_is_made(tmp_path: Path) -> None:
    target = tmp_path / "2026" / "07" / "table.parquet"
    assert write_atomically(target, b"rows") == hashlib.sha256(target.read_bytes()).hexdigest()
    assert [path.name for path in target.parent.iterdir()] == ["table.parquet"]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "table.parquet"
    target.write_bytes(b"old")

    def stop_half_way() -> None:
        with replacing(target) as hidden:
            hidden.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_rename_that_fails_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "taken"
    target.mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(target, b"new")
    assert list(tmp_path.iterdir()) == [target]

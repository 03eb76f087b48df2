"""Atomic file writes: a file is complete or absent, also after a kill or a power cut."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(path: Path, content: bytes, *, flush_folder: bool = True) -> str:
    """Write a file in one step that no reader can see half of; return the content's sha256.

    When this returns, the file is on disk. Until then, and for good where it fails, what was at ``path`` before is
    still there. A folder that is missing is made.

    Args:
        path: the file; another process may read it, and may write it, too: the last one wins.
        content: all of its bytes.
        flush_folder: whether to flush the folder's list of names, without which a power cut may undo the step. Who
            writes many files into one folder calls :func:`flush` for it once at the end.

    Raises:
        OSError: the file or its folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, flush_folder=flush_folder) as hidden:
        hidden.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


@contextmanager
def replacing(path: Path, *, flush_folder: bool = True) -> Iterator[Path]:
    """Yield a hidden path in the same folder for a writer that streams; at the end it takes the place of ``path``.

    The steps are those of :func:`write_atomically`, in this order: flush the file, rename it, flush the folder. When
    the block raises, the hidden file is removed and ``path`` stays as it was. Only a kill leaves the hidden file,
    ``.<name>.<process>.tmp``.

    Raises:
        OSError: the folder is missing, or cannot be written.
    """
    hidden = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield hidden
        flush(hidden)
        hidden.replace(path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    if flush_folder:
        flush(path.parent)


def flush(path: Path) -> None:
    """Return once a file's content, or a folder's list of names, is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

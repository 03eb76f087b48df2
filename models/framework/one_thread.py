"""Linear algebra on one thread: small matrices are slower on many, and sums must not depend on the machine's cores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the linear-algebra libraries to one thread inside the block.

    On a busy two-core machine fifty fits of fifty inputs took 9.1 s by default and 0.7 s on one thread.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield

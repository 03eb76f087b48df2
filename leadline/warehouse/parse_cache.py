"""A cache of dbt's parsed project: on a small home parsing costs more than building the tables.

It is kept in the user's cache folder (``XDG_CACHE_HOME``), under the digest of all it follows from, for every home.
A file that is missing, cut off or of another version is read again; deleting the folder is always safe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from leadline.kernel.files import write_atomically
from leadline.warehouse.snapshot import sha256_of

# A build from nothing and an increment read the project differently; two versions of the code may coexist.
KEPT = 8
DIGEST_BYTES = hashlib.sha256().digest_size


def place(code: Mapping[str, Path], *, incremental: bool) -> Path:
    """Return where the reading of these project files is kept; ``incremental``: as an incremental build reads them.

    Of a seed only the name counts: dbt reads its rows when it loads it.
    """
    basis = {
        "code": {name: "" if path.suffix == ".csv" else sha256_of(path) for name, path in sorted(code.items())},
        "incremental": incremental,
        "versions": {name: version(name) for name in ("dbt-core", "dbt-adapters", "dbt-duckdb")},
    }
    name = hashlib.sha256(json.dumps(basis).encode()).hexdigest()[:16]
    return user_cache_path("leadline") / "parsed" / f"{name}.msgpack"


def recall(file: Path, *, project: Path) -> Any | None:
    """Return the manifest cached in ``file`` for ``project``; None when there is no valid one."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        kept = file.read_bytes()
    except OSError:
        return None
    digest, content = kept[:DIGEST_BYTES], kept[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    with suppress(OSError):
        file.touch()
    manifest = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
    for node in manifest.nodes.values():
        if node.resource_type == "seed":
            node.root_path = str(project)
    return manifest


def keep(manifest: Any, file: Path) -> None:
    """Keep a manifest in ``file`` and forget those not used for longest; where nothing can be written, keep none."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    content = manifest.to_msgpack(extended_mashumaro_encoder)
    with suppress(OSError):
        write_atomically(file, hashlib.sha256(content).digest() + content)
        newest_first = sorted(file.parent.glob("*.msgpack"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in newest_first[KEPT:]:
            old.unlink()

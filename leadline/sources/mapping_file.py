"""Read mapping files. Every fault of every file is found before anything is refused."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from leadline.kernel.errors import ConfigurationError, Fault
from leadline.sources.mapping import SourceMapping
from leadline.sources.mapping_item import read_item
from leadline.sources.mapping_nodes import Faults, check_keys, text_of

_KEYS = ("source_system", "files")


def read_mappings(paths: Sequence[Path]) -> tuple[SourceMapping, ...]:
    """Read mapping files, in the order given.

    Raises:
        ConfigurationError: no file given, or faults in any; all are listed with their place.
    """
    if not paths:
        raise ConfigurationError(
            "Missing mapping file.",
            expected="a mapping file",
            next_step="see docs/own-data.md; examples/ holds mapping files to start from",
        )
    faults: Faults = []
    mappings = [_read(path, faults) for path in paths]
    if faults:
        raise ConfigurationError(
            "The mapping file has faults." if len(paths) == 1 else "The mapping files have faults.",
            faults=faults,
            next_step="docs/mapping-files.md explains every key; docs/input-contract.md lists entities and columns",
        )
    return tuple(mapping for mapping in mappings if mapping)


def _read(path: Path, faults: Faults) -> SourceMapping | None:
    spec = _load(path, faults)
    if spec is None:
        return None
    place = path.name
    check_keys(spec, _KEYS, place, faults)
    system = text_of(spec, "source_system", place, faults)
    items = spec.get("files")
    if not isinstance(items, list) or not items:
        faults.append(Fault(f"{place}: files", "a list with at least one item", _shown(items)))
        return None
    files = [
        read_item(item, f"{place}: files[{position}]", source_system=system, faults=faults)
        for position, item in enumerate(items)
    ]
    return SourceMapping(path=path, source_system=system, files=tuple(file for file in files if file))


def _load(path: Path, faults: Faults) -> Mapping[str, Any] | None:
    try:
        spec = yaml.load(path.read_text("utf-8-sig"), Loader=_TextLoader)  # noqa: S506  (a BaseLoader: texts only)
    except OSError as exc:
        faults.append(Fault(str(path), "a mapping file", exc.strerror or str(exc)))
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        faults.append(Fault(str(path), "YAML in UTF-8", " ".join(str(exc).split())))
        return None
    if not isinstance(spec, dict):
        faults.append(Fault(str(path), "keys source_system and files", _shown(spec)))
        return None
    return spec


def _shown(value: object) -> str:
    return "nothing" if not value else repr(value)[:80]


class _TextLoader(yaml.BaseLoader):
    """YAML whose scalars stay the text that was typed (``No`` is no boolean) and whose keys may not repeat."""


def _unique_keys(loader: yaml.BaseLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                "while reading a mapping", node.start_mark, f"the key {key!r} occurs twice", key_node.start_mark
            )
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_construct: Callable[[yaml.BaseLoader, yaml.MappingNode], dict[Hashable, Any]] = _unique_keys
_TextLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct)

"""Write what the warehouse publishes in the Open Data Contract Standard: a contract per mart, from its description."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from leadline import __version__
from leadline.kernel.errors import ConfigurationError
from leadline.kernel.project import root
from leadline.sources.derived.descriptions import descriptions
from leadline.sources.odcs import API_VERSION

# The layers that people read; core and intermediate tables are steps to them.
LAYERS = ("governance", "marts", "reconciliations")
_REFERENCE = re.compile(r"ref\('(\w+)'\)")
_DOC_BLOCK = re.compile(r"\{\{ doc\('(\w+)'\) \}\}")
_LOGICAL_TYPES: Mapping[str, str] = {
    "string": "string",
    "boolean": "boolean",
    "bigint": "integer",
    "integer": "integer",
    "date": "date",
    "timestamp": "timestamp",
}
_EXPLAINED: Mapping[str, str] = {
    "evidence_is_sound": "no leak twice at one moment, none without money or before it is due",
    "intervals_do_not_overlap": "validity intervals of a key do not overlap",
    "intervals_lie_apart": "of a key one version is believed at a moment",
}


def export(folder: Path) -> tuple[Path, ...]:
    """Write one contract file per published mart, ``<table>.odcs.yaml``, and return the paths, sorted.

    Raises:
        ConfigurationError: a mart has no description to make a contract of.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, model in marts().items():
        path = folder / f"{name}.odcs.yaml"
        text = yaml.dump(contract_of(model), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
        path.write_text(text, "utf-8")
        written.append(path)
    return tuple(written)


def marts() -> dict[str, Mapping[str, Any]]:
    """Return the dbt description of every published mart by name, sorted."""
    models = root() / "dbt_project" / "models"
    described = {model["name"]: model for layer in LAYERS for model in _described(models / layer)}
    names = sorted(path.stem for layer in LAYERS for path in (models / layer).rglob("*.sql"))
    silent = [name for name in names if name not in described]
    if silent:
        raise ConfigurationError("Marts without a description.", where=str(models), found=", ".join(silent))
    return {name: described[name] for name in names}


def contract_of(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return one mart's contract as the standard's tree."""
    meta = model["config"]["meta"]
    grain, _, more = model["description"].partition(". ")
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": f"leadline-published-{model['name']}",
        "name": model["name"],
        "version": __version__,
        "status": "active",
        "domain": meta.get("domain", meta["owner"]),
        "description": {
            "purpose": model["description"],
            "usage": "Read from the published snapshot, warehouse/current of a home: warehouse.duckdb or parquet/.",
        },
        "team": {"name": meta["owner"]},
        "schema": [_schema_of(model, grain=grain.rstrip(".") if more else grain)],
    }


def _described(folder: Path) -> Iterator[Mapping[str, Any]]:
    for path in sorted(folder.rglob("*.yml")):
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", ()):
            yield {**model, "columns": [_spelled_out(column) for column in model["columns"]]}


def _spelled_out(column: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a column whose description is a reference to a doc block with that block's text instead."""
    reference = _DOC_BLOCK.fullmatch(column["description"])
    return {**column, "description": descriptions()[reference[1]]} if reference else column


def _schema_of(model: Mapping[str, Any], *, grain: str) -> dict[str, Any]:
    name, tests = model["name"], list(_tests(model.get("data_tests", ())))
    key = dict(tests).get("has_unique_key", {})
    tree: dict[str, Any] = {
        "id": name,
        "name": name,
        "logicalType": "object",
        "physicalType": "table",
        "physicalName": name,
        "description": model["description"],
        "dataGranularityDescription": grain.rstrip("."),
        "properties": [_property_of(column, key) for column in model["columns"]],
    }
    references = [
        _relationship(name, arguments)
        for test, arguments in tests
        if test == "refers_to" and _is_published(_target(arguments))
    ]
    if references:
        tree["relationships"] = references
    quality = [rule for test, arguments in tests for rule in _rules(name, test, arguments)]
    if quality:
        tree["quality"] = quality
    return tree


def _tests(tests: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give each data test of a model or column with its arguments."""
    for test in tests:
        if isinstance(test, str):
            yield test, {}
        else:
            for name, options in test.items():
                yield name, options.get("arguments", {})


def _property_of(column: Mapping[str, Any], key: Mapping[str, Any]) -> dict[str, Any]:
    tests = [name for name, _ in _tests(column.get("data_tests", ()))]
    keys, nullable = key.get("columns", []), key.get("nullable", [])
    is_key = column["name"] in keys
    tree: dict[str, Any] = {
        "id": column["name"],
        "name": column["name"],
        "logicalType": _LOGICAL_TYPES.get(column["data_type"], "number"),
        "physicalType": "varchar" if column["data_type"] == "string" else column["data_type"],
        "description": column["description"],
        "required": "not_null" in tests or (is_key and column["name"] not in nullable),
    }
    if is_key and not nullable:
        tree |= {"primaryKey": True, "primaryKeyPosition": keys.index(column["name"]) + 1}
    if "unique" in tests:
        tree["unique"] = True
    return tree


def _relationship(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    target = _target(arguments)
    return {"type": "foreignKey", "from": f"{name}.{arguments['column']}", "to": f"{target}.{arguments['field']}"}


def _target(arguments: Mapping[str, Any]) -> str:
    found = _REFERENCE.search(arguments["to"])
    return found[1] if found else str(arguments["to"])


def _rules(name: str, test: str, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the quality rules that correspond to a data test of the warehouse; every one of them gates the build."""
    match test:
        case "has_unique_key":
            rule = {"metric": "duplicateValues", "arguments": {"properties": list(arguments["columns"])}, "mustBe": 0}
            yield {"type": "library", "description": "one row per key", **rule}
        case "always_holds":
            wanted = arguments["expression"]
            yield _counted(wanted, name, f"not coalesce(({wanted}), false)")
        case "is_not_negative":
            yield from (_counted(f"{one} is not negative", name, f"{one} < 0") for one in arguments["columns"])
        case "refers_to":
            column, field, target = arguments["column"], arguments["field"], _target(arguments)
            known = f"select {field} from {target} where {field} is not null"  # noqa: S608
            sentence = f"{column} is known in {target}"
            unknown = f"{column} is not null and {column} not in ({known})"
            yield _counted(sentence, name, unknown) if _is_published(target) else _rule(sentence)
        case _:
            yield _rule(_EXPLAINED.get(test, f"data test {test}"))


def _counted(description: str, table: str, faulty: str) -> dict[str, Any]:
    query = f"select count(*) from {table} where {faulty}"  # noqa: S608 - words of our own dbt project
    return {"type": "sql", "description": description, "query": query, "mustBe": 0}


def _rule(description: str) -> dict[str, Any]:
    return {"type": "text", "description": description}


def _is_published(table: str) -> bool:
    """Return whether a table is in the snapshot; the firm's settings are there only as the marts that show them."""
    return any((root() / "dbt_project" / "models").rglob(f"{table}.sql"))


class _Plain(yaml.SafeDumper):
    """Writes the same list twice instead of pointing from one place to the other."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the base class decides by the data)
        return True

"""Every derived file by its place in the checkout: which are stale, and writing them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from leadline.kernel.contracts import Entity, entities
from leadline.kernel.errors import HomeError
from leadline.kernel.project import root
from leadline.sources.derived import descriptions, macro, models, page, properties
from leadline.sources.derived.marker import marker

MODELS = "dbt_project/models"
LAYERS = ("staging", "core")
MISSING, STALE, LEFT_OVER = "missing", "stale", "left over"


@dataclass(frozen=True)
class Difference:
    """A derived file that is not what the contract says: missing, stale, or left over from an entity that is gone."""

    file: str
    state: str


def checkout() -> Path:
    """Return the folder of the checkout that this code runs from.

    Raises:
        HomeError: the code is installed; the derived files belong to a checkout.
    """
    here = root()
    if not (here / "docs").is_dir():
        raise HomeError(
            "There is no checkout to write to.",
            where=str(here),
            expected="a checkout of Leadline, with its docs folder",
            next_step="run the command from a checkout: make setup",
        )
    return here


def derived_files() -> dict[str, str]:
    """Return the text of every derived file by its path in the checkout, sorted by path."""
    contract = list(entities().values())
    texts = {
        "docs/input-contract.md": page.contract_page(contract),
        "dbt_project/macros/input_contract.sql": macro.contract_macro(contract),
        f"{MODELS}/staging/_columns.md": descriptions.shared_page(),
    }
    by_system = sorted(contract, key=lambda entity: (entity.system, entity.name))
    for system, group in groupby(by_system, key=lambda entity: entity.system):
        texts |= _of_system(system, list(group))
    return dict(sorted(texts.items()))


def _of_system(system: str, of: list[Entity]) -> dict[str, str]:
    staging, core = f"{MODELS}/staging/{system}", f"{MODELS}/core/{system}"
    return {
        f"{staging}/_sources__{system}.yml": properties.source_properties(of),
        f"{staging}/_columns__{system}.md": descriptions.system_page(of),
        f"{staging}/_staging__{system}.yml": properties.staging_properties(of),
        f"{core}/_core__{system}.yml": properties.core_properties(of),
        **{f"{staging}/stg_{system}__{entity.name}.sql": models.staging_model(entity) for entity in of},
        **{f"{core}/core_{entity.name}.sql": models.core_model(entity) for entity in of},
    }


def differences(folder: Path) -> tuple[Difference, ...]:
    """Return the derived files of a checkout that are not what the contract says, sorted by path."""
    wanted = derived_files()
    found = [Difference(name, state) for name, text in wanted.items() if (state := _state(folder / name, text))]
    found += [Difference(name, LEFT_OVER) for name in _marked(folder) if name not in wanted]
    return tuple(sorted(found, key=lambda one: one.file))


def write(folder: Path) -> tuple[Difference, ...]:
    """Make the derived files of a checkout what the contract says; return what was different before.

    Raises:
        OSError: a file cannot be written.
    """
    found, wanted = differences(folder), derived_files()
    for one in found:
        path = folder / one.file
        if one.state == LEFT_OVER:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[one.file], "utf-8", newline="\n")
    return found


def _state(path: Path, text: str) -> str:
    if not path.is_file():
        return MISSING
    return "" if path.read_text("utf-8") == text else STALE


def _marked(folder: Path) -> list[str]:
    """Return the files of the derived layers that carry the marker."""
    sign = marker().split(";")[0]
    paths = [path for layer in LAYERS for path in sorted((folder / MODELS / layer).rglob("*")) if path.is_file()]
    return [path.relative_to(folder).as_posix() for path in paths if sign in path.read_text("utf-8").partition("\n")[0]]

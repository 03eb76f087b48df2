"""The public data sets land through their mapping files with the figures that docs/own-data.md tells."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from leadline.kernel.home import Home
from leadline.kernel.settings import Settings
from leadline.sources.doctor import examine
from leadline.sources.land import LandReport, land
from leadline.sources.mapping_file import read_mappings
from tests.support.sources import LOADED_AT

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
DATA = Path(os.environ.get("LEADLINE_REAL_DATA", ROOT.parent / "shared" / "data"))

# Per set: entity -> rows read, rows quarantined.
SETS = {
    "nyc-capital-projects": {
        "project": (2259, 0),
        "project_budget": (2153, 0),
        "change_order": (1881, 0),
        "project_status": (2259, 0),
    },
    "fed-it-dashboard": {"project": (3078, 52), "project_budget": (2467, 17), "project_status": (2467, 0)},
    "barnet-pcard": {"expense": (4931, 0)},
    "us-ps-employment": {"capacity_series": (5670, 0)},
    "melbourne-water-capital": {"project": (445, 0), "project_budget": (445, 0), "milestone": (444, 0)},
    "uk-gmpp": {"project_status": (1729, 3)},
    "esco-skills": {"skill": (13939, 0)},
}


def test_every_example_has_a_right_mapping_file_and_a_readme_and_is_listed() -> None:
    folders = sorted(path.name for path in EXAMPLES.iterdir() if (path / "mapping.yml").is_file())
    assert folders == sorted(SETS)
    read_mappings([EXAMPLES / name / "mapping.yml" for name in folders])
    page = (ROOT / "docs" / "own-data.md").read_text("utf-8")
    assert [name for name in folders if f"../examples/{name}" not in page] == []
    assert [name for name in folders if not (EXAMPLES / name / "README.md").is_file()] == []


def test_the_page_tells_the_same_figures() -> None:
    page = (ROOT / "docs" / "own-data.md").read_text("utf-8")
    for counts in SETS.values():
        read, quarantined = (sum(column) for column in zip(*counts.values(), strict=True))
        assert f"{read:,} → {read - quarantined:,}" in page


def _land(name: str, folder: Path) -> tuple[LandReport, Home]:
    if not (DATA / name).is_dir():
        pytest.skip(f"the public data set {name} is not here")
    home = Home(path=folder, settings=Settings())
    return land(DATA / name, [EXAMPLES / name / "mapping.yml"], home=home, loaded_at=LOADED_AT), home


@pytest.mark.real_data
@pytest.mark.parametrize("name", SETS)
def test_a_public_set_lands_with_a_small_explained_quarantine(name: str, tmp_path: Path) -> None:
    report, _ = _land(name, tmp_path)
    report.raise_refused()
    read: Counter[str] = Counter()
    quarantined: Counter[str] = Counter()
    for batch in report.batches:
        read[batch.entity] += batch.rows_read
        quarantined[batch.entity] += batch.rows_quarantined
    assert {entity: (read[entity], quarantined[entity]) for entity in read} == SETS[name]
    assert report.unused == ()


@pytest.mark.real_data
def test_the_leaking_totals_of_the_city_set_are_never_mapped(tmp_path: Path) -> None:
    mapping = read_mappings([EXAMPLES / "nyc-capital-projects" / "mapping.yml"])[0]
    assert not any("Total" in column for item in mapping.files for column in item.source_columns)
    _, home = _land("nyc-capital-projects", tmp_path)
    known = {one.entity: one.last_known_at for one in examine(home, now=LOADED_AT) if one.is_present}
    assert set(known.values()) == {datetime(2019, 9, 1)}


@pytest.mark.real_data
def test_exact_duplicates_of_card_transactions_stay_apart(tmp_path: Path) -> None:
    _, home = _land("barnet-pcard", tmp_path)
    expense = {one.entity: one for one in examine(home, now=LOADED_AT)}["expense"]
    assert expense.keys == expense.rows == 4931

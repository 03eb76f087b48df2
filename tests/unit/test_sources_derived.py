"""What follows from the input contract is generated: up to date, marked, and nothing of it kept by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from leadline.kernel.contracts import entities
from leadline.kernel.errors import HomeError
from leadline.sources.derived import files
from leadline.sources.derived.models import core_model
from tests.support.cli import leadline

CHECKOUT = Path(__file__).resolve().parents[2]
# What in the derived layers does not follow from the contract: the list of batches, and the proof of the versions.
BY_HAND = {
    "dbt_project/models/core/_core__rules.yml",
    "dbt_project/models/staging/landing/_staging__landing.yml",
    "dbt_project/models/staging/landing/stg_landing__batch.sql",
}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a checkout of the generated files alone, which the command takes for its own."""
    (tmp_path / "docs").mkdir()
    files.write(tmp_path)
    monkeypatch.setattr(files, "root", lambda: tmp_path)
    return tmp_path


def test_the_generated_files_are_up_to_date() -> None:
    assert files.differences(CHECKOUT) == (), "run: leadline contracts dbt"


def test_nothing_in_the_derived_layers_is_kept_by_hand() -> None:
    models = CHECKOUT / files.MODELS
    found = {
        path.relative_to(CHECKOUT).as_posix()
        for layer in files.LAYERS
        for path in (models / layer).rglob("*")
        if path.is_file()
    }
    assert found - set(files.derived_files()) == BY_HAND


def test_every_generated_file_says_so_in_its_first_lines() -> None:
    silent = [name for name, text in files.derived_files().items() if "leadline contracts dbt" not in text[:120]]
    assert silent == []
    assert "leadline/kernel/entities/invoice.yml" in core_model(entities()["invoice"])


def test_a_changed_a_missing_and_a_left_over_file_are_listed_and_put_right(copy: Path) -> None:
    core = copy / "dbt_project/models/core"
    changed, missing = core / "erp/core_invoice.sql", core / "crm/core_account.sql"
    wanted = changed.read_text("utf-8"), missing.read_text("utf-8")
    changed.write_text(wanted[0].replace("amount,\n", ""), "utf-8")
    missing.unlink()
    left_over = core / "erp/core_bill.sql"
    left_over.write_text(wanted[0], "utf-8")
    by_hand = core / "_core__rules.yml"
    by_hand.write_text("version: 2\n", "utf-8")

    checked = leadline("contracts", "dbt", "--check", "--format", "csv")

    assert checked.exit_code == 1
    assert checked.stdout.split() == [
        "file,state",
        "dbt_project/models/core/crm/core_account.sql,missing",
        "dbt_project/models/core/erp/core_bill.sql,left",
        "over",
        "dbt_project/models/core/erp/core_invoice.sql,stale",
    ]
    assert not missing.exists()
    assert leadline("contracts", "dbt").exit_code == 0
    assert (changed.read_text("utf-8"), missing.read_text("utf-8")) == wanted
    assert not left_over.exists()
    assert by_hand.exists()
    assert leadline("contracts", "dbt", "--check").exit_code == 0


def test_an_installed_copy_has_no_checkout_to_write_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "root", lambda: tmp_path)
    with pytest.raises(HomeError, match="no checkout"):
        files.checkout()


def test_every_column_is_described_once_and_every_reference_is_to_a_description() -> None:
    texts = files.derived_files().values()
    described = [name for text in texts for name in re.findall(r"{% docs (\w+) %}", text)]
    referred = {name for text in texts for name in re.findall(r"{{ doc\('(\w+)'\) }}", text)}
    assert len(described) == len(set(described))
    assert referred == set(described)


def test_the_description_of_a_personal_column_says_that_it_is_personal() -> None:
    page = files.derived_files()[f"{files.MODELS}/staging/hris/_columns__hris.md"]
    assert "{% docs person__email %}work e-mail (personal data){% enddocs %}" in page
    assert "{% docs person__role %}" in page
    assert not re.search(r"docs person__role %}.*personal data", page)

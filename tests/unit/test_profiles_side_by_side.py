"""The integration profiles side by side: what is compared, how it is printed, and that the home stays as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leadline.app import profile_pages
from leadline.app.wiring import Parts
from leadline.kernel.errors import ConfigurationError, HomeError
from leadline.kernel.home import Home, open_home
from leadline.kernel.settings import PROFILES
from leadline.warehouse.landing import Landing
from leadline.warehouse.profile_builds import built_profiles
from leadline.warehouse.profile_comparison import Comparison, compare
from leadline.warehouse.publish import prune
from leadline.warehouse.snapshot import Snapshot
from tests.support.cli import land_invoice, leadline, tree
from tests.support.snapshot import publish

GOLDEN = "object_type varchar, domain varchar, attribute varchar, winning_system varchar"
EFFECT = (
    "object_type varchar, object_id varchar, domain varchar, attribute varchar, owner varchar, "
    "erp_centric_value varchar, crm_led_value varchar, hub_and_spoke_value varchar, value_differs boolean"
)
# C1's value differs; C2 is said by the ERP alone; A1 is the same everywhere.
DRAWN_EFFECT = [
    "('contract', 'C1', 'contract_terms', 'total_value', 'finance', '9 EUR', '8 EUR', '8 EUR', true)",
    "('client', 'A1', 'customer_master', 'name', 'sales', 'a|b', 'a|b', 'a|b', false)",
]


def _snapshot(warehouse: Path, profile: str) -> Snapshot:
    system = "erp" if profile == "erp_centric" else "crm"
    overruled = ["('finance', 'contracts')"] * (2 if system == "erp" else 1)
    overruled += ["('sales', 'customer-data')"] if system == "erp" else []
    golden = [
        f"('contract', 'contract_terms', 'total_value', '{system}')",
        "('contract', 'contract_terms', 'total_value', 'erp')",
        "('client', 'customer_master', 'name', 'crm')",
    ]
    return publish(
        warehouse,
        [
            *_table("golden_attribute", GOLDEN, golden),
            *_table("gov_profile_effect", EFFECT, DRAWN_EFFECT),
            *_table("gov_master_data_disagreement", "owner varchar, steward_queue varchar", overruled),
            *_table("client_status", "client varchar, region varchar", [f"('{system}', null)", "('same', null)"]),
            *_table("receivables", "amount bigint", ["(1)"]),
        ],
        integration_profile=profile,
    )


def _table(name: str, columns: str, rows: Sequence[str]) -> list[str]:
    return [f"create table {name} ({columns})", f"insert into {name} values {', '.join(rows)}"]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("drawn")
    snapshots = {profile: _snapshot(folder / profile, profile) for profile in PROFILES}
    return compare(snapshots, active="erp_centric")


def test_winners_are_counted_by_system_and_attribute(found: Comparison) -> None:
    assert [
        (row["attribute"], row["erp_centric"], row["crm_led"], row["values_differ"]) for row in found.attributes
    ] == [
        ("name", {"crm": 1}, {"crm": 1}, 0),
        ("total_value", {"erp": 2}, {"crm": 1, "erp": 1}, 1),
    ]


def test_only_values_that_differ_are_listed(found: Comparison) -> None:
    assert [(row["object_id"], *(row[name] for name in PROFILES)) for row in found.values] == [
        ("C1", "9 EUR", "8 EUR", "8 EUR")
    ]


def test_disagreements_are_counted_by_owner_and_none_is_nought(found: Comparison) -> None:
    assert [(row["owner"], *(row[name] for name in PROFILES)) for row in found.disagreements] == [
        ("finance", 2, 1, 1),
        ("sales", 1, 0, 0),
    ]


def test_tables_that_are_the_same_are_left_out_and_changed_rows_counted(found: Comparison) -> None:
    rows = {row["table"]: row for row in found.tables}
    assert set(rows) == {"client_status", "golden_attribute", "gov_master_data_disagreement"}
    changed = [rows["client_status"][f"{name}_changed_rows"] for name in PROFILES]
    assert (changed, rows["client_status"]["crm_led_rows"]) == ([0, 1, 1], 2)
    assert rows["client_status"]["crm_led_bytes"] > 0


def test_markdown_keeps_its_columns_whatever_a_value_holds(found: Comparison) -> None:
    odd = {**found.values[0], "erp_centric": "a|b\nc"}
    text = profile_pages.markdown(replace(found, values=[odd]))
    assert "| contract | C1 | total_value | a\\|b c | 8 EUR | 8 EUR | finance |" in text
    assert (
        "| object | domain | attribute | erp_centric (in force) | crm_led | hub_and_spoke | values that differ |"
        in text
    )


def test_what_is_not_shown_is_counted_and_nothing_is_said_so(found: Comparison) -> None:
    many = [{**found.values[0], "object_id": f"C{number}"} for number in range(profile_pages.SHOWN + 3)]
    text = profile_pages.markdown(replace(found, values=many, disagreements=[]))
    assert "3 more are in gov_profile_effect." in text
    assert "### Disagreements to resolve, by owner\n\nNothing." in text


def test_every_value_is_given_to_programs(found: Comparison) -> None:
    rows = profile_pages.rows(found)
    assert [row["about"] for row in rows] == ["attribute"] * 2 + ["value"] + ["disagreement"] * 2 + ["table"] * 3
    assert rows[1]["crm_led"] == "crm 1, erp 1"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    land_invoice(tmp_path / "home")
    return open_home(tmp_path / "home")


def test_each_profile_is_built_from_the_same_landing_and_the_home_stays_as_it_is(home: Home) -> None:
    (home.path / "governance").mkdir()
    shipped = Path(__file__).parents[2] / "dbt_project" / "seeds" / "data_owner.csv"
    (home.path / "governance" / "data_owner.csv").write_bytes(shipped.read_bytes())
    before, seen = tree(home.path), []

    def build(profile: str, own: Home) -> Any:
        landing = Landing(own.landing)
        landing.recover()
        seen.append((profile, own.settings.integration_profile, [one.batch_id for one in landing.verify()]))
        assert (own.path / "governance" / "data_owner.csv").is_file()
        (own.warehouse / "written").touch()
        return own.path

    with built_profiles(home, build) as snapshots:
        folders: list[Any] = list(snapshots.values())
        assert list(snapshots) == list(PROFILES)
        assert all(path.is_symlink() for path in (folders[0].parent / "landing" / "account").glob("[!_]*"))
    batches = [one.batch_id for one in Landing(home.landing).batches()]
    assert seen == [(profile, profile, batches) for profile in PROFILES]
    assert (tree(home.path), any(folder.exists() for folder in folders)) == (before, False)


def test_what_is_published_is_at_hand_for_the_build_and_outlives_its_tidying_up(home: Home) -> None:
    published = _snapshot(home.warehouse, "erp_centric").folder
    before = tree(home.path)

    def build(profile: str, own: Home) -> Any:
        at_hand = (own.warehouse / "snapshots" / published.name).resolve()
        _snapshot(own.warehouse, profile)
        prune(own.warehouse, keep=1)
        return at_hand

    with built_profiles(home, build) as snapshots:
        assert set(snapshots.values()) == {published.resolve()}  # type: ignore[comparison-overlap]
    assert tree(home.path) == before


def test_faults_name_the_home_and_before_anything_is_built(home: Home, tmp_path: Path) -> None:
    def build(_: str, __: Home) -> Any:
        raise AssertionError("built")

    empty = open_home(tmp_path / "empty", create=True)
    with pytest.raises(HomeError, match="Nothing to compare"), built_profiles(empty, build):
        pass
    (home.path / "governance").mkdir()
    (home.path / "governance" / "data_owner.csv").write_text("wrong\n")
    with pytest.raises(ConfigurationError) as caught, built_profiles(home, build):
        pass
    assert str(home.path) in str(caught.value.faults[0].where)


def _parts(folder: Path) -> Parts:
    def build(own: Home, **_: Any) -> Snapshot:
        profile = own.settings.integration_profile
        return _snapshot(folder / profile, profile)

    return replace(Parts(), build=build)


def test_the_command_prints_and_writes_the_tables(home: Home, tmp_path: Path) -> None:
    result = leadline("profiles", "--home", home.path, "--out", tmp_path / "page.md", parts=_parts(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert "crm 1, erp 1" in result.stdout
    assert "In force: erp_centric" in result.stderr
    assert (tmp_path / "page.md").read_text("utf-8").count("### ") == 4


def test_the_command_gives_rows_to_programs(home: Home, tmp_path: Path) -> None:
    result = leadline("profiles", "--home", home.path, "--format", "json", parts=_parts(tmp_path))
    assert {row["about"] for row in json.loads(result.stdout)} == {"attribute", "value", "disagreement", "table"}


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_built(home: Home, tmp_path: Path) -> None:
    result = leadline("profiles", "--home", home.path, "--out", tmp_path, parts=_parts(tmp_path))
    assert (result.exit_code, "--out is a folder" in result.stderr) == (2, True)
    assert not (tmp_path / "erp_centric").exists()


def test_sql_and_settings_name_the_same_profiles() -> None:
    macro = (Path(__file__).parents[2] / "dbt_project" / "macros" / "current.sql").read_text("utf-8")
    assert f"return({list(PROFILES)})" in macro

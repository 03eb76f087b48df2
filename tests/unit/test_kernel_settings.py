"""Settings come from the file, are overridden by the environment, and are refused with every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.kernel.errors import ConfigurationError, HomeError
from leadline.kernel.home import open_home
from leadline.kernel.settings import Settings, read_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "leadline.toml"


def _faults(config: Path) -> dict[str, tuple[str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(config)
    return {fault.where.removeprefix(f"{config}:"): (fault.expected, fault.found) for fault in caught.value.faults}


def test_without_a_file_the_defaults_hold(config: Path) -> None:
    assert read_settings(config) == Settings()
    assert Settings().reporting_currency == "USD"


def test_the_environment_wins_over_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('reporting_currency = "EUR"\nkeep_snapshots = 5\n')
    monkeypatch.setenv("LEADLINE_REPORTING_CURRENCY", "GBP")
    settings = read_settings(config)
    assert (settings.reporting_currency, settings.keep_snapshots) == ("GBP", 5)


def test_variables_are_read_as_the_type_of_their_setting(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_KEEP_SNAPSHOTS", "7")
    monkeypatch.setenv("LEADLINE_MATCH_PROPOSE", "0.25")
    monkeypatch.setenv("LEADLINE_EMAIL_USER", "007")
    settings = read_settings(config)
    assert (settings.keep_snapshots, settings.match_propose, settings.email_user) == (7, 0.25, "007")


def test_settings_made_in_code_do_not_read_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_KEEP_SNAPSHOTS", "7")
    assert Settings().keep_snapshots == 3


def test_all_faults_of_a_configuration_are_reported_at_once(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('reporting_currency = "euro"\nkeep_snapshots = "3"\noidc_name = 1\ncolour = "red"\n')
    monkeypatch.setenv("LEADLINE_INTEGRATION_PROFILE", "spoke")
    monkeypatch.setenv("LEADLINE_REPHRASE_SECONDS", "1.5")
    assert _faults(config) == {
        "reporting_currency": ("an ISO 4217 code such as EUR", "'euro'"),
        "keep_snapshots": ("a whole number", "'3'"),
        "oidc_name": ("text", "1"),
        "colour": ("the name of a setting", "colour"),
        "LEADLINE_INTEGRATION_PROFILE": ("one of erp_centric, crm_led, hub_and_spoke", "'spoke'"),
        "LEADLINE_REPHRASE_SECONDS": ("a whole number", "'1.5'"),
    }


def test_an_unknown_key_is_refused_with_the_nearest_names(config: Path) -> None:
    config.write_text('webhook_uri = "https://example.com"\n')
    assert _faults(config)["webhook_uri"][0].startswith("webhook_url")


@pytest.mark.parametrize(
    ("propose", "merge", "name"),
    [
        ("0.99", "0.95", "match_merge"),
        ("0.0", "0.95", "match_propose"),
        ("0.5", "1.5", "match_merge"),
        ("nan", "0.95", "match_propose"),
    ],
)
def test_matching_probabilities_are_ordered(config: Path, propose: str, merge: str, name: str) -> None:
    config.write_text(f"match_propose = {propose}\nmatch_merge = {merge}\n")
    [(where, (expected, _))] = _faults(config).items()
    assert where == name
    assert "0 < match_propose <= match_merge <= 1" in expected


def test_a_proposal_above_the_default_merge_is_refused(config: Path) -> None:
    config.write_text("match_propose = 0.99\n")
    assert _faults(config)["match_merge"][1] == "match_propose 0.99, match_merge 0.95"


@pytest.mark.parametrize("content", [b"reporting_currency: EUR", b'oidc_name = "\xff"'])
def test_text_that_is_not_toml_is_a_configuration_error(config: Path, content: bytes) -> None:
    config.write_bytes(content)
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        read_settings(config)


def test_a_missing_home_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="leadline demo"):
        open_home(tmp_path / "nowhere")


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "home"
    path.write_text("")
    with pytest.raises(HomeError, match="not a folder"):
        open_home(path, create=True)

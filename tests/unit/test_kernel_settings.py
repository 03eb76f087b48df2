"""Settings come from the file, are overridden by the environment, and are refused with every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.kernel.errors import ConfigurationError, HomeError
from leadline.kernel.settings import open_home, read_settings


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "leadline.toml", {}).reporting_currency == "USD"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "leadline.toml"
    config.write_text('reporting_currency = "EUR"\nkeep_snapshots = 5\n')
    settings = read_settings(config, {"LEADLINE_REPORTING_CURRENCY": "GBP"})
    assert (settings.reporting_currency, settings.keep_snapshots) == ("GBP", 5)


def test_all_faults_of_a_configuration_are_told_at_once(tmp_path: Path) -> None:
    config = tmp_path / "leadline.toml"
    config.write_text('reporting_currency = "euro"\nkeep_snapshots = "three"\ncolour = "red"\n')
    with pytest.raises(ConfigurationError) as caught:
        read_settings(config, {"LEADLINE_INTEGRATION_PROFILE": "spoke"})
    assert len(caught.value.faults) == 4


def test_text_that_is_not_toml_is_a_configuration_error(tmp_path: Path) -> None:
    config = tmp_path / "leadline.toml"
    config.write_text("reporting_currency: EUR")
    with pytest.raises(ConfigurationError, match="not TOML"):
        read_settings(config, {})


def test_a_missing_home_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="leadline demo"):
        open_home(tmp_path / "nowhere")


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "home"
    path.write_text("")
    with pytest.raises(HomeError, match="not a folder"):
        open_home(path, create=True)

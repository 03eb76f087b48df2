"""Which settings the e-mail digest is made of, and what is said when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.delivery.addresses import address_of, read_addresses
from leadline.delivery.configured_targets import open_targets
from leadline.delivery.smtp import EmailFolderTarget, EmailTarget, Server
from leadline.kernel.errors import ConfigurationError, Fault
from leadline.kernel.home import Home
from leadline.kernel.settings import Settings


def _home(tmp_path: Path, **settings: str) -> Home:
    (tmp_path / "email-addresses.csv").write_text("owner,address\nana,ana@example.com\n")
    chosen = {"delivery_targets": "email", "email_from": "leadline@example.com", "email_server": "mail"} | settings
    return Home(tmp_path, Settings(**chosen))  # type: ignore[arg-type]


def test_a_server_is_made_of_the_settings_and_a_password_from_elsewhere(tmp_path: Path) -> None:
    home = _home(tmp_path, email_server="mail:2525", email_user="leadline")
    target = open_targets(home, {"LEADLINE_EMAIL_PASSWORD": "hidden"})[0]
    assert isinstance(target, EmailTarget)
    assert target.server == Server("mail", 2525, "starttls", "leadline", "hidden")
    assert target.post.addresses == {"ana": "ana@example.com"}
    plain = open_targets(_home(tmp_path, email_security="tls"), {})[0]
    assert isinstance(plain, EmailTarget)
    assert plain.server == Server("mail", 465, "tls")


def test_a_folder_needs_no_server(tmp_path: Path) -> None:
    target = open_targets(_home(tmp_path, email_server="", email_folder=str(tmp_path / "mails")), {})[0]
    assert isinstance(target, EmailFolderTarget)


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    home = _home(tmp_path, email_from="me", email_server="", email_security="some", email_user="leadline")
    with pytest.raises(ConfigurationError) as caught:
        open_targets(home, {})
    assert [fault.where for fault in caught.value.faults] == [
        *("setting email_from", "setting email_security", "setting email_server", "setting email_password_file")
    ]


def test_a_password_is_not_sent_over_an_open_line(tmp_path: Path) -> None:
    home = _home(tmp_path, email_security="none", email_user="leadline")
    with pytest.raises(ConfigurationError, match="since a password is sent"):
        open_targets(home, {"LEADLINE_EMAIL_PASSWORD": "hidden"})


def test_faults_of_the_addresses_are_reported_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "addresses.csv"
    path.write_text("owner,address\nana,ana@example.com\n\nana,b@example.com\nben,ben\n,c@example.com\nd\n")
    faults: list[Fault] = []
    assert read_addresses(path, faults) == {"ana": "ana@example.com"}
    assert [fault.where.rpartition(":")[2] for fault in faults] == ["4", "5", "6", "7"]


@pytest.mark.parametrize("content", [None, b"", b"name,mail\n", b"owner,address\n\xff\n", b'owner,address\n"a\n'])
def test_a_file_that_is_no_list_of_addresses_is_a_fault(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "addresses.csv"
    if content is not None:
        path.write_bytes(content)
    faults: list[Fault] = []
    assert (read_addresses(path, faults), len(faults)) == ({}, 1)


def test_a_star_stands_for_whoever_has_no_line() -> None:
    assert address_of("ben", {"ana": "a@x.com", "*": "all@x.com"}) == "all@x.com"
    assert address_of("ben", {"ana": "a@x.com"}) is None


@pytest.mark.parametrize("address", ["a@b\r\nBcc: c@d", "a b@c", "a@", "@b", "ana@exämple.com", "a@b, c@d"])
def test_what_could_smuggle_a_header_is_no_address(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigurationError, match="email_from"):
        open_targets(_home(tmp_path, email_from=address), {})

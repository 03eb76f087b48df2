"""What a webhook sends, and which settings it is made of."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadline.delivery.cloud_event import as_event
from leadline.delivery.configured_targets import open_targets
from leadline.delivery.signature import read_secrets, sign
from leadline.delivery.webhook import WebhookTarget, wait_seconds
from leadline.kernel.errors import ConfigurationError
from leadline.kernel.home import Home
from leadline.kernel.settings import Settings
from leadline.queue.deliveries import Message
from tests.support.erp import SECRET
from tests.support.queue import AT

PAGE = Path(__file__).resolve().parents[2] / "docs" / "delivery.md"


def test_the_worked_example_of_the_page_is_what_is_sent() -> None:
    block = PAGE.read_text("utf-8").split("```json\n")[1]
    example = json.loads(block.split("\n```")[0])
    keys = read_secrets(example["secret"])
    signature = sign(
        keys,
        webhook_id=example["webhook-id"],
        timestamp=int(example["webhook-timestamp"]),
        body=example["body"].encode(),
    )
    assert signature == example["webhook-signature"]


def test_a_signature_covers_id_moment_and_body() -> None:
    key = read_secrets(SECRET)
    parts = {"webhook_id": "a-1", "timestamp": 1782885600, "body": b"{}"}
    mine = base64.b64encode(hmac.new(key[0], b"a-1.1782885600.{}", hashlib.sha256).digest()).decode()
    assert sign(key, **parts) == f"v1,{mine}"  # type: ignore[arg-type]
    for changed in ({"webhook_id": "a-2"}, {"timestamp": 1782885601}, {"body": b"{ }"}):
        assert sign(key, **(parts | changed)) != f"v1,{mine}"  # type: ignore[arg-type]


def test_an_event_has_the_attributes_that_cloud_events_ask_for() -> None:
    payload = json.dumps({"event": "added", "title": "Straße"})
    event = json.loads(as_event(Message(1, "3fa9-1", "3fa9", 1, payload, AT, 0)))
    assert event == {
        "specversion": "1.0",
        "id": "3fa9-1",
        "source": "urn:leadline:queue",
        "type": "leadline.exception.added",
        "subject": "3fa9",
        "time": "2026-07-01T06:00:00Z",
        "datacontenttype": "application/json",
        "data": {"event": "added", "title": "Straße"},
    }


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Wed, 01 Jul 2026 06:01:30 GMT", 90.0),
        ("Wed, 01 Jul 2026 05:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_both_forms_of_retry_after_are_read(header: str | None, seconds: float | None) -> None:
    assert wait_seconds(header, datetime(2026, 7, 1, 6, tzinfo=UTC)) == seconds


def _home(tmp_path: Path, **settings: str) -> Home:
    return Home(tmp_path, Settings(**settings))  # type: ignore[arg-type]


def test_a_webhook_is_made_of_its_settings_and_a_secret_from_elsewhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    home = _home(tmp_path, delivery_targets="webhook", webhook_url="https://erp/x", webhook_secret_file=str(secret))
    from_file = open_targets(home, {})[0]
    from_variable = open_targets(home, {"LEADLINE_WEBHOOK_SECRET": SECRET})[0]
    assert isinstance(from_file, WebhookTarget)
    assert from_file == from_variable
    assert (from_file.url, from_file.keys) == ("https://erp/x", read_secrets(SECRET))
    assert "erp" not in repr(from_file)


def test_all_faults_are_reported_at_once_and_none_shows_a_secret(tmp_path: Path) -> None:
    home = _home(tmp_path, delivery_targets="folder,webhook,pigeon,folder", webhook_url="http://u:hidden@erp/x")
    with pytest.raises(ConfigurationError) as caught:
        open_targets(home, {"LEADLINE_WEBHOOK_SECRET": "whsec_hidden!"})
    assert [fault.where for fault in caught.value.faults] == [
        *("setting delivery_targets", "setting delivery_targets", "setting webhook_url", "the webhook's secret")
    ]
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["", "erp/x", "http://erp/x", "ftp://erp/x", "https:///x", "https://erp:x/", "https://erp/a b", "https://a@erp/"],
)
def test_an_address_that_is_none_or_not_safe_is_a_fault(tmp_path: Path, url: str) -> None:
    home = _home(tmp_path, delivery_targets="webhook", webhook_url=url)
    with pytest.raises(ConfigurationError, match="setting webhook_url"):
        open_targets(home, {"LEADLINE_WEBHOOK_SECRET": SECRET})


@pytest.mark.parametrize("text", ["", "  ", "secret", "whsec_", "whsec_AAAA", "whsec_%%%", f"{SECRET} whsec_AAAA"])
def test_a_secret_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"secret|prefix|base64|short"):
        read_secrets(text)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_file_without_a_secret_is_a_fault(tmp_path: Path, content: bytes | None) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    home = _home(tmp_path, delivery_targets="webhook", webhook_url="https://erp/x", webhook_secret_file=str(secret))
    with pytest.raises(ConfigurationError) as caught:
        open_targets(home, {})
    assert [fault.where for fault in caught.value.faults] == ["setting webhook_secret_file"]

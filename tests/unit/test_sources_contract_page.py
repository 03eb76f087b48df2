"""The page of the input contract says what the contract files say."""

from __future__ import annotations

from pathlib import Path

from leadline.sources.contract_page import page

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_is_the_one_the_contract_files_make() -> None:
    written = (DOCS / "input-contract.md").read_text("utf-8")
    assert written == page(), "run: python -m leadline.sources.contract_page > docs/input-contract.md"

"""Requests drawn from the API's own document: every answer is one that the document describes, none is a 500."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi.checks import unsupported_method

from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import console_on
from tests.support.queue import AT, banded, drawn

CASES = 170  # of each route that takes anything
FOUND = [banded(), *(drawn(f"INV-{n}", legal_entity_id="DE") for n in range(6))]


def test_drawn_requests_are_answered_as_the_document_says(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        console = console_on(store)
        somebody(console.access, "mia", "manager")
        store.upsert(FOUND, at=AT)
        program = console.program("mia")
        document = program.client.get("/api/v1/openapi.json").json()
        del document["components"]["securitySchemes"]  # who comes in is the matrix's; here all have a token
        api = schemathesis.openapi.from_dict(document)
        api.app = program.client.app
        asked: Counter[str] = Counter()
        for operation in api.get_all_operations():
            console.clock.at += timedelta(minutes=2)  # a new window of what a token may ask
            _ask(operation.ok(), program.headers(), asked)
        assert len(asked) == 8
        assert asked.total() >= 1000
        store.verify()


def _ask(operation: schemathesis.APIOperation, headers: dict[str, str], asked: Counter[str]) -> None:
    """Draw requests for one route, half of them as the document wants them, half of them off, and check the answers."""

    @seed(5)
    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))
    def ask(case: schemathesis.Case) -> None:
        if case.meta.generation.mode.is_positive:
            if "external_id" in case.path_parameters and asked[operation.label] % 3:
                case.path_parameters["external_id"] = FOUND[asked[operation.label] % len(FOUND)].external_id
            if "Idempotency-Key" in case.headers:
                case.headers["Idempotency-Key"] = f"key-{asked.total()}"  # one that was used is refused, and rightly
        asked[operation.label] += 1
        case.call_and_validate(headers=headers, excluded_checks=[unsupported_method])

    ask()

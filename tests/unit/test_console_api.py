"""The API: who comes in, what is told, one action per key, and problems that say what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from leadline.access.idempotency import KEPT
from leadline.app.console.api.application import make_api
from leadline.app.console.api.forms import VERDICT_FORMS, ExceptionResponse
from leadline.app.console.api.rate_limit import MOST, WINDOW
from leadline.kernel import facts
from leadline.kernel.errors import BusyError, HomeError
from leadline.kernel.findings import Reason, Record
from leadline.kernel.scores import SCORES
from leadline.kernel.statements import plain
from leadline.queue.decisions import Verdict
from leadline.queue.records import RECORD_KEYS, as_record
from leadline.queue.states import REASON_CODES, STATES
from leadline.queue.store import Store
from leadline.queue.worklist import Worklist
from tests.support.access import somebody
from tests.support.console import Console, Program, console_on
from tests.support.queue import AT, banded, drawn

ONE = drawn().external_id
DISMISSED = {"version": 1, "verdict": "dismissed", "reason_code": "not_true"}
DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        made = console_on(store)
        somebody(made.access, "ana", person_id="P-1")
        somebody(made.access, "ben")
        somebody(made.access, "mia", "manager")
        store.upsert([drawn(), banded()], at=AT)
        yield made


@pytest.fixture
def ana(console: Console) -> Program:
    return console.program("ana")


@pytest.mark.parametrize("token", ["", "x", "leadline_", "leadline_aaaaaaaaaaaa_x", "leadline_\x00_x", "é" * 300])
def test_a_request_without_a_valid_token_is_refused(console: Console, token: str) -> None:
    program = console.program()
    headers = {"Authorization": f"Bearer {token}".encode()}
    answer = program.client.get("/api/v1/worklist", headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:leadline:problem:unauthorized"


def test_a_session_of_a_browser_opens_no_door_here(console: Console) -> None:
    browser = console.browser("ana")
    assert browser.get("/worklist").status_code == 200
    assert browser.get("/api/v1/worklist").status_code == 401
    sent = {"json": DISMISSED, "headers": {"Idempotency-Key": "k"}}
    assert browser.client.post(f"/api/v1/exceptions/{ONE}/decide", **sent).status_code == 401
    assert browser.client.get("/worklist", headers=console.program("ana").headers()).status_code == 200
    browser.client.cookies.clear()
    assert browser.client.get("/worklist", headers=console.program("ana").headers()).status_code == 303


def test_a_token_ends_by_its_day_by_revoking_and_with_its_user(console: Console) -> None:
    first, second, third = (console.program("ana") for _ in range(3))
    console.access.revoke_token(first.token.split("_")[1], actor="test", at=AT)
    assert [program.get("/me").status_code for program in (first, second)] == [401, 200]
    console.clock.at += timedelta(days=1)
    assert second.get("/me").status_code == 401
    console.clock.at = AT
    console.access.disable("ana", actor="ada", at=AT)
    assert third.get("/me").status_code == 401


def test_a_token_may_what_its_scopes_and_its_user_may(console: Console) -> None:
    reader = console.program("mia", "see_queue")
    assert reader.get("/me").json() == {
        "login": "mia",
        "roles": ["manager"],
        "permissions": ["see_queue"],
        "legal_entities": None,
        "person_id": None,
    }
    assert reader.get("/worklist").status_code == 200
    answer = reader.post(f"/exceptions/{ONE}/decide", **DISMISSED)
    assert (answer.status_code, "permission decide" in answer.json()["detail"]) == (403, True)
    assert console.program("mia", "decide").get("/worklist").status_code == 403


def test_the_list_tells_records_sums_and_the_way_on(console: Console, ana: Program) -> None:
    found = [drawn(f"INV-{n}", scored={"expected_value": Decimal(n // 4)}) for n in range(1, 30)]
    console.store.upsert(found, at=AT)
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = ana.get("/worklist", limit=7, after=after, score="invoice_dispute").json()
        seen += [item["external_id"] for item in page["items"]]
        after = page["after"]
    assert sorted(seen) == sorted(one.external_id for one in found)
    assert page["sums"] == [
        {
            "currency": "USD",
            "exceptions": 29,
            "money_at_risk": 29 * 1200.0,
            "expected_value": float(sum(n // 4 for n in range(1, 30))),
        }
    ]
    only = ana.get("/worklist", q="INV-29", state="all", tab="team", owner="finance-emea").json()["items"]
    assert [item["title"] for item in only] == ["Invoice INV-29 may be disputed"]
    expected = as_record(console.store.get(found[-1].external_id))
    assert only[0] == expected


@pytest.mark.parametrize(
    "wrong",
    [
        *({"tab": "x"}, {"score": "x"}, {"state": "x"}, {"limit": 0}, {"limit": 201}, {"limit": "x"}),
        *({"after": "x"}, {"after": "NaN_0123456789abcdef"}, {"q": "x" * 201}, {"ownr": "x"}),
    ],
)
def test_an_invalid_query_is_reported(ana: Program, wrong: dict[str, str]) -> None:
    answer = ana.get("/worklist", **wrong)
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == f"query.{next(iter(wrong))}"


def test_one_exception_with_evidence_and_trail(console: Console, ana: Program) -> None:
    verdict = Verdict("snoozed", "not_now", "ben", note="later", snoozed_until=AT + timedelta(days=1))
    console.store.decide(ONE, verdict, at=AT)
    told = ana.get(f"/exceptions/{ONE}").json()
    assert told["exception"]["reasons"][0]["records"][0]["value"] == "1200.00"
    assert [(step["version"], step["event"], step["actor"]) for step in told["trail"]] == [
        (1, "added", "leadline"),
        (2, "snoozed", "ben"),
    ]
    assert told["trail"][1]["decision"]["note"] == "later"
    assert told["actions"] == ["confirmed", "dismissed", "snoozed", "re_opened"]
    assert console.program("mia").get(f"/exceptions/{ONE}").json()["actions"][-1] == "assign"
    assert console.program("mia", "see_queue").get(f"/exceptions/{ONE}").json()["actions"] == []
    assert ana.get(f"/exceptions/{'0' * 16}").status_code == 404
    assert ana.get("/exceptions/x").status_code == 422


def test_cost_rates_are_shown_only_with_the_permission(console: Console, ana: Program) -> None:
    reason = Reason(
        "cost",
        plain("It costs more"),
        1.0,
        (Record("cost_rate", "P-9", "rate", facts.money("88.17", "USD", about=facts.COST)),),
    )
    console.store.upsert([drawn(reasons=(reason,)), banded()], at=AT)
    mia = console.program("mia")
    for path in ("/worklist", f"/exceptions/{ONE}"):
        assert "88.17" not in ana.get(path).text
        assert "88.17" in mia.get(path).text
    assert "88.17" not in ana.post(f"/exceptions/{ONE}/take", version=2).text


def test_take_decide_undo_give_and_the_figures_of_it(console: Console, ana: Program) -> None:
    mia = console.program("mia")
    assert ana.post(f"/exceptions/{ONE}/take", version=1).json()["handled_by"] == "ana"
    told = {"verdict": "confirmed", "reason_code": "billed", "value_recovered": 12.5, "note": " it \x00was "}
    assert ana.post(f"/exceptions/{ONE}/decide", version=2, **told).json()["state"] == "confirmed"
    decision = console.store.history(ONE)[-1]
    assert (decision.value_recovered, decision.note, decision.decided_by) == (Decimal("12.50"), "it was", "ana")
    (measured,) = [one for one in mia.get("/metrics").json() if one["score"] == "invoice_dispute"]
    assert (measured["decided"], measured["precision"], measured["recovered"]) == (1, 1.0, {"USD": 12.5})
    assert ana.post(f"/exceptions/{ONE}/undo", version=3).json()["state"] == "in_review"
    assert mia.post(f"/exceptions/{ONE}/assign", version=4, to="ben").json()["assigned_to"] == "ben"
    assert mia.post(f"/exceptions/{ONE}/assign", version=5).json()["assigned_to"] is None
    told = {"verdict": "snoozed", "reason_code": "not_now", "days": 2}
    assert ana.post(f"/exceptions/{ONE}/decide", version=6, **told).json()["snoozed_until"] == "2026-07-03T06:00:00Z"
    console.store.verify()


@pytest.mark.parametrize("action", ["take", "decide", "assign", "undo"])
def test_a_stale_version_changes_nothing_and_the_changes_are_listed(console: Console, action: str) -> None:
    richer = drawn(money_at_risk=Decimal("9000"))
    console.store.upsert([richer, banded()], at=AT + timedelta(hours=1))
    console.store.decide(ONE, Verdict("snoozed", "not_now", "ben"), at=AT + timedelta(hours=2))
    body = DISMISSED if action == "decide" else {"version": 1}
    answer = console.program("mia").post(f"/exceptions/{ONE}/{action}", **body)
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert (told["type"], told["version"]) == ("urn:leadline:problem:stale", 3)
    assert [(step["event"], step["actor"]) for step in told["steps"]] == [("updated", "leadline"), ("snoozed", "ben")]
    assert {"what": "money at risk", "before": 1200.0, "now": 9000.0} in told["differences"]
    assert console.store.get(ONE).version == 3


def test_an_action_that_the_state_does_not_allow_is_refused(ana: Program) -> None:
    bodies = [("undo", {}), ("decide", {"verdict": "re_opened", "reason_code": "mistake"})]
    for action, body in bodies:
        answer = ana.post(f"/exceptions/{ONE}/{action}", version=1, **body)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:leadline:problem:not-possible")
        assert answer.json()["faults"]


def test_what_somebody_else_has_in_hand_is_not_taken_from_them(console: Console, ana: Program) -> None:
    console.store.take(ONE, by="ben", at=AT)
    answer = ana.post(f"/exceptions/{ONE}/take", version=2)
    assert (answer.status_code, answer.json()["detail"]) == (409, "It is in_review by ben now; nothing was changed.")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"verdict": "burned"}, {"reason_code": "billed"}, {"version": "1"}, {"version": 1.5}, {"version": 0}),
        *(
            {"version": True},
            {"version": 10**12},
            {"value_recovered": 5},
            {"note": "x" * 2001},
            {"note": "\ud800"},
            {"more": 1},
            {"days": 0},
        ),
        *({"verdict": "confirmed", "reason_code": "billed", "value_recovered": value} for value in (-1, 1e40, "1")),
    ],
)
def test_an_invalid_body_is_reported_and_changes_nothing(
    console: Console, ana: Program, wrong: dict[str, object]
) -> None:
    answer = ana.post(f"/exceptions/{ONE}/decide", **(DISMISSED | wrong))
    assert (answer.status_code, answer.json()["status"]) == (422, 422)
    assert answer.json()["faults"]
    assert console.store.get(ONE).version == 1


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "\x00", '{"version": NaN}', '"' + "[" * 5000])
def test_malformed_json_is_reported(ana: Program, body: str) -> None:
    headers = ana.headers() | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = ana.client.post(f"/api/v1/exceptions/{ONE}/take", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_the_same_key_and_body_is_answered_as_the_first_time_and_done_once(console: Console, ana: Program) -> None:
    first = ana.post(f"/exceptions/{ONE}/decide", key="k1", **DISMISSED)
    console.store.decide(ONE, Verdict("re_opened", "mistake", "ben"), at=AT)
    again = ana.post(f"/exceptions/{ONE}/decide", key="k1", **DISMISSED)
    assert (first.status_code, again.status_code, again.text) == (200, 200, first.text)
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert [one.verdict for one in console.store.history(ONE)] == ["dismissed", "re_opened"]


def test_the_same_key_with_another_request_is_refused(console: Console, ana: Program) -> None:
    assert ana.post(f"/exceptions/{ONE}/take", key="k1", version=1).status_code == 200
    bodies = [("decide", DISMISSED | {"version": 2}), ("take", {"version": 2}), ("undo", {"version": 1})]
    for action, body in bodies:
        answer = ana.post(f"/exceptions/{ONE}/{action}", key="k1", **body)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:leadline:problem:key-reused")
    other = ana.post(f"/exceptions/{banded().external_id}/take", key="k1", version=1)
    assert other.json()["type"] == "urn:leadline:problem:key-reused"
    assert console.store.get(ONE).version == 2


def test_a_key_is_one_users_own_and_is_forgotten_after_its_time(console: Console, ana: Program) -> None:
    ana.post(f"/exceptions/{ONE}/take", key="k1", version=1)
    ben = console.program("ben")
    assert ben.post(f"/exceptions/{ONE}/take", key="k1", version=1).status_code == 409
    console.clock.at += KEPT
    late = console.program("ana")
    assert late.post(f"/exceptions/{ONE}/take", key="k1", version=1).status_code == 409


def test_a_refusal_is_answered_again_and_a_missing_exception_or_a_busy_store_is_not_kept(
    console: Console, ana: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = f"/exceptions/{'0' * 16}/take"
    assert [ana.post(missing, key="k0", version=1).status_code for _ in range(2)] == [404, 404]
    console.store.take(ONE, by="ben", at=AT)
    assert ana.post(f"/exceptions/{ONE}/take", key="k1", version=2).status_code == 409
    console.store.assign(ONE, to=None, by="ben", at=AT)
    assert ana.post(f"/exceptions/{ONE}/take", key="k1", version=2).headers["idempotency-replayed"] == "true"
    with monkeypatch.context() as patched:
        patched.setattr(Store, "writing", _busy)
        answer = ana.post(f"/exceptions/{ONE}/take", key="k2", version=3)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert ana.post(f"/exceptions/{ONE}/take", key="k2", version=3).status_code == 200


def _busy(*_: object, **__: object) -> None:
    raise BusyError("The ops store is locked.")


@pytest.mark.parametrize("body", [b"\x80{}", b"[" * 200_000])
def test_undecodable_or_too_deep_json_is_reported(ana: Program, body: bytes) -> None:
    headers = ana.headers() | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = ana.client.post(f"/api/v1/exceptions/{ONE}/take", content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:leadline:problem:bad-request")


@pytest.mark.parametrize("key", [None, "", "x" * 201, "a b"])
def test_a_change_without_a_key_is_refused(console: Console, ana: Program, key: str | None) -> None:
    headers = ana.headers() | ({} if key is None else {"Idempotency-Key": key})
    answer = ana.client.post(f"/api/v1/exceptions/{ONE}/take", json={"version": 1}, headers=headers)
    assert (answer.status_code, answer.json()["faults"][0]["where"]) == (422, "header.Idempotency-Key")
    assert console.store.get(ONE).version == 1


def test_the_response_is_kept_with_the_action_or_neither_is(
    console: Console, ana: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadline.access import idempotency

    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "keep", lambda *_, **__: 1 / 0)
        assert ana.post(f"/exceptions/{ONE}/take", key="k1", version=1).status_code == 500
    assert console.store.get(ONE).version == 1
    assert ana.post(f"/exceptions/{ONE}/take", key="k1", version=1).status_code == 200
    console.store.verify()


@pytest.mark.parametrize("raised", [HomeError("No disk at /secret."), ZeroDivisionError("/secret")])
def test_an_internal_error_has_no_details_and_all_headers(
    ana: Program, monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(Worklist, "listing", fail)
    answer = ana.get("/worklist")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:leadline:problem:internal-error")
    assert "/secret" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_a_token_that_asks_too_often_waits_and_others_do_not(console: Console, ana: Program) -> None:
    assert {ana.get("/me").status_code for _ in range(MOST)} == {200}
    console.clock.at += WINDOW / 3
    answer = ana.get("/me")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "40")
    assert answer.json()["type"] == "urn:leadline:problem:too-many-requests"
    assert ana.post(f"/exceptions/{ONE}/take", version=1).status_code == 429
    assert console.store.get(ONE).version == 1
    assert console.program("ana").get("/me").status_code == 200
    console.clock.at += WINDOW * 2 / 3
    assert ana.get("/me").status_code == 200


def test_other_addresses_and_ways_are_problems_too(ana: Program) -> None:
    assert ana.get("/nothing").json()["status"] == 404
    assert ana.post("/worklist").json()["status"] == 405
    assert ana.get("/docs").status_code == 404


def test_the_document_describes_every_route_field_and_word() -> None:
    api = make_api()
    document = api.openapi()
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    assert tuple(ExceptionResponse.model_fields) == RECORD_KEYS
    record = schemas["ExceptionResponse"]["properties"]
    assert tuple(record["score"]["enum"]) == SCORES
    assert tuple(record["state"]["enum"]) == STATES
    told = {one.model_fields["verdict"].annotation: one.model_fields["reason_code"].annotation for one in VERDICT_FORMS}
    assert {get_args(verdict)[0]: get_args(codes) for verdict, codes in told.items()} == dict(REASON_CODES)
    for path, operations in document["paths"].items():
        assert path in DOCS.read_text("utf-8"), path
        for method, operation in operations.items():
            assert operation["security"] == [{"token": []}]
            named = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert ("Idempotency-Key" in named) is (method == "post")
            for status, answer in operation["responses"].items():
                media = "application/json" if status == "200" else "application/problem+json"
                assert list(answer["content"]) == [media]

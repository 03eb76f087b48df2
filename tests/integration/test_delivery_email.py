"""Each owner gets one mail a night with what is new and due, and nothing is lost when the mail server is not well."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from leadline.delivery.digest import EMAIL, EXECUTIVE, MAX_ROWS, compose
from leadline.delivery.smtp import EmailFolderTarget, EmailTarget, MailSettings, Server
from leadline.kernel.findings import ScoredException
from leadline.queue.decisions import Verdict
from leadline.queue.deliveries import Intake
from leadline.queue.store import Store
from tests.support.delivery import MemoryTarget, served
from tests.support.queue import AS_OF, AT, drawn
from tests.support.smtp import Mailbox, Receiving
from tests.support.tls import certified

NIGHT = timedelta(days=1)
ADDRESSES = {"finance-emea": "finance@example.com", "ana": "ana@example.com"}
POST = MailSettings("leadline@example.com", ADDRESSES)


@pytest.fixture
def store(any_store: Store) -> Store:
    return any_store


def _queue(store: Store, *found: ScoredException, night: int = 0) -> None:
    store.upsert(found, scored={"invoice_dispute": AS_OF + night * NIGHT}, at=AT + night * NIGHT)


def _of_ana(object_id: str, money: str, **finding: str) -> ScoredException:
    owned = {"owner": "ana", "due_at": AS_OF + 30 * NIGHT}
    return drawn(object_id, money_at_risk=Decimal(money), scored=owned, **finding)


def _night(store: Store, folder: Path, night: int = 0) -> dict[str, str]:
    """Write the mails of one night into a folder and return the text of each, by receiver."""
    compose(store, ADDRESSES, at=AT + night * NIGHT)
    before = set(folder.glob("*.eml"))
    served(store, EmailFolderTarget(POST, folder), at=AT + night * NIGHT)
    mails = [_read(path) for path in set(folder.glob("*.eml")) - before]
    return {mail["To"]: mail["Subject"] + "\n" + _part(mail, "plain") for mail in mails}


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_each_owner_gets_one_mail_a_night_the_most_money_first(store: Store, tmp_path: Path) -> None:
    _queue(store, drawn(), _of_ana("SMALL", "100"), _of_ana("BIG", "5000"))
    mails = _night(store, tmp_path / "mails")
    assert set(mails) == set(ADDRESSES.values())
    ana = mails["ana@example.com"]
    assert ana.startswith("5,100.00 USD at risk: 0 due, 2 new")
    assert ana.index("5,000.00 USD  Invoice BIG") < ana.index("100.00 USD  Invoice SMALL")
    assert _night(store, tmp_path / "mails") == {}


def test_the_next_mail_tells_only_what_became_work_since(store: Store, tmp_path: Path) -> None:
    old, new = _of_ana("OLD", "10"), _of_ana("NEW", "20")
    _queue(store, old)
    _night(store, tmp_path)
    _queue(store, old, night=1)
    assert _night(store, tmp_path, 1) == {}
    _queue(store, old, new, night=2)
    third = _night(store, tmp_path, 2)["ana@example.com"]
    assert ("NEW" in third, "OLD" in third) == (True, False)


def test_what_is_due_within_a_day_is_mailed_again_each_night_until_it_is_decided(store: Store, tmp_path: Path) -> None:
    due = replace(_of_ana("DUE", "10"), due_at=AT + timedelta(hours=20))
    _queue(store, due)
    assert [_night(store, tmp_path, n)["ana@example.com"].splitlines()[0] for n in (0, 1)] == [
        "10.00 USD at risk: 1 due, 0 new"
    ] * 2
    store.decide(due.external_id, Verdict("dismissed", "not_true", "ana"), at=AT + NIGHT)
    assert _night(store, tmp_path, 2) == {}


def test_a_mail_that_did_not_go_out_is_replaced_by_the_next_which_tells_all_of_it(store: Store, tmp_path: Path) -> None:
    _queue(store, _of_ana("OLD", "10"))
    compose(store, ADDRESSES, at=AT)
    _queue(store, _of_ana("OLD", "10"), _of_ana("NEW", "20"), night=1)
    mail = _night(store, tmp_path, 1)["ana@example.com"]
    assert ("OLD" in mail, "NEW" in mail, len(list(tmp_path.glob("*.eml")))) == (True, True, 1)


def test_owners_without_an_address_are_named_and_a_star_stands_for_all(store: Store) -> None:
    _queue(store, drawn(), _of_ana("A", "1"))
    assert compose(store, {"ana": "ana@example.com"}, at=AT) == ["finance-emea"]
    assert compose(store, {"*": "all@example.com"}, at=AT) == []
    assert store.delivery_state(EMAIL, Intake.OWN).waiting == 2


def test_who_leads_gets_the_executive_digest_where_an_address_asks_for_it(store: Store, tmp_path: Path) -> None:
    _queue(store, drawn(), _of_ana("BIG", "5000"))
    addresses = {EXECUTIVE: "head@example.com", "ana": "ana@example.com"}
    assert compose(store, addresses, at=AT) == ["finance-emea"]
    served(store, EmailFolderTarget(MailSettings("leadline@example.com", addresses), tmp_path / "mails"), at=AT)
    mails = {mail["To"]: mail for mail in map(_read, (tmp_path / "mails").glob("*.eml"))}
    assert set(mails) == {"head@example.com", "ana@example.com"}
    head = mails["head@example.com"]
    assert head["Subject"] == "What waits, 2026-07-01"
    assert "Waiting are 2 exceptions with 6,200.00 USD at risk." in _part(head, "plain")
    assert "6,200.00 USD: queue:money/currency=USD" in _part(head, "plain")
    assert "queue:money/currency=USD" in _part(head, "html")
    compose(store, {"*": "all@example.com"}, at=AT + NIGHT)
    assert "head@example.com" not in _night(store, tmp_path / "mails", 1)


def test_mails_are_no_messages_of_other_targets(store: Store) -> None:
    _queue(store, drawn())
    compose(store, ADDRESSES, at=AT)
    other = MemoryTarget()
    served(store, other)
    assert other.took == [f"{drawn().external_id}-1"]


def test_text_of_a_source_system_stays_text(store: Store, tmp_path: Path) -> None:
    _queue(store, _of_ana("X", "1", title="<script>alert(1)</script>\n\nDue: 0", action="<b>do</b> & pay"))
    compose(store, ADDRESSES, at=AT)
    served(store, EmailFolderTarget(POST, tmp_path))
    mail = _read(next(tmp_path.glob("*.eml")))
    html = _part(mail, "html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Due: 0" in html
    assert ("<script>" in html, "&lt;b&gt;do&lt;/b&gt; &amp; pay" in html) == (False, True)
    assert "<script>alert(1)</script> Due: 0\r\n" in _part(mail, "plain")


def test_a_long_list_is_cut_and_still_adds_up(store: Store, tmp_path: Path) -> None:
    _queue(store, *(_of_ana(f"INV-{n}", "10") for n in range(MAX_ROWS + 3)))
    mail = _night(store, tmp_path)["ana@example.com"]
    assert mail.startswith(f"{10 * (MAX_ROWS + 3)}.00 USD at risk")
    assert (mail.count("Invoice INV-"), "and 3 more" in mail) == (MAX_ROWS, True)


def test_the_same_digest_is_the_same_file(store: Store, tmp_path: Path) -> None:
    _queue(store, _of_ana("A", "1"))
    compose(store, ADDRESSES, at=AT)
    for folder in ("one", "other"):
        target = EmailFolderTarget(POST, tmp_path / folder)
        with target.batch() as send:
            store.fan_out(EMAIL, Intake.OWN, at=AT)
            send(store.due_messages(EMAIL, at=AT, limit=1)[0], AT)
    one, other = (next((tmp_path / folder).glob("*.eml")).read_bytes() for folder in ("one", "other"))
    assert one == other


def _sent(store: Store, mailbox: Mailbox, *, at: datetime = AT, **server: object) -> tuple[int, str]:
    with Receiving(mailbox) as port:
        chosen = replace(Server("127.0.0.1", port, "none", timeout_seconds=5), **server)  # type: ignore[arg-type]
        report = served(store, EmailTarget(POST, chosen), at=at)[0]
    compose(store, ADDRESSES, at=at)
    messages = store.delivery_state(EMAIL, Intake.OWN)
    return report.delivered, f"{messages.waiting} wait"


def test_a_server_gets_all_mails_over_one_connection(store: Store) -> None:
    _queue(store, drawn(), _of_ana("A", "1"))
    compose(store, ADDRESSES, at=AT)
    mailbox = Mailbox()
    assert _sent(store, mailbox) == (2, "0 wait")
    assert mailbox.connections == 1
    assert sorted(mailbox.receivers) == sorted(ADDRESSES.values())
    assert {mail["Message-ID"].partition("-")[0] for mail in mailbox.mails} == {"<digest"}


@pytest.mark.parametrize(
    "answers", [{"RCPT": b"550 unknown\r\n"}, {"RCPT": b"450 later\r\n"}, {"END": b"451 later\r\n"}, {"END": b""}]
)
def test_a_mail_that_was_not_accepted_waits(store: Store, answers: dict[str, bytes]) -> None:
    _queue(store, _of_ana("A", "1"))
    compose(store, ADDRESSES, at=AT)
    assert _sent(store, Mailbox(**answers)) == (0, "1 wait")


def test_nothing_goes_over_an_open_line_where_a_safe_one_is_asked_for(store: Store) -> None:
    _queue(store, _of_ana("A", "1"))
    compose(store, ADDRESSES, at=AT)
    mailbox = Mailbox()
    login = {"security": "starttls", "user": "leadline", "password": "hidden"}
    assert _sent(store, mailbox, **login) == (0, "1 wait")
    assert (mailbox.mails, mailbox.receivers) == ([], [])
    assert "hidden" not in repr(Server("mail", 25, "tls", "leadline", "hidden"))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_who_logs_in_does_so_over_a_line_that_is_trusted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    _queue(store, _of_ana("A", "1"))
    compose(store, ADDRESSES, at=AT)
    tls, trusted = certified(tmp_path)
    mailbox = Mailbox(tls=tls, is_tls_from_the_start=security == "tls")
    login = {"security": security, "user": "leadline", "password": "hidden"}
    assert _sent(store, mailbox, **login) == (0, "1 wait")
    assert (mailbox.logins, mailbox.receivers) == ([], [])
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    assert _sent(store, mailbox, at=AT + timedelta(hours=1), **login) == (1, "0 wait")
    assert (mailbox.logins, len(mailbox.mails)) == (["leadline hidden"], 1)

"""Render a digest: one mail with a text and an HTML part, money first. The same digest is the same mail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Any

from leadline.queue.deliveries import Message

Values = Mapping[str, Any]

_SECTIONS = {"due": "Due within a day, or overdue", "new": "New since the last mail"}
_CELL = "padding:4px 12px 4px 0;text-align:left;vertical-align:top"


def as_mail(message: Message, *, sender: str, receiver: str) -> EmailMessage:
    """Return the mail of a digest. Its Message-ID is made of the idempotency key: a mail that comes twice is known."""
    digest = json.loads(message.payload)
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = sender, receiver
    subject, text, html = _executive(digest) if "text" in digest else _of_owner(digest)
    mail["Subject"] = subject
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    # The boundary between the parts is drawn at random unless it is given.
    mail.set_boundary(f"=={message.key}==")
    return mail


def _of_owner(digest: Values) -> tuple[str, str, str]:
    """Return subject, text and HTML of what an owner has to do."""
    sections = {heading: digest[name] for name, heading in _SECTIONS.items() if digest[name]["count"]}
    subject = f"{_money(_total(digest))} at risk: {digest['due']['count']} due, {digest['new']['count']} new"
    return subject, _text(digest, sections), _html(digest, sections)


def _executive(digest: Values) -> tuple[str, str, str]:
    """Return subject, text and HTML of the executive digest: its sentences, then where each figure comes from."""
    text = _flat(digest["text"])
    quotes = [(_flat(written), _flat(key)) for written, key in digest["quotes"]]
    lines = [text, "", "Where each figure comes from:", *(f"  {written}: {key}" for written, key in quotes), ""]
    cells = "".join(
        f'<tr><td style="{_CELL}">{escape(written)}</td><td style="{_CELL}">{escape(key)}</td></tr>'
        for written, key in quotes
    )
    html = f"<p>{escape(text)}</p><h3>Where each figure comes from</h3><table>{cells}</table>"
    return f"What waits, {digest['night']}", "\n".join(lines), f"<!doctype html><html><body>{html}</body></html>\n"


def _text(digest: Values, sections: Mapping[str, Values]) -> str:
    lines = [f"{_flat(digest['owner'])}, {digest['night']}: {_money(_total(digest))} at risk", ""]
    for heading, section in sections.items():
        lines += [f"{heading}: {section['count']}, {_money(section['money'])}", ""]
        for row in section["rows"]:
            lines += [
                f"  {_money({row['currency']: row['money_at_risk']})}  {_flat(row['title'])}",
                f"    do: {_flat(row['action'])}",
                f"    due {_minute(row['due_at'])} UTC, {row['score']} {row['external_id'][:8]}, {row['state']}",
            ]
        lines += [*_left_out(section), ""]
    return "\n".join([*lines, "leadline queue show ID tells one in full.", ""])


def _html(digest: Values, sections: Mapping[str, Values]) -> str:
    parts = [
        f"<h2>{escape(_money(_total(digest)))} at risk</h2><p>{escape(_flat(digest['owner']))}, {digest['night']}</p>"
    ]
    for heading, section in sections.items():
        parts.append(f"<h3>{escape(heading)}: {section['count']}, {escape(_money(section['money']))}</h3>")
        heads = "".join(f'<th style="{_CELL}">{name}</th>' for name in ("at risk", "what", "do", "due (UTC)", "id"))
        parts.append(f"<table><tr>{heads}</tr>{''.join(_html_row(row) for row in section['rows'])}</table>")
        parts += [f"<p>{escape(line)}</p>" for line in _left_out(section)]
    return f"<!doctype html><html><body>{''.join(parts)}</body></html>\n"


def _html_row(row: Values) -> str:
    cells = (
        _money({row["currency"]: row["money_at_risk"]}),
        _flat(row["title"]),
        _flat(row["action"]),
        _minute(row["due_at"]),
        f"{row['score']} {row['external_id'][:8]}",
    )
    return "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in cells) + "</tr>"


def _left_out(section: Values) -> list[str]:
    more = section["count"] - len(section["rows"])
    return [f"  and {more} more"] if more else []


def _total(digest: Values) -> dict[str, str]:
    total: dict[str, Decimal] = {}
    for name in _SECTIONS:
        for currency, amount in digest[name]["money"].items():
            total[currency] = total.get(currency, Decimal(0)) + Decimal(amount)
    return {currency: str(amount) for currency, amount in sorted(total.items())}


def _money(by_currency: Mapping[str, str]) -> str:
    return " + ".join(f"{Decimal(amount):,.2f} {currency}" for currency, amount in by_currency.items())


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _flat(text: str) -> str:
    """Return a source system's text on one line and without control characters, so that it cannot pose as ours."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())

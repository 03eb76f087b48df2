"""Every text that the console's pages may show in another language: those in templates and code, and the codes."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir

from leadline.access.permissions import PERMISSIONS, ROLES
from leadline.app.console import language
from leadline.app.console.pages.worklist import TABS
from leadline.app.console.wording import words
from leadline.kernel.narratives import READERS
from leadline.kernel.stems import STEMS
from leadline.queue.states import REASON_CODES, STATES

_FOLDER = Path(language.__file__).parent
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
_CALLS = {"_": None, "gettext": None, "later": None, "tell": (2,), "Column": (2,)}


def used() -> set[str]:
    """Return the texts."""
    found = extract_from_dir(_FOLDER, method_map=_METHODS, options_map=_OPTIONS, keywords=_CALLS)
    texts = {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}
    codes = (*STATES, *STEMS, *ROLES, *PERMISSIONS, *TABS, *READERS)
    codes += tuple(code for reasons in REASON_CODES.values() for code in reasons)
    return texts | {words(code) for code in codes}

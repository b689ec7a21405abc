"""Words on screen: French first, English second.

Texts stand in the code in English; `crm/locale/fr` holds the French. A test proves that none is missing.
"""

import gettext as _gettext
import os
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["fr", "en"]

_language: ContextVar[str | None] = ContextVar("language", default=None)


@cache
def _catalog(language: str) -> _gettext.NullTranslations:
    if language == "en":
        return _gettext.NullTranslations()
    folder = Path(__file__).parent.parent / "locale"
    return _gettext.translation("relance", folder, languages=[language], fallback=True)


def language() -> Language:
    """The language in use: set by `use_language`, else by CRM_LANGUAGE, else French."""
    chosen = _language.get() or os.environ.get("CRM_LANGUAGE", "fr")
    return "en" if chosen.startswith("en") else "fr"


def use_language(chosen: str) -> None:
    """Speak this language from here on in this thread or task."""
    _language.set(chosen)


def _(text: str) -> str:
    """The text in the language in use."""
    return _catalog(language()).gettext(text)


def plural(one: str, many: str, count: int) -> str:
    """One or many, in the language in use; the count is filled in as `{count}`."""
    return _catalog(language()).ngettext(one, many, count).format(count=count)


def mark(text: str) -> str:
    """Names a text for translation where it is written, to be translated where it is shown."""
    return text

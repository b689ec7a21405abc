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

DOMAIN = "relance"
LOCALE = Path(__file__).parent.parent / "locale"

_language: ContextVar[str | None] = ContextVar("language", default=None)


@cache
def _catalog(language: str) -> _gettext.NullTranslations:
    if language == "en":
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, LOCALE, languages=[language], fallback=True)


def language() -> Language:
    """The language in use: set by `use_language`, else by CRM_LANGUAGE, else French."""
    chosen = _language.get() or os.environ.get("CRM_LANGUAGE", "fr")
    return "en" if chosen.startswith("en") else "fr"


def use_language(chosen: str) -> None:
    """Speak this language from here on in this thread or task."""
    _language.set(chosen)


def lend_words() -> None:
    """Let libraries that ask gettext for their words (click does) find them in our catalog, in the language in use."""
    os.environ["LANGUAGE"] = language()
    _gettext.bindtextdomain(DOMAIN, str(LOCALE))
    _gettext.textdomain(DOMAIN)


def _(text: str) -> str:
    """The text in the language in use."""
    return _catalog(language()).gettext(text)


def plural(one: str, many: str, count: int) -> str:
    """One or many, in the language in use; the count is filled in as `{count}`."""
    return _catalog(language()).ngettext(one, many, count).format(count=count)


def labelled(label: str, text: object) -> str:
    """`label: text`, with the space that French sets before the colon."""
    return _("{label}: {text}").format(label=label, text=text)


def mark(text: str) -> str:
    """Names a text for translation where it is written, to be translated where it is shown."""
    return text

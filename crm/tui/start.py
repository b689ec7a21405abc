"""Opening the terminal: with pictures, or in plain lines; the house is opened behind the first picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crm.core.i18n import use_language
from crm.core.settings import Settings

if TYPE_CHECKING:
    from crm.bootstrap import Crm


def run(opening: Callable[[], Crm], settings: Settings, *, word: str = "", plain: bool = False) -> int:
    """Open the terminal at a section; returns the exit code, once the person has left.

    Raises:
        CrmError: in plain mode, the house does not open; otherwise the screen tells it.
    """
    use_language(settings.language)
    if plain or settings.plain:
        from crm.tui.plain.terminal import PlainTerminal

        PlainTerminal(opening()).run(word or "today")
        return 0
    from crm.tui.app import made

    app = made(opening, settings, word=word)
    app.run()
    return app.return_code or 0

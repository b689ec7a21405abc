"""Opening the terminal: with pictures, or in plain lines; the house is opened behind the first picture."""

from __future__ import annotations

import gc
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
    # What opening makes stays: looking for garbage among it would take a tenth of the start. It is looked for again
    # once the house is open.
    gc.disable()
    if plain or settings.plain:
        from crm.tui.plain.terminal import PlainTerminal

        house = opening()
        gc.enable()
        PlainTerminal(house).run(word or "today")
        return 0
    from crm.tui.app import made

    app = made(opening, settings, word=word)
    app.run()
    return app.return_code or 0

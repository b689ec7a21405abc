"""How far long work is: a gauge with its counts, once it takes longer than a moment; `échap` stops it."""

from __future__ import annotations

from threading import Event

from textual.content import Content
from textual.widgets import Static

from crm.core.i18n import _
from crm.tui.cells import NB, gauge

_WIDTH = 36
_EVERY = 0.1


class ProgressLine(Static):
    """Counts and a gauge. `told` may be called from a thread; what it was told last is drawn ten times a second."""

    DEFAULT_CSS = "ProgressLine { height: auto; margin: 1 0 0 0; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id, markup=False)
        self._words = ""
        self._state: tuple[str, int, int | None] = ("", 0, None)
        self._stopped = Event()

    def on_mount(self) -> None:
        """Draw again while there is something to say."""
        self.set_interval(_EVERY, self._draw)

    def begin(self, words: str) -> None:
        """Something begins."""
        self._stopped = Event()
        self._words, self._state = words, ("", 0, None)
        self._draw()

    def told(self, what: str, done: int, total: int | None) -> bool:
        """How far it is; False once it is to stop."""
        self._state = (what, done, total)
        return not self._stopped.is_set()

    def stop(self) -> None:
        """Ask it to stop; it does at the next count."""
        self._stopped.set()
        self._words = _("Stopping…")
        self._draw()

    def _draw(self) -> None:
        if not self.display:
            return
        what, done, total = self._state
        parts: list[Content | tuple[str, str]] = [(self._words, "$muted")]
        if done:
            count = f"{done:,}".replace(",", NB)
            of = _("{done} of {total}").format(done=count, total=f"{total:,}".replace(",", NB)) if total else count
            parts += [("\n\n", ""), gauge(done / total if total else 0, _WIDTH), ("\n", ""), (f"{of} {what}", "")]
            parts += [("\n\n", ""), (_("esc"), "bold"), (f" {_('stop')}", "$muted")]
            parts += [("  " + _("nothing is written before your yes"), "$muted")]
        self.update(Content.assemble(*parts))

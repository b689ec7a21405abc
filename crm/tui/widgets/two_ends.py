"""A line with something at its left and something at its right end."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from crm.tui.cells import between


class TwoEnds(Widget):
    """The right end, which carries the amount, is never cut: it takes a shorter form, then the left one is cut."""

    DEFAULT_CSS = "TwoEnds { height: 1; width: 1fr; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._left = Content("")
        self._rights: tuple[Content, ...] = (Content(""),)

    def show(self, left: Content, *rights: Content) -> None:
        """Show these; the first right end that has room beside the left one is taken, else the last."""
        self._left, self._rights = left, rights or (Content(""),)
        self.refresh()

    def render(self) -> Content:
        """Both, in the width there is."""
        room = self.size.width - self._left.cell_length - 1
        right = next((right for right in self._rights if right.cell_length <= room), self._rights[-1])
        return between(_shortened(self._left, self.size.width - right.cell_length - 1), right, self.size.width)

    @property
    def words(self) -> str:
        """What stands on the line."""
        return self.render().plain


def _shortened(left: Content, room: int) -> Content:
    """Without its last facts where they have no room: a fact goes whole, half of one says nothing."""
    while left.cell_length > room and (place := left.plain.rfind(" · ")) > 0:
        left = left[:place]
    return left

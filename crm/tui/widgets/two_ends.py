"""A line with something at its left and something at its right end."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from crm.tui.cells import between


class TwoEnds(Widget):
    """The left end is cut when both do not fit; the right one, which carries the amount, never."""

    DEFAULT_CSS = "TwoEnds { height: 1; width: 1fr; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._ends = (Content(""), Content(""))

    def show(self, left: Content, right: Content | None = None) -> None:
        """Show these two."""
        self._ends = (left, right or Content(""))
        self.refresh()

    def render(self) -> Content:
        """Both, in the width there is."""
        return between(*self._ends, self.size.width)

    @property
    def words(self) -> str:
        """What stands on the line."""
        return self.render().plain

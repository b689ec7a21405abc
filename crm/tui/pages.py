"""The words of an HTML message: what a reader of the mail sees, without its layout."""

from __future__ import annotations

from html.parser import HTMLParser

_SILENT = frozenset({"style", "script", "head", "title"})
_BREAKS = frozenset({"p", "div", "tr", "br", "table", "h1", "h2", "h3", "li", "ul", "ol", "hr", "section"})
_CELLS = frozenset({"td", "th"})


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a cell, or something that is not read; an address to click is shown."""
        self._silent += tag in _SILENT
        if tag in _BREAKS:
            self._break()
        elif tag in _CELLS and self.lines[-1].strip():
            self.lines[-1] += "   "
        address = dict(attrs).get("href") if tag == "a" else None
        if address:
            self.lines[-1] += f"[{address}] "

    def handle_endtag(self, tag: str) -> None:
        """End a line, or what is not read."""
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _BREAKS:
            self._break()

    def handle_data(self, data: str) -> None:
        """Take words."""
        words = " ".join(data.split(" ")).replace("\n", " ")
        if not self._silent and words.strip():
            self.lines[-1] += words if self.lines[-1] else words.lstrip()

    def _break(self) -> None:
        if self.lines[-1].strip():
            self.lines.append("")


def plain_text(html: str) -> str:
    """What a page says, one line a paragraph or row; addresses of links in brackets before their words."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return "\n".join(" ".join(line.split(" ")).rstrip() for line in reader.lines).strip()

"""A message as a page in cells: what a reader of its HTML sees, and the sheet that is printed. Pure: parts in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from textual.content import Content

from crm.core.documents import Letter, Part
from crm.core.i18n import _
from crm.tui.cells import clean, fit, wrapped

SHEET = 78
"""Cells of a printed line at most: a measure that reads well, as on paper."""
_GAP = 2


def html_lines(parts: Sequence[Part], width: int) -> list[Content]:
    """The parts of a mail in lines of a width, a blank line between them."""
    found: list[Content] = []
    for part in parts:
        lines = list(_part(part, width))
        if lines:
            found += [Content(""), *lines] if found else lines
    return found


def sheet_lines(letter: Letter, width: int) -> list[Content]:
    """A letter as its sheet: our name at the left, the address in the window at the right, then the text."""
    width = min(width, SHEET)
    window = width - max(24, width * 9 // 20)
    found = [Content(line) for text in letter.sender for line in wrapped(clean(text), max(20, window - _GAP))]
    found += [Content(""), Content("")]
    found += [
        Content(" " * window + line) for text in letter.recipient for line in wrapped(clean(text), width - window)
    ]
    found += [Content(""), Content("")]
    return [*found, *html_lines(letter.parts, width)]


def _part(part: Part, width: int) -> Iterator[Content]:
    match part["kind"]:
        case "title":
            yield from (Content.styled(line, "bold") for line in _broken(part["lines"], width))
        case "small":
            yield from (Content.styled(line, "$muted") for line in _broken(part["lines"], width))
        case "prose":
            style = "$muted" if part.get("style") == "legal" else ""
            yield from (Content.styled(line, style) for line in _broken(part["lines"], width))
        case "table":
            yield from _table(part, width)
        case "facts":
            yield from _facts(part, width)
        case "items":
            for sign, text in part["items"]:
                for place, line in enumerate(wrapped(clean(text), width - 4)):
                    yield Content(fit("" if place else sign, 4) + line)
        case "break":
            yield Content.styled(_("next page") + " " + "─" * max(0, width - cell_len(_("next page")) - 1), "$rule")


def _broken(lines: Sequence[str], width: int) -> Iterator[str]:
    for line in lines:
        yield from wrapped(clean(line), width)


def _facts(part: Part, width: int) -> Iterator[Content]:
    """Bank details: set apart by a bar, label and value."""
    wide = max((cell_len(clean(label)) for label, _value in part["pairs"]), default=0) + _GAP
    bar = ("▎ ", "$rule")
    if part["title"]:
        yield from (Content.assemble(bar, (line, "bold")) for line in wrapped(clean(part["title"]), width - 2))
    for label, value in part["pairs"]:
        for place, line in enumerate(wrapped(clean(value), max(8, width - wide - 2))):
            yield Content.assemble(bar, (fit("" if place else label, wide), "$muted"), (line, ""))
    if part["remark"]:
        yield from (Content.assemble(bar, (line, "$muted")) for line in wrapped(clean(part["remark"]), width - 2))


def _table(part: Part, width: int) -> Iterator[Content]:
    """Figures stay whole, the first column of words takes what is left; what stands under a cell stands under it here."""
    head: Sequence[dict[str, Any]] = part["head"]
    right = [column["right"] for column in head]
    rows = [[[clean(line) for line in cell] for cell in row] for row in part["rows"]]
    total = [clean(text) for text in part["total"]]
    widths = [cell_len(clean(column["text"])) for column in head]
    for row in [*rows, [[text] for text in total]]:
        for place, cell in enumerate(row[: len(widths)]):
            widths[place] = max(widths[place], max((cell_len(line) for line in cell), default=0))
    over = sum(widths) + _GAP * (len(widths) - 1) - width
    words = [place for place, is_right in enumerate(right) if not is_right]
    for place in sorted(words, key=lambda place: -widths[place]):
        taken = min(max(0, over), max(0, widths[place] - 8))
        widths[place] -= taken
        over -= taken

    def line(texts: Sequence[str], style: str) -> Content:
        cells = [fit(text, widths[place], right=right[place]) for place, text in enumerate(texts[: len(widths)])]
        return Content.styled((" " * _GAP).join(cells).rstrip(), style)

    yield line([column["text"] for column in head], "$muted")
    for row in rows:
        cells = [
            [part for text in cell for part in wrapped(text, widths[place])] if place < len(widths) else cell
            for place, cell in enumerate(row)
        ]
        for depth in range(max((len(cell) for cell in cells), default=0)):
            texts = [cell[depth] if depth < len(cell) else "" for cell in cells]
            yield line(texts, "" if depth == 0 else "$muted")
    if total:
        yield line(total, "bold")

"""Figures, words and small charts as terminal cells. Pure: values in, text or `Content` out.

Widths are cells, never characters. What people typed is cleaned of control characters before it is measured.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from rich._wrap import divide_line
from rich.cells import cell_len, set_cell_size
from textual import content as textual_content
from textual.content import Content

from crm.core.i18n import _, language
from crm.core.money import shown

NB = "\u00a0"
_HARD = str.maketrans({NB: "\ue0a0", "\u202f": "\ue0a0"})
"""No-break spaces, wide and narrow → what stands for them where lines are broken: a sign of one cell that no text holds."""
ZERO = "·"
"""Nothing, where a figure would stand; tables draw it in `rule`."""
_STEPS = "▁▂▃▄▅▆▇"
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_BLANKS = re.compile(r"[ \t\r\n]+")
_BREAKS = str.maketrans("\t\r\n", "   ")
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def clean(text: str) -> str:
    """The text without anything that could move the cursor, hide or turn around what stands beside it."""
    if text.replace(NB, "").isprintable():
        return text
    spaced = text.translate(_BREAKS)
    return "".join(char for char in spaced if unicodedata.category(char) not in _UNSEEN)


def one_line(text: str) -> str:
    """The text on one line, single blanks between its words; no-break spaces stay."""
    return clean(_BLANKS.sub(" ", text).strip())


def fit(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells: padded, or cut with `…`."""
    text = clean(text)
    taken = cell_len(text)
    if taken > width:
        return set_cell_size(set_cell_size(text, width - 1) + "…", width) if width > 0 else ""
    blank = " " * (width - taken)
    return blank + text if right else text + blank


def _divided(text: str, width: int, fold: bool = True) -> list[int]:
    return divide_line(text.translate(_HARD), width, fold)


# Textual takes every blank for a place where a line may end; an amount stays with its currency, on every screen.
vars(textual_content)["divide_line"] = _divided


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of a width, never broken at a no-break space."""
    return [line.plain.rstrip() for line in Content(text).wrap(max(1, width))]


def hung(line: Content, indent: int, width: int) -> Content:
    """A line that begins with a label of `indent` cells; what has no room goes on below the text, not below the label."""
    if line.cell_length <= width:
        return line
    label, text = line.divide([indent])
    return Content.assemble(label, Content("\n" + " " * indent).join(text.wrap(max(1, width - indent))))


def amount(cents: int, currency: str, *, whole: bool = False) -> str:
    """An amount as on screen; zero is a dot."""
    return shown(cents, currency, whole=whole) if cents else ZERO


def lateness(days: int | None) -> str:
    """`+34 j` late, `−33 j` to come, nothing without a due date."""
    if days is None:
        return ""
    sign = "+" if days > 0 else "\u2212" if days < 0 else ""
    return sign + _("{days} d").format(days=abs(days)).replace(" ", NB)


def late_style(days: int | None) -> str:
    """The colour of a lateness: four steps, muted when nothing is late."""
    if days is None or days <= 0:
        return "$muted"
    return "$late1" if days <= 30 else "$late2" if days <= 60 else "$late3" if days <= 90 else "bold $late4"


def percent(part: int, whole: int, digits: int = 0) -> str:
    """A share, rounded half up: `24,5 %`. A part too small to show is `< 1 %`, never zero."""
    rate = (Decimal(100 * part) / whole).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) if whole else Decimal(0)
    if part > 0 and whole and rate == 0:
        return f"<{NB}" + _spell(Decimal(1).scaleb(-digits))
    return _spell(rate)


def _spell(rate: Decimal) -> str:
    return f"{rate}%" if language() == "en" else f"{rate}{NB}%".replace(".", ",")


def ageing_cells(parts: Sequence[int], width: int) -> tuple[int, ...]:
    """How many whole cells each part of a bar takes: `width` in all, at least one for what is not zero.

    The largest absorbs the rounding. Nothing owed takes no cell. The bar is at least as wide as it has parts.
    """
    sizes = [max(0, part) for part in parts]
    whole = sum(sizes)
    if not whole:
        return (0,) * len(sizes)
    cells = [max(1, (2 * width * size + whole) // (2 * whole)) if size else 0 for size in sizes]
    while (spare := width - sum(cells)) != 0:
        largest = cells.index(max(cells))
        cells[largest] += 1 if spare > 0 else -1
    return tuple(cells)


def ageing_bar(parts: Sequence[int], width: int, glyph: str = "█") -> Content:
    """One bar: not due, 1–30, 31–60, 61–90, over 90, left to right; all `rule` when nothing is owed."""
    cells = ageing_cells(parts, width)
    filled = [(glyph * count, f"$fill{place}") for place, count in enumerate(cells) if count]
    return Content.assemble(*filled) if filled else Content.styled("━" * width, "$rule")


def gauge(share: float, width: int, style: str = "$accent") -> Content:
    """`━━━━───`: how much of a whole. The figure stands behind it, always."""
    done = round(width * min(max(share, 0), 1))
    return Content.assemble(("━" * done, style), ("━" * (width - done), "$rule"))


def sparkline(values: Sequence[float], style: str = "$muted") -> Content:
    """A trend of 6 to 12 points, scaled to its own range; first and last value stand beside it in words."""
    if not values:
        return Content("")
    low, span = min(values), (max(values) - min(values)) or 1
    steps = "".join(_STEPS[round((len(_STEPS) - 1) * (value - low) / span)] for value in values)
    return Content.styled(steps, style)


def two_rows(values: Sequence[int], width: int, bar: int, style: str = "$accent") -> tuple[Content, Content]:
    """Columns two rows high, sixteen levels: the upper row and the lower one; what is not zero shows at least a step.

    Each column is `width` cells wide, its bar `bar` cells at its right end, above the figure that stands beneath.
    """
    most = max(values, default=0)
    upper, lower = [], []
    for value in values:
        level = max(1, round(16 * value / most)) if value > 0 and most else 0
        upper.append(" " * (width - bar) + _EIGHTHS[max(0, level - 8)] * bar)
        lower.append(" " * (width - bar) + _EIGHTHS[min(8, level)] * bar)
    return Content.styled("".join(upper), style), Content.styled("".join(lower), style)


def between(left: Content, right: Content, width: int) -> Content:
    """Two texts at the two ends of a line; the left one is cut when both do not fit."""
    room = width - right.cell_length
    if left.cell_length > room - 1:
        left = left.truncate(max(0, room - 1), ellipsis=True)
    return Content.assemble(left, " " * max(0, room - left.cell_length), right)

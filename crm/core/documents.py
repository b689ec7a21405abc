"""Documents: a sheet, a letter, or a text with its tables, as a PDF to print, send, sign or keep.

The layouts are Typst (`templates/sheets/sheet.typ`…); what they show is handed over as JSON, so that a name can never
become code. Fonts come with Typst: the same document gives the same bytes on every machine.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from crm.core.calendar import long_date
from crm.core.i18n import Language, _, language, use_language
from crm.core.money import Money
from crm.core.sheets import Cell, Kind, Sheet, Value, bare
from crm.core.templating import shipped_templates, written

_PORTRAIT_COLUMNS = 6
_SIZES = {6: 10.0, 9: 9.0, 12: 8.0}
_SMALLEST = 7.0
_RIGHT = frozenset({Kind.MONEY, Kind.DAYS, Kind.COUNT, Kind.PERCENT})
_SHORT_TEXT = 14
_LONG_TEXT = 40
_TAGGED_ROWS = 1000
"""Tags let a screen reader read the table; in longer ones they would be nine tenths of the file."""
_LONG_WORD = re.compile(r"\S{25,}")
_ZERO = "·"
_NARROW = "\u202f"
_NO_BREAK = "\u00a0"
_MAY_BREAK = "\u200b"
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def sheet_pdf(sheet: Sheet, *, company: str = "", language: Language) -> bytes:
    """The sheet as an A4 table, landscape when it has more than six columns; `company` stands above its title."""
    context = copy_context()
    context.run(use_language, language)
    return context.run(_compiled, sheet, company)


Part = Mapping[str, Any]
"""A part of a letter: `prose`, `title`, `table`, `facts`, `items` or `break`, with what it shows as texts (`letter.typ`)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to print: whom it is from and to, and its parts in order."""

    language: Language
    title: str
    sender: Sequence[str]
    recipient: Sequence[str]
    """The lines of the address, for the window of the envelope; the first is the name."""
    parts: Sequence[Part]
    qr: str = ""
    """The code of the payment as SVG; it stands beside the part `facts`."""
    footer: str = ""


def letters_pdf(letters: Sequence[Letter]) -> bytes:
    """Letters as one PDF, each beginning on a page of its own and counting its pages."""
    import typst

    layout = shipped_templates() / "letters" / "letter.typ"
    return typst.compile(
        layout,
        root=layout.parent,
        ignore_system_fonts=True,
        sys_inputs={"letters": json.dumps([_letter(letter) for letter in letters], ensure_ascii=False)},
        timestamp=0,  # a letter made again is the same letter
    )


def _letter(letter: Letter) -> dict[str, Any]:
    return {
        "language": letter.language,
        "title": _clean(letter.title),
        "sender": [_clean(line) for line in letter.sender],
        "recipient": [_clean(line) for line in letter.recipient],
        "parts": [_cleaned(part) for part in letter.parts],
        "qr": letter.qr,
        "footer": _clean(letter.footer),
    }


def _cleaned(value: Any) -> Any:
    """The same with every text fit to print."""
    match value:
        case str():
            return _clean(value)
        case Mapping():
            return {key: _cleaned(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_cleaned(inner) for inner in value]
        case other:
            return other


def _compiled(sheet: Sheet, company: str) -> bytes:
    return _typeset("sheets/sheet.typ", "sheet", _data(sheet, company), tagged=len(sheet.rows) <= _TAGGED_ROWS)


def deed_pdf(layout: str, data: Mapping[str, Any]) -> bytes:
    """A document of a shipped layout such as `plans/plan.typ`, from its data: texts, and lists and mappings of texts."""
    return _typeset(layout, "document", _texts(data), tagged=True)


def _typeset(layout: str, name: str, data: Any, *, tagged: bool) -> bytes:
    import typst

    path = shipped_templates() / layout
    return typst.compile(
        path,
        root=path.parent,
        ignore_system_fonts=True,
        sys_inputs={name: json.dumps(data, ensure_ascii=False)},
        pdf_tags=tagged,
        timestamp=0,  # a document made again is the same document
    )


def _texts(value: Any) -> Any:
    """The data with every text such as any printer can set it."""
    match value:
        case str():
            return _clean(value)
        case Mapping():
            return {key: _texts(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_texts(inner) for inner in value]
        case _:
            return value


def _data(sheet: Sheet, company: str) -> dict[str, Any]:
    """What the layout asks for, every value already a text."""
    kinds = [column.kind for column in sheet.columns]
    headings = [_clean(column.heading) for column in sheet.columns]
    rows = [[_printed(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in sheet.rows]
    totals = [[_printed(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in sheet.totals]
    longest = [max(map(len, column)) for column in zip(headings, *rows, *totals, strict=True)]
    return {
        "language": language(),
        "company": _clean(company),
        "title": _clean(sheet.title),
        "subtitle": _("Situation on {day}").format(day=long_date(sheet.as_of)) if sheet.as_of else "",
        "page": _("page {page} of {count}"),
        "landscape": len(kinds) > _PORTRAIT_COLUMNS,
        "size": next((size for count, size in _SIZES.items() if len(kinds) <= count), _SMALLEST),
        "columns": [
            {"heading": heading, "right": kind in _RIGHT, "weight": _weight(kind, length)}
            for heading, kind, length in zip(headings, kinds, longest, strict=True)
        ],
        "rows": rows,
        "totals": totals,
        "empty": _("Nothing to show."),
        "notes": [_clean(note) for note in (sheet.formula, *sheet.notes) if note],
    }


def _weight(kind: Kind, longest: int) -> int:
    """How much of the width left over a column takes; 0: only what it needs, and it is never broken."""
    return min(longest, _LONG_TEXT) if kind is Kind.TEXT and longest > _SHORT_TEXT else 0


def _printed(cell: Value | Cell, kind: Kind) -> str:
    value = bare(cell)
    match value, kind:
        case None, _:
            return ""
        case Money(cents=0), _:
            return _ZERO
        case int(), Kind.DAYS:
            return _("{count} d").format(count=value).replace(" ", _NO_BREAK)
        case int(), Kind.COUNT:
            return f"{value:,}".replace(",", _NARROW if language() == "fr" else ",")
        case ((int() | str()), Kind.PERCENT):
            return _percent(str(value))
        case _:
            return _clean(str(written(value)))


def _percent(figure: str) -> str:
    return f"{figure.replace('.', ',')}{_NARROW}%" if language() == "fr" else f"{figure}%"


def _clean(text: str) -> str:
    """A text that any printer can set: no control signs, and long words that may be broken."""
    plain = _DIRECTIONS.sub("", text)
    plain = "".join(" " if unicodedata.category(sign) in {"Cc", "Cs"} else sign for sign in plain)
    return _LONG_WORD.sub(lambda word: _MAY_BREAK.join(re.findall(".{1,24}", word[0])), plain)

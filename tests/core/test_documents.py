"""A sheet as a PDF: what stands in it, how it is laid out, and that no name becomes code."""

import json
import re
from dataclasses import dataclass
from datetime import date

import pytest
import typst

from crm.core.documents import sheet_pdf
from crm.core.i18n import language, use_language
from crm.core.money import eur
from crm.core.sheets import Column, Kind, Sheet

NAME = Column("name", "Client")
OPEN = Column("open", "Reste dû", Kind.MONEY)


@dataclass(frozen=True)
class Printed:
    """A document as Typst understood it."""

    table: list[list[str]]
    paragraphs: list[str]
    pages: list[bytes]

    @property
    def width(self) -> float:
        return float(re.search(rb'width="([\d.]+)pt"', self.pages[0])[1])


@pytest.fixture
def printed(monkeypatch):
    """Lays a sheet out and reads it back from Typst."""

    def read(sheet: Sheet, company: str = "", language: str = "fr") -> Printed:
        taken = {}
        with monkeypatch.context() as patch:
            patch.setattr(typst, "compile", lambda layout, **options: taken.update(options, layout=layout) or b"")
            sheet_pdf(sheet, company=company, language=language)
        layout, given = taken["layout"], {"sys_inputs": taken["sys_inputs"], "ignore_system_fonts": True}
        (table,) = json.loads(typst.query(layout, "table", **given))
        paragraphs = json.loads(typst.query(layout, "par", **given))
        pages = typst.compile(layout, format="svg", **given)
        header, *rows = table["children"]
        cells = [text(cell) for cell in header["children"] + [part for part in rows if part["func"] == "cell"]]
        across = len(sheet.columns)
        return Printed(
            [cells[start : start + across] for start in range(0, len(cells), across)],
            [text(paragraph["body"]) for paragraph in paragraphs],
            pages if isinstance(pages, list) else [pages],
        )

    return read


@pytest.fixture(autouse=True)
def in_french():
    use_language("fr")
    yield
    use_language("fr")


def text(node) -> str:
    """All the text below a node of Typst, and nothing but text."""
    match node:
        case {"func": "text", "text": words}:
            return words
        case {"func": "styled", "child": child}:
            return text(child)
        case {"func": "cell", "body": body}:
            return text(body)
    raise AssertionError(f"not a text: {node}")


def a_sheet(*rows, **more) -> Sheet:
    return Sheet("Balance âgée", (NAME, OPEN), rows, **more)


def test_a_sheet_is_a_pdf_and_the_same_one_each_time():
    sheet = a_sheet(("Dupont", eur("1250.50")), as_of=date(2026, 11, 24))
    first = sheet_pdf(sheet, company="Atelier Morvan", language="fr")
    assert first.startswith(b"%PDF-")
    assert first == sheet_pdf(sheet, company="Atelier Morvan", language="fr")


def test_a_sheet_in_french(printed):
    """
    Client    Reste dû
    Dupont  1 250,50 €
    Noël             ·
    Total   1 250,50 €
    """
    sheet = a_sheet(
        ("Dupont", eur("1250.50")),
        ("Noël", eur(0)),
        totals=(("Total", eur("1250.50")),),
        as_of=date(2026, 12, 1),
        formula="Ce qui est ouvert.",
        notes=("Une note.",),
    )
    document = printed(sheet, company="Atelier Morvan")
    assert document.table == [
        ["Client", "Reste dû"],
        ["Dupont", "1\u202f250,50\u00a0€"],
        ["Noël", "·"],
        ["Total", "1\u202f250,50\u00a0€"],
    ]
    company, title, as_of, formula, note = document.paragraphs
    assert (company, title, formula, note) == ("Atelier Morvan", "Balance âgée", "Ce qui est ouvert.", "Une note.")
    assert as_of.endswith("mardi 1er décembre 2026")


KINDS = tuple(Column(kind.value, kind.value, kind) for kind in Kind)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", ["F2026-0113", "−12\u202f450,30\u00a0€", "30/10/2026", "34", "1\u202f234", "24,5\u202f%"]),
        ("en", ["F2026-0113", "−€12,450.30", "30 October 2026", "34", "1,234", "24.5%"]),
    ],
)
def test_every_kind_of_value_is_written_in_the_language_asked_for(printed, language, expected):
    row = ("F2026-0113", eur("-12450.30"), date(2026, 10, 30), 34, 1234, "24.5")
    _header, cells, nothing = printed(Sheet("T", KINDS, (row, (None,) * 6)), language=language).table
    assert cells[3].startswith("34\u00a0")
    assert [*cells[:3], cells[3][:2], *cells[4:]] == expected
    assert nothing == [""] * 6


def test_the_language_of_a_document_is_not_that_of_the_user():
    sheet_pdf(a_sheet(), language="en")
    assert language() == "fr"


def test_six_columns_stand_upright_and_seven_lie_down(printed):
    columns = tuple(Column(str(n), str(n), Kind.MONEY) for n in range(7))
    upright = printed(Sheet("T", columns[:6], (tuple(eur(n) for n in range(6)),)))
    lying = printed(Sheet("T", columns, (tuple(eur(n) for n in range(7)),)))
    assert upright.width == pytest.approx(595.28, abs=0.1)
    assert lying.width == pytest.approx(841.89, abs=0.1)


def test_a_long_sheet_goes_over_several_pages(printed):
    rows = [(f"Client {n}", eur(n)) for n in range(120)]
    document = printed(a_sheet(*rows))
    assert len(document.pages) == 3
    assert len(document.table) == 121


def test_a_sheet_too_long_for_tags_stays_small():
    pdf = sheet_pdf(a_sheet(*[("Dupont", eur(n)) for n in range(1, 1002)]), language="fr")
    assert b"/StructTreeRoot" not in pdf
    assert len(pdf) < 200_000
    assert b"/StructTreeRoot" in sheet_pdf(a_sheet(("Dupont", eur(1))), language="fr")


def test_an_empty_sheet_says_so(printed):
    document = printed(a_sheet())
    assert document.table == [["Client", "Reste dû"]]
    assert len(document.pages) == 1


def test_many_columns_still_fit_on_the_page(printed):
    columns = (NAME, *(Column(str(n), f"Colonne {n}", Kind.MONEY) for n in range(13)))
    document = printed(Sheet("T", columns, (("Dupont", *[eur("1234567.89")] * 13),)))
    assert len(document.pages) == 1


HOSTILE = [
    '#panic("run")', '#import "@preview/cetz:0.3.0": *', '#read("/etc/passwd")', "#sys.inputs", "#", "]", "[", "}", ")",
    "$", "$x^2$", '"', '")', "\\", "\\u{41}", "`", "```", "*gras*", "_it_", "= Titre", "- liste", "+ un", "/ t: d",
    "<label>", "@ref", "// note", "/* note", "~", "--", "...", "'", "{page}", "{count}", "https://example.org", "&amp;",
    "%s", "{0}",
]  # fmt: skip  # read as a table: columns side by side


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_code(printed, name):
    columns, row = (Column("a", name), Column("b", name)), (name, name)
    sheet = Sheet(name, columns, (row,), totals=(row,), formula=name, notes=(name,))
    document = printed(sheet, company=name)
    assert document.table == [[name, name]] * 3
    assert document.paragraphs == [name] * 4


@pytest.mark.parametrize(
    ("name", "set_as"),
    [
        ("a\x00b\nc\td", "a b c d"),
        ("Dupont\u202ednopuD", "DupontdnopuD"),
        ("\ud800", " "),
        ("W" * 50, "W" * 24 + "\u200b" + "W" * 24 + "\u200bWW"),
        ("Œuvre d’Été & Fils — « ça » 100 € 名前 🙂 عربي", "Œuvre d’Été & Fils — « ça » 100 € 名前 🙂 عربي"),
    ],
)
def test_a_name_that_no_printer_can_set_is_made_one_that_it_can(printed, name, set_as):
    assert printed(a_sheet((name, None))).table[1][0] == set_as


def test_a_row_of_another_width_is_a_fault_of_the_program():
    with pytest.raises(ValueError, match="longer"):
        sheet_pdf(a_sheet(("Dupont",)), language="fr")

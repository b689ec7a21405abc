"""The aged balance and documents as columns and words."""

from dataclasses import replace
from datetime import date

import pytest
from fakes import CUSTOMERS, TODAY, a_customer, documents_of

from crm.core.i18n import _
from crm.core.money import shown
from crm.receivables.ageing import AgeingLine, Bucket, DocumentLine, Standing
from crm.tui.headlines import customer_sentence, nothing_owed
from crm.tui.ledgers import (
    DocumentRow,
    Order,
    balance_columns,
    bucket_of_row,
    document_columns,
    document_rows,
    found,
    sorted_lines,
    standing_words,
    sum_of,
)


def an_invoice(**more: object) -> DocumentLine:
    line = documents_of(a_customer("Caron", 0, 1000), TODAY)[0]
    return replace(line, **{"assumed_due": False, **more})  # type: ignore[arg-type]  # one of the kinds a table gives


def names(lines: list[AgeingLine]) -> list[str]:
    return [line.name for line in lines]


def test_the_oldest_money_comes_first() -> None:
    ordered = names(sorted_lines(CUSTOMERS, Order.OLDEST))
    assert ordered[:5] == [
        "Transports Girard",
        "Maçonnerie Le Goff",
        "Menuiserie Caron",
        "Auberge du Menez",
        "Hôtel de la Plage",
    ]
    assert ordered[-1] == "Cordonnerie Ty Ler"


def test_names_are_sorted_as_in_a_directory() -> None:
    ordered = names(sorted_lines(CUSTOMERS, Order.NAME))
    assert ordered.index("Dupont Frères") < ordered.index("Électricité Morvan") < ordered.index("Fleurs & Saisons")


def test_the_largest_total_first() -> None:
    totals = [line.total for line in sorted_lines(CUSTOMERS, Order.TOTAL)]
    assert totals == sorted(totals, reverse=True)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("electric", ["Électricité Morvan"]),
        ("MORLAIX", ["Électricité Morvan", "Pharmacie du Marché"]),
        ("halles cave", ["Cave des Halles"]),
        ("fleurs & sai", ["Fleurs & Saisons"]),
        ("[bold]x", []),
        ("xyz", []),
    ],
)
def test_a_search_knows_no_accents_and_no_order(typed: str, expected: list[str]) -> None:
    assert names(found(CUSTOMERS, typed)) == expected


def test_columns_add_to_the_total_in_cents() -> None:
    whole = sum_of(CUSTOMERS, "EUR")
    assert sum(whole.cents(bucket) for bucket in Bucket) == whole.total == 12_635_265


def test_narrow_leaves_out_what_is_not_late_and_the_cents() -> None:
    wide = balance_columns(CUSTOMERS, "EUR", Order.OLDEST, narrow=False)
    narrow = balance_columns(CUSTOMERS, "EUR", Order.OLDEST, narrow=True)
    assert (len(wide), len(narrow)) == (8, 6)
    assert [column.says(CUSTOMERS[0]) for column in narrow] == [
        "Transports Girard",
        "·",
        "2\u00a0140\u00a0€",
        "4\u00a0300\u00a0€",
        "14\u00a0280\u00a0€",
        "20\u00a0720\u00a0€",
    ]


def test_the_largest_amount_has_room_in_its_column() -> None:
    giant = a_customer("Géant", 0, 0, 0, 0, 9_999_999_999.99)
    columns = balance_columns([giant], "EUR", Order.TOTAL, narrow=False)
    assert all(len(column.says(giant)) <= max(column.width, column.most) for column in columns)


def test_a_disputed_part_stands_on_a_line_of_its_own() -> None:
    rows = document_rows([an_invoice(disputed=31_950, open=100_000, total=100_000)], "EUR", TODAY)
    assert [(row.open, row.part) for row in rows] == [(68_050, False), (31_950, True)]
    assert sum(row.open for row in rows) == 100_000


def test_another_currency_is_not_among_them() -> None:
    lines = [an_invoice(number="F-1"), an_invoice(number="F-2", currency="USD")]
    assert [row.line.number for row in document_rows(lines, "USD", TODAY)] == ["F-2"]


def test_the_latest_document_comes_first() -> None:
    rows = document_rows(documents_of(CUSTOMERS[1], TODAY), "EUR", TODAY)
    assert [row.days for row in rows if not row.part] == [47, 21, -12]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (an_invoice(), ["nothing allocated yet"]),
        (an_invoice(assumed_due=True), ["nothing allocated yet", "due date assumed"]),
        (an_invoice(standing=Standing.NOT_DUE, days_overdue=0), ["not due yet"]),
        (an_invoice(kind="credit_note", total=-5000, open=-5000), ["credit note to allocate"]),
    ],
)
def test_where_a_document_stands(line: DocumentLine, expected: list[str]) -> None:
    words = standing_words(DocumentRow(line, line.open, 21))
    assert words == " · ".join(_(fact) for fact in expected)


def test_what_is_settled_in_part_says_how_much() -> None:
    line = an_invoice(total=150_000, open=100_000)
    settled = _("{amount} already settled").format(amount=shown(50_000, "EUR"))
    assert standing_words(DocumentRow(line, line.open, 21)) == settled


def test_a_whole_dispute_carries_its_glyph() -> None:
    line = an_invoice(standing=Standing.DISPUTED, disputed=100_000)
    assert standing_words(DocumentRow(line, line.open, 21)) == "■ " + _("in dispute")


def test_a_credit_note_is_neither_late_nor_to_come() -> None:
    line = an_invoice(kind="credit_note", total=-5000, open=-5000, days_overdue=0)
    (row,) = document_rows([line], "EUR", TODAY)
    assert (row.days, bucket_of_row(row)) == (None, Bucket.UNALLOCATED)


def test_dates_carry_their_year_only_when_it_is_another() -> None:
    rows = document_rows([an_invoice(issue_date=date(2025, 12, 1), due_date=date(2026, 1, 15))], "EUR", TODAY)
    issued, due = document_columns(rows, "EUR", TODAY)[1:3]
    assert (issued.says(rows[0]), due.says(rows[0])) == ("1er déc. 2025", "15 janv.")


def test_a_customer_in_a_sentence() -> None:
    owed = customer_sentence(CUSTOMERS[0])
    assert shown(2_072_000, "EUR") in owed
    assert "96" in owed
    assert shown(14_500, "EUR") in customer_sentence(CUSTOMERS[-1])
    assert shown(40_000, "EUR") in customer_sentence(a_customer("Avoir", unallocated=-400))


def test_why_the_balance_is_empty() -> None:
    first = nothing_owed(TODAY, looking_back=False, ever=False)
    settled = nothing_owed(TODAY, looking_back=False, ever=True)
    back = nothing_owed(date(2026, 3, 31), looking_back=True, ever=True)
    assert first.actions == {"import_file", "example", "retry"}
    assert len({first.title, settled.title, back.title}) == 3
    assert "31 mars 2026" in back.title

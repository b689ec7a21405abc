"""A file of invoices as a book, for judging the model: nothing of it reaches the database."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from crm.core.columns import ColumnSpec, match_columns
from crm.core.errors import Invalid
from crm.core.exchange import Cells, Source
from crm.core.i18n import _
from crm.core.problems import ProblemList, Unreadable
from crm.core.tabular import open_table
from crm.law.terms import PaymentTerms, due_date
from crm.receivables.invoices_csv import InvoicesCsv
from crm.risk.book import NEVER, Book

_COLUMNS = (*InvoicesCsv.columns, ColumnSpec("country", synonyms=("pays", "countrycode", "country code")))
_CREDITS = frozenset({"credit note", "credit_note", "avoir", "av"})


def book_of(source: Source, mapping: Mapping[str, str], default_terms: str) -> Book:
    """The invoices of a file; credit notes, and lines that cannot be read, are left out. Disputes are not looked at.

    Raises:
        Unreadable: the file cannot be read, or holds no invoice.
    """
    codes: dict[str, int] = {}
    countries: dict[str, int] = {}
    of_customer: dict[int, int] = {}
    lines: list[tuple[int, int, int, int, float]] = []
    with source.open() as stream:
        table = open_table(stream, source.name)
        places, _unknown = match_columns(table.headings, _COLUMNS, mapping)
        reading = table.decide(
            [place for name in InvoicesCsv.dates if (place := places[name]) is not None],
            [place for name in InvoicesCsv.amounts if (place := places[name]) is not None],
        )
        cells, terms = Cells(places), PaymentTerms.parse(default_terms)

        def day(name: str) -> date | None:
            return reading.dates.read(text) if (text := cells[name]) else None

        for _line, row in table.rows(ProblemList()):
            cells.row = row
            try:
                issued, total = day("issue_date"), reading.amounts.cents(cells["total_incl_tax"])
                if issued is None or not cells["customer"] or total < 0 or cells["kind"].lower() in _CREDITS:
                    continue
                due = day("due_date") or due_date(issued, terms)
                paid = day("paid_date")
                if (part := cells["paid_amount"]) and abs(reading.amounts.cents(part)) < total:
                    paid = None
            except Invalid:
                continue
            who = codes.setdefault(cells["customer"], len(codes))
            of_customer.setdefault(who, countries.setdefault(cells["country"], len(countries)))
            settled = NEVER if paid is None else paid.toordinal()
            lines.append((who, issued.toordinal(), due.toordinal(), settled, total / 100))
    if not lines:
        raise Unreadable(_("The file holds no invoice."))
    # The same invoices in another order are the same book.
    lines.sort(key=lambda line: (line[1], line[2], line[3], line[4], line[0]))
    customer, issued_on, due_on, settled_on, amount = (np.array(column) for column in zip(*lines, strict=True))
    groups = {"country": np.array([of_customer[who] for who in range(len(codes))])} if len(countries) > 1 else {}
    return Book(len(codes), customer, issued_on, due_on, settled_on, amount.astype(np.float64), groups)

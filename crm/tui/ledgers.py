"""The aged balance and a customer's documents as columns and words. Pure: report lines in, table columns out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter

from crm.core.calendar import shown_date
from crm.core.i18n import _, mark
from crm.core.money import shown
from crm.core.names import name_key
from crm.receivables.ageing import AGES, AgeingLine, Bucket, DocumentLine, Standing, bucket_of, totals
from crm.tui.cells import amount, late_style, lateness
from crm.tui.widgets.sheet_table import TableColumn
from crm.tui.words import bucket_name

_BUCKET_STYLES = {
    Bucket.NOT_DUE: "$muted",
    Bucket.DAYS_1_30: "",
    Bucket.DAYS_31_60: "$late2",
    Bucket.DAYS_61_90: "$late3",
    Bucket.OVER_90: "bold $late4",
    Bucket.UNALLOCATED: "$ok",
}
_FIELDS = {
    Bucket.NOT_DUE: "not_due",
    Bucket.DAYS_1_30: "days_1_30",
    Bucket.DAYS_31_60: "days_31_60",
    Bucket.DAYS_61_90: "days_61_90",
    Bucket.OVER_90: "over_90",
    Bucket.UNALLOCATED: "unallocated",
}
_LEAVES = {Bucket.UNALLOCATED: 6, Bucket.NOT_DUE: 5, Bucket.DAYS_1_30: 4, Bucket.DAYS_31_60: 3, Bucket.DAYS_61_90: 2}
"""What goes first when even the columns of a screen have no room: the oldest money stays to the end."""
_LONGEST_NAME = 40


class Order(StrEnum):
    """In which order the customers stand."""

    OLDEST = "oldest"
    TOTAL = "total"
    NAME = "name"


ORDER_SENTENCES = {
    Order.OLDEST: mark("Sorted by age, the oldest money first."),
    Order.TOTAL: mark("Sorted by total, the largest first."),
    Order.NAME: mark("Sorted by name."),
}


@lru_cache(maxsize=2**18)
def _key(*texts: str) -> str:
    return name_key(" ".join(texts))


def fold_names(lines: Iterable[AgeingLine]) -> None:
    """Fold what is searched and sorted by beforehand: worth a thread with a hundred thousand customers."""
    for line in lines:
        _key(line.name)
        _key(line.name, line.city, line.customer)


def sorted_lines(lines: Iterable[AgeingLine], order: Order) -> list[AgeingLine]:
    """The customers in an order; the same figures by name."""
    named = sorted(lines, key=lambda line: _key(line.name))
    if order is Order.NAME:
        return named
    if order is Order.TOTAL:
        return sorted(named, key=lambda line: -line.total)
    return sorted(named, key=lambda line: tuple(-cents for cents in reversed(line.ages)))


def found(lines: Iterable[AgeingLine], words: str) -> list[AgeingLine]:
    """The customers whose name, city or number hold every word typed."""
    wanted = name_key(words).split()
    if not wanted:
        return list(lines)
    return [line for line in lines if all(word in _key(line.name, line.city, line.customer) for word in wanted)]


def sum_of(lines: Sequence[AgeingLine], currency: str) -> AgeingLine:
    """The total line of customers in one currency."""
    return totals(tuple(lines)).get(currency, AgeingLine("", "", "", currency))


def balance_columns(
    lines: Sequence[AgeingLine], currency: str, order: Order, *, narrow: bool
) -> list[TableColumn[AgeingLine]]:
    """Customer, ages, unallocated, total; narrow: whole amounts, and the ages that are late only."""
    left_out = {Bucket.NOT_DUE, Bucket.UNALLOCATED} if narrow else set()
    names = max((len(line.name) for line in lines), default=0)
    least = 18 if narrow else 26
    return [
        TableColumn(
            _("Customer"),
            width=least,
            says=lambda line: line.name or line.customer,
            most=max(least, min(names, _LONGEST_NAME)),
            lead=True,
            marked=order is Order.NAME,
        ),
        *(
            _bucket_column(lines, bucket, currency, order, whole=narrow)
            for bucket in (*AGES, Bucket.UNALLOCATED)
            if bucket not in left_out
        ),
        TableColumn(
            _("Total"),
            width=_width([line.total for line in lines], currency, whole=narrow),
            says=lambda line: amount(line.total, currency, whole=narrow),
            right=True,
            marked=order is Order.TOTAL,
        ),
    ]


def _bucket_column(
    lines: Sequence[AgeingLine], bucket: Bucket, currency: str, order: Order, *, whole: bool
) -> TableColumn[AgeingLine]:
    cents: Callable[[AgeingLine], int] = attrgetter(_FIELDS[bucket])
    heading = bucket_name(bucket)
    marked = order is Order.OLDEST and bucket is Bucket.OVER_90
    return TableColumn(
        heading,
        width=max(_width([cents(line) for line in lines], currency, whole=whole), len(heading) + 2 * marked),
        says=lambda line: amount(cents(line), currency, whole=whole),
        style=_BUCKET_STYLES[bucket],
        right=True,
        leaves=_LEAVES.get(bucket, 0),
        marked=marked,
    )


def _width(cents: Sequence[int], currency: str, *, whole: bool) -> int:
    """Wide enough for the largest amount, and for the usual ones so that screens resemble each other."""
    usual = 9 if whole else 12
    return max(
        usual, *(len(shown(edge, currency, whole=whole)) for edge in (max(cents, default=0), min(cents, default=0)))
    )


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """An open document, or the disputed part of one on a line of its own."""

    line: DocumentLine
    open: int
    days: int | None
    """Days late; negative: days to come."""
    part: bool = False


def document_rows(lines: Iterable[DocumentLine], currency: str, as_of: date) -> list[DocumentRow]:
    """The open documents of a currency, the latest first; a part in dispute follows its invoice."""
    rows = []
    for line in sorted(lines, key=lambda line: (-(_days(line, as_of) or 0), line.number)):
        if line.currency != currency:
            continue
        split = 0 < line.disputed < line.open
        rows.append(DocumentRow(line, line.open - line.disputed if split else line.open, _days(line, as_of)))
        if split:
            rows.append(DocumentRow(line, line.disputed, None, part=True))
    return rows


def _days(line: DocumentLine, as_of: date) -> int | None:
    if line.total < 0:
        return None
    if line.days_overdue:
        return line.days_overdue
    return (as_of - line.due_date).days if line.due_date else None


def document_columns(rows: Sequence[DocumentRow], currency: str, today: date) -> list[TableColumn[DocumentRow]]:
    """Number, dates, amounts, lateness, and where it stands in words."""
    numbers = max((len(_number(row)) for row in rows), default=0)
    issued = max((len(_date(row, row.line.issue_date, today)) for row in rows), default=0)
    due = max((len(_date(row, row.line.due_date, today)) for row in rows), default=0)
    money = _width([row.line.total for row in rows], currency, whole=False)
    return [
        TableColumn(
            _("Invoice"), max(10, min(numbers, 20)), _number, lambda row: "$muted" if row.part else "", lead=True
        ),
        TableColumn(
            _("Issued"),
            max(9, issued),
            lambda row: _date(row, row.line.issue_date, today),
            "$muted",
            before=1,
            leaves=4,
        ),
        TableColumn(_("Due"), max(9, due), lambda row: _date(row, row.line.due_date, today), "$muted", leaves=1),
        TableColumn(_("Amount"), money, lambda row: _total(row, currency), "$muted", right=True, leaves=3),
        TableColumn(_("Remaining"), money, lambda row: shown(row.open, currency), right=True, before=1),
        TableColumn(
            _("Late"), 7, lambda row: lateness(row.days), lambda row: late_style(row.days), right=True, before=1
        ),
        TableColumn(_("Where it stands"), 15, standing_words, _standing_style, most=200, before=2, leaves=2),
    ]


def _number(row: DocumentRow) -> str:
    return "  └ " + _("dispute") if row.part else row.line.number


def _date(row: DocumentRow, day: date | None, today: date) -> str:
    return "" if row.part or day is None else shown_date(day, today)


def _total(row: DocumentRow, currency: str) -> str:
    return "" if row.part else shown(row.line.total, currency)


def standing_words(row: DocumentRow) -> str:
    """Where a document stands, from facts alone."""
    line = row.line
    if row.part:
        return "■ " + _("part in dispute")
    if line.total < 0:
        return _("credit note to allocate")
    facts = [_first_fact(row)]
    if line.assumed_due:
        facts.append(_("due date assumed"))
    return " · ".join(fact for fact in facts if fact)


def _first_fact(row: DocumentRow) -> str:
    line = row.line
    if line.standing is Standing.DISPUTED and row.open == line.open:
        return "■ " + _("in dispute")
    settled = line.total - line.open
    if settled > 0:
        return _("{amount} already settled").format(amount=shown(settled, line.currency))
    return _("nothing allocated yet") if line.standing is not Standing.NOT_DUE else _("not due yet")


def _standing_style(row: DocumentRow) -> str:
    plain = row.part or row.line.standing is Standing.NOT_DUE
    return "$muted" if plain else ""


def bucket_of_row(row: DocumentRow) -> Bucket:
    """The column of the aged balance that a document's row counts in."""
    return Bucket.UNALLOCATED if row.line.total < 0 else bucket_of(row.line.days_overdue)

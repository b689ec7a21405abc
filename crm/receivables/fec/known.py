"""What is here already when a FEC comes in: its years and lines, documents of other origin, and who matched what."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col
from sqlmodel import select as select_rows

from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.core.runner import Context
from crm.receivables.fec.ledger import DIFFERENCE, Line
from crm.receivables.fec.models import AccountingItem, AccountingYear
from crm.receivables.models import Allocation, Instalment, Invoice, Payment

_ITEM, _ALLOCATION = table_of(AccountingItem), table_of(Allocation)
_INVOICE, _INSTALMENT, _PAYMENT = table_of(Invoice), table_of(Instalment), table_of(Payment)
_AT_ONCE = 5_000
_MONTHS = 366
_SAME_PAYMENT_DAYS = 12
"""Bank and books date one payment at most so many days apart."""


class Item(NamedTuple):
    """A line that was read before."""

    id: int
    year_id: int
    place: int
    party: str
    account: str
    auxiliary: str
    journal: str
    number: str
    dated: date
    issued: date
    piece: str
    label: str
    cents: int
    code: str
    role: str
    rule: str
    customer_id: int
    instalment_id: int | None
    payment_id: int | None
    linked: bool
    outside: bool
    cleared: bool
    entry_id: int | None


_ITEM_COLUMNS = (
    _ITEM.c.id, _ITEM.c.year_id, _ITEM.c.place, _ITEM.c.party, _ITEM.c.account, _ITEM.c.auxiliary, _ITEM.c.journal,
    _ITEM.c.entry_number, _ITEM.c.dated, _ITEM.c.issued, _ITEM.c.piece, _ITEM.c.label, _ITEM.c.cents, _ITEM.c.code, _ITEM.c.role, _ITEM.c.rule,
    _ITEM.c.customer_id, _ITEM.c.instalment_id, _ITEM.c.payment_id, _ITEM.c.linked, _ITEM.c.outside, _ITEM.c.cleared, _ITEM.c.entry_id,
)  # fmt: skip  # read as a table: columns side by side


def items(context: Context) -> list[Item]:
    """Every line read before, in the order of the files."""
    query = select(*_ITEM_COLUMNS).order_by(_ITEM.c.id)
    return [Item._make(row) for row in context.session.connection().execute(query)]


def years(context: Context) -> list[AccountingYear]:
    """The years read before, the earliest first."""
    return list(context.session.exec(select_rows(AccountingYear).order_by(col(AccountingYear.starts))))


def year_of(
    known: Sequence[AccountingYear],
    items: Iterable[Item],
    lines: Iterable[Line],
    found: tuple[date | None, date, date | None],
) -> tuple[AccountingYear | None, date]:
    """The year a file belongs to, if it is known, and when that year begins as far as the file tells.

    `found` is the day of its opening entries, of its first entry, and the closing day of its name. A year whose lines are in
    the file is the file's, whatever its name and days say.
    """
    opening, first, closing = found
    start = _start(opening, first, closing)
    if (shared := _shared(known, items, lines)) is not None:
        return shared, shared.starts if shared.opened or opening is None else start
    for year in known:
        if year.starts == start:
            return year, start
    if opening is None:
        for year in reversed(known):
            if year.starts <= first <= max(year.starts + timedelta(days=_MONTHS - 1), year.last_entry):
                return year, year.starts
    for year in known:
        if not year.opened and start < year.starts < start + timedelta(days=_MONTHS):
            return year, start
    return None, start


def _shared(known: Sequence[AccountingYear], items: Iterable[Item], lines: Iterable[Line]) -> AccountingYear | None:
    """The year most of whose lines are in the file."""
    if not known:
        return None
    there = {(line.dated, line.account, line.auxiliary, line.cents, line.journal, line.number) for line in lines}
    counted = Counter(
        item.year_id
        for item in items
        if (item.dated, item.account, item.auxiliary, item.cents, item.journal, item.number) in there
    )
    if not counted:
        return None
    key = counted.most_common(1)[0][0]
    return next(year for year in known if year.id == key)


def _start(opening: date | None, first: date, closing: date | None) -> date:
    if opening is not None:
        return min(opening, first)
    if closing is not None:
        begins = date(closing.year - 1, closing.month, min(closing.day, 28)) + timedelta(days=1)
        if closing.day > 28:
            begins = date(closing.year - (closing.month != 12), closing.month % 12 + 1, 1)
        if begins <= first < begins + timedelta(days=62):
            return begins
    return first.replace(day=1)


@dataclass
class Compared:
    """The lines of a file beside those of its year that are here."""

    same: list[tuple[Line, Item]] = field(default_factory=list)
    changed: list[tuple[Line, Item]] = field(default_factory=list)
    """Known, with another amount, day, reference or number."""
    new: list[Line] = field(default_factory=list)
    gone: list[Item] = field(default_factory=list)
    """No longer in the file, though the lines that came with them are."""
    repeats: bool = False
    """The file brings nothing but what earlier files brought."""
    continues: bool = False
    """The file is another part of the year: none of its lines were here."""


def compare(lines: Sequence[Line], known: Sequence[Item], first: date, last: date) -> Compared:
    """Find each line again: as it was, renumbered or renamed, or with a corrected amount or day."""
    found = Compared()
    left = {item.id: item for item in known if item.cents and item.role != DIFFERENCE}
    if not left:
        found.new = list(lines)
        found.continues = any(item.cents for item in known)
        return found
    waiting: Sequence[Line] = lines
    for exact, ours, theirs in (
        (
            True,
            lambda one: (one.journal, one.number, one.dated, one.account, one.auxiliary, one.piece, one.label, one.cents),
            lambda one: (one.journal, one.number, one.dated, one.account, one.auxiliary, one.piece, one.label, one.cents),
        ),
        (
            False,
            lambda one: (one.dated, one.account, one.auxiliary, one.cents, one.piece),
            lambda one: (one.dated, one.account, one.auxiliary, one.cents, one.piece),
        ),
        (
            False,
            lambda one: (one.journal, one.number, one.account, one.auxiliary, one.piece, one.cents > 0) if one.number and one.piece else None,
            lambda one: (one.journal, one.number, one.account, one.auxiliary, one.piece, one.cents > 0) if one.number and one.piece else None,
        ),
        (
            False,
            lambda one: (one.journal, one.number, one.account, one.auxiliary, one.dated, one.cents > 0) if one.number else None,
            lambda one: (one.journal, one.number, one.account, one.auxiliary, one.dated, one.cents > 0) if one.number else None,
        ),
    ):  # fmt: skip  # read as a table: columns side by side
        by_key: dict[Any, list[Item]] = defaultdict(list)
        for item in reversed(left.values()):
            by_key[ours(item)].append(item)
        by_key.pop(None, None)
        still = []
        for line in waiting:
            alike = by_key.get(theirs(line))
            if not alike:
                still.append(line)
                continue
            item = alike.pop()
            left.pop(item.id)
            (found.same if exact else found.changed).append((line, item))
        waiting = still
        if not waiting or not left:
            break
    found.new = list(waiting)
    found.gone = _gone(found, known, list(left.values()), first, last)
    found.continues = not found.same and not found.changed
    return found


def _gone(found: Compared, known: Sequence[Item], left: Sequence[Item], first: date, last: date) -> list[Item]:
    """Which lines have left the file. A file of another part of the year takes nothing away."""
    if not left:
        found.repeats = not found.new and not found.changed
        return []
    of_batch: Counter[int | None] = Counter(item.entry_id for item in known if item.cents and item.role != DIFFERENCE)
    missing: Counter[int | None] = Counter(item.entry_id for item in left)
    partly = {batch for batch, count in missing.items() if count < of_batch[batch]}
    found.repeats = not found.new and not found.changed and not partly
    if found.repeats:
        return []
    seen = len(found.same) + len(found.changed)
    nearly_all = seen >= 4 * len(left)
    return [
        item
        for item in left
        if first <= item.dated <= last
        and (nearly_all or (item.entry_id in partly and 2 * missing[item.entry_id] <= of_batch[item.entry_id]))
    ]


class KnownInvoice(NamedTuple):
    """A document that is here under a number."""

    customer_id: int
    cents: int
    instalment_id: int
    instalments: int


def invoices(context: Context, numbers: Iterable[str]) -> dict[str, KnownInvoice]:
    """The documents of some numbers."""
    found: dict[str, KnownInvoice] = {}
    if context.session.exec(select_rows(Invoice.id).limit(1)).first() is None:
        return found
    for part in in_chunks(sorted(set(numbers)), _AT_ONCE):
        query = (
            select(
                _INVOICE.c.number,
                _INVOICE.c.customer_id,
                _INVOICE.c.total_cents,
                func.min(_INSTALMENT.c.id),
                func.count(_INSTALMENT.c.id),
            )
            .select_from(_INVOICE.join(_INSTALMENT, _INSTALMENT.c.invoice_id == _INVOICE.c.id))
            .where(_INVOICE.c.number.in_(part))
            .group_by(_INVOICE.c.id)
        )
        for number, *rest in context.session.connection().execute(query):
            found[number] = KnownInvoice(*rest)
    return found


def payment_keys(context: Context) -> set[str]:
    """By what the payments of the books are told apart."""
    query = select(_PAYMENT.c.source_key).where(_PAYMENT.c.source.like("fec%"))
    return set(context.session.connection().execute(query).scalars())


class Nearby:
    """Payments of some origin, each to be found once: by customer and amount, and a day that nearly fits."""

    def __init__(self, context: Context, *conditions: ColumnElement[bool]) -> None:
        query = (
            select(_PAYMENT.c.id, _PAYMENT.c.customer_id, _PAYMENT.c.received, _PAYMENT.c.cents)
            .where(_PAYMENT.c.currency == "EUR", _PAYMENT.c.cents != 0, *conditions)
            .order_by(_PAYMENT.c.received, _PAYMENT.c.id)
        )
        self._by_amount: dict[int, list[tuple[int, int | None, date]]] = defaultdict(list)
        for key, customer_id, received, cents in context.session.connection().execute(query):
            self._by_amount[cents].append((key, customer_id, received))

    def find(self, customer_id: int | None, cents: int, dated: date) -> tuple[int, bool] | None:
        """The payment meant, and whether its payer was unknown. Without a known payer on both sides it must be the only one."""
        if cents not in self._by_amount:
            return None
        alike = [
            (abs((received - dated).days), place, key, owner)
            for place, (key, owner, received) in enumerate(self._by_amount[cents])
            if abs((received - dated).days) <= _SAME_PAYMENT_DAYS
            and (owner == customer_id or None in (owner, customer_id))
        ]
        named = [one for one in alike if one[3] is not None and one[3] == customer_id]
        if not named and len(alike) != 1:
            return None
        _days, place, key, owner = min(named or alike)
        self._by_amount[cents].pop(place)
        return key, owner is None


def free_payments(context: Context) -> Nearby:
    """Payments from elsewhere (a bank, a person) that no line of the books stands for yet."""
    taken = select(_ITEM.c.payment_id).where(_ITEM.c.payment_id.is_not(None))
    return Nearby(context, _PAYMENT.c.source.not_like("fec%"), _PAYMENT.c.id.not_in(taken))


def booked_payments(context: Context) -> Nearby:
    """Money that the books brought in: what a bank or a list says of it later is no second payment."""
    return Nearby(context, _PAYMENT.c.source == "fec")


Pairing = tuple[int, int | None, int | None]
"""Instalment, payment or instalment of a credit note."""


@dataclass
class Matched:
    """What is set against what: by the books, and by matches made here, which stay. Cents by pair."""

    books: Counter[Pairing] = field(default_factory=Counter)
    rows: dict[Pairing, list[tuple[int, int, date, str]]] = field(default_factory=dict)
    """The books' rows still in force: key, cents, date, code."""
    own: Counter[Pairing] = field(default_factory=Counter)


def matched(context: Context) -> Matched:
    """Every allocation, told apart by who made it; a reversing row counts for the maker of the row it takes back, unless a person wrote it."""
    a = _ALLOCATION.c
    query = select(
        a.id, a.instalment_id, a.payment_id, a.credit_id, a.cents, a.value_date, a.code, a.rule, a.reverses_id
    )
    found = Matched()
    makers: dict[int, bool] = {}
    rows: dict[int, tuple[Pairing, int, date, str]] = {}
    for key, instalment, payment, credit, cents, day, code, rule, reverses in context.session.connection().execute(
        query.order_by(a.id)
    ):
        pair = (instalment, payment, credit)
        books = rule.startswith("fec") or (rule == "undo" and makers.get(reverses, False))
        makers[key] = books
        if not books:
            found.own[pair] += cents
            continue
        found.books[pair] += cents
        if reverses in rows:
            rows.pop(reverses)
        else:
            rows[key] = (pair, cents, day, code)
    for key, (pair, cents, day, code) in rows.items():
        found.rows.setdefault(pair, []).append((key, cents, day, code))
    return found

"""`orders-csv`: orders of known customers, by the million if need be. Of a known order only how it ended is updated."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from crm.core.bulk import CHUNK
from crm.core.columns import ColumnSpec
from crm.core.db import table_of
from crm.core.errors import Invalid
from crm.core.exchange import Cells, FileReport, Rows, TableImporter
from crm.core.i18n import _, mark
from crm.core.money import EURO, known_currency, minor_digits
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.tabular import Reading
from crm.customers.models import Customer
from crm.orders.models import Order, OrderEnd

_CUSTOMER, _ORDER = table_of(Customer), table_of(Order)
_FIELDS = (
    "number",
    "customer_id",
    "reference",
    "ordered",
    "promised",
    "currency",
    "cents",
    "net_cents",
    "ended",
    "ended_as",
)
_ASKED_AT_ONCE = 5_000
_MAX_TEXT = 200
_STATES = {
    "": "", "open": "", "ouverte": "", "en cours": "",
    "invoiced": OrderEnd.INVOICED.value, "facturee": OrderEnd.INVOICED.value, "livree": OrderEnd.INVOICED.value,
    "cancelled": OrderEnd.CANCELLED.value, "annulee": OrderEnd.CANCELLED.value,
}  # fmt: skip  # read as a table: columns side by side

mark("orders")


class Told(NamedTuple):
    """One line, read and checked, in the order of the table's columns. Cents."""

    number: str
    customer_id: int
    reference: str
    ordered: date
    promised: date | None
    currency: str
    cents: int
    net_cents: int | None
    ended: date | None
    ended_as: str


class OrdersCsv(TableImporter):
    """One row an order."""

    kind = "orders-csv"
    columns = (
        ColumnSpec("number", required=True, synonyms=("numero", "numero commande", "n commande", "commande", "order", "order number")),
        ColumnSpec("customer", required=True, synonyms=("client", "code client", "numero client", "customer number")),
        ColumnSpec("order_date", required=True, synonyms=("date commande", "date de commande", "commandee le", "ordered")),
        ColumnSpec("total_incl_tax", required=True, synonyms=("total ttc", "montant ttc", "ttc", "montant", "total", "amount")),
        ColumnSpec("total_excl_tax", synonyms=("total ht", "montant ht", "ht")),
        ColumnSpec("currency", synonyms=("devise", "monnaie")),
        ColumnSpec("reference", synonyms=("reference client", "votre reference", "bon de commande", "order_reference")),
        ColumnSpec("promised_date", synonyms=("date promise", "livraison prevue", "date de livraison prevue")),
        ColumnSpec("status", synonyms=("statut", "etat")),
        ColumnSpec("ended_date", synonyms=("date de fin", "terminee le", "facturee le", "annulee le")),
    )  # fmt: skip  # read as a table: columns side by side
    dates = ("order_date", "promised_date", "ended_date")
    amounts = ("total_incl_tax", "total_excl_tax")

    def take(
        self, context: Context, rows: Rows, places: Mapping[str, int | None], reading: Reading, report: FileReport
    ) -> None:
        """Read, check and write in chunks."""
        load = _Load(context, Cells(places), reading, report)
        chunk: list[tuple[int, Told]] = []
        for line, row in rows:
            report.read += 1
            try:
                chunk.append((line, load.read(row)))
            except Invalid as problem:
                report.error(line, problem.message)
            if len(chunk) >= CHUNK:
                load.write(chunk)
                chunk = []
                context.progress(_("orders"), report.read)
        load.write(chunk)
        load.close()


class _Load:
    """One file being taken over."""

    def __init__(self, context: Context, cells: Cells, reading: Reading, report: FileReport) -> None:
        self._context, self._cells, self._reading, self._report = context, cells, reading, report
        self._batch = context.batch((Order, _FIELDS))
        self._seen: dict[str, tuple[date, int, int]] = {}
        self._ends: list[tuple[int, date | None, str]] = []
        connection = context.session.connection()
        self._by_number: dict[str, int] = {}
        self._by_name: dict[str, int | None] = {}
        for key, number, named in connection.execute(select(_CUSTOMER.c.id, _CUSTOMER.c.number, _CUSTOMER.c.name_key)):
            self._by_number[number] = key
            self._by_name[named] = None if named in self._by_name else key
        self._any_known = connection.execute(select(_ORDER.c.id).limit(1)).first() is not None

    def read(self, row: list[str]) -> Told:
        """One line.

        Raises:
            Invalid: it cannot be taken over, and why.
        """
        cells, dates = self._cells, self._reading.dates
        cells.row = row
        number, who, reference = cells["number"], cells["customer"], cells["reference"]
        if not number or not who:
            raise Invalid(_("A number and a customer are needed."))
        if max(map(len, (number, who, reference))) > _MAX_TEXT:
            raise Invalid(_("The number or the customer is longer than {count} characters.").format(count=_MAX_TEXT))
        ordered = dates.read(cells["order_date"])
        currency = (cells["currency"] or EURO).upper()
        if not known_currency(currency):
            raise Invalid(_("“{code}” is not a currency.").format(code=currency[:20]))
        if not cells["total_incl_tax"]:
            raise Invalid(_("The amount is missing."))
        cents = self._cents(cells["total_incl_tax"], currency)
        if cents < 0:
            raise Invalid(_("An order is never negative: what is taken back is a credit note."))
        net = self._cents(text, currency) if (text := cells["total_excl_tax"]) else None
        promised = dates.read(text) if (text := cells["promised_date"]) else None
        state = name_key(cells["status"])
        if state not in _STATES:
            raise Invalid(_("“{state}” is none of open, invoiced, cancelled.").format(state=cells["status"][:30]))
        ended = dates.read(text) if (text := cells["ended_date"]) else None
        if not _STATES[state]:
            ended = None
        elif ended is None or ended < ordered:
            ended = promised if promised is not None and promised >= ordered else ordered
        return Told(
            number, self._customer(who), reference, ordered, promised, currency, cents, net, ended, _STATES[state]
        )

    def _cents(self, text: str, currency: str) -> int:
        return self._reading.amounts.cents(text, minor_digits(currency))

    def _customer(self, who: str) -> int:
        found = self._by_number.get(who) or self._by_name.get(name_key(who))
        if found is None:
            raise Invalid(_("No customer answers to “{name}”.").format(name=who))
        return found

    def write(self, chunk: Sequence[tuple[int, Told]]) -> None:
        """Add those that are new; note how known ones have ended."""
        for start in range(0, len(chunk), _ASKED_AT_ONCE):
            part = chunk[start : start + _ASKED_AT_ONCE]
            known = self._known([told.number for _line, told in part]) if self._any_known else {}
            for line, told in part:
                self._one(line, told, known)
        self._batch.flush()

    def _known(self, numbers: list[str]) -> dict[str, tuple[int, Told]]:
        query = select(_ORDER.c.id, *(_ORDER.c[name] for name in _FIELDS)).where(_ORDER.c.number.in_(numbers))
        return {row.number: (row.id, Told(*row[1:])) for row in self._context.session.connection().execute(query)}

    def _one(self, line: int, told: Told, known: Mapping[str, tuple[int, Told]]) -> None:
        first = self._seen.get(told.number)
        if first is not None:
            if first == (told.ordered, told.cents, told.customer_id):
                self._report.duplicates += 1
            else:
                self._report.error(line, _("Order {number} stands in this file twice.").format(number=told.number))
            return
        self._seen[told.number] = told.ordered, told.cents, told.customer_id
        if told.number in known:
            self._compare(line, told, *known[told.number])
        else:
            self._batch.add("sales_order", *told)
            self._report.created += 1

    def _compare(self, line: int, told: Told, key: int, before: Told) -> None:
        """An order that is there already: how it ended may be new, the rest is not edited by a file."""
        if (told.customer_id, told.ordered, told.currency, told.cents) != (
            before.customer_id, before.ordered, before.currency, before.cents,
        ):  # fmt: skip  # read as a table: columns side by side
            self._report.error(
                line,
                _("Order {number} is there already, with another amount, date or customer.").format(number=told.number),
            )
        elif told.ended_as and (told.ended, told.ended_as) != (before.ended, before.ended_as):
            self._ends.append((key, told.ended, told.ended_as))
            self._report.updated += 1
        else:
            self._report.duplicates += 1

    def close(self) -> None:
        """Write the rest."""
        self._batch.close()
        self._context.update_many(Order, ("ended", "ended_as"), self._ends)

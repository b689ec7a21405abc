"""`invoices-csv`: invoices and credit notes, by the million if need be.

New documents are written in bulk; of known ones only what may change is updated: an issued invoice is never edited.
"""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import case
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select

from crm.core.bulk import CHUNK
from crm.core.columns import ColumnSpec
from crm.core.db import table_of
from crm.core.errors import Invalid
from crm.core.exchange import Cells, FileReport, Rows, TableImporter
from crm.core.i18n import _, mark
from crm.core.money import known_currency, minor_digits, shown
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.tabular import Reading
from crm.customers.customers_csv import flag
from crm.customers.models import Customer, CustomerAlias, Regime, Stage
from crm.customers.queries import default_terms
from crm.law.terms import PaymentTerms, due_date
from crm.receivables.models import Allocation, Dispute, DisputeReason, DocumentKind, Instalment, Invoice, Payment

_SOURCE = "invoices-csv"
_ASKED_AT_ONCE = 5_000
_MAX_TEXT = 200
_FIRST_NEW = -3
"""Below -1 and -2, which have the same hash."""
_INVOICE, _CREDIT_NOTE = DocumentKind.INVOICE.value, DocumentKind.CREDIT_NOTE.value
_REASONS = frozenset(reason.value for reason in DisputeReason)
_OTHER = DisputeReason.OTHER.value
_KINDS = {
    "invoice": _INVOICE, "facture": _INVOICE, "fa": _INVOICE,
    "credit note": _CREDIT_NOTE, "credit_note": _CREDIT_NOTE, "avoir": _CREDIT_NOTE, "av": _CREDIT_NOTE,
}  # fmt: skip  # read as a table: columns side by side
_SHAPES = (
    (Customer, ("number", "name", "name_key", "stage", "regime", "siren", "vat_number", "country", "address", "postal_code", "city", "language", "account_manager", "segment", "segment_origin", "payment_terms", "discreet")),
    (Invoice, ("number", "customer_id", "kind", "issue_date", "currency", "total_cents", "net_cents", "order_reference", "original_number")),
    (Instalment, ("invoice_id", "due_date", "cents", "assumed")),
    (Payment, ("reference", "source", "source_key", "customer_id", "received", "currency", "cents", "method", "label")),
    (Allocation, ("instalment_id", "payment_id", "cents", "value_date", "code", "rule")),
    (Dispute, ("invoice_id", "cents", "reason", "opened", "noted", "resolved", "outcome", "owner", "note")),
)  # fmt: skip  # read as a table: columns side by side

mark("invoices")
mark("payments")
mark("disputes")


class Told(NamedTuple):
    """One line, read and checked. Cents; a credit note's are negative."""

    line: int
    number: str
    customer_id: int
    kind: str
    issued: date
    due: date | None
    currency: str
    total: int
    net: int | None
    order: str
    original: str
    paid_on: date | None
    paid: int | None
    disputed: bool | None
    reason: str


class Known(NamedTuple):
    """A document of that number that is there already. `rest` is what the one instalment still has open."""

    invoice_id: int
    customer_id: int
    kind: str
    issued: date
    currency: str
    total: int
    net: int | None
    order: str
    original: str
    instalment_id: int
    due: date
    assumed: bool
    instalments: int


class _Beside(NamedTuple):
    """What stands beside a document that is there already. Cents."""

    paid: int
    """What such files have said to be paid, used or not."""
    payments: int
    settled: int
    """What payments and credit notes of any source have settled of it."""
    dispute_id: int | None
    """The dispute that is open."""


class InvoicesCsv(TableImporter):
    """One row a document. A customer not known yet is created; `paid_date` records the payment and sets it against the document."""

    kind = _SOURCE
    columns = (
        ColumnSpec("number", required=True, synonyms=("numero", "numero facture", "facture", "n facture", "piece", "invoice", "invoice number", "invoicenumber")),
        ColumnSpec("customer", required=True, synonyms=("client", "code client", "numero client", "customer number", "customerid", "compte")),
        ColumnSpec("customer_name", synonyms=("nom client", "nom du client", "raison sociale", "nom", "name", "customername", "libelle client")),
        ColumnSpec("kind", synonyms=("type", "nature")),
        ColumnSpec("issue_date", required=True, synonyms=("date", "date facture", "date emission", "date de facture", "invoice date", "invoicedate")),
        ColumnSpec("due_date", synonyms=("echeance", "date echeance", "date d echeance", "duedate")),
        ColumnSpec("total_incl_tax", required=True, synonyms=("total ttc", "montant ttc", "ttc", "montant", "total", "montant total", "total facture", "amount", "invoiceamount")),
        ColumnSpec("total_excl_tax", synonyms=("total ht", "montant ht", "ht")),
        ColumnSpec("currency", synonyms=("devise", "monnaie")),
        ColumnSpec("paid_date", synonyms=("date reglement", "date de reglement", "date paiement", "paye le", "settleddate")),
        ColumnSpec("paid_amount", synonyms=("montant regle", "montant paye")),
        ColumnSpec("disputed", synonyms=("litige", "en litige")),
        ColumnSpec("dispute_reason", synonyms=("motif litige", "motif du litige")),
        ColumnSpec("order_reference", synonyms=("commande", "reference commande", "bon de commande", "votre reference")),
        ColumnSpec("original_invoice", synonyms=("facture origine", "facture d origine")),
    )  # fmt: skip  # read as a table: columns side by side
    dates = ("issue_date", "due_date", "paid_date")
    amounts = ("total_incl_tax", "total_excl_tax", "paid_amount")

    def take(
        self, context: Context, rows: Rows, places: Mapping[str, int | None], reading: Reading, report: FileReport
    ) -> None:
        """Read, check and write in chunks; credit notes that name their invoice come last, when it is known."""
        load = _Load(context, _Reader(context, places, reading), report)
        chunk: list[Told] = []
        for line, row in rows:
            report.read += 1
            try:
                chunk.append(load.reader.read(line, row))
            except Invalid as problem:
                report.error(line, problem.message)
            if len(chunk) >= CHUNK:
                load.take(chunk)
                chunk = []
                context.progress(_("invoices"), report.read)
        load.take(chunk)
        load.take_credits()
        load.close()


class _Reader:
    """Lines to checked values. Customers and terms are looked up in memory; a customer not known yet gets a number."""

    def __init__(self, context: Context, places: Mapping[str, int | None], reading: Reading) -> None:
        self._cells = Cells(places)
        self._reading = reading
        self._terms: dict[int, str] = {}
        self._by_number: dict[str, int] = {}
        self._by_name: dict[str, int | None] = {}
        for key, number, named, terms in context.session.exec(
            select(Customer.id, Customer.number, Customer.name_key, Customer.payment_terms)
        ):
            self._by_number[number] = key
            self._by_name[named] = None if named in self._by_name else key
            if terms:
                self._terms[key] = terms
        for key, named in context.session.exec(select(CustomerAlias.customer_id, CustomerAlias.name_key)):
            if self._by_name.get(named, key) == key:
                self._by_name[named] = key
            else:
                self._by_name[named] = None
        self._default_terms = default_terms(context.session)
        self._parsed: dict[str, PaymentTerms] = {}
        self._due: dict[tuple[date, str], date] = {}
        self.new_customers: dict[int, tuple[str, str, str]] = {}
        """Number, name and its key of customers met for the first time, by the negative id that stands for them until they are written."""

    def read(self, line: int, row: list[str]) -> Told:
        """One line.

        Raises:
            Invalid: it cannot be taken over, and why.
        """
        cells, dates = self._cells, self._reading.dates
        cells.row = row
        number, who = cells["number"], cells["customer"]
        if not number or not who:
            raise Invalid(_("A number and a customer are needed."))
        name = cells["customer_name"]
        if max(map(len, (number, who, name))) > _MAX_TEXT:
            raise Invalid(_("The number or the customer is longer than {count} characters.").format(count=_MAX_TEXT))
        issued = dates.read(cells["issue_date"])
        due = dates.read(text) if (text := cells["due_date"]) else None
        if due is not None and due < issued:
            raise Invalid(
                _("The due date {due} lies before the invoice date {issued}.").format(
                    due=due.isoformat(), issued=issued.isoformat()
                )
            )
        currency = self._currency(cells["currency"])
        kind, total = self._kind_and_total(cells["kind"], cells["total_incl_tax"], currency)
        sign = -1 if kind is _CREDIT_NOTE else 1
        net = sign * abs(self._cents(text, currency)) if (text := cells["total_excl_tax"]) else None
        paid_on = dates.read(text) if (text := cells["paid_date"]) else None
        paid = sign * abs(self._cents(text, currency)) if (text := cells["paid_amount"]) else None
        if paid and paid_on is None:
            raise Invalid(_("An amount paid needs the day on which it was paid (paid_date)."))
        disputed = flag(text, "disputed") if (text := cells["disputed"]) else None
        reason = self._reason(cells["dispute_reason"])
        customer_id = self._customer(who, name)
        return Told(
            line, number, customer_id, kind, issued, due, currency, total, net,
            cells["order_reference"], cells["original_invoice"], paid_on, paid, disputed, reason,
        )  # fmt: skip  # read as a table: columns side by side

    def due_of(self, told: Told) -> tuple[date, bool]:
        """The due date and whether it is assumed from terms; a credit note is due at once."""
        if told.kind == _CREDIT_NOTE:
            return told.due or told.issued, False
        if told.due is not None:
            return told.due, False
        terms = self._terms.get(told.customer_id, self._default_terms)
        found = self._due.get((told.issued, terms))
        if found is None:
            parsed = self._parsed.setdefault(terms, PaymentTerms.parse(terms))
            found = self._due[told.issued, terms] = due_date(told.issued, parsed)
        return found, True

    def _cents(self, text: str, currency: str) -> int:
        return self._reading.amounts.cents(text, minor_digits(currency))

    @staticmethod
    def _currency(text: str) -> str:
        if not text or text == "EUR":
            return "EUR"
        code = "EUR" if text == "€" else text.upper()
        if not known_currency(code):
            raise Invalid(_("“{code}” is not a currency.").format(code=text[:20]))
        return code

    def _kind_and_total(self, kind_text: str, amount: str, currency: str) -> tuple[str, int]:
        if not amount:
            raise Invalid(_("The amount is missing."))
        cents = self._cents(amount, currency)
        kind = _KINDS.get(kind_text) or _KINDS.get(name_key(kind_text)) if kind_text else None
        if kind_text and kind is None:
            raise Invalid(_("“{kind}” is neither invoice nor credit_note.").format(kind=kind_text[:30]))
        if kind is _INVOICE and cents < 0:
            raise Invalid(_("A negative invoice is a credit note: write credit_note in the column kind."))
        if kind is _CREDIT_NOTE or cents < 0:
            return _CREDIT_NOTE, -abs(cents)
        return _INVOICE, cents

    @staticmethod
    def _reason(text: str) -> str:
        wanted = name_key(text).replace(" ", "_") if text else _OTHER
        return wanted if wanted in _REASONS else _OTHER

    def _customer(self, who: str, name: str) -> int:
        """The customer of that number or name; `name` is only what a new one is called."""
        found = self._by_number.get(who)
        if found is not None:
            return found
        key = name_key(who)
        if key and key in self._by_name:
            named = self._by_name[key]
            if named is None:
                raise Invalid(_("Several customers are called “{name}”: give the customer's number.").format(name=who))
            return named
        new_id = _FIRST_NEW - len(self.new_customers)
        name, key = (name, name_key(name)) if name else (who, key)
        self.new_customers[new_id] = (who, name, key)
        self._by_number[who] = new_id
        if key:
            self._by_name[key] = None if key in self._by_name else new_id
        return new_id


@dataclass
class _Seen:
    """What the file has said so far of each number: small, for a million of them."""

    def __init__(self) -> None:
        self.place: dict[str, int] = {}
        self.line = array("q")
        self.total = array("q")
        self._said = array("q")

    def add(self, told: Told) -> None:
        """Note a document."""
        self.place[told.number] = len(self.line)
        self.line.append(told.line)
        self.total.append(told.total)
        self._said.append(hash(told[1:]))

    def first_line(self, told: Told) -> tuple[int, bool] | None:
        """The line where the number stood before, and whether it said the same; None for a new number."""
        place = self.place.get(told.number)
        if place is None:
            return None
        # The total is compared by itself: -1 and -2 have the same hash.
        return self.line[place], (self._said[place], self.total[place]) == (hash(told[1:]), told.total)


class _Load:
    """One file being taken over."""

    def __init__(self, context: Context, reader: _Reader, report: FileReport) -> None:
        self._context, self.reader, self._report = context, reader, report
        self._batch = context.batch(*_SHAPES)
        self._any_known = context.session.exec(select(Invoice.id).limit(1)).first() is not None
        self._seen = _Seen()
        self._credits: list[Told] = []
        self._written: dict[int, int] = {}
        self._due_updates: list[tuple[int, date, bool]] = []
        self._invoice_updates: list[tuple[int, int | None, str, str]] = []
        self._dispute_ends: list[tuple[int, date]] = []

    def take(self, chunk: list[Told]) -> None:
        """Write one chunk, but for credit notes that name their invoice."""
        fresh: list[Told] = []
        for told in chunk:
            before = self._seen.first_line(told)
            if before is not None:
                line, same = before
                if same:
                    self._report.duplicates += 1
                else:
                    self._report.error(
                        told.line,
                        _("Number {number} is already in line {line}, with something else.").format(
                            number=told.number, line=line
                        ),
                    )
                continue
            self._seen.add(told)
            (self._credits if told.original and told.total < 0 else fresh).append(told)
        self._write(fresh)

    def take_credits(self) -> None:
        """Write the credit notes that name their invoice, each no larger than it."""
        originals = self._totals({told.original for told in self._credits})
        fitting = []
        for told in self._credits:
            original = originals.get(told.original)
            if original is not None and -told.total > original:
                self._report.error(
                    told.line,
                    _("The credit note of {credit} is larger than its invoice {number} of {total}.").format(
                        credit=shown(-told.total, told.currency),
                        number=told.original,
                        total=shown(original, told.currency),
                    ),
                )
                continue
            if original is None:
                self._report.warn(
                    told.line, _("The invoice {number} of this credit note is not known.").format(number=told.original)
                )
            fitting.append(told)
        self._write(fitting)

    def close(self) -> None:
        """Write the rest."""
        written = self._batch.close()
        for table, name in (("customer", "customers"), ("payment", "payments"), ("dispute", "disputes")):
            if written[table]:
                self._report.also_created[name] += written[table]
        self._context.update_many(Instalment, ("due_date", "assumed"), self._due_updates)
        self._context.update_many(Invoice, ("net_cents", "order_reference", "original_number"), self._invoice_updates)
        self._context.update_many(Dispute, ("resolved",), self._dispute_ends)

    def _customer(self, customer_id: int) -> int:
        """The key of a customer met for the first time, who is written with the first document of theirs."""
        if customer_id not in self._written:
            number, name, key = self.reader.new_customers[customer_id]
            self._written[customer_id] = self._batch.add(
                "customer", number, name, key, Stage.CUSTOMER.value, Regime.TO_QUALIFY.value, "", "", "FR", "", "", "", "fr", "", "", "", "", False
            )  # fmt: skip  # read as a table: columns side by side
        return self._written[customer_id]

    def _totals(self, numbers: set[str]) -> dict[str, int]:
        found = {
            number: self._seen.total[place] for number in numbers if (place := self._seen.place.get(number)) is not None
        }
        missing = [number for number in numbers if number not in found]
        for start in range(0, len(missing), _ASKED_AT_ONCE):
            asked = missing[start : start + _ASKED_AT_ONCE]
            query = select(Invoice.number, Invoice.total_cents).where(col(Invoice.number).in_(asked))
            found.update((number, total) for number, total in self._context.session.exec(query))
        return found

    def _write(self, chunk: Sequence[Told]) -> None:
        for start in range(0, len(chunk), _ASKED_AT_ONCE):
            part = chunk[start : start + _ASKED_AT_ONCE]
            known = self._known([told.number for told in part]) if self._any_known else {}
            beside = self._beside(known) if known else {}
            for told in part:
                before = known.get(told.number)
                if before is None:
                    self._create(told)
                else:
                    self._compare(told, before, beside[told.number])
        self._batch.flush()

    def _known(self, numbers: list[str]) -> dict[str, Known]:
        v, i = table_of(Invoice).c, table_of(Instalment).c
        query = (
            sql_select(
                v.number, v.id, v.customer_id, v.kind, v.issue_date, v.currency, v.total_cents, v.net_cents, v.order_reference,
                v.original_number, func.min(i.id), func.min(i.due_date), func.max(case((i.assumed, 1), else_=0)), func.count(),
            )
            .select_from(table_of(Invoice).join(table_of(Instalment), i.invoice_id == v.id))
            .where(v.number.in_(numbers))
            .group_by(v.id)
        )  # fmt: skip  # read as a table: columns side by side
        return {number: Known(*rest) for number, *rest in self._context.session.connection().execute(query)}

    def _beside(self, known: Mapping[str, Known]) -> dict[str, _Beside]:
        """By number: what stands beside the documents that are there already."""
        p, a, i, d = (table_of(kind).c for kind in (Payment, Allocation, Instalment, Dispute))
        ask = self._context.session.connection().execute
        ids = [row.invoice_id for row in known.values()]
        told = (
            sql_select(p.reference, func.sum(p.cents), func.count())
            .where(p.source == _SOURCE, p.reference.in_(known))
            .group_by(p.reference)
        )
        money = {number: (int(cents), count) for number, cents, count in ask(told)}
        settled: Counter[int] = Counter()
        for side, sign in ((a.instalment_id, 1), (a.credit_id, -1)):
            used = (
                sql_select(i.invoice_id, func.sum(a.cents))
                .where(side == i.id, i.invoice_id.in_(ids))
                .group_by(i.invoice_id)
            )
            settled.update({key: sign * int(cents) for key, cents in ask(used)})
        open_ones = sql_select(d.invoice_id, d.id).where(d.invoice_id.in_(ids), d.resolved.is_(None))
        disputes = {row.invoice_id: row.id for row in ask(open_ones)}
        return {
            number: _Beside(*money.get(number, (0, 0)), settled[row.invoice_id], disputes.get(row.invoice_id))
            for number, row in known.items()
        }

    def _create(self, told: Told) -> None:
        due, assumed = self.reader.due_of(told)
        customer_id = told.customer_id if told.customer_id > 0 else self._customer(told.customer_id)
        add = self._batch.add
        invoice_id = add(
            "invoice",
            told.number,
            customer_id,
            told.kind,
            told.issued,
            told.currency,
            told.total,
            told.net,
            told.order,
            told.original,
        )
        instalment_id = add("instalment", invoice_id, due, told.total, assumed)
        if told.paid_on is not None:
            self._pay(told, customer_id, instalment_id, told.total if told.paid is None else told.paid, told.total, 1)
        if told.disputed:
            self._dispute(told, invoice_id)
        self._report.created += 1

    def _pay(self, told: Told, customer_id: int, instalment_id: int, cents: int, still_open: int, count: int) -> None:
        if cents == 0 or told.paid_on is None:
            return
        key = told.number if count == 1 else f"{told.number}#{count}"
        payment_id = self._batch.add(
            "payment", told.number, _SOURCE, key, customer_id, told.paid_on, told.currency, cents, "", ""
        )
        used = min(cents, still_open) if cents > 0 else max(cents, still_open)
        if used:
            self._batch.add(
                "allocation", instalment_id, payment_id, used, max(told.paid_on, told.issued), "", "paid_date"
            )

    def _dispute(self, told: Told, invoice_id: int) -> None:
        self._batch.add("dispute", invoice_id, None, told.reason, None, self._context.today, None, "", "", "")

    def _compare(self, told: Told, known: Known, beside: _Beside) -> None:
        """A number that is there already: updated where that is allowed, a duplicate when nothing differs."""
        if (told.customer_id, told.kind, told.issued, told.currency, told.total) != (
            known.customer_id,
            known.kind,
            known.issued,
            known.currency,
            known.total,
        ):
            self._report.error(
                told.line,
                _("Invoice {number} is there already, with another amount, date or customer ({total} of {issued}). An issued invoice is not edited: correct it by a credit note.").format(
                    number=told.number, total=shown(known.total, known.currency), issued=known.issued.isoformat()
                ),
            )  # fmt: skip  # read as a table: columns side by side
            return
        try:
            changed = self._update_money(told, known, beside)
        except Invalid as problem:
            self._report.error(told.line, problem.message)
            return
        changed |= self._update_terms(told, known)
        if told.disputed and beside.dispute_id is None:
            self._dispute(told, known.invoice_id)
            changed = True
        elif told.disputed is False and beside.dispute_id is not None:
            self._dispute_ends.append((beside.dispute_id, self._context.today))
            changed = True
        if changed:
            self._report.updated += 1
        else:
            self._report.duplicates += 1

    def _update_money(self, told: Told, known: Known, beside: _Beside) -> bool:
        if told.paid_on is None:
            return False
        more = (told.total if told.paid is None else told.paid) - beside.paid
        if more == 0:
            return False
        if (more < 0) != (told.total < 0):
            raise Invalid(
                _("Less is said to be paid than before ({before}): undo the payment instead.").format(
                    before=shown(beside.paid, told.currency)
                )
            )
        self._pay(told, known.customer_id, known.instalment_id, more, told.total - beside.settled, beside.payments + 1)
        return True

    def _update_terms(self, told: Told, known: Known) -> bool:
        changed = False
        if told.due is not None and known.instalments == 1 and (told.due != known.due or known.assumed):
            self._due_updates.append((known.instalment_id, told.due, False))
            changed = True
        net = known.net if told.net is None else told.net
        order, original = told.order or known.order, told.original or known.original
        if (net, order, original) != (known.net, known.order, known.original):
            self._invoice_updates.append((known.invoice_id, net, order, original))
            changed = True
        return changed

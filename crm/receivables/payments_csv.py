"""`payments-csv`: money that came in. Nothing is matched by importing it."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlmodel import col, select

from crm.core.bulk import in_chunks
from crm.core.columns import ColumnSpec
from crm.core.errors import CrmError, Invalid
from crm.core.exchange import Cells, FileReport, Rows, TableImporter, check_names
from crm.core.i18n import _
from crm.core.money import EURO, known_currency, minor_digits
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.tabular import Reading
from crm.customers.queries import find_customer
from crm.receivables.fec.known import booked_payments
from crm.receivables.models import Method, Payment

_SOURCE = "payments-csv"
_CHUNK = 5_000
_METHODS = {
    **{method.value.replace("_", " "): method.value for method in Method},
    "virement": "transfer", "vir": "transfer", "cheque": "check", "chq": "check", "carte": "card", "cb": "card",
    "prelevement": "direct_debit", "prlv": "direct_debit", "especes": "cash", "traite": "bill_of_exchange", "lcr": "bill_of_exchange",
}  # fmt: skip  # read as a table: columns side by side
_COLUMNS = ("reference", "source", "source_key", "customer_id", "received", "currency", "cents", "method", "label")


class _Told(NamedTuple):
    reference: str
    customer_id: int | None
    received: date
    currency: str
    cents: int
    method: str
    label: str


class PaymentsCsv(TableImporter):
    """One row a payment, known by its reference. The payer may be left out; a payer who is named must be known."""

    kind = _SOURCE
    columns = (
        ColumnSpec(
            "reference", required=True, synonyms=("numero", "ref", "numero de paiement", "payment", "payment reference")
        ),
        ColumnSpec("customer", synonyms=("client", "code client", "numero client", "payeur")),
        ColumnSpec(
            "date",
            required=True,
            synonyms=("date paiement", "date de paiement", "date reglement", "date valeur", "payment date"),
        ),
        ColumnSpec("amount", required=True, synonyms=("montant", "credit", "montant regle")),
        ColumnSpec("currency", synonyms=("devise", "monnaie")),
        ColumnSpec("method", synonyms=("mode", "mode de reglement", "moyen de paiement")),
        ColumnSpec("label", synonyms=("libelle", "motif", "communication")),
    )
    dates = ("date",)
    amounts = ("amount",)

    def take(
        self, context: Context, rows: Rows, places: Mapping[str, int | None], reading: Reading, report: FileReport
    ) -> None:
        """Add new payments in bulk, complete known ones."""
        reader = _Reader(context, Cells(places), reading)
        batch = context.batch((Payment, _COLUMNS))
        seen: dict[str, tuple[int, _Told]] = {}
        booked = booked_payments(context)
        for chunk in in_chunks(rows, _CHUNK):
            told_lines = []
            for line, row in chunk:
                report.read += 1
                try:
                    told = reader.read(row)
                except CrmError as problem:
                    report.error(line, problem.message)
                    continue
                if told.reference in seen:
                    first, same = seen[told.reference]
                    if same == told:
                        report.duplicates += 1
                    else:
                        report.error(
                            line,
                            _("Reference {reference} is already in line {line}, with something else.").format(
                                reference=told.reference, line=first
                            ),
                        )
                    continue
                seen[told.reference] = (line, told)
                told_lines.append((line, told))
            references = [told.reference for _line, told in told_lines]
            known = {
                row.source_key: row
                for row in context.session.exec(
                    select(Payment).where(Payment.source == _SOURCE, col(Payment.source_key).in_(references))
                )
            }
            for line, told in told_lines:
                before = known.get(told.reference)
                if (
                    before is None
                    and told.currency == EURO
                    and booked.find(told.customer_id, told.cents, told.received)
                ):
                    report.warn(line, _("The accounting file has this payment already; it counts once."))
                    report.duplicates += 1
                elif before is None:
                    batch.add("payment", told.reference, _SOURCE, told.reference, *told[1:])
                    report.created += 1
                else:
                    self._compare(context, line, told, before, report)
            batch.flush()
            context.progress(_("payments"), report.read)
        batch.close()

    @staticmethod
    def _compare(context: Context, line: int, told: _Told, known: Payment, report: FileReport) -> None:
        if (told.received, told.currency, told.cents) != (known.received, known.currency, known.cents):
            report.error(
                line,
                _("Reference {reference} is there already, with another amount or date.").format(
                    reference=told.reference
                ),
            )
            return
        values = {"customer_id": told.customer_id, "method": told.method, "label": told.label}
        if known.customer_id is not None and told.customer_id not in (None, known.customer_id):
            report.error(
                line,
                _("Reference {reference} is there already, for another customer.").format(reference=told.reference),
            )
            return
        changed = {name: value for name, value in values.items() if value and getattr(known, name) != value}
        for name, value in changed.items():
            setattr(known, name, value)
        context.session.add(known)
        if changed:
            report.updated += 1
        else:
            report.duplicates += 1


class _Reader:
    """Lines to checked values; each customer named is looked up once."""

    def __init__(self, context: Context, cells: Cells, reading: Reading) -> None:
        self._context, self._cells, self._reading = context, cells, reading
        self._customers: dict[str, int] = {}

    def read(self, row: list[str]) -> _Told:
        """One line.

        Raises:
            Invalid, NotFound, Ambiguous: it cannot be taken over, and why.
        """
        cells = self._cells
        cells.row = row
        if not cells["reference"]:
            raise Invalid(_("The reference is missing."))
        check_names(cells["reference"])
        if not cells["amount"]:
            raise Invalid(_("The amount is missing."))
        currency = cells["currency"].upper() or "EUR"
        currency = "EUR" if currency == "€" else currency
        if not known_currency(currency):
            raise Invalid(_("“{code}” is not a currency.").format(code=cells["currency"][:20]))
        method = _METHODS.get(name_key(cells["method"]), "") if cells["method"] else ""
        if cells["method"] and not method:
            raise Invalid(
                _("“{method}” is not a way of paying: {methods}.").format(
                    method=cells["method"][:30], methods=", ".join(Method)
                )
            )
        received = self._reading.dates.read(cells["date"])
        cents = self._reading.amounts.cents(cells["amount"], minor_digits(currency))
        return _Told(
            cells["reference"], self._customer(cells["customer"]), received, currency, cents, method, cells["label"]
        )

    def _customer(self, who: str) -> int | None:
        if not who:
            return None
        if who not in self._customers:
            self._customers[who] = find_customer(self._context.session, who).id
        return self._customers[who]

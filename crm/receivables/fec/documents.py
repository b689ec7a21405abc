"""The documents and payments that stand for lines of the books: made, found among those that are here, corrected."""

from collections import Counter
from datetime import date

from sqlmodel import col, select

from crm.core.bulk import in_chunks
from crm.core.i18n import _
from crm.core.money import shown
from crm.customers.queries import default_terms
from crm.law.terms import PaymentTerms, due_date
from crm.receivables.fec import known
from crm.receivables.fec.ledger import CREDIT_NOTE, OPENING, PAYMENT, RETURNED, SALES
from crm.receivables.fec.state import FLUSHED, OTHER_SOURCE, SOURCE, Kept, State, base_of
from crm.receivables.models import Dispute, DocumentKind, Instalment, Invoice, Payment, Promise

_AT_ONCE = 5_000


class Documents:
    """The documents of one import."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.default_terms = default_terms(state.context.session)
        """The terms that count where the customer has none."""
        self._due_days: dict[tuple[date, str], date] = {}
        self._numbers: set[str] = set()
        self._keys: Counter[str] = Counter()
        self._any_invoice = bool(state.invoices) or state.again
        self._documented = {kept.instalment_id for kept in state.kept if kept.instalment_id is not None}
        self._payment_keys = known.payment_keys(state.context) if state.again else set()
        self._named_payers: list[tuple[int, int]] = []
        self._payment_updates: list[tuple[int, int, date]] = []
        self._instalment_updates: list[tuple[int, int]] = []
        self._invoice_updates: list[tuple[int, int, date]] = []

    def make(self) -> None:
        """Documents and payments for lines that have none; those that are here from elsewhere are taken for them."""
        free = known.free_payments(self._state.context)
        for place, kept in enumerate(self._state.kept):
            if kept.wanted and kept.instalment_id is None and kept.payment_id is None:
                self._document(kept, free)
            if place % FLUSHED == FLUSHED - 1:
                self._state.batch.flush()
                self._state.context.progress(_("documents"), place)

    def _document(self, kept: Kept, free: known.Nearby) -> None:
        line = kept.line
        if line.cents > 0 or line.role == CREDIT_NOTE:
            there = self._state.invoices.get(line.piece) if line.role in (*SALES, OPENING) else None
            if (
                there is not None
                and there.customer_id == kept.customer_id
                and there.instalment_id not in self._documented
                and line.piece not in self._numbers
            ):
                if there.cents == line.cents and there.instalments == 1:
                    kept.instalment_id, kept.linked = there.instalment_id, True
                    self._numbers.add(line.piece)
                    return
                self._state.conflict(
                    kept,
                    _("Document {number} is here with {ours}, the books have {theirs}: both stand.").format(
                        number=line.piece, ours=shown(there.cents, "EUR"), theirs=shown(line.cents, "EUR")
                    ),
                    line.piece,
                )
            self.invoice(kept)
        else:
            payment = free.find(kept.customer_id, -line.cents, line.dated)
            if payment is not None:
                kept.payment_id, kept.linked = payment[0], True
                if payment[1]:
                    self._named_payers.append((payment[0], kept.customer_id))
                return
            self.payment(kept)
        kept.born = True

    def invoice(self, kept: Kept) -> None:
        """Write an invoice or credit note for a line."""
        line, add = kept.line, self._state.batch.add
        kind = DocumentKind.INVOICE if line.cents > 0 else DocumentKind.CREDIT_NOTE
        # Money that came back is owed at once: the terms of its invoice have run already.
        at_once = line.cents < 0 or line.role == RETURNED
        due = line.issued if at_once else self._due(line.issued, kept.customer_id)
        invoice_id = add(
            "invoice", self._number(kept), kept.customer_id, kind.value, line.issued, "EUR", line.cents, None, "", "",
            line.role in SALES,
        )  # fmt: skip  # read as a table: columns side by side
        kept.instalment_id = add("instalment", invoice_id, due, line.cents, line.cents > 0)

    def _due(self, issued: date, customer_id: int) -> date:
        terms = self._state.parties.terms.get(customer_id, self.default_terms)
        found = self._due_days.get((issued, terms))
        if found is None:
            found = self._due_days[issued, terms] = due_date(issued, PaymentTerms.parse(terms))
        return found

    def _number(self, kept: Kept) -> str:
        """The document's reference; where it names none, or another has it, what tells it apart."""
        base, serial = base_of(kept.line), 1
        wanted = base
        while wanted in self._numbers or self._taken(wanted):
            serial += 1
            wanted = f"{base} ({serial})"
        self._numbers.add(wanted)
        return wanted

    def _taken(self, number: str) -> bool:
        if number in self._state.invoices:
            return True
        if not self._any_invoice or not number.endswith(")"):
            return False
        return self._state.context.session.exec(select(Invoice.id).where(Invoice.number == number)).first() is not None

    def payment(self, kept: Kept) -> None:
        """Write a payment, or another credit, for a line."""
        line = kept.line
        source = SOURCE if line.role == PAYMENT else OTHER_SOURCE
        base = f"{line.dated}/{line.journal}/{line.number}/{line.party}/{line.piece}/{line.cents}"
        self._keys[base] += 1
        key = f"{base}#{self._keys[base]}"
        while key in self._payment_keys:
            self._keys[base] += 1
            key = f"{base}#{self._keys[base]}"
        reference = line.piece or line.number or line.label
        kept.payment_id = self._state.batch.add(
            "payment", reference, source, key, kept.customer_id, line.dated, "EUR", -line.cents, "", line.label
        )

    def correct(self) -> None:
        """Documents of the books whose amount is another now: corrected lines, lines that left, opening lines that stand for others."""
        documents: list[Kept] = []
        for kept in self._state.kept:
            before = kept.before
            if before is None or kept.born:
                continue
            stood = 0 if before.role == OPENING and _stood_for_others(before) else before.cents
            if kept.wanted == stood and before.dated == kept.line.dated and before.issued == kept.line.issued:
                continue
            if kept.linked:
                self._state.conflict(
                    kept,
                    _("Document {number} was here before the books; they have {amount} for it now.").format(
                        number=kept.line.piece or kept.line.label, amount=shown(kept.wanted, "EUR")
                    ),
                    kept.line.piece,
                )
            elif kept.instalment_id is not None:
                documents.append(kept)
            elif kept.payment_id is not None:
                self._payment_updates.append((kept.payment_id, -kept.wanted, kept.line.dated))
            if not kept.wanted and kept.line.role == OPENING:
                # It stands for documents of the year before from now on, and has none of its own.
                kept.retired = (kept.instalment_id, kept.payment_id)
        self._correct_invoices(documents)
        for kept in self._state.kept:
            if kept.retired is not None:
                kept.instalment_id = kept.payment_id = None

    def _correct_invoices(self, documents: list[Kept]) -> None:
        session = self._state.context.session
        for part in in_chunks(documents, _AT_ONCE):
            by_key = {kept.instalment_id: kept for kept in part}
            found = session.exec(
                select(Instalment.id, Instalment.invoice_id)
                .where(col(Instalment.id).in_([key for key in by_key if key is not None]))
                .order_by(col(Instalment.id))
            ).all()
            invoices = [invoice_id for _key, invoice_id in found]
            spoken_of = {
                key
                for kind in (Promise, Dispute)
                for key in session.exec(select(kind.invoice_id).where(col(kind.invoice_id).in_(invoices)))
            }
            for key, invoice_id in found:
                kept = by_key[key]
                self._instalment_updates.append((key, kept.wanted))
                self._invoice_updates.append((invoice_id, kept.wanted, kept.line.issued))
                if invoice_id in spoken_of:
                    self._state.conflict(
                        kept,
                        _("The books have changed {number} to {amount}; a promise or a dispute speaks of it.").format(
                            number=kept.line.piece or kept.line.label, amount=shown(kept.wanted, "EUR")
                        ),
                        kept.line.piece,
                    )

    def update(self) -> None:
        """Write the corrections."""
        context = self._state.context
        context.update_many(Instalment, ("cents",), self._instalment_updates)
        context.update_many(Invoice, ("total_cents", "issue_date"), self._invoice_updates)
        context.update_many(Payment, ("cents", "received"), self._payment_updates)
        context.update_many(Payment, ("customer_id",), self._named_payers)


def _stood_for_others(item: known.Item) -> bool:
    """Whether an opening line stood for others before this file came."""
    return item.instalment_id is None and item.payment_id is None

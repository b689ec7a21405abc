"""A debt that is lost: given up with its proof, its tax recovered, and money that comes back on it later."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import func, select

from crm.core.actions import Action, Effect
from crm.core.basics import Number
from crm.core.calendar import shown_date
from crm.core.db import table_of
from crm.core.errors import Invalid, NotFound, refuse_if
from crm.core.i18n import _, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer, Hold, HoldKind
from crm.ledger.actions.doubtful import (
    PROOFS,
    Debt,
    DoubtfulList,
    answer,
    net_of,
    open_file,
    the_debt,
    the_file,
)
from crm.ledger.impairment import (
    LOSSES,
    dividend,
    given_up,
    loss_account,
    required,
    vat_recovered,
)
from crm.ledger.keeping import come_back, give_up, given_up_cents, refuse_beyond_rights
from crm.ledger.models import DoubtfulFile, EntryKind
from crm.ledger.postings import VAT_WAITING, Split, Vat, split, without_tax
from crm.ledger.queries import DoubtfulLine, balances, doubtful_lines, file_of, is_moved, set_aside
from crm.ledger.stamp import RENUMBERED, TOLERATED_UNTIL, last_day, stamp
from crm.receivables.actions.words import meant
from crm.receivables.matchable import BY_HAND
from crm.receivables.models import LOSS, Payment
from crm.receivables.payments_read import money_lines
from crm.receivables.queries import whose

_PAYMENT, _HOLD = table_of(Payment), table_of(Hold)
_JUDGMENTS = frozenset({"liquidation", "rescue_plan"})


def _is_insolvent(context: Context, customer: Customer) -> bool:
    """Whether insolvency proceedings of a customer are noted."""
    held = select(_HOLD.c.id).where(
        _HOLD.c.customer_id.in_({customer.id, customer.root_id or customer.id}),
        _HOLD.c.kind == HoldKind.INSOLVENCY.value,
        _HOLD.c.lifted.is_(None),
    )
    return context.session.connection().execute(held).first() is not None


class WriteOffDebt(Action[DoubtfulList]):
    """Give up a debt that is proved lost: loss, tax, release of what was set aside. It leaves the balance at once."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})

    invoice: str = Field(min_length=1, description="Invoice number")
    proof: Literal["liquidation", "rescue_plan", "insolvency", "disappeared", "cost"] = Field(
        description="What proves it: liquidation, rescue_plan, insolvency, disappeared, cost"
    )
    proof_day: date = Field(description="Day of the judgment, the certificate or the file")
    amount: Money | None = Field(None, description="How much is lost, tax included; all that is open if left out")
    net: Money | None = Field(None, description="The whole invoice without tax, where it does not say so itself")
    vat: Vat | None = Field(None, description="When its tax falls due: on_invoice, on_receipts, none")
    duplicate_sent: date | None = Field(None, description="Day the stamped duplicate left, if it has")
    day: date | None = Field(None, description="Day of the entry; today if left out")

    def perform(self, context: Context) -> DoubtfulList:
        """Give it up; without the stamped duplicate, its tax waits for `record_vat_duplicate`.

        Raises:
            NotFound: there is no such invoice.
            Invalid: its amount without tax is not known.
            NotAllowed: it is more than this person's role may give up.
            Refused: nothing is open, less is open than is lost, or the proof is younger than the entry.
        """
        debt = the_debt(context, self.invoice, self.day)
        refuse_if(self.proof_day > debt.day, _("The proof comes before the entry."))
        refuse_if(
            self.duplicate_sent is not None and not self.proof_day <= self.duplicate_sent <= debt.day,
            _("The duplicate is sent after the proof, and before the entry."),
        )
        now_open = the_debt(context, self.invoice, None).open
        refuse_if(now_open <= 0, _("Nothing is open on invoice {number}.").format(number=debt.invoice.number))
        cents = self._amount(now_open, debt)
        refuse_beyond_rights(context, debt.invoice, cents)
        file = self._file(context, debt)
        vat = Vat(file.vat)
        rest = now_open - cents
        total = debt.invoice.total_cents
        part = split(cents, total, file.net_cents, rest=rest)
        gone = give_up(context, debt.invoice, cents, LOSS, debt.day)
        moved = is_moved(context.session, file.id)
        account = loss_account(debt.invoice.issue_date, debt.day)
        aside = set_aside(context.session, file.id, debt.day)
        share = Decimal(file.recovery_percent or "100") / 100
        lines = given_up(
            part,
            account,
            vat,
            set_aside=aside,
            needed=min(aside, required(without_tax(rest, total, file.net_cents), share)),
            doubtful=moved,
            duplicate_sent=self.duplicate_sent is not None,
        )
        debt.keep(context, EntryKind.LOSS, lines, file, write_off_id=gone.id)
        file.lost, file.proof, file.proof_day = debt.day, self.proof, self.proof_day
        file.duplicate_sent = self.duplicate_sent or file.duplicate_sent
        context.session.add(file)
        context.session.flush()
        told = answer(context, debt)
        return replace(told, remarks=self._remarks(context, debt.customer))

    def _remarks(self, context: Context, customer: Customer) -> tuple[str, ...]:
        """A judgment is about every debt that came before it: reminders and interest of the others stop as well."""
        if self.proof not in _JUDGMENTS or _is_insolvent(context, customer):
            return ()
        return (
            _(
                "This judgment stops reminders and interest of all that {name} owed before it (C. com. L622-7, L622-28): note it with crm place-hold --kind insolvency."
            ).format(name=customer.name),
        )

    def _amount(self, now_open: int, debt: Debt) -> int:
        if self.amount is None:
            return now_open
        refuse_if(
            self.amount.currency != debt.invoice.currency or not 0 < self.amount.cents <= now_open,
            _("What is lost lies between nothing and {open}.").format(open=Money(now_open, debt.invoice.currency)),
        )
        return self.amount.cents

    def _file(self, context: Context, debt: Debt) -> DoubtfulFile:
        if file_of(context.session, debt.invoice.id) is not None:
            return the_file(context, debt)
        vat = self.vat or Vat.ON_INVOICE
        return open_file(context, debt, _(PROOFS[self.proof]), net_of(debt.invoice, self.net, vat), vat)


@dataclass(frozen=True, slots=True)
class DuplicateList:
    """Invoices whose duplicate is to be stamped and sent, with the words of the stamp."""

    as_of: date
    lines: tuple[tuple[DoubtfulLine, Split], ...]

    def as_json(self) -> dict[str, Any]:
        """One object an invoice."""
        return {
            "duplicates": [
                {
                    "invoice": line.invoice,
                    "customer": line.customer,
                    "issue_date": line.issue_date.isoformat(),
                    "currency": line.currency,
                    "net": plain(part.net, line.currency),
                    "vat": plain(part.vat, line.currency),
                    "stamp": stamp(part),
                    "deduct_until": last_day(line.proof_day or self.as_of).isoformat(),
                }
                for line, part in self.lines
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row an invoice: for several to one debtor this list may be sent instead of each duplicate."""
        columns = (
            Column("invoice", _("Invoice")),
            Column("customer", _("Customer")),
            Column("issue_date", _("Issued"), Kind.DATE),
            Column("net", _("Without tax"), Kind.MONEY),
            Column("vat", _("Tax"), Kind.MONEY),
            Column("deduct_until", _("Deduct until"), Kind.DATE),
            Column("stamp", _("Stamp")),
        )
        rows: tuple[tuple[Value, ...], ...] = tuple(
            (
                line.invoice,
                line.name,
                line.issue_date,
                Money(part.net, line.currency),
                Money(part.vat, line.currency),
                last_day(line.proof_day or self.as_of),
                stamp(part),
            )
            for line, part in self.lines
        )
        notes: tuple[str, ...] = (
            _("Send it to the debtor or the liquidator, keep a copy, then record the day: crm record-vat-duplicate."),
        )
        if self.as_of >= RENUMBERED:
            until = shown_date(TOLERATED_UNTIL, self.as_of)
            notes += (_("Since 2027 the CIBS takes the place of the CGI; its article may be named until {day}.").format(day=until),)  # fmt: skip  # read as a table: columns side by side
        title = plural("{count} duplicate to send", "{count} duplicates to send", len(rows))
        return Sheet(title, columns, rows, as_of=self.as_of, notes=notes)


class PrepareVatDuplicates(Action[DuplicateList]):
    """The words to stamp on duplicates of lost invoices, so that their tax may be recovered (CGI 272-1)."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")

    def perform(self, context: Context) -> DuplicateList:
        """Read the lost debts whose tax still waits."""
        of = meant(context.session, self.customer)
        found = [line for line in doubtful_lines(context.session, context.today, of) if line.vat_waiting > 0]
        return DuplicateList(context.today, tuple((line, Split(line.net_waiting, line.vat_waiting)) for line in found))


class RecordVatDuplicate(Action[DoubtfulList]):
    """The stamped duplicate has been sent: the tax of a lost debt is deducted."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})

    invoice: str = Field(min_length=1, description="Invoice number")
    sent: date | None = Field(None, description="When it left; today if left out")

    def perform(self, context: Context) -> DoubtfulList:
        """Keep the day, and move the tax that waited.

        Raises:
            NotFound: there is no such invoice.
            Refused: it is not lost, no tax waits, or the time limit is over.
        """
        debt = the_debt(context, self.invoice, self.sent)
        file = the_file(context, debt)
        waiting = balances(context.session, VAT_WAITING, [file.id], debt.day).get(file.id, 0)
        refuse_if(
            file.vat != Vat.ON_INVOICE.value or waiting <= 0 or file.proof_day is None,
            _("No tax of invoice {number} waits to be recovered.").format(number=debt.invoice.number),
        )
        assert file.proof_day is not None
        refuse_if(
            debt.day > last_day(file.proof_day),
            _("This tax could be deducted until {day}.").format(
                day=shown_date(last_day(file.proof_day), context.today)
            ),
        )
        debt.keep(context, EntryKind.VAT_RECOVERY, vat_recovered(waiting), file)
        file.duplicate_sent = debt.day
        context.session.add(file)
        context.session.flush()
        return answer(context, debt)


class RecordDividend(Action[DoubtfulList]):
    """Money comes back on a debt given up: income, and its tax is due again."""

    effect = Effect.WRITE
    roles = frozenset({"manager", "accountant"})
    aliases = {"date": "received"}  # noqa: RUF012  a constant table, never altered

    invoice: str = Field(min_length=1, description="Invoice number")
    amount: Money | None = Field(None, description="How much, tax included; the whole payment if left out")
    payment: Number | None = Field(None, description="Number of the payment, where it is recorded already")
    received: date | None = Field(None, description="When it came in; today if left out")

    def perform(self, context: Context) -> DoubtfulList:
        """Use the money for what was given up: the invoice stays settled, the loss is so much smaller.

        Raises:
            NotFound: there is no such invoice or payment.
            Invalid: neither an amount nor a payment is told.
            Refused: it is not given up, or less was given up than comes back.
        """
        debt = the_debt(context, self.invoice, self.received)
        file = file_of(context.session, debt.invoice.id)
        lost = balances(context.session, LOSSES, [file.id], debt.day).get(file.id, 0) if file else 0
        refuse_if(
            file is None or not lost,
            _("Invoice {number} is not given up.").format(number=debt.invoice.number),
            _("Record an ordinary payment: crm record-payment."),
        )
        assert file is not None
        payment, cents = self._money(context, debt)
        most = given_up_cents(context, debt.invoice)
        refuse_if(
            not 0 < cents <= most,
            _("What comes back lies between nothing and {most}.").format(most=Money(most, debt.invoice.currency)),
        )
        part = split(cents, debt.invoice.total_cents, file.net_cents, rest=most - cents)
        waits = file.vat == Vat.ON_INVOICE.value and self._waiting(context, file, debt.day) > 0
        come_back(context, debt.invoice, payment, cents)
        debt.keep(context, EntryKind.DIVIDEND, dividend(part, vat_waits=waits), file)
        file.recovered = debt.day
        context.session.add(file)
        context.session.flush()
        return answer(context, debt)

    @staticmethod
    def _waiting(context: Context, file: DoubtfulFile, day: date) -> int:
        return balances(context.session, VAT_WAITING, [file.id], day).get(file.id, 0)

    def _money(self, context: Context, debt: Debt) -> tuple[Payment, int]:
        session, currency = context.session, debt.invoice.currency
        if self.payment is not None:
            payment = session.get(Payment, self.payment)
            lines = money_lines(session, context.today, whose(debt.customer))
            free = next((line.free for line in lines if line.payment_id == self.payment), 0)
            if payment is None or not free:
                raise NotFound(_("No free money of this customer has number {number}.").format(number=self.payment))
            refuse_if(
                payment.currency != currency or (self.amount is not None and self.amount.cents > free),
                _("{amount} of this payment is free.").format(amount=Money(free, payment.currency)),
            )
            return payment, self.amount.cents if self.amount else free
        if self.amount is None:
            raise Invalid(_("Tell how much came in."))
        refuse_if(
            self.amount.currency != currency,
            _("Invoice {number} is in {currency}.").format(number=debt.invoice.number, currency=currency),
        )
        told = f"{debt.invoice.number}/{debt.day.isoformat()}/{self.amount!s}"
        same = select(func.count()).where(
            _PAYMENT.c.source == BY_HAND, _PAYMENT.c.source_key.startswith(told, autoescape=True)
        )
        serial = int(session.connection().execute(same).scalar_one()) + 1
        payment = Payment(
            reference=told,
            source=BY_HAND,
            source_key=f"{told}#{serial}",
            customer_id=debt.customer.id,
            received=debt.day,
            currency=currency,
            cents=self.amount.cents,
        )
        session.add(payment)
        session.flush()
        return payment, self.amount.cents


ACTIONS = (WriteOffDebt, PrepareVatDuplicates, RecordVatDuplicate, RecordDividend)

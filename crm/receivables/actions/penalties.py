"""Late-payment penalties and indemnities: seen by invoice, then claimed, waived, or kept for later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import select

from crm.core.actions import Action, Effect
from crm.core.db import table_of
from crm.core.errors import Invalid, NotFound, Refused, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.money import EURO, Money, plain
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.law.series import decimals
from crm.receivables.actions.promises import named
from crm.receivables.actions.words import meant
from crm.receivables.models import Invoice, PenaltyDecision
from crm.receivables.penalties import PenaltyChoice
from crm.receivables.penalty_reads import PenaltyLine, penalty_lines
from crm.receivables.queries import Whose

_DECISION, _INVOICE = table_of(PenaltyDecision), table_of(Invoice)

STATES = {
    "accruing": mark("running"),
    "due": mark("to decide"),
    "kept": mark("kept for later"),
    "claimed": mark("claimed"),
    "waived": mark("waived"),
    "settled": mark("decided"),
}
"""State → how it is said."""


def state_of(line: PenaltyLine) -> str:
    """Where penalties of an invoice stand: running while it is open, then to decide; else what was decided."""
    told = line.account
    if told.interest_left or told.indemnity_left:
        return "kept" if told.kept else "accruing" if line.open > 0 else "due"
    claimed, waived = told.claimed + told.claimed_indemnity, told.waived + told.waived_indemnity
    return "claimed" if not waived else "waived" if not claimed else "settled"


@dataclass(frozen=True, slots=True)
class PenaltyList:
    """The penalty ledger as it stands on a day."""

    as_of: date
    lines: tuple[PenaltyLine, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """One object an invoice with its stretches of days; sums by currency, indemnities in euros."""
        return {
            "as_of": self.as_of.isoformat(),
            "penalties": [self._json(line) for line in self.lines],
            "totals": {
                currency: {name: plain(cents, currency) for name, cents in sums.items()}
                for currency, sums in self.totals().items()
            },
        }

    def _json(self, line: PenaltyLine) -> dict[str, Any]:
        told, currency = line.account, line.account.currency
        return {
            "invoice": line.invoice,
            "customer": line.customer,
            "name": line.name,
            "regime": line.regime,
            "currency": currency,
            "open": plain(line.open, currency),
            "state": state_of(line),
            "segments": [
                {
                    "from": segment.start.isoformat(),
                    "to": segment.end.isoformat(),
                    "days": segment.days,
                    "rate": decimals(segment.rate),
                    "base": plain(segment.base_cents, currency),
                    "interest": plain(segment.interest_cents, currency),
                }
                for segment in told.segments
            ],
            "interest": plain(told.interest, currency),
            "indemnity": plain(told.indemnity, EURO),
            "claimed": plain(told.claimed, currency),
            "claimed_indemnity": plain(told.claimed_indemnity, EURO),
            "waived": plain(told.waived, currency),
            "waived_indemnity": plain(told.waived_indemnity, EURO),
            "interest_left": plain(told.interest_left, currency),
            "indemnity_left": plain(told.indemnity_left, EURO),
            "decisions": [
                {
                    "decision": one.choice.value,
                    "date": one.day.isoformat(),
                    "interest": plain(one.interest, currency),
                    "indemnity": plain(one.indemnity, EURO),
                    "reference": one.reference or None,
                    "reason": one.reason,
                }
                for one in line.decided
            ],
            "sources": list(told.sources),
        }

    def totals(self) -> dict[str, dict[str, int]]:
        """Currency → accrued, claimed, waived and left; indemnities stand under euros."""
        sums: dict[str, dict[str, int]] = {}

        def add(currency: str, **cents: int) -> None:
            told = sums.setdefault(currency, dict.fromkeys(("accrued", "claimed", "waived", "left"), 0))
            for name, amount in cents.items():
                told[name] += amount

        for line in self.lines:
            told = line.account
            add(told.currency, accrued=told.interest, claimed=told.claimed, waived=told.waived, left=told.interest_left)
            add(EURO, accrued=told.indemnity, claimed=told.claimed_indemnity, waived=told.waived_indemnity,
                left=told.indemnity_left)  # fmt: skip  # read as a table: columns side by side
        return {code: sums[code] for code in sorted(sums)}

    def as_sheet(self) -> Sheet:
        """One row an invoice; it opens to its stretches of days."""
        columns = (
            Column("invoice", _("Invoice")),
            Column("customer", _("Customer")),
            Column("open", _("Open"), Kind.MONEY),
            Column("interest", _("Interest"), Kind.MONEY),
            Column("indemnity", _("Indemnity"), Kind.MONEY),
            Column("claimed", _("Claimed"), Kind.MONEY),
            Column("waived", _("Waived"), Kind.MONEY),
            Column("left", _("Still to decide"), Kind.MONEY),
            Column("state", _("State")),
        )
        rows = tuple(self._row(line) for line in self.lines)
        totals: tuple[tuple[Value, ...], ...] = tuple(
            (_("Total"), currency, "", Money(sums["accrued"], currency), "", Money(sums["claimed"], currency),
             Money(sums["waived"], currency), Money(sums["left"], currency), "")
            for currency, sums in self.totals().items()
        )  # fmt: skip  # read as a table: columns side by side
        return Sheet(
            plural("{count} invoice with penalties", "{count} invoices with penalties", len(rows)),
            columns,
            rows,
            totals,
            formula=_(
                "Open amount × rate × days ÷ 365, cut at each half-year and payment; 40 € once for each invoice."
            ),
            as_of=self.as_of,
            notes=(*self.notes, _("Never on the invoice: a claim is a document of its own.")),
        )

    def _row(self, line: PenaltyLine) -> tuple[Value | Cell, ...]:
        told = line.account
        return (
            Cell(line.invoice, ShowPenalties(invoice=line.invoice)),
            line.name,
            Money(line.open, told.currency),
            Money(told.interest, told.currency),
            Money(told.indemnity, EURO),
            *_both(told.claimed, told.claimed_indemnity, told.currency),
            *_both(told.waived, told.waived_indemnity, told.currency),
            *_both(told.interest_left, told.indemnity_left, told.currency),
            _(STATES[state_of(line)]),
        )


def _both(interest: int, indemnity: int, currency: str) -> tuple[Value]:
    """Interest and indemnity in one cell where they are of one currency; else the interest alone."""
    return (Money(interest + indemnity if currency == EURO else interest, currency),)


class ListPenalties(Action[PenaltyList]):
    """Late-payment penalties by invoice: accrued, claimed, waived, left. Businesses and public buyers only."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    state: Literal["accruing", "due", "kept", "claimed", "waived", "settled"] | None = Field(
        None, description="accruing, due, kept, claimed, waived, settled"
    )
    as_of: date | None = Field(None, description="State on this day; today if left out")

    def perform(self, context: Context) -> PenaltyList:
        """Count from facts and law; nothing of it is stored.

        Raises:
            Refused: a legal value that is not known.
        """
        day = self.as_of or context.today
        lines = penalty_lines(context.session, day, meant(context.session, self.customer))
        return PenaltyList(day, tuple(line for line in lines if self.state in (None, state_of(line))))


@dataclass(frozen=True, slots=True)
class PenaltySheet:
    """Penalties of one invoice: each stretch of days, then the decisions."""

    as_of: date
    line: PenaltyLine

    def as_json(self) -> dict[str, Any]:
        """The object of the list."""
        return PenaltyList(self.as_of, (self.line,)).as_json()["penalties"][0]  # type: ignore[no-any-return]  # of our own dict

    def as_sheet(self) -> Sheet:
        """One row a stretch of days with one rate and one base."""
        told, currency = self.line.account, self.line.account.currency
        columns = (
            Column("from", _("First day"), Kind.DATE),
            Column("to", _("Last day"), Kind.DATE),
            Column("days", _("Days"), Kind.COUNT),
            Column("rate", _("Rate"), Kind.PERCENT),
            Column("base", _("Base"), Kind.MONEY),
            Column("interest", _("Interest"), Kind.MONEY),
        )
        rows = tuple(
            (one.start, one.end, one.days, decimals(one.rate), Money(one.base_cents, currency), Money(one.interest_cents, currency))
            for one in told.segments
        )  # fmt: skip  # read as a table: columns side by side
        totals: tuple[tuple[Value, ...], ...] = tuple(
            (None, None, "", "", label, amount)
            for label, amount in (
                (_("Interest"), Money(told.interest, currency)),
                (_("Recovery indemnity"), Money(told.indemnity, EURO)),
                (_("Claimed"), _both(told.claimed, told.claimed_indemnity, currency)[0]),
                (_("Waived"), _both(told.waived, told.waived_indemnity, currency)[0]),
                (_("Still to decide"), _both(told.interest_left, told.indemnity_left, currency)[0]),
            )
        )
        said = tuple(
            " · ".join(filter(None, (_(CHOICES[one.choice]), one.reference, one.reason))) for one in self.line.decided
        )
        return Sheet(
            _("Penalties of {invoice}").format(invoice=self.line.invoice),
            columns,
            rows,
            totals,
            as_of=self.as_of,
            notes=(*said, *told.sources),
        )


CHOICES = {
    PenaltyChoice.CLAIM: mark("claimed"),
    PenaltyChoice.WAIVE: mark("waived"),
    PenaltyChoice.KEEP: mark("kept for later"),
}
"""Decision → how it is said."""


class ShowPenalties(Action[PenaltySheet]):
    """Late-payment penalties of one invoice: each stretch of days with its rate, and what was decided."""

    effect = Effect.READ

    invoice: str = Field(min_length=1, description="Invoice number")

    def perform(self, context: Context) -> PenaltySheet:
        """Count them up to today.

        Raises:
            NotFound: there is no such invoice.
            Refused: it bears none.
        """
        return PenaltySheet(context.today, _of_invoice(context, self.invoice))


def _of_invoice(context: Context, number: str) -> PenaltyLine:
    lines = penalty_lines(context.session, context.today, Whose(), number=number.strip())
    if lines:
        return lines[0]
    query = select(_INVOICE.c.id).where(_INVOICE.c.number == number.strip())
    if context.session.connection().execute(query).first() is None:
        raise NotFound(_("There is no invoice {number}.").format(number=number))
    raise Refused(
        _("Invoice {number} bears no penalties.").format(number=number),
        _("They are owed by businesses and public buyers, from the day after the due date."),
    )


class _Decide(Action[PenaltyList]):
    """What the three decisions have in common."""

    effect = Effect.WRITE

    def _lines(self, context: Context, invoice: str | None, customer: str | None) -> tuple[PenaltyLine, ...]:
        if invoice is None and customer is None:
            raise Invalid(_("Name an invoice, or a customer for all of theirs."))
        if invoice is not None:
            named(context.session, customer, invoice)
        found = (
            (_of_invoice(context, invoice),)
            if invoice is not None
            else penalty_lines(context.session, context.today, meant(context.session, customer))
        )
        lines = tuple(line for line in found if line.account.interest_left or line.account.indemnity_left)
        refuse_if(not lines, _("No penalties are left to decide about."))
        return lines

    def _keep(
        self,
        context: Context,
        lines: Iterable[PenaltyLine],
        choice: PenaltyChoice,
        what: str,
        *,
        reference: str = "",
        reason: str = "",
    ) -> PenaltyList:
        numbers = set()
        for line in lines:
            told = line.account
            nothing = choice is PenaltyChoice.KEEP
            context.session.add(
                PenaltyDecision(
                    invoice_id=line.invoice_id,
                    decision=choice.value,
                    decided=context.today,
                    until=context.today,
                    currency=told.currency,
                    interest_cents=0 if nothing or what == "indemnity" else told.interest_left,
                    indemnity_cents=0 if nothing or what == "interest" else told.indemnity_left,
                    reference=reference,
                    reason=reason,
                    author=context.actor.name,
                )
            )
            numbers.add(line.invoice)
        context.session.flush()
        after = penalty_lines(context.session, context.today, Whose())
        return PenaltyList(context.today, tuple(line for line in after if line.invoice in numbers))


_WHAT: Any = Field("both", description="interest, indemnity, both")
What = Literal["interest", "indemnity", "both"]


class ClaimPenalties(_Decide):
    """Claim the penalties of an invoice, or all of a customer's, by a document of its own with a reference."""

    invoice: str | None = Field(None, description="Invoice number")
    customer: CustomerRef | None = Field(None, description="All of this customer's: name or number")
    what: What = _WHAT
    reason: str = Field("", max_length=1000, description="Remark")

    def perform(self, context: Context) -> PenaltyList:
        """Give the claim its reference; what accrues later can be claimed again.

        Raises:
            Invalid: neither an invoice nor a customer is named.
            NotFound: there is no such invoice or customer.
            Refused: the invoice is another customer's, or nothing is left to claim, or the customer's invoices are in several currencies.
        """
        lines = self._lines(context, self.invoice, self.customer)
        refuse_if(
            len({line.account.currency for line in lines}) > 1,
            _("Amounts in several currencies are never added."),
            _("Claim invoice by invoice."),
        )
        return self._keep(
            context, lines, PenaltyChoice.CLAIM, self.what, reference=self._reference(context), reason=self.reason
        )

    def _reference(self, context: Context) -> str:
        """PEN-2026-0001, the next of its year."""
        start = f"PEN-{context.today.year}-"
        query = select(_DECISION.c.reference).where(_DECISION.c.reference.startswith(start, autoescape=True))
        known = context.session.connection().execute(query).scalars()
        last = max((int(one.removeprefix(start)) for one in known), default=0)
        return f"{start}{last + 1:04d}"


class WaivePenalties(_Decide):
    """Give up the penalties of an invoice, or all of a customer's, for a reason."""

    invoice: str | None = Field(None, description="Invoice number")
    customer: CustomerRef | None = Field(None, description="All of this customer's: name or number")
    what: What = _WHAT
    reason: str = Field(min_length=3, max_length=1000, description="Why they are given up")

    def perform(self, context: Context) -> PenaltyList:
        """Note it; what accrues later is not given up by it.

        Raises:
            Invalid: neither an invoice nor a customer is named.
            NotFound: there is no such invoice or customer.
            Refused: the invoice is another customer's, or nothing is left to give up.
        """
        lines = self._lines(context, self.invoice, self.customer)
        return self._keep(context, lines, PenaltyChoice.WAIVE, self.what, reason=self.reason)


class KeepPenalties(_Decide):
    """Keep the penalties of an invoice, or all of a customer's, as a lever for later, for a reason."""

    invoice: str | None = Field(None, description="Invoice number")
    customer: CustomerRef | None = Field(None, description="All of this customer's: name or number")
    reason: str = Field(min_length=3, max_length=1000, description="What they are kept for")

    def perform(self, context: Context) -> PenaltyList:
        """Note it; they run on.

        Raises:
            Invalid: neither an invoice nor a customer is named.
            NotFound: there is no such invoice or customer.
            Refused: the invoice is another customer's, or nothing is left to decide about.
        """
        lines = self._lines(context, self.invoice, self.customer)
        return self._keep(context, lines, PenaltyChoice.KEEP, "both", reason=self.reason)


ACTIONS = (ListPenalties, ShowPenalties, ClaimPenalties, WaivePenalties, KeepPenalties)

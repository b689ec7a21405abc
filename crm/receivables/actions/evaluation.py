"""How well the matching did, judged against a file of what is true."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import select

from crm.core.actions import Action, Effect
from crm.core.columns import ColumnSpec, match_columns
from crm.core.db import table_of
from crm.core.errors import Invalid
from crm.core.exchange import Source
from crm.core.i18n import _
from crm.core.proposals import Proposal
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.core.spool import Upload
from crm.core.tabular import ProblemList, Unreadable, open_table
from crm.receivables.models import Allocation, BankLine, Instalment, Invoice, Payment
from crm.receivables.proposing import CONFIRM, candidates_of

_COLUMNS = (
    ColumnSpec("payment", required=True, synonyms=("reference", "paiement", "reglement")),
    ColumnSpec("invoice", required=True, synonyms=("facture", "number")),
    ColumnSpec("amount", required=True, synonyms=("montant",)),
)
_PAYMENT, _LINE, _ALLOCATION = table_of(Payment), table_of(BankLine), table_of(Allocation)
_INSTALMENT, _INVOICE = table_of(Instalment), table_of(Invoice)
_PROPOSAL = table_of(Proposal)

Uses = dict[str, int]
"""Number of an invoice → cents."""


@dataclass(frozen=True, slots=True)
class MatchingScore:
    """Shares from 0 to 1; None where nothing can be judged."""

    precision: float | None
    """Of what is allocated, how much is true to the cent."""
    recall: float | None
    """Of what is true, how much is allocated."""
    exact_payments: float | None
    """Payments whose every use is right and none is missing."""
    proposed_recall: float | None
    """Recall when what is proposed counts too."""
    payments: int

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "exact_payments": self.exact_payments,
            "proposed_recall": self.proposed_recall,
            "payments": self.payments,
        }

    def as_sheet(self) -> Sheet:
        """One row a measure."""
        columns = (Column("measure", _("Measure")), Column("value", _("Value"), Kind.PERCENT))
        told = (
            (_("Allocated and true, of what is allocated"), self.precision),
            (_("Allocated and true, of what is true"), self.recall),
            (_("Payments right in every use"), self.exact_payments),
            (_("The same as the second, proposals counted"), self.proposed_recall),
        )
        rows = tuple((name, "–" if share is None else f"{share * 100:.2f} %") for name, share in told)
        return Sheet(_("The matching against what is true"), columns, rows)


class EvaluateMatching(Action[MatchingScore]):
    """Compare what is matched with a file of what is true."""

    effect = Effect.READ

    truth: Upload = Field(description="File with the columns payment, invoice, amount")

    def perform(self, context: Context) -> MatchingScore:
        """Read the truth and compare: a payment is known by its reference, or any reference of its bank line.

        Raises:
            Invalid: the file cannot be read, or names no payment.
        """
        truth = _read(context.exchange.source(self.truth))
        names = _names(context, truth)
        made = _made(context, names)
        proposed = _proposed(context, names)
        right = sum(truth[name].get(number) == cents for name, uses in made.items() for number, cents in uses.items())
        allocated = sum(len(uses) for uses in made.values())
        wanted = sum(len(uses) for uses in truth.values())
        found = sum(
            made.get(name, {}).get(number) == cents or (number, cents) in proposed.get(name, set())
            for name, uses in truth.items()
            for number, cents in uses.items()
        )
        exact = sum(made.get(name, {}) == uses for name, uses in truth.items())
        return MatchingScore(
            _share(right, allocated),
            _share(right, wanted),
            _share(exact, len(truth)),
            _share(found, wanted),
            len(truth),
        )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _read(source: Source) -> dict[str, Uses]:
    """Reference → what it truly pays; a line without an invoice says that it pays nothing."""
    truth: dict[str, Uses] = defaultdict(dict)
    with source.open() as stream:
        table = open_table(stream, source.name)
        places, _unknown = match_columns(table.headings, _COLUMNS, {})
        amount = places["amount"]
        reading = table.decide([], [amount] if amount is not None else [])
        told = ProblemList()
        for line, row in table.rows(told):
            cells = {name: row[place].strip() for name, place in places.items() if place is not None}
            uses = truth[cells["payment"]]
            if cells["invoice"]:
                try:
                    cents = reading.amounts.cents(cells["amount"], 2)
                except Invalid as problem:
                    raise Unreadable(problem.message, line=line) from problem
                uses[cells["invoice"]] = uses.get(cells["invoice"], 0) + cents
    if not truth:
        raise Unreadable(_("The file names no payment."))
    return dict(truth)


@dataclass(frozen=True, slots=True)
class _Names:
    """Which payments and bank lines the names of the truth mean."""

    payments: Mapping[int, str]
    lines: Mapping[int, str]


def _names(context: Context, truth: Iterable[str]) -> _Names:
    wanted = set(truth)
    connection = context.session.connection()
    lines: dict[int, str] = {}
    columns = (_LINE.c.end_to_end_id, _LINE.c.bank_reference, _LINE.c.number, _LINE.c.fingerprint, _LINE.c.label)
    for key, *told in connection.execute(select(_LINE.c.id, *columns).order_by(_LINE.c.id)):
        name = next((text for text in told if text in wanted), None)
        if name is not None:
            lines[key] = name
    payments: dict[int, str] = {}
    query = select(_PAYMENT.c.id, _PAYMENT.c.reference, _PAYMENT.c.bank_line_id).order_by(_PAYMENT.c.id)
    for key, reference, line_id in connection.execute(query):
        if line_id in lines:
            payments[key] = lines[line_id]
        elif reference in wanted:
            payments[key] = reference
    return _Names(payments, lines)


def _made(context: Context, names: _Names) -> dict[str, Uses]:
    """What each payment of the truth is allocated to."""
    query = (
        select(_ALLOCATION.c.payment_id, _INVOICE.c.number, _ALLOCATION.c.cents)
        .join(_INSTALMENT, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id)
        .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
        .where(_ALLOCATION.c.payment_id.is_not(None))
        .order_by(_ALLOCATION.c.id)
    )
    found: dict[str, Uses] = defaultdict(dict)
    for payment_id, number, cents in context.session.connection().execute(query):
        if (name := names.payments.get(payment_id)) is not None:
            found[name][number] = found[name].get(number, 0) + int(cents)
    return {name: {number: cents for number, cents in uses.items() if cents} for name, uses in found.items()}


def _proposed(context: Context, names: _Names) -> dict[str, set[tuple[str, int]]]:
    """What is proposed for each."""
    connection = context.session.connection()
    query = select(_PROPOSAL.c.id, _PROPOSAL.c.subject).where(
        _PROPOSAL.c.action == CONFIRM, _PROPOSAL.c.closed_at.is_(None)
    )
    about: dict[int, str] = {}
    for key, subject in connection.execute(query.order_by(_PROPOSAL.c.id)):
        kind, _slash, number = subject.partition("/")
        known = names.lines if kind == "bank-line" else names.payments
        if (name := known.get(int(number))) is not None:
            about[key] = name
    documents = select(_INSTALMENT.c.id, _INVOICE.c.number).join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
    numbers = {row.id: row.number for row in connection.execute(documents)}
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for key, matches in candidates_of(context.session, sorted(about)).items():
        for match in matches:
            uses: Uses = {}
            for item, cents in match.allocations:
                uses[numbers[item]] = uses.get(numbers[item], 0) + cents
            found[about[key]].update(uses.items())
    return found


ACTIONS = (EvaluateMatching,)

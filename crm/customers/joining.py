"""One customer recorded twice, and companies of one group: dated links between records, never a rewriting of facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect
from crm.core.db import table_of
from crm.core.errors import NotFound, Refused, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.proposals import Proposal
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.card import REGIMES, CustomerCard, card_of
from crm.customers.duplicates import PROPOSED, Mark, Pair, Record, pairs
from crm.customers.models import BankAccount, Contact, Customer, CustomerAlias, Regime
from crm.customers.queries import find_customer
from crm.customers.visible import as_one, merged, records_of

MARKS = {
    Mark.SIREN: mark("same SIREN {value}"),
    Mark.VAT_NUMBER: mark("same VAT number {value}"),
    Mark.IBAN: mark("same account {value}"),
    Mark.EMAIL: mark("same e-mail address {value}"),
    Mark.PHONE: mark("same telephone {value}"),
    Mark.DOMAIN: mark("same e-mail domain {value}"),
    Mark.SAME_NAME: mark("same name"),
    Mark.NEAR_NAME: mark("nearly the same name"),
    Mark.TOWN: mark("same town {value}"),
}
"""What two records share → how it is said."""


@dataclass(frozen=True, slots=True)
class MergeCard:
    """Two records of one customer: who is kept, and who it answers for from now on."""

    card: CustomerCard
    other: Customer
    joined: bool
    """Merged (True), or two again (False)."""

    def as_json(self) -> dict[str, Any]:
        """The customer kept, and the record linked to it."""
        link = {"customer": self.other.number, "name": self.other.name, "merged": self.joined}
        return {**self.card.as_json(), "record": link}

    def as_sheet(self) -> Sheet:
        """The two records side by side."""
        kept, other = self.card.customer, self.other
        columns = (Column("field", ""), Column("kept", kept.number), Column("other", other.number))
        told = (
            (_("Name"), kept.name, other.name),
            (_("Regime"), _(REGIMES[kept.regime]), _(REGIMES[other.regime])),
            (_("SIREN"), kept.siren, other.siren),
            (_("VAT number"), kept.vat_number, other.vat_number),
            (_("City"), kept.city, other.city),
            (_("Account manager"), kept.account_manager, other.account_manager),
        )
        title = _("{name} answers for {other}") if self.joined else _("{name} and {other} are two again")
        return Sheet(
            title.format(name=kept.name, other=other.number),
            columns,
            tuple(row for row in told if any(row[1:])),
            notes=(_("Every fact keeps its own record; answers speak of the customer as a whole."),),
        )


class MergeCustomers(Action[MergeCard]):
    """Say that two records are one customer: every answer then speaks of both together."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="The customer that is kept: name or number")
    duplicate: CustomerRef = Field(description="The record that is the same customer: name or number")

    def perform(self, context: Context) -> MergeCard:
        """Link the record to the customer from today on.

        Raises:
            NotFound, Ambiguous: one of them is none, or several.
            Refused: they are one already, or two companies: two SIREN numbers, or two laws that apply.
        """
        session = context.session
        kept, other = find_customer(session, self.customer), find_customer(session, self.duplicate)
        refuse_if(kept.id == other.id, _("This is one customer already."))
        refuse_if(
            bool(kept.siren and other.siren) and kept.siren != other.siren,
            _("{name} and {other} have different SIREN numbers: they are two companies.").format(
                name=kept.name, other=other.name
            ),
            _("Companies of one group are tied by “crm join-group”."),
        )
        stated = {kept.regime, other.regime} - {Regime.TO_QUALIFY.value}
        refuse_if(
            len(stated) > 1,
            _("Another law applies to each of them: state one regime first."),
        )
        for key in records_of(session, other.id):
            row = session.get_one(Customer, key)
            row.root_id, row.merged_on = kept.id, row.merged_on or context.today
            session.add(row)
        session.flush()
        return MergeCard(card_of(context, kept), other, joined=True)


class SeparateCustomer(Action[MergeCard]):
    """Take a merged record out again: it was another customer after all."""

    effect = Effect.WRITE

    record: str = Field(min_length=1, max_length=64, description="Number of the record that was merged")

    def perform(self, context: Context) -> MergeCard:
        """End the link.

        Raises:
            NotFound: no record has the number, or it was not merged.
        """
        session = context.session
        row = session.exec(select(Customer).where(Customer.number == self.record.strip())).first()
        if row is None or row.root_id is None:
            raise NotFound(_("No record {number} was merged into a customer.").format(number=self.record))
        kept = as_one(session, row.id)
        row.root_id, row.merged_on = None, None
        session.add(row)
        session.flush()
        return MergeCard(card_of(context, kept), row, joined=False)


@dataclass(frozen=True, slots=True)
class DuplicateList:
    """Pairs of records that may be one customer, the surest first."""

    as_of: date
    pairs: tuple[Pair, ...]

    def as_json(self) -> dict[str, Any]:
        """Each pair with its evidence and how sure it is."""
        return {
            "duplicates": [
                {
                    "customer": pair.kept.number,
                    "name": pair.kept.name,
                    "duplicate": pair.other.number,
                    "duplicate_name": pair.other.name,
                    "certainty": pair.certainty,
                    "evidence": [{"mark": one.value, "value": value} for one, value in pair.evidence],
                    "why": why(pair),
                }
                for pair in self.pairs
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a pair."""
        columns = (
            Column("customer", _("Customer")),
            Column("duplicate", _("May be the same")),
            Column("certainty", _("Certainty"), Kind.PERCENT),
            Column("why", _("Because")),
        )
        rows = tuple(
            (
                f"{pair.kept.number} {pair.kept.name}",
                f"{pair.other.number} {pair.other.name}",
                round(100 * pair.certainty),
                why(pair),
            )
            for pair in self.pairs
        )
        title = plural("{count} possible duplicate", "{count} possible duplicates", len(rows))
        return Sheet(title, columns, rows, as_of=self.as_of)


def why(pair: Pair) -> str:
    """What the two records have in common, in words."""
    return ", ".join(_(MARKS[one]).format(value=value) for one, value in pair.evidence)


class ListDuplicates(Action[DuplicateList]):
    """List customers that may be recorded twice, each pair with what both have in common."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only pairs of this customer: name or number")
    limit: int = Field(100, ge=1, le=10_000, description="How many at most")

    def perform(self, context: Context) -> DuplicateList:
        """Compare what the records say."""
        found = pairs(_records(context.session))
        if self.customer is not None:
            meant = find_customer(context.session, self.customer).id
            found = [pair for pair in found if meant in (pair.kept.id, pair.other.id)]
        return DuplicateList(context.today, tuple(found[: self.limit]))


class ProposeMerges(Action[DuplicateList]):
    """Put up for a yes what is probably one customer recorded twice; what was refused once is not asked again."""

    effect = Effect.WRITE

    def perform(self, context: Context) -> DuplicateList:
        """One proposal a pair that is sure enough."""
        session = context.session
        kind = MergeCustomers.action_name()
        closed = select(Proposal.fields).where(Proposal.action == kind, Proposal.outcome == "refused")
        refused = set(session.exec(closed))
        proposed, taken = [], set[int]()
        for pair in pairs(_records(session)):
            if pair.certainty < PROPOSED:
                break
            action = MergeCustomers(customer=pair.kept.number, duplicate=pair.other.number)
            # One question at a time about a record: a yes changes what the next would be about.
            if action.model_dump_json() in refused or pair.other.id in taken:
                continue
            taken.add(pair.other.id)
            said = _("{name} and {other} may be one customer: {why}.").format(
                name=f"{pair.kept.name} ({pair.kept.number})",
                other=f"{pair.other.name} ({pair.other.number})",
                why=why(pair),
            )
            context.propose(
                action,
                why=said,
                subject=pair.other.number,
                owner=session.get_one(Customer, pair.kept.id).account_manager,
            )
            proposed.append(pair)
        return DuplicateList(context.today, tuple(proposed))


def _records(session: Session) -> list[Record]:
    """Every customer with the marks by which it may be found again; merged records lend theirs."""
    root = merged(session)

    def gathered(rows: Iterable[tuple[int | None, str]]) -> Mapping[int, list[str]]:
        found: dict[int, list[str]] = {}
        for key, value in rows:
            if key is not None and value:
                found.setdefault(root.get(key, key), []).append(value)
        return found

    contacts = session.exec(select(Contact.customer_id, Contact.email, Contact.phone)).all()
    emails = gathered((key, email.lower()) for key, email, _phone in contacts)
    phones = gathered((key, _digits(phone)) for key, _email, phone in contacts)
    ibans = gathered(session.exec(select(BankAccount.customer_id, BankAccount.iban)))
    aliases = gathered(
        session.exec(select(CustomerAlias.customer_id, CustomerAlias.name).order_by(col(CustomerAlias.id)))
    )
    own = table_of(Customer).c
    rows = select_columns(own.id, own.number, own.name, own.siren, own.vat_number, own.city)
    return [
        Record(
            *row,
            ibans=frozenset(ibans.get(row.id, ())),
            emails=frozenset(emails.get(row.id, ())),
            phones=frozenset(phones.get(row.id, ())),
            aliases=tuple(aliases.get(row.id, ())),
        )
        for row in session.connection().execute(rows.where(own.root_id.is_(None)).order_by(own.id))
    ]


def _digits(phone: str) -> str:
    """The last nine digits of a number: the same with and without the country."""
    digits = "".join(char for char in phone if char.isdigit())
    return digits[-9:] if len(digits) >= 9 else ""


class JoinGroup(Action[CustomerCard]):
    """Put a customer in the group of a company, or take it out."""

    effect = Effect.WRITE

    customer: CustomerRef = Field(description="Name or number")
    parent: CustomerRef | None = Field(
        None, description="The company at the head of the group; out of any group if left out"
    )

    def perform(self, context: Context) -> CustomerCard:
        """Link it to its parent.

        Raises:
            NotFound, Ambiguous: one of them is none, or several.
            Refused: the group would go round in a circle, or nothing would change.
        """
        session = context.session
        row = find_customer(session, self.customer)
        parent = find_customer(session, self.parent) if self.parent is not None else None
        above = parent
        while above is not None:
            if above.id == row.id:
                raise Refused(_("{name} would belong to itself.").format(name=row.name))
            above = as_one(session, above.parent_id) if above.parent_id is not None else None
        refuse_if(row.parent_id == (parent.id if parent else None), _("It stands like that already."))
        row.parent_id = parent.id if parent else None
        session.add(row)
        session.flush()
        return card_of(context, row)


def group_of(session: Session, customer: Customer) -> Sequence[Customer]:
    """Every company of a customer's group, its head first; the customer alone where it belongs to none."""
    head = customer
    while head.parent_id is not None:
        head = as_one(session, head.parent_id)
    found, level = [head], [head.id]
    while level:
        records = [key for one in level for key in records_of(session, one)]
        children = session.exec(
            select(Customer)
            .where(col(Customer.parent_id).in_(records), col(Customer.root_id).is_(None))
            .order_by(col(Customer.name_key), col(Customer.id))
        ).all()
        found += children
        level = [child.id for child in children]
    return found


ACTIONS = (MergeCustomers, SeparateCustomer, ListDuplicates, ProposeMerges, JoinGroup)

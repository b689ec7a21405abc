"""Finding customers by any word of theirs, a page at a time, with what each owes and what comes next.

Names are looked through first, by their index; towns, e-mail addresses, contacts, other names and SIREN follow. Only the
customers of the page are added up, so that a page costs the same among a hundred and among a hundred thousand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from crm.core.actions import Action, Effect
from crm.core.i18n import _, plural
from crm.core.money import EURO, Money, plain
from crm.core.names import name_key
from crm.core.proposals import Proposal
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.models import Contact, Customer, CustomerAlias, Hold, Regime
from crm.customers.visible import merged, with_merged
from crm.portfolio.cadences import NextContact, next_contacts
from crm.portfolio.history import last_exchanges
from crm.receivables.ageing import AgeingLine, totals
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose, aged_lines
from crm.receivables.words_given import promise_lines
from crm.risk.kept import kept_scores

Only = Literal["overdue", "proposed", "held", "promised", "no_regime", "no_address", "mine"]
Order = Literal["name", "overdue", "late", "balance", "contact"]

_CUSTOMER, _CONTACT, _ALIAS = Customer.__table__, Contact.__table__, CustomerAlias.__table__  # type: ignore[attr-defined]  # SQLModel gives the table at run time
_HOLD, _PROPOSAL = Hold.__table__, Proposal.__table__  # type: ignore[attr-defined]  # SQLModel gives the table at run time
_ID: ColumnElement[int] = _CUSTOMER.c.id
_OWN = _CUSTOMER.alias("own")
_OF: ColumnElement[int] = func.coalesce(_OWN.c.root_id, _OWN.c.id)
"""The customer a record belongs to: the one it was merged into, else itself."""
_RECENT = 30
"""Days after which a promise not kept is history: it stands on the sheet, no longer as what comes next."""
_MOST_TOWNS = 500
_PAGE = 50


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer of the list: who, what is owed in the currency owed most, and the facts that say what comes next."""

    id: int
    number: str
    name: str
    city: str
    regime: str
    segment: str
    account_manager: str
    owed: AgeingLine
    currencies: int = 1
    proposal: str = ""
    """The reason of a proposal that waits for a yes."""
    hold: str = ""
    """Why nothing is sent."""
    promise: date | None = None
    """The day of a promise still awaited."""
    broken: date | None = None
    """The day of the last promise that was not kept, when none is awaited; only of these last weeks."""
    risk: float | None = None
    """The probability of a late payment, as last kept; None: never scored."""
    contact: NextContact | None = None
    """When the customer is spoken with next, and by whom; None: nothing is planned or meant."""
    exchange: date | None = None
    """The last day on which they were spoken with or written to, where that was asked for."""

    def as_json(self) -> dict[str, Any]:
        """As in `list-customers`, and what comes next."""
        return {
            "customer": self.number,
            "name": self.name,
            "city": self.city,
            "regime": self.regime,
            "segment": self.segment,
            "account_manager": self.account_manager,
            "currency": self.owed.currency,
            "balance": plain(self.owed.total, self.owed.currency),
            "overdue": plain(self.owed.overdue, self.owed.currency),
            "days_overdue": self.owed.oldest_days,
            "proposal": self.proposal or None,
            "hold": self.hold or None,
            "promise": self.promise.isoformat() if self.promise else None,
            "next_contact": self.contact.day.isoformat() if self.contact else None,
            "contact_owner": (self.contact.owner or None) if self.contact else None,
            "probability_late": None if self.risk is None else round(self.risk, 4),
            "last_exchange": self.exchange.isoformat() if self.exchange else None,
        }


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Some customers out of those that answer; `total` is None where they were not counted."""

    as_of: date
    rows: tuple[CustomerRow, ...]
    offset: int = 0
    total: int | None = None
    sums: Mapping[str, AgeingLine] = field(default_factory=dict)
    """Currency → what all that answer owe, where they were added up."""

    def as_json(self) -> dict[str, Any]:
        """One object a customer."""
        return {"customers": [row.as_json() for row in self.rows], "offset": self.offset, "total": self.total}

    def as_sheet(self) -> Sheet:
        """One row a customer."""
        columns = (
            Column("customer", _("Number")),
            Column("name", _("Customer")),
            Column("city", _("City")),
            Column("balance", _("Balance"), Kind.MONEY),
            Column("overdue", _("Overdue"), Kind.MONEY),
            Column("days", _("Late"), Kind.DAYS),
        )
        rows = tuple(
            (
                row.number,
                row.name,
                row.city,
                Money(row.owed.total, row.owed.currency),
                Money(row.owed.overdue, row.owed.currency),
                row.owed.oldest_days,
            )
            for row in self.rows
        )
        count = self.total if self.total is not None else len(rows)
        return Sheet(plural("{count} customer", "{count} customers", count), columns, rows, as_of=self.as_of)


class SearchCustomers(Action[CustomerPage]):
    """Find customers by any word: name, town, contact, e-mail, number or SIREN; a page at a time."""

    effect = Effect.READ
    aliases = {"query": "text"}  # noqa: RUF012  a constant table, never altered

    text: str = Field("", max_length=200, description="Words of the name, town, contact, e-mail, number or SIREN")
    only: Only | None = Field(
        None, description="overdue, proposed, held, promised, no_regime, no_address, mine: those alone"
    )
    sort: Order = Field("name", description="name, overdue, late, balance, contact: the next contact first")
    limit: int = Field(_PAGE, ge=1, le=1_000, description="How many at most")
    offset: int = Field(0, ge=0, description="How many to pass over")
    names_only: bool = Field(False, description="Look through names and numbers alone")
    count: bool = Field(False, description="Count all that answer")
    sums: bool = Field(False, description="Add up what all that answer owe")
    exchanges: bool = Field(False, description="Also the day of the last exchange with each")

    def perform(self, context: Context) -> CustomerPage:
        """Find the page, then look up its customers and their next contacts."""
        page = self._page(context)
        contacts = next_contacts(context, [row.id for row in page.rows]) if not self.names_only else {}
        return replace(page, rows=tuple(replace(row, contact=contacts.get(row.id)) for row in page.rows))

    def _page(self, context: Context) -> CustomerPage:
        session, day = context.session, context.today
        conditions = [col(Customer.root_id).is_(None), *self._narrowed(context)]
        if self.text.strip():
            conditions.append(_answers(session, self.text, names_only=self.names_only))
        if self.sort != "name" or self.only == "overdue" or self.sums:
            return self._added_up(context, conditions)
        page = select(_ID).where(*conditions).order_by(col(Customer.name_key), _ID)
        ids = session.execute(page.offset(self.offset).limit(self.limit)).scalars()
        rows = tuple(self._with_exchanges(session, _rows(session, day, list(ids))))
        total = None
        if self.count:
            total = session.execute(select(func.count()).select_from(_CUSTOMER).where(*conditions)).scalar()
        return CustomerPage(day, rows, self.offset, total)

    def _with_exchanges(self, session: Session, rows: list[CustomerRow]) -> list[CustomerRow]:
        """The rows with their last exchanges, where they were asked for: many messages are gone through for that."""
        if not self.exchanges:
            return rows
        known = last_exchanges(session, [row.id for row in rows])
        return [replace(row, exchange=known.get(row.id)) for row in rows]

    def _narrowed(self, context: Context) -> list[Any]:
        day = context.today
        held = (
            select(_OF)
            .select_from(_OWN.join(_HOLD, _HOLD.c.customer_id == _OWN.c.id))
            .where(
                _HOLD.c.since <= day,
                or_(_HOLD.c.until.is_(None), _HOLD.c.until > day),
                or_(_HOLD.c.lifted.is_(None), _HOLD.c.lifted > day),
            )
        )
        theirs = select(_OF).select_from(_OWN.join(_CONTACT, _CONTACT.c.customer_id == _OWN.c.id))
        reached = theirs.where(_CONTACT.c.email != "")
        match self.only:
            case "held":
                return [_ID.in_(held)]
            case "proposed":
                return [col(Customer.number).in_(select(_PROPOSAL.c.subject).where(_PROPOSAL.c.closed_at.is_(None)))]
            case "promised":
                return [_ID.in_({line.customer_id for line in _awaited(context.session, day, Whose())})]
            case "no_regime":
                return [col(Customer.regime) == Regime.TO_QUALIFY.value]
            case "no_address":
                return [_ID.not_in(reached)]
            case "mine":
                return [col(Customer.account_manager) == context.actor.user]
            case _:
                return []

    def _added_up(self, context: Context, conditions: Sequence[Any]) -> CustomerPage:
        """All that answer, with what they owe, in the order asked for; then the page of them."""
        session, day = context.session, context.today
        found = session.execute(select(_ID, col(Customer.name_key)).where(*conditions)).all()
        keys = {int(row_id): str(key) for row_id, key in found}
        everybody = not self.text.strip() and self.only in {None, "overdue"}
        owed = _owed(session, day, None if everybody else list(keys))
        if self.only == "overdue":
            keys = {
                row_id: key for row_id, key in keys.items() if any(line.overdue > 0 for line in owed.get(row_id, ()))
            }
        contacts = next_contacts(context, None if everybody else list(keys)) if self.sort == "contact" else {}

        def rank(row_id: int) -> tuple[int, int]:
            if self.sort == "contact":
                following = contacts.get(row_id)
                return (following.day if following else date.max).toordinal(), 0
            return _rank(self.sort, owed.get(row_id, ()))

        ordered = sorted(keys, key=lambda row_id: (*rank(row_id), keys[row_id], row_id))
        page = ordered[self.offset : self.offset + self.limit]
        sums = totals(tuple(line for row_id in keys for line in owed.get(row_id, ())))
        rows = self._with_exchanges(session, _rows(session, day, page, owed))
        return CustomerPage(day, tuple(rows), self.offset, len(ordered), sums)


def _answers(session: Session, text: str, *, names_only: bool) -> ColumnElement[bool]:
    """Every word typed is in the name or number; else somewhere in what is known of the customer."""
    typed = text.strip()
    words = name_key(typed).split()
    asked = typed.lower()
    merged_number = func.lower(_OWN.c.number).contains(asked, autoescape=True)
    number = func.lower(col(Customer.number)).contains(asked, autoescape=True) | _ID.in_(_merged(merged_number))
    if not words:
        return number
    by_name = _all([col(Customer.name_key).contains(word, autoescape=True) for word in words])
    by_name = by_name | _ID.in_(_merged(*(_OWN.c.name_key.contains(word, autoescape=True) for word in words)))
    if names_only:
        # Without a digit, the index of names answers alone and stops at the end of the page.
        return or_(number, by_name) if any(char.isdigit() for char in typed) else by_name
    return or_(number, _all([_anywhere(session, word) for word in words]), _ID.in_(_reached_by(typed)))


def _merged(*conditions: ColumnElement[bool]) -> Any:
    """The customers into which a record was merged that meets the conditions."""
    return select(_OWN.c.root_id).where(_OWN.c.root_id.is_not(None), *conditions)


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    first, *others = conditions
    for other in others:
        first = first & other
    return first


def _anywhere(session: Session, word: str) -> ColumnElement[bool]:
    """A word in the name, another name, the town, a contact, an e-mail address or the SIREN."""
    told: list[ColumnElement[bool]] = [col(Customer.name_key).contains(word, autoescape=True)]
    alias = select(_OF).select_from(_OWN.join(_ALIAS, _ALIAS.c.customer_id == _OWN.c.id))
    told.append(_ID.in_(alias.where(_ALIAS.c.name_key.contains(word, autoescape=True))))
    told.append(_ID.in_(_merged(_OWN.c.name_key.contains(word, autoescape=True))))
    if towns := _towns(session, word):
        told.append(col(Customer.city).in_(towns))
    if word.isdigit():
        told.append(col(Customer.siren).startswith(word, autoescape=True))
    told.append(_ID.in_(_reached_by(word)))
    return or_(*told)


def _reached_by(word: str) -> Any:
    """The customers a contact of whom has the word in the name or e-mail address."""
    lowered = word.lower()
    return (
        select(_OF)
        .select_from(_OWN.join(_CONTACT, _CONTACT.c.customer_id == _OWN.c.id))
        .where(
            or_(
                func.lower(_CONTACT.c.name).contains(lowered, autoescape=True),
                func.lower(_CONTACT.c.email).contains(lowered, autoescape=True),
            )
        )
    )


def _towns(session: Session, word: str) -> list[str]:
    """The towns with a word that begins like it, accents and capitals aside."""
    towns = session.execute(select(col(Customer.city)).distinct()).scalars()
    found = [town for town in towns if any(part.startswith(word) for part in name_key(town).split())]
    return found[:_MOST_TOWNS]


def _owed(session: Session, day: date, ids: Sequence[int] | None) -> dict[int, list[AgeingLine]]:
    """What customers owe, by key; everybody where no keys are given."""
    lines = aged_lines(session, day, Whose(customer_ids=tuple(ids) if ids is not None else None))
    numbers = {line.customer for line in lines if line.customer}
    query = select(col(Customer.number), _ID)
    if ids is not None:
        query = query.where(_ID.in_(ids))
    keys = {number: row_id for number, row_id in session.execute(query) if number in numbers}
    owed: dict[int, list[AgeingLine]] = {}
    for line in lines:
        if line.customer in keys:
            owed.setdefault(keys[line.customer], []).append(line)
    return owed


def _main(lines: Sequence[AgeingLine]) -> AgeingLine:
    """What is shown of a customer: euros where some are owed, else the largest."""
    return max(lines, key=lambda line: (line.currency == EURO, line.total), default=AgeingLine("", "", "", EURO))


def _rank(order: Order, lines: Sequence[AgeingLine]) -> tuple[int, int]:
    line = _main(lines)
    match order:
        case "overdue":
            return -line.overdue, -line.oldest_days
        case "late":
            return -line.oldest_days, -line.overdue
        case "balance":
            return -line.total, -line.overdue
        case _:
            return 0, 0


def _rows(
    session: Session, day: date, ids: Sequence[int], owed: Mapping[int, Sequence[AgeingLine]] | None = None
) -> list[CustomerRow]:
    """The customers of some keys, in this order, with what they owe and the facts beside it."""
    if not ids:
        return []
    if owed is None:
        owed = _owed(session, day, ids)
    rows = {row.id: row for row in session.exec(select_rows(Customer).where(_ID.in_(ids)))}
    facts = _Facts(session, day, rows)
    return [_row(rows[key], owed.get(key, ()), facts) for key in ids if key in rows]


def _row(row: Customer, lines: Sequence[AgeingLine], facts: "_Facts") -> CustomerRow:
    promise, broken = facts.promises.get(row.id, (None, None))
    return CustomerRow(
        id=row.id,
        number=row.number,
        name=row.name,
        city=row.city,
        regime=row.regime,
        segment=row.segment,
        account_manager=row.account_manager,
        owed=_main(lines),
        currencies=len(lines),
        proposal=facts.proposals.get(row.number, ""),
        hold=facts.holds.get(row.id, ""),
        promise=promise,
        broken=broken if broken and not promise and (facts.day - broken).days <= _RECENT else None,
        risk=facts.risks.get(row.id),
    )


class _Facts:
    """What tells the next step of some customers: one statement a kind of fact."""

    def __init__(self, session: Session, day: date, rows: Mapping[int, Customer]) -> None:
        ids, root = tuple(rows), merged(session)
        self.holds = {
            root.get(hold.customer_id, hold.customer_id): hold.reason
            for hold in session.exec(
                select_rows(Hold).where(
                    col(Hold.customer_id).in_(with_merged(session, ids)),
                    Hold.since <= day,
                    or_(col(Hold.until).is_(None), col(Hold.until) > day),
                    or_(col(Hold.lifted).is_(None), col(Hold.lifted) > day),
                )
            )
        }
        self.risks = kept_scores(session, day, ids)
        numbers = [row.number for row in rows.values()]
        self.proposals = {
            proposal.subject: proposal.reason
            for proposal in session.exec(
                select_rows(Proposal).where(col(Proposal.subject).in_(numbers), col(Proposal.closed_at).is_(None))
            )
        }
        self.day = day
        self.promises: dict[int, tuple[date | None, date | None]] = {}
        for line in promise_lines(session, day, Whose(customer_ids=ids)):
            awaited, broken = self.promises.get(line.customer_id, (None, None))
            if line.status is PromiseStatus.PENDING:
                awaited = min(awaited or line.word.by, line.word.by)
            elif line.status in {PromiseStatus.BROKEN, PromiseStatus.PARTLY_KEPT}:
                broken = max(broken or line.word.by, line.word.by)
            self.promises[line.customer_id] = (awaited, broken)


def _awaited(session: Session, day: date, of: Whose) -> list[Any]:
    return [line for line in promise_lines(session, day, of) if line.status is PromiseStatus.PENDING]


ACTIONS = (SearchCustomers,)

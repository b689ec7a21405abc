"""Reads for a run: open items streamed customer by customer, and the facts of some customers at a time. Memory stays flat."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, false, func, or_, select
from sqlmodel import Session

from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.money import shown
from crm.customers.consents import refusals
from crm.customers.grievances import GrievanceKind, open_grievances
from crm.customers.models import ConsentPurpose, Contact, Hold
from crm.customers.queries import the_company
from crm.customers.visible import CUSTOMER, merged, with_merged
from crm.followup.gate import LATELY, Displeased, Facts, Held, Waiting, unanswered
from crm.followup.models import Reminder
from crm.followup.plan_items import UNCOUNTED, AgreedItems, broken_plans
from crm.followup.planning import Item
from crm.followup.slots import tone_for
from crm.followup.ways import NO_OTHER, Reach
from crm.messaging.models import DeadAddress, OutgoingMessage
from crm.messaging.numbers import mobile
from crm.messaging.queries import live_channels
from crm.receivables.fec.queries import Supplier, any_outside, owed_to, settled_outside
from crm.receivables.models import DocumentKind, Instalment, Invoice, Payment, Promise
from crm.receivables.payments_read import freshness, undecided_money
from crm.receivables.queries import Whose, disputed_on, free_money, open_items
from crm.receivables.words_given import promise_lines

_INSTALMENT, _INVOICE, _CUSTOMER = table_of(Instalment), table_of(Invoice), CUSTOMER
_REMINDER, _MESSAGE, _CONTACT = table_of(Reminder), table_of(OutgoingMessage), table_of(Contact)
_HOLD, _DEAD = table_of(Hold), table_of(DeadAddress)
_PAYMENT, _PROMISE = table_of(Payment), table_of(Promise)
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)
# Said by what it is not: a list of the many would draw the planner to the index of states, which narrows nothing.
_COUNTED_STATE: ColumnElement[bool] = _MESSAGE.c.state.not_in(UNCOUNTED)
_STREAM = 5_000
_WEEK = timedelta(days=7)
_BUDGETED = ("dunning", "quote", "survey", "campaign")
"""What a customer hears of us without having asked: one budget for all of it."""
_FEW, _DENSE = 50, 3
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CustomerItems:
    """What one customer has open in one currency."""

    customer_id: int
    currency: str
    items: tuple[Item, ...]


def item_stream(session: Session, day: date, until: date, of: Whose) -> Iterator[CustomerItems]:
    """Open instalments of invoices due up to `until`, customer by customer, as they stand on the day."""
    open_cents, source = open_items(day, by_row=of.customer_ids is not None)
    disputed = disputed_on(day)
    outside = settled_outside(_INSTALMENT.c.id) if any_outside(session) else false()
    agreed = AgreedItems(session, day, until, of)
    done = (
        select(
            _REMINDER.c.instalment_id,
            func.max(_REMINDER.c.level).label("level"),
            func.sum(case((_MESSAGE.c.level >= 1, 1), else_=0)).label("contacts"),
            func.max(case((_MESSAGE.c.level >= 1, _REMINDER.c.day))).label("day"),
        )
        .select_from(_REMINDER.join(_MESSAGE, _MESSAGE.c.id == _REMINDER.c.message_id))
        .where(_COUNTED_STATE, _REMINDER.c.plan_instalment_id.is_(None), *_reminders_of(of))
        .group_by(_REMINDER.c.instalment_id)
        .subquery("done")
    )
    query = (
        select(
            _OWNER.label("owner"),
            _INVOICE.c.currency,
            _INSTALMENT.c.id,
            _INVOICE.c.id,
            _INVOICE.c.number,
            _INVOICE.c.order_reference,
            _INVOICE.c.issue_date,
            _INSTALMENT.c.due_date,
            _INSTALMENT.c.cents,
            case((_INSTALMENT.c.cents == _INVOICE.c.total_cents, _INVOICE.c.net_cents)),
            cast(open_cents, BigInteger).label("open"),
            case((disputed.c.owner.is_(None), 0), (disputed.c.part.is_(None), -1), else_=disputed.c.part),
            func.coalesce(done.c.level, -1),
            func.coalesce(done.c.contacts, 0),
            done.c.day,
            outside,  # from the third on, in the order of an item's fields
        )
        .select_from(
            source.outerjoin(disputed, disputed.c.owner == _INVOICE.c.id).outerjoin(
                done, done.c.instalment_id == _INSTALMENT.c.id
            )
        )
        .where(
            _INVOICE.c.kind == DocumentKind.INVOICE.value,
            _INVOICE.c.issue_date <= day,
            _INSTALMENT.c.due_date <= until,
            open_cents > 0,
            *of.conditions(),
        )
        .order_by(_OWNER, _INVOICE.c.currency, _INSTALMENT.c.due_date, _INSTALMENT.c.id)
    )
    rows = session.connection().execute(query.execution_options(yield_per=_STREAM))
    # By parts, each fetched at once: row by row costs three times as much.
    for (owner, currency), group in groupby(chain.from_iterable(rows.partitions(_STREAM)), itemgetter(0, 1)):
        yield CustomerItems(owner, currency, tuple(agreed.laid_out(_items(group))))


def _reminders_of(of: Whose) -> list[ColumnElement[bool]]:
    """Narrows reminders to those about some customers' instalments, so that a few do not pay for all."""
    if of.customer_ids is None:
        return []
    source = _INSTALMENT.join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id).join(
        _CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id
    )
    return [_REMINDER.c.instalment_id.in_(select(_INSTALMENT.c.id).select_from(source).where(*of.conditions()))]


def _items(rows: Iterable[Any]) -> Iterator[Item]:
    """Rows of one customer; a partial dispute lowers the earliest instalments of its invoice."""
    left: dict[int, int] = {}
    for row in rows:
        item = Item(*row[2:])
        if not (disputed := item.disputed):
            yield item
        elif disputed < 0:
            yield item._replace(disputed=item.open)
        else:
            before = left.get(item.invoice_id, int(disputed))
            part = min(before, item.open)
            left[item.invoice_id] = before - part
            yield item._replace(disputed=part)


def _among(column: ColumnElement[Any], ids: Sequence[int]) -> ColumnElement[bool]:
    """The rows of some customers. Many that follow each other are asked for as a range: the few between them do no harm."""
    if len(ids) > _FEW and max(ids) - min(ids) < _DENSE * len(ids):
        return column.between(min(ids), max(ids))
    return column.in_(ids)


def _owned(ids: Sequence[int]) -> ColumnElement[bool]:
    """The customers themselves, and those merged into them."""
    return or_(_among(_CUSTOMER.c.id, ids), _among(_CUSTOMER.c.root_id, ids))


def last_contacts(session: Session, customer_ids: Sequence[int] | None = None) -> dict[int, date]:
    """The last day on which each customer was written to about money."""
    query = (
        select(_MESSAGE.c.customer_id, func.max(_MESSAGE.c.day))
        .where(_MESSAGE.c.purpose == "dunning", _COUNTED_STATE, _MESSAGE.c.customer_id.is_not(None))
        .group_by(_MESSAGE.c.customer_id)
    )
    if customer_ids is not None:
        query = query.where(_among(_MESSAGE.c.customer_id, with_merged(session, customer_ids)))
    found: dict[int, date] = {}
    root = merged(session)
    for key, day in session.connection().execute(query):
        owner = root.get(key, key)
        found[owner] = max(day, found.get(owner, day))
    return found


def contacts_lately(session: Session, day: date, customer_ids: Sequence[int]) -> dict[int, list[tuple[date, bool]]]:
    """The days of the last week on which anything of ours left for each customer, and whether it was a reminder."""
    query = (
        select(_MESSAGE.c.customer_id, _MESSAGE.c.day, _MESSAGE.c.purpose == "dunning")
        .where(
            or_(
                _MESSAGE.c.purpose.in_(_BUDGETED),
                # A person's own words and thank-yous count; a copy was asked for.
                and_(_MESSAGE.c.purpose == "message", _MESSAGE.c.dedupe_key.not_like("copy/%")),
            ),
            _COUNTED_STATE,
            _MESSAGE.c.day > day - _WEEK,
            _MESSAGE.c.day <= day,
            _among(_MESSAGE.c.customer_id, with_merged(session, customer_ids)),
        )
        .distinct()
    )
    found: dict[int, list[tuple[date, bool]]] = {}
    root = merged(session)
    for key, sent, dunning in session.connection().execute(query):
        found.setdefault(root.get(key, key), []).append((sent, bool(dunning)))
    return found


class Mailbox(NamedTuple):
    """The contact a message about money goes to."""

    name: str
    email: str


class Line(NamedTuple):
    """A contact who can be telephoned, and the number in E.164."""

    name: str
    number: str


class Addressee(NamedTuple):
    """A customer and where a message about money goes: the contact, or why there is none."""

    id: int
    number: str
    name: str
    regime: str
    language: str
    siren: str
    address: str
    postal_code: str
    city: str
    account_manager: str
    discreet: bool
    country: str
    segment: str
    contact: Mailbox | None = None
    fault: str = ""
    mobile: Line | None = None
    """A mobile that takes SMS; looked for where no e-mail address works and SMS is live."""
    line: Line | None = None
    """Any telephone; looked for in the same case."""
    stopped: bool = False
    """An SMS was answered with STOP."""
    instead_of: str = ""
    """The address that would have come first and no longer exists."""


_REACHED = _CONTACT.join(_CUSTOMER, _CUSTOMER.c.id == _CONTACT.c.customer_id)
_ADDRESSEE = tuple(_CUSTOMER.c[name] for name in Addressee._fields[:-6])


def addressees(session: Session, customer_ids: Sequence[int]) -> dict[int, Addressee]:
    """For each customer the first contact with an address that works: accounting before others, in the order in which they came."""
    connection, ids = session.connection(), list(customer_ids)
    dead = {
        address.lower()
        for address in connection.execute(select(_DEAD.c.address).where(_DEAD.c.channel == "email")).scalars()
    }
    mailed: dict[int, list[tuple[bool, int, str, str]]] = {}
    contacts = select(_OWNER, _CONTACT.c.id, _CONTACT.c.name, _CONTACT.c.role, _CONTACT.c.email).select_from(_REACHED)
    for owner, key, name, role, email in connection.execute(contacts.where(_owned(ids), _CONTACT.c.email != "")).all():
        mailed.setdefault(owner, []).append((not _is_accounting(role), key, name, email))
    found: dict[int, Addressee] = {}
    for row in connection.execute(select(*_ADDRESSEE).where(_among(_CUSTOMER.c.id, ids))).all():
        known = mailed.get(row[0], [])
        if len(known) > 1:
            known.sort()
        alive, fault, gone = None, "", ""
        for _other, _key, name, email in known:
            if usable(email) and email.lower() not in dead:
                alive = Mailbox(name, email)
                break
            gone = gone or email
        else:
            fault = _address_fault([email for _, _, _, email in known], dead)
        found[row[0]] = Addressee._make((*row, alive, fault, None, None, False, gone if alive else ""))
    live = live_channels(session)
    if live & {"sms", "phone"} and (silent := [key for key, who in found.items() if who.contact is None]):
        _with_lines(session, found, silent, with_sms="sms" in live)
    return found


def _with_lines(session: Session, people: dict[int, Addressee], ids: Sequence[int], *, with_sms: bool) -> None:
    """Who can be reached by telephone: accounting before others, in the order in which they came."""
    phoned: dict[int, list[tuple[bool, int, str, str]]] = {}
    contacts = select(_OWNER, _CONTACT.c.id, _CONTACT.c.name, _CONTACT.c.role, _CONTACT.c.phone).select_from(_REACHED)
    for owner, key, name, role, phone in session.connection().execute(
        contacts.where(_owned(ids), _CONTACT.c.phone != "")
    ):
        phoned.setdefault(owner, []).append((not _is_accounting(role), key, name, phone))
    if not phoned:
        return
    refused = refusals(session, "sms")[ConsentPurpose.REMINDERS]
    gone = set(session.connection().execute(select(_DEAD.c.address).where(_DEAD.c.channel == "sms")).scalars())
    for owner in ids:
        who = people[owner]
        mobiles = (
            []
            if not with_sms
            else [
                Line(name, number)
                for _, _, name, phone in sorted(phoned.get(owner, ()))
                if (number := mobile(phone, who.country))
            ]
        )
        usable_one = next((line for line in mobiles if line.number not in refused and line.number not in gone), None)
        first = sorted(phoned[owner])[0] if owner in phoned else None
        people[owner] = who._replace(
            mobile=usable_one,
            line=Line(first[2], first[3]) if first else None,
            stopped=usable_one is None and any(line.number in refused for line in mobiles),
        )


def _is_accounting(role: str) -> bool:
    return role.strip().lower().startswith(("account", "compta"))


_USABLE = re.compile(r"[^\s\x00-\x1f\"<>(),;:\\@]+@[^\s\x00-\x1f\"<>(),;:\\@]+\.[^\s\x00-\x1f\"<>(),;:\\@.]+")


def usable(address: str) -> bool:
    """Whether an address can be put on an envelope: one at sign, no space, quote or control character in it."""
    return _USABLE.fullmatch(address) is not None


def _address_fault(mailed: Sequence[str], dead: set[str]) -> str:
    if not mailed:
        return _("No e-mail address is known.")
    if mailed[0].lower() in dead:
        return _("The address {address} no longer exists.").format(address=mailed[0])
    return _("The address {address} cannot be written to.").format(address=mailed[0])


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of everybody on a day: read once by whoever asks for many customers, a part after the other."""

    live: frozenset[str]
    stale: date | None
    displeased: Mapping[int, Displeased]
    undecided: Mapping[tuple[int, str], int]
    credited: frozenset[int]
    """Customers, and those merged into them, who have any credit note."""


def ground_of(session: Session, day: date) -> Ground:
    """Read what is known of everybody."""
    credited = (
        select(_OWNER)
        .select_from(_INVOICE.join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id))
        .where(_INVOICE.c.kind == DocumentKind.CREDIT_NOTE.value, _INVOICE.c.issue_date <= day)
        .distinct()
    )
    return Ground(
        live_channels(session),
        _stale(session, day),
        displeased_on(session, day),
        undecided_money(session),
        frozenset(session.connection().execute(credited).scalars()),
    )


def _stale(session: Session, day: date) -> date | None:
    return next((account.known_until for account in freshness(session, day) if account.stale), None)


def facts_of(
    session: Session,
    day: date,
    people: Mapping[int, Addressee],
    wanted: Iterable[tuple[int, str]],
    ground: Ground | None = None,
) -> dict[tuple[int, str], Facts]:
    """What the gate knows of some customers, by customer and currency, for each pair that is wanted."""
    customer_ids, root = list(people), merged(session)
    holds: dict[int, list[Held]] = {}
    in_force = and_(
        _HOLD.c.since <= day,
        or_(_HOLD.c.until.is_(None), _HOLD.c.until > day),
        or_(_HOLD.c.lifted.is_(None), _HOLD.c.lifted > day),
    )
    for row in session.connection().execute(
        select(_HOLD)
        .where(_among(_HOLD.c.customer_id, with_merged(session, customer_ids)), in_force)
        .order_by(_HOLD.c.id)
    ):
        holds.setdefault(root.get(row.customer_id, row.customer_id), []).append(
            Held(row.kind, row.reason, row.invoice, row.until)
        )
    promises, broken = _words(session, day, people.keys())
    plans = broken_plans(session, day, customer_ids)
    free = _free_money(session, day, customer_ids, None if ground is None else ground.credited)
    contacts = last_contacts(session, customer_ids)
    lately = contacts_lately(session, day, customer_ids)
    perhaps = undecided_money(session, customer_ids) if ground is None else ground.undecided
    stale = _stale(session, day) if ground is None else ground.stale
    live = live_channels(session) if ground is None else ground.live
    displeased = displeased_on(session, day) if ground is None else ground.displeased
    new = _not_yet_written_to(session, people)
    owed = owed_to(session, {key: who.name for key, who in people.items()})
    return {
        (key, currency): _facts(
            people[key],
            currency,
            holds.get(key, ()),
            promises.get((key, currency), ()),
            free.get((key, currency), 0),
            contacts.get(key),
            unanswered(broken.get((key, currency), ()), contacts.get(key)),
            perhaps.get((key, currency), 0),
            stale,
            offset_sentence(owed[key]) if key in owed and currency == "EUR" else "",
            plans.get((key, currency)),
            live,
            lately.get(key, ()),
            displeased.get(key),
            new.get(key, ""),
        )
        for key, currency in wanted
    }


_Words = dict[tuple[int, str], list[Waiting]]


def displeased_on(session: Session, day: date) -> dict[int, Displeased]:
    """What each customer has complained of lately and nobody has settled: a complaint before an unhappy answer."""
    found: dict[int, Displeased] = {}
    root = merged(session)
    for row in open_grievances(session, day):
        owner = root.get(row.customer_id, row.customer_id)
        if owner not in found or row.kind == GrievanceKind.COMPLAINT.value:
            found[owner] = Displeased(row.kind, row.day, row.words)
    return found


def _not_yet_written_to(session: Session, people: Mapping[int, Addressee]) -> dict[int, str]:
    """The dead address of each customer whose next one in line has had nothing yet."""
    changed = {key: who for key, who in people.items() if who.instead_of and who.contact}
    found: dict[int, str] = {}
    for some in in_chunks(list(changed), _AT_ONCE):
        query = select(_MESSAGE.c.customer_id, _MESSAGE.c.recipient).where(
            _MESSAGE.c.customer_id.in_(some), _MESSAGE.c.purpose == "dunning", _COUNTED_STATE
        )
        written = set(session.connection().execute(query.distinct()).all())
        for key in some:
            who = changed[key]
            if who.contact is not None and (key, who.contact.email) not in written:
                found[key] = who.instead_of
    return found


def _words(session: Session, day: date, people: Collection[int]) -> tuple[_Words, _Words]:
    """What customers have promised and is still awaited, and what of late did not come; by customer and currency."""
    awaited: _Words = {}
    broken: _Words = {}
    lately = select(_PROMISE.c.customer_id).where(_PROMISE.c.by >= day - LATELY, _PROMISE.c.made <= day).distinct()
    root = merged(session)
    promised = {root.get(key, key) for key in session.connection().execute(lately).scalars()}
    promising = tuple(sorted(promised & set(people)))
    if not promising:
        return awaited, broken
    company = the_company(session)
    region = (company.region or None) if company else None
    for line in promise_lines(session, day, Whose(customer_ids=promising)):
        key, word = (line.customer_id, line.currency), line.word
        if waiting := word.waiting(day, region):
            awaited.setdefault(key, []).append(Waiting(line.invoice_id, waiting, word.by))
        elif word.by >= day - LATELY and word.received < word.due:
            broken.setdefault(key, []).append(Waiting(line.invoice_id, word.due - word.received, word.by))
    return awaited, broken


def _facts(
    who: Addressee,
    currency: str,
    holds: Sequence[Held],
    promises: Sequence[Waiting],
    free: int,
    last: date | None,
    broken: Sequence[Waiting],
    perhaps: int,
    stale_bank: date | None,
    owed: str,
    plan_broken: date | None,
    live: frozenset[str],
    lately: Sequence[tuple[date, bool]],
    displeased: Displeased | None,
    instead_of: str,
) -> Facts:
    posted = bool(who.address and who.postal_code and who.city)
    return Facts(
        name=who.name,
        regime=who.regime,
        email=who.contact.email if who.contact else "",
        address_fault=who.fault,
        postal_address=posted,
        currency=currency,
        free_money=free,
        holds=holds,
        promises=promises,
        last_contact=last,
        broken=broken,
        perhaps=perhaps,
        stale_bank=stale_bank,
        instead_of=instead_of,
        displeased=displeased,
        owed=owed,
        plan_broken=plan_broken,
        reach=_reach(who, posted=posted, live=live),
        tone=tone_for(who.segment),
        contacts=tuple(sorted({sent for sent, _dunning in lately})) if lately else (),
        other_contact=max((sent for sent, dunning in lately if not dunning), default=None) if lately else None,
    )


def _reach(who: Addressee, *, posted: bool, live: frozenset[str]) -> Reach:
    letter = posted and "letter" in live
    phone = who.line.number if who.line and "phone" in live else ""
    if not (who.mobile or who.stopped or letter or phone):
        return NO_OTHER
    return Reach(who.mobile.number if who.mobile else "", who.stopped, letter, phone)


def _free_money(
    session: Session, day: date, customer_ids: Sequence[int], credited: frozenset[int] | None
) -> dict[tuple[int, str], int]:
    """Money and open credit notes that settle nothing yet, in cents, positive; `credited`: who has any, where that is known."""
    found: dict[tuple[int, str], int] = {}
    free, source = free_money(day, by_row=True)
    money = (
        select(_OWNER, _PAYMENT.c.currency, func.sum(free))
        .select_from(source)
        .where(_PAYMENT.c.received <= day, free != 0, _owned(customer_ids))
        .group_by(_OWNER, _PAYMENT.c.currency)
    )
    open_cents, items = open_items(day, by_row=True)
    notes = (
        select(_OWNER, _INVOICE.c.currency, -func.sum(open_cents))
        .select_from(items)
        .where(
            _INVOICE.c.kind == DocumentKind.CREDIT_NOTE.value,
            _INVOICE.c.issue_date <= day,
            open_cents != 0,
            _owned(customer_ids),
        )
        .group_by(_OWNER, _INVOICE.c.currency)
    )
    for query in (money, notes) if credited is None or not credited.isdisjoint(customer_ids) else (money,):
        for key, currency, amount in session.connection().execute(query):
            found[key, currency] = found.get((key, currency), 0) + int(amount)
    return found


def offset_sentence(found: Sequence[Supplier]) -> str:
    """That we owe this customer something ourselves, with what may be done about it."""
    told = ", ".join(f"{supplier.name} ({supplier.code})" for supplier in found)
    return _("We owe {supplier} {amount} ourselves (books of {day}): offset it first?").format(
        supplier=told,
        amount=shown(sum(supplier.balance for supplier in found), "EUR"),
        day=max(supplier.as_of for supplier in found).isoformat(),
    )


def horizon(day: date, first_offset: int) -> date:
    """The last due date that a day's planning looks at."""
    return day - timedelta(days=first_offset)

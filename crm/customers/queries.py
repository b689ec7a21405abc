"""Reads of customers: finding the one that is meant, and what is known of our own company."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from crm.core.errors import Ambiguous, NotFound
from crm.core.i18n import _
from crm.core.names import bare_name, name_key
from crm.customers.models import AuxiliaryAccount, BankAccount, Company, Contact, Customer, CustomerAlias, Hold
from crm.customers.visible import records_of

_CANDIDATES = 8
_ACCOUNTS = ("411", "413", "416", "419")
_SIREN = 9
_NEAR, _APART, _COMPARED = 85, 5, 50_000
"""How near two names are (of 100), and how much nearer than the next."""


def find_customer(session: Session, text: str) -> Customer:
    """The customer meant by a number, an account of the books, a SIREN, a name of theirs, or words that only their name has.

    Whoever was merged into another customer means that one.

    Raises:
        NotFound: nobody answers to it; the closest names are given.
        Ambiguous: several do: a choice, never a pick.
    """
    row = _found(session, text.strip())
    return row if row.root_id is None else session.get_one(Customer, row.root_id)


def _found(session: Session, wanted: str) -> Customer:
    exact = session.exec(select(Customer).where(Customer.number == wanted)).first()
    if exact is not None:
        return exact
    if (booked := _by_account(session, wanted)) is not None:
        return booked
    key = name_key(wanted)
    found = _by_key(session, wanted, key) if key else []
    if not found and key:
        found = _by_words(session, key)
    if len({row.root_id or row.id for row in found}) == 1:
        return found[0]
    if found:
        raise Ambiguous(
            _("“{name}” may be several customers.").format(name=wanted),
            candidates=[f"{row.number} {row.name}" for row in found[:_CANDIDATES]],
            next_step=_("Give the customer's number."),
        )
    raise NotFound(_("No customer answers to “{name}”.").format(name=wanted), candidates=_closest(session, key))


def _by_account(session: Session, wanted: str) -> Customer | None:
    """By the auxiliary account or the general one of the books, or by a SIREN that only one customer has."""
    codes = {wanted, wanted[3:]} if wanted[:3] in _ACCOUNTS and len(wanted) > 3 else {wanted}
    account = select(AuxiliaryAccount.customer_id).where(col(AuxiliaryAccount.code).in_(codes))
    found = session.exec(select(Customer).where(col(Customer.id).in_(account)).order_by(col(Customer.id))).all()
    digits = wanted.replace(" ", "").replace("\u00a0", "")
    if not found and len(digits) == _SIREN and digits.isascii() and digits.isdigit():
        found = session.exec(select(Customer).where(Customer.siren == digits).order_by(col(Customer.id))).all()
    return found[0] if len(found) == 1 else None


def _by_key(session: Session, wanted: str, key: str) -> list[Customer]:
    named = session.exec(
        select(Customer).where(or_(col(Customer.name_key) == key, func.lower(col(Customer.number)) == wanted.lower()))
    ).all()
    alias = select(CustomerAlias.customer_id).where(CustomerAlias.name_key == key)
    also = session.exec(select(Customer).where(col(Customer.id).in_(alias))).all()
    return list({row.id: row for row in (*named, *also)}.values())


def _by_words(session: Session, key: str) -> list[Customer]:
    condition = [col(Customer.name_key).contains(word, autoescape=True) for word in key.split()]
    rows = session.exec(select(Customer).where(*condition).order_by(col(Customer.name)).limit(200)).all()
    words = set(key.split())
    whole = [row for row in rows if words <= set(row.name_key.split())]
    return whole or list(rows)


def _closest(session: Session, key: str) -> list[str]:
    names = {row.name_key: f"{row.number} {row.name}" for row in session.exec(select(Customer).limit(20_000))}
    return [names[match] for match in get_close_matches(key, names, n=3, cutoff=0.6)]


def nearest_customer(session: Session, text: str) -> Customer | None:
    """The one customer whose name is nearly this one, legal form aside; None when none or several are."""
    from rapidfuzz import fuzz, process

    named = {
        row[0]: bare_name(row[1])
        for row in session.exec(
            select(Customer.id, Customer.name_key).where(col(Customer.root_id).is_(None)).limit(_COMPARED)
        )
    }
    found = process.extract(bare_name(text), named, scorer=fuzz.token_sort_ratio, score_cutoff=_NEAR, limit=2)
    if not found or (len(found) > 1 and found[0][1] - found[1][1] < _APART):
        return None
    return session.get(Customer, found[0][2])


def the_company(session: Session) -> Company | None:
    """Our own company; None until it has been told."""
    return session.exec(select(Company).limit(1)).first()


def our_accounts(session: Session) -> Sequence[BankAccount]:
    """Our bank accounts."""
    return session.exec(
        select(BankAccount).where(col(BankAccount.customer_id).is_(None)).order_by(col(BankAccount.id))
    ).all()


def default_terms(session: Session) -> str:
    """The company's payment terms; 30 days where none are told (C. com. L441-10)."""
    company = the_company(session)
    return company.payment_terms if company and company.payment_terms else "30"


def customers_by_number(session: Session, numbers: Iterable[str]) -> Mapping[str, Customer]:
    """The customers of some numbers."""
    rows = session.exec(select(Customer).where(col(Customer.number).in_(list(numbers)))).all()
    return {row.number: row for row in rows}


def contacts_of(session: Session, customer_id: int) -> Sequence[Contact]:
    """The contacts of a customer and of whoever was merged into it, in the order in which they came."""
    records = col(Contact.customer_id).in_(records_of(session, customer_id))
    return session.exec(select(Contact).where(records).order_by(col(Contact.id))).all()


def holds_of(session: Session, customer_id: int, day: date) -> Sequence[Hold]:
    """The holds in force on a day, on a customer or on whoever was merged into it."""
    return session.exec(
        select(Hold)
        .where(col(Hold.customer_id).in_(records_of(session, customer_id)), Hold.since <= day)
        .where(
            or_(col(Hold.until).is_(None), col(Hold.until) > day),
            or_(col(Hold.lifted).is_(None), col(Hold.lifted) > day),
        )
        .order_by(col(Hold.id))
    ).all()

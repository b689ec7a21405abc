"""What each line on a customer's account is, told by the other lines of its entry. Pure.

Customers are 411, 413 and 416 (with 419, advances and credit balances, beside them); 418 is cut-off and no debt.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from crm.core.names import name_key

RECEIVABLE = frozenset({"411", "413", "416"})
ADVANCE = "419"
CUSTOMER = RECEIVABLE | {ADVANCE}
SUPPLIER = frozenset({"401", "403", "404"})

INVOICE, CREDIT_NOTE, PAYMENT, OPENING = "invoice", "credit_note", "payment", "opening"
RETURNED, DISCOUNT, LOSS, TRANSFER, OFFSET, OTHER = "returned", "discount", "loss", "transfer", "offset", "other"
ADVANCE_USED, ADVANCE_MADE, DIFFERENCE = "advance_used", "advance_made", "difference"
SALES = frozenset({INVOICE, CREDIT_NOTE})
"""The roles that count as sales of their day."""

_GENERIC_STARTS = frozenset("rRaAàÀsSoOnNdD0") | {"", *" -_./#°(\"'"}
"""How references begin that may name no document; spares the closer look at most."""
_OPENING_CODE = re.compile(r"(R?AN[O0UV]*[0-9]*|A\.N\.?|OUV[A-Z]*|REP|RN|ANX?)", re.IGNORECASE)
_OPENING_LABEL = re.compile(
    r"\W*(?:(?:report )?(?:à|a|À|A)[ -]?nouveau|solde d.ouverture|balance initiale|opening balance)", re.IGNORECASE
)
_OPENING_WORDS = re.compile(r"\b(nouveaux?|ouvertures?|initiale?|opening|reprise(?: d\w+)? soldes?)\b")
_SALES_CODE = re.compile(r"(V[ETN]\w*|FAC?\w*|VENT\w*|INV|70\w*)", re.IGNORECASE)
_SALES_WORDS = re.compile(r"\b(ventes?|facturation|factures? clients?|customer invoices|sales)\b")
_COLLECTIVE = re.compile(r"[0-9]?0*")
"""What stands behind 411 where no customer is named: 411000, 4111, 41170000."""
_REFERENCE = re.compile(r"\b[A-Z]{1,6}[-_/]?[0-9][A-Z0-9_/-]*[0-9]\b|\b[0-9]{5,}\b")
_GENERIC = re.compile(
    r"(r?an|a ?nouveaux?|report( a nouveau)?|solde.*|ouverture.*|0*|reprise|sans|na|divers|an ?[0-9]{4})"
)


class Raw(NamedTuple):
    """A line of an entry, before it is told what it is. Cents, debit positive."""

    account: str
    cents: int
    place: int
    cells: Sequence[str]


class Line(NamedTuple):
    """A line on a customer's account. Cents, debit positive."""

    place: int
    party: str
    account: str
    auxiliary: str
    name: str
    journal: str
    number: str
    dated: date
    issued: date
    """The document's own date, where it is not later than the entry's."""
    piece: str
    label: str
    cents: int
    code: str
    role: str
    rule: str


def party_of(account: str, auxiliary: str) -> str:
    """The code of the customer: the auxiliary account, or the tail of the general one, either without the digits 411, 413…

    Lines on a collective account that name nobody share one code, the same for 411, 413 and 416.
    """
    if auxiliary:
        prefixed = auxiliary[:3] in CUSTOMER and len(auxiliary) > 4
        return auxiliary[3:] if prefixed and (auxiliary[:3] == account[:3] or not auxiliary.isdigit()) else auxiliary
    tail = account[3:]
    return f"411{tail}" if _COLLECTIVE.fullmatch(tail) else tail


def is_collective(account: str, auxiliary: str) -> bool:
    """Whether a line names no customer: the general account of all of them, without an auxiliary one."""
    return not auxiliary and _COLLECTIVE.fullmatch(account[3:]) is not None


def is_opening_journal(code: str, title: str) -> bool:
    """Whether a journal is the one of balances brought forward."""
    return bool(_OPENING_CODE.fullmatch(code) or _OPENING_WORDS.search(name_key(title)))


def is_opening(label: str, accounts: Iterable[str], *, opening_journal: bool) -> bool:
    """Whether an entry brings balances forward: its journal or its label says so, and it holds no revenue or expense."""
    if not opening_journal and not _OPENING_LABEL.match(label):
        return False
    return not any(account[:1] in "67" for account in accounts)


def is_sales_journal(code: str, title: str) -> bool:
    """Whether a journal is one of sales."""
    return bool(_SALES_WORDS.search(name_key(title)) or _SALES_CODE.fullmatch(code))


def reference_in(label: str) -> str:
    """The number of a document that a label names: `Facture FA0001 Dupont` → `FA0001`; empty where it names none."""
    found = _REFERENCE.search(label)
    return found[0] if found else ""


def generic(piece: str) -> bool:
    """Whether a reference names no document: it is shared by a whole opening entry."""
    if piece[:1] not in _GENERIC_STARTS:
        return False
    return bool(_GENERIC.fullmatch(name_key(piece)))


def role_of(cents: int, facing: Sequence[Raw], *, sales_journal: bool) -> tuple[str, str]:
    """What a line of these cents is, and the rule: `facing` are the lines of its entry on the other side."""
    return _role(cents > 0, tuple({raw.account[:3] for raw in facing}), sales_journal)


@cache
def _role(debit: bool, accounts: tuple[str, ...], sales_journal: bool) -> tuple[str, str]:
    starts = {account[:2] for account in accounts} | set(accounts)
    return _debit(starts, sales_journal) if debit else _credit(starts, sales_journal)


def _debit(starts: set[str], sales_journal: bool) -> tuple[str, str]:
    for role, accounts in (
        (INVOICE, ("70", "71", "72", "74", "75", "76", "77", "79", "487")),
        (RETURNED, ("51", "53", "58", "54")),
        (ADVANCE_MADE, ("419",)),
    ):
        if against := next((account for account in accounts if account in starts), ""):
            return role, f"D/{against}"
    if "445" in starts or "418" in starts or sales_journal:
        return INVOICE, "D/445" if "445" in starts else "D/418" if "418" in starts else "D/sales journal"
    return OTHER, "D/" + min((start for start in starts if len(start) == 3), default="")


def _credit(starts: set[str], sales_journal: bool) -> tuple[str, str]:
    money = next((account for account in ("51", "53", "58", "54") if account in starts), "")
    if money:
        also = next((account for account in ("665", "658", "656", "666", "654", "627") if account in starts), "")
        return PAYMENT, f"C/{money}" + (f"+{also}" if also else "")
    for role, accounts in (
        (CREDIT_NOTE, ("70", "71", "72", "74", "75", "487")),
        (DISCOUNT, ("665",)),
        (LOSS, ("654", "651", "671", "658", "656", "666", "681")),
        (ADVANCE_USED, ("419",)),
        (PAYMENT, ("455", "467", "471", "472", "108", "511")),
        (OFFSET, ("40",)),
    ):
        if against := next((account for account in accounts if account in starts), ""):
            return role, f"C/{against}"
    if "445" in starts or "418" in starts or sales_journal:
        return CREDIT_NOTE, "C/445" if "445" in starts else "C/418" if "418" in starts else "C/sales journal"
    return OTHER, "C/" + min((start for start in starts if len(start) == 3), default="")


def portions(entry: Sequence[Raw]) -> list[list[Raw]]:
    """An entry cut where what was read so far balances: many invoices under one number are told apart by it.

    A portion that only faces one account with itself says nothing; it stays with the next.
    """
    if len(entry) < 4:
        return [list(entry)]
    found: list[list[Raw]] = [[]]
    running = 0
    for raw in entry:
        found[-1].append(raw)
        running += raw.cents
        if running == 0 and len({line.account for line in found[-1]}) > 1:
            found.append([])
    if not found[-1]:
        found.pop()
    elif len(found) > 1 and running:
        return [list(entry)]
    return found

"""Writes matches down: payments made of bank lines, allocations with their codes, differences. In bulk, one change a table.

Documents that pay each other are one group and carry one code, in capitals when the group balances. A code is never given
twice in a customer's account.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from crm.core.bulk import in_chunks
from crm.core.db import table_of
from crm.core.runner import Context
from crm.customers.visible import CUSTOMER
from crm.receivables.matching.facts import CreditUse, OpenItem, Residual
from crm.receivables.matching.lettering import FIRST, code_of, number_of, shown_code
from crm.receivables.models import Allocation, Instalment, Invoice, Payment
from crm.receivables.models import Residual as ResidualRow
from crm.receivables.queries import free_money, open_items

KEEP_OPEN, WRITE_OFF = "keep_open", "write_off"
ENTRIES = {
    Residual.DISCOUNT: "665",
    Residual.BANK_FEE: "6278",
    Residual.ROUNDING: "658",
    Residual.RETENTION: "4117",
}
"""Reason → the account of the entry that is proposed for it."""
WORTH_A_ROW = frozenset({*ENTRIES, Residual.OVERPAYMENT, Residual.DUPLICATE})
"""Differences that are kept with their reason; part payments and money on account speak for themselves."""
_PAYMENT_COLUMNS = (
    "reference", "source", "source_key", "customer_id", "received", "currency", "cents", "method", "label", "bank_line_id", "reverses_id",
)  # fmt: skip  # read as a table: columns side by side
_RESIDUAL_COLUMNS = ("payment_id", "instalment_id", "currency", "cents", "reason", "decision", "entry", "decided")
_ALLOCATION_COLUMNS = ("instalment_id", "payment_id", "credit_id", "residual_id", "cents", "value_date", "code", "rule")
_AT_ONCE = 5_000
_LONGEST_CODE = 4
_ALLOCATION, _PAYMENT = table_of(Allocation), table_of(Payment)
_INSTALMENT, _INVOICE, _CUSTOMER = table_of(Instalment), table_of(Invoice), CUSTOMER
_OWNER: ColumnElement[Any] = func.coalesce(_CUSTOMER.c.root_id, _CUSTOMER.c.id)

Node = tuple[str, int]
"""A document of a group: ("item", instalment) or ("payment", payment)."""


class Left(NamedTuple):
    """What stays short of an instalment after a match, and what is decided about it."""

    instalment_id: int | None
    cents: int
    reason: Residual
    decision: str


@dataclass(frozen=True, slots=True)
class Posting:
    """One payment and all it settles."""

    payment_id: int
    received: date
    currency: str
    uses: tuple[tuple[int, int], ...]
    credits: tuple[CreditUse, ...] = ()
    left: tuple[Left, ...] = ()
    rule: str = ""


@dataclass(slots=True)
class _Group:
    nodes: set[Node] = field(default_factory=set)
    codes: set[tuple[int, str]] = field(default_factory=set)
    owner: int = 0
    full: bool = True


class Lettering:
    """Collects the postings of an act, then gives every group its code and writes all of it."""

    def __init__(self, context: Context, items: Mapping[int, OpenItem]) -> None:
        self._context = context
        self._items = items
        self._batch = context.batch(
            (Payment, _PAYMENT_COLUMNS), (ResidualRow, _RESIDUAL_COLUMNS), (Allocation, _ALLOCATION_COLUMNS)
        )
        self._postings: list[Posting] = []
        self._rows: list[tuple[Node, tuple[Any, ...]]] = []
        self._moved: dict[Node, int] = {}
        self._born: dict[int, int] = {}

    def payment(self, **told: Any) -> int:
        """A new payment; the key it gets."""
        key = self._batch.add("payment", *(told.get(name) for name in _PAYMENT_COLUMNS))
        self._born[key] = told["cents"]
        return key

    def post(self, posting: Posting) -> None:
        """One payment and all it settles."""
        self._postings.append(posting)
        node = ("payment", posting.payment_id)
        for instalment_id, cents in posting.uses:
            self._allocate(node, instalment_id, cents, posting.received, posting.rule, payment_id=posting.payment_id)
            self._move(node, cents)
        self.set_off(posting.credits, posting.rule)
        for left in posting.left:
            self._leave(posting, left)

    def set_off(self, notes: Iterable[CreditUse], rule: str) -> None:
        """Credit notes used for invoices, with or without money beside them; it counts from the later of their days."""
        for credit in notes:
            node = ("item", credit.credit_id)
            day = self._items[credit.credit_id].issue_date
            self._allocate(node, credit.item_id, credit.cents, day, rule, credit_id=credit.credit_id)
            self._move(node, -credit.cents)

    def _leave(self, posting: Posting, left: Left) -> None:
        entry = ENTRIES.get(left.reason, "")
        if left.reason is Residual.ROUNDING and left.cents < 0:
            entry = "758"
        decided = (left.reason.value, left.decision, entry, self._context.today)
        key = self._batch.add(
            "residual", posting.payment_id, left.instalment_id, posting.currency, left.cents, *decided
        )
        if left.decision == WRITE_OFF and left.instalment_id is not None:
            node = ("payment", posting.payment_id)
            self._allocate(node, left.instalment_id, left.cents, posting.received, posting.rule, residual_id=key)

    def _allocate(self, node: Node, instalment_id: int, cents: int, dated: date, rule: str, **side: int) -> None:
        day = max(dated, self._items[instalment_id].issue_date)
        row = (
            instalment_id,
            side.get("payment_id"),
            side.get("credit_id"),
            side.get("residual_id"),
            cents,
            day,
            rule,
        )
        self._rows.append((node, row))
        self._move(("item", instalment_id), cents)

    def _move(self, node: Node, cents: int) -> None:
        self._moved[node] = self._moved.get(node, 0) + cents

    def close(self) -> dict[int, str]:
        """Write everything; the code of each payment's group."""
        links = [((node, ("item", row[0]))) for node, row in self._rows]
        links += [
            (("payment", posting.payment_id), ("item", posting.uses[0][0]))
            for posting in self._postings
            if posting.uses
        ]
        groups = Groups(self._context, self._left_over, self._owner, self.moved)
        codes = groups.codes(links)
        for node, row in self._rows:
            *told, rule = row
            self._batch.add("allocation", *told, codes[node], rule)
        self._batch.close()
        groups.recode()
        return {
            posting.payment_id: codes[("payment", posting.payment_id)]
            for posting in self._postings
            if ("payment", posting.payment_id) in codes
        }

    def _left_over(self, node: Node) -> int | None:
        """What a document has left after this act; None where only the records know."""
        kind, key = node
        if kind == "payment" and key in self._born:
            return self._born[key] - self._moved.get(node, 0)
        if kind == "item" and key in self._items:
            return self._items[key].open_cents - self._moved.get(node, 0)
        return None

    def moved(self, node: Node) -> int:
        """What this act has taken off a document."""
        return self._moved.get(node, 0)

    def _owner(self, node: Node) -> int | None:
        return self._items[node[1]].customer_id if node[0] == "item" and node[1] in self._items else None


class Groups:
    """Which documents pay each other, new and known, and the codes of their groups."""

    def __init__(
        self,
        context: Context,
        left_over: Callable[[Node], int | None] = lambda _node: None,
        owner: Callable[[Node], int | None] = lambda _node: None,
        moved: Callable[[Node], int] = lambda _node: 0,
    ) -> None:
        self._context = context
        self._left_over = left_over
        self._owner = owner
        self._moved = moved
        self._parent: dict[Node, Node] = {}
        self._known: list[Any] = []
        self._changed: list[tuple[int, str]] = []

    def codes(self, links: Sequence[tuple[Node, Node]]) -> dict[Node, str]:
        """The code of every document's group, once these are linked."""
        for one, other in links:
            self._join(one, other)
        touched = [node for link in links for node in link]
        self._known = self._known_rows(touched)
        for row in self._known:
            for node in _nodes(row):
                self._join(node, ("item", row.instalment_id))
        groups = self._groups()
        self._judge(groups.values())
        return self._name(groups)

    def recode(self) -> None:
        """Give known allocations the code that their group has now."""
        if self._changed:
            self._context.update_many(Allocation, ("code",), self._changed)

    def _find(self, node: Node) -> Node:
        root = node
        while (parent := self._parent.setdefault(root, root)) != root:
            root = parent
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def _join(self, one: Node, other: Node) -> None:
        first, second = self._find(one), self._find(other)
        if first != second:
            self._parent[max(first, second)] = min(first, second)

    def _known_rows(self, touched: Iterable[Node]) -> list[Any]:
        """The standing allocations of every group that one of these documents is in."""
        connection = self._context.session.connection()
        items = sorted({key for kind, key in touched if kind == "item"})
        payments = sorted({key for kind, key in touched if kind == "payment"})
        seeds: set[tuple[int, str]] = set()
        standing = _standing()
        for column, keys in (
            (standing.c.instalment_id, items),
            (standing.c.credit_id, items),
            (standing.c.payment_id, payments),
        ):
            for part in in_chunks(keys, _AT_ONCE):
                query = select(standing.c.owner, standing.c.letters).where(column.in_(part)).distinct()
                seeds.update((owner, letters) for owner, letters in connection.execute(query) if _is_code(letters))
        found: list[Any] = []
        for part in in_chunks(sorted({owner for owner, _letters in seeds}), _AT_ONCE):
            rows = connection.execute(select(standing).where(standing.c.owner.in_(part)).order_by(standing.c.id))
            found += [row for row in rows if (row.owner, row.letters) in seeds]
        return found

    def _groups(self) -> dict[Node, _Group]:
        groups: dict[Node, _Group] = {}
        for node in list(self._parent):
            groups.setdefault(self._find(node), _Group()).nodes.add(node)
        for row in self._known:
            group = groups[self._find(("item", row.instalment_id))]
            group.codes.add((row.owner, row.letters))
            group.owner = group.owner or row.owner
        for group in groups.values():
            owners = [owner for node in group.nodes if (owner := self._owner(node)) is not None]
            group.owner = group.owner or min(owners, default=0)
        return groups

    def _judge(self, groups: Iterable[_Group]) -> None:
        """A group is full when every document in it is used up."""
        unknown: set[Node] = set()
        left: dict[Node, int] = {}
        every = list(groups)
        for group in every:
            for node in group.nodes:
                cents = self._left_over(node)
                if cents is None:
                    unknown.add(node)
                else:
                    left[node] = cents
        left.update({node: cents - self._moved(node) for node, cents in self._read_left(unknown).items()})
        for group in every:
            group.full = not any(left.get(node, 0) for node in group.nodes)

    def _read_left(self, nodes: Iterable[Node]) -> dict[Node, int]:
        wanted = set(nodes)
        connection = self._context.session.connection()
        found: dict[Node, int] = {}
        for part in in_chunks(sorted(key for kind, key in wanted if kind == "item"), _AT_ONCE):
            open_cents, source = open_items(date.max, by_row=True)
            query = select(_INSTALMENT.c.id, open_cents).select_from(source).where(_INSTALMENT.c.id.in_(part))
            found.update({("item", key): int(cents) for key, cents in connection.execute(query)})
        for part in in_chunks(sorted(key for kind, key in wanted if kind == "payment"), _AT_ONCE):
            free, source = free_money(date.max, by_row=True)
            query = select(_PAYMENT.c.id, free).select_from(source).where(_PAYMENT.c.id.in_(part))
            found.update({("payment", key): int(cents) for key, cents in connection.execute(query)})
        return found

    def _name(self, groups: Mapping[Node, _Group]) -> dict[Node, str]:
        last = self._last_codes({group.owner for group in groups.values()})
        named: dict[Node, str] = {}
        for root in sorted(groups, key=lambda root: min(groups[root].nodes)):
            group = groups[root]
            own = sorted(number_of(letters) for _owner, letters in group.codes)
            if own:
                number = own[0]
            else:
                number = last[group.owner] = max(last.get(group.owner, 0) + 1, FIRST)
            code = shown_code(code_of(number), full=group.full)
            named.update(dict.fromkeys(group.nodes, code))
        for row in self._known:
            code = named[("item", row.instalment_id)]
            if row.code != code:
                self._changed.append((row.id, code))
        return named

    def _last_codes(self, owners: Iterable[int]) -> dict[int, int]:
        """The highest code each account has ever had, undone ones included."""
        last: dict[int, int] = {}
        letters = func.upper(_ALLOCATION.c.code)
        for part in in_chunks(sorted(owners), _AT_ONCE):
            query = (
                select(_OWNER, letters)
                .select_from(_ALLOCATION)
                .join(_INSTALMENT, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id)
                .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
                .join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id)
                .where(_ALLOCATION.c.code != "", or_(_CUSTOMER.c.id.in_(part), _CUSTOMER.c.root_id.in_(part)))
                .distinct()
            )
            for owner, code in self._context.session.connection().execute(query):
                if _is_code(code):
                    last[owner] = max(last.get(owner, 0), number_of(code))
        return last


def _is_code(letters: str) -> bool:
    """Other programs write figures too: those are left as they are."""
    return letters.isascii() and letters.isalpha() and len(letters) <= _LONGEST_CODE


def _standing() -> Any:
    """Allocations with a code of letters that no reversing row has taken back."""
    back = _ALLOCATION.alias("back")
    return (
        select(
            _ALLOCATION.c.id,
            _ALLOCATION.c.instalment_id,
            _ALLOCATION.c.payment_id,
            _ALLOCATION.c.credit_id,
            _ALLOCATION.c.code,
            func.upper(_ALLOCATION.c.code).label("letters"),
            _OWNER.label("owner"),
        )
        .select_from(_ALLOCATION)
        .join(_INSTALMENT, _INSTALMENT.c.id == _ALLOCATION.c.instalment_id)
        .join(_INVOICE, _INVOICE.c.id == _INSTALMENT.c.invoice_id)
        .join(_CUSTOMER, _CUSTOMER.c.id == _INVOICE.c.customer_id)
        .outerjoin(back, back.c.reverses_id == _ALLOCATION.c.id)
        .where(_ALLOCATION.c.code != "", _ALLOCATION.c.reverses_id.is_(None), back.c.id.is_(None))
        .subquery("standing")
    )


def _nodes(row: Any) -> Iterable[Node]:
    yield ("item", row.instalment_id)
    if row.payment_id is not None:
        yield ("payment", row.payment_id)
    if row.credit_id is not None:
        yield ("item", row.credit_id)

"""Which customer stands behind an account of the books: known by its account, its number, its name, or its invoices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select as select_columns
from sqlmodel import col, select

from crm.core.bulk import Batch
from crm.core.db import table_of
from crm.core.i18n import _
from crm.core.names import bare_name, name_key
from crm.core.runner import Context
from crm.customers.models import AuxiliaryAccount, Customer, CustomerAlias, Regime, Stage
from crm.receivables.fec.ledger import Line, is_collective

CUSTOMER_COLUMNS = (
    "number", "name", "name_key", "stage", "regime", "siren", "vat_number", "country", "address", "postal_code", "city", "language",
    "account_manager", "segment", "segment_origin", "payment_terms", "discreet",
)  # fmt: skip  # read as a table: columns side by side
ACCOUNT_COLUMNS = ("code", "name", "customer_id")
_CERTAIN, _LIKELY = 100, 88
_COMPARED = 5_000
"""Up to so many customers and accounts are names compared letter by letter."""


@dataclass
class Parties:
    """The customers of one import, by the code of their account."""

    context: Context
    ids: dict[str, int] = field(default_factory=dict)
    terms: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    existing: set[int] = field(default_factory=set)
    """The customers who were here."""
    told: list[tuple[int, str]] = field(default_factory=list)
    """Line and what a person should know."""

    def resolve(self, lines: Iterable[Line], invoices: Mapping[str, tuple[int, int]], batch: Batch) -> None:
        """Find or create the customer of every account; `invoices` are those known: number → customer, cents."""
        session = self.context.session
        accounts = select(AuxiliaryAccount.code, AuxiliaryAccount.customer_id).order_by(col(AuxiliaryAccount.id))
        self.ids.update(session.exec(accounts).all())
        numbers: dict[str, int] = {}
        by_name: dict[str, int | None] = {}
        keys: dict[int, str] = {}
        table = table_of(Customer).c
        everybody = select_columns(table.id, table.number, table.name, table.name_key, table.payment_terms)
        for key, number, name, name_key_, terms in session.connection().execute(everybody.order_by(table.id)):
            numbers[number] = key
            self.names[key], keys[key] = name, name_key_
            if terms:
                self.terms[key] = terms
            named = bare_name(name_key_)
            by_name[named] = None if named in by_name else key
        for alias in session.exec(select(CustomerAlias).order_by(col(CustomerAlias.id))):
            named = bare_name(alias.name)
            if by_name.get(named, alias.customer_id) == alias.customer_id:
                by_name[named] = alias.customer_id
            else:
                by_name[named] = None
        self.existing = set(self.names)
        met: dict[str, Line] = {}
        evidence: dict[str, int] = {}
        for line in lines:
            if line.party in self.ids:
                continue
            before = met.get(line.party)
            # The name on 411 is the customer's; on 416 or 419 it may be the account's.
            if before is None or (before.account[:3] != "411" and line.account[:3] == "411"):
                met[line.party] = line
            known = invoices.get(line.piece)
            if known is not None and known[1] == line.cents:
                evidence.setdefault(line.party, known[0])
        taken = set(self.ids.values())
        unknown: list[tuple[str, Line]] = []
        for party, line in met.items():
            found = self._known(party, line, numbers, by_name, evidence, taken, keys)
            if found is None:
                unknown.append((party, line))
                continue
            taken.add(found)
            self._account(batch, party, line, found)
        self._propose(unknown, by_name, taken)
        for party, line in unknown:
            self._create(batch, party, line, numbers)

    def _known(
        self,
        party: str,
        line: Line,
        numbers: Mapping[str, int],
        by_name: Mapping[str, int | None],
        evidence: Mapping[str, int],
        taken: set[int],
        keys: Mapping[int, str],
    ) -> int | None:
        if is_collective(line.account, line.auxiliary):
            return numbers.get(party)
        if party in evidence:
            return evidence[party]
        for number in (line.auxiliary, party, line.account):
            found = numbers.get(number) if number else None
            if found is not None and _alike(keys[found], line.name):
                return found
        named = by_name.get(bare_name(line.name)) if line.name else None
        return named if named is not None and named not in taken else None

    def _account(self, batch: Batch, party: str, line: Line, customer_id: int) -> None:
        self.ids[party] = customer_id
        batch.add("auxiliary_account", party, line.name, customer_id)

    def _create(self, batch: Batch, party: str, line: Line, numbers: dict[str, int]) -> None:
        number = next(
            (number for number in (line.auxiliary, party, line.account) if number and number not in numbers),
            f"{line.account}-{party}",
        )
        collective = is_collective(line.account, line.auxiliary)
        name = line.name or number
        if collective:
            name = _("{account} (customers not named)").format(account=line.name or line.account)
        key = batch.add(
            "customer", number, name, name_key(name), Stage.CUSTOMER.value, Regime.TO_QUALIFY.value, "", "", "FR", "", "", "", "fr", "", "", "", "", False
        )  # fmt: skip  # read as a table: columns side by side
        numbers[number] = key
        self.names[key] = name
        self._account(batch, party, line, key)

    def _propose(self, unknown: Iterable[tuple[str, Line]], by_name: Mapping[str, int | None], taken: set[int]) -> None:
        """Accounts whose name is near that of a customer without one: told, and left to a person."""
        strangers = list(unknown)
        free = {name: key for name, key in by_name.items() if key is not None and key not in taken and name}
        if not strangers or not free or max(len(strangers), len(free)) > _COMPARED:
            return
        from rapidfuzz import fuzz, process

        for _party, line in strangers:
            best = process.extractOne(
                bare_name(line.name), list(free), scorer=fuzz.token_sort_ratio, score_cutoff=_LIKELY
            )
            if best is not None and best[1] < _CERTAIN:
                self.told.append(
                    (
                        line.place,
                        _(
                            "Account {account} “{name}” looks like customer “{customer}”: are they one? It is kept apart."
                        ).format(
                            account=line.auxiliary or line.account, name=line.name, customer=self.names[free[best[0]]]
                        ),
                    )
                )


def _alike(key: str, name: str) -> bool:
    """Whether the customer of a number may be who the books mean: the names share a word, or one says nothing."""
    ours, theirs = set(bare_name(key).split()), set(bare_name(name).split())
    return not ours or not theirs or bool(ours & theirs) or key.isdigit()

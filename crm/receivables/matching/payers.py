"""Who pays: by bank account, by number, by SIREN, by what was learnt, by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from crm.receivables.matching.facts import Money, Payer
from crm.receivables.matching.learning import Learned, label_opening, name_pattern
from crm.receivables.matching.names import NameIndex, name_words
from crm.receivables.matching.numbering import PARTS
from crm.receivables.matching.vocabulary import BANK_WORDS, FIRST_NAMES, TRADE_WORDS
from crm.receivables.matching.writing import Label, compact

_MOST = 6
_MIN_HOUSE, _MOST_OF_HOUSE = 4, 12
_COMMON_WORDS = TRADE_WORDS | FIRST_NAMES | BANK_WORDS
_KNOWN = 0.9
_HEARD = 0.92
_SURE = 0.98
"""A bank account or a name learnt: payers do change banks and pay for each other."""


class How(StrEnum):
    """What the payer was recognised by."""

    GIVEN = "given"
    IBAN = "iban"
    NUMBER = "number"
    SIREN = "siren"
    LEARNT = "learnt"
    NAME = "name"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Guess:
    """A customer that may be the payer, and how surely."""

    customer_id: int
    strength: float
    how: How


class PayerIndex:
    """All that tells customers apart on a bank line."""

    def __init__(self, payers: Iterable[Payer], learned: Learned) -> None:
        self.payers: Mapping[int, Payer] = {
            payer.customer_id: payer for payer in sorted(payers, key=lambda payer: payer.customer_id)
        }
        self._ibans: dict[str, set[int]] = defaultdict(set)
        self._codes: dict[str, tuple[int, How]] = {}
        self._groups: dict[int, tuple[int, ...]] = {}
        self._learned = learned
        self._heard: dict[str, int] = {}
        self._one_account: dict[int, set[int]] = defaultdict(set)
        """For each customer those whom the same account has paid for."""
        for payer in self.payers.values():
            for iban in payer.ibans:
                self._owns(compact(iban), payer.customer_id)
            self._add_codes(payer)
        self._add_groups()
        self._words = {payer.customer_id: name_words(payer.name) for payer in self.payers.values()}
        self._alike = _by_first_word(self._words)
        self._names = NameIndex(
            (payer.customer_id, name) for payer in self.payers.values() for name in (payer.name, *payer.aliases) if name
        )
        self.know(learned)

    def _owns(self, iban: str, customer_id: int) -> None:
        owners = self._ibans[iban]
        owners.add(customer_id)
        if len(owners) > 1:
            for owner in owners:
                self._one_account[owner] |= owners

    def _add_codes(self, payer: Payer) -> None:
        number = compact(payer.number)
        figures = sum(char.isdigit() for char in number)
        if figures >= 5 or (figures >= 3 and not number.isdigit()):
            self._codes[number] = (payer.customer_id, How.NUMBER)
        if len(payer.siren) == 9:
            self._codes[payer.siren] = (payer.customer_id, How.SIREN)
        for domain in payer.email_domains:
            self._codes[compact(domain)] = (payer.customer_id, How.NAME)

    def _add_groups(self) -> None:
        members: dict[int, list[int]] = defaultdict(list)
        for payer in self.payers.values():
            if payer.group_id is not None:
                members[payer.group_id].append(payer.customer_id)
        for together in members.values():
            for customer_id in together:
                self._groups[customer_id] = tuple(other for other in sorted(together) if other != customer_id)

    def know(self, learned: Learned) -> None:
        """Take in what was learnt since."""
        self._learned = learned
        for iban, customer_id in learned.ibans.items():
            if customer_id in self.payers:
                self._ibans[iban] = {customer_id}

    def hear(self, identity: tuple[str, str], customer_id: int) -> bool:
        """An account ("iban") or a sender ("name") that other lines have shown to be this customer's; whether that is news."""
        kind, key = identity
        if kind == "iban":
            news = customer_id not in self._ibans.get(key, ())
            self._owns(key, customer_id)
            return news
        news = self._heard.get(key) != customer_id and all(
            guess.customer_id != customer_id or guess.fit < _KNOWN for guess in self._names.guesses(key, alone=True)[:1]
        )
        if news:
            self._heard[key] = customer_id
        return news

    def resembles(self, name: str, customer_id: int) -> bool:
        """Whether a name may be that of a customer, however weakly."""
        return any(guess.customer_id == customer_id for guess in self._names.guesses(name, alone=True))

    def within(self, customer_id: int, other: int) -> bool:
        """Whether the words of a customer's name all stand in another's."""
        return set(self._words.get(customer_id, ())) <= set(self._words.get(other, ()))

    def mates(self, customer_id: int) -> tuple[int, ...]:
        """The companies of the same group, which may pay for it."""
        return self._groups.get(customer_id, ())

    def kin(self, customer_id: int) -> frozenset[int]:
        """Who may be of one house with a customer though no group is known: its name begins with the same rare word, or one
        account has paid for both. Not enough to decide by, but enough where numbers and amount agree with it."""
        alike = self._alike.get(_first_word(self._words.get(customer_id, ())), ())
        return frozenset({*alike, *self._one_account.get(customer_id, ())} - {customer_id})

    def who(self, money: Money, label: Label) -> tuple[Guess, ...]:
        """The customers that may have paid, the likeliest first."""
        if money.customer_id is not None:
            return (Guess(money.customer_id, 1.0, How.GIVEN),)
        found: dict[int, Guess] = {}
        for guess in (
            *self._by_account(money),
            *self._by_code(label),
            *self._by_pattern(money, label),
            *self._by_name(money, label),
        ):
            known = found.get(guess.customer_id)
            if known is None:
                found[guess.customer_id] = guess
            elif known.how is not guess.how:
                stronger = guess if guess.strength > known.strength else known
                both = 1 - (1 - known.strength) * (1 - guess.strength)
                found[guess.customer_id] = Guess(guess.customer_id, min(0.999, both), stronger.how)
        return tuple(sorted(found.values(), key=lambda guess: (-guess.strength, guess.customer_id))[:_MOST])

    def _by_account(self, money: Money) -> Iterable[Guess]:
        iban = compact(money.counterparty_iban) if money.counterparty_iban else ""
        owners = self._ibans.get(iban, ()) if iban else ()
        strength = _SURE if len(owners) == 1 else 0.6
        return [Guess(customer_id, strength, How.IBAN) for customer_id in sorted(owners)]

    def _by_code(self, label: Label) -> Iterable[Guess]:
        parts = PARTS.findall(label.text)
        joined = (first + second for first, second in pairwise(parts))
        for code in (*parts, *joined):
            if len(code) > 3 and (known := self._codes.get(code)) is not None:
                yield Guess(known[0], 0.93, known[1])

    def _by_pattern(self, money: Money, label: Label) -> Iterable[Guess]:
        for name in (money.counterparty_name, label.sender):
            if not name:
                continue
            heard = self._heard.get(name_pattern(name)) if self._heard else None
            if heard is not None:
                yield Guess(heard, _HEARD, How.LEARNT)
            if (customer_id := self._learned.customer_named(name)) in self.payers and customer_id is not None:
                yield Guess(customer_id, _SURE, How.LEARNT)
        if not money.counterparty_name and not label.sender and (self._heard or self._learned.names):
            opening = label_opening(label.text)
            if (heard := self._heard.get(opening)) is not None:
                yield Guess(heard, _HEARD, How.LEARNT)
            elif (learnt := self._learned.names.get(opening)) is not None and learnt in self.payers:
                yield Guess(learnt, _HEARD, How.LEARNT)
        if (
            not money.counterparty_name
            and (customer_id := self._learned.customer_of_label(label.text)) in self.payers
            and customer_id is not None
        ):
            yield Guess(customer_id, 0.95, How.LEARNT)

    def _by_name(self, money: Money, label: Label) -> Iterable[Guess]:
        sender = money.counterparty_name or label.sender
        if sender and name_words(sender):
            known = self._names.guesses(sender, alone=True)
            if known:
                return [Guess(guess.customer_id, 0.97 * guess.fit, How.NAME) for guess in known]
        said = label.rest if sender else label.text
        return [
            Guess(guess.customer_id, (0.75 if sender else 1.0) * guess.fit, How.NAME)
            for guess in self._names.guesses(said, alone=False)
        ]


def _first_word(words: Sequence[str]) -> str:
    """The word with which a name begins, where it may be that of a house and not of a trade: `Harmonia Services` → HARMONIA."""
    first = words[0] if words else ""
    return first if first.isalpha() and len(first) >= _MIN_HOUSE and first not in _COMMON_WORDS else ""


def _by_first_word(names: Mapping[int, Sequence[str]]) -> dict[str, tuple[int, ...]]:
    """The customers whose names begin with one rare word."""
    found: dict[str, list[int]] = defaultdict(list)
    for customer_id, words in names.items():
        if word := _first_word(words):
            found[word].append(customer_id)
    return {word: tuple(bearers) for word, bearers in found.items() if 1 < len(bearers) <= _MOST_OF_HOUSE}

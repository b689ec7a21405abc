"""What corrections teach: whose bank account it is, whose name on statements, and whose money it is not.

Kept by the caller as plain rows; each can be shown as a sentence and taken back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from crm.core.i18n import _
from crm.receivables.matching.facts import Money
from crm.receivables.matching.vocabulary import BANK_WORDS, COURTESY, FIRST_NAMES, LEGAL_FORMS, LINK_WORDS, TRADE_WORDS
from crm.receivables.matching.writing import compact, folded, read_label

_LETTERS = re.compile(r"[A-Z]+")
_PARTS = re.compile(r"[A-Z]+|\d+")
_MOVING = re.compile(r"\S*\d\S*")
_MIN_PATTERN = 2
_OPENING_WORDS, _OPENING_LETTERS = 2, 5


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person decided for a line: the customer it is from, or None when it is not customers' money."""

    money: Money
    customer_id: int | None


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learnt. None as customer: such lines are not customers' money."""

    ibans: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, int | None] = field(default_factory=dict)
    """Names of counterparties."""
    labels: Mapping[str, int | None] = field(default_factory=dict)
    """Labels without what changes from line to line."""

    def after(self, correction: Correction) -> Self:
        """With one more correction; the latest word counts."""
        money, customer_id = correction.money, correction.customer_id
        ibans, names, labels = dict(self.ibans), dict(self.names), dict(self.labels)
        iban = compact(money.counterparty_iban)
        if iban:
            ibans.pop(iban, None)
            if customer_id is not None:
                ibans[iban] = customer_id
        if name := sender_key(money):
            names[name] = customer_id
        elif pattern := label_pattern(money.label):
            labels[pattern] = customer_id
            if customer_id is not None and (opening := label_opening(money.label)):
                names[opening] = customer_id
        return type(self)(ibans, names, labels)

    def customer_named(self, name: str) -> int | None:
        """The customer learnt for a counterparty's name."""
        return self.names.get(name_pattern(name)) if self.names else None

    def customer_of_label(self, label: str) -> int | None:
        """The customer learnt for labels like this one."""
        return self.labels.get(label_pattern(label)) if self.labels else None

    def not_customers(self, money: Money) -> bool:
        """Whether lines like this one were said not to be customers' money."""
        name = sender_key(money)
        if name:
            return name in self.names and self.names[name] is None
        pattern = label_pattern(money.label) if self.labels else ""
        return pattern in self.labels and self.labels[pattern] is None

    def sentences(self, names: Mapping[int, str]) -> tuple[str, ...]:
        """What was learnt, one sentence each; `names` are the customers' names."""
        nobody = _("not a customer’s money")
        said = [
            *(
                _("Account {iban}: {customer}.").format(iban=iban, customer=names.get(who, str(who)))
                for iban, who in self.ibans.items()
            ),
            *(
                (
                    _("Sender “{name}”: {customer}.").format(
                        name=name, customer=nobody if who is None else names.get(who, str(who))
                    )
                )
                for name, who in self.names.items()
            ),
            *(
                (
                    _("Label “{name}”: {customer}.").format(
                        name=name, customer=nobody if who is None else names.get(who, str(who))
                    )
                )
                for name, who in self.labels.items()
            ),
        ]
        return tuple(said)


def sender_key(money: Money) -> str:
    """How the sender of a line is remembered: the counterparty's name, else the sender that the label tags."""
    return name_pattern(money.counterparty_name or read_label(money.label).sender)


def payer_key(money: Money) -> str:
    """What tells the payer of a line again: its sender, else the words with which an untagged label opens."""
    return sender_key(money) or label_opening(money.label)


def label_opening(label: str) -> str:
    """The first words of a label that may be a name, where the bank tags no sender: `VIR SARL PICHON DISTRIB FACT 113`
    → `PICHON DISTRIB`; empty when they tell nobody from others.
    """
    found: list[str] = []
    for word in _PARTS.findall(folded(label)):
        if word in LEGAL_FORMS or word in COURTESY or word in LINK_WORDS:
            continue
        if word.isdigit() or word in BANK_WORDS:
            if found:
                break
            continue
        found.append(word)
        if len(found) == _OPENING_WORDS:
            break
    telling = [word for word in found if word not in TRADE_WORDS and word not in FIRST_NAMES]
    return " ".join(found) if telling and sum(map(len, found)) >= _OPENING_LETTERS else ""


def name_pattern(name: str) -> str:
    """A name as it is remembered: its words, in their order."""
    return " ".join(word for word in _LETTERS.findall(folded(name)) if word not in LINK_WORDS and word not in COURTESY)


def label_pattern(label: str) -> str:
    """A label without figures and what is glued to them: `VIR CLIENT 06 SCT9813ZAP741469` → `VIR CLIENT`; empty when little is left."""
    words = _LETTERS.findall(_MOVING.sub(" ", folded(label)))
    return " ".join(words) if len(words) >= _MIN_PATTERN else ""

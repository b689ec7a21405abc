"""Whose open items a line is tried on, and in which order: who is both named and recognised first, then who is recognised,
then companies of the same group, then who is only named."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from crm.receivables.matching.evidence import CLEARLY, LIKELY
from crm.receivables.matching.payers import Guess, How, PayerIndex

_MOST = 8
_NEAR = 0.5
"""Payers less than half as sure as the first are not looked at."""
_UNSEEN, _CONTRADICTED, _UNLIKELY, _GROUP = 0.05, 0.002, 0.05, 0.02
"""How plausible a payer is that nobody recognises, that another name contradicts for certain, and so on."""
_OF_GROUP = 0.9


@dataclass(frozen=True, slots=True)
class Suspect:
    """A customer whose items the money may be for."""

    guess: Guess
    named: bool
    """A document of this customer is named."""
    factor: float
    """How plausible this payer is, whatever is claimed."""
    plausible: bool = False
    """Worth looking for sums and differences, not only for what is named or has just the amount."""


def suspects(guesses: tuple[Guess, ...], named: Collection[int], payers: PayerIndex) -> list[Suspect]:
    """The customers to try, each once."""
    found: dict[int, Suspect] = {}
    for suspect in (*_recognised(guesses, named), *_of_group(guesses, named, payers), *_only_named(guesses, named)):
        found.setdefault(suspect.guess.customer_id, suspect)
    return sorted(found.values(), key=lambda suspect: not (suspect.named and suspect.guess.strength))


def _recognised(guesses: tuple[Guess, ...], named: Collection[int]) -> Iterator[Suspect]:
    for place, guess in enumerate(guesses):
        is_named = guess.customer_id in named
        if not is_named and guess.strength < _NEAR * guesses[0].strength:
            continue
        likely = guess.strength**4
        if place and guess.strength < LIKELY:
            likely *= _UNLIKELY
        yield Suspect(
            guess,
            is_named,
            likely,
            plausible=not place or is_named or guess.strength >= max(LIKELY, guesses[0].strength - CLEARLY),
        )


def _of_group(guesses: tuple[Guess, ...], named: Collection[int], payers: PayerIndex) -> Iterator[Suspect]:
    if guesses and guesses[0].strength >= LIKELY:
        for customer_id in payers.mates(guesses[0].customer_id)[:_MOST]:
            yield Suspect(
                Guess(customer_id, _OF_GROUP * guesses[0].strength, How.GROUP),
                customer_id in named,
                _GROUP,
                plausible=customer_id in named,
            )


def _only_named(guesses: tuple[Guess, ...], named: Collection[int]) -> Iterator[Suspect]:
    if guesses and guesses[0].how is How.GIVEN:
        return
    surest = guesses[0].strength if guesses else 0.0
    factor = max(_CONTRADICTED, _UNSEEN * (1 - surest)) if surest >= LIKELY else _UNSEEN
    for customer_id in list(named)[:_MOST]:
        yield Suspect(Guess(customer_id, 0.0, How.NAME), named=True, factor=factor, plausible=True)

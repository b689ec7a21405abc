"""How payers write the numbers of our bills."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from benchmarks.matching.book import Bill

Writer = Callable[[random.Random, str], str]


def _groups(number: str) -> list[str]:
    return re.findall(r"[A-Za-z]+|\d+", number)


def _serial(number: str) -> str:
    return _groups(number)[-1].lstrip("0") if len(_groups(number)[-1]) <= 6 else _groups(number)[-1][-5:].lstrip("0")


def whole(_dice: random.Random, number: str) -> str:
    """As it is printed."""
    return number


def glued(_dice: random.Random, number: str) -> str:
    """Without signs."""
    return "".join(_groups(number))


def spaced(dice: random.Random, number: str) -> str:
    """Other signs than ours."""
    return dice.choice((" ", "/", ".", "-", "_")).join(_groups(number))


def unpadded(_dice: random.Random, number: str) -> str:
    """The zeros of the serial left out."""
    groups = _groups(number)
    return number[: number.rindex(groups[-1])] + (groups[-1].lstrip("0") or "0")


def figures(_dice: random.Random, number: str) -> str:
    """Only the figures, as keyed on a numeric pad."""
    return "".join(group for group in _groups(number) if group.isdigit())


def word(dice: random.Random, number: str) -> str:
    """A word and the serial."""
    sign = dice.choice(
        (
            "FACT ",
            "FACTURE ",
            "FACT. ",
            "FRA ",
            "FTE ",
            "FACTURE N ",
            "FACTURE N°",
            "FT",
            "F ",
            "FAC.",
            "INV ",
            "VF ",
            "N/F ",
            "FC ",
            "PIECE ",
        )
    )
    return sign + _serial(number)


def worded_whole(dice: random.Random, number: str) -> str:
    """A word and the whole number."""
    return (
        dice.choice(
            (
                "FACTURE ",
                "VOTRE FACTURE ",
                "FACT ",
                "REGLT FACT ",
                "PAIEMENT FACTURE NUMERO ",
                "FACTURE N° ",
                "INVOICE ",
            )
        )
        + number
    )


def serial(_dice: random.Random, number: str) -> str:
    """The serial alone."""
    return _serial(number)


def slip(dice: random.Random, number: str) -> str:
    """One figure mistaken or two exchanged."""
    places = [place for place, char in enumerate(number) if char.isdigit()]
    place = dice.choice(places[-3:])
    if (
        dice.random() < 0.5
        and place + 1 < len(number)
        and number[place + 1].isdigit()
        and number[place] != number[place + 1]
    ):
        return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    return number[:place] + dice.choice([char for char in "0123456789" if char != number[place]]) + number[place + 1 :]


def stuck(dice: random.Random, number: str) -> str:
    """Stuck to a word or a date."""
    return dice.choice(("FACT{}", "REGLT{}", "{}DU1503", "FACTURE{}", "F.{}")).format(glued(dice, number))


def eyes(dice: random.Random, number: str) -> str:
    """Letters for figures, as scanners read."""
    return number.replace("0", "O", 1) if dice.random() < 0.7 else number.replace("1", "I", 1)


def reversed_parts(_dice: random.Random, number: str) -> str:
    """The serial before the year."""
    groups = _groups(number)
    return "/".join((groups[-1].lstrip("0") or "0", *groups[-2:-1])) if len(groups) > 2 else number


WRITERS: dict[str, tuple[float, Writer]] = {
    "whole": (18, whole), "glued": (9, glued), "spaced": (8, spaced), "unpadded": (7, unpadded), "figures": (5, figures), "word": (10, word),
    "worded_whole": (12, worded_whole), "serial": (5, serial), "stuck": (3, stuck),
}  # fmt: skip  # read as a table: columns side by side
UNSEEN_WRITERS: dict[str, tuple[float, Writer]] = {"eyes": (3, eyes), "reversed": (4, reversed_parts)}


def several(dice: random.Random, bills: Sequence[Bill], writer: Writer) -> str:
    """Several bills in one message: all in full, the common part once, a range, or as many as fit."""
    numbers = [bill.number for bill in bills]
    if len(numbers) == 1:
        return writer(dice, numbers[0])
    shape = dice.random()
    serials = [_serial(number) for number in numbers]
    if shape < 0.3 and len(numbers) < 6:
        return dice.choice((" ", ", ", "/", " + ", " ET ", " - ", ";")).join(writer(dice, number) for number in numbers)
    if shape < 0.6:
        return writer(dice, numbers[0]) + "".join(
            dice.choice(("/", "-", " ", "+", ",")) + serial for serial in serials[1:]
        )
    inside = sorted(int(serial) for serial in serials)
    if inside == list(range(inside[0], inside[0] + len(inside))) and len(inside) > 2:
        return dice.choice(
            ("FACT {} A {}", "FACTURES {} AU {}", "FACT {}-{}", "F{} A F{}", "FACTURES DE {} A {}")
        ).format(inside[0], inside[-1])
    return dice.choice(("FACT ", "FACTURES ", "VOS FACTURES ", "FACTS ", "")) + dice.choice(
        ("/", " ", ", ", "+", " / ")
    ).join(serials)

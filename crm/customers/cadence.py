"""How often we mean to speak with a customer, and whether we do. Pure but for reading its file.

A *real contact* is one in which somebody was there: a call that reached a person, a visit, a meeting, words of theirs by
any channel. A message left, an unanswered call, a reminder that left by itself and a change of the customer's card are none.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from crm.core.errors import Invalid
from crm.core.i18n import _, mark
from crm.customers.interactions import ContactChannel, Direction, Outcome
from crm.customers.models import Segment, Stage

FILE = "cadence.toml"
"""The name of the rules' file, here and in the data folder of who has rules of their own."""
_DEFAULT = "default"
_FACE_TO_FACE = frozenset({ContactChannel.PHONE, ContactChannel.VISIT, ContactChannel.MEETING})
_NOBODY = frozenset({Outcome.NO_ANSWER, Outcome.VOICEMAIL, Outcome.WRONG_NUMBER})


class Touch(StrEnum):
    """How the gap since the last real contact stands."""

    FRESH = "fresh"
    DUE = "due"
    LOSING = "losing"
    NEVER = "never"


TOUCHES = {
    Touch.FRESH: mark("in touch"),
    Touch.DUE: mark("contact due"),
    Touch.LOSING: mark("losing touch"),
    Touch.NEVER: mark("never reached"),
}
"""How the gap stands → how it is said."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Days between two real contacts: what we aim at, and the most."""

    ideal: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a customer's cadence stands on a day."""

    touch: Touch
    last: date | None
    """The last real contact; None: none is known."""
    due: date
    """The day on which the next one is meant to take place."""
    latest: date
    """The day after which we are losing touch."""

    def days_over(self, today: date) -> int:
        """Days beyond the longest gap; 0 or less: within it."""
        return (today - self.latest).days


@dataclass(frozen=True, slots=True)
class CadenceRules:
    """The gaps by segment."""

    default: Gap | None
    segments: Mapping[str, Gap | None]
    own: bool = False
    """They are the company's, not those of the program."""

    def gap(self, segment: str, stage: str) -> Gap | None:
        """The gap of a customer; None: none is aimed at."""
        if stage == Stage.FORMER.value:
            return None
        return self.segments.get(segment, self.default)


def is_real(channel: str, direction: str, outcome: str) -> bool:
    """Whether an exchange was a real contact."""
    if not channel or outcome in _NOBODY:
        return False
    return direction == Direction.IN.value or channel in _FACE_TO_FACE or outcome == Outcome.REACHED.value


def standing(gap: Gap, last: date | None, known_since: date | None, today: date) -> Standing:
    """How a cadence stands: counted from the last real contact; before the first, from the day the customer is known.

    Where neither is known the next contact is due today.
    """
    from_day = last or known_since
    if from_day is None:
        return Standing(Touch.NEVER, None, today, today)
    due, latest = from_day + timedelta(days=gap.ideal), from_day + timedelta(days=gap.maximum)
    if today > latest:
        touch = Touch.LOSING if last is not None else Touch.NEVER
    else:
        touch = Touch.DUE if today >= due else Touch.FRESH
    return Standing(touch, last, due, latest)


def rules_in_force(folder: Path) -> CadenceRules:
    """The company's rules where it has some in the folder, else those of the program.

    Raises:
        Invalid: the company's file cannot be read; what is wrong, and where.
    """
    own = folder / FILE
    if own.is_file():
        try:
            return read_rules(own.read_text("utf-8"), own=True)
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(_("The file {file} cannot be read.").format(file=FILE)) from error
    return read_rules(files("crm.customers").joinpath("data", FILE).read_text("utf-8"))


def read_rules(text: str, *, own: bool = False) -> CadenceRules:
    """Rules of a TOML text.

    Raises:
        Invalid: no TOML, a segment that is none, gaps that are no days or out of order.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(_("{file} is not written as it should be: {problem}.").format(file=FILE, problem=error)) from None
    unknown = sorted(set(told) - {_DEFAULT, *Segment})
    if unknown:
        raise Invalid(_("{file} has a word that means nothing here: “{word}”.").format(file=FILE, word=unknown[0][:40]))
    gaps = {name: _gap(name, given) for name, given in told.items()}
    return CadenceRules(gaps.pop(_DEFAULT, None), gaps, own)


def _gap(name: str, told: Any) -> Gap | None:
    if not isinstance(told, dict) or not set(told) <= {"ideal", "maximum"} or "ideal" not in told:
        raise Invalid(_("{file}: {name} takes “ideal” and “maximum”.").format(file=FILE, name=name))
    ideal, maximum = told["ideal"], told.get("maximum", told["ideal"])
    if type(ideal) is not int or type(maximum) is not int or not 0 <= ideal <= maximum <= 3660:
        raise Invalid(
            _("{file}: the gaps of {name} are whole days, the ideal one not above the maximum.").format(
                file=FILE, name=name
            )
        )
    return Gap(ideal, maximum) if ideal else None

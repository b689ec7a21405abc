"""Which segment a customer is in, and why: rules that a person can read and change. Pure but for reading their file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.customers.models import Segment
from crm.loyalty.rfm import TOP, Cutoffs, Grade

FILE = "segments.toml"
"""The name of the rules' file, here and in the data folder of who has rules of their own."""
_CLASSES = ("recency", "frequency", "monetary")
_KNOWN = frozenset({"segment", "grade", "first_within", "purchases", "sum", *_CLASSES})

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Bought:
    """What the rules look at of one customer."""

    classes: tuple[int, int, int]
    purchases: int
    """Ever."""
    first: int
    """Days since the first."""
    grade: Grade | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A segment, and all that must fit."""

    segment: Segment
    classes: tuple[Span | None, Span | None, Span | None] = (None, None, None)
    total: Span | None = None
    grades: frozenset[Grade] | None = None
    first_within: int | None = None
    purchases: Span | None = None

    def fits(self, told: Bought) -> bool:
        """Whether the customer is in the segment by this rule."""
        return (
            all(_within(value, span) for value, span in zip(told.classes, self.classes, strict=True))
            and _within(sum(told.classes), self.total)
            and _within(told.purchases, self.purchases)
            and (self.grades is None or told.grade in self.grades)
            and (self.first_within is None or told.first <= self.first_within)
        )


@dataclass(frozen=True, slots=True)
class SegmentRules:
    """The cut-offs of the classes and the rules, in their order."""

    cutoffs: Cutoffs
    rules: tuple[Rule, ...]
    own: bool = False
    """They are the company's, not those of the program."""

    def segment(self, told: Bought) -> Segment:
        """The segment of the first rule that fits; standard where none does."""
        return next((rule.segment for rule in self.rules if rule.fits(told)), Segment.STANDARD)


def rules_in_force(folder: Path) -> SegmentRules:
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
    return read_rules(files("crm.loyalty").joinpath("data", FILE).read_text("utf-8"))


def read_rules(text: str, *, own: bool = False) -> SegmentRules:
    """Rules of a TOML text.

    Raises:
        Invalid: no TOML, an unknown word, a class outside 1 to 5, cut-offs out of order.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(_("{file} is not written as it should be: {problem}.").format(file=FILE, problem=error)) from None
    unknown = sorted(set(told) - {"cutoffs", "rule"})
    if unknown:
        raise _unknown(unknown[0])
    rules = told.get("rule", [])
    if not isinstance(rules, list) or not rules:
        raise Invalid(_("{file} has no rule.").format(file=FILE))
    return SegmentRules(_cutoffs(told.get("cutoffs", {})), tuple(_rule(rule) for rule in rules), own)


def _within(value: int, span: Span | None) -> bool:
    return span is None or span[0] <= value <= span[1]


def _cutoffs(told: Mapping[str, Any]) -> Cutoffs:
    if unknown := sorted(set(told) - set(_CLASSES)):
        raise _unknown(unknown[0])
    found = {}
    for name in _CLASSES:
        values = told.get(name)
        if not isinstance(values, list) or len(values) != TOP - 1 or not all(type(value) is int for value in values):
            raise Invalid(_("{file}: {name} takes four whole numbers.").format(file=FILE, name=name))
        if values != sorted(values, reverse=name == "recency"):
            raise Invalid(_("{file}: the four numbers of {name} are out of order.").format(file=FILE, name=name))
        found[name] = tuple(values)
    return Cutoffs(found["recency"], found["frequency"], tuple(100 * value for value in found["monetary"]))


def _rule(told: Any) -> Rule:
    if not isinstance(told, dict):
        raise Invalid(_("{file} has no rule.").format(file=FILE))
    if unknown := sorted(set(told) - _KNOWN):
        raise _unknown(unknown[0])
    name = told.get("segment")
    if name not in set(Segment):
        raise Invalid(
            _("“{text}” is not a segment: {segments}.").format(text=str(name)[:20], segments=", ".join(Segment))
        )
    grades = told.get("grade")
    if grades is not None and (not isinstance(grades, list) or not set(grades) <= set(Grade)):
        raise Invalid(_("{file}: grades are A to E.").format(file=FILE))
    within = told.get("first_within")
    if within is not None and (type(within) is not int or within < 0):
        raise Invalid(_("{file}: {name} takes a number of days.").format(file=FILE, name="first_within"))
    recency, frequency, monetary = (_span(told, kind, TOP) for kind in _CLASSES)
    return Rule(
        Segment(name),
        (recency, frequency, monetary),
        _span(told, "sum", 3 * TOP),
        None if grades is None else frozenset(Grade(grade) for grade in grades),
        within,
        _span(told, "purchases", None),
    )


def _span(told: Mapping[str, Any], name: str, most: int | None) -> Span | None:
    values = told.get(name)
    if values is None:
        return None
    good = isinstance(values, list) and len(values) == 2 and all(type(value) is int for value in values)
    if not good or not 0 <= values[0] <= values[1] or (most is not None and values[1] > most):
        raise Invalid(_("{file}: {name} takes a lowest and a highest value.").format(file=FILE, name=name))
    return values[0], values[1]


def _unknown(word: str) -> Invalid:
    return Invalid(_("{file} has a word that means nothing here: “{word}”.").format(file=FILE, word=word[:40]))

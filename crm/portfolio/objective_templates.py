"""Objectives for many customers at once: what a template measures and aims at. Pure but for reading its file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from crm.core.errors import Invalid, NotFound
from crm.core.i18n import _, mark
from crm.portfolio.objectives import Measure

FILE = "objectives.toml"
"""The name of the templates' file, here and in the data folder of who has templates of their own."""
TEMPLATES = {
    "growth": mark("5% more revenue than a year before"),
    "nothing_overdue": mark("nothing overdue"),
    "half_overdue": mark("half of what is overdue"),
    "faster_payment": mark("paid a tenth sooner"),
    "one_visit": mark("one visit"),
    "satisfied": mark("satisfied customers"),
}
"""Template of the program → how it is said."""


@dataclass(frozen=True, slots=True)
class ObjectiveTemplate:
    """What is measured, and the target: one for all, or each customer's own value changed by so many percent."""

    name: str
    measure: Measure
    target: int | None = None
    """Hundredths of the unit."""
    percent: int | None = None

    def words(self) -> str:
        """How it is said: a template of one's own by its name."""
        return _(TEMPLATES[self.name]) if self.name in TEMPLATES else self.name


def templates_in_force(folder: Path) -> Mapping[str, ObjectiveTemplate]:
    """The company's templates where it has some in the folder, else those of the program.

    Raises:
        Invalid: the company's file cannot be read; what is wrong, and where.
    """
    own = folder / FILE
    if own.is_file():
        try:
            return read_templates(own.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(_("The file {file} cannot be read.").format(file=FILE)) from error
    return read_templates(files("crm.portfolio").joinpath("data", FILE).read_text("utf-8"))


def template_of(folder: Path, name: str) -> ObjectiveTemplate:
    """The template of a name.

    Raises:
        NotFound: there is none; those that exist are given.
        Invalid: the company's file cannot be read.
    """
    known = templates_in_force(folder)
    if name not in known:
        raise NotFound(_("There is no template of objectives called “{name}”.").format(name=name), list(known))
    return known[name]


def read_templates(text: str) -> Mapping[str, ObjectiveTemplate]:
    """Templates of a TOML text.

    Raises:
        Invalid: no TOML, an unknown word, a measure that is none, neither a target nor a percentage, or both.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(_("{file} is not written as it should be: {problem}.").format(file=FILE, problem=error)) from None
    return {name: _template(name, given) for name, given in told.items()}


def _template(name: str, told: Any) -> ObjectiveTemplate:
    if not isinstance(told, dict) or (unknown := sorted(set(told) - {"measure", "target", "percent"})):
        word = unknown[0] if isinstance(told, dict) else name
        raise Invalid(_("{file} has a word that means nothing here: “{word}”.").format(file=FILE, word=word[:40]))
    measure, target, percent = told.get("measure"), told.get("target"), told.get("percent")
    if measure not in set(Measure) - {Measure.OWN}:
        raise Invalid(_("{file}: {name} measures nothing that is known.").format(file=FILE, name=name))
    if (target is None) == (percent is None):
        raise Invalid(_("{file}: {name} takes either a target or a percentage.").format(file=FILE, name=name))
    if percent is not None and (type(percent) is not int or percent < -100):
        raise Invalid(_("{file}: the percentage of {name} is a whole number.").format(file=FILE, name=name))
    if target is not None and type(target) not in (int, float):
        raise Invalid(_("{file}: the target of {name} is a number.").format(file=FILE, name=name))
    return ObjectiveTemplate(name, Measure(measure), None if target is None else round(target * 100), percent)

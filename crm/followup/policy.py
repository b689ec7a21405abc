"""Scenarios: which step is reached when. Pure; the default one is a readable file shipped with the program."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Self

from crm.core.i18n import mark

NOTICE = 0
"""Level of the notice before the due date."""
FORMAL_NOTICE = 4
"""Level of the formal notice (mise en demeure)."""

LEVELS = {
    0: mark("notice before the due date"),
    1: mark("friendly reminder"),
    2: mark("firm reminder"),
    3: mark("last reminder before formal notice"),
    4: mark("formal notice"),
}
"""Level → how it is said."""

EXITS = {"decide_on_proceedings": mark("a person decides: payment plan, court order for payment, or loss")}
"""The named exit of the last step → how it is said."""


class Mode(StrEnum):
    """Whether a step leaves by itself."""

    AUTOMATIC = "automatic"
    CONFIRM = "confirm"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: so many days after (before: negative) the due date, at a level, through a channel."""

    level: int
    offset: int
    channel: str
    sender: str
    """usual or senior: who signs."""
    mode: Mode


@dataclass(frozen=True, slots=True)
class Scenario:
    """Steps in the order of their offsets, and the rules between them."""

    name: str
    version: int
    steps: tuple[Step, ...]
    gap_days: int
    first_contact_level: int
    exit: str
    reply_days: int
    pay_days: int

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """A scenario from its file.

        Raises:
            ValueError: steps out of order, or a level twice.
        """
        steps = tuple(Step(**{**step, "mode": Mode(step["mode"])}) for step in told["steps"])
        levels = [step.level for step in steps]
        offsets = [step.offset for step in steps]
        if levels != sorted(set(levels)) or offsets != sorted(set(offsets)):
            raise ValueError("steps rise in level and in days")
        return cls(**{**told, "steps": steps})

    def step(self, level: int) -> Step:
        """The step of a level."""
        return next(step for step in self.steps if step.level == level)

    def after(self, level: int) -> Step | None:
        """The step that follows a level; None after the last."""
        return next((step for step in self.steps if step.level > level), None)

    def reached(self, days_late: int) -> Step | None:
        """The highest step reached. The notice before the due date is reached only up to that date: it is never caught up."""
        for step in reversed(self.steps):
            if step.offset <= days_late and (step.level == NOTICE) == (days_late <= 0):
                return step
        return None

    @property
    def first_offset(self) -> int:
        """How many days before a due date (negative) the first step looks."""
        return min(step.offset for step in self.steps)


@cache
def default_scenario() -> Scenario:
    """The scenario that is ready at first start."""
    text = files("crm.followup").joinpath("data/default.toml").read_text("utf-8")
    return Scenario.read(tomllib.loads(text))

"""Scenarios: which step is reached when. Pure; what is shipped are readable files beside the program."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Self

from crm.core.i18n import mark

NOTICE = 0
"""Level of the notice before the due date."""
FORMAL_NOTICE = 4
"""Level of the formal notice (mise en demeure)."""
HIGHEST_FIRST = 2
"""The first contact about a debt, however old, is never above this level."""

LEVELS = {
    0: mark("notice before the due date"),
    1: mark("friendly reminder"),
    2: mark("firm reminder"),
    3: mark("last reminder before formal notice"),
    4: mark("formal notice"),
}
"""Level → how it is said."""

EXITS = {
    "decide_on_proceedings": mark("a person decides: payment plan, court order for payment, or loss"),
    "proceedings": mark("a person prepares the court order for payment"),
    "lawyer": mark("a person hands the file to a lawyer"),
    "collection": mark("a person hands the file to a collection agency"),
    "call": mark("the account manager calls, and decides with the customer"),
    "stop": mark("nothing: reminders end here"),
}
"""The named exit of the last step → how it is said."""
NO_EXIT = "stop"

CHANNELS = ("email", "sms", "phone", "letter", "registered_letter")
"""What a step can go by."""
TONES = {
    "standard": mark("standard"),
    "good_payer": mark("good payer"),
    "strict": mark("strict"),
    "key_account": mark("key account"),
}
"""The four ways of saying it → how they are called."""
SENDERS = {"usual": mark("who usually writes"), "senior": mark("somebody senior")}
"""Who signs → how it is said."""
TEMPLATES = {0: "before_due", 1: "level_1", 2: "level_2", 3: "level_3", 4: "formal_notice"}
"""Level → the text it speaks by, unless the step names another."""

TEXTS = {name: level for level, name in TEMPLATES.items()}
"""The name of a text → its level."""

THANKS = {
    "automatic": mark("by itself"),
    "confirm": mark("to confirm"),
    "never": mark("never"),
}
"""Whether a thank-you follows the payment of what was reminded of → how it is said."""


class Mode(StrEnum):
    """Whether a step leaves by itself."""

    AUTOMATIC = "automatic"
    CONFIRM = "confirm"
    MANUAL = "manual"


MODES = {Mode.AUTOMATIC: mark("by itself"), Mode.CONFIRM: mark("to confirm"), Mode.MANUAL: mark("by hand")}
"""Mode → how it is said."""


class Base(StrEnum):
    """What the days of a step are counted from."""

    DUE_DATE = "due_date"
    PREVIOUS_STEP = "previous_step"
    """The day on which the step below was last spoken of."""
    BROKEN_PROMISE = "broken_promise"
    """The day for which money was promised that did not come."""
    MISSED_INSTALMENT = "missed_instalment"
    """The due date of an instalment of a payment plan: such instalments follow these steps alone."""


BASES = {
    Base.DUE_DATE: mark("due date"),
    Base.PREVIOUS_STEP: mark("previous step"),
    Base.BROKEN_PROMISE: mark("broken promise"),
    Base.MISSED_INSTALMENT: mark("missed instalment"),
}
"""Base → how it is said."""
_RISING = (Base.DUE_DATE, Base.PREVIOUS_STEP)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: so many days after (before: negative) its base, at a level, through the first channel that reaches."""

    level: int
    offset: int
    channels: tuple[str, ...]
    sender: str
    """usual or senior: who signs."""
    mode: Mode
    base: Base = Base.DUE_DATE
    template: str = ""
    """The name of its text; empty: that of its level."""
    tone: str = ""
    """How it is said; empty: as the scenario says it."""
    gap_days: int | None = None
    """Days since the last message before this step; None: the scenario's."""
    minimum: tuple[tuple[str, int], ...] = ()
    """Currency and the least amount in cents that this step asks for; a currency that is not named has no least."""

    @property
    def channel(self) -> str:
        """The channel it would rather go by."""
        return self.channels[0]

    @property
    def text(self) -> str:
        """The name of its text."""
        return self.template or TEMPLATES[self.level]

    def least(self, currency: str) -> int:
        """The least amount of a currency it asks for, in cents."""
        return next((cents for known, cents in self.minimum if known == currency), 0)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """A step from a file; `channel` is said for a single one of `channels`."""
        given = dict(told)
        channels = given.pop("channels", None) or [given.pop("channel")]
        minimum = tuple(sorted((currency, _cents(amount)) for currency, amount in given.pop("minimum", {}).items()))
        mode, base = Mode(given.pop("mode")), Base(given.pop("base", Base.DUE_DATE))
        return cls(**given, channels=tuple(channels), mode=mode, base=base, minimum=minimum)


@dataclass(frozen=True)
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
    title: str = ""
    """How people call it; empty: its name."""
    tone: str = "standard"
    thanks: str = "never"
    """Whether a customer is thanked once everything that was reminded of is paid: automatic, confirm or never."""
    exit_days: int = 15
    """Days after the last step at which a person is asked to decide."""
    entry_days: int | None = None
    """First contact about a debt later than this enters at `entry_level`; None: there is no such step."""
    entry_level: int = HIGHEST_FIRST
    id: int | None = field(default=None, compare=False)
    """Its row; None: it is shipped and nobody has changed it."""

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """A scenario from its file.

        Raises:
            ValueError: steps out of order, or a level twice.
        """
        made = cls.begun(told)
        levels = [step.level for step in made.rising]
        offsets = [step.offset for step in made.rising if step.base is Base.DUE_DATE]
        if levels != sorted(set(levels)) or offsets != sorted(set(offsets)):
            raise ValueError("steps rise in level and in days")
        return made

    @classmethod
    def begun(cls, told: Mapping[str, Any]) -> Self:
        """A scenario that may still be out of order: one that is being written."""
        return cls(**{**told, "steps": tuple(Step.read(step) for step in told["steps"])})

    @property
    def called(self) -> str:
        """What people call it."""
        return self.title or self.name

    @cached_property
    def rising(self) -> tuple[Step, ...]:
        """The steps that follow each other; the others answer to an event."""
        return tuple(step for step in self.steps if step.base in _RISING)

    @cached_property
    def events(self) -> tuple[Step, ...]:
        """The steps that answer to a broken promise or a missed instalment."""
        return tuple(step for step in self.steps if step.base not in _RISING)

    @cached_property
    def by_due_date(self) -> bool:
        """Whether days are counted from due dates alone, and every amount is asked for: what a plan decides fastest."""
        return all(step.base is Base.DUE_DATE and not step.minimum for step in self.steps)

    @cached_property
    def _falling(self) -> tuple[Step, ...]:
        return tuple(reversed([step for step in self.rising if step.base is Base.DUE_DATE]))

    def step(self, level: int) -> Step:
        """The step of a level."""
        return next(step for step in (*self.rising, *self.events) if step.level == level)

    def after(self, level: int) -> Step | None:
        """The step that follows a level; None after the last."""
        return next((step for step in self.rising if step.level > level), None)

    def at_most(self, level: int) -> Step:
        """The highest step up to a level; the lowest reminder where there is none."""
        below = [step for step in self.rising if NOTICE < step.level <= level]
        return below[-1] if below else next(step for step in self.rising if step.level > NOTICE)

    def reached(self, days_late: int) -> Step | None:
        """The highest step reached by days alone. The notice before the due date is never caught up after it."""
        if days_late not in self._reached:
            self._reached[days_late] = next(
                (
                    step
                    for step in self._falling
                    if step.offset <= days_late and (step.level == NOTICE) == (days_late <= 0)
                ),
                None,
            )
        return self._reached[days_late]

    def entered(self, days_late: int) -> Step | None:
        """The step by which a debt that nobody spoke of yet is first reminded of."""
        if days_late not in self._entered:
            step = self.reached(days_late)
            self._entered[days_late] = None if step is None else self.as_first_contact(step, days_late)
        return self._entered[days_late]

    def as_first_contact(self, step: Step, days_late: int) -> Step:
        """The step itself, unless it is above what a first contact begins with."""
        late = self.entry_days is not None and days_late >= self.entry_days
        first = self.entry_level if late else self.first_contact_level
        return self.at_most(first) if step.level > first else step

    @cached_property
    def _reached(self) -> dict[int, Step | None]:
        return {}

    @cached_property
    def _entered(self) -> dict[int, Step | None]:
        return {}

    def gap_before(self, step: Step) -> int:
        """Days that must have passed since the last message before a step."""
        return self.gap_days if step.gap_days is None else step.gap_days

    def tone_of(self, step: Step) -> str:
        """How a step is said."""
        return step.tone or self.tone

    def later(self, days: int) -> "Scenario":
        """The same with every reminder so many days later; the notice before the due date stays where it is."""
        return _later(self, days) if days else self

    @cached_property
    def first_offset(self) -> int:
        """How many days before a due date (negative) the first step looks."""
        return min(
            (step.offset for step in self.steps if step.base in (Base.DUE_DATE, Base.MISSED_INSTALMENT)), default=0
        )

    @property
    def last(self) -> Step:
        """The last of the steps that follow each other."""
        return self.rising[-1]


def _later(scenario: Scenario, days: int) -> Scenario:
    steps = (
        replace(step, offset=step.offset + days) if step.level > NOTICE and step.base is Base.DUE_DATE else step
        for step in scenario.steps
    )
    return replace(scenario, steps=tuple(steps))


def _cents(amount: Any) -> int:
    """Whole units or a decimal in words: 150, 150.5 or "150.50"."""
    return int(Decimal(str(amount)) * 100)


@cache
def shipped() -> Mapping[str, tuple[Scenario, str]]:
    """The scenarios that come with the program, by name, each with its text; the first is the one that is ready at first start."""
    folder = files("crm.followup").joinpath("data")
    texts = [folder.joinpath(f"{name}.toml").read_text("utf-8") for name in _SHIPPED]
    read = [(Scenario.read(tomllib.loads(text)), text) for text in texts]
    return {scenario.name: (scenario, text) for scenario, text in read}


_SHIPPED = ("default", "good_payer", "strict", "key_account", "public_buyer")


def default_scenario() -> Scenario:
    """The scenario that is ready at first start."""
    return next(iter(shipped().values()))[0]

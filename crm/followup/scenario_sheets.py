"""How scenarios are shown: the list, the steps with their days, the text, and what a change changes."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm.core.calendar import next_working_day
from crm.core.i18n import _, plural
from crm.core.sheets import Column, Kind, Sheet
from crm.followup.policy import BASES, EXITS, LEVELS, MODES, NOTICE, SENDERS, TONES, Base, Scenario, Step
from crm.followup.scenario_text import written
from crm.messaging.actions import CHANNELS


@dataclass(frozen=True, slots=True)
class ScenarioLine:
    """A scenario in the list."""

    name: str
    called: str
    version: int
    steps: int
    for_everybody: bool
    chosen: int
    """How many choices name it."""
    retired: bool


@dataclass(frozen=True, slots=True)
class Scenarios:
    """Every scenario, in the latest version."""

    lines: tuple[ScenarioLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a scenario."""
        return {
            "scenarios": [
                {
                    "scenario": line.name,
                    "title": line.called,
                    "version": line.version,
                    "steps": line.steps,
                    "for_everybody": line.for_everybody,
                    "chosen": line.chosen,
                    "retired": line.retired,
                }
                for line in self.lines
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a scenario."""
        columns = (
            Column("scenario", _("Scenario")),
            Column("title", _("Name")),
            Column("version", _("Version"), Kind.COUNT),
            Column("steps", _("Steps"), Kind.COUNT),
            Column("used", _("For whom")),
        )
        rows = tuple((line.name, line.called, line.version, line.steps, _for_whom(line)) for line in self.lines)
        return Sheet(plural("{count} scenario", "{count} scenarios", len(rows)), columns, rows)


def _for_whom(line: ScenarioLine) -> str:
    if line.retired:
        return _("nobody new: retired")
    chosen = plural("{count} choice", "{count} choices", line.chosen) if line.chosen else ""
    everybody = _("everybody else") if line.for_everybody else ""
    return ", ".join(filter(None, (everybody, chosen))) or _("nobody yet")


@dataclass(frozen=True, slots=True)
class ScenarioSheet:
    """A scenario, step by step, with the days of an invoice that nobody pays."""

    scenario: Scenario
    due: date
    days: tuple[date | None, ...]
    """The day of each step; None where an event decides."""
    versions: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The whole of it."""
        one = self.scenario
        return {
            "scenario": one.name,
            "version": one.version,
            "versions": list(self.versions),
            **{key: value for key, value in tomllib.loads(written(one)).items() if key not in ("name", "version")},
            "due_date": self.due.isoformat(),
            "calendar": [day.isoformat() if day else None for day in self.days],
        }

    def as_sheet(self) -> Sheet:
        """One row a step."""
        columns = (
            Column("level", _("Level"), Kind.COUNT),
            Column("step", _("Step")),
            Column("days", _("When")),
            Column("channels", _("Channels")),
            Column("mode", _("Mode")),
            Column("sender", _("Sender")),
            Column("date", _("Day"), Kind.DATE),
        )
        rows = tuple(
            (
                step.level,
                _(LEVELS[step.level]),
                when(step),
                channel_words(step.channels),
                _(MODES[step.mode]),
                _(SENDERS[step.sender]),
                day,
            )
            for step, day in zip(self.scenario.steps, self.days, strict=True)
        )
        title = _("{name}, version {version}").format(name=self.scenario.called, version=self.scenario.version)
        return Sheet(title, columns, rows, as_of=self.due, notes=self._notes())

    def _notes(self) -> tuple[str, ...]:
        one = self.scenario
        notes = [
            _("At least {days} days between two messages; tone: {tone}.").format(
                days=one.gap_days, tone=_(TONES[one.tone])
            ),
            _("After the last step: {exit}.").format(exit=_(EXITS[one.exit])),
        ]
        if one.entry_days is not None:
            told = _("A debt later than {days} days enters at level {level}.")
            notes.append(told.format(days=one.entry_days, level=one.entry_level))
        return tuple(notes)


def channel_words(channels: Sequence[str]) -> str:
    """The channels of a step in words, the preferred first."""
    return ", ".join(_(CHANNELS[channel]) for channel in channels if channel in CHANNELS)


def when(step: Step) -> str:
    """`+15 days after the due date`, in words."""
    if step.base is Base.DUE_DATE:
        return _("due date {days:+d} d").format(days=step.offset)
    return _("{base} {days:+d} d").format(base=_(BASES[step.base]), days=step.offset)


def calendar_of(scenario: Scenario, due: date) -> tuple[date | None, ...]:
    """The day of each step for an invoice that nobody pays, gaps kept; None where an event decides."""
    found: list[date | None] = []
    last: date | None = None
    for step in scenario.steps:
        if step.base is Base.PREVIOUS_STEP and last is not None:
            day = last + timedelta(days=step.offset)
        elif step.base is Base.DUE_DATE:
            day = due + timedelta(days=step.offset)
        else:
            found.append(None)
            continue
        if last is not None and step.level > NOTICE:
            day = max(day, last + timedelta(days=scenario.gap_before(step)))
        day = day if step.level == NOTICE else next_working_day(day)
        last = day if step.level > NOTICE else None
        found.append(day)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """A scenario as text."""

    name: str
    version: int
    text: str

    def as_json(self) -> dict[str, Any]:
        """The text whole."""
        return {"scenario": self.name, "version": self.version, "text": self.text}

    def as_sheet(self) -> Sheet:
        """Its lines."""
        title = _("{name}, version {version}").format(name=self.name, version=self.version)
        return Sheet(title, (Column("text", _("Text")),), tuple((line,) for line in self.text.splitlines()))


@dataclass(frozen=True, slots=True)
class SavedScenario:
    """What was saved, and whom it concerns."""

    scenario: Scenario
    told: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The name and version, and what changes for whom."""
        return {"scenario": self.scenario.name, "version": self.scenario.version, "changes": list(self.told)}

    def as_sheet(self) -> Sheet:
        """One row a sentence."""
        title = _("{name}, version {version}").format(name=self.scenario.called, version=self.scenario.version)
        return Sheet(title, (Column("change", _("What changes")),), tuple((line,) for line in self.told))


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who follows what from now on."""

    whose: str
    scenario: str
    told: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Who, what, and what changes."""
        return {"for": self.whose, "scenario": self.scenario, "changes": list(self.told)}

    def as_sheet(self) -> Sheet:
        """One row a sentence."""
        return Sheet(self.whose, (Column("change", _("What changes")),), tuple((line,) for line in self.told))

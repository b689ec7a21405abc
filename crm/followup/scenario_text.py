"""Scenarios as readable text: TOML in, checked line by line, and out. Pure."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.followup.policy import (
    CHANNELS,
    EXITS,
    FORMAL_NOTICE,
    HIGHEST_FIRST,
    LEVELS,
    NOTICE,
    SENDERS,
    TEMPLATES,
    TEXTS,
    THANKS,
    TONES,
    Base,
    Mode,
    Scenario,
    Step,
)

SHORTEST_GAP = 3
"""Days between two reminders at least: no more than three contacts a week (docs/rules.md)."""
SHORTEST_NOTICE = 8
"""Days that a message gives to answer or to pay at least."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_HEAD = tuple(known.name for known in fields(Scenario) if known.name not in ("steps", "version", "id"))
_STEP = ("level", "base", "offset", "channels", "channel", "template", "tone", "sender", "mode", "gap_days", "minimum")
_NEEDED = ("name", "gap_days", "first_contact_level", "exit", "reply_days", "pay_days", "steps")
_CURRENCY = re.compile(r"[A-Z]{3}")


@lru_cache(maxsize=256)
def kept(text: str, name: str, version: int, key: int | None) -> Scenario:
    """A stored version, which was checked when it came in."""
    return replace(Scenario.read({"version": version, **_parsed(text)}), name=name, version=version, id=key)


def read_scenario(text: str) -> Scenario:
    """A scenario from its text; its version is the file's, else 1.

    Raises:
        Invalid: what is wrong, each with its line.
    """
    told = _parsed(text)
    problems = problems_of(text)
    if problems:
        raise Invalid(
            " ".join(_("Line {line}: {problem}").format(line=one.line, problem=one.said) for one in problems),
            next_step=_("Nothing was changed. crm export-scenario shows a scenario that is right."),
        )
    return Scenario.read({"version": 1, **told})


class Problem(NamedTuple):
    """What is wrong with a scenario's text: its line, the place of the step it stands in (None: between them), and in words."""

    line: int
    step: int | None
    said: str


def problems_of(text: str) -> tuple[Problem, ...]:
    """All that is wrong with a scenario's text, by line; nothing where it may be used.

    Raises:
        Invalid: it is not readable as TOML.
    """
    told, lines = _parsed(text), _Lines(text)
    return tuple(Problem(line, lines.step_at(line), said) for line, said in sorted(_problems(told, lines)))


def begun(text: str) -> Scenario:
    """A scenario that is still being written: its steps may be out of order.

    Raises:
        Invalid: it is not readable, or a step lacks what makes it one.
    """
    try:
        return Scenario.begun({"version": 1, **_parsed(text)})
    except (TypeError, ValueError, KeyError, ArithmeticError, AttributeError):
        said = " ".join(
            _("Line {line}: {problem}").format(line=one.line, problem=one.said) for one in problems_of(text)
        )
        raise Invalid(said or _("This is not readable as TOML.")) from None


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        where = re.search(r"line (\d+)", str(problem))
        line = int(where[1]) if where else text.count("\n") + 1
        raise Invalid(
            _("Line {line}: {problem}").format(line=line, problem=_("This is not readable as TOML."))
        ) from None


class _Lines:
    """On which line a key stands: of the head, of a table, or of a step."""

    def __init__(self, text: str) -> None:
        self._found: dict[tuple[int, str], int] = {}
        self._steps: list[int] = []
        place = -1
        for number, line in enumerate(text.splitlines(), 1):
            bare = line.strip()
            if re.fullmatch(r"\[\[\s*steps\s*\]\](\s*#.*)?", bare):
                self._steps.append(number)
                place = len(self._steps) - 1
            elif (table := re.match(r"\[\s*([\w.]+)\s*\]", bare)) and not table[1].startswith("steps"):
                self._found.setdefault((-1, table[1]), number)
            elif key := re.match(r'"?([\w-]+)"?\s*[.=]', bare):
                self._found.setdefault((place, key[1]), number)

    def head(self, key: str) -> int:
        """The line of a key of the whole; else the first."""
        return self._found.get((-1, key), 1)

    def step_at(self, line: int) -> int | None:
        """The place of the step in which a line stands; None: before the first."""
        before = [place for place, begins in enumerate(self._steps) if begins <= line]
        return before[-1] if before else None

    def step(self, place: int, key: str = "") -> int:
        """The line of a step's key; else the step's own."""
        begins = self._steps[place] if place < len(self._steps) else 1
        return self._found.get((place, key), begins)


def _problems(told: Mapping[str, Any], lines: _Lines) -> Iterator[tuple[int, str]]:
    known = (*_HEAD, "version", "steps")
    for key in told:
        if key not in known:
            yield lines.head(key), _unknown(key, known)
    for key in _NEEDED:
        if key not in told:
            yield 1, _("“{key}” is missing.").format(key=key)
    if "name" in told and not (isinstance(told["name"], str) and _NAME.fullmatch(told["name"])):
        yield lines.head("name"), _("A name has small letters, digits and hyphens, and begins with a letter.")
    yield from _numbers(told, lines)
    for key, allowed in (("exit", EXITS), ("tone", TONES), ("thanks", THANKS)):
        if key in told and told[key] not in allowed:
            yield lines.head(key), _one_of(key, told[key], allowed)
    for key in ("first_contact_level", "entry_level"):
        if isinstance(told.get(key), int) and not 1 <= told[key] <= HIGHEST_FIRST:
            yield lines.head(key), _("A first contact about an old debt is at level 1 or 2, never above.")
    steps = told.get("steps", [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps) or not steps:
        yield lines.head("steps"), _("Steps are said one by one, each under [[steps]].")
        return
    for place, step in enumerate(steps):
        yield from _step_problems(step, place, lines)
    yield from _order(steps, lines)


_LEAST = {"gap_days": SHORTEST_GAP, "reply_days": SHORTEST_NOTICE, "pay_days": SHORTEST_NOTICE, "exit_days": 1, "entry_days": 1, "version": 1}  # fmt: skip  # read as a table: columns side by side


def _numbers(told: Mapping[str, Any], lines: _Lines) -> Iterator[tuple[int, str]]:
    for key, least in _LEAST.items():
        if key in told and (not _whole(told[key]) or not least <= told[key] <= 3650):
            yield lines.head(key), _at_least(key, least)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _step_problems(step: Mapping[str, Any], place: int, lines: _Lines) -> Iterator[tuple[int, str]]:
    for key in step:
        if key not in _STEP:
            yield lines.step(place, key), _unknown(key, _STEP)
    for key in ("level", "offset", "sender", "mode"):
        if key not in step:
            yield lines.step(place), _("“{key}” is missing.").format(key=key)
    if step.get("level", 0) not in LEVELS or not _whole(step.get("level", 0)):
        yield lines.step(place, "level"), _("A level is 0 to 4.")
    if not _whole(step.get("offset", 0)) or not -60 <= step.get("offset", 0) <= 3650:
        yield (
            lines.step(place, "offset"),
            _("“{key}” is a whole number from {least} to {most}.").format(key="offset", least=-60, most=3650),
        )
    choices: tuple[tuple[str, Collection[str]], ...] = (
        ("sender", SENDERS),
        ("mode", [mode.value for mode in Mode]),
        ("base", [base.value for base in Base]),
        ("tone", TONES),
        ("template", TEXTS),
    )
    for key, allowed in choices:
        if key in step and step[key] not in allowed:
            yield lines.step(place, key), _one_of(key, step[key], allowed)
    channels = step.get("channels", [step["channel"]] if "channel" in step else [])
    if not isinstance(channels, list) or not channels:
        yield lines.step(place, "channels"), _("A step names at least one channel.")
        channels = []
    for channel in channels:
        if channel not in CHANNELS:
            yield (
                lines.step(place, "channel" if "channel" in step else "channels"),
                _one_of("channels", channel, CHANNELS),
            )
    level, text = step.get("level"), step.get("template")
    if text in TEXTS and (level in (NOTICE, FORMAL_NOTICE)) != (TEXTS[text] in (NOTICE, FORMAL_NOTICE)):
        yield lines.step(place, "template"), _("This text does not fit a step of level {level}.").format(level=level)
    if "gap_days" in step and (not _whole(step["gap_days"]) or not SHORTEST_GAP <= step["gap_days"] <= 3650):
        yield lines.step(place, "gap_days"), _at_least("gap_days", SHORTEST_GAP)
    if not _amounts(step.get("minimum", {})):
        yield lines.step(place, "minimum"), _bad_amounts()
    if step.get("level") == FORMAL_NOTICE and step.get("mode") == Mode.AUTOMATIC.value:
        yield lines.step(place, "mode"), _("A formal notice is always decided by a person: confirm or manual.")
    if step.get("level") == FORMAL_NOTICE and channels and channels != ["registered_letter"]:
        yield lines.step(place, "channels"), _("A formal notice goes by registered letter.")


def _order(steps: list[dict[str, Any]], lines: _Lines) -> Iterator[tuple[int, str]]:
    rising = [
        (place, step)
        for place, step in enumerate(steps)
        if step.get("base", "due_date") in (Base.DUE_DATE.value, Base.PREVIOUS_STEP.value)
        and _whole(step.get("level"))
        and _whole(step.get("offset"))
    ]
    level, offset = -1, -3650
    for place, step in rising:
        if step["level"] <= level:
            yield (
                lines.step(place, "level"),
                _("Steps rise: level {level} does not come after level {before}.").format(
                    level=step["level"], before=level
                ),
            )
        if step.get("base") != Base.PREVIOUS_STEP.value:
            if step["offset"] <= offset:
                yield (
                    lines.step(place, "offset"),
                    _("Steps rise: day {day} does not come after day {before}.").format(
                        day=step["offset"], before=offset
                    ),
                )
            offset = max(offset, step["offset"])
        if (step["level"] == NOTICE) != (step["offset"] <= 0):
            yield lines.step(place, "offset"), _("Level 0 comes before the due date, the others after it.")
        level = max(level, step["level"])
    levels = [step["level"] for _place, step in rising]
    if not {1, 2} & set(levels):
        yield lines.head("steps"), _("A scenario begins softly: it has a step of level 1 or 2.")
    last = [place for place, step in enumerate(steps) if step.get("level") == 3 or step.get("template") == TEMPLATES[3]]
    if last and FORMAL_NOTICE not in levels:  # its text names the day of the formal notice
        place = last[0]
        yield lines.step(place, "level"), _("Level 3 announces the formal notice: a step of level 4 has to follow.")


def _amounts(told: Any) -> bool:
    return isinstance(told, dict) and all(
        _CURRENCY.fullmatch(currency) and isinstance(amount, (int, float, str)) and _positive(amount)
        for currency, amount in told.items()
    )


def _positive(amount: float | str) -> bool:
    return re.fullmatch(r"\d{1,9}(\.\d{1,2})?", str(amount)) is not None


def _bad_amounts() -> str:
    return _("A least amount is said by currency under minimum: EUR = 150.00.")


def _unknown(key: str, known: Collection[str]) -> str:
    return _("“{key}” is not known here; known: {known}.").format(key=key, known=", ".join(known))


def _one_of(key: str, value: Any, allowed: Collection[str]) -> str:
    return _("“{value}” cannot stand for {key}; known: {known}.").format(key=key, value=value, known=", ".join(allowed))


def _at_least(key: str, least: int) -> str:
    return _("“{key}” is a whole number of at least {least}.").format(key=key, least=least)


# Out


def written(scenario: Scenario) -> str:
    """A scenario as text that reads the same back."""
    head: list[tuple[str, Any]] = [
        ("name", scenario.name),
        ("title", scenario.title),
        ("version", scenario.version),
        ("tone", scenario.tone),
        ("gap_days", scenario.gap_days),
        ("first_contact_level", scenario.first_contact_level),
        ("entry_days", scenario.entry_days),
        ("entry_level", scenario.entry_level if scenario.entry_days is not None else None),
        ("thanks", scenario.thanks if scenario.thanks != "never" else None),
        ("exit", scenario.exit),
        ("exit_days", scenario.exit_days),
        ("reply_days", scenario.reply_days),
        ("pay_days", scenario.pay_days),
    ]
    parts = [_pairs(head)]
    parts += ["[[steps]]\n" + _pairs(_said(step)) for step in scenario.steps]
    return "\n".join(parts)


def _said(step: Step) -> list[tuple[str, Any]]:
    return [
        ("level", step.level),
        ("base", step.base.value),
        ("offset", step.offset),
        ("channels", list(step.channels)),
        ("template", step.template),
        ("tone", step.tone),
        ("sender", step.sender),
        ("mode", step.mode.value),
        ("gap_days", step.gap_days),
        ("minimum", step.minimum),
    ]


def _pairs(told: list[tuple[str, Any]]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in told if value not in (None, "", ()))


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return "{ " + ", ".join(f'{currency} = "{Decimal(cents) / 100:.2f}"' for currency, cents in value) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)

"""A scenario while it is written: steps changed, moved, taken out, and what differs from what counts. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from crm.core.i18n import _
from crm.core.money import Money
from crm.followup.policy import LEVELS, MODES, Base, Scenario, Step
from crm.followup.scenario_sheets import when

Key = tuple[Base, int]
"""What names a step of a scenario: what its days are counted from, and its level."""


def key_of_step(step: Step) -> Key:
    """What names a step."""
    return step.base, step.level


def sorted_steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Steps in the order in which they come."""
    return tuple(sorted(steps, key=lambda step: (step.level, step.offset)))


def with_step(scenario: Scenario, place: int | None, step: Step) -> Scenario:
    """The scenario with a step in the place of another; None: beside them. A step of the same name gives way."""
    others = [
        other
        for at, other in enumerate(scenario.steps)
        if at != place and (place is not None or key_of_step(other) != key_of_step(step))
    ]
    return replace(scenario, steps=sorted_steps([*others, step]))


def without(scenario: Scenario, place: int) -> Scenario:
    """The scenario without a step."""
    return replace(scenario, steps=tuple(step for at, step in enumerate(scenario.steps) if at != place))


def shifted(scenario: Scenario, place: int, days: int) -> Scenario:
    """The scenario with a step some days later; negative: earlier."""
    steps = [
        replace(step, offset=step.offset + days) if at == place else step for at, step in enumerate(scenario.steps)
    ]
    return replace(scenario, steps=tuple(steps))


def swapped(scenario: Scenario, place: int, other: int) -> Scenario:
    """Two steps trade what they do; each day and level stays where it is, and so do the days since the last message."""
    one, two = scenario.steps[place], scenario.steps[other]

    def doing(step: Step, what: Step) -> Step:
        return replace(what, level=step.level, offset=step.offset, base=step.base, gap_days=step.gap_days)

    steps = list(scenario.steps)
    steps[place], steps[other] = doing(one, two), doing(two, one)
    return replace(scenario, steps=tuple(steps))


def with_least(minimum: Sequence[tuple[str, int]], least: Money) -> tuple[tuple[str, int], ...]:
    """The least amounts with another one in its currency; zero takes it away."""
    others = [(currency, cents) for currency, cents in minimum if currency != least.currency]
    return tuple(sorted([*others, *([(least.currency, least.cents)] if least.cents else [])]))


def changed(before: Scenario | None, after: Scenario) -> frozenset[Key]:
    """The steps that are new or differ from what counts."""
    old = {key_of_step(step): step for step in before.steps} if before is not None else {}
    return frozenset(key_of_step(step) for step in after.steps if old.get(key_of_step(step)) != step)


def differences(before: Scenario | None, after: Scenario) -> list[str]:
    """What changes from a version to another, a sentence a step."""
    if before is None:
        return [_("A new scenario of {count} steps.").format(count=len(after.steps))]
    found = []
    old = {(step.base, step.level): step for step in before.steps}
    new = {(step.base, step.level): step for step in after.steps}
    for key in sorted(old.keys() | new.keys(), key=lambda key: (key[1], key[0])):
        level = _(LEVELS[key[1]])
        if key not in new:
            found.append(_("{step}: taken out.").format(step=level))
        elif key not in old:
            found.append(_("{step}: added, {when}.").format(step=level, when=when(new[key])))
        elif old[key] != new[key]:
            found.append(
                _("{step}: {before} becomes {after}.").format(
                    step=level, before=_in_short(old[key]), after=_in_short(new[key])
                )
            )
    return found or [_("The steps stay; rules between them change.")]


def _in_short(step: Step) -> str:
    return ", ".join((when(step), "/".join(step.channels), _(MODES[step.mode])))

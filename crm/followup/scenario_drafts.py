"""A scenario while it is written: steps changed, moved, taken out, and what differs from what counts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crm.core.i18n import _, plural
from crm.core.money import Money, shown
from crm.followup.policy import EXITS, LEVELS, MODES, SENDERS, TEXTS, TONES, Base, Scenario, Step
from crm.followup.scenario_sheets import channel_words, when

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
    """What changes from a version to another: a sentence a step, then one a rule."""
    if before is None:
        return [_("A new scenario of {count} steps.").format(count=len(after.steps))]
    found = []
    old = {key_of_step(step): step for step in before.steps}
    new = {key_of_step(step): step for step in after.steps}
    for key in sorted(old.keys() | new.keys(), key=lambda key: (key[1], key[0])):
        level = _(LEVELS[key[1]]) if key[1] in LEVELS else str(key[1])
        if key not in new:
            found.append(_("{step}: taken out.").format(step=level))
        elif key not in old:
            found.append(_("{step}: added, {when}.").format(step=level, when=when(new[key])))
        elif old[key] != new[key]:
            what = _changes(_step_words(old[key]), _step_words(new[key]))
            found.append(_("{step}: {changes}.").format(step=level, changes=what))
    rules, now = _rule_words(before), _rule_words(after)
    return [*found, *(_("{rule}: {change}.").format(rule=rule, change=_from_to(rules[rule], now[rule]))
                      for rule in rules if rules[rule] != now[rule])]  # fmt: skip  # one rule a sentence


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    return ", ".join(
        f"{part} {_from_to(before[part], after[part])}".strip() for part in before if before[part] != after[part]
    )


def _from_to(before: str, after: str) -> str:
    return f"{before or '—'} → {after or '—'}"


def _step_words(step: Step) -> dict[str, str]:
    """The parts of a step, each in words; the day and the channels need no name."""
    least = ", ".join(shown(cents, currency) for currency, cents in step.minimum)
    return {
        "": when(step),
        _("by"): channel_words(step.channels),
        _("mode"): _(MODES[step.mode]),
        _("sender"): _(SENDERS[step.sender]),
        _("tone"): _(TONES[step.tone]) if step.tone else "",
        _("text"): _(LEVELS[TEXTS[step.template]]) if step.template else "",
        _("gap"): _days(step.gap_days),
        _("least amount"): least,
    }


def _rule_words(one: Scenario) -> dict[str, str]:
    """The rules between the steps, each in words."""
    return {
        _("Name"): one.called,
        _("Tone"): _(TONES[one.tone]),
        _("Days between two messages"): _days(one.gap_days),
        _("First contact at most"): str(one.first_contact_level),
        _("Very late from"): _days(one.entry_days),
        _("Enters at level"): str(one.entry_level),
        _("After the last step"): _(EXITS[one.exit]),
        _("Decided after"): _days(one.exit_days),
        _("Days to answer"): _days(one.reply_days),
        _("Days to pay"): _days(one.pay_days),
    }


def _days(count: int | None) -> str:
    return "" if count is None else plural("{count} day", "{count} days", count)

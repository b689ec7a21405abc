"""The reminders of a day on screen: groups, columns, and what is said of each. Pure: a report in, words out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.content import Content

from crm.core.calendar import long_date
from crm.core.i18n import _, language, mark, plural
from crm.core.money import shown
from crm.followup.actions.dunning import MessageLine, PreviewDunning
from crm.followup.gate import Verdict
from crm.followup.policy import LEVELS
from crm.tui.cells import NB, amount, clean, late_style, lateness
from crm.tui.widgets.notice import Offer, Told
from crm.tui.widgets.sheet_table import TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm

Key = str
"""Customer and currency: one message."""

WAYS = {
    "email": mark("e-mail"),
    "sms": mark("SMS"),
    "letter": mark("letter"),
    "registered_letter": mark("registered"),
    "phone": mark("telephone"),
    "screen": mark("screen"),
}
"""Channel → how it is said in a list."""


class Place(StrEnum):
    """Where a message stands in the list."""

    ASK = "ask"
    READY = "ready"
    HELD = "held"
    SKIPPED = "skipped"
    REHEARSED = "rehearsed"


SIGNS = {
    Place.ASK: ("◆", "$accent"),
    Place.READY: ("✓", "$ok"),
    Place.HELD: ("■", "$muted"),
    Place.SKIPPED: ("○", "$muted"),
    Place.REHEARSED: ("↗", "$muted"),
}
NAMES = {
    Place.ASK: mark("To confirm"),
    Place.READY: mark("Ready"),
    Place.HELD: mark("Held today"),
    Place.SKIPPED: mark("Left out today"),
    Place.REHEARSED: mark("Rehearsed, not sent"),
}
_PLACES = {Verdict.ASK: Place.ASK, Verdict.SEND: Place.READY, Verdict.HOLD: Place.HELD}
TICKED = ("▪", "bold $accent")


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """A message of the day in the list."""

    line: MessageLine
    place: Place
    ticked: bool = False
    own_words: bool = False

    @property
    def key(self) -> Key:
        """What tells it apart."""
        return key_of(self.line)


def key_of(line: MessageLine) -> Key:
    """Customer and currency."""
    return f"{line.customer}/{line.currency}"


def rows_of_day(
    lines: Iterable[MessageLine],
    *,
    skipped: Collection[Key],
    rehearsed: Collection[Key],
    ticked: Collection[Key],
    own_words: Collection[Key],
) -> list[ReminderRow]:
    """The rows in the order of the list: what waits for a yes first, in each group the largest amount first."""

    def place(line: MessageLine) -> Place:
        key = key_of(line)
        if line.verdict is not Verdict.HOLD and key in rehearsed:
            return Place.REHEARSED
        if line.verdict is not Verdict.HOLD and key in skipped:
            return Place.SKIPPED
        return _PLACES[line.verdict]

    rows = [ReminderRow(line, place(line), key_of(line) in ticked, key_of(line) in own_words) for line in lines]
    order = list(Place)
    return sorted(rows, key=lambda row: (order.index(row.place), -row.line.total, row.line.name))


# What the list says


def level_words(line: MessageLine) -> str:
    """`relance 3, dernier rappel avant mise en demeure`."""
    return _("reminder {number}, {level}").format(number=line.level, level=_(LEVELS[line.level]))


def dots(level: int) -> str:
    """`●●○○`: level 2 of 4."""
    return "●" * level + "○" * (4 - level)


def reminder_columns(rows: Sequence[ReminderRow], *, narrow: bool) -> list[TableColumn[ReminderRow]]:
    """Sign, customer, level and way (or why it is held), amount, lateness."""
    lines = [row.line for row in rows]
    wide = max((len(amount(line.total, line.currency)) for line in lines), default=8)
    late = max((len(lateness(line.days_late)) for line in lines), default=5)

    def quiet(row: ReminderRow) -> str:
        return "" if row.place in {Place.ASK, Place.READY} else "$muted"

    return [
        TableColumn(
            "",
            1,
            lambda row: TICKED[0] if row.ticked else SIGNS[row.place][0],
            lambda row: TICKED[1] if row.ticked else SIGNS[row.place][1],
        ),
        TableColumn(_("Customer"), 14, lambda row: row.line.name, quiet, most=28 if narrow else 22, lead=True),
        TableColumn(
            _("Reminder"),
            15,
            lambda row: _held_because(row.line) if row.place is Place.HELD else _step(row),
            "$muted",
            most=90,
            leaves=2,
        ),
        TableColumn(_("Amount"), wide, lambda row: amount(row.line.total, row.line.currency), quiet, right=True),
        TableColumn(
            _("Late"),
            late,
            lambda row: lateness(row.line.days_late) if row.line.invoices else "",
            lambda row: late_style(row.line.days_late) if row.place in {Place.ASK, Place.READY} else "$muted",
            right=True,
            leaves=1,
        ),
    ]


def _step(row: ReminderRow) -> str:
    sign = "*" if row.own_words else ""
    return f"{dots(row.line.level)} {_(WAYS[row.line.channel])}{sign}"


def _held_because(line: MessageLine) -> str:
    """The last reason, short: what stands after a colon is the reason itself."""
    return re.split(r"\s?: ", clean(line.reasons[-1]))[-1] if line.reasons else ""


def sums(lines: Iterable[MessageLine]) -> str:
    """Amounts by currency, never added."""
    totals: dict[str, int] = {}
    for line in lines:
        totals[line.currency] = totals.get(line.currency, 0) + line.total
    return " · ".join(shown(cents, currency) for currency, cents in sorted(totals.items()) if cents)


def day_title(rows: Sequence[ReminderRow], *, narrow: bool) -> Content:
    """`Relances du jour  42 messages · 38 915,20 €`."""
    leaving = [row.line for row in rows if row.place in {Place.ASK, Place.READY}]
    title = Content.styled(_("Today's reminders"), "bold")
    if narrow:
        return Content.assemble(title, "  ", counts_line(rows))
    count = plural("{count} message", "{count} messages", len(leaving))
    about = " · ".join(filter(None, (count, sums(leaving))))
    return Content.assemble(title, (f"  {about}", "$muted"))


def counts_line(rows: Sequence[ReminderRow]) -> Content:
    """`✓ 31 prêtes   ◆ 6 à confirmer   ■ 5 retenues`."""
    numbers = {place: sum(row.place is place for row in rows) for place in Place}
    said = {
        Place.READY: plural("{count} ready", "{count} ready", numbers[Place.READY]),
        Place.ASK: plural("{count} to confirm", "{count} to confirm", numbers[Place.ASK]),
        Place.HELD: plural("{count} held", "{count} held", numbers[Place.HELD]),
    }
    parts: list[tuple[str, str]] = []
    for place, words in said.items():
        sign, style = SIGNS[place]
        first = "bold" if place is Place.ASK and numbers[place] else "" if numbers[place] else "$muted"
        parts += [
            ("  " if parts else "", ""),
            (sign, style),
            (f" {words}", first if place is not Place.HELD else "$muted"),
        ]
    return Content.assemble(*parts)


def group_about(place: Place, count: int, *, ticked: bool) -> str:
    """What stands behind the name of a group."""
    match place:
        case Place.READY if not ticked:
            return _("{count}, O sends them all").format(count=count)
        case Place.HELD:
            return _("{count}, nothing leaves").format(count=count)
        case Place.SKIPPED:
            return _("{count}, n takes it back").format(count=count)
        case _:
            return str(count)


# What is said of the selected one


def verdict_line(row: ReminderRow, rank: int, of: int) -> Content:
    """`◆ À confirmer  1 sur 6 · relance 3, dernier rappel`."""
    sign, style = SIGNS[row.place]
    about = [_("{place} of {total}").format(place=rank, total=of), level_words(row.line)]
    if row.own_words:
        about.append(_("in your own words"))
    return Content.assemble(
        (sign, f"bold {style}"), (f" {_(NAMES[row.place])}", "bold"), ("  " + " · ".join(about), "$muted")
    )


def reason_lines(row: ReminderRow, *, most: int | None = None) -> Content:
    """What asks or holds, one a line, before what has passed; `most` cuts and says so."""
    line, place = row.line, row.place
    reasons = [clean(reason) for reason in line.reasons] or (
        [_("This step waits for your yes.")] if place is Place.ASK else []
    )
    shown_reasons = reasons if most is None else reasons[:most]
    sign, style = ("■", "$late2") if line.verdict is Verdict.HOLD else ("◆", "$accent")
    if line.verdict is Verdict.SEND:
        sign, style = "·", "$muted"
    parts: list[tuple[str, str]] = []
    for reason in shown_reasons:
        parts += [("\n" if parts else "", ""), (f"{sign} ", style), (reason, "$muted" if sign == "·" else "")]
    if (left := len(reasons) - len(shown_reasons)) > 0:
        more = plural("{count} more, x shows all", "{count} more, x shows all", left)
        parts += [("   ", ""), (more, "$muted")]
    for passed in _passed(row):
        parts += [("\n" if parts else "", ""), ("✓ ", "$ok"), (passed, "$muted")]
    return Content.assemble(*parts)


def _passed(row: ReminderRow) -> list[str]:
    """What has been checked; said in detail only where nothing at all was found."""
    match row.line.verdict:
        case Verdict.HOLD:
            return []
        case Verdict.ASK:
            return [_("every other check has passed")]
        case _ if row.line.reasons:
            return [_("every check has passed for what is asked here")]
        case _:
            return [
                _("no promise, no dispute, no money that is not matched")
                if row.line.level
                else _("no promise, no dispute"),
                _("nothing written lately · the address works"),
            ]


def leaves_line(row: ReminderRow, *, live: bool, when: str) -> str:
    """When it leaves, and how it is stopped; `when`: its hour, where it does not leave at once."""
    if row.line.verdict is Verdict.HOLD:
        return _("Nothing leaves. s suspends until a day, x tells why.")
    if not live:
        return _("Rehearsal: o keeps it to be looked at, nothing leaves.")
    if row.line.not_before is not None:
        return _("Enter never sends. It leaves {when}; z stops it until then.").format(when=when)
    return _("Enter never sends. z stops it until it has left.")


def shown_hour(moment: datetime) -> str:
    """`9 h 40`; in English `9:40`."""
    if language() == "en":
        return f"{moment.hour}:{moment.minute:02}"
    return f"{moment.hour}{NB}h" + (f"{NB}{moment.minute:02}" if moment.minute else "")


def envelope(line: MessageLine) -> list[tuple[str, str]]:
    """To, from, what goes with it, subject."""
    with_it = [(_("With it"), ", ".join(line.attached))] if line.attached else []
    return [(_("To"), line.to), (_("From"), line.sender), *with_it, (_("Subject"), line.subject)]


def what_changed(before: MessageLine, now: MessageLine | None) -> str:
    """Why a message is no longer the one that was seen."""
    if now is None:
        return _("Nothing is left to remind about: it was settled, or reminded, in the meantime.")
    if now.verdict is Verdict.HOLD and before.verdict is not Verdict.HOLD:
        return _("It is held now: {why}").format(why=clean(" ".join(now.reasons)))
    if now.total != before.total:
        return _("The amount was {old}, it is {new} now.").format(
            old=shown(before.total, before.currency), new=shown(now.total, now.currency)
        )
    if now.to != before.to:
        return _("It would go to {new} instead of {old}.").format(old=clean(before.to), new=clean(now.to))
    return _("Its text is another one by now.")


# What is said of the day


def nothing_today(coming: tuple[date, int] | None, *, ever: bool = True) -> Told:
    """Nobody to remind, and when the next ones come; `ever`: whether there is any invoice at all."""
    if not ever:
        return Told(
            _("Nobody to remind yet."),
            _("Reminders come out of your invoices: each in its time, and none leaves without your yes."),
            (
                Offer("i", _("import a file"), "screen.import_file"),
                Offer("c", _("see the scenarios: who is reminded when and how"), "screen.scenarios"),
                Offer("b", _("see the outbox"), "screen.outbox"),
            ),
        )
    text = _("Whatever is due has been asked for.")
    if coming is not None:
        day, count = coming
        messages = plural("{count} message", "{count} messages", count)
        text = _("Next: {day}, {messages}.").format(day=long_date(day), messages=messages)
    offers = (
        Offer("3", _("see what is open"), "app.go('3')"),
        Offer("b", _("see the outbox"), "screen.outbox"),
    )
    return Told(_("Nobody to remind today."), text, offers)


def rehearsal_band(channels: Collection[str], *, may: bool) -> Content:
    """`Répétition : rien ne part` and how to go live."""
    ways = ", ".join(_(WAYS[channel]) for channel in sorted(channels))
    how = _("g go live") if may else _("a manager decides: crm go-live")
    return Content.assemble(
        (_("Rehearsal: nothing leaves"), "bold $late2"),
        (f"  {_('by {channels}').format(channels=ways)} · {how}", "$late2"),
    )


def sent_words(line: MessageLine, *, rehearsed: bool) -> str:
    """The receipt of one message."""
    told = {"name": clean(line.name), "amount": shown(line.total, line.currency).replace(" ", NB)}
    if rehearsed:
        return _("Rehearsed for {name}, {amount}: nothing has left.").format(**told)
    if line.channel == "registered_letter":
        return _("Letter to {name} to be posted, {amount}: it is among the tasks.").format(**told)
    return _("Reminder to {name}, {amount}: queued to leave.").format(**told)


def all_sent_words(lines: Sequence[MessageLine], *, rehearsed: bool) -> str:
    """The receipt of many."""
    if rehearsed:
        return plural(
            "{count} message rehearsed: nothing has left.", "{count} messages rehearsed: nothing has left.", len(lines)
        )
    said = plural("{count} reminder is in the outbox", "{count} reminders are in the outbox", len(lines))
    return f"{said}, {sums(lines)}."


def count_waiting(crm: Crm) -> int:
    """How many reminders of today wait for a yes."""
    counts: Mapping[str, int] = crm.runner.read(PreviewDunning(no_text=True), crm.actor).counts
    return counts.get(Verdict.ASK.value, 0)

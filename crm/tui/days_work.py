"""What the day asks for besides money: tasks, quotes, objectives that slip, customers we lose sight of, the news."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from crm.core.calendar import shown_date
from crm.core.i18n import _, plural
from crm.core.money import EURO, Money
from crm.customers.recurrence import rule_words
from crm.customers.tasks import TASKS, TaskType
from crm.portfolio.news import ShowNews
from crm.portfolio.tasks import ListTasks, TaskLine
from crm.tui.work_items import Group, House, WorkItem

_NAMED = 3
"""Up to so many of a kind are named; more of them are one line."""


def tasks(house: House) -> Iterator[WorkItem]:
    """Tasks of today and before: calls first, each kind by what is at stake."""
    lines = [line for line in house.read(ListTasks(sort="value")).lines if _due(line, house)]
    for line in sorted(lines, key=lambda line: -line.task.priority):
        task = line.task
        kind = TaskType(task.task_type)
        note = _first(task.note) or (_("to call") if kind is TaskType.CALL else "")
        when = _("{note} (since {day})") if task.day < house.today else "{note}"
        what = when.format(note=note.rstrip("."), day=shown_date(task.day, house.today))
        lead = "" if kind is TaskType.CALL else _(TASKS[kind])
        name = line.name
        if not name:
            # Without a customer, what is to be done stands in the place of the name.
            name, what = what, ""
        told = " · ".join(filter(None, (f"{task.time} {lead}".strip(), what, rule_words(task.recurrence))))
        group = Group.CALL if kind is TaskType.CALL else Group.DO
        yield house.item(group, line.number, name, told, task=task.id, glyph="!" if task.priority else " ")


def _due(line: TaskLine, house: House) -> bool:
    return line.task.done is None and line.task.day <= house.today


def _first(text: str) -> str:
    return next((row.strip() for row in text.splitlines() if row.strip()), "")


def quotes(house: House) -> Iterator[WorkItem]:
    """Quotes to be chased today, the largest first: what is ready, and what a person looks at before."""
    answer = house.named("preview_quote_followup")
    told = [line for line in (answer.lines if answer is not None else ()) if line.letter is not None]
    told.sort(key=lambda line: (line.hand.line.currency != EURO, -line.hand.line.cents, line.hand.line.id))
    for line in told[:_NAMED]:
        quote = line.hand.line
        what = _("quote {number} of {day}, no answer").format(
            number=quote.number, day=shown_date(quote.facts.sent, house.today)
        )
        why = f"{what}: {line.reasons[0][:1].lower()}{line.reasons[0][1:]}".rstrip(".") if line.reasons else what
        money = Money(quote.cents, quote.currency)
        yield house.item(
            Group.QUOTE,
            quote.customer,
            quote.name,
            why,
            money=money,
            glyph="↗",
            style="$accent",
            leads=f"quote {quote.number}",
        )
    if rest := told[_NAMED:]:
        count = plural("{count} other quote", "{count} other quotes", len(rest))
        cents = sum(line.hand.line.cents for line in rest if line.hand.line.currency == EURO)
        yield WorkItem(
            Group.QUOTE, count, _("no answer yet"), money=Money(cents), glyph="↗", style="$accent", leads="place quotes"
        )


def slipping(house: House) -> Iterator[WorkItem]:
    """Objectives that will be missed at this pace, the worst first."""
    answer = house.named("list_objectives", course="slipping")
    lines = answer.lines if answer is not None else ()
    look: dict[str, Any] = {"glyph": "▼", "style": "$late2", "money": None}
    for line in lines[:_NAMED]:
        told = line.sentence().removesuffix(".")
        leads = "" if line.number else "place objectives"
        yield house.item(Group.AIM, line.number, line.name, told, leads=leads, **look)
    if (others := len(lines) - _NAMED) > 0:
        count = plural("{count} other objective", "{count} other objectives", others)
        yield WorkItem(
            Group.AIM, count, _("slipping at this pace"), leads="place objectives", glyph="▼", style="$late2"
        )


def losing_touch(house: House) -> Iterator[WorkItem]:
    """Customers whom nobody has spoken with for too long and for whom nothing is planned."""
    answer = house.named("list_losing_touch", touch="losing")
    lines = [line for line in (answer.lines if answer is not None else ()) if line.planned is None]
    look: dict[str, Any] = {"glyph": "○", "style": "$late2"}
    if len(lines) <= _NAMED:
        for line in lines:
            what = _("nobody spoken with since {day}").format(day=shown_date(line.standing.last, house.today))
            yield house.item(Group.AIM, line.number, line.name, what, money=None, **look)
    else:
        count = plural("{count} customer", "{count} customers", len(lines))
        what = _("nobody spoken with for too long: plan a few calls")
        yield WorkItem(Group.AIM, count, what, leads="place losing-touch", **look)


def dead_addresses(house: House) -> Iterator[WorkItem]:
    """Addresses that turned out dead these last weeks, at customers who still have them."""
    answer = house.named("list_contact_faults")
    lines: Sequence[Any] = answer.lines if answer is not None else ()
    what = _("address {address} no longer exists")
    look: dict[str, Any] = {"glyph": "✗", "style": "$late2", "money": None}
    for line in lines[:_NAMED]:
        yield house.item(
            Group.REPAIR, line.number, line.name, what.format(address=line.address), leads="address", **look
        )
    if (others := len(lines) - _NAMED) > 0:
        count = plural("{count} other address", "{count} other addresses", others)
        yield WorkItem(
            Group.REPAIR, count, _("no longer exists"), leads="act list_contact_faults", glyph="✗", style="$late2"
        )


def news(house: House) -> Iterator[WorkItem]:
    """What has happened since the last working day, on one line; `entrée` opens it."""
    digest = house.read(ShowNews())
    if words := digest.words():
        money = Money(digest.received, EURO) if digest.received else None
        yield WorkItem(Group.NEWS, digest.title(), words, money=money, style="$muted", leads="act show_news")

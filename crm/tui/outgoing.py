"""The outbox on screen: states in plain words, groups, columns, a message word for word. Pure: answers in, words out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from textual.content import Content

from crm.core.calendar import shown_date
from crm.core.i18n import _, mark, plural
from crm.messaging.actions import CHANNELS, PURPOSES, REPORTS, STATES, MessageCard
from crm.messaging.mime import split_sender
from crm.messaging.queries import OutboxLine
from crm.tui.cells import clean, fit, hung
from crm.tui.reminders import shown_hour
from crm.tui.widgets.notice import Offer, Told
from crm.tui.widgets.sheet_table import TableColumn
from crm.tui.words import actor_words

ORDER = ("uncertain", "failed", "retry", "held", "sending", "queued", "rehearsed", "sent", "cancelled")
"""States in the order of the list: what waits for a person first."""
SIGNS = {
    "uncertain": ("◆", "$accent"),
    "failed": ("✗", "$late3"),
    "retry": ("○", "$late2"),
    "held": ("■", "$muted"),
    "sending": ("↗", "$accent"),
    "queued": ("○", "$muted"),
    "rehearsed": ("·", "$muted"),
    "sent": ("↗", "$muted"),
    "cancelled": ("✗", "$muted"),
}
NAMES = {
    "uncertain": mark("Did they arrive? You decide"),
    "failed": mark("Did not leave"),
    "retry": mark("Tried again by themselves"),
    "held": mark("Held back at the last look"),
    "sending": mark("Leaving now"),
    "queued": mark("Waiting to leave"),
    "rehearsed": mark("Rehearsed, never sent"),
    "sent": mark("Left"),
    "cancelled": mark("Cancelled"),
}
PLAIN = {
    "uncertain": mark(
        "Nobody knows whether this message left: the connection broke while it was being handed over. "
        "It is never sent again by itself. Ask the customer, then decide."
    ),
    "failed": mark("This message did not leave, and will not by itself."),
    "retry": mark(
        "The server did not take it yet. It is tried again by itself; nothing is lost, nothing is sent twice."
    ),
    "held": mark("When it was about to leave, its reason was gone: paid, promised or suspended meanwhile."),
    "sending": mark("It is being handed over at this moment."),
    "queued": mark("It leaves at the next delivery."),
    "rehearsed": mark("It was kept to be looked at while nothing was to leave. It will never be sent."),
    "sent": mark("The server has taken it."),
    "cancelled": mark("It was kept from leaving. It stays readable."),
}
"""State → what it means, as one would say it."""
RETRIED = frozenset({"failed", "retry", "held"})
"""States in which a message can be tried again."""
CANCELLABLE = frozenset({"queued", "retry", "held", "failed"})
"""States in which a message can be kept from leaving."""
MOST = 200
"""Messages of a state that are listed; the latest."""
_LABEL = 14


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the outbox holds: how many messages in each state, the latest of each, and whether any channel is live."""

    counts: Mapping[str, int]
    lines: Mapping[str, Sequence[OutboxLine]]
    live: frozenset[str]


def keys_of(state: str) -> list[tuple[str, str, str]]:
    """Key, label and action of what can be done with a message."""
    if state == "uncertain":
        return [("o", _("it arrived"), "accept"), ("n", _("it did not arrive: send it again"), "refuse")]
    found = []
    if state in RETRIED:
        found.append(("o", _("try again now"), "accept"))
    if state in CANCELLABLE:
        found.append(("n", _("cancel it"), "refuse"))
    return found


def outbox_title(outgoing: Outgoing, only: str) -> Content:
    """The first thing to know, then the counts."""
    counts = outgoing.counts
    waiting = sum(counts.get(state, 0) for state in ("queued", "retry", "sending"))
    if doubtful := counts.get("uncertain", 0):
        first = plural("{count} message to decide about", "{count} messages to decide about", doubtful)
    elif failed := counts.get("failed", 0):
        first = plural("{count} message did not leave", "{count} messages did not leave", failed)
    elif waiting:
        first = plural("{count} message waits to leave", "{count} messages wait to leave", waiting)
    else:
        first = _("Everything has left.") if counts.get("sent") else _("Nothing waits.")
    shown = f" · {_('only: {state}').format(state=_(STATES[only]))}" if only else ""
    return Content.assemble(
        (_("Outbox"), "bold"),
        (f"  {first}", "bold" if doubtful or counts.get("failed") else "$muted"),
        (shown, "$accent"),
    )


def group_about(state: str, outgoing: Outgoing) -> str:
    """How many, and how many of them are listed."""
    total, listed = outgoing.counts.get(state, 0), len(outgoing.lines.get(state, ()))
    return str(total) if listed >= total else _("{total}, the latest {count}").format(total=total, count=listed)


def outbox_columns() -> list[TableColumn[OutboxLine]]:
    """Sign, customer, what for, subject, what happened."""
    return [
        TableColumn("", 1, lambda line: SIGNS[line.state][0], lambda line: SIGNS[line.state][1]),
        TableColumn(_("Customer"), 16, lambda line: line.name or line.to, most=26, lead=True),
        TableColumn(_("For"), 12, purpose_words, "$muted", leaves=1),
        TableColumn(
            _("What happened"), 16, lambda line: reason_words(line.reason) or line.subject, "$muted", most=60, leaves=2
        ),
    ]


def purpose_words(line: OutboxLine) -> str:
    """`relance 2`."""
    if line.level is not None:
        return _("reminder no. {number}").format(number=line.level)
    return _(PURPOSES[line.purpose])


def empty_outbox() -> Told:
    """Nothing was ever written."""
    offers = (Offer("escape", _("back"), "screen.back"),)
    return Told(
        _("The outbox is empty."),
        _("What you send stands here, word for word, with every attempt to deliver it."),
        offers,
    )


def state_line(state: str, channel: str) -> Content:
    """Sign and state, then what it means."""
    sign, style = SIGNS[state]
    by_hand = state == "queued" and channel in {"letter", "registered_letter"}
    plain = mark("It is posted by hand: a task says so.") if by_hand else PLAIN[state]
    said = _(STATES[state])
    return Content.assemble(
        (f"{sign} ", f"bold {style}"), (said[:1].upper() + said[1:], "bold"), ("\n", ""), (_(plain), "")
    )


def reason_words(reason: str) -> str:
    """What a server's refusal means; everything else is said as it is, the server's own words stand with the attempts."""
    return next((_(words) for start, words in _REFUSALS if re.match(start, reason)), reason)


_REFUSALS = (
    (r"5\.1\.[1-36]\b", mark("the server does not know this address")),
    (r"[45]\.2\.2\b", mark("the mailbox is full")),
    (r"5\.7\.\d", mark("the server refuses to take it")),
    (r"4\.\d\.\d", mark("the server asks to wait")),
)
"""How an enhanced status code begins (RFC 3463), and what it says."""


def message_content(card: MessageCard, today: date, zone: tzinfo, width: int) -> Content:
    """A message word for word: facts, attempts, text, in a width."""
    row, posting = card.message, card.posting
    to = f"{row.recipient_name} <{row.recipient}>" if row.recipient_name else row.recipient
    own_name, address = split_sender(row.sender_address)
    sender = f"{row.sender_name or own_name} <{address}>" if address else row.sender_name
    facts = [
        (_("Last event"), reason_words(row.reason)),
        (_("To"), to),
        (_("From"), sender),
        (_("By"), _(CHANNELS[row.channel])),
        (_("Billed as"), card.billed),
        (_("Posted"), shown_date(posting.posted_on, today) if posting else ""),
        (_("Tracking number"), posting.tracking if posting else ""),
        (_("Received"), shown_date(posting.received_on, today) if posting and posting.received_on else ""),
        (_("Said yes"), actor_words(row.approved_by)),
        (_("Because"), " ".join(json.loads(row.reasons))),
        (_("Next try"), _moment(row.next_try, today, zone) if card.state == "retry" else ""),
        (_("Not before"), _moment(row.not_before, today, zone) if card.state == "queued" else ""),
        (_("Attached"), ", ".join(file["name"] for file in json.loads(row.attachments))),
    ]
    parts: list[Content | tuple[str, str]] = []
    for label, value in facts:
        if value:
            parts += [("\n" if parts else "", ""), _fact(label, value, width)]
    for each in card.deliveries:
        # The server's own words begin with the enhanced code that stands before them.
        code = each.code.partition(" ")[0] if each.server_reply.startswith(each.code.rpartition(" ")[2]) else each.code
        said = " ".join(filter(None, (code, each.server_reply)))
        told = f"{_({**STATES, **REPORTS}.get(each.outcome, each.outcome))}, {_moment(each.at, today, zone)}"
        label = _("Attempt {number}").format(number=each.attempt)
        parts += [("\n", ""), _fact(label, " · ".join(filter(None, (told, said))), width)]
    parts.append(("\n\n", ""))
    if row.subject:
        parts += [(clean(row.subject), "bold"), ("\n\n", "")]
    parts.append(("\n".join(clean(line) for line in row.text.splitlines()), ""))
    return Content.assemble(*parts)


def _fact(label: str, value: str, width: int) -> Content:
    return hung(Content.assemble((fit(label, _LABEL), "$muted"), (clean(value), "")), _LABEL, width)


def _moment(moment: datetime | None, today: date, zone: tzinfo) -> str:
    if moment is None:
        return ""
    here = moment.astimezone(zone)
    hour = shown_hour(here)
    return hour if here.date() == today else f"{shown_date(here.date(), today)} {hour}"

"""How a text of the reminders is looked at: as text, as the page of a mail, as the sheet that is printed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from textual.content import Content

from crm.core.calendar import shown_date
from crm.core.i18n import _, mark
from crm.followup.actions.template_drafts import TemplateCheck, TemplatePreview, counter, where_of
from crm.followup.actions.templates import TemplateCard
from crm.followup.slots import Slot
from crm.messaging import segments
from crm.messaging.letters import parts_of
from crm.tui.cells import clean, wrapped
from crm.tui.page_view import html_lines, sheet_lines

_MOST_FOUND = 5
_FIGURES = re.compile(r"\d+")


class View(StrEnum):
    """A way of looking at it."""

    TEXT = "text"
    PAGE = "page"
    SHEET = "sheet"


VIEWS = {View.TEXT: mark("as text"), View.PAGE: mark("as a page of mail"), View.SHEET: mark("as a printed letter")}
"""View → how it is said."""


def views_of(slot: Slot) -> tuple[View, ...]:
    """The ways in which a text can be looked at, the one that says most first."""
    if slot.short or slot.spoken:
        return (View.TEXT,)
    return (View.TEXT, View.PAGE, View.SHEET) if slot.channel == "email" else (View.SHEET, View.TEXT)


def preview_lines(seen: TemplatePreview, view: View, width: int, now: datetime) -> list[Content]:
    """A text as a customer will see it, in lines of a width."""
    message = seen.composed.message
    if seen.slot.short:
        return sms_lines(message.text, width)
    if view is View.SHEET:
        return sheet_lines(seen.letter(now), width)
    subject = [Content.styled(line, "bold") for line in wrapped(clean(message.subject), width)]
    if view is View.PAGE:
        return [*subject, Content(""), *html_lines(parts_of(message.html), width)]
    text = [Content(line) for row in message.text.splitlines() for line in (wrapped(clean(row), width) or [""])]
    return [*subject, Content(""), *text]


def sms_lines(text: str, width: int) -> list[Content]:
    """An SMS, the signs that make it dear underlined, and how it is counted."""
    dear = segments.outside(text)
    lines = [
        Content.assemble(*((sign, "bold underline $late2" if sign in dear else "") for sign in line))
        for line in wrapped(clean(text), min(width, 50))
    ]
    counted = segments.measured(text)
    style = "$muted" if counted.count <= 1 and counted.alphabet == "GSM-7" else "$late2"
    lines += [Content(""), *(Content.styled(line, style) for line in wrapped(counter(text), width))]
    if dear:
        told = _("{signs}: outside GSM-7, so that an SMS carries 70 signs instead of 160.").format(
            signs=" ".join(sorted(dear))
        )
        lines += [Content.styled(line, "$late2") for line in wrapped(told, width)]
    return lines


def check_lines(check: TemplateCheck | None, notes: Sequence[str], width: int) -> list[Content]:
    """What is wrong with a text, with its line and what was meant; then what should be known."""
    if check is None:
        return []
    found: list[Content] = []
    said: set[str] = set()  # examples of several invoices say the same with other figures: once is enough
    for finding in check.found:
        where, text = where_of(finding), finding.said
        if where and where.lower() not in text.lower():
            text = _("{where}: {what}").format(where=where[:1].upper() + where[1:], what=finding.said)
        if finding.meant:
            text += f" → {finding.meant}"
        sign, style = ("✗", "$late3") if finding.refused else ("≠", "$late2")
        if (key := _FIGURES.sub("0", text)) not in said:
            found += _signed(sign, style, text, width)
        said.add(key)
    for note in notes:
        if _FIGURES.sub("0", note) not in said:
            found += _signed("≠", "$muted", note, width)
    if not found:
        found = _signed("✓", "$ok", _("Nothing to say against it."), width)
    if len(found) > _MOST_FOUND:
        found = [*found[: _MOST_FOUND - 1], Content.styled("  …", "$muted")]
    return found


def _signed(sign: str, style: str, text: str, width: int) -> list[Content]:
    lines = wrapped(clean(text), max(10, width - 2))
    return [
        Content.assemble((f"{sign} " if place == 0 else "  ", f"bold {style}"), (line, style if sign == "✗" else ""))
        for place, line in enumerate(lines)
    ]


def version_words(card: TemplateCard, now: datetime) -> str:
    """Whose words count, and since when."""
    if not card.own:
        return _("reference wording")
    newest = card.versions[0]
    day = shown_date(newest.day, now.date())
    told = _("your own, version {number}").format(number=card.version)
    return f"{told} · {day} · {newest.by}"


def changed_lines(before: str, after: str) -> list[Content]:
    """Two texts as one: what goes is struck, what comes is bold."""
    from difflib import SequenceMatcher

    old, new = before.splitlines(), after.splitlines()
    found: list[Content] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [Content.assemble("  ", (clean(line), "$muted")) for line in new[c:d]]
        else:
            found += [Content.assemble(("− ", "$late2"), (clean(line), "strike $muted")) for line in old[a:b]]
            found += [Content.assemble(("+ ", "$ok"), (clean(line), "bold")) for line in new[c:d]]
    return found

"""One text of the reminders: what is written at the left, what a real customer will read at the right, as one types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static, TextArea

from crm.core.errors import CrmError
from crm.core.i18n import _, mark
from crm.followup.actions.template_drafts import (
    CheckTemplate,
    ListTemplateValues,
    PreviewTemplate,
    TemplateCheck,
    TemplatePreview,
)
from crm.followup.actions.templates import ShowTemplate, TemplateCard
from crm.followup.policy import LEVELS
from crm.followup.slots import slot_of
from crm.followup.texts import Wording, split
from crm.portfolio.search import CustomerRow, SearchCustomers
from crm.tui.base import CrmScreen, NoticedScreen, Subject, sentence
from crm.tui.cells import clean
from crm.tui.drafts import Drafts
from crm.tui.headlines import not_read
from crm.tui.screens.templates import level_dots, slot_words
from crm.tui.template_views import VIEWS, check_lines, preview_lines, version_words, views_of
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import Field
from crm.tui.widgets.template_field import TemplateField
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

FIRST: Mapping[str, Any] = MappingProxyType({"level": 1, "channel": "email"})
"""The text that is opened where none is named."""
_MOST = 200
"""Customers among whom one is looked for to whom the text could be sent."""


class TemplateDesk(NoticedScreen):
    """A text, and how it reads."""

    SECTION = "5"
    ABOUT = mark("The words of one reminder, and how they read to a real customer while you write.")
    AUTO_FOCUS = "#page"
    DEFAULT_CSS = """
    TemplateDesk #body { padding: 1 1 0 1; }
    TemplateDesk.-narrow #body, TemplateDesk.-short #body { padding: 0 1; }
    TemplateDesk #work { height: 1fr; margin: 1 0 0 0; }
    TemplateDesk.-short #work { margin: 0; }
    TemplateDesk #writing { width: 1fr; padding: 0 2 0 0; }
    TemplateDesk #reading { width: 1fr; background: $surface; padding: 0 1 0 2; }
    TemplateDesk #subject { height: 1; width: 1fr; padding: 0 1; background: $surface; }
    TemplateDesk #subject:focus { background: $raised; }
    TemplateDesk #label { height: 1; padding: 0 1; color: $muted; }
    TemplateDesk #text { margin: 1 0 0 0; }
    TemplateDesk #values { height: auto; padding: 0 1; background: $raised; display: none; }
    TemplateDesk.-completing #values { display: block; }
    TemplateDesk #checks { height: auto; max-height: 5; padding: 0 1; margin: 1 0 0 0; }
    TemplateDesk #whose { padding: 0; }
    TemplateDesk #page { height: 1fr; margin: 1 0 0 0; }
    TemplateDesk #preview { height: auto; width: 1fr; padding: 0; }
    TemplateDesk.-spoken #subject, TemplateDesk.-spoken #label { display: none; }
    TemplateDesk.-spoken #text { margin: 0; }
    TemplateDesk.-narrow #work { layout: vertical; }
    TemplateDesk.-narrow #writing { width: 1fr; height: auto; padding: 0; }
    TemplateDesk.-narrow #reading { width: 1fr; height: 1fr; padding: 0 1; }
    TemplateDesk.-narrow #page, TemplateDesk.-short #page { margin: 0; }
    TemplateDesk.-short #text, TemplateDesk.-short #checks { margin: 0; }
    TemplateDesk.-narrow #subject, TemplateDesk.-narrow #label, TemplateDesk.-narrow #text { display: none; }
    TemplateDesk.-narrow.-writing #writing { height: 3fr; }
    TemplateDesk.-narrow.-writing #reading { height: 2fr; }
    TemplateDesk.-narrow.-writing #subject, TemplateDesk.-narrow.-writing #text { display: block; }
    TemplateDesk.-narrow.-writing.-spoken #subject { display: none; }
    TemplateDesk.-short #checks { max-height: 2; }
    TemplateDesk.-beside #reading { display: none; }
    TemplateDesk Notice { display: none; margin: 2 0 0 0; }
    TemplateDesk.-noticed #work { display: none; }
    TemplateDesk.-noticed Notice { display: block; }
    """

    @dataclass
    class Loaded(Message):
        """The text in force has arrived, a draft of one's own where there is one, and somebody to read it."""

        card: TemplateCard
        draft: Wording | None
        reader: CustomerRow | None

    @dataclass
    class Looked(Message):
        """This is how the draft reads, and what is to be said of it."""

        check: TemplateCheck
        seen: TemplatePreview | None
        fault: CrmError | None

    @dataclass
    class Valued(Message):
        """What each value says to the customer."""

        values: Mapping[str, str]

    def __init__(self, crm: Crm, slot: Mapping[str, Any] = FIRST, *, writing: bool = False) -> None:
        super().__init__(crm)
        self._slot = slot_of(slot["level"], slot["channel"], slot.get("language", "fr"), slot.get("tone", "standard"))
        self._drafts = Drafts.of(crm, "texts", "txt")
        self._begin_writing = writing
        self._card: TemplateCard | None = None
        self._reader: CustomerRow | None = None
        self._before: CustomerRow | None = None
        self._chosen = False
        self._view = 0
        self._check: TemplateCheck | None = None
        self._seen: TemplatePreview | None = None
        self._unread: CrmError | None = None
        self._looking = self._again = False

    def body(self) -> ComposeResult:
        """What is written, and how it reads."""
        yield TwoEnds(id="head")
        with Horizontal(id="work"):
            with Vertical(id="writing"):
                yield Static(_("Subject"), id="label", markup=False)
                yield Field(id="subject")
                yield TemplateField(id="text")
                yield Static(id="values", markup=False)
                yield Static(id="checks", markup=False)
            with Vertical(id="reading"):
                yield TwoEnds(id="whose")
                with VerticalScroll(id="page", can_focus=True):
                    yield Static(id="preview", markup=False)
        yield Notice()

    def on_mount(self) -> None:
        """The title stands at once."""
        self.set_class(self._slot.short, "-spoken")
        self._draw_head()

    # What it holds

    @property
    def _named(self) -> dict[str, Any]:
        slot = self._slot
        return {"level": slot.level, "channel": slot.channel, "language": slot.language, "tone": slot.tone.value}

    @property
    def _key(self) -> str:
        return ".".join(map(str, self._slot.key))

    @property
    def field(self) -> TemplateField:
        """Where the text is written."""
        return self.query_one(TemplateField)

    @property
    def written(self) -> Wording:
        """What stands in the fields."""
        subject = "" if self._slot.short else " ".join(self.query_one("#subject", Field).value.split())
        return Wording(subject, self.field.text.strip("\n"))

    @property
    def differs(self) -> bool:
        """Whether it is not what counts."""
        return self._card is not None and self.written != self._card.wording

    @property
    def subject(self) -> Subject:
        """The customer who reads it."""
        return Subject(self._reader.number, self._reader.name) if self._reader else Subject()

    # What is read

    def reload(self) -> None:
        """Read the text in force, and find somebody to read it."""
        reader = self._reader if self._chosen else None

        def read() -> Message:
            card = self.crm.runner.read(ShowTemplate(**self._named), self.crm.actor)
            kept = self._drafts.read(self._key)
            draft = split(kept, self._slot) if kept is not None else None
            return self.Loaded(card, draft, reader or self._somebody())

        self.in_background(read, topic="text")

    def _somebody(self) -> CustomerRow | None:
        """Whoever owes most of what such a text is about."""
        only = "overdue" if self._slot.level else None
        found = SearchCustomers(only=only, sort="overdue" if only else "balance", limit=_MOST)
        rows = list(self.crm.runner.read(found, self.crm.actor).rows)
        regime = {"public": "B2G", "consumer": "B2C"}.get(self._slot.tone.value, "")
        if not self._slot.level:
            rows = [row for row in rows if row.owed.total > row.owed.overdue]
        fitting = [row for row in rows if row.regime == regime] if regime else rows
        return next(iter([*fitting, *rows]), None)

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        self._card, self._reader = message.card, message.reader
        if self.end_notice():
            self.query_one("#page").focus()
        told = message.draft or message.card.wording
        with self.prevent(TextArea.Changed, Input.Changed):
            self.query_one("#subject", Field).value = told.subject
            if self.field.text != told.text:
                self.field.load_text(told.text)
        if message.draft is not None and message.draft != message.card.wording:
            self.say_line.tell(_("Your draft stands as you left it: o keeps it, n gives it up."))
        self.look()
        self._read_values()
        if self._begin_writing:
            self._begin_writing = False
            self.begin_writing()

    def look(self) -> None:
        """See how it reads. One look at a time: what is typed meanwhile is looked at next, the latest alone."""
        if self._looking:
            self._again = True
            return
        self._looking = True
        self._draw_head()
        told, reader, named, differs = self.written, self._reader, self._named, self.differs
        customer = reader.number if reader is not None and self._slot.tone.value != "instalment" else None
        known = self._seen is not None

        def read() -> Message:
            self._drafts.keep(self._key, told.source) if differs else self._drafts.drop(self._key)
            check = self.crm.runner.read(CheckTemplate(**named, subject=told.subject, text=told.text), self.crm.actor)
            try:
                asked = PreviewTemplate(**named, customer=customer, subject=told.subject, text=told.text)
                return self.Looked(check, self.crm.runner.read(asked, self.crm.actor), None)
            except CrmError as error:
                return self.Looked(check, None if known else self._in_force(customer), error)

        self.in_background(read, topic="look")

    def _in_force(self, customer: str | None) -> TemplatePreview | None:
        """How the text in force reads: a draft that was left broken is still seen beside something."""
        try:
            seen: TemplatePreview = self.crm.runner.read(
                PreviewTemplate(**self._named, customer=customer), self.crm.actor
            )
            return seen
        except CrmError:
            return None

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        self._check, self._unread = message.check, message.fault
        self._seen = message.seen or self._seen
        self._looked_once()
        self._draw()

    def _looked_once(self) -> None:
        self._looking = False
        if self._again:
            self._again = False
            self.look()

    def _read_values(self) -> None:
        customer = self._reader.number if self._reader is not None else None
        asked = self._values(customer)

        def read() -> Message:
            try:
                found = self.crm.runner.read(asked, self.crm.actor)
            except CrmError:
                found = self.crm.runner.read(self._values(None), self.crm.actor)
            return self.Valued(dict(found.values))

        self.in_background(read, topic="values")

    def _values(self, customer: str | None) -> ListTemplateValues:
        whose = customer if self._slot.tone.value != "instalment" else None
        return ListTemplateValues(**self._named, customer=whose)

    @on(Valued)
    def _valued(self, message: Valued) -> None:
        self.field.values = message.values

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        if message.topic == "text":
            self.notice(not_read(message.error), message.error)
        elif message.topic == "look":
            self._looked_once()
            self.say_line.tell(sentence(message.error), "✗", "$late3")
        elif message.topic == "print":
            self.say_line.tell(sentence(message.error), "✗", "$late3")

    # What is shown

    def _draw(self) -> None:
        self._draw_head()
        page = self.query_one("#page", VerticalScroll)
        width = max(20, (page.size.width or 60) - 1)
        checks = self.query_one("#checks", Static)
        notes = self._seen.notes if self._seen is not None and self._unread is None else ()
        checks.update(Content("\n").join(check_lines(self._check, notes, max(20, (checks.size.width or 60) - 3))))
        view = views_of(self._slot)[self._view]
        name = self._reader.name if self._reader is not None and self._slot.tone.value != "instalment" else ""
        whose = _("As {name} will read it").format(name=name) if name else _("With the figures of an example")
        broken = self._unread is not None and not (self._check is not None and self._check.refused)
        left = Content.assemble((clean(whose), "bold"))
        if broken and self._unread is not None:
            left = Content.assemble(("✗ ", "bold $late3"), (clean(sentence(self._unread)), "$late3"))
        elif self._unread is not None:
            left = Content.assemble((clean(whose), "bold"), ("  " + _("as it last read"), "$late2"))
        self.query_one("#whose", TwoEnds).show(left, Content.styled(_(VIEWS[view]), "$muted"), Content(""))
        lines = preview_lines(self._seen, view, width, self.crm.clock.now()) if self._seen is not None else []
        self.query_one("#preview", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    def _draw_head(self) -> None:
        slot = self._slot
        level = _(LEVELS[slot.level])
        left = Content.assemble(
            (level[:1].upper() + level[1:], "bold"),
            (f"  {level_dots(slot.level)}  {slot_words(self._named)}", "$muted"),
        )
        if self._card is None:
            self.query_one("#head", TwoEnds).show(left)
            return
        words = version_words(self._card, self.crm.clock.now())
        if self.differs:
            draft = _("your draft, not kept yet")
            right = Content.assemble((words + "  ", "$muted"), ("◆ " + draft, "$accent"))
            self.query_one("#head", TwoEnds).show(left, right, Content.styled("◆ " + draft, "$accent"))
        else:
            self.query_one("#head", TwoEnds).show(left, Content.styled(words, "$muted"), Content(""))

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.call_after_refresh(self._draw)

    def begin_writing(self) -> None:
        """Into the field."""
        self.add_class("-writing")
        self.field.focus()

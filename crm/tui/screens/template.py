"""One text of the reminders: write it, keep it, read it as another customer would, take an earlier version again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static, TextArea

from crm.core.actions import Action
from crm.core.documents import letters_pdf
from crm.core.errors import OutsideFault
from crm.core.i18n import _, mark
from crm.followup.actions.templates import EditTemplate, RestoreTemplate
from crm.portfolio.search import CustomerRow, SearchCustomers
from crm.tui import viewer
from crm.tui.cells import clean
from crm.tui.keys import verb
from crm.tui.screens.sheet_panel import SheetPanel
from crm.tui.screens.template_desk import TemplateDesk
from crm.tui.screens.template_versions import VersionsPanel
from crm.tui.template_views import views_of
from crm.tui.widgets.say_line import Field, SayLine
from crm.tui.widgets.template_field import TemplateField

CUSTOMER = "customer"
"""What the say line asks here."""


class TemplateScreen(TemplateDesk):
    """A text, and what keys do with it."""

    NEEDS_LIST = frozenset({"write_text", "accept", "refuse", "filter", "search", "as_of", "view"})
    KEYS_FIRST: ClassVar[tuple[str, ...]] = ("accept", "refuse", "write_text", "filter", "search", "as_of")
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("write", "write_text", told=mark("write: put your own words in place of this text")),
        verb("change", "write_text", show=False),
        verb("accept", label=mark("keep my text"), told=mark("keep your text: the next version, shown as a card first")),
        verb("refuse", label=mark("give my draft up"), told=mark("give your draft up: the text in force stands again")),
        verb("filter", label=mark("text, page, letter"), told=mark("look at it as text, as the page of a mail, as a letter")),
        verb("search", label=mark("other customer"), told=mark("read it as another customer would: the preview follows")),
        verb("as_of", label=mark("versions"), told=mark("the versions there were, with day and author; take one again")),
        verb("explain", label=mark("values"), told=mark("the values a text can ask for, and what they say to this customer")),
        verb("view", label=mark("open the PDF"), told=mark("make the letter as a PDF and open it")),
        verb("back"),
    ]  # fmt: skip  # read as a table: columns side by side

    @dataclass
    class Met(Message):
        """Another customer has been found."""

        reader: CustomerRow | None

    @dataclass
    class Printed(Message):
        """The letter stands in a file."""

        file: str
        opened: bool

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if action in {"write_text", "accept", "refuse"} and not self.may(EditTemplate):
            return False
        if action == "refuse":
            return self.differs
        if action == "accept":
            return self.differs and self._check is not None and not self._check.refused
        if action == "filter" and len(views_of(self._slot)) < 2:
            return False
        if action == "view" and (self._seen is None or self._slot.short or self._slot.spoken):
            return False
        if action == "explain" and not self.noticed:
            return True
        return super().check_action(action, parameters)

    def action_write_text(self) -> None:
        """Into the field."""
        self.begin_writing()

    @on(TextArea.Changed)
    @on(Input.Changed, "#subject")
    def _typed(self, event: TextArea.Changed | Input.Changed) -> None:
        event.stop()
        if self._card is not None:
            self.look()

    @on(Input.Submitted, "#subject")
    def _subject_done(self) -> None:
        self.field.focus()

    @on(TemplateField.Offered)
    def _offered(self, message: TemplateField.Offered) -> None:
        lines = [
            Content.assemble(
                ("▌" if place == message.chosen else " ", "$accent"),
                (name, "bold" if place == message.chosen else ""),
                ("  " + clean(self.field.values.get(name, "")), "$muted"),
            )
            for place, name in enumerate(message.names)
        ]
        self.set_class(bool(lines), "-completing")
        self.query_one("#values", Static).update(Content("\n").join(lines))

    @on(TemplateField.Left)
    def _left_field(self) -> None:
        self.remove_class("-writing", "-completing")
        self.query_one("#page").focus()
        if self.differs:
            self.say_line.tell(_("Your draft stays as it is: o keeps it, n gives it up."))
        self.call_after_refresh(self._draw)

    @on(TemplateField.Original)
    def _original(self) -> None:
        if self._card is not None:
            self.query_one("#subject", Field).value = self._card.wording.subject
            self.field.text = self._card.wording.text

    @on(TemplateField.Kept)
    def _kept(self) -> None:
        refused = [finding for finding in self._check.found if finding.refused] if self._check else []
        if refused:
            first = refused[0]
            if first.line and not first.in_subject:
                self.field.move_cursor((first.line - 1, 0))
            self.say_line.tell(first.said, "✗", "$late3")
        elif not self.differs:
            self.say_line.tell(_("The text is what it was."))
        else:
            self.action_accept()

    def action_accept(self) -> None:
        """Keep the draft as the next version, once it has been seen on a card."""
        told = self.written
        subject = None if self._slot.short else told.subject
        self.propose(EditTemplate, **{**self._named, "text": told.text, "subject": subject})

    def action_refuse(self) -> None:
        """Give the draft up."""
        self._original()
        self.say_line.tell(_("Your draft is gone; the text in force stands."))

    def followed(self, action: Action[Any]) -> None:
        """What was kept is no draft any more."""
        if isinstance(action, (EditTemplate, RestoreTemplate)):
            with suppress(OutsideFault):
                self._drafts.drop(self._key)
            self.remove_class("-writing", "-completing")
            self.query_one("#page").focus()

    def action_filter(self) -> None:
        """The next way of looking at it."""
        self._view = (self._view + 1) % len(views_of(self._slot))
        self.query_one("#page", VerticalScroll).scroll_home(animate=False)
        self._draw()

    def explain(self) -> None:
        """What a text can ask for."""
        self.open_panel(SheetPanel(self.crm, self._values(self._reader.number if self._reader else None)))

    def action_as_of(self) -> None:
        """The versions there were."""
        if self._card is not None:
            self.open_panel(VersionsPanel(self.crm, self._card), self._taken_again)

    def _taken_again(self, version: int | None) -> None:
        if version is not None:
            self.propose(RestoreTemplate, **self._named, version=version or None)

    def action_view(self) -> None:
        """Make the letter and open it."""
        seen, now = self._seen, self.crm.clock.now()
        if seen is None:
            return
        file = self.crm.settings.data_folder / "previews" / f"{self._key}.pdf"

        def made() -> Message:
            pdf = letters_pdf([seen.letter(now)])
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(pdf)
            except OSError as problem:
                raise OutsideFault(_("{file} cannot be written.").format(file=file)) from problem
            return self.Printed(str(file), viewer.shown(file))

        self.in_background(made, topic="print")

    @on(Printed)
    def _printed(self, message: Printed) -> None:
        told = _("The letter is open: {file}") if message.opened else _("The letter stands in {file}")
        self.say_line.tell(told.format(file=message.file), "✓", "$ok")

    def action_back(self) -> None:
        """Back to the list."""
        self.dismiss()

    # Whose eyes

    def action_search(self) -> None:
        """Ask for a customer; the preview follows while one types."""
        self._before = self._reader
        self.say_line.ask(CUSTOMER, "/", placeholder=_("a name, a town, a number, an e-mail"))

    @on(SayLine.Typed)
    def _asked(self, message: SayLine.Typed) -> None:
        words = message.words.strip()
        if message.topic != CUSTOMER or not words:
            return

        def read() -> Message:
            found = self.crm.runner.read(SearchCustomers(text=words, limit=1), self.crm.actor).rows
            return self.Met(found[0] if found else None)

        self.in_background(read, topic="who", awaited=True)

    @on(Met)
    def _met(self, message: Met) -> None:
        if message.reader is not None:
            self._reader, self._chosen = message.reader, True
            self.look()

    @on(SayLine.Answered)
    def _answered(self, message: SayLine.Answered) -> None:
        if message.topic == CUSTOMER:
            self._end_search()

    @on(SayLine.Left)
    def _left(self, message: SayLine.Left) -> None:
        if message.topic == CUSTOMER:
            self._reader = self._before
            self.look()
            self._end_search()

    def _end_search(self) -> None:
        self.say_line.end_question()
        self.query_one("#page").focus()
        self._read_values()

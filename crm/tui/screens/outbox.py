"""The outbox: what waits, left, failed or is in doubt; each message word for word, and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.actions import Action
from crm.core.i18n import _, mark
from crm.core.names import name_key
from crm.messaging.actions import (
    STATES,
    CancelMessage,
    GoLive,
    ListMessages,
    MessageCard,
    RetryMessage,
    SettleMessage,
    ShowMessage,
    ShowOutbox,
)
from crm.messaging.queries import OutboxLine
from crm.tui.base import CrmScreen, NoticedScreen, Subject, sentence
from crm.tui.cells import clean
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.outgoing import (
    MOST,
    NAMES,
    ORDER,
    Outgoing,
    empty_outbox,
    group_about,
    keys_of,
    message_content,
    outbox_columns,
    outbox_title,
    state_line,
)
from crm.tui.panel import SidePanel
from crm.tui.reminders import rehearsal_band
from crm.tui.screens.whole import WholePanel
from crm.tui.widgets.card_keys import CardKeys
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.grouped_table import Group, GroupedTable, Head
from crm.tui.widgets.notice import Notice, Told
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SEARCH = "search"


class OutboxScreen(NoticedScreen):
    """Messages by state."""

    SECTION = "5"
    ABOUT = mark("What became of each message, and what is done with those that did not arrive.")
    CSS_PATH = "outbox.tcss"
    AUTO_FOCUS = "#messages"
    NEEDS_LIST = frozenset({"accept", "refuse", "filter", "search", "view", "go_live"})
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", told=mark("try it again, or: it arrived")),
        verb("refuse", told=mark("keep it from leaving, or: it did not arrive")),
        verb("filter"),
        verb("view", told=mark("view the message word for word")),
        Binding("g", "go_live", mark("let them leave"), show=False, tooltip=mark("let messages leave from now on")),
        verb("back"),
    ]

    @dataclass
    class Loaded(Message):
        """The outbox has arrived."""

        outgoing: Outgoing

    @dataclass
    class Opened(Message):
        """The selected message has arrived, word for word."""

        card: MessageCard

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._outgoing: Outgoing | None = None
        self._only = ""
        self._words = ""
        self._card: MessageCard | None = None

    def body(self) -> ComposeResult:
        """Messages at the left, the selected one at the right; or a notice."""
        with Vertical(id="list"):
            yield TwoEnds(id="head")
            yield Static(id="band", markup=False)
            yield GroupedTable[OutboxLine](id="messages", heading=False)
        with Vertical(id="message"):
            yield Static(id="state", markup=False)
            yield CardKeys(id="answers")
            with VerticalScroll(id="page"):
                yield Static(id="word-for-word", markup=False)
        yield Notice(id="notice")

    def on_mount(self) -> None:
        """Bars stand in the place of the list until it has arrived."""
        self.query_one("#head", TwoEnds).show(Content.styled(_("Outbox"), "bold"))
        self._table.await_rows(outbox_columns())

    # What is there

    @property
    def _table(self) -> GroupedTable[OutboxLine]:
        return self.query_one("#messages", GroupedTable)

    @property
    def subject(self) -> Subject:
        """The customer of the selected message."""
        line = self._table.selected
        return Subject(line.customer, line.name) if line else Subject()

    # What arrives

    def reload(self) -> None:
        """Read how many messages stand in each state, and the latest of each."""

        def read() -> Message:
            runner, actor = self.crm.runner, self.crm.actor
            box = runner.read(ShowOutbox(), actor)
            lines = {
                state: runner.read(ListMessages.model_validate({"state": state, "limit": MOST}), actor).lines
                for state in ORDER
                if box.counts.get(state)
            }
            return self.Loaded(Outgoing(box.counts, lines, box.live))

        self.in_background(read, topic="outbox")

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        self._outgoing = message.outgoing
        if not any(message.outgoing.counts.values()):
            self.notice(empty_outbox())
            return
        if self.end_notice():
            self._table.focus()
        if self._only and not message.outgoing.counts.get(self._only):
            self._only = ""
        self._fill(keep=True)

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        self._card = message.card
        text = self.query_one("#word-for-word", Static)
        text.update(message_content(message.card, self.crm.clock.today(), self.crm.clock.tz, text.content_size.width))
        self.query_one("#page", VerticalScroll).scroll_home(animate=False)

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        if message.topic == "outbox":
            self.notice(not_read(message.error), message.error)
        else:
            self.say_line.tell(sentence(message.error), "✗", "$late3")

    # What is shown

    def _fill(self, *, keep: bool) -> None:
        outgoing, selected = self._outgoing, self._table.selected if keep else None
        if outgoing is None:
            return
        words = name_key(self._words)
        groups = []
        for state in ORDER if not self._only else (self._only,):
            lines = outgoing.lines.get(state, ())
            found = (
                [line for line in lines if words in name_key(f"{line.name} {line.to} {line.subject}")]
                if words
                else lines
            )
            groups.append(Group(Head(_(NAMES[state]), group_about(state, outgoing)), found))
        known = [line for group in groups for line in group.rows]
        again = next((line for line in known if selected is not None and line.id == selected.id), None)
        self.query_one("#head", TwoEnds).show(outbox_title(outgoing, self._only))
        band = self.query_one("#band", Static)
        band.display = "email" not in outgoing.live
        band.update(rehearsal_band({"email"}, may=self.may(GoLive)))
        self._table.show_groups(groups, outbox_columns(), selected=again, heads=True)
        if not known:
            self._show_no_one()
        self.refresh_bindings()

    def _show_no_one(self) -> None:
        told = _("No message answers to “{words}”.").format(words=clean(self._words))
        self.query_one("#state", Static).update(Content.styled(told, "$muted"))
        self.query_one("#answers", CardKeys).show([])
        self.query_one("#word-for-word", Static).update("")

    @on(SheetTable.Highlighted, "#messages")
    def _selected(self, message: SheetTable.Highlighted[OutboxLine]) -> None:
        line = self._table.selected
        if line is None:
            return
        self.query_one("#state", Static).update(state_line(line.state, line.channel))
        keys = [key for key in keys_of(line.state) if self.may(self._answer(line, key[2])[0])]
        self.query_one("#answers", CardKeys).show(keys)
        self.query_one(KeysLine).elsewhere = {action for _key, _label, action in keys}
        self.refresh_bindings()
        if not self.is_narrow:
            self.ask(ShowMessage(message=line.id), self.Opened, topic="message")

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if self.noticed:
            return super().check_action(action, parameters)
        line = self._table.selected
        match action:
            case "accept" | "refuse":
                return line is not None and any(
                    known == action and self.may(self._answer(line, action)[0])
                    for _key, _label, known in keys_of(line.state)
                )
            case "view":
                return line is not None
            case "filter":
                return self._outgoing is not None and sum(bool(count) for count in self._outgoing.counts.values()) > 1
            case "explain":
                return False
            case "go_live":
                return self._outgoing is not None and "email" not in self._outgoing.live and self.may(GoLive)
            case _:
                return super().check_action(action, parameters)

    @staticmethod
    def _answer(line: OutboxLine, action: str) -> tuple[type[Action[Any]], dict[str, Any]]:
        """What a key proposes about a message."""
        if line.state == "uncertain":
            return SettleMessage, {"message": line.id, "outcome": "sent" if action == "accept" else "not_sent"}
        return (RetryMessage if action == "accept" else CancelMessage), {"message": line.id}

    def action_accept(self) -> None:
        """Try it again; of one in doubt: it arrived. A card asks first."""
        self._propose_about("accept")

    def action_refuse(self) -> None:
        """Keep it from leaving; of one in doubt: it did not arrive. A card asks first."""
        self._propose_about("refuse")

    def _propose_about(self, action: str) -> None:
        if (line := self._table.selected) is not None:
            kind, given = self._answer(line, action)
            self.shell.propose(kind, given)

    @on(SheetTable.Opened, "#messages")
    def action_view(self) -> None:
        """Open the selected message word for word."""
        if (line := self._table.selected) is not None:
            self.open_panel(MessagePanel(self.crm, line.id))

    def action_filter(self) -> None:
        """The next state that has messages; after the last one, all."""
        if self._outgoing is None:
            return
        states = ["", *(state for state in ORDER if self._outgoing.counts.get(state))]
        self._only = states[(states.index(self._only) + 1) % len(states)]
        self._fill(keep=False)
        self.say_line.tell(
            _("Only: {state}.").format(state=_(STATES[self._only])) if self._only else _("All messages, by state.")
        )

    def action_go_live(self) -> None:
        """Let messages leave from now on, after a card."""
        self.propose(GoLive, channel="email")

    def action_search(self) -> None:
        """Ask for words; the list follows while one types."""
        self.say_line.ask(SEARCH, "/", value=self._words, placeholder=_("a name, an address, a word of the subject"))

    def action_back(self) -> None:
        """Take the search or the filter away, else go back."""
        if self._words or self._only:
            self._words = self._only = ""
            self._fill(keep=True)
        else:
            self.app.pop_screen()

    # What is answered in the say line

    @on(SayLine.Typed)
    def _typed(self, message: SayLine.Typed) -> None:
        self._words = message.words.strip()
        self._fill(keep=True)

    @on(SayLine.Answered)
    @on(SayLine.Left)
    def _end_search(self, message: Message) -> None:
        if isinstance(message, SayLine.Left):
            self._words = ""
            self._fill(keep=True)
        self.say_line.end_question()
        self._table.focus()


class MessagePanel(SidePanel):
    """A message word for word, with every attempt."""

    DEFAULT_CSS = """
    MessagePanel Notice { display: none; }
    MessagePanel.-noticed VerticalScroll { display: none; }
    MessagePanel.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [verb("view", "page", label=mark("the page that is read"))]

    def __init__(self, crm: Crm, message: int) -> None:
        super().__init__(crm)
        self._key = message
        self._card: MessageCard | None = None

    def body(self) -> ComposeResult:
        """State, facts, attempts, text."""
        with VerticalScroll(can_focus=True):
            yield Static(id="word-for-word", markup=False)
        yield Notice()

    def on_mount(self) -> None:
        """Ask for it."""
        self.ask(ShowMessage(message=self._key), OutboxScreen.Opened, topic="message")

    @on(OutboxScreen.Opened)
    def _show(self, message: OutboxScreen.Opened) -> None:
        self._card = card = message.card
        text = self.query_one("#word-for-word", Static)
        words = message_content(card, self.crm.clock.today(), self.crm.clock.tz, text.content_size.width)
        text.update(Content.assemble(state_line(card.state, card.message.channel), "\n\n", words))

    @on(SidePanel.Failed)
    def _failed(self, message: SidePanel.Failed) -> None:
        self.query_one(Notice).say(Told(message.error.message, message.error.next_step, failed=True))
        self.add_class("-noticed")

    @property
    def words(self) -> str:
        """What it says."""
        return str(self.query_one("#word-for-word", Static).render())

    def action_page(self) -> None:
        """The words of the HTML page."""
        if self._card is not None:
            row = self._card.message
            self.open_panel(WholePanel(self.crm, [(_("Subject"), row.subject)], row.text, row.html))

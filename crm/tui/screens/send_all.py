"""Send all: one card with count, total and every text, then one yes. What changes meanwhile is left out and said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message

from crm.core.errors import CrmError, Stale
from crm.core.i18n import _, mark, plural
from crm.followup.actions.dunning import MessageLine, PreviewDunning, RunDunning, RunReport
from crm.followup.gate import Verdict
from crm.followup.policy import LEVELS
from crm.tui.base import sentence
from crm.tui.cells import clean
from crm.tui.panel import SidePanel
from crm.tui.reminders import WAYS, Key, all_sent_words, envelope, key_of, sums
from crm.tui.screens.whole import WholePanel
from crm.tui.widgets.notice import Notice, Offer, Told
from crm.tui.widgets.preview_card import Card, CardField, PreviewCard
from crm.tui.widgets.progress import ProgressLine
from crm.tui.widgets.sheet_table import SheetTable, TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm

V = TypeVar("V")

_BY_NAME = 1_000
"""Up to so many messages their customers are named one by one; beyond, a run over everyone is narrowed by its seals."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one yes, as they were seen."""

    action: RunDunning
    lines: tuple[MessageLine, ...]
    left_out: tuple[str, ...]
    """Customers whose message is not as it was listed: it wants a yes of its own, or is held."""
    rehearsed: frozenset[str]


class SendAllPanel(SidePanel):
    """Card, list, yes."""

    DEFAULT_CSS = """
    SendAllPanel > #side > VerticalScroll { height: auto; max-height: 60%; }
    SendAllPanel #texts { height: 1fr; margin: 1 0 0 0; }
    SendAllPanel Notice, SendAllPanel ProgressLine { display: none; }
    SendAllPanel.-working ProgressLine { display: block; }
    SendAllPanel.-working VerticalScroll, SendAllPanel.-working #texts,
    SendAllPanel.-noticed VerticalScroll, SendAllPanel.-noticed #texts { display: none; }
    SendAllPanel.-noticed Notice { display: block; }
    SendAllPanel.-short #texts { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "again", mark("look again"), show=False)]

    @dataclass
    class Ready(Message):
        """This is what a yes sends."""

        batch: Batch

    @dataclass
    class Text(Message):
        """A text to look at has arrived."""

        line: MessageLine

    @dataclass
    class Ran(Message):
        """It is done."""

        report: RunReport
        entry_id: int | None

    def __init__(
        self, crm: Crm, chosen: Sequence[MessageLine], *, texts: Mapping[str, str], skip: Sequence[str], ticked: bool
    ) -> None:
        super().__init__(crm)
        self._chosen = {key_of(line) for line in chosen}
        self._ticked = ticked
        numbers = tuple(dict.fromkeys(line.customer for line in chosen))
        self._action = RunDunning(
            customers=numbers if len(numbers) <= _BY_NAME else (), skip=tuple(skip), texts=dict(texts), no_text=True
        )
        self._batch: Batch | None = None

    def body(self) -> ComposeResult:
        """The card, and below it every message to look at."""
        with VerticalScroll(can_focus=False):
            yield PreviewCard()
        yield SheetTable[MessageLine](id="texts", keeps_mark=False)
        yield ProgressLine()
        yield Notice()

    def on_mount(self) -> None:
        """Write every text, and count."""
        self._look()

    def _look(self) -> None:
        self._begin_work(_("Writing the texts…"))
        action, chosen, ticked = self._action, self._chosen, self._ticked
        runner = self.runner_telling(self.query_one(ProgressLine).told)

        def preview() -> Message:
            seen = runner.preview(action, self.crm.actor)
            return self.Ready(_batch(action, seen.result, chosen, ticked=ticked))

        self.in_background(preview, topic="look")

    def _begin_work(self, words: str) -> None:
        self.remove_class("-noticed")
        self.query_one(ProgressLine).begin(words)
        self.add_class("-working")

    @on(Ready)
    def _show(self, message: Ready) -> None:
        self._batch = batch = message.batch
        self.remove_class("-working")
        if not batch.lines:
            self._tell(Told(_("None of them is as it was listed."), _("Nothing has left."), _LEAVE, failed=False))
            return
        self.query_one(PreviewCard).show(batch_card(batch))
        self.query_one("#texts", SheetTable).show(batch.lines, _columns())
        self.query_one(PreviewCard).focus()

    # What is looked at

    @on(SheetTable.Opened, "#texts")
    def _open(self, message: SheetTable.Opened[MessageLine]) -> None:
        line, texts = message.row, self._action.texts

        def read() -> Message:
            asked = RunDunning(customers=(line.customer,), texts=texts)
            seen = (
                self.crm.runner.preview(asked, self.crm.actor).result
                if line.customer in texts
                else self.crm.runner.read(PreviewDunning(customers=(line.customer,)), self.crm.actor)
            )
            found = next((each for each in seen.lines if key_of(each) == key_of(line)), None)
            if found is None or found.seal != line.seal:
                raise Stale(_("This message has changed since: it will be left out."))
            return self.Text(found)

        self.in_background(read, topic="text")

    @on(Text)
    def _show_text(self, message: Text) -> None:
        line = message.line
        self.open_panel(WholePanel(self.crm, envelope(line), line.text, line.html))

    # The yes

    @on(PreviewCard.Accepted)
    def _send(self) -> None:
        if self._batch is None:
            return
        action, self._batch = self._batch.action, None
        self._begin_work(_("Into the outbox…"))
        runner = self.runner_telling(self.query_one(ProgressLine).told)

        def send() -> Message:
            done = runner.run(action, self.crm.actor)
            return self.Ran(done.result, done.entry_id)

        self.record(send, topic="send")

    @on(Ran)
    def _ran(self, message: Ran) -> None:
        left = [line for line in message.report.lines if line.verdict is not Verdict.HOLD]
        self.shell.committed(message.entry_id, all_sent_words(left, rehearsed=bool(message.report.rehearsed)))
        answer: Any = message.report
        self.dismiss(answer)

    @on(PreviewCard.Declined)
    def _declined(self) -> None:
        self.dismiss()

    # What goes wrong

    @on(SidePanel.Failed)
    def _failed(self, message: SidePanel.Failed) -> None:
        self.remove_class("-working")
        error: CrmError = message.error
        title = error.message if message.topic != "text" else sentence(error)
        self._tell(
            Told(title, error.next_step or _("What is in the outbox already is not sent twice."), _AGAIN, failed=True)
        )

    def _tell(self, told: Told) -> None:
        notice = self.query_one(Notice)
        notice.say(told)
        self.add_class("-noticed")
        notice.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`entrée` looks again only where that is offered."""
        return self.has_class("-noticed") if action == "again" else super().check_action(action, parameters)

    def action_again(self) -> None:
        """Look at it again."""
        self._look()

    def action_close(self) -> None:
        """Stop what is at work; else go back, nothing sent."""
        if self.has_class("-working"):
            self.query_one(ProgressLine).stop()
        else:
            self.dismiss()


_LEAVE = (Offer("escape", mark("back"), "screen.close"),)
_AGAIN = (Offer("enter", mark("look again"), "screen.again"), *_LEAVE)


def _batch(action: RunDunning, seen: RunReport, chosen: set[Key], *, ticked: bool) -> Batch:
    """What may leave of what was chosen: bound to the messages as they are now."""
    passing = {Verdict.SEND, Verdict.ASK} if ticked else {Verdict.SEND}
    wanted = [line for line in seen.lines if key_of(line) in chosen]
    lines = tuple(line for line in wanted if line.verdict in passing)
    out = chosen - {key_of(line) for line in lines}
    seals = {key_of(line): line.seal for line in lines}
    left_out = tuple(sorted(key.rpartition("/")[0] for key in out))
    ways = {line.channel for line in lines}
    return Batch(action.model_copy(update={"seals": seals}), lines, left_out, seen.rehearsed & ways)


def batch_card(batch: Batch) -> Card:
    """Count, total, levels, ways, and what is left out."""
    lines = batch.lines
    count = len(lines)
    send = plural("send {count} reminder", "send {count} reminders", count)
    fields = [
        CardField(_("Customers"), str(len({line.customer for line in lines})), strong=True),
        CardField(_("Amount"), sums(lines), strong=True),
        CardField(
            _("Levels"),
            ", ".join(f"{total} × {_(LEVELS[level])}" for level, total in _counted(line.level for line in lines)),
        ),
        CardField(
            _("By"), ", ".join(f"{total} × {_(WAYS[way])}" for way, total in _counted(line.channel for line in lines))
        ),
    ]
    if batch.left_out:
        names = ", ".join(batch.left_out[:5]) + ("…" if len(batch.left_out) > 5 else "")
        fields.append(
            CardField(_("Left out"), _("{names}: each wants a yes of its own, or is held now").format(names=names))
        )
    then = [_("tab shows every text, enter opens it")]
    if batch.rehearsed:
        then.append(_("nothing leaves: rehearsal; they can be read in the outbox"))
    else:
        then.append(_("each is looked at once more when it leaves; z stops those that have not left"))
    title = send[:1].upper() + send[1:]
    return Card(title, tuple(fields), tuple(then), sends=True, accept=send, changes=False)


def _counted(values: Iterable[V]) -> list[tuple[V, int]]:
    counts: dict[V, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return sorted(counts.items(), key=lambda pair: str(pair[0]))


def _columns() -> list[TableColumn[MessageLine]]:
    from crm.tui.cells import amount
    from crm.tui.reminders import dots

    return [
        TableColumn(_("Customer"), 16, lambda line: clean(line.name), most=28, lead=True),
        TableColumn(_("Level"), 6, lambda line: dots(line.level), "$muted", leaves=1),
        TableColumn(_("To"), 18, lambda line: line.to, "$muted", most=34, leaves=2),
        TableColumn(_("Amount"), 12, lambda line: amount(line.total, line.currency), right=True),
    ]

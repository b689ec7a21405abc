"""An action from its fields to its receipt: the form, the card that says what a yes changes, the yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.actions import Action, Effect
from crm.core.basics import AcceptProposal, Undo
from crm.core.errors import Ambiguous, CrmError, NotFound, Stale
from crm.core.i18n import _, mark
from crm.core.money import shown
from crm.core.runner import Cancelled, Preview
from crm.core.sheets import Sheet
from crm.followup.actions.scenarios import ListScenarios
from crm.portfolio.search import SearchCustomers
from crm.receivables.actions import ListInvoices
from crm.tui.base import sentence
from crm.tui.cards import accepted_card, card_of, receipt_of, rows_of
from crm.tui.forms import FieldKind, FormField, as_typed, form_fields, understood
from crm.tui.panel import SidePanel
from crm.tui.sheets import SheetRow, sheet_columns, sheet_rows
from crm.tui.widgets.action_form import ActionForm, Option
from crm.tui.widgets.notice import Notice, Offer, Told
from crm.tui.widgets.preview_card import Card, PreviewCard
from crm.tui.widgets.progress import ProgressLine
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.words import action_words, card_title

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_OFFERED = 6


@dataclass(frozen=True, slots=True)
class Acted:
    """What a panel hands back: the action that was recorded, and what is said of it."""

    action: Action[Any]
    receipt: str


class ActPanel(SidePanel):
    """Form, card, yes."""

    DEFAULT_CSS = """
    ActPanel #title { height: auto; margin: 0 0 1 0; }
    ActPanel.-short #title { margin: 0; }
    ActPanel PreviewCard, ActPanel #rows, ActPanel Notice, ActPanel ProgressLine { display: none; }
    ActPanel #rows { height: 1fr; margin: 1 0 0 0; }
    ActPanel.-carded ActionForm, ActPanel.-carded #title { display: none; }
    ActPanel.-carded PreviewCard { display: block; }
    ActPanel.-rowed #rows { display: block; }
    ActPanel.-working ProgressLine { display: block; }
    ActPanel.-noticed ActionForm, ActPanel.-noticed PreviewCard, ActPanel.-noticed #title,
    ActPanel.-noticed #rows { display: none; }
    ActPanel.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "again", mark("look again"), show=False)]

    @dataclass
    class Previewed(Message):
        """This is what a yes would change."""

        preview: Preview[Any]
        card: Card
        rows: Sheet | None

    @dataclass
    class Recorded(Message):
        """It is written."""

        acted: Acted
        entry_id: int | None

    @dataclass
    class Offered(Message):
        """These could complete a field."""

        field: FormField
        words: str
        options: Sequence[Option]

    def __init__(
        self,
        crm: Crm,
        kind: type[Action[Any]],
        given: Mapping[str, Any],
        *,
        ask: bool = False,
        proposal: int | None = None,
    ) -> None:
        super().__init__(crm)
        self._proposal = proposal
        self._kind = kind
        self._given = dict(given)
        self._fields = form_fields(kind)
        self._ask = ask
        self._preview: Preview[Any] | None = None
        self._action: Action[Any] | None = None

    def body(self) -> ComposeResult:
        """The form, the card, and what is looked at beneath it."""
        yield Static(id="title", markup=False)
        with VerticalScroll(can_focus=False, id="scroll"):
            texts = {name: as_typed(value) for name, value in self._given.items()}
            yield ActionForm(self._kind, self._fields, texts, self.crm.clock.today())
            yield PreviewCard()
        yield SheetTable[SheetRow](id="rows")
        yield ProgressLine()
        yield Notice()

    def on_mount(self) -> None:
        """The card at once when nothing is missing; the form otherwise."""
        self.query_one("#title", Static).update(Content.styled(action_words(self._kind), "bold"))
        filled = understood(self._kind, self._given, self._fields, self.crm.clock.today())
        if filled.action is not None and (not self._ask or not self._fields):
            self._go_on(filled.action)
        else:
            self._show_form()

    # The form

    @property
    def _long(self) -> bool:
        """Whether a value has several lines: it was written elsewhere, and no field of the form can hold it."""
        return any(isinstance(value, str) and "\n" in value for value in self._given.values())

    @property
    def _form(self) -> ActionForm:
        return self.query_one(ActionForm)

    def _show_form(self) -> None:
        self.remove_class("-carded", "-rowed", "-noticed", "-working")
        self.call_after_refresh(self._form.begin)

    @on(ActionForm.Wanted)
    def _complete(self, message: ActionForm.Wanted) -> None:
        field, words = message.field, message.words
        customer = str(self._form.values.get("customer") or "")

        def read() -> Message:
            return self.Offered(field, words, self._options(field, words, customer))

        self.in_background(read, topic="options", awaited=True)

    def _options(self, field: FormField, words: str, customer: str) -> Sequence[Option]:
        runner, actor = self.crm.runner, self.crm.actor
        if field.kind is FieldKind.CUSTOMER:
            found = runner.read(SearchCustomers(text=words, limit=_OFFERED), actor)
            return [Option(row.number, row.name, f"{row.city}  {row.number}".strip()) for row in found.rows]
        if field.kind is FieldKind.SCENARIO:
            known = runner.read(ListScenarios(), actor).lines
            wanted = words.strip().lower()
            named = [one for one in known if wanted in one.name or wanted in one.called.lower()]
            return [Option(one.name, one.name, one.called) for one in named[:_OFFERED]]
        if field.kind is FieldKind.INVOICE and customer:
            lines = runner.read(ListInvoices(customer=customer, status="open"), actor).lines
            fitting = [line for line in lines if words.lower() in line.number.lower()]
            return [Option(line.number, line.number, shown(line.open, line.currency)) for line in fitting[:_OFFERED]]
        return ()

    @on(Offered)
    def _offer(self, message: Offered) -> None:
        self._form.offer(message.field, message.options)

    @on(ActionForm.Ready)
    def _filled(self, message: ActionForm.Ready) -> None:
        self._go_on(message.action)

    @on(ActionForm.Left)
    def _gave_up(self) -> None:
        self.dismiss()

    # The card

    def _go_on(self, action: Action[Any]) -> None:
        self._action = action
        if action.effect is Effect.READ:
            self.dismiss()
            self.app.call_later(self.shell.look, action)
            return
        self._begin_work(_("What would change…"))
        runner = self.runner_telling(self.query_one(ProgressLine).told)
        today = self.crm.clock.today()

        def preview() -> Message:
            names = self._names(action)
            if self._proposal is not None:
                changed = action.model_dump(mode="json", exclude_none=True)
                seen = runner.preview(AcceptProposal(proposal=self._proposal, fields=changed), self.crm.actor)
                return self.Previewed(seen, accepted_card(action, seen, today, names), None)
            seen = runner.preview(action, self.crm.actor)
            card = card_of(seen, today, names)
            return self.Previewed(seen, replace(card, changes=not self._long), rows_of(seen.result))

        self.in_background(preview, topic="act")

    def _titles(self, action: Undo) -> Mapping[str, str]:
        """What an act that was done elsewhere is called: nobody here has seen its receipt."""
        entry = self.crm.runner.preview(action, self.crm.actor).result.entry
        known = entry.action in self.crm.registry
        return {str(entry.id): card_title(self.crm.registry.get(entry.action))} if known else {}

    def _names(self, action: Action[Any]) -> Mapping[str, str]:
        """What numbers stand for; for an undo, what was said of the act."""
        if isinstance(action, Undo):
            return {**self._titles(action), **self.shell.receipts()}
        number = getattr(action, "customer", None)
        if not isinstance(number, str) or not number:
            return {}
        found = self.crm.runner.read(SearchCustomers(text=number, limit=1), self.crm.actor).rows
        return {number: " · ".join(filter(None, (found[0].name, found[0].city)))} if found else {}

    def _begin_work(self, words: str) -> None:
        self.query_one(ProgressLine).begin(words)
        self.add_class("-working")

    @on(Previewed)
    def _show_card(self, message: Previewed) -> None:
        self._preview = message.preview
        self.remove_class("-working", "-noticed")
        self.add_class("-carded")
        self.set_class(message.rows is not None, "-rowed")
        if message.rows is not None:
            table = self.query_one("#rows", SheetTable)
            table.opens = False
            table.show(sheet_rows(message.rows), sheet_columns(message.rows, self.crm.clock.today()))
        card = self.query_one(PreviewCard)
        card.show(message.card)
        card.focus()

    @on(PreviewCard.ToChange)
    def _change(self) -> None:
        self._show_form()

    @on(PreviewCard.Declined)
    def _declined(self) -> None:
        self.dismiss()

    @on(PreviewCard.Accepted)
    def _commit(self) -> None:
        preview = self._preview
        if preview is None:
            return
        self._preview = None
        self._begin_work(_("Recording…"))
        runner = self.runner_telling(self.query_one(ProgressLine).told)

        def commit() -> Message:
            done = runner.commit(preview, self.crm.actor)
            result = done.result.outcome if self._proposal is not None else done.result
            acted = self._action or done.action
            return self.Recorded(Acted(acted, receipt_of(acted, result, done.changes)), done.entry_id)

        self.record(commit, topic="act")

    @on(Recorded)
    def _recorded(self, message: Recorded) -> None:
        self.shell.committed(message.entry_id, message.acted.receipt)
        self.dismiss(message.acted)

    # What goes wrong

    @on(SidePanel.Failed)
    def _failed(self, message: SidePanel.Failed) -> None:
        if message.topic == "options":
            return
        self.remove_class("-working")
        error = message.error
        if isinstance(error, Cancelled):
            self._show_form()
        elif self._fields and not isinstance(error, Stale) and not self._long:
            self._show_form()
            self.call_after_refresh(self._form.tell, self._troubles(error))
        else:
            self._tell(error)

    def _troubles(self, error: CrmError) -> Mapping[str, str]:
        candidates = ", ".join(error.candidates[:5]) if isinstance(error, (Ambiguous, NotFound)) else ""
        return {"": " ".join(filter(None, (sentence(error), candidates)))}

    def _tell(self, error: CrmError) -> None:
        offers = (Offer("enter", _("look again"), "screen.again"), Offer("escape", _("leave it"), "screen.close"))
        notice = self.query_one(Notice)
        text = error.next_step or _("Nothing has been changed.")
        notice.say(Told(error.message, text, offers, failed=not isinstance(error, Stale)))
        self.add_class("-noticed")
        notice.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`entrée` looks again only where that is offered."""
        return self.has_class("-noticed") if action == "again" else super().check_action(action, parameters)

    def action_again(self) -> None:
        """Look at it again."""
        if self._action is not None:
            self._go_on(self._action)

    def action_close(self) -> None:
        """Stop what is at work; else go back to the screen, nothing recorded."""
        if self.has_class("-working"):
            self.query_one(ProgressLine).stop()
        else:
            self.dismiss()

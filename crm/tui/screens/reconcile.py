"""Matching (lettrage): bank lines, how each may be used, and one key for the easy ones."""

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
from crm.core.basics import RefuseProposal
from crm.core.i18n import _, mark
from crm.core.money import shown
from crm.core.names import name_key
from crm.core.runner import Preview
from crm.customers.actions import CreateCustomer
from crm.receivables.actions.bank import BankLines, LineCard, ListBankLines, SetAside, TakeUp
from crm.receivables.actions.matching import ConfirmMatch, MatchPayments, MatchReport
from crm.receivables.actions.payments import UnmatchPayment
from crm.receivables.payments_read import BankRow
from crm.tui.base import CrmScreen, Subject, sentence
from crm.tui.cells import clean
from crm.tui.customer_verbs import CustomerVerbs, Offered
from crm.tui.headlines import not_read
from crm.tui.keys import DIGITS, digit_of, verb
from crm.tui.reconciling import (
    Desk,
    account_words,
    all_matched,
    answer_keys,
    candidate_list,
    count_words,
    differences_of_the_month,
    done_words,
    equation,
    keys_content,
    line_columns,
    line_head,
    no_line_yet,
    of_the_month,
)
from crm.tui.widgets.chrome import KeysLine
from crm.tui.widgets.grouped_table import Group, GroupedTable, Head
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import Choice, SayLine
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

SEARCH, SPLIT, NO = "search", "split", "no"
_LATEST = 60
"""So many of the lines that are done are shown."""
_MOST = 2_000
_CARD_KEYS = frozenset({"accept", "refuse", "change", "split"})
_NEW = Offered(("create_customer",), "k", mark("new customer"))


class ReconcileScreen(CustomerVerbs):
    """Bank lines: those to be decided first."""

    SECTION = "4"
    ABOUT = mark("Which invoices each payment settles: yes to the certain, your choice for the doubtful.")
    CSS_PATH = "reconcile.tcss"
    AUTO_FOCUS = "#lines"
    ADDED = (*CustomerVerbs.ADDED, _NEW)
    NEEDS_LIST = CustomerVerbs.NEEDS_LIST | frozenset(
        {"accept", "refuse", "change", "split", "add", "later", "search", "view", "sort", "choose"}
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", told=mark("match as the card shows; of a line set aside: take it up again")),
        verb("refuse", told=mark("no: set it aside, or not this use; of a matched line: take it apart")),
        verb("change", told=mark("another customer, another reason for the difference")),
        verb("split"),
        verb("add", told=mark("a promise, a payment plan, a note…; of an unknown payer: a new customer")),
        verb("call", show=False),
        verb("write", show=False),
        verb("remind", show=False),
        verb("pause", show=False),
        *(
            Binding(DIGITS[digit], f"choose({digit})", mark("choose"), show=False, tooltip=mark("choose that use"))
            for digit in ("1", "2", "3")
        ),
        verb("later", told=mark("leave it for later: the next line")),
        verb("import_file"),
        Binding("g", "match_all", mark("match"), tooltip=mark("look for certain matches again")),
        verb("back", show=False),
    ]

    @dataclass
    class Loaded(Message):
        """The lines have arrived."""

        desk: Desk

    @dataclass
    class Weighed(Message):
        """What a yes to a use would change is known."""

        row: BankRow
        candidate: int
        preview: Preview[MatchReport]

    @dataclass
    class Decided(Message):
        """Something was recorded."""

        entry_id: int | None
        receipt: str

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._desk: Desk | None = None
        self._words = ""
        self._chosen = 1
        self._weighed: Preview[MatchReport] | None = None

    def body(self) -> ComposeResult:
        """Lines at the left; the selected one, its uses and their equation at the right; or a notice."""
        with Vertical(id="list"):
            yield TwoEnds(id="head")
            yield Static(id="counts", markup=False)
            yield GroupedTable[LineCard](id="lines", heading=False)
        with VerticalScroll(id="side", can_focus=False):
            yield Static(id="line", markup=False)
            yield Static(id="candidates", markup=False)
            yield Static(id="card", markup=False)
            yield Static(id="why", markup=False)
            yield Static(id="month", markup=False)
        yield Notice(id="notice")

    def on_mount(self) -> None:
        """Bars stand in the place of the lines until they have arrived."""
        self.query_one("#head", TwoEnds).show(Content.styled(_("Matching"), "bold"))
        self.query_one("#card", Static).display = False
        self._table.await_rows(line_columns(self.crm.clock.today()))

    @property
    def _table(self) -> GroupedTable[LineCard]:
        return self.query_one("#lines", GroupedTable)

    @property
    def _side(self) -> int:
        return max(30, (self.size.width if self.is_narrow else min(92, self.size.width * 52 // 100)) - 6)

    @property
    def subject(self) -> Subject:
        """The customer of the use that is chosen."""
        card, desk = self._table.selected, self._desk
        if card is None or desk is None or self._chosen > len(card.candidates):
            return Subject()
        number, name = desk.waiting.customers.get(card.candidates[self._chosen - 1].customer_id or 0, ("", ""))
        return Subject(number, name)

    # What arrives

    def reload(self) -> None:
        """Read the lines that wait, and the latest that are done."""

        def read() -> Message:
            def lines(state: str, limit: int) -> BankLines:
                asked = ListBankLines.model_validate({"state": state, "limit": limit})
                return self.crm.runner.read(asked, self.crm.actor)

            waiting = lines("to_decide", _MOST)
            today = self.crm.clock.today()
            left = self.crm.runner.read(of_the_month(today), self.crm.actor)
            return self.Loaded(Desk(today, waiting, lines("matched", _LATEST), lines("aside", _LATEST), left))

        self.in_background(read, topic="lines")

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        self._desk = message.desk
        if message.desk.nothing:
            self.notice(no_line_yet())
            self.say_line.rest(Content(""))
            return
        if self.end_notice():
            self._table.focus()
        self._fill(keep=True)

    @on(Weighed)
    def _show_weighed(self, message: Weighed) -> None:
        card, desk = self._table.selected, self._desk
        if desk is None or card is None or (card.row, self._chosen) != (message.row, message.candidate):
            return
        self._weighed = message.preview
        told = equation(
            message.preview.result, desk.waiting, card.candidates[self._chosen - 1], desk.today, tight=self.is_narrow
        )
        if not self.is_narrow:
            told = Content.assemble(told, "\n\n", keys_content(answer_keys(card, acts=True)))
        shown_card = self.query_one("#card", Static)
        shown_card.update(told)
        shown_card.display = True
        self.refresh_bindings()

    @on(Decided)
    def _decided(self, message: Decided) -> None:
        self.shell.committed(message.entry_id, message.receipt)
        self.say_line.tell(f"{message.receipt} {_('z to undo')}", "✓", "$ok")
        self.action_refresh()

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        if message.topic == "lines":
            self.notice(not_read(message.error), message.error)
            return
        self.say_line.tell(sentence(message.error), "✗", "$late3")
        if message.topic == "decide":
            self.action_refresh()

    # What is shown

    def _fill(self, *, keep: bool) -> None:
        desk = self._desk
        if desk is None or desk.nothing:
            return
        selected = self._table.selected if keep else None
        place = self._table.cursor if keep and self._table.rows else 0
        groups = [
            Group(Head(), self._found(desk.waiting)),
            Group(Head(_("Matched"), _("n takes apart")), self._found(desk.matched)),
            Group(Head(_("Set aside"), _("o takes up again")), self._found(desk.aside)),
        ]
        groups[0] = Group(Head(_("To decide"), str(len(groups[0].rows))), groups[0].rows)
        known = {(card.row.recorded, card.row.id): card for group in groups for card in group.rows}
        again = known.get((selected.row.recorded, selected.row.id)) if selected is not None else None
        if again is not None and selected is not None and again.row.payment_id != selected.row.payment_id:
            again = None
        self.query_one("#head", TwoEnds).show(
            Content.styled(_("Matching"), "bold"), account_words(desk.waiting.accounts, desk.today), Content("")
        )
        self.query_one("#counts", Static).update(count_words(desk))
        self.query_one("#month", Static).update(differences_of_the_month(desk.differences))
        self._table.show_groups(groups, line_columns(desk.today), selected=again, heads=True)
        if again is None and groups[0].rows:
            self._table.cursor = max(1, min(place, len(groups[0].rows)))
        if not groups[0].rows and not self._words:
            self.say_line.rest(Content(all_matched(desk).title))
        self.refresh_bindings()

    def _found(self, lines: BankLines) -> list[LineCard]:
        words = name_key(self._words)
        return [
            card
            for card in lines.cards
            if not words
            or words in name_key(f"{card.row.label} {card.row.counterparty} {card.row.customer or ''} {card.row.code}")
            or words in shown(card.row.cents, card.row.currency).replace("\u202f", "").replace("\u00a0", "")
        ]

    @on(SheetTable.Highlighted, "#lines")
    def _highlighted(self, message: SheetTable.Highlighted[LineCard]) -> None:
        self._chosen = 1
        self._show_line()

    def _show_line(self) -> None:
        card, desk = self._table.selected, self._desk
        if card is None or desk is None:
            return
        self._weighed = None
        waits = card.row.payment_id is None and not card.row.aside
        self.query_one("#line", Static).update(line_head(card, desk.today, self._side))
        uses = (
            candidate_list(card, desk.waiting, self._chosen, self._side, tight=self.is_narrow)
            if waits
            else done_words(card)
        )
        self.query_one("#candidates", Static).update(uses)
        told = card.why_not if waits else ""
        why = Content.assemble((_("Why it is yours to decide:") + " ", ""), (clean(told), "")) if told else Content("")
        self.query_one("#why", Static).update(why)
        shown_card = self.query_one("#card", Static)
        acts = waits and bool(card.candidates)
        shown_card.display = not self.is_narrow and not acts
        if not acts:
            shown_card.update(keys_content(answer_keys(card, acts=False)))
        self.query_one(KeysLine).elsewhere = () if self.is_narrow else _CARD_KEYS
        self.refresh_bindings()
        if acts:
            self._weigh(card)

    def _weigh(self, card: LineCard) -> None:
        crm, chosen = self.crm, self._chosen

        def read() -> Message:
            action = ConfirmMatch.model_validate({**card.asked, "candidate": chosen})
            return self.Weighed(card.row, chosen, crm.runner.preview(action, crm.actor))

        self.in_background(read, topic="weigh")

    def on_resize(self) -> None:
        """Wrap anew."""
        self._show_line()

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if self.noticed:
            return action == "back" or super().check_action(action, parameters)
        card = self._table.selected
        waits = card is not None and card.row.payment_id is None and not card.row.aside
        match action:
            case "accept":
                return card is not None and (bool(card.row.aside) or (waits and self._weighed is not None))
            case "refuse":
                return card is not None and not card.row.aside
            case "change" | "split" | "later":
                return waits
            case "add":
                return waits or bool(self.subject.customer)
            case "choose":
                uses = len(card.candidates) if card is not None and waits else 0
                return uses > 1 and digit_of(parameters) <= uses
            case "explain":
                return self._desk is not None and bool(self._desk.differences.lines)
            case _:
                return super().check_action(action, parameters)

    def action_accept(self) -> None:
        """Match as the card shows; take up again what is set aside."""
        card, preview, crm = self._table.selected, self._weighed, self.crm
        if card is None:
            return
        if card.row.aside:
            self._run(TakeUp(line=card.row.id), _("Taken up again."))
            return
        if preview is None:
            return
        self._weighed = None
        settled = preview.result.outcome.matched[0]
        receipt = _("{amount} matched").format(
            amount=shown(settled.waiting.money.cents, settled.waiting.money.currency)
        )
        receipt = f"{receipt}, {settled.code}." if settled.code else f"{receipt}."

        def commit() -> Message:
            return self.Decided(crm.runner.commit(preview, crm.actor).entry_id, receipt)

        self.in_background(commit, topic="decide")

    def _run(self, action: Action[Any], receipt: str) -> None:
        crm = self.crm

        def commit() -> Message:
            return self.Decided(crm.runner.commit(crm.runner.preview(action, crm.actor), crm.actor).entry_id, receipt)

        self.in_background(commit, topic="decide")

    def action_choose(self, place: int) -> None:
        """Another of the uses."""
        self._chosen = place
        self._show_line()

    def action_refuse(self) -> None:
        """Ask what is meant by no; take a matched line apart after a card."""
        card = self._table.selected
        if card is None:
            return
        if card.row.payment_id is not None:
            self.shell.propose(UnmatchPayment, {"payment": card.row.payment_id})
            return
        answers = [Choice("1", _("not a customer’s money")), Choice("2", _("this once only"))]
        if card.row.recorded:
            self.say_line.choose(NO, _("Keep as money on account?"), [Choice("1", _("none of these uses"))])
            return
        if card.proposal_id is not None:
            answers.append(Choice("3", _("none of these uses")))
        self.say_line.choose(NO, _("Set aside?"), answers)

    def action_change(self) -> None:
        """Another customer, other invoices, another reason: the form, then a card."""
        if (card := self._table.selected) is not None:
            self.shell.propose(ConfirmMatch, {**card.asked, "candidate": self._chosen}, ask=True)

    def action_split(self) -> None:
        """Ask what it pays, part by part."""
        card, desk = self._table.selected, self._desk
        if card is None or desk is None:
            return
        told = ""
        if self._chosen <= len(card.candidates):
            told = " ".join(
                number for number, cents in desk.waiting.documents(card.candidates[self._chosen - 1]) if cents > 0
            )
        self.say_line.ask(
            SPLIT, _("Pays"), value=told, placeholder=_("F-1=100.00 F-2: an invoice each, its part where not all")
        )

    def action_add(self) -> None:
        """What can be added to the customer of the line; a payer nobody knows becomes a customer."""
        if self.subject.customer:
            super().action_add()
        else:
            self._new_customer()

    def lead_to(self, offer: Offered, **given: Any) -> None:
        """A new customer is named as the payer is; all else is about the customer of the line."""
        if offer is _NEW:
            self._new_customer()
        else:
            super().lead_to(offer, **given)

    def _new_customer(self) -> None:
        if (card := self._table.selected) is not None:
            self.shell.propose(CreateCustomer, {"name": card.row.counterparty or card.row.label[:60]}, ask=True)

    def focus_list(self) -> None:
        """Put the focus on the lines."""
        self._table.focus()

    def explain(self) -> None:
        """Open the differences of the month."""
        self.shell.look(of_the_month(self.crm.clock.today()))

    def action_later(self) -> None:
        """The next line."""
        self._table.action_move(1)

    def action_match_all(self) -> None:
        """Look for certain matches again, after a card."""
        self.shell.propose(MatchPayments, {})

    @on(SheetTable.Opened, "#lines")
    def _open(self) -> None:
        if self.subject.customer:
            self.shell.open_customer(self.subject.customer)

    def action_import_file(self) -> None:
        """Bring a statement in."""
        self.shell.open_place("import")

    def action_search(self) -> None:
        """Ask for words or an amount; the list follows while one types."""
        self.say_line.ask(SEARCH, "/", value=self._words, placeholder=_("a name, a word of the label, an amount"))

    def action_back(self) -> None:
        """Take the search away, else go to the day."""
        if self._words:
            self._words = ""
            self._fill(keep=True)
        else:
            self.shell.go("1")

    def followed(self, action: Action[Any]) -> None:
        """A new customer is likely the payer of the line: offer that next."""
        card = self._table.selected
        if isinstance(action, CreateCustomer) and card is not None:
            self.shell.propose(ConfirmMatch, {**card.asked, "customer": action.number or action.name})
        else:
            super().followed(action)

    # What is answered in the say line

    @on(SayLine.Typed)
    def _typed(self, message: SayLine.Typed) -> None:
        if message.topic == SEARCH:
            self._words = message.words.strip()
            self._fill(keep=False)

    @on(SayLine.Answered)
    def _answered(self, message: SayLine.Answered) -> None:
        card = self._table.selected
        self.say_line.end_question()
        self._table.focus()
        if message.topic == SPLIT and card is not None and message.words.strip():
            told = tuple(message.words.replace(";", " ").split())
            self.shell.propose(ConfirmMatch, {**card.asked, "invoices": told})

    @on(SayLine.Left)
    def _left(self, message: SayLine.Left) -> None:
        if message.topic == SEARCH:
            self._words = ""
            self._fill(keep=True)
        self.say_line.end_question()
        self._table.focus()

    @on(SayLine.Chosen)
    def _no(self, message: SayLine.Chosen) -> None:
        card = self._table.selected
        self.say_line.end_question()
        self._table.focus()
        if message.topic != NO or card is None:
            return
        if card.proposal_id is not None and (message.key == "3" or card.row.recorded):
            self._run(RefuseProposal(proposal=card.proposal_id), _("Refused."))
        else:
            self._run(SetAside(line=card.row.id, learn=message.key == "1"), _("Set aside."))

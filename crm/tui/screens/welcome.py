"""First steps: who we are, our account, a file, the reminders as they are set, and how the first message leaves."""

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
from crm.core.runner import Preview
from crm.customers.actions import AddCompanyAccount, CompanyCard, ShowCompany, UpdateCompany
from crm.followup.policy import LEVELS, Mode, default_scenario
from crm.tui.base import CrmScreen, sentence
from crm.tui.cards import card_of, receipt_of
from crm.tui.cells import gauge
from crm.tui.forms import form_fields
from crm.tui.keys import verb
from crm.tui.widgets.action_form import ActionForm
from crm.tui.widgets.preview_card import Card, PreviewCard
from crm.tui.words import choice_words

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_GAUGE = 24


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps: a form for an action, or something to read."""

    title: str
    lead: str
    kind: type[Action[Any]] | None = None
    fields: tuple[str, ...] = ()


STEPS = (
    Step(
        mark("Who are you to your customers?"),
        mark(
            "Your letters carry it. The name is enough to start; due dates that an invoice does not tell follow the terms."
        ),
        UpdateCompany,
        ("name", "siren", "payment_terms", "email", "phone", "sender_name"),
    ),
    Step(
        mark("On which account are you paid?"),
        mark("Reminders state it. enter without an IBAN goes on."),
        AddCompanyAccount,
        ("iban", "label"),
    ),
    Step(
        mark("Bring in what is owed"),
        mark(
            "The file of entries (FEC) of your accountant is enough: customers and open invoices come out of it. "
            "Invoices and customers in CSV or XLSX do as well. You see what comes in before anything is written."
        ),
    ),
    Step(
        mark("How your customers are reminded"),
        mark("These steps are ready. A debt that is new to us begins gently, whatever its age."),
    ),
    Step(
        mark("Nothing leaves before you say so"),
        mark(
            "Until then each run is a rehearsal: you read every message, word for word, and nothing is sent. "
            "What was rehearsed is never sent later, and never counts as a reminder."
        ),
    ),
)
IMPORT, SCENARIO, LIVE = 2, 3, 4
"""The steps that are read rather than filled in."""


class Reading(Static, can_focus=True):
    """What is read at a step; it holds the focus."""


class WelcomeScreen(CrmScreen):
    """The first steps, one after the other; each can wait."""

    ABOUT = mark("The first steps: each can wait, and be taken again from the palette.")
    DEFAULT_CSS = """
    WelcomeScreen #body { padding: 2 2 0 2; }
    WelcomeScreen.-short #body { padding: 0 1; }
    WelcomeScreen #body Static { padding: 0 1; height: auto; }
    WelcomeScreen #lead { color: $muted; margin: 0 0 1 0; max-width: 84; }
    WelcomeScreen #count { margin: 0 0 1 0; }
    WelcomeScreen.-short #count, WelcomeScreen.-short #lead { margin: 0; }
    WelcomeScreen ActionForm { max-width: 96; }
    WelcomeScreen .row > Entry, WelcomeScreen .row > ChoiceEntry { background: $surface; }
    WelcomeScreen #reading { max-width: 96; }
    WelcomeScreen PreviewCard { display: none; }
    WelcomeScreen.-carded PreviewCard { display: block; }
    WelcomeScreen.-carded #place { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", mark("go on")),
        verb("import_file", label=mark("import a file")),
        verb("view", "example", label=mark("see the example company")),
        Binding("escape", "leave", mark("later")),
    ]

    @dataclass
    class Known(Message):
        """What is known of us already."""

        card: CompanyCard

    @dataclass
    class Previewed(Message):
        """The answers hold; this is what a yes will record."""

        preview: Preview[Any]
        card: Card

    @dataclass
    class Recorded(Message):
        """It is written."""

        entry_id: int | None
        receipt: str

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._place = 0
        self._preview: Preview[Any] | None = None
        self._company: CompanyCard | None = None

    def body(self) -> ComposeResult:
        """How far it is, the question, and the place of its form."""
        with VerticalScroll(can_focus=False):
            yield Static(id="count", markup=False)
            yield Static(id="title", markup=False)
            yield Static(id="lead", markup=False)
            yield Vertical(id="place")
            yield PreviewCard()

    def on_mount(self) -> None:
        """See what is known already."""
        self.query_one("#place").styles.height = "auto"
        self.ask(ShowCompany(), self.Known, topic="company", awaited=True)

    @on(Known)
    async def _known(self, message: Known) -> None:
        self._company = message.card
        await self._show()

    @property
    def _step(self) -> Step:
        return STEPS[self._place]

    async def _show(self) -> None:
        """Put up the step one is at."""
        step = self._step
        self._preview = None
        self.remove_class("-carded")
        of = _("{place} of {count}").format(place=self._place + 1, count=len(STEPS))
        count = Content.assemble((of, "$muted"), "  ", gauge((self._place + 1) / len(STEPS), _GAUGE))
        self.query_one("#count", Static).update(count)
        self.query_one("#title", Static).update(Content.styled(_(step.title), "bold"))
        self.query_one("#lead", Static).update(_(step.lead))
        place = self.query_one("#place", Vertical)
        await place.remove_children()
        if step.kind is not None:
            form = ActionForm(step.kind, self._form_fields(step), self._texts(), self.crm.clock.today())
            await place.mount(form)
            form.begin()
        else:
            reading = Reading(self._reading(), id="reading", markup=False)
            await place.mount(reading)
            reading.focus()
        self.refresh_bindings()

    @staticmethod
    def _form_fields(step: Step) -> list[Any]:
        assert step.kind is not None
        return [field for name in step.fields for field in form_fields(step.kind) if field.name == name]

    def _texts(self) -> dict[str, str]:
        """What is known already; the usual terms where nothing is."""
        company = self._company.company if self._company else None
        if self._place or company is None:
            return {"payment_terms": "30"} if not self._place else {}
        return {name: str(getattr(company, name) or "") for name in self._step.fields}

    def _reading(self) -> Content:
        if self._place == SCENARIO:
            return scenario_content()
        if self._place == LIVE:
            return live_content(bool(self.crm.settings.smtp_host))
        return Content.assemble(
            ("i ", "bold"), (_("import a file"), ""), "\n", ("v ", "bold"), _("see the example company")
        )

    # What is answered

    @property
    def _form(self) -> ActionForm:
        return self.query_one(ActionForm)

    @on(ActionForm.Ready)
    async def _filled(self, message: ActionForm.Ready) -> None:
        if not message.action.model_dump(exclude_defaults=True):
            self._form.tell({"name": _("Your company's name is missing.")})
            return
        self._propose(message.action)

    @on(ActionForm.Left)
    def _left(self) -> None:
        self.action_leave()

    def _propose(self, action: Action[Any]) -> None:
        today = self.crm.clock.today()

        def preview() -> Message:
            seen = self.crm.runner.preview(action, self.crm.actor)
            return self.Previewed(seen, card_of(seen, today))

        self.in_background(preview, topic="preview")

    @on(Previewed)
    def _show_card(self, message: Previewed) -> None:
        self._preview = message.preview
        card = self.query_one(PreviewCard)
        card.show(message.card)
        self.add_class("-carded")
        card.focus()
        card.scroll_visible(animate=False)

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        if message.topic == "company":
            self.say_line.tell(sentence(message.error), "✗", "$late3")
            return
        self.remove_class("-carded")
        self._form.tell({"": sentence(message.error)})

    @on(PreviewCard.Accepted)
    def _commit(self) -> None:
        preview = self._preview
        if preview is None:
            return
        self._preview = None

        def commit() -> Message:
            done = self.crm.runner.commit(preview, self.crm.actor)
            return self.Recorded(done.entry_id, receipt_of(done.action, done.result, done.changes))

        self.record(commit, topic="commit")

    @on(Recorded)
    async def _recorded(self, message: Recorded) -> None:
        self.shell.committed(message.entry_id, message.receipt)
        self.say_line.tell(message.receipt, "✓", "$ok")
        await self._go_on()

    @on(PreviewCard.ToChange)
    @on(PreviewCard.Declined)
    def _change(self) -> None:
        self._preview = None
        self.remove_class("-carded")
        self._form.begin()

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A file is brought in at its step."""
        if action in {"import_file", "example"}:
            return self._place == IMPORT
        if action == "next":
            return self._step.kind is None
        return super().check_action(action, parameters)

    async def action_next(self) -> None:
        """The next step; after the last, the terminal."""
        await self._go_on()

    async def _go_on(self) -> None:
        if self._place + 1 < len(STEPS):
            self._place += 1
            await self._show()
        else:
            self.dismiss()

    @on(ActionForm.Blank)
    async def _nothing_typed(self) -> None:
        """The account can wait: enter on an empty form goes on."""
        if self._step.kind is AddCompanyAccount:
            await self._go_on()

    def action_import_file(self) -> None:
        """Bring a file in, then go on."""
        self.shell.open_place("import")

    def action_example(self) -> None:
        """Show how the example company is opened."""
        from crm.tui.screens.how_to import HowToPanel

        self.open_panel(HowToPanel.example(self.crm))

    def action_leave(self) -> None:
        """Go on without; the steps stay in the palette."""
        self.dismiss()


def scenario_content() -> Content:
    """The steps of the default scenario, one a line."""
    scenario = default_scenario()
    lines = []
    for step in scenario.steps:
        day = _("{days} days before") if step.offset < 0 else _("{days} days after")
        mode = {
            Mode.AUTOMATIC: _("leaves by itself"),
            Mode.CONFIRM: _("you confirm it"),
            Mode.MANUAL: _("you do it"),
        }[step.mode]
        lines.append(
            Content.assemble(
                (f"{day.format(days=abs(step.offset)):<18}", "$muted"),
                (f"{'●' * step.level + '○' * (4 - step.level)}  ", "$muted"),
                (f"{_(LEVELS[step.level]):<36}", "bold"),
                (f"{choice_words(step.channel)}, {mode}", "$muted"),
            )
        )
    gap = _("At least {days} days between two messages to one customer.").format(days=scenario.gap_days)
    return Content.assemble(Content("\n").join(lines), "\n\n", (gap, ""))


def live_content(mail_server: bool) -> Content:
    """How the first message leaves."""
    parts: list[Any] = [("5 ", "bold"), (_("Reminders: read the messages of the day one by one"), ""), "\n"]
    server = (
        _("a mail server is told")
        if mail_server
        else _("tell the mail server: CRM_SMTP_HOST, CRM_SMTP_USERNAME, CRM_SMTP_PASSWORD, CRM_MAIL_FROM")
    )
    parts += [("✓ " if mail_server else "○ ", "$ok" if mail_server else "$muted"), (server, ""), "\n"]
    parts += [("○ ", "$muted"), (_("then: crm go-live --channel email, or “go live” in the palette (ctrl+p)"), "")]
    return Content.assemble(*parts)

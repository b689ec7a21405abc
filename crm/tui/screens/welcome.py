"""The first questions: who we are. Three fields, then the card, then yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static

from crm.core.errors import Invalid
from crm.core.i18n import _, mark
from crm.customers.actions import CompanyCard, UpdateCompany
from crm.law.terms import PaymentTerms
from crm.tui.base import CrmScreen
from crm.tui.cells import NB
from crm.tui.widgets.preview_card import CardField, PreviewCard
from crm.tui.widgets.say_line import Field

if TYPE_CHECKING:
    from crm.bootstrap import Crm
    from crm.core.runner import Preview

_NAMES = ("name", "siren", "terms")


class Answer(Field):
    """A field of the form: up and down move between the fields."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", mark("next")),
        Binding("up", "app.focus_previous", mark("move"), show=False),
        Binding("down", "app.focus_next", mark("move"), show=False),
        Binding("escape", "screen.later", mark("later")),
    ]


class WelcomeScreen(CrmScreen):
    """Company, SIREN, payment terms."""

    AUTO_FOCUS = "#name"
    DEFAULT_CSS = """
    WelcomeScreen #body { padding: 2 2 0 2; }
    WelcomeScreen.-short #body { padding: 0 2; }
    WelcomeScreen .lead { margin: 0 0 1 0; height: auto; }
    WelcomeScreen .row { height: 1; width: 70; max-width: 100%; }
    WelcomeScreen .label { width: 20; color: $muted; }
    WelcomeScreen .hint { color: $muted; margin: 0 0 1 20; height: auto; max-width: 56; }
    WelcomeScreen .row > Answer { background: $surface; padding: 0 1; }
    WelcomeScreen .row > Answer:focus { background: $raised; }
    WelcomeScreen.-short .hint { margin: 0 0 0 20; }
    WelcomeScreen.-short .lead { margin: 0; }
    WelcomeScreen.-short .row { margin: 1 0 0 0; }
    WelcomeScreen #trouble { display: none; color: $late3; margin: 0 0 0 20; height: auto; max-width: 56; }
    WelcomeScreen PreviewCard { display: none; }
    """

    @dataclass
    class Previewed(Message):
        """The answers hold; this is what a yes will record."""

        action: UpdateCompany
        terms: str
        preview: Preview[CompanyCard]

    @dataclass
    class Recorded(Message):
        """It is written."""

        name: str

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._preview: Preview[CompanyCard] | None = None
        self.trouble = ""
        """What an answer cannot be, in words."""

    def body(self) -> ComposeResult:
        """Three questions, and the card that comes from the answers."""
        labels = (_("Company"), _("SIREN"), _("Payment terms"))
        hints = (
            _("its name, as on your invoices"),
            _("nine digits; may wait"),
            _("30 days, 60 days, 45 days end of month method A or B…"),
        )
        with VerticalScroll(can_focus=False):
            yield Static(_("Hello. Three questions and you can start."), markup=False, classes="title")
            yield Static(_("Who are you to your customers?"), markup=False, classes="lead muted")
            for name, label, hint in zip(_NAMES, labels, hints, strict=True):
                with Horizontal(classes="row"):
                    yield Static(label, markup=False, classes="label")
                    yield Answer(id=name, value=_("30 days") if name == "terms" else "")
                yield Static(hint, markup=False, classes="hint")
            yield Static(id="trouble", markup=False)
            yield PreviewCard()

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Answer).value.strip()

    @on(Input.Changed)
    def _changed(self) -> None:
        self._take_card_away()

    @on(Input.Submitted)
    def _next(self, message: Input.Submitted) -> None:
        place = _NAMES.index(message.input.id or "")
        if place + 1 < len(_NAMES):
            self.query_one(f"#{_NAMES[place + 1]}").focus()
        else:
            self._propose()

    def _propose(self) -> None:
        fields = {"name": self._typed("name"), "siren": self._typed("siren"), "payment_terms": self._typed("terms")}

        def preview() -> Message:
            if not fields["name"]:
                raise Invalid(_("Your company's name is missing."), next_step=_("The letters carry it."))
            terms = PaymentTerms.parse(fields["payment_terms"]).shown() if fields["payment_terms"] else ""
            action = UpdateCompany(**{name: value for name, value in fields.items() if value})
            return self.Previewed(action, terms, self.crm.runner.preview(action, self.crm.actor))

        self.in_background(preview, topic="preview")

    @on(Previewed)
    def _show_card(self, message: Previewed) -> None:
        self._preview = message.preview
        action = message.action
        card = self.query_one(PreviewCard)
        card.show(
            _("Record your company"),
            [
                CardField(_("Name"), action.name or "", strong=True),
                CardField(_("SIREN"), _grouped(action.siren) if action.siren else _("not told")),
                CardField(_("Payment terms"), message.terms or _("not told"), strong=True),
            ],
            [_("due dates that an invoice does not tell follow these terms")],
        )
        card.display = True
        card.focus()
        card.scroll_visible(animate=False)

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        self._take_card_away()
        error = message.error
        self.trouble = f"✗ {error.message} {error.next_step}".strip()
        trouble = self.query_one("#trouble", Static)
        trouble.update(self.trouble)
        trouble.display = True

    def _take_card_away(self) -> None:
        self._preview = None
        self.query_one(PreviewCard).display = False
        self.query_one("#trouble", Static).display = False

    @on(PreviewCard.Accepted)
    def _commit(self) -> None:
        preview = self._preview
        if preview is None:
            return

        def commit() -> Message:
            done = self.crm.runner.commit(preview, self.crm.actor)
            return self.Recorded(done.result.name)

        self.in_background(commit, topic="commit")

    @on(Recorded)
    def _recorded(self, message: Recorded) -> None:
        self._leave(_("{name} is recorded.").format(name=message.name))

    @on(PreviewCard.ToChange)
    def _change(self) -> None:
        self._take_card_away()
        self.query_one("#name").focus()

    @on(PreviewCard.Declined)
    def action_later(self) -> None:
        """Go on without; the questions come back next time."""
        self._leave("")

    def _leave(self, receipt: str) -> None:
        below = self.app.screen_stack[-2]
        self.dismiss()
        if receipt and isinstance(below, CrmScreen):
            below.say_line.tell(receipt, "✓", "$ok")


def _grouped(siren: str) -> str:
    digits = "".join(char for char in siren if char.isdigit())
    return NB.join(digits[place : place + 3] for place in range(0, len(digits), 3))

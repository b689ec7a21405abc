"""The palette: every key of the screen, every action, every place and every customer, found while one types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from crm.core.actions import Action, Effect
from crm.core.i18n import _, mark
from crm.core.names import name_key
from crm.portfolio.search import CustomerRow, SearchCustomers
from crm.tui.base import CrmScreen, Shell
from crm.tui.cells import amount, clean
from crm.tui.panel import SidePanel
from crm.tui.screens.help import Command, commands_of
from crm.tui.sections import PLACES, SECTIONS
from crm.tui.widgets.say_line import Field
from crm.tui.widgets.sheet_table import SheetTable, TableColumn
from crm.tui.words import action_words

if TYPE_CHECKING:
    from crm.bootstrap import Crm

Pick = Callable[[Shell], None]
"""What is done once the palette is closed."""

_MOVES = ("move", "page", "first", "last", "app.focus", "app.palette", "app.say", "palette", "go(")
"""What has no place under “here”: moving about, the palette itself, and the sections, which stand under “go to”."""
_CUSTOMERS = 12
SYNONYMS = {
    "today": mark("start, to do"),
    "invoices": mark("aged balance, receivables"),
    "reconcile": mark("bank, payments, reconciliation"),
    "reminders": mark("dunning, letters, follow-up"),
    "proposals": mark("suggestions, decisions"),
    "plans": mark("instalments, schedules"),
    "kpis": mark("indicators, statistics, dashboard"),
    "penalties": mark("interest, indemnity"),
    "exposure": mark("credit limits, orders"),
    "residuals": mark("gaps, remainders"),
    "doubtful": mark("impairment, losses"),
    "limitations": mark("time limits, too late"),
    "journal": mark("history, who did what"),
    "no-address": mark("unreachable, no e-mail"),
    "assumptions": mark("assumptions, hypotheses"),
    "risk": mark("score, probability"),
    "scenario": mark("steps, dunning levels"),
    "rehearsal": mark("simulation, dry run"),
    "outbox": mark("sent messages, mail"),
    "settings": mark("options, preferences, company"),
    "first-steps": mark("wizard, welcome, set up"),
}
"""Screen → other words it is looked for by."""


class NameField(Field):
    """The field of the palette."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", mark("open")),
        Binding("escape", "screen.close", mark("back")),
    ]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that answers to a name; a head when it cannot be picked."""

    label: str
    about: str = ""
    pick: Pick | None = None
    words: str = ""
    """What it is found by, beyond its label."""


def _rank(entry: Entry, wanted: Sequence[str]) -> int:
    """How well an entry answers: 0 its name begins so, 1 its words do, 2 they hold it, 3 not at all."""
    said = name_key(f"{entry.label} {entry.words}")
    if wanted and name_key(entry.words).startswith(" ".join(wanted)):
        return 0
    if all(any(word.startswith(part) for word in said.split()) for part in wanted):
        return 1
    return 2 if all(part in said for part in wanted) else 3


class PalettePanel(SidePanel):
    """Everything by its name."""

    DEFAULT_CSS = """
    PalettePanel SheetTable { height: 1fr; margin: 1 0 0 0; }
    PalettePanel Field { margin: 1 0 0 1; }
    PalettePanel.-short SheetTable, PalettePanel.-short Field { margin: 0 0 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", mark("move"), show=False),
        Binding("down", "move(1)", mark("move"), show=False),
        Binding("pageup", "page(-1)", mark("move"), show=False),
        Binding("pagedown", "page(1)", mark("move"), show=False),
    ]

    @dataclass
    class Found(Message):
        """These customers answer to the words."""

        words: str
        rows: Sequence[CustomerRow]

    def __init__(self, crm: Crm, screen: CrmScreen, *, about: bool = False, customers_only: bool = False) -> None:
        super().__init__(crm)
        self._subject = screen.subject
        self._about = about
        self._customers_only = customers_only
        self._customers: Sequence[CustomerRow] = ()
        here = [command for command in commands_of(screen) if not command.action.startswith(_MOVES)]
        self._groups: Sequence[tuple[str, Sequence[Entry]]] = ()
        if not customers_only:
            self._groups = (
                (_("Here"), [self._command(command) for command in here]),
                (_("Go to"), list(self._places())),
                (_("Actions"), list(self._actions())),
            )

    def body(self) -> ComposeResult:
        """A field, and what answers to it."""
        yield Static(self._title(), markup=False)
        yield NameField(placeholder=_("a name, a town, a number, an e-mail") if self._customers_only else _("a word"))
        yield SheetTable[Entry](heading=False)

    def _title(self) -> Content:
        if self._customers_only:
            return Content.styled(_("Find a customer"), "bold")
        if self._about and self._subject.customer:
            about = _("about {name}").format(name=clean(self._subject.invoice or self._subject.name))
            return Content.assemble((_("What do you want to do?"), "bold"), ("  " + about, "$muted"))
        return Content.styled(_("Every action and every customer by name"), "bold")

    def on_mount(self) -> None:
        """Show them all, the field in focus."""
        self.query_one(SheetTable).can_focus = False
        self._show("")
        self.query_one(Field).focus()

    # What there is

    @staticmethod
    def _command(command: Command) -> Entry:
        def pick(shell: Shell) -> None:
            shell.run_command(command.action, command.node)

        return Entry(command.label, "  ".join(command.keys[:2]), pick)

    def _places(self) -> Iterator[Entry]:
        for section in SECTIONS:
            yield Entry(_(section.name), section.digit, partial(_go, section.digit), _(SYNONYMS.get(section.word, "")))
        for place in PLACES:
            if place.needs and place.needs not in self.crm.registry:
                continue
            yield Entry(_(place.name), "", partial(_open_place, place.word), _(SYNONYMS.get(place.word, "")))

    def _actions(self) -> Iterator[Entry]:
        for kind in self.crm.registry:
            if self.may(kind):
                yield Entry(action_words(kind), "", self._run(kind), kind.action_name().replace("_", " "))

    def _run(self, kind: type[Action[Any]]) -> Pick:
        given = self._subject.given(kind)
        needed = {name for name, info in kind.model_fields.items() if info.is_required()}

        def pick(shell: Shell) -> None:
            if kind.action_name() == "import_data":
                shell.open_place("import")
            elif kind.effect is Effect.READ and needed <= given.keys():
                shell.look(kind.model_validate(given))
            else:
                shell.propose(kind, given, ask=kind.action_name() != "undo")

        return pick

    def _customer(self, row: CustomerRow) -> Entry:
        about = "  ".join(filter(None, (row.city, amount(row.owed.overdue, row.owed.currency))))
        return Entry(row.name or row.number, about, lambda shell: shell.open_customer(row.number))

    # What answers

    def _show(self, words: str) -> None:
        wanted = name_key(words).split()
        entries: list[Entry | None] = []
        ranks = {id(entry): _rank(entry, wanted) for _title, group in self._groups for entry in group}
        # A word within a word counts only where nothing begins as typed: “go live” is no “let go … deliver”.
        most = 1 if min(ranks.values(), default=0) <= 1 else 2
        for title, group in self._groups:
            found = sorted((entry for entry in group if ranks[id(entry)] <= most), key=lambda entry: ranks[id(entry)])
            if found:
                entries += [Entry(title), *found]
        if self._customers:
            people: list[Entry] = [Entry(_("Customers")), *(self._customer(row) for row in self._customers)]
            entries = [*people, *entries] if self._customers_only or self._names_first(wanted) else [*entries, *people]
        keys = min(28, max((len(entry.about) for entry in entries if entry), default=0))
        columns: list[TableColumn[Entry]] = [
            TableColumn(_("Action"), 40, lambda entry: clean(entry.label), most=200, lead=True),
            TableColumn(_("Key"), keys, lambda entry: entry.about, "$muted", right=True, leaves=1),
        ]
        nothing = _("Nobody answers to it. Part of a name, a town, a number or an e-mail is enough.")
        if not self._customers_only:
            nothing = _("Nothing answers to it. One word of an action, a screen or a customer is enough.")
        self.query_one(SheetTable).show(entries, columns, nothing=nothing if words else "", head_of=_head)

    def _names_first(self, wanted: Sequence[str]) -> bool:
        """A customer whose name begins as typed stands before actions that merely hold the word."""
        return bool(wanted) and any(name_key(row.name).startswith(wanted[0]) for row in self._customers)

    def action_move(self, step: int) -> None:
        """Select another while the field keeps the focus."""
        self.query_one(SheetTable).action_move(step)

    def action_page(self, direction: int) -> None:
        """Select one a page away."""
        self.query_one(SheetTable).action_page(direction)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        words = event.value.strip()
        if not words:
            self._customers = ()
        self._show(words)
        if words:
            self.in_background(lambda: self._find(words), topic="customers", awaited=True)

    def _find(self, words: str) -> Message:
        runner, actor = self.crm.runner, self.crm.actor
        rows = runner.read(SearchCustomers(text=words, limit=_CUSTOMERS, names_only=True), actor).rows
        if not rows:
            rows = runner.read(SearchCustomers(text=words, limit=_CUSTOMERS), actor).rows
        return self.Found(words, rows)

    @on(Found)
    def _found(self, message: Found) -> None:
        if message.words == self.query_one(Field).value.strip():
            self._customers = message.rows
            self._show(message.words)

    @on(SidePanel.Failed)
    def _failed(self, message: SidePanel.Failed) -> None:
        self._customers = ()

    @on(Input.Submitted)
    def _chosen(self) -> None:
        self.query_one(SheetTable).action_open()

    @on(SheetTable.Opened)
    def _picked(self, event: SheetTable.Opened[Entry]) -> None:
        self.dismiss(event.row.pick)


def _go(digit: str, shell: Shell) -> None:
    shell.go(digit)


def _open_place(word: str, shell: Shell) -> None:
    shell.open_place(word)


def _head(entry: Entry) -> Content | None:
    return Content.styled(entry.label, "bold $muted") if entry.pick is None else None

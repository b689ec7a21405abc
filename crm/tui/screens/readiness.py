"""Before anything leaves: whom no message reaches, and what is taken for true about what is owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from crm.core.actions import Action
from crm.core.basics import ExportData
from crm.core.errors import Invalid, OutsideFault
from crm.core.i18n import _, mark, plural
from crm.core.spreadsheets import write_sheet
from crm.customers.actions import UpdateContact
from crm.followup.actions.assumptions import KINDS, ConfirmAssumptions, ListDebtorsWithoutAddress, ReviewAssumptions
from crm.tui.base import CrmScreen, sentence
from crm.tui.cells import clean
from crm.tui.keys import verb
from crm.tui.screens.importing import typed_path
from crm.tui.screens.lists import ListScreen
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable

ADDRESS, FILE = "address", "file"
"""What the say line asks here."""
_WRITTEN: Mapping[str, Literal["csv", "xlsx", "json"]] = {".csv": "csv", ".xlsx": "xlsx", ".json": "json"}


class NoAddressScreen(ListScreen):
    """Debtors whom no message reaches: `m` gives one an address, a file takes and brings many."""

    ABOUT = mark("Whom no message reaches: m gives an address; w writes the list to fill in, i takes it back.")
    TITLE_WORDS = mark("Debtors without an address")
    ITEMS = "customers"
    EMPTY = (
        mark("Every debtor has an address."),
        mark("Whoever loses it, by a refused message for instance, comes here."),
    )
    NEEDS_LIST = ListScreen.NEEDS_LIST | {"change", "write_file"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("change", label=mark("give an address")),
        Binding("w", "write_file", mark("write to a file"), tooltip=mark("write the list to a file, to fill in")),
        verb("import_file", label=mark("take a file back"), told=mark("take the file back, its addresses filled in")),
    ]

    @dataclass
    class Kept(Message):
        """The list is in a file."""

        path: Path
        rows: int

    def question(self) -> Action[Any]:
        """All of them."""
        return ListDebtorsWithoutAddress()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An address is given to somebody."""
        if action == "change":
            return bool(self.subject.customer) and not self.noticed and self.may(UpdateContact)
        return super().check_action(action, parameters)

    def action_change(self) -> None:
        """Ask for the selected customer's address; the card comes next."""
        self.say_line.ask(ADDRESS, _("E-mail of {name}:").format(name=clean(self.subject.name)))

    def action_write_file(self) -> None:
        """Ask where to; a file that is there already is left alone."""
        name = _("debtors-without-address") + ".xlsx"
        self.say_line.ask(FILE, _("Write to:"), value=str(Path.cwd() / name))

    def action_import_file(self) -> None:
        """Bring the file back in."""
        self.shell.open_place("import")

    @on(SayLine.Answered)
    def _given(self, message: SayLine.Answered) -> None:
        words = message.words.strip()
        if message.topic == ADDRESS:
            self.end_question()
            if words:
                self.propose(UpdateContact, email=words)
        elif message.topic == FILE:
            self.end_question()
            if words:
                self._write(typed_path(words))

    def _write(self, path: Path) -> None:
        def write() -> Message:
            written_as = _WRITTEN.get(path.suffix)
            if written_as is None:
                raise Invalid(_("A file's name ends in .csv, .xlsx or .json here."))
            asked = ExportData(dataset="debtors_without_address", format=written_as)
            exported = self.crm.runner.read(asked, self.crm.actor)
            try:
                with path.open("xb") as stream:
                    return self.Kept(path, write_sheet(stream, exported.sheet, written_as))
            except FileExistsError:
                raise Invalid(_("{path} is there already: give another name.").format(path=path)) from None
            except OSError as error:
                told = _("{path} cannot be written: {reason}.").format(path=path, reason=error.strerror)
                raise OutsideFault(told) from error

        self.in_background(write, topic=FILE)

    @on(Kept)
    def _told(self, message: Kept) -> None:
        count = plural("{count} customer", "{count} customers", message.rows)
        told = _("{count} in {path}. Fill in the column email; i takes the file back.")
        self.say_line.tell(told.format(count=count, path=message.path), "✓", "$ok")

    @on(CrmScreen.Failed)
    def _not_written(self, message: CrmScreen.Failed) -> None:
        if message.topic == FILE:
            message.prevent_default()  # the list itself is there
            self.say_line.tell(sentence(message.error), "✗", "$late3")


class AssumptionsScreen(ListScreen):
    """What is assumed: `o` it is so, `m` other terms, `n` it is owed all the same."""

    ABOUT = mark("What is taken for true about what is owed. Settle it before the first reminders leave.")
    TITLE_WORDS = mark("What is assumed")
    ITEMS = "assumptions"
    EMPTY = (
        mark("Nothing is assumed."),
        mark("Due dates counted by terms and payments outside the books come here with an accounting file."),
    )
    NEEDS_LIST = ListScreen.NEEDS_LIST | {"accept", "accept_all", "change", "refuse"}
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", label=mark("it is so"), told=mark("it is so: these due dates hold, these items are paid")),
        verb("accept_all", label=mark("all of this kind"), told=mark("it is so for everybody, of the selected kind")),
        verb("refuse", label=mark("it is owed"), told=mark("it is owed all the same: reminders about it may leave")),
        verb("change", label=mark("other terms"), told=mark("count this customer's due dates by other terms")),
    ]
    _SETTLED = frozenset({"due_dates", "settled_outside"})

    def question(self) -> Action[Any]:
        """All of it, the most certain to matter first."""
        return ReviewAssumptions()

    @property
    def _kind(self) -> str:
        return str(self.item.get("kind") or "")

    def _head(self) -> Content:
        head = super()._head()
        counts = Counter(str(item["kind"]) for item in self._items)
        told = " · ".join(f"{count} {_(KINDS[kind]).lower()}" for kind, count in counts.items())
        return (
            Content.assemble((_(self.TITLE_WORDS), "bold"), ("  ", ""), (told, "$muted")) if not self._words else head
        )

    @on(SheetTable.Highlighted, "#rows")
    def _say(self) -> None:
        self.say_line.rest(Content(clean(str(self.item.get("sentence") or ""))))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Each kind has its answers; the others are only looked at."""
        here = not self.noticed and self.may(ConfirmAssumptions)
        match action:
            case "accept" | "accept_all":
                return here and self._kind in self._SETTLED
            case "refuse":
                return here and self._kind == "settled_outside"
            case "change":
                return here and self._kind == "due_dates"
        return super().check_action(action, parameters)

    def _settle(self, answer: str, *, everybody: bool = False) -> None:
        given: dict[str, Any] = {"kind": self._kind}
        if self._kind == "settled_outside":
            given["answer"] = answer
        if not everybody:
            given["customer"] = self.subject.customer
        self.shell.propose(ConfirmAssumptions, given)

    def action_accept(self) -> None:
        """It is so for this customer."""
        self._settle("paid")

    def action_accept_all(self) -> None:
        """It is so for everybody."""
        self._settle("paid", everybody=True)

    def action_refuse(self) -> None:
        """It is owed all the same."""
        self._settle("owed")

    def action_change(self) -> None:
        """Ask for the terms that hold."""
        self.shell.propose(ConfirmAssumptions, {"kind": "due_dates", "customer": self.subject.customer}, ask=True)

"""Settings: who we are, what works and what does not, and every option of the installation with where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from crm.core.i18n import _, mark
from crm.core.money import Money
from crm.core.settings import SettingLine, settings_file
from crm.core.sheets import bare
from crm.customers.actions import AddCompanyAccount, CompanyCard, ShowCompany, UpdateCompany
from crm.tui.base import CrmScreen, NoticedScreen
from crm.tui.cells import clean
from crm.tui.headlines import not_read
from crm.tui.keys import verb
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.sheet_table import SheetTable, TableColumn
from crm.tui.widgets.two_ends import TwoEnds
from crm.tui.words import full_words

if TYPE_CHECKING:
    from crm.bootstrap import Crm
    from crm.doctor import Check

_SIGNS = {"ok": ("✓", "$ok"), "warning": ("·", "$late1"), "failed": ("✗", "$late3")}
_ORIGINS = {
    "option": mark("command line"),
    "environment": mark("environment"),
    "file": mark("file"),
    "default": mark("default"),
}
_HEADS = {"company": mark("Our company"), "checks": mark("What was tried"), "settings": mark("Settings")}


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line: what it is, what it holds, what is to be known about it. A head has a group's name alone."""

    group: str
    name: str = ""
    value: str = ""
    about: str = ""
    glyph: str = " "
    style: str = ""
    head: bool = False


class SettingsScreen(NoticedScreen):
    """Company, checks, options."""

    ABOUT = mark("Who we are, what works and what does not, and every option with its origin.")
    NEEDS_LIST = frozenset({"change", "add"})
    AUTO_FOCUS = "#rows"
    DEFAULT_CSS = """
    SettingsScreen #body { padding: 1 1 0 1; }
    SettingsScreen.-narrow #body, SettingsScreen.-short #body { padding: 0 1; }
    SettingsScreen #rows { height: 1fr; margin: 1 0 0 0; }
    SettingsScreen.-short #rows { margin: 0; }
    SettingsScreen Notice { display: none; margin: 2 0 0 0; }
    SettingsScreen.-noticed #rows { display: none; }
    SettingsScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("change", label=mark("change the company")),
        verb("add", label=mark("add an account")),
        verb("back"),
    ]

    @dataclass
    class Loaded(Message):
        """Everything has been read and tried."""

        card: CompanyCard
        checks: Sequence[Check]
        lines: Sequence[SettingLine]

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self._card: CompanyCard | None = None

    def body(self) -> ComposeResult:
        """Head and rows."""
        yield TwoEnds(id="head")
        yield SheetTable[SettingRow](id="rows", heading=False)
        yield Notice()

    def on_mount(self) -> None:
        """The title stands at once."""
        title = Content.assemble((_("Settings"), "bold"), ("  " + str(settings_file()), "$muted"))
        self.query_one("#head", TwoEnds).show(title)
        self._table.await_rows(setting_columns())

    @property
    def _table(self) -> SheetTable[SettingRow]:
        return self.query_one("#rows", SheetTable)

    def reload(self) -> None:
        """Read and try everything again."""
        crm = self.crm

        def read() -> Message:
            from crm.doctor import examine

            card = crm.runner.read(ShowCompany(), crm.actor)
            checks = examine(crm.settings.database_url or None, crm.clock.today().isoformat())
            return self.Loaded(card, checks, crm.settings.described())

        self.in_background(read, topic="settings")

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        self._card = message.card
        if self.end_notice():
            self._table.focus()
        rows = [*company_rows(message.card), *check_rows(message.checks), *setting_rows(message.lines)]
        self._table.opens = False
        self._table.show(rows, setting_columns(), cursor=self._table.cursor, head_of=_head)

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        self.notice(not_read(message.error), message.error)

    @on(SheetTable.Highlighted, "#rows")
    def _selected(self, message: SheetTable.Highlighted[SettingRow]) -> None:
        row = message.row
        self.say_line.rest(Content(clean(" · ".join(filter(None, (row.name, row.value, row.about))))))

    def on_resize(self) -> None:
        """Wide and narrow have different columns."""
        if self._table.rows:
            rows = self._table.rows
            self._table.show(rows, setting_columns(), cursor=self._table.cursor, head_of=_head)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that is not this person's is absent."""
        if action in {"change", "add"} and not self.may(UpdateCompany if action == "change" else AddCompanyAccount):
            return False
        return super().check_action(action, parameters)

    def action_change(self) -> None:
        """Change who we are; what is known stands in the form."""
        company = self._card.company if self._card else None
        known = {}
        if company is not None:
            fields = set(UpdateCompany.model_fields) - {"capital"}
            known = {name: value for name in fields if (value := getattr(company, name))}
            if company.capital_cents is not None:
                known["capital"] = Money(company.capital_cents)
        self.propose(UpdateCompany, ask=True, **known)

    def action_add(self) -> None:
        """Add a bank account of ours."""
        self.propose(AddCompanyAccount, ask=True)

    def action_back(self) -> None:
        """Back to the screen below."""
        self.dismiss()


def company_rows(card: CompanyCard) -> list[SettingRow]:
    """Who we are, as far as it was told."""
    rows = [SettingRow("company", head=True)]
    for label, value in card.as_sheet().rows:
        rows.append(SettingRow("company", full_words(bare(label)), full_words(bare(value))))
    if not card.known:
        rows.append(SettingRow("company", _("Name"), _("not told yet"), _("m tells it"), "·", "$late1"))
    elif not card.accounts:
        rows.append(
            SettingRow("company", _("Account"), _("none yet"), _("+ adds one: letters carry it"), "·", "$late1")
        )
    return rows


def check_rows(checks: Sequence[Check]) -> list[SettingRow]:
    """What was tried, and what to do where it failed."""
    rows = [SettingRow("checks", head=True)]
    for check in checks:
        glyph, style = _SIGNS[check.state]
        rows.append(SettingRow("checks", check.name, check.message, check.next_step, glyph, style))
    return rows


def setting_rows(lines: Sequence[SettingLine]) -> list[SettingRow]:
    """Every option, its value, its meaning and its origin."""
    found = [SettingRow("settings", head=True)]
    for line in lines:
        about = f"{line.meaning} ({_(_ORIGINS[line.origin.value])})"
        found.append(SettingRow("settings", line.env, line.value, about))
    return found


def setting_columns() -> list[TableColumn[SettingRow]]:
    """Sign, name, value, meaning."""
    return [
        TableColumn("", 1, lambda row: row.glyph, lambda row: row.style),
        TableColumn("", 24, lambda row: clean(row.name), "$muted", most=30, lead=True),
        TableColumn("", 24, lambda row: clean(row.value), most=44),
        TableColumn("", 30, lambda row: clean(row.about), "$muted", most=160, leaves=1),
    ]


def _head(row: SettingRow) -> Content | None:
    return Content.styled(_(_HEADS[row.group]), "bold") if row.head else None

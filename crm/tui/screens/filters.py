"""Ready filters with their counts, and the views a person has kept: one key picks, `+` keeps the present one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from crm.core.i18n import _, mark
from crm.portfolio.search import Only, SearchCustomers
from crm.tui.cells import clean
from crm.tui.keys import verb
from crm.tui.panel import SidePanel
from crm.tui.rosters import FILTERS, ORDERS
from crm.tui.views import View, keep_views, kept_views
from crm.tui.widgets.say_line import Field
from crm.tui.widgets.sheet_table import SheetTable, TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm


class ViewName(Field):
    """The name under which a view is kept."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", mark("keep")),
        Binding("escape", "screen.unname", mark("leave")),
    ]


class FilterPanel(SidePanel):
    """What a list of customers can be narrowed to."""

    DEFAULT_CSS = """
    FilterPanel SheetTable { height: 1fr; margin: 1 0 0 0; }
    FilterPanel ViewName { display: none; margin: 1 0 0 1; }
    FilterPanel.-naming ViewName { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("add", "keep", label=mark("keep this view")),
        Binding("delete,backspace", "forget", mark("forget it")),
    ]

    @dataclass
    class Counted(Message):
        """How many answer to each ready filter."""

        counts: Mapping[str, int]

    def __init__(self, crm: Crm, view: View, folder: Path) -> None:
        super().__init__(crm)
        self._view = view
        self._folder = folder
        self._counts: Mapping[str, int] = {}

    def body(self) -> ComposeResult:
        """Ready filters, then views kept."""
        yield Static(Content.styled(_("Filter"), "bold"), markup=False)
        yield ViewName(placeholder=_("a name for this view"))
        yield SheetTable[View](heading=False)

    def on_mount(self) -> None:
        """Show them; the counts follow."""
        self._show()
        self._table.focus()
        runner, actor = self.crm.runner, self.crm.actor
        names = [name for name in FILTERS if name != "mine" or actor.user]

        def count() -> Message:
            found = {}
            for name in names:
                only = cast("Only | None", name or None)
                found[name] = runner.read(SearchCustomers(only=only, limit=1, count=True), actor).total or 0
            return self.Counted(found)

        self.in_background(count, topic="counts")

    @property
    def _table(self) -> SheetTable[View]:
        return self.query_one(SheetTable)

    @on(Counted)
    def _counted(self, message: Counted) -> None:
        self._counts = message.counts
        self._show()

    def _show(self) -> None:
        ready = [View(only=name) for name in FILTERS if name != "mine" or self.crm.actor.user]
        kept = kept_views(self._folder)
        rows = [*ready, *([View(name="", sort="head"), *kept] if kept else [])]
        columns: list[TableColumn[View]] = [
            TableColumn(_("Filter"), 30, _view_name, self._style, most=50, lead=True),
            TableColumn("", 24, self._about, "$muted", right=True),
        ]
        place = next((spot for spot, view in enumerate(rows) if not view.name and view.only == self._view.only), 0)
        self._table.show(rows, columns, cursor=self._table.cursor or place, head_of=_head)

    def _style(self, view: View) -> str:
        return "underline" if not view.name and view.only == self._view.only else ""

    def _about(self, view: View) -> str:
        if view.name:
            return " · ".join(
                filter(None, (_(FILTERS[view.only]) if view.only else "", view.text, _(ORDERS.get(view.sort, ""))))
            )
        return str(self._counts.get(view.only, ""))

    @on(SheetTable.Opened)
    def _picked(self, message: SheetTable.Opened[View]) -> None:
        self.dismiss(message.row)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a view that was kept can be forgotten."""
        if action == "forget":
            selected = self._table.selected
            return selected is not None and bool(selected.name)
        return super().check_action(action, parameters)

    @on(SheetTable.Highlighted)
    def _moved(self) -> None:
        self.refresh_bindings()

    def action_keep(self) -> None:
        """Ask for a name."""
        self.add_class("-naming")
        self.query_one(ViewName).focus()

    def action_unname(self) -> None:
        """Give the name up."""
        self.remove_class("-naming")
        self._table.focus()

    @on(Input.Submitted)
    def _named(self, message: Input.Submitted) -> None:
        if name := message.value.strip():
            others = [view for view in kept_views(self._folder) if view.name != name]
            keep_views(self._folder, [*others, replace(self._view, name=name)])
        self.action_unname()
        self._show()

    def action_forget(self) -> None:
        """Forget the selected view."""
        selected = self._table.selected
        keep_views(self._folder, [view for view in kept_views(self._folder) if view != selected])
        self._show()


def _view_name(view: View) -> str:
    return clean(view.name) if view.name else _(FILTERS[view.only])


def _head(view: View) -> Content | None:
    return Content.styled(_("Kept views"), "bold $muted") if view.sort == "head" else None

"""Bring a file in: its path completed while one types, what would come of it, then the yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from crm.core.archives import is_archive, members
from crm.core.basics import ImportData
from crm.core.errors import CrmError, Stale
from crm.core.exchange import FileRefused, FileReport
from crm.core.i18n import _, mark, plural
from crm.core.runner import Cancelled, Preview
from crm.core.spool import Upload
from crm.tui.base import CrmScreen
from crm.tui.cells import clean
from crm.tui.headlines import not_read
from crm.tui.widgets.notice import Notice, Told
from crm.tui.widgets.preview_card import Card, CardField, PreviewCard
from crm.tui.widgets.progress import ProgressLine
from crm.tui.widgets.say_line import Field
from crm.tui.widgets.sheet_table import SheetTable, TableColumn

if TYPE_CHECKING:
    from crm.bootstrap import Crm
    from crm.core.problems import Problem

_OFFERED = 200


class PathField(Field):
    """The path of a file: `↓` goes through what is there, `entrée` takes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", mark("take")),
        Binding("right,tab", "screen.complete", mark("complete")),
        Binding("up", "screen.move(-1)", mark("move"), show=False),
        Binding("down", "screen.move(1)", mark("move"), show=False),
        Binding("pagedown", "screen.move(10)", mark("move"), show=False),
        Binding("pageup", "screen.move(-10)", mark("move"), show=False),
        Binding("escape", "screen.back", mark("back")),
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder."""

    path: Path
    folder: bool
    size: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a file would bring, and its problems."""

    report: FileReport
    preview: Preview[FileReport] | None
    """None: it cannot be taken over."""


class ImportScreen(CrmScreen):
    """Path, preview, yes."""

    ABOUT = mark("Bring a file in: you see what comes of it before anything is written.")
    AUTO_FOCUS = "#path"
    DEFAULT_CSS = """
    ImportScreen #body { padding: 1 1 0 1; }
    ImportScreen.-narrow #body, ImportScreen.-short #body { padding: 0 1; }
    ImportScreen #body > Static { padding: 0 1; height: auto; }
    ImportScreen #lead { margin: 0 0 1 0; }
    ImportScreen.-short #lead { margin: 0; }
    ImportScreen #path { padding: 0 1; background: $surface; }
    ImportScreen #places { height: 1fr; margin: 1 0 0 0; }
    ImportScreen PreviewCard, ImportScreen #problems, ImportScreen ProgressLine, ImportScreen Notice { display: none; }
    ImportScreen #problems { height: 1fr; margin: 1 0 0 0; }
    ImportScreen Notice { margin: 1 0 0 0; }
    ImportScreen.-working #places, ImportScreen.-carded #places, ImportScreen.-noticed #places { display: none; }
    ImportScreen.-working ProgressLine, ImportScreen.-carded PreviewCard { display: block; }
    ImportScreen.-carded #problems, ImportScreen.-noticed Notice { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", mark("back"))]

    @dataclass
    class Listed(Message):
        """What is in a folder."""

        typed: str
        places: Sequence[Place]

    @dataclass
    class Looked(Message):
        """What the file would bring."""

        found: Sequence[Found]

    @dataclass
    class Recorded(Message):
        """It is in."""

        entry_id: int | None
        reports: Sequence[FileReport]

    def __init__(self, crm: Crm, folder: Path | None = None) -> None:
        super().__init__(crm)
        self._folder = folder or Path.cwd()
        self._found: Sequence[Found] = ()

    def body(self) -> ComposeResult:
        """The path, what is there, what would come of it."""
        yield Static(Content.styled(_("Import a file"), "bold"), markup=False)
        lead = _(
            "Bank statements, FEC, invoices, customers, contacts, payments, PDFs in a folder. Recognised by its content."
        )
        yield Static(Content.styled(lead, "$muted"), id="lead", markup=False)
        yield PathField(id="path", value=f"{self._folder}/")
        yield SheetTable[Place](id="places", heading=False)
        yield ProgressLine()
        yield PreviewCard()
        yield SheetTable[Any](id="problems", heading=False)
        yield Notice()

    def on_mount(self) -> None:
        """List the folder one stands in."""
        self._places.can_focus = False
        self._path.cursor_position = len(self._path.value)
        self._list(self._path.value)

    @property
    def _path(self) -> PathField:
        return self.query_one("#path", PathField)

    @property
    def _places(self) -> SheetTable[Place]:
        return self.query_one("#places", SheetTable)

    # Which file

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.remove_class("-carded", "-noticed", "-working")
        self._list(event.value)

    def _list(self, typed: str) -> None:
        self.in_background(lambda: self.Listed(typed, places_of(typed)), topic="places", awaited=True)

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        if message.typed != self._path.value:
            return
        columns: list[TableColumn[Place]] = [
            TableColumn("", 30, lambda place: place.path.name + ("/" if place.folder else ""), most=80, lead=True),
            TableColumn("", 10, lambda place: "" if place.folder else _size(place.size), "$muted", right=True),
        ]
        self._places.show(list(message.places), columns, nothing=_("Nothing here answers to this path."))

    def action_move(self, step: int) -> None:
        """Another of what is there, while the field keeps the focus."""
        self._places.action_move(step)

    def action_complete(self) -> None:
        """Complete the path by what is selected."""
        place = self._places.selected
        if place is not None:
            self._path.value = f"{place.path}/" if place.folder else str(place.path)
            self._path.cursor_position = len(self._path.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        typed = typed_path(self._path.value)
        place = self._places.selected
        if self._path.value.endswith("/") or not typed.is_file():
            if place is None:
                return
            if place.folder or str(place.path) != str(typed):
                self.action_complete()
                if place.folder:
                    return
            typed = place.path
        self._look(typed)

    # What would come of it

    def _look(self, path: Path) -> None:
        progress = self.query_one(ProgressLine)
        progress.begin(_("Reading {name}…").format(name=clean(path.name)))
        self.remove_class("-carded", "-noticed")
        self.add_class("-working")
        runner = self.runner_telling(progress.told)
        crm = self.crm

        def look() -> Message:
            found = []
            for upload in uploads(crm, path):
                try:
                    preview = runner.preview(ImportData(upload=upload), crm.actor)
                    found.append(Found(preview.result, preview))
                except FileRefused as refused:
                    found.append(Found(refused.report, None))
            return self.Looked(found)

        self.in_background(look, topic="import")

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        self._found = message.found
        self.remove_class("-working")
        if not any(found.preview for found in message.found):
            self._refused(message.found)
            return
        card = self.query_one(PreviewCard)
        card.show(import_card(message.found))
        self.add_class("-carded")
        problems = [problem for found in message.found for problem in found.report.problems]
        table = self.query_one("#problems", SheetTable)
        table.opens = False
        table.show(problems, problem_columns())
        card.focus()

    def _refused(self, found: Sequence[Found]) -> None:
        reasons = " ".join(file.report.refused or "" for file in found)
        text = _("Nothing of it was kept. Choose another file, or correct this one.")
        first, _stop, rest = clean(reasons).partition(". ")
        title = f"{first.rstrip('.')}." if first else _("There is nothing to read here.")
        self._tell(Told(title, f"{rest} {text}".strip(), failed=True))

    def _tell(self, told: Told) -> None:
        self.query_one(Notice).say(told)
        self.remove_class("-working", "-carded")
        self.add_class("-noticed")
        self._path.focus()

    @on(PreviewCard.ToChange)
    @on(PreviewCard.Declined)
    def _another(self) -> None:
        self.remove_class("-carded")
        self._path.focus()

    @on(PreviewCard.Accepted)
    def _commit(self) -> None:
        previews = [found.preview for found in self._found if found.preview is not None]
        progress = self.query_one(ProgressLine)
        progress.begin(_("Recording…"))
        self.remove_class("-carded")
        self.add_class("-working")
        runner, actor = self.runner_telling(progress.told), self.crm.actor

        def commit() -> Message:
            entry_id, reports = None, []
            for preview in previews:
                done = runner.commit(preview, actor)
                entry_id = done.entry_id or entry_id
                reports.append(done.result)
            return self.Recorded(entry_id, reports)

        self.record(commit, topic="commit")

    @on(Recorded)
    def _recorded(self, message: Recorded) -> None:
        receipt = clean(" ".join(report.sentence() for report in message.reports))
        self.shell.committed(message.entry_id, receipt)
        below = self.app.screen_stack[-2]
        self.dismiss(message.reports)
        if isinstance(below, CrmScreen):
            below.say_line.tell(receipt, "✓", "$ok")

    @on(CrmScreen.Failed)
    def _failed(self, message: CrmScreen.Failed) -> None:
        error: CrmError = message.error
        if message.topic == "places":
            return
        if isinstance(error, Cancelled):
            self.remove_class("-working")
            self._path.focus()
        elif isinstance(error, Stale):
            self._tell(Told(error.message, _("Nothing was recorded. enter looks again.")))
        else:
            told = not_read(error)
            self._tell(Told(told.title, told.text, failed=True))

    def action_back(self) -> None:
        """Stop what is at work; else back to the screen below."""
        if self.has_class("-working"):
            self.query_one(ProgressLine).stop()
        elif self.has_class("-carded") or self.has_class("-noticed"):
            self.remove_class("-carded", "-noticed")
            self._path.focus()
        else:
            self.dismiss(None)


def typed_path(text: str) -> Path:
    """The path meant: one typed behind another, `…//tmp` or `…/~/files`, stands alone."""
    for sign in ("//", "/~"):
        if sign in text:
            text = text[text.rindex(sign) + 1 :]
    return Path(text).expanduser()


def places_of(typed: str) -> list[Place]:
    """What is in the folder that was typed and begins like the last part: folders first, hidden ones only when asked for."""
    path = typed_path(typed)
    folder, start = (path, "") if typed.endswith("/") or not typed else (path.parent, path.name)
    found = []
    try:
        for child in sorted(folder.iterdir(), key=lambda child: child.name.lower()):
            if child.name.lower().startswith(start.lower()) and (
                start.startswith(".") or not child.name.startswith(".")
            ):
                is_folder = child.is_dir()
                found.append(Place(child, is_folder, 0 if is_folder else child.stat().st_size))
    except OSError:
        return []
    return sorted(found, key=lambda place: not place.folder)[:_OFFERED]


def uploads(crm: Crm, path: Path) -> list[Upload]:
    """The file in the spool; of an archive, each of its files."""
    if path.is_file():
        with path.open("rb") as stream:
            if is_archive(stream):
                return [crm.spool.take(member, name) for name, member in members(stream, path.name)]
    return [crm.spool.take_path(path)]


def import_card(found: Sequence[Found]) -> Card:
    """What a yes brings in, file by file."""
    fields: list[CardField] = []
    for file in found:
        report = file.report
        fields.append(CardField(_("File"), report.file, strong=True))
        fields.append(CardField(_("Kind"), report.kind or _("not recognised")))
        fields.append(CardField(_("Brings"), report.sentence(), strong=True))
    problems = sum(len(file.report.problems) for file in found)
    after = [_("one act of the journal, which can be undone as a whole")]
    if problems:
        after.insert(0, plural("{count} line to look at, below", "{count} lines to look at, below", problems))
    return Card(_("Import"), tuple(fields), tuple(after), accept=_("import"), changes=False)


def problem_columns() -> list[TableColumn[Problem]]:
    """Line, weight, what was found."""
    return [
        TableColumn(
            "", 8, lambda problem: _("line {line}").format(line=problem.line) if problem.line else "", "$muted"
        ),
        TableColumn(
            "",
            1,
            lambda problem: "✗" if problem.severity == "error" else "·",
            lambda problem: "$late3" if problem.severity == "error" else "$muted",
        ),
        TableColumn("", 40, lambda problem: clean(problem.message), most=200, lead=True),
    ]


def _size(size: int) -> str:
    for unit, factor in ((_("MB"), 1_000_000), (_("kB"), 1_000)):
        if size >= factor:
            return f"{size // factor}\u00a0{unit}"
    return f"{size}\u00a0{_('B')}"

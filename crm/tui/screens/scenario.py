"""One scenario, step by step. What is changed is a draft, kept until it is published as the next version or given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from crm.core.actions import Action
from crm.core.errors import Invalid, NotFound, OutsideFault
from crm.core.i18n import _, mark, plural
from crm.core.sheets import Column
from crm.followup.actions.scenarios import (
    AssignScenario,
    EditScenario,
    EditScenarioRules,
    ImportScenario,
    ShowScenario,
    ruled,
)
from crm.followup.policy import LEVELS, Mode, Scenario, Step
from crm.followup.scenario_drafts import (
    changed,
    differences,
    key_of_step,
    shifted,
    swapped,
    with_step,
    without,
)
from crm.followup.scenario_sheets import ScenarioSheet, calendar_of
from crm.followup.scenario_text import Problem, begun, problems_of, written
from crm.followup.scenarios import STANDARD
from crm.tui.base import CrmScreen, sentence
from crm.tui.cells import clean, wrapped
from crm.tui.drafts import Drafts
from crm.tui.keys import verb
from crm.tui.screens.lists import ListScreen
from crm.tui.screens.pick import Choosable, PickPanel
from crm.tui.screens.step_form import DraftPanel, rule_texts, step_of, step_texts
from crm.tui.screens.text_panel import TextPanel
from crm.tui.sheets import SheetRow
from crm.tui.widgets.notice import Notice
from crm.tui.widgets.say_line import SayLine
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.widgets.two_ends import TwoEnds

if TYPE_CHECKING:
    from crm.bootstrap import Crm

TAKE_IN, PUT_OUT = "take in", "put out"
"""What the say line asks here: the file to read, the file to write."""
_EDITS = frozenset(
    {"change", "add_step", "take_out", "shift", "swap", "rules", "accept", "give_up", "take_in", "undo_draft"}
)
_WITH_STEP = frozenset({"change", "take_out", "shift", "swap"})


class ScenarioScreen(ListScreen):
    """The steps, the days of an invoice that nobody pays, and what a draft would change."""

    SECTION = "5"
    ABOUT = mark(
        "The steps of one scenario. Changes are a draft until you publish it; customers in progress keep theirs."
    )
    TITLE_WORDS = mark("Scenario")
    ITEMS = "steps"
    NEEDS_LIST = ListScreen.NEEDS_LIST | _EDITS | {"rehearse", "assign", "versions", "put_out", "explain"}
    LEAVES: ClassVar[Mapping[str, int]] = {"sender": 9, "level": 8, "date": 7, "mode": 6, "channels": 0, "days": 0}
    NARROWEST: ClassVar[Mapping[str, int]] = {"step": 24, "channels": 16, "sender": 14}
    KEYS_FIRST: ClassVar[tuple[str, ...]] = (
        "accept",
        "change",
        "add_step",
        "take_out",
        "rules",
        "rehearse",
        "versions",
    )
    DEFAULT_CSS = """
    ScenarioScreen #rows { height: auto; max-height: 1fr; }
    ScenarioScreen #notes { height: auto; padding: 1 1 0 1; }
    ScenarioScreen.-short #notes { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        verb("accept", label=mark("publish"), told=mark("publish the draft as the next version, shown as a card first")),
        verb("change", label=mark("change"), told=mark("change this step: day, channels, text, mode, sender, tone, amount")),
        verb("add", "add_step", label=mark("a step"), told=mark("add a step")),
        verb("refuse", "take_out", label=mark("take out"), told=mark("take this step out")),
        verb("write", "rules", label=mark("rules"), told=mark("rules: gap, tone, exit, very late debts")),
        Binding("less_than_sign", "shift(-1)", mark("a day earlier"), show=False, tooltip=mark("this step a day earlier")),
        Binding("greater_than_sign", "shift(1)", mark("a day later"), show=False, tooltip=mark("this step a day later")),
        Binding("K,shift+up", "swap(-1)", mark("up"), show=False, tooltip=mark("what this step does, one step earlier")),
        Binding("J,shift+down", "swap(1)", mark("down"), show=False, tooltip=mark("what this step does, one step later")),
        Binding("ctrl+r", "give_up", mark("give the draft up"), show=False),
        verb("undo", "undo_draft", label=mark("undo"), told=mark("undo the last change of the draft"), show=False),
        verb("view", "rehearse", label=mark("rehearse"), told=mark("rehearse: who would have got what, and would get")),
        verb("as_of", "versions", label=mark("versions"), told=mark("versions: what each changed; begin again from one")),
        verb("give", "assign", label=mark("for whom"), told=mark("say who follows this scenario"), show=False),
        verb("explain", label=mark("as text"), told=mark("the scenario as text, to be copied or changed"), show=False),
        verb("import_file", "take_in", label=mark("read a file"), told=mark("read a draft from a file (TOML)"), show=False),
        verb("tick", "put_out", label=mark("write a file"), told=mark("write it to a file (TOML)"), show=False),
    ]  # fmt: skip  # read as a table: columns side by side

    @dataclass
    class Opened(Message):
        """What counts has arrived, the versions there were, and the draft that waits."""

        current: Scenario | None
        earlier: Sequence[Scenario]
        draft: Scenario | None

    @dataclass
    class FileRead(Message):
        """A file has been read as a draft."""

        scenario: Scenario
        told: str

    @dataclass
    class FileWritten(Message):
        """It stands in a file."""

        path: str

    def __init__(self, crm: Crm, scenario: str = STANDARD) -> None:
        super().__init__(crm)
        self._which = scenario
        self._drafts = Drafts.of(crm, "scenarios", "toml")
        self._current: Scenario | None = None
        self._earlier: Sequence[Scenario] = ()
        self._draft: Scenario | None = None
        self._before: list[Scenario] = []
        self._problems: Sequence[Problem] = ()

    def body(self) -> ComposeResult:
        """Head, steps, rules, and what a draft changes."""
        yield TwoEnds(id="head")
        yield SheetTable[SheetRow](id="rows")
        yield Static(id="notes", markup=False)
        yield Notice()

    # What is read and shown

    def question(self) -> Action[Any]:
        """The latest version of it."""
        return ShowScenario(scenario=self._which)

    def reload(self) -> None:
        """Read what counts, what counted before, and the draft."""

        def read() -> Message:
            kept = self._drafts.read(self._which)
            draft = begun(kept) if kept is not None else None
            try:
                found = self.crm.runner.read(self.question(), self.crm.actor)
            except NotFound:
                if draft is None:
                    raise
                return self.Opened(None, (), draft)
            asked = [ShowScenario(scenario=self._which, version=each) for each in found.versions[-9:]]
            earlier = [self.crm.runner.read(one, self.crm.actor).scenario for one in asked]
            return self.Opened(found.scenario, earlier, draft)

        self.in_background(read, topic="rows")

    @on(Opened)
    def _opened_scenario(self, message: Opened) -> None:
        self._current, self._earlier = message.current, message.earlier
        self._draft = message.draft if message.draft is None or self._differs(message.draft) else None
        self._show()

    def _differs(self, draft: Scenario) -> bool:
        return self._current is None or replace(draft, version=self._current.version) != self._current

    @property
    def scenario(self) -> Scenario | None:
        """The draft, else what counts."""
        return self._draft or self._current

    def _show(self) -> None:
        one = self.scenario
        if one is None:
            return
        self._problems = problems_of(written(one)) if self._draft is not None else ()
        today = self.crm.clock.today()
        sheet = ScenarioSheet(one, today, calendar_of(one, today)).as_sheet()
        new = changed(self._current, one) if self._draft is not None else frozenset()
        wrong = {problem.step for problem in self._problems}
        signs = ["✗" if at in wrong else "≠" if key_of_step(step) in new else "" for at, step in enumerate(one.steps)]
        rows = tuple((sign, *row) for sign, row in zip(signs, sheet.rows, strict=True))
        items = [{"place": at} for at in range(len(one.steps))]
        self.post_message(
            ListScreen.Loaded(replace(sheet, columns=(Column("sign", ""), *sheet.columns), rows=rows), items)
        )

    def _fill(self) -> None:
        super()._fill()
        one = self.scenario
        if one is None or self._sheet is None:
            return
        notes = self.query_one("#notes", Static)
        width = max(30, (notes.size.width or self.size.width) - 4)
        due = _("The days are those of an invoice due today that nobody pays.")
        lines = [
            Content.styled(line, "$muted") for note in (*self._sheet.notes, due) for line in wrapped(clean(note), width)
        ]
        if self._draft is not None:
            lines = [*self._draft_lines(one, width), *([Content("")] if not self.has_class("-short") else []), *lines]
        self._table.opens = True
        notes.update(Content("\n").join(lines))

    def _draft_lines(self, one: Scenario, width: int) -> list[Content]:
        lines = []
        for problem in self._problems:
            step = one.steps[problem.step] if problem.step is not None and problem.step < len(one.steps) else None
            said = problem.said
            if step is not None:
                level = _(LEVELS[step.level]) if step.level in LEVELS else str(step.level)
                said = _("{where}: {what}").format(where=level[:1].upper() + level[1:], what=said)
            lines += [
                Content.assemble(("✗ " if at == 0 else "  ", "bold $late3"), (line, "$late3"))
                for at, line in enumerate(wrapped(clean(said), width))
            ]
        told = differences(self._current, one) if self._current is not None else []
        for said in told:
            lines += [
                Content.assemble(("≠ " if at == 0 else "  ", "bold $accent"), (line, ""))
                for at, line in enumerate(wrapped(clean(said), width))
            ]
        return lines

    def _head(self) -> Content:
        one = self.scenario
        if one is None:
            return super()._head()
        version = one.version if self._draft is None else self._current.version if self._current else 0
        title = _("{name}, version {version}").format(name=one.called, version=version) if version else one.called
        parts = [(_("Scenario"), "bold"), ("  " + clean(title), "$muted")]
        if self._draft is not None:
            count = len(differences(self._current, one)) if self._current is not None else len(one.steps)
            told = plural("your draft, {count} change", "your draft, {count} changes", count)
            parts += [("  ◆ " + (told if self._current else _("your draft, never published")), "$accent")]
        return Content.assemble(*parts)

    @on(CrmScreen.Failed)
    def _not_done(self, message: CrmScreen.Failed) -> None:
        if message.topic == "file":
            message.stop()
            message.prevent_default()
            self.say_line.tell(sentence(message.error), "✗", "$late3")

    # The draft

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key that can do nothing now is absent."""
        if action in _EDITS and not self.may(EditScenario):
            return False
        if action == "accept":
            return self._draft is not None and not self._problems
        if action == "give_up":
            return self._draft is not None and self._current is not None
        if action in _WITH_STEP and self._step is None:
            return False
        if action == "assign" and (not self.may(AssignScenario) or self._current is None):
            return False
        if action == "rehearse" and self._problems:
            return False
        return super().check_action(action, parameters)

    @property
    def _place(self) -> int:
        return int(self.item.get("place", -1)) if self._sheet is not None else -1

    @property
    def _step(self) -> Step | None:
        one = self.scenario
        return one.steps[self._place] if one is not None and 0 <= self._place < len(one.steps) else None

    def _become(self, scenario: Scenario, *, select: Step | None = None) -> None:
        """This is the draft now; it is kept at once."""
        one = self.scenario
        if one is not None:
            self._before.append(one)
        self._set(scenario)
        if select is not None and select in scenario.steps:
            self._table.cursor = scenario.steps.index(select)

    def _set(self, scenario: Scenario) -> None:
        self._draft = scenario if self._differs(scenario) else None
        try:
            if self._draft is not None:
                self._drafts.keep(self._which, written(scenario))
            else:
                self._drafts.drop(self._which)
        except OutsideFault as fault:
            self.say_line.tell(sentence(fault), "✗", "$late3")
        self._show()

    def action_change(self) -> None:
        """Change the selected step in a form."""
        step, place = self._step, self._place
        if step is not None:
            level = _(LEVELS[step.level])
            self._form(level[:1].upper() + level[1:], step_texts(step), place, step)

    def action_add_step(self) -> None:
        """A step in an empty form."""
        texts = {"level": "", "base": "due_date", "mode": Mode.AUTOMATIC.value, "channels": "email", "sender": "usual"}
        self._form(_("A new step"), texts, None, None)

    def _form(self, title: str, texts: dict[str, str], place: int | None, known: Step | None) -> None:
        def filled(edit: EditScenario | None) -> None:
            one = self.scenario
            if edit is not None and one is not None:
                step = step_of(edit, known)
                self._become(with_step(one, place, step), select=step)

        self.open_panel(DraftPanel(self.crm, title, EditScenario, texts, self._which), filled)

    def action_rules(self) -> None:
        """Change what holds between the steps."""
        one = self.scenario
        if one is None:
            return

        def filled(edit: EditScenarioRules | None) -> None:
            if edit is not None and self.scenario is not None:
                days = None if edit.entry_days is None else edit.entry_days
                self._become(
                    ruled(replace(self.scenario, entry_days=None), edit.model_copy(update={"entry_days": days}))
                )

        self.open_panel(
            DraftPanel(self.crm, _("Between the steps"), EditScenarioRules, rule_texts(one), self._which), filled
        )

    def action_take_out(self) -> None:
        """The draft without the selected step."""
        if self.scenario is not None and self._step is not None:
            self._become(without(self.scenario, self._place))

    def action_shift(self, days: int) -> None:
        """The selected step a day earlier or later."""
        if self.scenario is not None and self._step is not None:
            self._become(shifted(self.scenario, self._place, days))

    def action_swap(self, by: int) -> None:
        """What the selected step does, in the place of its neighbour."""
        one, place = self.scenario, self._place
        if one is not None and self._step is not None and 0 <= place + by < len(one.steps):
            self._become(swapped(one, place, place + by))
            self._table.cursor = place + by

    def action_undo_draft(self) -> None:
        """Take the last change of the draft back; without one, the last act."""
        if self._before:
            self._set(self._before.pop())
        else:
            super().action_undo()

    def action_give_up(self) -> None:
        """What counts stands again."""
        if self._current is not None:
            self._become(self._current)
            self.say_line.tell(_("Your draft is gone; z brings it back."))

    def action_accept(self) -> None:
        """Publish the draft: the card says what changes for whom."""
        if self._draft is not None:
            self.propose(ImportScenario, text=written(self._draft))

    def followed(self, action: Action[Any]) -> None:
        """What was published is no draft any more."""
        if isinstance(action, ImportScenario):
            self._drafts.drop(self._which)
            self._draft, self._before = None, []
            self.reload()

    # Other keys

    def open_item(self) -> None:
        """The text by which the selected step speaks."""
        step = self._step
        if step is not None:
            channel = step.channel if step.channel != "letter" or step.level == 4 else "email"
            self.shell.open_place("template", slot={"level": step.level, "channel": channel})

    def action_rehearse(self) -> None:
        """Rehearse the draft, else what counts."""
        draft = {"draft": written(self._draft)} if self._draft is not None else {}
        self.shell.open_place("rehearsal", scenario=self._which, **draft)

    def action_assign(self) -> None:
        """Say who follows it."""
        self.propose(AssignScenario, ask=True, scenario=self._which)

    def explain(self) -> None:
        """Show it as text."""
        if (one := self.scenario) is not None:
            title = _("{name}, version {version}").format(name=one.name, version=one.version)
            self.open_panel(TextPanel(self.crm, title, written(one), self.crm.clock.today()))

    def action_versions(self) -> None:
        """Each version, and what it changed; one of them can be begun from again."""
        known = {str(one.version): one for one in reversed(self._earlier)}
        rows = [
            Choosable(key, _("version {number}").format(number=key), _("in force") if one == self._current else "")
            for key, one in known.items()
        ]

        def told(key: str) -> Sequence[Content]:
            return self._changes_to(known[key])

        title = _("Versions: Enter begins a draft from the selected one")

        def begun_from(key: str | None) -> None:
            if key is not None:
                self._become(known[key])

        self.open_panel(PickPanel(self.crm, title, rows, told), begun_from)

    def _changes_to(self, other: Scenario) -> Sequence[Content]:
        one = self.scenario
        if one is None or replace(other, version=one.version) == one:
            return [Content.styled(_("Nothing differs."), "$muted")]
        return [
            Content.styled(_("From what stands on the screen to it:"), "$muted"),
            Content(""),
            *(Content(clean(line)) for line in differences(one, other)),
        ]

    # Files

    def action_take_in(self) -> None:
        """Ask which file to read."""
        self.say_line.ask(TAKE_IN, _("File to read:"), placeholder=f"{self._which}.toml")

    def action_put_out(self) -> None:
        """Ask which file to write."""
        self.say_line.ask(PUT_OUT, _("File to write:"), value=str(Path.home() / f"{self._which}.toml"))

    @on(SayLine.Answered)
    def _file_named(self, message: SayLine.Answered) -> None:
        path = Path(message.words.strip()).expanduser()
        if message.topic not in {TAKE_IN, PUT_OUT}:
            return
        self.end_question()
        one, name = self.scenario, self._which
        if not message.words.strip() or one is None:
            return

        def read() -> Message:
            try:
                text = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as problem:
                raise Invalid(_("{file} cannot be read.").format(file=path)) from problem
            told = " ".join(
                _("Line {line}: {problem}").format(line=each.line, problem=each.said) for each in problems_of(text)
            )
            return self.FileRead(replace(begun(text), name=name), told)

        def write() -> Message:
            try:
                path.write_text(written(one), "utf-8")
            except OSError as problem:
                raise OutsideFault(_("{file} cannot be written.").format(file=path)) from problem
            return self.FileWritten(str(path))

        self.in_background(read if message.topic == TAKE_IN else write, topic="file")

    @on(FileRead)
    def _file_read(self, message: FileRead) -> None:
        self._become(message.scenario)
        if message.told:
            self.say_line.tell(message.told, "✗", "$late3")

    @on(FileWritten)
    def _file_written(self, message: FileWritten) -> None:
        self.say_line.tell(_("Written: {file}").format(file=message.path), "✓", "$ok")

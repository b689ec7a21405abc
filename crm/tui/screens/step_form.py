"""The form of a step, or of the rules between steps: what is filled in changes a draft, nothing is recorded yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from crm.core.actions import Action
from crm.core.i18n import _, mark
from crm.core.money import EURO, Money
from crm.followup.actions.scenarios import EditScenario, EditScenarioRules
from crm.followup.policy import Base, Mode, Scenario, Step
from crm.followup.scenario_drafts import with_least
from crm.tui.forms import as_typed, form_fields
from crm.tui.panel import SidePanel
from crm.tui.widgets.action_form import ActionForm

if TYPE_CHECKING:
    from crm.bootstrap import Crm

_STEP = ("level", "base", "offset", "channels", "template", "tone", "sender", "mode", "gap_days", "minimum")
_RULES = tuple(name for name in EditScenarioRules.model_fields if name != "scenario")


def step_texts(step: Step) -> dict[str, str]:
    """A step as one would type it."""
    least = step.minimum[0] if step.minimum else None
    known = {
        "level": step.level, "base": step.base, "offset": step.offset, "channels": step.channels,
        "template": step.template, "tone": step.tone, "sender": step.sender, "mode": step.mode,
        "gap_days": step.gap_days, "minimum": Money(least[1], least[0]) if least else None,
    }  # fmt: skip  # read as a table: columns side by side
    return {name: as_typed(value) for name, value in known.items()}


def step_of(edit: EditScenario, known: Step | None) -> Step:
    """The step that a form describes: what is empty is as the level or the scenario has it."""
    formal = edit.level == 4
    minimum = known.minimum if known is not None else ()
    least = edit.minimum or Money(0, minimum[0][0] if minimum else EURO)
    return Step(
        edit.level,
        edit.offset or 0,
        edit.channels or (("registered_letter",) if formal else ("email",)),
        edit.sender or "usual",
        edit.mode or (Mode.CONFIRM if formal else Mode.AUTOMATIC),
        edit.base or Base.DUE_DATE,
        edit.template or "",
        edit.tone or "",
        edit.gap_days,
        with_least(minimum, least),
    )


def rule_texts(scenario: Scenario) -> dict[str, str]:
    """The rules between the steps as one would type them."""
    return {name: as_typed(getattr(scenario, name)) for name in _RULES}


class DraftPanel(SidePanel):
    """A form over a draft. Closes with the action it was filled in as; nothing of it is recorded."""

    ABOUT = mark("Changes your draft alone: nothing counts before it is published.")
    DEFAULT_CSS = """
    DraftPanel #title { height: auto; margin: 0 0 1 0; }
    DraftPanel.-short #title { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, crm: Crm, title: str, kind: type[Action[Any]], texts: Mapping[str, str], name: str) -> None:
        super().__init__(crm)
        self._title = title
        self._kind = kind
        names = _STEP if kind is EditScenario else _RULES
        fields = {field.name: field for field in form_fields(kind)}
        if "offset" in names:
            fields["offset"] = replace(fields["offset"], label=_("Days after it"), required=True)
        self._fields = tuple(fields[each] for each in names)
        self._texts = texts
        self._scenario = name

    def body(self) -> ComposeResult:
        """Title and form."""
        yield Static(Content.styled(self._title, "bold"), id="title", markup=False)
        with VerticalScroll(can_focus=False):
            yield ActionForm(self._kind, self._fields, self._texts, self.crm.clock.today())

    def on_mount(self) -> None:
        """Begin with the days of a step, with the first rule."""
        form = self.query_one(ActionForm)
        form.taken["scenario"] = self._scenario
        first = "level" if "level" in self._texts and not self._texts["level"] else self._fields[0].name
        self.call_after_refresh(form.entry(first).focus)

    @on(ActionForm.Ready)
    def _filled(self, message: ActionForm.Ready) -> None:
        action = message.action
        if isinstance(action, EditScenario) and action.offset is None:
            self.query_one(ActionForm).tell({"offset": _("A new step says after how many days it comes.")})
            return
        self.dismiss(action)

    @on(ActionForm.Left)
    def _gave_up(self) -> None:
        self.dismiss()

"""Objectives, the next contact and tasks as lines of a customer's sheet. Pure: answers in, lines out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from textual.content import Content

from crm.core.calendar import shown_date
from crm.core.i18n import _
from crm.customers.cadence import TOUCHES, Touch
from crm.customers.tasks import TASKS, TaskType
from crm.portfolio.cadences import TouchLine
from crm.portfolio.objective_lines import ObjectiveLine
from crm.portfolio.objectives import COURSES, Course
from crm.portfolio.tasks import TaskLine
from crm.tui.cells import clean, fit, gauge

_GAUGE = 12
_TITLE = 18
_TASKS = 3
STYLES = {
    Course.REACHED: "$ok",
    Course.ON_COURSE: "$ok",
    Course.SLIPPING: "$late2",
    Course.MISSED: "$late3",
    Course.COMING: "$muted",
    Course.UNKNOWN: "$muted",
}
_GLYPHS = {Course.REACHED: "✓", Course.SLIPPING: "▼", Course.MISSED: "✗"}


def objective_content(line: ObjectiveLine, *, width: int = _TITLE) -> Content:
    """`Chiffre d'affaires  ━━━━━━─────  44 000,00 € sur 92 000,00 €`."""
    progress = line.progress
    style = STYLES[progress.course]
    glyph = _GLYPHS.get(progress.course, " ")
    told = _("{value} of {target}").format(value=line.said(progress.value), target=line.said(line.row.target))
    bar = gauge(
        float(progress.share), _GAUGE, style if progress.course in {Course.REACHED, Course.ON_COURSE} else "$accent"
    )
    return Content.assemble((f"{glyph} ", style), fit(clean(line.title()), width), " ", bar, f"  {told}")


def objective_detail(line: ObjectiveLine) -> Content:
    """The second line: what is missing, the pace, where it ends."""
    progress = line.progress
    if progress.course in {Course.REACHED, Course.COMING, Course.UNKNOWN, Course.MISSED}:
        words = _(COURSES[progress.course])
    else:
        words = _("{distance} missing, {pace} a week until {day}; projection {projection}").format(
            distance=line.said(progress.distance),
            pace=line.said(progress.pace),
            day=shown_date(line.row.end, progress.today),
            projection=line.said(progress.projection),
        )
    return Content.assemble(" " * (_TITLE + 3), (words, "$muted"))


def aims_lines(
    objectives: Sequence[ObjectiveLine], touch: TouchLine | None, tasks: Sequence[TaskLine], today: date
) -> list[Content]:
    """Objectives with their gauges, the next contact, what is to be done."""
    lines = [Content.assemble((_("Objectives"), "bold"), (f"  {len(objectives) or ''}", "$muted"))]
    for line in objectives:
        lines += [objective_content(line), objective_detail(line)]
    if not objectives:
        lines.append(Content.styled(_("None yet: + then o sets one."), "$muted"))
    lines.append(Content(""))
    lines += contact_and_tasks(touch, tasks, today)
    return lines


def contact_and_tasks(touch: TouchLine | None, tasks: Sequence[TaskLine], today: date) -> list[Content]:
    """The next contact and the gap it ends; the tasks that are open."""
    lines = []
    if touch is not None and (words := touch_words(touch, today)):
        losing = touch.standing is not None and touch.standing.touch in {Touch.LOSING, Touch.NEVER}
        style = "$late2" if losing and touch.planned is None else ""
        lines.append(Content.assemble((_("Next contact"), "$muted"), "  ", (words, style)))
    for line in tasks[:_TASKS]:
        task = line.task
        when = " ".join(filter(None, (shown_date(task.day, today), task.time)))
        kind = _(TASKS[TaskType(task.task_type)])
        late = "$late2" if task.day < today else ""
        told = " · ".join(
            filter(None, (kind, clean(line.words()) if task.note or task.recurrence else "", task.assignee))
        )
        lines.append(Content.assemble((_("To do"), "$muted"), "  ", (when, late), "  ", told))
    if (others := len(tasks) - _TASKS) > 0:
        lines.append(Content.styled(f"        + {others}", "$muted"))
    return lines


def touch_words(touch: TouchLine, today: date) -> str:
    """`27 nov. · lucie   perdu de vue, dernier échange le 3 août`."""
    following, standing = touch.next, touch.standing
    told = following.words(today) if following is not None else ""
    if standing is not None:
        state = _(TOUCHES[standing.touch])
        last = _("last contact on {day}").format(day=shown_date(standing.last, today)) if standing.last else ""
        told = "   ".join(filter(None, (told, ", ".join(filter(None, (state, last))))))
    return told


def narrow_line(objectives: Sequence[ObjectiveLine]) -> Content | None:
    """On a narrow screen: the objective that slips most."""
    return objective_content(objectives[0], width=12) if objectives else None

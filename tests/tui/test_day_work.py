"""The day's work at the terminal: the call screen, tasks, objectives, customers we lose sight of; one key each."""

from datetime import date, timedelta

import pytest
from homes import SOPHIE, TODAY
from visits import NARROW, WIDE, Guest, Staying

from crm.bootstrap import Crm
from crm.core.i18n import _
from crm.core.periods import Period
from crm.customers.interactions import LogInteraction
from crm.orders.actions.quotes import RecordQuote
from crm.portfolio.objective_actions import ListObjectives, SetObjective
from crm.portfolio.tasks import CreateTask, ListTasks
from crm.receivables.actions import ListDisputes, ListPromises
from crm.tui.screens.act import ActPanel
from crm.tui.screens.aims import LosingTouchScreen, ObjectivesScreen, TasksScreen
from crm.tui.screens.call import CallScreen
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.sheet_panel import SheetPanel

Q4 = Period(date(2026, 10, 1), date(2026, 12, 31))


def a_week(crm: Crm) -> None:
    """A call and a visit of today, an objective that slips, a customer nobody has spoken with, a quote without an answer."""
    for action in (
        CreateTask(task_type="call", customer="C-1", day=TODAY, time="09:30", note="Le virement ?", priority="high"),
        CreateTask(task_type="visit", customer="C-2", day=TODAY, note="Tournée", every="monthly"),
        CreateTask(task_type="todo", day=TODAY, note="Ranger le dépôt"),
        SetObjective(customer="C-1", measure="overdue", target="0", period=Q4),
        SetObjective(assignee="all", measure="own", name="Cartes", target="50", period=Q4),
        LogInteraction(customer="C-6", outcome="reached", date=TODAY - timedelta(days=90)),
        RecordQuote(customer="C-4", amount="1200", number="D-1", sent=TODAY - timedelta(days=9)),
    ):
        crm.runner.run(action, SOPHIE)


def test_the_day_names_each_kind_of_work_and_one_key_does_it(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        items = guest.screen._work.items
        rows = guest.screen._table.rows
        told = "\n".join(item.what for item in items)
        for words in ("09:30", "devis D-1", "aucun échange depuis", "Montant échu"):
            assert words in told
        assert [item.task for item in items if item.name == "Ranger le dépôt"] == [3]
        place = next(spot for spot, row in enumerate(rows) if getattr(row, "task", None) == 2)
        guest.screen._table.cursor = place
        await guest.settle()
        await guest.press("o")
        assert isinstance(guest.screen, ActPanel)
        assert "24 déc." in guest.card, "it comes again"
        await guest.press("o")
        done = guest.crm.runner.read(ListTasks(status="done"), SOPHIE).lines
        assert [line.name for line in done] == ["Hôtel de la Plage"]

    stay(story, section="1", before=a_week)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_promise_or_an_objection_is_two_keys_and_the_planned_call_is_done(
    stay: Staying, size: tuple[int, int]
) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_customer("C-1")
        await guest.settle()
        await guest.press("a")
        assert isinstance(guest.screen, CallScreen)
        assert "02 98 41 00 00" in guest.words("#facts")
        assert all(len(line) <= size[0] for line in guest.lines("results"))
        await guest.press("o", "o")
        (promise,) = guest.crm.runner.read(ListPromises(customer="C-1"), SOPHIE).lines[-1:]
        assert promise.word.by == date(2026, 11, 27)
        assert isinstance(guest.screen, CustomerScreen), "the call is over"
        assert [line.task.task_type for line in guest.crm.runner.read(ListTasks(status="todo"), SOPHIE).lines] == [
            "visit",
            "todo",
        ]
        await guest.press("a", "l", "o")
        assert [line.invoice for line in guest.crm.runner.read(ListDisputes(customer="C-1"), SOPHIE).lines] == ["F-101"]

    stay(story, size=size, before=a_week)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_sheet_shows_how_far_each_objective_is_and_a_task_is_put_off_from_it(
    stay: Staying, size: tuple[int, int]
) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_customer("C-1")
        await guest.settle()
        told = guest.words("#facts") if size == NARROW else guest.words("#aims")
        assert "Montant échu" in told
        assert "16 240,00" in told.replace("\u00a0", " ")
        if size == WIDE:
            assert "par semaine" in told
            assert "Le virement" in told
        await guest.press("p")
        await guest.type("vendredi")
        await guest.press("enter", "o")
        assert [line.task.day for line in guest.crm.runner.read(ListTasks(customer="C-1"), SOPHIE).lines] == [
            date(2026, 11, 27)
        ]
        await guest.press("plus", "o")
        assert isinstance(guest.screen, ActPanel)
        assert guest.screen._kind is SetObjective
        await guest.press("escape")

    stay(story, size=size, before=a_week)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_one_key_leads_through_tasks_lost_customers_and_objectives(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_place("tasks")
        await guest.settle()
        assert isinstance(guest.screen, TasksScreen)
        assert guest.screen.item["note"] == "Le virement ?"
        await guest.press("d")
        assert guest.screen._kind.action_name() == "reschedule_task"
        await guest.press("escape", "f", "f", "f")
        assert guest.lines("rows")
        await guest.press("u")
        assert isinstance(guest.screen, LosingTouchScreen)
        assert guest.screen.subject.customer == "C-6"
        await guest.press("O", "o")
        assert any(
            line.task.origin == "cadence" for line in guest.crm.runner.read(ListTasks(customer="C-6"), SOPHIE).lines
        )
        await guest.press("u")
        assert isinstance(guest.screen, ObjectivesScreen)
        assert all(len(line) <= size[0] for line in guest.lines("rows"))
        await guest.press("x")
        assert isinstance(guest.screen, SheetPanel)
        await guest.press("escape", "down", "m")
        assert guest.screen._kind.action_name() == "record_measure"
        await guest.type("12,5")
        await guest.press("enter", "o")
        noted = guest.crm.runner.read(ListObjectives(measure="own"), SOPHIE).lines
        assert noted[0].progress.value == 12_50

    stay(story, size=size, before=a_week)


def test_empty_boards_teach(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        for place, title in (("tasks", "Nothing is to be done."), ("objectives", "No objective yet.")):
            guest.app.open_place(place)
            await guest.settle()
            assert guest.notice.startswith(_(title))
            await guest.press("escape")
        guest.app.open_place("objectives")
        await guest.settle()
        await guest.press("plus")
        assert "modèle" in guest.words("Choices") or "clients" in guest.words("Choices")
        await guest.press("escape", "escape")

    stay(story)

"""A rehearsal at the terminal: figures, weeks, two scenarios side by side, down to one message word for word."""

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.core.i18n import _
from crm.followup.actions.scenarios import ImportScenario
from crm.followup.policy import default_scenario, shipped
from crm.followup.scenario_drafts import without
from crm.followup.scenario_text import written
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.pick import PickPanel
from crm.tui.screens.rehearsal import RehearsalScreen
from crm.tui.screens.rehearsed import RehearsedPanel


async def open_rehearsal(guest: Guest, **more: str) -> None:
    guest.app.open_place("rehearsal", **more)
    await guest.settle()


def row(guest: Guest, name: str) -> list[str]:
    """The figures of a line."""
    line = next(line for line in guest.words("#figures").splitlines() if line.startswith(name))
    return line[36:].split()


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_scenario_of_ones_own_stands_beside_and_opens_to_one_message(stay: Staying, size: tuple[int, int]) -> None:
    def before(crm: object) -> None:
        own = ImportScenario(text=shipped()["strict"][1].replace('title = "Strict"', 'title = "Maison"'), name="maison")
        crm.runner.run(own, crm.actor)  # type: ignore[attr-defined]  # a house

    async def story(guest: Guest) -> None:
        await open_rehearsal(guest)
        found = guest.screen._found
        assert row(guest, _("all messages"))[0] == str(len(found.sides[0].past))
        assert len(guest.table("messages").rows) == len(found.sides[0].coming)
        await guest.press("plus")
        assert isinstance(guest.screen, PickPanel)
        names = [each.name for each in guest.screen.query_one("SheetTable").rows]
        assert "Maison" in names
        for _step in range(names.index("Maison")):
            await guest.press("down")
        await guest.press("enter")
        assert isinstance(guest.screen, RehearsalScreen)
        assert len(row(guest, _("all messages"))) == 4
        assert "Maison" in guest.head()
        lines = (guest.words("#figures") + "\n" + guest.words("#weeks")).splitlines()
        assert all(len(line) <= size[0] - 2 for line in lines)
        await guest.press("f")
        past = guest.table("messages").rows
        assert len(past) == len(guest.screen._found.sides[0].past)
        assert _("last year") in guest.said
        await guest.press("enter")
        assert isinstance(guest.screen, RehearsedPanel)
        told = guest.screen.query_one("SheetTable").rows
        assert {each.sent.customer for each in told} == {past[0].customer}
        assert {each.scenario for each in told} == {"standard", "Maison"}
        assert "F-" in guest.words("#text")
        await guest.press("home")
        first = guest.words("#text")
        assert "F-" in first
        await guest.press("v")
        assert isinstance(guest.screen, CustomerScreen)
        await guest.press("escape")
        await guest.press("f", "f", "f", "m")
        assert guest.screen._found.assumed == "none"
        await guest.press("plus", "end", "enter")
        assert len(guest.screen._found.sides) == 1

    stay(story, size=size, before=before)


def test_a_draft_is_rehearsed_beside_what_counts(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        draft = without(default_scenario(), 0)
        await open_rehearsal(guest, draft=written(draft))
        assert _("{name}, your draft").format(name="standard") in guest.head()
        assert row(guest, "avis avant échéance")[0] == "·"
        await guest.press("plus", "enter")
        assert row(guest, "avis avant échéance")[2] != "·"

    stay(story)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_nothing_to_rehearse_says_what_is_missing(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await open_rehearsal(guest)
        assert guest.notice.startswith(_("There is nothing to rehearse yet."))
        await guest.press("escape")

    stay(story, full=False, size=size)


def test_a_scenario_nobody_knows_is_told(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_rehearsal(guest, scenario="nobody")
        assert "nobody" in guest.notice
        assert "✗" in guest.notice

    stay(story)

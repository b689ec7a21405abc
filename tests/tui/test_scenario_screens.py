"""Scenarios at the terminal: a draft is kept, told step by step, undone, published; whom it concerns is said and set."""

from pathlib import Path

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.core.errors import NotFound
from crm.core.i18n import _
from crm.followup.actions.following import ShowFollowedScenario
from crm.followup.actions.scenarios import AssignScenario, ImportScenario, ShowScenario
from crm.followup.policy import Scenario, shipped
from crm.tui.screens.act import ActPanel
from crm.tui.screens.pick import PickPanel
from crm.tui.screens.scenario import ScenarioScreen
from crm.tui.screens.step_form import DraftPanel
from crm.tui.screens.template import TemplateScreen


async def open_scenario(guest: Guest, name: str = "standard") -> None:
    guest.app.open_place("scenario", scenario=name)
    await guest.settle()


def offsets(guest: Guest) -> list[int]:
    one: Scenario = guest.screen.scenario
    return [step.offset for step in one.steps]


def counts(guest: Guest, name: str = "standard") -> Scenario:
    return guest.crm.runner.read(ShowScenario(scenario=name), guest.crm.actor).scenario


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_draft_is_kept_until_it_is_published(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await open_scenario(guest)
        await guest.press("down", "down", "greater_than_sign", "greater_than_sign")
        assert offsets(guest)[2] == 17
        assert "≠" in guest.lines("rows")[3]
        assert "+15" in guest.words("#notes")
        assert "+17" in guest.words("#notes")
        await guest.press("escape")
        assert counts(guest).version == 1  # nothing counts yet
        await open_scenario(guest)
        assert offsets(guest)[2] == 17
        await guest.press("o")
        assert isinstance(guest.screen, ActPanel)
        await guest.press("o")
        assert isinstance(guest.screen, ScenarioScreen)
        assert (counts(guest).version, counts(guest).steps[2].offset) == (2, 17)
        assert guest.screen._draft is None
        assert all(len(line) <= size[0] for line in guest.lines("rows"))
        await guest.press("h")
        assert isinstance(guest.screen, PickPanel)
        await guest.press("down")
        assert "+15" in guest.words("#about")
        await guest.press("enter")
        assert offsets(guest)[2] == 15  # a draft that begins from the first version

    stay(story, size=size)


def test_steps_are_changed_added_taken_out_moved_and_undone(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_scenario(guest)
        before = offsets(guest)
        await guest.press("down", "down", "n")
        assert len(offsets(guest)) == 4
        await guest.press("plus")
        assert isinstance(guest.screen, DraftPanel)
        await guest.type("2")
        await guest.press("down", "down")
        await guest.type("12")
        for _move in range(7):
            await guest.press("down")
        await guest.type("150")
        await guest.press("enter")
        step = guest.screen.scenario.step(2)
        assert (step.offset, step.channels, step.minimum) == (12, ("email",), (("EUR", 15_000),))
        await guest.press("m")
        assert isinstance(guest.screen, DraftPanel)
        await guest.press("escape")
        await guest.press("home", "down", "down", "J")
        assert guest.screen.scenario.steps[3].minimum == (("EUR", 15_000),)
        await guest.press("z", "z", "z")
        assert offsets(guest) == before
        assert guest.screen._draft is None
        await guest.press("e")
        assert isinstance(guest.screen, DraftPanel)
        field = guest.screen.query_one("#field-gap_days")
        field.value = "9"
        await guest.press("enter")
        assert guest.screen.scenario.gap_days == 9
        assert "9" in guest.words("#notes")
        await guest.press("ctrl+r")
        assert guest.screen._draft is None

    stay(story)


def test_what_is_wrong_with_a_draft_keeps_it_from_being_published(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_scenario(guest)
        await guest.press("down", "down", "down", "J")  # the formal notice by e-mail, by itself
        assert "✗" in guest.lines("rows")[5]
        assert guest.words("#notes").startswith("✗")
        assert not guest.screen.check_action("accept", ())
        assert not guest.screen.check_action("rehearse", ())
        await guest.press("o", "v")
        assert isinstance(guest.screen, ScenarioScreen)

    stay(story)


def test_a_scenario_of_ones_own_goes_out_and_comes_in_as_a_file(stay: Staying, tmp_path: Path) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_place("scenarios")
        await guest.settle()
        await guest.press("plus", "ctrl+u")
        await guest.type("maison")
        await guest.press("enter")
        assert isinstance(guest.screen, ScenarioScreen)
        assert _("your draft, never published") in guest.head()
        out = tmp_path / "maison.toml"
        await guest.press("space", "ctrl+u")
        await guest.type(str(out))
        await guest.press("enter")
        assert 'name = "maison"' in out.read_text("utf-8")
        out.write_text(out.read_text("utf-8").replace("offset = 15", "offset = 16"), "utf-8")
        await guest.press("i")
        await guest.type(str(out))
        await guest.press("enter")
        assert offsets(guest)[2] == 16
        out.write_text("steps = [", "utf-8")
        await guest.press("i")
        await guest.type(str(out))
        await guest.press("enter")
        assert offsets(guest)[2] == 16  # what cannot be read changes nothing
        await guest.press("x", "escape")
        with pytest.raises(NotFound):
            counts(guest, "maison")
        await guest.press("escape")
        assert any("maison" in line and _("your draft") in line for line in guest.lines("rows"))
        await guest.press("end", "enter", "o", "o")
        assert counts(guest, "maison").version == 1
        await guest.press("down", "enter")
        assert isinstance(guest.screen, TemplateScreen)

    stay(story)


def test_who_follows_what_is_seen_and_set_from_the_sheet_and_the_invoice(stay: Staying) -> None:
    def before(crm: object) -> None:
        own = ImportScenario(text=shipped()["good_payer"][1], name="maison")
        crm.runner.run(own, crm.actor)  # type: ignore[attr-defined]  # a house
        crm.runner.run(AssignScenario(scenario="strict"), crm.actor)  # type: ignore[attr-defined]  # a house

    def followed(guest: Guest) -> list[tuple[str, str, str]]:
        lines = guest.crm.runner.read(ShowFollowedScenario(customer="C-4"), guest.crm.actor).lines
        return [(line.invoice, line.scenario.name, line.because) for line in lines]

    async def story(guest: Guest) -> None:
        guest.app.open_customer("C-4")
        await guest.settle()
        assert _("chosen for everybody") in guest.words("#facts")
        await guest.press("plus", "s")
        assert isinstance(guest.screen, ActPanel)
        entry = guest.screen.query_one("#field-scenario")
        entry.focus()
        await guest.settle()
        await guest.type("mai")
        await guest.press("right", "enter", "o")
        assert followed(guest) == [("", "maison", "customer")]
        assert _("chosen for this customer") in guest.words("#facts")
        await guest.press("plus", "f")
        entry = guest.screen.query_one("#field-scenario")
        entry.focus()
        await guest.type("strict")
        await guest.press("enter", "o")
        assert followed(guest)[1:] == [("F-401", "strict", "invoice")]
        assert "F-401" in guest.words("#facts")

    stay(story, before=before)

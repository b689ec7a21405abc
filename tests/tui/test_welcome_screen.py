"""The first questions: who we are."""

import pytest
from conftest import NARROW, WIDE, Visit, Visiting
from fakes import FakeRunner

from crm.core.errors import Invalid, OutsideFault
from crm.core.i18n import _
from crm.customers.actions import UpdateCompany
from crm.tui.screens.invoices import InvoicesScreen
from crm.tui.screens.welcome import WelcomeScreen
from crm.tui.widgets.preview_card import PreviewCard


def newcomer(**faults: Exception) -> FakeRunner:
    return FakeRunner(company="", lines=(), ever=False, faults=dict(faults))


def card(someone: Visit) -> str:
    shown = someone.app.screen.query_one(PreviewCard)
    return shown.words if shown.display else ""


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_three_answers_a_card_and_a_yes(visit: Visiting, size: tuple[int, int]) -> None:
    async def story(someone: Visit) -> None:
        assert isinstance(someone.app.screen, WelcomeScreen)
        await someone.type("Armor [Distribution]")
        await someone.press("enter")
        await someone.type("552081317")
        await someone.press("enter", "enter")
        assert "Armor [Distribution]" in card(someone)
        assert "552\u00a0081\u00a0317" in card(someone)
        assert not someone.runner.committed
        await someone.press("o")
        assert someone.runner.committed == [
            UpdateCompany(name="Armor [Distribution]", siren="552081317", payment_terms=_("30 days"))
        ]
        assert isinstance(someone.app.screen, InvoicesScreen)
        assert someone.said == "✓ " + _("{name} is recorded.").format(name="Armor [Distribution]")

    visit(story, newcomer(), size=size)


def test_the_siren_may_wait(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.type("Armor")
        await someone.press("enter", "enter", "enter", "o")
        assert someone.runner.committed == [UpdateCompany(name="Armor", payment_terms=_("30 days"))]

    visit(story, newcomer())


def test_enter_never_commits(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.type("Armor")
        await someone.press("enter", "enter", "enter", "enter", "enter")
        assert card(someone)
        assert not someone.runner.committed

    visit(story, newcomer())


def test_without_a_name_there_is_nothing_to_record(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("enter", "enter", "enter")
        assert not card(someone)
        assert someone.app.screen.trouble.startswith("✗ " + _("Your company's name is missing."))  # type: ignore[attr-defined]

    visit(story, newcomer())


@pytest.mark.parametrize("terms", ["jamais", "45 fin de mois", "4000"])
def test_terms_that_cannot_be_read_are_told(visit: Visiting, terms: str) -> None:
    async def story(someone: Visit) -> None:
        await someone.type("Armor")
        await someone.press("enter", "enter", "ctrl+u")
        await someone.type(terms)
        await someone.press("enter")
        assert not card(someone)
        assert someone.app.screen.trouble.startswith("✗ ")  # type: ignore[attr-defined]
        await someone.press("ctrl+u")
        await someone.type("60")
        await someone.press("enter")
        assert card(someone)

    visit(story, newcomer())


def test_what_the_action_refuses_is_told_in_its_words(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.type("Armor")
        await someone.press("enter", "1", "2", "enter", "enter")
        assert someone.app.screen.trouble == "✗ « 12 » n'est pas un SIREN."  # type: ignore[attr-defined]

    visit(story, newcomer(update_company=Invalid("« 12 » n'est pas un SIREN.")))


def test_m_goes_back_to_the_answers(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.type("Armor")
        await someone.press("enter", "enter", "enter", "m")
        assert not card(someone)
        await someone.type(" SARL")
        await someone.press("enter", "enter", "enter", "y")
        assert someone.runner.committed[0].name == "Armor SARL"

    visit(story, newcomer())


@pytest.mark.parametrize("keys", [["escape"], ["A", "enter", "enter", "enter", "n"]])
def test_no_and_later_record_nothing(visit: Visiting, keys: list[str]) -> None:
    async def story(someone: Visit) -> None:
        await someone.press(*keys)
        assert isinstance(someone.app.screen, InvoicesScreen)
        assert not someone.runner.committed

    visit(story, newcomer())


def test_a_card_that_no_longer_holds_is_taken_away(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.type("Armor")
        await someone.press("enter", "enter", "enter")
        await someone.press("shift+tab")
        await someone.type("x")
        assert not card(someone)

    visit(story, newcomer())


def test_who_is_known_is_not_asked(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        assert isinstance(someone.app.screen, InvoicesScreen)

    visit(story)


def test_when_the_company_cannot_be_read_nobody_is_asked(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        assert isinstance(someone.app.screen, InvoicesScreen)

    visit(story, newcomer(show_company=OutsideFault("La base ne répond pas.")))

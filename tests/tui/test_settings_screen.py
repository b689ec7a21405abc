"""Settings: who we are, what works, every option; the company and its accounts are told from here."""

from visits import Guest, Staying

from crm.core.i18n import _
from crm.customers.actions import ShowCompany
from crm.tui.screens.act import ActPanel
from crm.tui.screens.settings import SettingsScreen


def lines(guest: Guest) -> str:
    return "\n".join(f"{row.name} {row.value} {row.about}" for row in guest.table("rows").rows)


def test_company_checks_and_options_with_their_origin(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("comma")
        assert isinstance(guest.screen, SettingsScreen)
        text = lines(guest)
        assert "Armor Distribution" in text
        assert "FR1420041010050500013M02606" in text
        assert "CRM_LANGUAGE fr" in text
        assert any(row.glyph == "✓" for row in guest.table("rows").rows)
        await guest.press("escape")

    stay(story)


def test_m_changes_the_company_with_what_is_known_in_the_form(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("comma", "m")
        assert isinstance(guest.screen, ActPanel)
        entry = guest.screen._form.entry("name")
        assert entry.answer == "Armor Distribution"
        entry.focus()
        await guest.type(" SAS")
        await guest.press("enter")
        assert "Armor Distribution → Armor Distribution SAS" in guest.card
        await guest.press("o")
        assert guest.crm.runner.read(ShowCompany(), guest.crm.actor).name == "Armor Distribution SAS"
        assert "Armor Distribution SAS" in lines(guest)

    stay(story)


def test_plus_adds_an_account(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("comma", "plus")
        await guest.type("FR7630006000011234567890189")
        await guest.press("enter", "o")
        assert len(guest.crm.runner.read(ShowCompany(), guest.crm.actor).accounts) == 2

    stay(story)


def test_what_is_missing_is_told_with_its_key(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("escape", "comma")
        assert _("not told yet") in lines(guest)

    stay(story, full=False)

"""The palette: keys, places, actions and customers by their names."""

from visits import Guest, Staying

from crm.core.i18n import _
from crm.tui.screens.act import ActPanel
from crm.tui.screens.boards import PromisesScreen
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.invoices import InvoicesScreen
from crm.tui.screens.palette import SYNONYMS, PalettePanel
from crm.tui.screens.sheet_panel import SheetPanel
from crm.tui.screens.today import TodayScreen
from crm.tui.sections import SECTIONS, place_of
from crm.tui.widgets.sheet_table import SheetTable
from crm.tui.words import action_words, card_title


def labels(guest: Guest) -> list[str]:
    return [entry.label for entry in guest.screen.query_one(SheetTable).rows]


def test_it_holds_every_action_every_place_and_the_keys_of_the_screen(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("ctrl+p")
        assert isinstance(guest.screen, PalettePanel)
        found = labels(guest)
        assert {action_words(kind) for kind in guest.crm.registry} <= set(found)
        assert {_("Customers"), _("Settings"), _("Promises"), _("Journal")} <= set(found)
        assert found[0] == _("Here")

    stay(story)


def test_a_customer_is_found_from_anywhere(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("ctrl+p")
        await guest.type("girard")
        await guest.press("enter")
        assert isinstance(guest.screen, CustomerScreen)
        await guest.press("escape")
        await guest.press("slash")
        await guest.type("caron")
        assert labels(guest)[1:] == ["Menuiserie Caron"]
        await guest.press("enter")
        assert guest.words("#facts").startswith("Menuiserie Caron")

    stay(story)


def test_an_action_about_what_is_selected_knows_its_customer(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("colon")
        assert "Brasserie du Port" in guest.screen._title().plain
        await guest.type(action_words(guest.crm.registry.get("record_promise")))
        await guest.press("enter")
        assert isinstance(guest.screen, ActPanel)
        assert guest.screen._form.values["customer"] == "C-4"

    stay(story)


def test_what_only_reads_is_shown_at_once(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("colon")
        await guest.type(card_title(guest.crm.registry.get("show_customer")))
        await guest.press("enter")
        assert isinstance(guest.screen, SheetPanel)
        assert "Brasserie du Port" in guest.words("#title")

    stay(story)


def test_it_leads_to_sections_and_places(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("ctrl+p")
        await guest.type(_("Invoices"))
        await guest.press("enter")
        assert isinstance(guest.screen, InvoicesScreen)
        await guest.press("ctrl+p")
        await guest.type(_("Promises"))
        while guest.screen.query_one(SheetTable).selected.label != _("Promises"):
            await guest.press("down")
        await guest.press("enter")
        assert isinstance(guest.screen, PromisesScreen)
        await guest.press("escape", "1")
        assert isinstance(guest.screen, TodayScreen)

    stay(story)


def test_a_screen_answers_to_other_words_for_it(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("ctrl+p")
        await guest.type(_(SYNONYMS["assumptions"]).split(",")[0][:6])
        assert _("What is assumed") in labels(guest)

    assert all(place_of(word) or word in {section.word for section in SECTIONS} for word in SYNONYMS)
    stay(story)


def test_nothing_answers_and_escape_comes_back(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("ctrl+p")
        await guest.type("zzzz")
        assert labels(guest) == []
        await guest.press("enter", "escape")
        assert isinstance(guest.screen, TodayScreen)

    stay(story)

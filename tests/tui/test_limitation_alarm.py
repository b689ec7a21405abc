"""A claim near its limitation: on the list of the day, on the customer's sheet, in a list of its own."""

import io

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.bootstrap import Crm
from crm.core.basics import ImportData
from crm.core.i18n import _
from crm.tui.plain.pages import PAGES, customer_page
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.lists import LimitationsScreen
from crm.tui.worklist import Group, WorkItem

NB = "\u00a0"


def old_debts(crm: Crm, *invoices: tuple[str, str, str]) -> None:
    """Invoices by number, customer and due date."""
    lines = [f"{number};{customer};{due};{due};90,00" for number, customer, due in invoices]
    text = "\n".join(["number;customer;issue_date;due_date;total_incl_tax", *lines])
    crm.runner.run(ImportData(upload=crm.spool.take(io.BytesIO(text.encode()), "old.csv")), crm.actor)


def of_a_consumer(crm: Crm) -> None:
    """Jeanne Tanguy is a consumer: two years from 15 December 2024."""
    old_debts(crm, ("A-1", "C-9", "2024-12-15"))


def of_many(crm: Crm) -> None:
    """Five businesses, five years."""
    old_debts(crm, *((f"A-{place}", f"C-{place}", f"2022-01-{place:02}") for place in (1, 2, 3, 4, 5)))


def limits(guest: Guest) -> list[str]:
    rows = guest.table("work").rows
    return [row.name for row in rows if isinstance(row, WorkItem) and row.group is Group.LIMIT]


def test_the_list_of_the_day_names_who_and_until_when(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        assert limits(guest) == ["Jeanne Tanguy"]
        (line,) = [line for line in guest.lines("work") if "A-1" in line]
        assert "A-1 prescrite après le 15 déc." in line
        assert f"90,00{NB}€" in line

    stay(story, before=of_a_consumer)


def test_more_than_three_lead_to_the_list_of_all(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        assert limits(guest) == ["Transports Girard", "Hôtel de la Plage", "Menuiserie Caron", "2 autres clients"]
        guest.app.open_place("limitations")
        await guest.settle()
        assert isinstance(guest.screen, LimitationsScreen)
        assert len(guest.table("rows").rows) == 5
        await guest.press("enter")
        assert isinstance(guest.screen, CustomerScreen)

    stay(story, before=of_many)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_sheet_begins_with_it(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        guest.app.open_customer("C-9")
        await guest.settle()
        first, second, *_rest = guest.words("#facts").splitlines()
        assert first.startswith("○ A-1 prescrite après le 15 déc.")
        assert second.startswith("Jeanne Tanguy")

    stay(story, before=of_a_consumer, size=size)


def test_nothing_near_is_said_in_its_place(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        assert limits(guest) == []
        guest.app.open_place("limitations")
        await guest.settle()
        assert guest.notice.startswith(_("Nothing nears its limitation."))

    stay(story)


def test_the_plain_terminal_says_it_too(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        page = customer_page(guest.crm, "C-9")
        assert any(line.startswith("A-1 prescrite après le 15 déc.") for line in page.lines)
        assert any("A-1 prescrite" in record.words for record in PAGES["today"](guest.crm).records)

    stay(story, before=of_a_consumer)

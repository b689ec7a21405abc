"""The whole sheet of a customer: identity, how each address fares, the relation; and a timeline that goes on."""

from datetime import date, timedelta

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.core.i18n import _
from crm.customers.actions import CreateCustomer, UpdateContact, UpdateCustomer
from crm.customers.interactions import Interaction
from crm.customers.joining import JoinGroup, MergeCustomers
from crm.customers.queries import find_customer
from crm.messaging.models import DeadAddress
from crm.tui.screens import customer
from crm.tui.screens.relation_panel import RelationPanel


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_v_shows_who_it_is_and_how_the_relation_stands(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        run, who = guest.crm.runner.run, guest.crm.actor
        run(CreateCustomer(number="C-99", name="Girard Dépôt"), who)
        run(CreateCustomer(number="C-98", name="Holding Girard"), who)
        run(MergeCustomers(customer="C-1", duplicate="C-99"), who)
        run(JoinGroup(customer="C-1", parent="C-98"), who)
        run(UpdateCustomer(customer="C-1", siret="55208131766522"), who)
        run(UpdateContact(customer="C-1", email="michel@girard.example", absent_until=date(2026, 12, 1)), who)
        with guest.crm.database.writing() as session:
            session.add(
                DeadAddress(channel="email", address="michel@girard.example", since=guest.crm.clock.now(), reason="550")
            )
            session.commit()
        guest.app.open_customer("C-1")
        await guest.settle()
        await guest.press("v")
        assert isinstance(guest.screen, RelationPanel)
        told = guest.words("#whole")
        assert "552\u00a0081\u00a0317\u00a066522" in told
        assert "C-99" in told
        assert "Holding Girard" in told
        assert "✗ michel@girard.example" in told
        for words in ("no survey answered yet", "no loyalty programme yet", "none open", "none waiting"):
            assert _(words) in told
        await guest.press("escape")
        assert isinstance(guest.screen, customer.CustomerScreen)

    stay(story, size=size)


def test_the_timeline_goes_on_where_a_page_ends(stay: Staying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer, "_EVENTS", 20)
    monkeypatch.setattr(customer, "_NEAR_END", 5)

    async def story(guest: Guest) -> None:
        with guest.crm.database.writing() as session:
            owner = find_customer(session, "C-5").id
            for number in range(50):
                day = date(2026, 11, 20) - timedelta(number)
                session.add(Interaction(customer_id=owner, day=day, text=f"note {number:02}", author="Léa"))
            session.commit()
        guest.app.open_customer("C-5")
        await guest.settle()
        table = guest.table("timeline")
        total = guest.screen._history.total
        assert total >= 50
        table.focus()
        for _page in range(5):
            await guest.press("end")
            await guest.settle()
        assert len(guest.screen._history.events) == total
        assert len({(event.day, event.title, event.text) for event in guest.screen._history.events}) >= 50

    stay(story)

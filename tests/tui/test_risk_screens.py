"""The portfolio by risk, and the model behind it: with nothing settled, with a little, and with enough to learn from."""

import io
from datetime import timedelta

import pytest
from homes import SOPHIE, TODAY
from visits import NARROW, WIDE, Guest, Staying

from crm.bootstrap import Crm
from crm.core.basics import ImportData
from crm.core.i18n import _
from crm.risk.actions.scoring import ScoreRisk
from crm.tui.screens.risk import RiskModelScreen, RiskScreen
from crm.tui.screens.sheet_panel import SheetPanel

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW])


def settled(count: int, still_open: int = 6):
    """A house in which so many invoices were paid, late by habit, and some are open."""

    def before(crm: Crm) -> None:
        lines = ["number;customer;issue_date;due_date;total_incl_tax;paid_date"]
        for serial in range(count):
            due = TODAY - timedelta(days=3 + 500 * serial // count)
            late = (serial % 5) * 9 - 12 + serial % 7
            paid = min(due + timedelta(days=late), TODAY - timedelta(days=1))
            lines.append(
                f"S-{serial};C-{serial % 5};{due - timedelta(days=30)};{due};{300 + 37 * (serial % 40)}.00;{paid}"
            )
        for serial in range(still_open):
            due = TODAY - timedelta(days=20 - 9 * serial)
            lines.append(f"O-{serial};C-{serial % 5};{due - timedelta(days=30)};{due};{900 + 411 * serial}.00;")
        text = "\n".join(lines).encode()
        crm.runner.run(ImportData(upload=crm.spool.take(io.BytesIO(text), "invoices.csv")), SOPHIE)
        crm.runner.run(ScoreRisk(), SOPHIE)

    return before


async def opened(guest: Guest, word: str) -> None:
    guest.app.open_place(word)
    await guest.settle()


def fits(guest: Guest) -> bool:
    """Nothing is drawn beyond the right edge."""
    return all(widget.region.right <= guest.app.size.width for widget in guest.screen.query("*") if widget.display)


@SIZES
def test_an_empty_house_says_that_nothing_is_open(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await opened(guest, "risk")
        assert isinstance(guest.screen, RiskScreen)
        assert guest.notice.startswith(_("Nothing is open."))
        await guest.press("w")
        assert isinstance(guest.screen, RiskScreen), "there is nobody to ask about"

    stay(story, size=size, full=False)


@SIZES
@pytest.mark.parametrize("count", [10, 300])
def test_the_list_its_map_and_what_if(stay: Staying, size: tuple[int, int], count: int) -> None:
    async def story(guest: Guest) -> None:
        await opened(guest, "risk")
        assert guest.words("#map")
        assert fits(guest)
        assert any("●" in line for line in guest.lines("rows"))
        assert all(len(line) <= size[0] for line in guest.lines("rows"))
        await guest.press("w")
        await guest.type("12000")
        await guest.press("enter")
        assert isinstance(guest.screen, SheetPanel)
        supposed = _("Reckoned for a next invoice of {amount}.").split("{")[0]
        assert any(supposed in str(part.render()) for part in guest.screen.query("Static"))
        await guest.press("escape")
        assert isinstance(guest.screen, RiskScreen)

    stay(story, size=size, full=False, before=settled(count))


def test_what_if_refuses_what_is_no_amount(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await opened(guest, "risk")
        await guest.press("w")
        await guest.type("much")
        await guest.press("enter")
        assert isinstance(guest.screen, RiskScreen)
        await guest.press("escape")

    stay(story, full=False, before=settled(10))


@SIZES
def test_with_little_history_the_model_says_that_the_rule_answers(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await opened(guest, "risk-model")
        assert isinstance(guest.screen, RiskModelScreen)
        assert _("The simple rule answers: there is too little history to learn from.") in guest.words("#told")
        assert fits(guest)

    stay(story, size=size, full=False, before=settled(10))


@SIZES
def test_with_enough_history_the_model_shows_its_card(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await opened(guest, "risk")
        await guest.press("M")
        assert isinstance(guest.screen, RiskModelScreen)
        told = guest.words("#told")
        assert "300" in told
        assert _("The simple rule answers: there is too little history to learn from.") not in told
        assert fits(guest)

    stay(story, size=size, full=False, before=settled(300))

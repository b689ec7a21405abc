"""The key figures on screen: each with its months and what has changed, opened to its lines; currencies apart."""

from decimal import Decimal

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.core.i18n import _, use_language
from crm.portfolio.recipes import RECIPES, Kpi, Unit
from crm.tui.kpi_views import change_words
from crm.tui.screens.kpis import KpisScreen
from crm.tui.screens.sheet_panel import SheetPanel


async def open_figures(guest: Guest) -> None:
    guest.app.open_place("kpis")
    await guest.settle()
    assert isinstance(guest.screen, KpisScreen)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_every_figure_stands_there_with_its_unit_and_its_months(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await open_figures(guest)
        assert len(guest.table("rows").rows) == len(Kpi)
        lines = guest.lines("rows")
        assert all(len(line) <= size[0] for line in lines)
        late = next(line for line in lines if _(RECIPES[Kpi.OVERDUE_RATE].label) in line)
        assert "%" in late
        assert any(bar in late for bar in "▁█")
        await guest.press("escape")

    stay(story, size=size)


def test_a_figure_opens_to_its_lines_and_to_its_formula(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_figures(guest)
        await guest.press("x")
        assert isinstance(guest.screen, SheetPanel)
        assert "F-101" in " ".join(guest.lines("lines"))
        await guest.press("escape", "enter")
        assert isinstance(guest.screen, SheetPanel)
        assert _("In dispute") in " ".join(guest.lines("lines"))
        await guest.press("escape", "escape")

    stay(story)


def test_what_is_disputed_is_taken_out_and_back_in(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_figures(guest)
        whole = guest.lines("rows")[1]
        await guest.press("f")
        assert _("without what is disputed") in guest.head()
        without = guest.lines("rows")[1]
        assert without != whole, "320 € of F-801 are in dispute"
        await guest.press("f")
        assert guest.lines("rows")[1] == whole

    stay(story)


def test_currencies_are_never_added(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_figures(guest)
        assert "USD" not in " ".join(guest.lines("rows"))
        await guest.press("dollar_sign")
        assert "USD" in guest.head()
        rows = " ".join(guest.lines("rows"))
        assert "€" not in rows
        assert "5\u202f201,03" in rows.replace("\u00a0", "\u202f")
        await guest.press("dollar_sign")
        assert "EUR" in guest.head()

    stay(story)


def test_a_figure_is_found_by_its_name(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_figures(guest)
        await guest.press("slash")
        await guest.type("dso")
        assert 0 < len(guest.table("rows").rows) < len(Kpi)

    stay(story)


def test_without_an_invoice_it_teaches(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_figures(guest)
        assert guest.notice.startswith(_("There is nothing to count yet."))
        await guest.press("escape")

    stay(story, full=False)


def test_a_change_is_told_by_arrow_sign_and_unit() -> None:
    use_language("en")
    assert change_words(Decimal(40), Decimal("43.2"), Unit.DAYS, "EUR") == "▲ +3.20\u00a0days"
    assert change_words(Decimal(12), Decimal(10), Unit.PERCENT, "EUR") == "▼ −2.00\u00a0pts"
    assert change_words(100_000, 90_000, Unit.MONEY, "EUR").startswith("▼ −")
    assert change_words(3, 3, Unit.COUNT, "EUR") == "="
    assert change_words(None, 3, Unit.COUNT, "EUR") == ""

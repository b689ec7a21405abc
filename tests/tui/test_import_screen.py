"""A file comes in: its path completed, what it brings shown, then the yes."""

from pathlib import Path

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.core.i18n import _
from crm.receivables.actions import ListInvoices
from crm.tui.screens.importing import ImportScreen
from crm.tui.screens.today import TodayScreen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    (place / "compta").mkdir(parents=True)
    (place / "factures.csv").write_text(
        "number;customer;issue_date;due_date;total_incl_tax\nN-1;Neuf;2026-10-01;2026-10-31;120.00\nN-2;Neuf;hier;;x\n"
    )
    (place / "notes.txt").write_text("rien")
    (place / ".secret").write_text("")
    return place


async def at_files(guest: Guest, folder: Path) -> ImportScreen:
    guest.app.open_place("import", folder=folder)
    await guest.settle()
    assert isinstance(guest.screen, ImportScreen)
    return guest.screen


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_file_is_chosen_looked_at_and_taken_in(stay: Staying, folder: Path, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await at_files(guest, folder)
        assert next(line.split()[0] for line in guest.lines("places") if line.strip(" ▌")).endswith("compta/")
        await guest.type("fact")
        await guest.press("enter")
        assert "factures.csv" in guest.card
        assert "1 " in guest.card
        await guest.press("enter")
        assert guest.card
        await guest.press("o")
        assert isinstance(guest.screen, TodayScreen)
        assert len(guest.crm.runner.read(ListInvoices(customer="Neuf"), guest.crm.actor).lines) == 1
        assert guest.said.startswith("✓ ")

    stay(story, size=size)


def test_a_folder_is_opened_and_the_path_completed(stay: Staying, folder: Path) -> None:
    async def story(guest: Guest) -> None:
        screen = await at_files(guest, folder)
        await guest.press("enter")
        assert screen._path.value == f"{folder}/compta/"
        assert guest.lines("places")[0].strip() == _("Nothing here answers to this path.")

    stay(story)


def test_a_file_of_no_known_kind_is_refused_in_words(stay: Staying, folder: Path) -> None:
    async def story(guest: Guest) -> None:
        screen = await at_files(guest, folder)
        await guest.type("notes")
        await guest.press("enter")
        assert guest.notice.startswith("✗ ")
        assert screen._path.has_focus
        await guest.press("escape", "escape")
        assert isinstance(guest.screen, TodayScreen)

    stay(story)


def test_no_gives_another_file_a_chance(stay: Staying, folder: Path) -> None:
    async def story(guest: Guest) -> None:
        screen = await at_files(guest, folder)
        await guest.type("factures.csv")
        await guest.press("enter", "n")
        assert guest.card == ""
        assert screen._path.has_focus
        await guest.press("escape")

    stay(story)


def test_a_path_may_be_typed_anew_behind_the_old_one(stay: Staying, folder: Path) -> None:
    async def story(guest: Guest) -> None:
        screen = await at_files(guest, folder)
        await guest.type(f"{folder}/fact")
        await guest.press("right")
        assert screen._path.value == f"{folder}/factures.csv"

    stay(story)

"""Whom no message reaches, and what is assumed: looked at and settled before the first reminders leave."""

import csv
import io
from pathlib import Path

import pytest
from homes import SOPHIE
from visits import NARROW, WIDE, Guest, Staying

from crm.bootstrap import Crm
from crm.core.basics import ImportData
from crm.core.i18n import _
from crm.followup.actions.assumptions import ListDebtorsWithoutAddress, ReviewAssumptions
from crm.tui.screens.act import ActPanel
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.importing import ImportScreen
from crm.tui.screens.readiness import AssumptionsScreen, NoAddressScreen


def silent(crm: Crm) -> None:
    """Two customers who owe something, without any address; their due dates are not told."""
    files = {
        "clients.csv": "number;name\nS-1;Silencieux SARL\nS-2;Muet SA",
        "factures.csv": "number;customer;issue_date;total_incl_tax\nF-1;S-1;2026-09-01;880.00\nF-2;S-2;2026-09-03;120.00",
    }
    for name, text in files.items():
        crm.runner.run(ImportData(upload=crm.spool.take(io.BytesIO(text.encode()), name)), SOPHIE)


async def open_place(guest: Guest, word: str) -> None:
    guest.app.open_place(word)
    await guest.settle()


def without_address(crm: Crm) -> list[str]:
    return [line.customer for line in crm.runner.read(ListDebtorsWithoutAddress(), SOPHIE).lines]


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_list_says_who_owes_how_much_and_why_nothing_reaches_them(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        await open_place(guest, "no-address")
        assert isinstance(guest.screen, NoAddressScreen)
        lines = guest.lines("rows")
        assert "Silencieux SARL" in lines[1]
        assert "880,00" in lines[1]
        assert all(len(line) <= size[0] for line in lines)
        await guest.press("enter")
        assert isinstance(guest.screen, CustomerScreen)

    stay(story, size=size, before=silent)


def test_m_gives_the_selected_one_an_address(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_place(guest, "no-address")
        guest.at_once("m", then="compta@silencieux.example\n")
        await guest.settle()
        assert isinstance(guest.screen, ActPanel)
        assert "compta@silencieux.example" in guest.card
        await guest.press("o")
        assert without_address(guest.crm) == ["S-2"]
        assert "Muet SA" in guest.lines("rows")[1]

    stay(story, before=silent)


def test_what_is_no_address_is_told_in_the_form(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_place(guest, "no-address")
        guest.at_once("m", then="pas une adresse\n")
        await guest.settle()
        assert isinstance(guest.screen, ActPanel)
        assert guest.card == ""
        assert without_address(guest.crm) == ["S-1", "S-2"]

    stay(story, before=silent)


def test_the_list_goes_to_a_file_and_comes_back_with_addresses(stay: Staying, tmp_path: Path) -> None:
    path = tmp_path / "a-remplir.csv"

    async def story(guest: Guest) -> None:
        await open_place(guest, "no-address")
        guest.at_once("w", then=f"/{path}\n")
        await guest.settle()
        assert guest.said.startswith(f"✓ 2 clients dans {path}.")
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
        assert [row["customer"] for row in rows] == ["S-1", "S-2"]
        for row in rows:
            row |= {"name": "Comptabilité", "email": f"compta@{row['customer'].lower()}.example"}
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0].keys(), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
        guest.at_once("i", then=f"/{path}\n")
        await guest.settle()
        assert isinstance(guest.screen, ImportScreen)
        await guest.press("o")
        assert guest.notice.startswith(_("Every debtor has an address."))
        assert without_address(guest.crm) == []

    stay(story, before=silent)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("there.csv", "est déjà là"),
        ("nowhere/new.csv", "ne peut pas s’écrire"),
        ("list.pdf", "se termine ici par"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_and_the_list_stays(
    stay: Staying, tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / "there.csv").write_text("mine")

    async def story(guest: Guest) -> None:
        await open_place(guest, "no-address")
        guest.at_once("w", then=f"/{tmp_path / name}\n")
        await guest.settle()
        assert told in guest.said
        assert guest.notice == ""
        assert (tmp_path / "there.csv").read_text() == "mine"

    stay(story, before=silent)


def test_assumed_due_dates_are_settled_one_by_one_or_all_at_once(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_place(guest, "assumptions")
        assert isinstance(guest.screen, AssumptionsScreen)
        assert guest.screen.subject.customer == "S-1"
        await guest.press("o", "o")
        left = guest.crm.runner.read(ReviewAssumptions(), SOPHIE).lines
        assert [line.customer for line in left if line.kind == "due_dates"] == ["S-2"]
        await guest.press("O", "o")
        left = guest.crm.runner.read(ReviewAssumptions(), SOPHIE).lines
        assert not [line for line in left if line.kind == "due_dates"]

    stay(story, before=silent)


def test_other_terms_are_asked_for_and_counted_anew(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_place(guest, "assumptions")
        await guest.press("m")
        assert isinstance(guest.screen, ActPanel)
        await guest.press("escape")
        assert isinstance(guest.screen, AssumptionsScreen)
        assert guest.said != ""

    stay(story, before=silent)


def test_nothing_assumed_says_where_it_would_come_from(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await open_place(guest, "assumptions")
        assert guest.notice.startswith(_("Nothing is assumed."))
        await guest.press("escape")
        assert not isinstance(guest.screen, AssumptionsScreen)

    stay(story, full=False)

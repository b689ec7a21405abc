"""Customers: found while one types, narrowed, sorted, opened; a page at a time."""

import io
from pathlib import Path

import pytest
from visits import NARROW, WIDE, Guest, Staying

from crm.bootstrap import Crm
from crm.core.basics import ImportData
from crm.core.i18n import _
from crm.customers.interactions import LogInteraction
from crm.tui.screens import customers
from crm.tui.screens.act import ActPanel
from crm.tui.screens.columns import ColumnsPanel
from crm.tui.screens.customer import CustomerScreen
from crm.tui.screens.customers import CustomersScreen
from crm.tui.screens.filters import FilterPanel
from crm.tui.views import keep_columns, kept_columns

NB = "\u00a0"


def names(guest: Guest) -> list[str]:
    return [row.name for row in guest.table("customers").rows if row is not None]


def test_the_most_overdue_stand_first_with_what_they_owe(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        assert names(guest)[:3] == ["Transports Girard", "Hôtel de la Plage", "Menuiserie Caron"]
        first = guest.lines("customers")[1]
        assert first.startswith("▌Transports Girard")
        assert f"16{NB}240,00{NB}€" in first
        assert f"+96{NB}j" in first
        assert guest.head().startswith("Clients  11 · ")
        assert guest.head().endswith(f"échu 41{NB}075,95{NB}€")

    stay(story, section="2")


def test_what_comes_next_is_said_from_facts(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        lines = {line[1:].split("  ")[0]: line for line in guest.lines("customers")[1:]}
        assert lines["Brasserie du Port"].endswith("◆ promet 3 400 € vendredi")
        assert lines["Hôtel de la Plage"].endswith("■ échéancier en discussion")
        assert "✗ " + _("promise of {day} not kept").format(day="23 nov.")[:20] in lines["Transports Girard"]
        assert lines["Librairie du Coin"].endswith(_("regime to be stated"))

    stay(story, section="2")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("girard", ["Transports Girard"]),
        ("elec", ["Électricité Morvan"]),
        ("dupon", ["Dupond Matériaux", "Dupont Frères"]),
        ("brest", ["Brasserie du Port", "Jeanne Tanguy"]),
        ("guivarc", ["Hôtel de la Plage"]),
        ("k.lebihan@", ["Brasserie du Port"]),
        ("C-10", ["Northwind Trading"]),
        ("552081", ["Transports Girard"]),
    ],
)
def test_any_word_of_theirs_finds_a_customer(stay: Staying, typed: str, found: list[str]) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("slash")
        await guest.type(typed)
        assert sorted(names(guest)) == found
        assert typed in guest.head()
        await guest.press("escape")
        assert len(names(guest)) == 11

    stay(story, section="2")


def test_nobody_answers_and_the_closest_are_named(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("slash")
        await guest.type("menuiserie karon")
        line = guest.lines("customers")[1]
        assert _("No customer answers to “{words}”.").format(words="menuiserie karon") in line
        assert "Menuiserie Caron" in line
        await guest.press("enter", "plus")
        assert isinstance(guest.screen, ActPanel)

    stay(story, section="2")


def test_a_ready_filter_is_one_key_away_and_says_how_many(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("f")
        assert isinstance(guest.screen, FilterPanel)
        lines = [guest.screen._table.render_line(y).text for y in range(8)]
        assert [line.split()[-1] for line in lines[:2]] == ["11", "9"]
        await guest.press("down", "down", "enter")
        assert names(guest) == ["Brasserie du Port", "Électricité Morvan"]
        await guest.press("escape")
        assert len(names(guest)) == 11

    stay(story, section="2")


def test_a_search_can_be_kept_under_a_name(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("slash")
        await guest.type("brest")
        await guest.press("enter", "f", "plus")
        await guest.type("Brest")
        await guest.press("enter", "escape", "escape")
        assert len(names(guest)) == 11
        await guest.press("f", "end", "enter")
        assert sorted(names(guest)) == ["Brasserie du Port", "Jeanne Tanguy"]
        await guest.press("f", "end", "delete")
        assert "Brest" not in " ".join(str(view.name) for view in guest.screen._table.rows)

    stay(story, section="2")


def test_the_columns_are_chosen_and_stay_chosen(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        assert guest.table("customers").headings == [
            "Client",
            "Ville",
            "Solde",
            "Échu",
            "Âge",
            "Retard",
            "Segment",
            "Ensuite",
        ]
        await guest.press("m")
        assert isinstance(guest.screen, ColumnsPanel)
        await guest.press("space", "down", "space", "end", "space", "enter")
        assert guest.said == "✓ " + _("Columns kept for you.")
        assert guest.table("customers").headings == [
            "Client",
            "Échu",
            "Âge",
            "Retard",
            "Segment",
            "Ensuite",
            "À échoir",
        ]
        again = CustomersScreen(guest.crm)
        assert again._chosen == ("overdue", "age", "late", "segment", "next", "not_due")
        await guest.press("m", "delete")
        assert guest.table("customers").headings[1:3] == ["Ville", "Solde"]

    stay(story, section="2")


def test_the_last_exchange_is_read_once_its_column_is_chosen(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        log = LogInteraction(customer="C-1", channel="phone", date=guest.crm.clock.today(), outcome="reached", note=".")
        guest.crm.runner.run(log, guest.crm.actor)
        await guest.press("f5", "m")
        place = next(spot for spot, box in enumerate(guest.screen._boxes) if box.name == "exchange")
        await guest.press(*["down"] * place, "space", "enter")
        table = guest.table("customers")
        told = {row.number: row.exchange for row in table.rows if row is not None}
        assert told["C-1"] == guest.crm.clock.today()
        assert _("Last exchange") in guest.screen._columns(guest.screen._rows.known())[-1].heading

    stay(story, section="2")


def test_columns_are_moved_by_key_and_escape_changes_nothing(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("m", "end", "K", "K", "escape")
        assert guest.table("customers").headings[1] == "Ville"
        await guest.press("m", "down", "down", "K", "K", "enter")
        assert guest.table("customers").headings[:3] == ["Client", "Échu", "Ville"]

    stay(story, section="2")


def test_chosen_columns_without_room_step_aside_and_say_so(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("m", "end", "space", "up", "space", "up", "space")
        table = guest.screen._table
        lines = [table.render_line(y).text for y in range(table.size.height)]
        assert sum(_("no room on this screen") in line for line in lines) >= 4
        await guest.press("enter")
        headings = guest.table("customers").headings
        assert headings[0] == "Client"
        assert {"Échu", "Retard"} <= set(headings)
        assert not {"Ville", "Numéro", "Régime", "Segment"} & set(headings)
        assert all(len(line) <= NARROW[0] for line in guest.lines("customers"))

    stay(story, section="2", size=NARROW)


def test_the_last_column_cannot_be_hidden(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("m", *["space", "down"] * 7)
        assert [box.name for box in guest.screen._boxes if box.ticked] == ["next"]

    stay(story, section="2")


def test_columns_are_found_by_name_and_in_the_help(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("question_mark")
        assert _("choose the columns and their order") in guest.screen.words
        await guest.press("escape", "ctrl+p")
        await guest.type("colonnes")
        await guest.press("enter")
        assert isinstance(guest.screen, ColumnsPanel)

    stay(story, section="2")


def test_a_file_of_columns_that_cannot_be_read_is_no_choice(tmp_path: Path) -> None:
    assert kept_columns(tmp_path, "U1") == ()
    (tmp_path / "columns.json").write_text("[", "utf-8")
    assert kept_columns(tmp_path, "U1") == ()
    keep_columns(tmp_path, "U1", ["city", "late"])
    keep_columns(tmp_path, "U2", ["next"])
    assert (kept_columns(tmp_path, "U1"), kept_columns(tmp_path, "U2")) == (("city", "late"), ("next",))
    keep_columns(tmp_path, "U1", ())
    assert (kept_columns(tmp_path, "U1"), kept_columns(tmp_path, "U2")) == ((), ("next",))


def test_t_turns_the_order_and_says_it(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("t")
        assert guest.said.lower().startswith(_("latest first"))
        await guest.press("t", "t")
        assert names(guest)[0] == "Brasserie du Port"
        assert "▾" in guest.lines("customers")[0].split("Ville")[0]

    stay(story, section="2")


def test_the_place_is_kept_when_one_comes_back(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("down", "down", "enter")
        assert isinstance(guest.screen, CustomerScreen)
        await guest.press("escape")
        assert guest.table("customers").selected.name == "Menuiserie Caron"
        await guest.press("3", "2")
        assert guest.table("customers").selected.name == "Menuiserie Caron"

    stay(story, section="2")


@pytest.mark.parametrize("size", [NARROW, (110, 30), WIDE, (200, 60), (60, 20)])
def test_columns_leave_whole_and_no_line_is_too_wide(stay: Staying, size: tuple[int, int]) -> None:
    async def story(guest: Guest) -> None:
        headings = guest.table("customers").headings
        assert headings[0] == "Client"
        assert ("Ville" in headings) == (size[0] >= 140)
        assert all(len(line) <= size[0] for line in guest.lines("customers"))

    stay(story, section="2", size=size)


def test_an_empty_house_teaches(stay: Staying) -> None:
    async def story(guest: Guest) -> None:
        await guest.press("escape", "2")
        assert guest.notice.startswith(_("No customer yet."))
        await guest.press("plus")
        assert isinstance(guest.screen, ActPanel)

    stay(story, full=False)


def test_a_long_list_comes_by_name_and_page_by_page(stay: Staying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customers, "LARGE", 50)

    def many(crm: Crm) -> None:
        lines = [f"K-{place:03};Client {place:03};Brest;B2B" for place in range(180)]
        upload = crm.spool.take(io.BytesIO("\n".join(["number;name;city;regime", *lines]).encode()), "k.csv")
        crm.runner.run(ImportData(upload=upload), crm.actor)

    async def story(guest: Guest) -> None:
        assert isinstance(guest.screen, CustomersScreen)
        assert guest.head().startswith("Clients  191 · ")
        assert names(guest)[:2] == ["Brasserie du Port", "Client 000"]
        assert guest.table("customers").rows[120] is None
        await guest.press("end")
        assert guest.table("customers").selected.name == "Transports Girard"
        await guest.press("slash")
        await guest.type("client 17")
        assert len(names(guest)) == 12
        assert guest.head().startswith("Clients  12 · ")

    stay(story, section="2", before=many)

"""Where the money is stuck: the aged balance, a customer, the invoices, and every figure opened."""

from datetime import date

import pytest
from fakes import CUSTOMERS, FakeRunner, a_customer
from visits import NARROW, WIDE, Visit, Visiting

from crm.core.errors import NotAllowed, OutsideFault
from crm.core.i18n import _
from crm.receivables.actions import AgedBalance, ExplainBalance, ListInvoices, ShowInvoice
from crm.receivables.ageing import Bucket
from crm.tui.screens.documents import DocumentsScreen
from crm.tui.screens.explain import ExplainPanel
from crm.tui.screens.how_to import HowToPanel
from crm.tui.screens.importing import ImportScreen
from crm.tui.screens.invoices import InvoicesScreen
from crm.tui.screens.sheet_panel import SheetPanel
from crm.tui.words import bucket_name

NB = "\u00a0"


def names(lines: list[str]) -> list[str]:
    return [line[1:].split("  ")[0] for line in lines[1:] if line[1:].strip()]


async def look_back(someone: Visit) -> None:
    """Read the balance as it stood on another day."""
    await someone.press("h")
    await someone.type("31 mars")
    await someone.press("enter")


# What one sees first


def test_the_balance_the_bar_and_the_first_customer(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        assert "27" in someone.head()
        assert someone.head().endswith(
            f"73{NB}171,65{NB}€   " + _("{share} of").format(share=f"57,9{NB}%") + f" 126{NB}352,65{NB}€"
        )
        lines = someone.lines("customers")
        assert lines[1].startswith("▌Transports Girard")
        assert f"14{NB}280,00{NB}€" in lines[1]
        assert lines[-1].strip().startswith("↓")
        assert someone.head("who").startswith("Transports Girard")
        assert someone.top.startswith("Relance")
        assert someone.top.endswith("mar. 24 nov.")

    visit(story)


def test_the_words_are_french(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        assert someone.head().startswith("Balance âgée  au 24 nov. 2026 · 27 clients · TTC")
        assert someone.table("customers").headings == ["Client", *map(bucket_name, Bucket), "Total"]
        assert "Non affecté" in someone.lines("customers")[0]
        assert someone.keys.startswith("entrée ouvrir   ")
        assert all(key in someone.keys for key in ("x expliquer", "/ chercher", "e écrire", "l litige"))
        assert someone.keys.endswith("? aide")
        assert someone.said == f"Transports Girard{NB}: 20{NB}720,00{NB}€ échus, le plus ancien depuis 96 jours."

    visit(story)


def test_below_stand_the_selected_customers_invoices(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        first = someone.lines("documents")
        assert [line.split()[0] for line in first[1:4]] == ["F2026-6004", "F2026-0003", "F2026-8002"]
        assert first[4].strip().startswith("└")
        assert f"+96{NB}j" in first[1]
        await someone.press("down")
        assert someone.head("who").startswith("Maçonnerie Le Goff")
        assert someone.runner.seen[-1] == ListInvoices(customer=CUSTOMERS[4].customer, status="open")

    visit(story)


def test_narrow_shows_whole_euros_and_what_is_late_only(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        lines = someone.lines("customers")
        assert f"14{NB}280{NB}€" in lines[1]
        assert ",00" not in "".join(lines)
        assert not someone.app.screen.query_one("#detail").display
        assert all(len(line) <= 80 for line in lines)
        assert not any(
            isinstance(asked, ListInvoices) for asked in someone.runner.seen if asked != ListInvoices(limit=1)
        )

    visit(story, size=NARROW)


def test_tab_goes_to_the_invoices_and_escape_comes_back(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("tab")
        assert someone.table("documents").has_focus
        assert someone.lines("documents")[1].startswith("▌")
        await someone.press("escape")
        assert someone.table("customers").has_focus
        assert not someone.lines("documents")[1].startswith("▌")

    visit(story)


def test_looking_back_enter_opens_the_documents_of_that_day_and_the_place_is_kept(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await look_back(someone)
        await someone.press("down", "down", "enter")
        assert isinstance(someone.app.screen, DocumentsScreen)
        assert someone.head("who").startswith("Menuiserie Caron  Quimper")
        assert f"6{NB}120,40{NB}€" in someone.head("sums")
        assert someone.lines("documents")[1].startswith("▌F2026-")
        await someone.press("escape")
        assert isinstance(someone.app.screen, InvoicesScreen)
        assert someone.table("customers").selected.name == "Menuiserie Caron"

    visit(story, size=NARROW)


@pytest.mark.parametrize("size", [NARROW, (110, 30), (109, 24), (200, 60), (60, 20)])
def test_no_line_is_wider_than_the_terminal(visit: Visiting, size: tuple[int, int]) -> None:
    async def story(someone: Visit) -> None:
        for line in (*someone.lines("customers"), someone.head(), someone.keys, someone.top):
            assert len(line) <= size[0]
        assert someone.keys.endswith("? " + _("help"))

    visit(story, size=size)


def test_the_terminal_may_change_its_size(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("down")
        await someone.pilot.resize_terminal(*NARROW)
        await someone.settle()
        assert len(someone.table("customers").headings) == 6
        await someone.pilot.resize_terminal(*WIDE)
        await someone.settle()
        assert len(someone.table("customers").headings) == 8
        assert someone.table("customers").selected.name == "Maçonnerie Le Goff"

    visit(story)


# Every figure opens


def test_x_opens_the_lines_of_the_total(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("x")
        assert isinstance(someone.app.screen, ExplainPanel)
        assert someone.runner.seen[-1] == ExplainBalance(
            customer=CUSTOMERS[0].customer, currency="EUR", as_of=date(2026, 11, 24)
        )
        assert len(someone.table("lines").rows) == 3
        assert f"20{NB}720,00{NB}€" in someone.lines("total")[0]
        await someone.press("escape")
        assert isinstance(someone.app.screen, InvoicesScreen)

    visit(story)


def test_the_other_columns_are_one_key_away(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("x", "right")
        assert someone.runner.seen[-1].bucket is Bucket.DAYS_31_60
        await someone.press("left", "left")
        assert someone.runner.seen[-1].bucket is Bucket.OVER_90
        assert f"14{NB}280,00{NB}€" in someone.lines("total")[0]

    visit(story)


def test_from_an_invoice_x_opens_its_age_and_enter_the_invoice(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("tab", "down", "x")
        assert someone.runner.seen[-1].bucket is Bucket.DAYS_61_90
        await someone.press("escape", "enter")
        assert isinstance(someone.app.screen, SheetPanel)
        assert someone.runner.seen[-1] == ShowInvoice(invoice="F2026-0003")

    visit(story)


def test_beside_an_open_panel_no_amount_of_the_list_is_cut(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("x")
        list_below = someone.app.screen_stack[-2].query_one("#customers")
        assert list_below.headings[-1] == _("Total")  # type: ignore[attr-defined]  # the screen of this story has it
        assert list_below.size.width < 60
        await someone.press("escape")
        assert someone.table("customers").size.width > 130

    visit(story)


def test_a_figure_that_cannot_be_opened_says_so_in_its_panel(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("x")
        assert someone.notice.startswith("✗ Réservé aux comptables.")

    visit(story, FakeRunner(faults={"explain_balance": NotAllowed("Réservé aux comptables.")}))


# Searching, sorting, looking back


def test_the_list_follows_while_one_types(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("slash")
        await someone.type("morl")
        assert names(someone.lines("customers")) == ["Électricité Morvan", "Pharmacie du Marché"]
        assert "morl" in someone.head()
        assert f"3{NB}130,95{NB}€" in someone.head()
        assert someone.keys.split() == [_("enter"), _("confirm"), _("esc"), _("leave")]
        await someone.press("enter")
        assert someone.table("customers").has_focus
        await someone.press("escape")
        assert len(someone.table("customers").rows) == 27

    visit(story)


def test_a_field_takes_every_letter(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("slash")
        await someone.type("xthi?q")
        assert isinstance(someone.app.screen, InvoicesScreen)
        assert "xthi?q" in someone.lines("customers")[1]
        await someone.press("escape")
        assert len(someone.table("customers").rows) == 27

    visit(story)


def test_a_search_is_never_markup(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("slash")
        await someone.type("[bold]q")
        assert "[bold]q" in someone.head()

    visit(story)


def test_t_turns_the_order_and_says_it(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("t")
        assert names(someone.lines("customers"))[:2] == ["Transports Girard", "Clinique Saint-Luc"]
        assert someone.said == _("Sorted by total, the largest first.")
        await someone.press("t")
        assert names(someone.lines("customers"))[0] == "Ambulances Hervé"
        await someone.press("t")
        assert names(someone.lines("customers"))[1] == "Maçonnerie Le Goff"

    visit(story)


def test_h_shows_the_balance_of_another_day(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("h")
        await someone.type("31 mars")
        await someone.press("enter")
        assert AgedBalance(as_of=date(2026, 3, 31)) in someone.runner.seen
        assert "31 mars 2026" in someone.head()
        assert someone.runner.seen[-1].as_of == date(2026, 3, 31)
        await someone.press("h", "enter")
        assert "24 nov. 2026" in someone.head()

    visit(story)


@pytest.mark.parametrize("typed", ["demain", "25/11/2026"])
def test_a_day_that_cannot_be_is_told_and_asked_again(visit: Visiting, typed: str) -> None:
    async def story(someone: Visit) -> None:
        await someone.press("h")
        await someone.type(typed)
        await someone.press("enter")
        assert [asked for asked in someone.runner.seen if isinstance(asked, AgedBalance)] == [AgedBalance()]
        assert someone.app.screen.query_one("SayLine").has_class("-asking")
        await someone.press("escape")
        assert someone.table("customers").has_focus

    visit(story)


def test_another_currency_is_a_block_of_its_own(visit: Visiting) -> None:
    lines = (*CUSTOMERS, a_customer("Northwind", 1200, 0, 800, currency="USD"))

    async def story(someone: Visit) -> None:
        assert "$ EUR USD" in someone.head()
        assert "Northwind" not in "".join(names(someone.lines("customers")))
        await someone.press("dollar_sign")
        assert names(someone.lines("customers")) == ["Northwind"]
        assert someone.head().endswith(f"2{NB}000,00{NB}$")
        await someone.press("dollar_sign")
        assert someone.head().endswith(f"126{NB}352,65{NB}€")

    visit(story, FakeRunner(lines=lines))


def test_with_one_currency_there_is_no_key_for_another(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        assert "$" not in someone.head() + someone.keys
        await someone.press("dollar_sign")
        assert len(someone.table("customers").rows) == 27

    visit(story)


# Empty, failed, hostile


def test_an_empty_house_teaches(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        assert someone.notice.startswith(_("No invoice yet."))
        assert "FEC" in someone.notice
        assert someone.keys == "? " + _("help")
        await someone.press("i")
        assert isinstance(someone.app.screen, ImportScreen)
        await someone.press("escape", "v")
        assert isinstance(someone.app.screen, HowToPanel)
        await someone.press("escape")
        someone.runner.lines = CUSTOMERS
        await someone.press("enter")
        assert someone.notice == ""
        assert someone.table("customers").has_focus

    visit(story, FakeRunner(lines=(), ever=False))


def test_everything_settled_is_not_the_same_as_nothing_known(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        assert someone.notice.startswith(_("Everything is settled."))
        await someone.press("h")
        await someone.type("fin mars")
        await someone.press("enter")
        assert "31 mars 2026" in someone.notice

    visit(story, FakeRunner(lines=()))


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_fault_says_what_happened_what_is_safe_and_how_to_go_on(visit: Visiting, size: tuple[int, int]) -> None:
    fault = OutsideFault("La base de données ne répond pas.", next_step="Elle revient d'ordinaire en une minute.")

    async def story(someone: Visit) -> None:
        assert someone.notice.startswith("✗ La base de données ne répond pas.")
        assert _("Nothing has been changed.") in someone.notice
        assert "Elle revient" in someone.notice
        someone.runner.faults.clear()
        await someone.press("enter")
        assert someone.notice == ""
        assert len(someone.table("customers").rows) == 27

    visit(story, FakeRunner(faults={"aged_balance": fault}), size=size)


def test_whatever_breaks_is_a_sentence_and_x_has_the_cause(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        assert someone.notice.startswith("✗ " + _("The data cannot be read at the moment."))
        assert "locked" not in someone.notice
        await someone.press("x")
        assert isinstance(someone.app.screen, HowToPanel)
        assert "RuntimeError: database is [locked]" in someone.app.screen.words

    visit(story, FakeRunner(faults={"aged_balance": RuntimeError("database is [locked]")}))


def test_a_fault_of_the_invoices_leaves_the_balance(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        someone.runner.faults["list_invoices"] = OutsideFault("Les factures ne se lisent pas.")
        await someone.press("down")
        assert someone.said == "✗ Les factures ne se lisent pas."
        assert someone.notice == ""

    visit(story)


def test_a_fault_of_the_invoices_on_their_own_screen(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        await look_back(someone)
        someone.runner.faults["list_invoices"] = OutsideFault("Les factures ne se lisent pas.")
        await someone.press("enter")
        assert someone.notice.startswith("✗ Les factures ne se lisent pas.")
        someone.runner.faults.clear()
        await someone.press("enter")
        assert someone.notice == ""
        assert someone.table("documents").has_focus

    visit(story, size=NARROW)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("[bold]x[/", NARROW),
        ("[@click=app.quit]y", WIDE),
        ("\x1b[31mrouge", WIDE),
        ("株式会社山田商店", NARROW),
        ("Jean\nBon", NARROW),
        ("[/][/]", WIDE),
    ],
)
def test_a_hostile_name_is_only_a_name(visit: Visiting, name: str, size: tuple[int, int]) -> None:
    async def story(someone: Visit) -> None:
        shown = name.replace("\x1b", "").replace("\n", " ")
        assert someone.lines("customers")[1][1:].startswith(shown)
        assert someone.said.startswith(shown)
        await someone.press("x")
        assert someone.app.screen.query_one("#title").render().plain.startswith(shown)  # type: ignore[union-attr]  # shown as text here
        await someone.press("escape")
        await look_back(someone)
        await someone.press("enter")
        assert someone.head("who").startswith(shown)

    visit(story, FakeRunner(lines=(a_customer(name, 0, 100, city="[red]"),)), size=size)


def test_money_without_use_is_shown_beside_the_invoices(visit: Visiting) -> None:
    async def story(someone: Visit) -> None:
        assert someone.head("who").endswith(f"\u2212400,00{NB}€")
        await someone.press("x", "left")
        assert someone.runner.seen[-1].bucket is Bucket.UNALLOCATED
        assert f"\u2212400,00{NB}€" in someone.lines("total")[0]

    visit(story, FakeRunner(lines=(a_customer("Fleurs & Saisons", 0, 1150, unallocated=-400),)))

"""The plain terminal: a record a line, cards as questions, the same letters."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from homes import Homes

from crm.bootstrap import Crm
from crm.core.basics import ListProposals
from crm.core.i18n import _, use_language
from crm.receivables.actions import ListDisputes, ListInvoices, ListPromises
from crm.tui.plain.pages import PAGES
from crm.tui.plain.terminal import PlainTerminal
from crm.tui.views import kept_columns

NB = "\u00a0"
Talk = Callable[..., list[str]]


@pytest.fixture
def crm(homes: Homes, tmp_path: Path) -> Crm:
    use_language("fr")
    return homes.opened(tmp_path)


@pytest.fixture
def talk(crm: Crm) -> Talk:
    """Say some lines to the terminal; what it answered."""

    def run(*answers: str, word: str = "today") -> list[str]:
        said: list[str] = []
        left = list(answers)

        def read(prompt: str) -> str:
            said.append(prompt.strip())
            if not left:
                raise EOFError
            return left.pop(0)

        PlainTerminal(crm, read, lambda text: said.extend(text.split("\n"))).run(word)
        return said

    return run


def promises(crm: Crm, number: str) -> Sequence[date]:
    return [line.word.by for line in crm.runner.read(ListPromises(customer=number), crm.actor).lines]


def test_today_is_read_out(talk: Talk) -> None:
    said = talk()
    assert said[0] == _("{section}, {day}.").format(section=_("Today"), day="mardi 24 novembre 2026")
    assert any(line.startswith("1. ") and "Brasserie du Port" in line and f"3{NB}400,00{NB}€" in line for line in said)
    assert not any(glyph in "".join(said) for glyph in "◆▌━█↗■")


@pytest.mark.parametrize("word", sorted(PAGES))
def test_no_page_has_a_sign_or_a_colour(talk: Talk, word: str) -> None:
    said = "\n".join(talk(word=word))
    assert not set("◆▌━█▁▇↗↙■●○✓✗\x1b") & set(said)
    assert all(len(line) < 600 for line in said.splitlines())


def test_a_proposal_is_a_card_and_a_question(talk: Talk, crm: Crm) -> None:
    said = talk("1", "o")
    card = next(line for line in said if "vendredi 27 novembre 2026" in line)
    assert f"3{NB}400,00{NB}€" in card
    assert promises(crm, "C-4") == [date(2026, 11, 27)]


def test_no_and_another_value(talk: Talk, crm: Crm) -> None:
    talk("1", "n", "déjà payé", "1", "m", "montant 100", "", "o")
    assert crm.runner.read(ListProposals(), crm.actor).rows == ()
    (dispute,) = crm.runner.read(ListDisputes(customer="C-5"), crm.actor).lines
    assert dispute.cents == 10_000


def test_nothing_is_recorded_without_a_yes(talk: Talk, crm: Crm) -> None:
    said = talk("1", "")
    assert _("Nothing was recorded.") in said
    assert len(crm.runner.read(ListProposals(), crm.actor).rows) == 2


def test_a_customer_is_found_and_promises(talk: Talk, crm: Crm) -> None:
    said = talk("/morvan", "+p 1", "99/99", "vendredi", "", "o", "z", "o")
    assert any("99/99" in line for line in said)
    assert "vendredi 27 novembre 2026" in said
    assert promises(crm, "C-5") == []
    assert any(line.startswith(_("Undone.")) for line in said)


def test_a_choice_is_a_number(talk: Talk, crm: Crm) -> None:
    talk("/morvan", "l 1", "2", "", "o")
    (dispute,) = crm.runner.read(ListDisputes(customer="C-5"), crm.actor).lines
    assert dispute.reason == "damaged_goods"


def test_an_action_is_found_by_its_name(talk: Talk, crm: Crm) -> None:
    kind = crm.registry.get("show_customer").action_summary().removesuffix(".")
    said = talk(f":{kind}", "1", "girard")
    assert any("Landerneau" in line for line in said)


def test_the_words_of_a_reminder_are_read_and_sending_wants_the_word(talk: Talk, crm: Crm) -> None:
    said = talk("reminders", "1", "o 1", "o", word="reminders")
    assert any("Situation arrêtée au 24/11/2026." in line for line in said)
    assert _("Nothing was recorded.") in said


def test_a_file_comes_in(talk: Talk, crm: Crm, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("number;customer;issue_date;due_date;total_incl_tax\nN-1;Neuf;2026-10-01;2026-10-31;120.00\n")
    talk(f"i {path}", "o")
    assert len(crm.runner.read(ListInvoices(customer="Neuf"), crm.actor).lines) == 1


def test_help_pages_and_what_is_not_understood(talk: Talk) -> None:
    said = talk("?", _("Customers"), "zz", "99", "q")
    assert any(line.startswith(_("Pages: {names}.")[:6]) for line in said)
    assert any("Transports Girard" in line for line in said)
    assert _("“{answer}” is no letter here. ? says which there are.").format(answer="zz") in said
    assert _("There is no number {number} here.").format(number=99) in said


def test_columns_are_chosen_in_a_word_and_told_with_their_labels(talk: Talk, crm: Crm) -> None:
    said = talk(_("columns"), "99", _("columns"), "5 3", "q", word="customers")
    assert _("These are numbers from 1 to {count}.").format(count=13) in said
    assert kept_columns(crm.settings.data_folder, crm.actor.user) == ("late", "overdue")
    assert any("Girard" in line and _("Late") in line and _("Overdue") in line for line in said)
    talk(_("columns"), "", "q", word="customers")
    assert kept_columns(crm.settings.data_folder, crm.actor.user) == ()


def test_a_fault_is_a_sentence(talk: Talk, crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_any: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("crm.tui.plain.terminal.customers_page", broken)
    said = talk("/x", "q")
    assert any(
        line.startswith(_("Something unexpected happened: {what}.").format(what="RuntimeError")) for line in said
    )

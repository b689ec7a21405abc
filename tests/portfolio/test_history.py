"""Everything that happened with a customer, each fact once, the latest first; and the notes kept about one."""

import pytest
from build import LEA, TODAY, a_customer, a_payment, ago, an_invoice

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.core.errors import Invalid
from crm.core.money import eur
from crm.core.periods import Period
from crm.customers.actions import LiftHold, PlaceHold
from crm.customers.interactions import LogInteraction
from crm.portfolio.history import AddNote, CustomerHistory, History
from crm.receivables.actions import OpenDispute, RecordPromise


@pytest.fixture
def busy(crm: Crm) -> Crm:
    """A customer with one event of each kind."""
    a_customer(crm, "C-1", "Dupont")
    an_invoice(crm, "F-1", customer="C-1", days_late=30, amount="800.00")
    a_payment(crm, "VIR-1", customer="C-1", days_ago=9, amount="50.00", label="VIR DUPONT")
    crm.runner.run(RecordPromise(customer="C-1", by=ago(-2), amount=eur("100.00")), LEA)
    crm.runner.run(OpenDispute(invoice="F-1", reason="price_error", amount=eur("20.00"), note="prix du devis"), LEA)
    crm.runner.run(PlaceHold(customer="C-1", reason="attend la direction"), LEA)
    crm.runner.run(LiftHold(customer="C-1"), LEA)
    crm.runner.run(LogInteraction(customer="C-1", outcome="voicemail", note="Rappeler lundi", date=ago(4)), LEA)
    crm.runner.run(AddNote(customer="C-1", note="Préfère le matin"), LEA)
    return crm


def history(crm: Crm, **asked: object) -> History:
    return crm.runner.read(CustomerHistory(customer="C-1", **asked), LEA)


def test_each_fact_once_the_latest_first(busy: Crm) -> None:
    events = history(busy).events
    assert [event.day for event in events] == sorted((event.day for event in events), reverse=True)
    kinds = sorted(event.kind for event in events)
    assert kinds == ["dispute", "exchange", "hold", "hold", "note", "payment", "promise"]


def test_the_contract(busy: Crm) -> None:
    answer = history(busy, limit=2).as_json()
    assert answer["customer"] == "C-1"
    assert answer["total"] == 7
    assert len(answer["events"]) == 2
    assert set(answer["events"][0]) == {"at", "kind", "channel", "direction", "author", "text", "outcome"}
    (exchange,) = history(busy, kind="exchange").as_json()["events"]
    assert exchange == {
        "at": ago(4).isoformat(),
        "kind": "exchange",
        "channel": "phone",
        "direction": "out",
        "author": "Léa",
        "text": "Léa Rappeler lundi",
        "outcome": "voicemail",
    }


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"query": "prefere MATIN"}, 1),
        ({"query": "prix devis"}, 1),
        ({"query": "nothing like it"}, 0),
        ({"channel": "phone"}, 1),
        ({"kind": "hold"}, 2),
        ({"period": Period(ago(10), ago(3))}, 2),
    ],
)
def test_filters_and_search_know_no_accents_or_capitals(busy: Crm, asked: dict[str, object], count: int) -> None:
    assert history(busy, **asked).total == count


def test_a_note_may_be_about_an_invoice_and_is_undone(busy: Crm) -> None:
    note = busy.runner.run(AddNote(invoice="F-1", note="Bon de livraison signé"), LEA).result
    assert (note.customer.number, note.row.invoice, note.row.day) == ("C-1", "F-1", TODAY)
    busy.runner.run(Undo(), LEA)
    assert history(busy, query="livraison").total == 0


def test_a_note_is_about_somebody(busy: Crm) -> None:
    with pytest.raises(Invalid):
        busy.runner.run(AddNote(note="Bonjour"), LEA)


def test_a_search_over_words_knows_no_accents_and_takes_beginnings(crm: Crm) -> None:
    a_customer(crm, "C-1", "Dupont")
    a_payment(crm, "VIR-1", customer="C-1", days_ago=9, amount="50.00", label="VIR ŒUVRES SOCIALES")
    for note in ("Réglera après l’été, œuvre à finir", "Rappel : F2026-0042 reçue", "Écrire à compta@dupont.fr"):
        crm.runner.run(AddNote(customer="C-1", note=note), LEA)

    def said(words: str) -> list[str]:
        return [event.text for event in history(crm, query=words).events]

    assert said("ETE") == ["Réglera après l’été, œuvre à finir"]
    assert len(said("oeuvre")) == len(said("Œuv")) == 2, "a note and what the bank wrote"
    assert said("f2026-0042") == said("0042 rappel") == ["Rappel : F2026-0042 reçue"]
    assert said("compta dupont.fr") == ["Écrire à compta@dupont.fr"]
    assert said("rappel compta") == []

    # What is taken back is found no more.
    crm.runner.run(Undo(), LEA)
    assert said("compta") == []


def test_pages_follow_each_other_without_a_gap(busy: Crm) -> None:
    whole = history(busy)
    pages = [history(busy, limit=2, offset=start) for start in range(0, 8, 2)]
    assert [event for page in pages for event in page.events] == list(whole.events)
    assert {page.total for page in pages} == {whole.total}

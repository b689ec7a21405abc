"""Which column holds what."""

import pytest
from tables_in import table

from crm.core.tabular import ColumnSpec, Unreadable, match_columns


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_LANGUAGE", "en")


INVOICE = (
    ColumnSpec("number", required=True, synonyms=("numéro", "n° facture")),
    ColumnSpec("customer", required=True, synonyms=("client",)),
    ColumnSpec("client_name", synonyms=("nom client",)),
    ColumnSpec("due_date", synonyms=("échéance", "date d'échéance")),
)


def test_columns_are_found_without_capitals_accents_and_signs() -> None:
    header = table("N° FACTURE;Client;DueDate;Divers\n").header
    positions, unknown = match_columns(header, INVOICE, {})
    assert positions == {"number": 0, "customer": 1, "client_name": None, "due_date": 2}
    assert unknown == ("divers",)


def test_an_exact_name_goes_before_a_synonym() -> None:
    positions, unknown = match_columns(["client", "customer", "number"], INVOICE, {})
    assert positions["customer"] == 1
    assert unknown == ("client",)


def test_what_the_person_says_goes_first() -> None:
    header = ["Client", "Référence tiers", "Number"]
    positions, unknown = match_columns(header, INVOICE, {"customer": "REFERENCE TIERS", "client_name": "client"})
    assert positions == {"number": 2, "customer": 1, "client_name": 0, "due_date": None}
    assert unknown == ()


@pytest.mark.parametrize(
    ("header", "mapping", "words"),
    [
        (["number", "town"], {}, "customer.*town"),
        (["number", "customer"], {"customer": "tiers"}, "tiers.*number, customer"),
        (["number", "customer"], {"colour": "number"}, "colour"),
        (["number", "customer", "Customer"], {}, "twice"),
    ],
)
def test_columns_that_cannot_be_settled(header: list[str], mapping: dict[str, str], words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        match_columns(header, INVOICE, mapping)


def test_a_column_that_nobody_wants_may_stand_twice() -> None:
    positions, unknown = match_columns(["number", "customer", "note", "note", ""], INVOICE, {})
    assert positions["number"] == 0
    assert unknown == ("note", "note")

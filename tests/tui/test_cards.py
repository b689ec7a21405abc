"""Cards: what a yes changes, in full words; and what is said once it is done."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from homes import Homes

from crm.bootstrap import Crm
from crm.core.actions import Action
from crm.core.basics import Undo
from crm.core.i18n import _, use_language
from crm.core.money import eur
from crm.customers.actions import PlaceHold, SetSegment, UpdateCompany, UpdateContact, UpdateCustomer
from crm.receivables.actions import OpenDispute, RecordPromise
from crm.tui.cards import card_of, receipt_of
from crm.tui.widgets.preview_card import Card, card_content

NB = "\u00a0"
TODAY = date(2026, 11, 24)


@pytest.fixture
def crm(homes: Homes, tmp_path: Path) -> Crm:
    use_language("fr")
    return homes.opened(tmp_path)


def card(crm: Crm, action: Action[Any], **names: str) -> Card:
    return card_of(crm.runner.preview(action, crm.actor), TODAY, names)


def said(crm: Crm, action: Action[Any], width: int = 66) -> str:
    return card_content(card(crm, action), width).plain


def test_a_day_and_an_amount_stand_in_full_words_and_bold(crm: Crm) -> None:
    fields = {field.label: field for field in card(crm, RecordPromise(customer="C-5", by=date(2026, 11, 27))).fields}
    assert fields[_("For the")].value == "vendredi 27 novembre 2026"
    assert fields[_("Amount")].value == f"2{NB}318,55{NB}€"
    assert fields[_("For the")].strong
    assert fields[_("Amount")].strong


def test_the_customer_is_called_by_name(crm: Crm) -> None:
    found = card_of(
        crm.runner.preview(SetSegment(customer="C-5", segment="vip"), crm.actor), TODAY, {"C-5": "Électricité Morvan"}
    )
    assert found.fields[0].value == "Électricité Morvan"


@pytest.mark.parametrize(
    ("action", "old", "new"),
    [
        (UpdateContact(customer="C-1", email="a@b.example"), "compta@girard.example", "a@b.example"),
        (UpdateCustomer(customer="C-1", credit_limit=eur("20000")), f"15{NB}000,00{NB}€", f"20{NB}000,00{NB}€"),
        (UpdateCompany(name="Armor SAS"), "Armor Distribution", "Armor SAS"),
    ],
)
def test_what_is_replaced_stands_beside_what_replaces_it(crm: Crm, action: Action[Any], old: str, new: str) -> None:
    assert f"{old} → {new}" in said(crm, action)


@pytest.mark.parametrize(
    "action",
    [
        RecordPromise(customer="C-5", by=date(2026, 11, 27)),
        OpenDispute(invoice="F-101", reason="missing_goods", note="x" * 200),
        PlaceHold(customer="C-5", reason="voir la direction"),
        UpdateCustomer(customer="C-5"),
        Undo(),
    ],
    ids=lambda action: type(action).__name__,
)
@pytest.mark.parametrize("width", [30, 66])
def test_no_line_of_a_card_is_wider_than_it(crm: Crm, action: Action[Any], width: int) -> None:
    found = said(crm, action, width)
    assert _("Then") in found
    assert all(len(line) <= width + 12 for line in found.splitlines())


def test_nothing_to_change_is_said(crm: Crm) -> None:
    assert _("nothing changes") in said(crm, UpdateCompany(name="Armor Distribution"))


def test_a_name_is_never_markup(crm: Crm) -> None:
    assert "[bold]x[/" in said(crm, UpdateContact(customer="C-5", contact_name="[bold]x[/"))


@pytest.mark.parametrize(
    ("action", "receipt"),
    [
        (RecordPromise(customer="C-5", by=date(2026, 11, 27)), "Promise of {amount} recorded."),
        (OpenDispute(invoice="F-501", reason="missing_goods"), "Dispute of {amount} opened."),
    ],
)
def test_the_receipt_has_the_amount(crm: Crm, action: Action[Any], receipt: str) -> None:
    done = crm.runner.run(action, crm.actor)
    assert receipt_of(action, done.result, done.changes) == _(receipt).format(amount=f"2{NB}318,55{NB}€")


def test_what_was_so_already_says_so(crm: Crm) -> None:
    done = crm.runner.run(UpdateCustomer(customer="C-5", regime="B2B"), crm.actor)
    assert len(done.changes) == 0

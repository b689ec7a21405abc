"""Forms from any action: what each field takes, what is understood, what is told."""

from datetime import date
from typing import Any

import pytest

from crm.bootstrap import registry
from crm.core.actions import Action
from crm.core.errors import CrmError
from crm.core.i18n import _, use_language
from crm.core.money import eur
from crm.core.periods import Period
from crm.customers.actions import UpdateContact, UpdateCustomer
from crm.receivables.actions import OpenDispute, RecordPromise
from crm.tui.choices import is_said, words_in
from crm.tui.forms import FieldKind, as_typed, echo, form_fields, typed_period, understood
from crm.tui.words import LABELS

TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def french() -> None:
    use_language("fr")


@pytest.mark.parametrize("kind", list(registry()), ids=lambda kind: kind.action_name())
def test_every_action_has_a_form_with_a_label_for_each_field(kind: type[Action[Any]]) -> None:
    for field in form_fields(kind):
        assert field.label
        assert field.label[0] == field.label[0].upper()
        assert field.name in kind.model_fields
        assert not field.choices or field.kind is FieldKind.CHOICE


def test_what_is_needed_stands_first_whom_it_is_about_before_all() -> None:
    assert [field.name for field in form_fields(RecordPromise)][:4] == ["customer", "invoice", "by", "amount"]
    assert [field.name for field in form_fields(OpenDispute)][:3] == ["invoice", "customer", "reason"]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ({"by": "27/11", "amount": "1 250,50"}, (date(2026, 11, 27), eur("1250.50"))),
        ({"by": "27/11/2026", "amount": "1250.5"}, (date(2026, 11, 27), eur("1250.50"))),
        ({"by": "2026-11-27", "amount": "800 €"}, (date(2026, 11, 27), eur("800"))),
        ({"by": "vendredi", "amount": ""}, (date(2026, 11, 27), None)),
        ({"by": "vendredi en huit", "amount": "2,5 k€"}, (date(2026, 12, 4), eur("2500"))),
        ({"by": "fin de mois", "amount": "mille deux cents euros"}, (date(2026, 11, 30), eur("1200"))),
    ],
)
def test_days_and_amounts_as_people_type_them(typed: dict[str, str], value: tuple[date, Any]) -> None:
    filled = understood(RecordPromise, {"customer": "C-1", **typed}, form_fields(RecordPromise), TODAY)
    assert isinstance(filled.action, RecordPromise)
    assert (filled.action.by, filled.action.amount) == value


@pytest.mark.parametrize(
    ("kind", "typed", "field"),
    [
        (RecordPromise, {"customer": "C-1", "by": "31/02/2026"}, "by"),
        (RecordPromise, {"customer": "C-1", "by": "27/11", "amount": "beaucoup"}, "amount"),
        (RecordPromise, {"customer": "C-1"}, "by"),
        (OpenDispute, {"invoice": "F-1", "reason": "perdu"}, "reason"),
        (UpdateCustomer, {"customer": "C-1", "language": "de"}, "language"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(kind: type[Action[Any]], typed: dict[str, str], field: str) -> None:
    filled = understood(kind, typed, form_fields(kind), TODAY)
    assert filled.action is None
    assert list(filled.troubles) == [field]
    assert filled.troubles[field].endswith((".", "2026"))


def test_what_is_understood_is_said_in_full_words() -> None:
    fields = {field.name: field for field in form_fields(RecordPromise)}
    assert echo(fields["by"], "27/11", TODAY) == "vendredi 27 novembre 2026"
    assert echo(fields["amount"], "1250,5", TODAY) == "1\u00a0250,50\u00a0€"
    assert echo(fields["by"], "32/11", TODAY) == ""
    assert echo(fields["note"], "bonjour", TODAY) == ""


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("octobre", date(2026, 10, 1), date(2026, 10, 31)),
        ("le mois dernier", date(2026, 10, 1), date(2026, 10, 31)),
        ("du 3 au 12 octobre", date(2026, 10, 3), date(2026, 10, 12)),
        ("T3", date(2026, 7, 1), date(2026, 9, 30)),
        ("01/09/2026 - 24/11/2026", date(2026, 9, 1), TODAY),
        ("2026-09-01/2026-11-24", date(2026, 9, 1), TODAY),
    ],
)
def test_a_period_as_people_type_it(typed: str, first: date, last: date) -> None:
    assert typed_period(typed, TODAY) == Period(first, last)
    assert typed_period(as_typed(Period(first, last)), TODAY) == Period(first, last)


@pytest.mark.parametrize("typed", ["hier et demain", "31/02/2026 - 01/03/2026", "n’importe quoi", "12/10 - 03/10"])
def test_what_is_no_period_is_told_with_an_example(typed: str) -> None:
    with pytest.raises(CrmError) as told:
        typed_period(typed, TODAY)
    assert told.value.next_step


def test_what_is_empty_is_left_out() -> None:
    filled = understood(
        UpdateContact, {"customer": "C-1", "email": " ", "phone": "0102030405"}, form_fields(UpdateContact), TODAY
    )
    assert filled.action == UpdateContact(customer="C-1", phone="0102030405")


@pytest.mark.parametrize(
    ("value", "typed"),
    [(date(2026, 1, 3), "03/01/2026"), (eur("1250.50"), "1250,50"), (True, "yes"), (None, ""), (("a", "b"), "a, b")],
)
def test_a_value_goes_back_into_the_form_as_it_is_typed(value: Any, typed: str) -> None:
    assert as_typed(value) == typed


def test_a_day_to_look_back_to_is_the_latest_and_one_to_come_the_next() -> None:
    fields = {
        field.name: field for kind in registry() for field in form_fields(kind) if field.name in {"as_of", "until"}
    }
    assert fields["as_of"].past
    assert not fields["until"].past
    assert _("Until") == fields["until"].label


def test_every_field_of_every_action_has_its_label():
    unlabelled = {name for kind in registry() for name in kind.model_fields if name not in LABELS}
    assert unlabelled == set()


def test_every_value_to_choose_from_is_said_in_words():
    unsaid = {
        (field.name, value)
        for kind in registry()
        for field in form_fields(kind)
        for value in field.choices
        if not is_said(field.name, value)
    }
    assert not unsaid


def test_a_value_is_said_as_its_field_means_it():
    """An exchange is a talk with a customer, or a rate that moved; what is open is no verb."""
    assert (words_in("cause", "exchange"), words_in("kind", "exchange")) == ("écart de change", "échange")
    assert (words_in("disputed", "in"), words_in("direction", "in")) == ("litiges compris", "du client")
    assert (words_in("status", "open"), words_in("count", "yes")) == ("encore dû", "oui")

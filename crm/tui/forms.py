"""A form from any action: its fields, what was typed into them, and what is understood of it. Pure."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from crm.core.actions import Action
from crm.core.errors import CrmError, Invalid
from crm.core.field_words import expected
from crm.core.i18n import _
from crm.core.money import Money, plain
from crm.core.periods import Period
from crm.core.spool import Upload
from crm.language.amounts import find_amounts
from crm.language.dates import find_dates
from crm.language.normalise import composed
from crm.tui.choices import words_in
from crm.tui.days import typed_day
from crm.tui.words import full_words, label_of

PAST = frozenset({"as_of", "issued", "due", "paid", "received", "notice_received", "valid_from", "since"})
"""Fields whose day without a year is the latest one that is not to come."""
_PAST_OF = frozenset({("log_interaction", "date"), ("record_payment", "date")})
_LONGEST_ECHO = 60


class FieldKind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    DATE = "date"
    AMOUNT = "amount"
    NUMBER = "number"
    CHOICE = "choice"
    CUSTOMER = "customer"
    INVOICE = "invoice"
    USER = "user"
    SCENARIO = "scenario"
    FILE = "file"
    MANY = "many"
    PERIOD = "period"


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of an action, as a form asks for it."""

    name: str
    label: str
    hint: str
    kind: FieldKind
    required: bool
    choices: tuple[str, ...] = ()
    """The values to choose from; empty: whatever one types."""
    past: bool = False

    def says(self, value: str) -> str:
        """One of the choices, in words."""
        return words_in(self.name, value)


@dataclass(frozen=True, slots=True)
class Filled:
    """What is understood of a form: the action, or what is wrong with which field."""

    action: Action[Any] | None
    troubles: Mapping[str, str]
    """Field → what it cannot be; a fault of no single field stands under the empty name."""


_NAMED = {
    "customer": FieldKind.CUSTOMER,
    "invoice": FieldKind.INVOICE,
    "assignee": FieldKind.USER,
    "scenario": FieldKind.SCENARIO,
    "beside": FieldKind.SCENARIO,
    "account_manager": FieldKind.USER,
}
_ABOUT = (FieldKind.CUSTOMER, FieldKind.INVOICE)
_YES_NO = ("yes", "no")


def form_fields(kind: type[Action[Any]]) -> tuple[FormField, ...]:
    """The fields of an action that a person fills in: whom it is about, what is needed, then the rest as declared."""
    fields = [
        _form_field(kind, name, info) for name, info in kind.model_fields.items() if not _is_mapping(info.annotation)
    ]
    return tuple(sorted(fields, key=lambda field: (field.kind not in _ABOUT, not field.required)))


def _form_field(kind: type[Action[Any]], name: str, info: FieldInfo) -> FormField:
    found, choices = _kind_of(name, info.annotation)
    past = name in PAST or (kind.action_name(), name) in _PAST_OF
    hint = _(info.description) if info.description else ""
    return FormField(name, label_of(name), hint, found, info.is_required(), choices, past)


def _kind_of(name: str, annotation: Any) -> tuple[FieldKind, tuple[str, ...]]:
    for part in _parts(annotation):
        if choices := _choices(part):
            return FieldKind.CHOICE, choices
        if part is bool:
            return FieldKind.CHOICE, _YES_NO
        if part is Upload:
            return FieldKind.FILE, ()
        if part is date:
            return FieldKind.DATE, ()
        if part is Period:
            return FieldKind.PERIOD, ()
        if part is Money:
            return FieldKind.AMOUNT, ()
        if part is int:
            return FieldKind.NUMBER, ()
        if typing.get_origin(part) in (tuple, list):
            return FieldKind.MANY, ()
    return _NAMED.get(name, FieldKind.TEXT), ()


def _parts(annotation: Any) -> Iterator[Any]:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        for arg in typing.get_args(annotation):
            yield from _parts(arg)
    elif origin is typing.Annotated:
        yield from _parts(typing.get_args(annotation)[0])
    else:
        yield annotation


def _choices(part: Any) -> tuple[str, ...]:
    if typing.get_origin(part) is typing.Literal:
        return tuple(str(value) for value in typing.get_args(part))
    return tuple(str(one.value) for one in part) if isinstance(part, type) and issubclass(part, Enum) else ()


def _is_mapping(annotation: Any) -> bool:
    return any(typing.get_origin(part) is dict for part in _parts(annotation))


def understood(kind: type[Action[Any]], typed: Mapping[str, Any], fields: Sequence[FormField], today: date) -> Filled:
    """The action that was typed, or what is wrong with each field; what is empty is left out.

    Values that are no text (a file taken in, a day from a card) stand for themselves.
    """
    values: dict[str, Any] = {}
    troubles: dict[str, str] = {}
    by_name = {field.name: field for field in fields}
    for name, text in typed.items():
        if not isinstance(text, str):
            values[name] = text
        elif text.strip():
            try:
                values[name] = value_of(by_name[name], text.strip(), today) if name in by_name else text
            except CrmError as error:
                troubles[name] = " ".join(filter(None, (error.message, error.next_step)))
    try:
        action = kind.model_validate(values)
    except ValidationError as error:
        for fault in error.errors():
            name = str(fault["loc"][0]) if fault["loc"] else ""
            troubles.setdefault(name, _told(expected(fault["type"], fault.get("ctx") or {})))
        return Filled(None, troubles)
    return Filled(None if troubles else action, troubles)


def _told(words: str) -> str:
    """A hint as a sentence."""
    return words[:1].upper() + words[1:].removesuffix(".") + "."


def typed_amount(text: str) -> Money:
    """An amount as people type it: `1 250,50`, and in words where that is plain: `2,5 k€`, `mille deux cents euros`.

    Raises:
        Invalid: not an amount, or one that can be read in two ways.
    """
    try:
        return Money.parse(text)
    except Invalid:
        found = find_amounts(text)
        whole = len(found) == 1 and (found[0].start, found[0].end) == (0, len(composed(text)))
        if whole and found[0].sure and any(char.isalpha() for char in text):
            return found[0].value
        if not any(char.isdigit() for char in text):
            raise Invalid(_("“{text}” is not an amount.").format(text=text[:40])) from None
        raise


def typed_period(text: str, today: date) -> Period:
    """Two days as people type them: `octobre`, `le mois dernier`, `du 3 au 12 octobre`, `T3`, `01/09/2026 - 30/11/2026`.

    Raises:
        Invalid: not a period.
    """
    words = composed(text)
    first, dash, last = words.partition(" - ")
    found = find_dates(words)
    try:
        if dash:
            return Period.parse(f"{typed_day(first, today, past=True)}/{typed_day(last, today, past=True)}")
        if len(found) == 1 and (found[0].start, found[0].end) == (0, len(words)):
            return Period(*found[0].period(today, past=True))
        return Period.parse(words)
    except ValueError:
        raise Invalid(
            _("“{text}” is not a period.").format(text=text[:40]),
            next_step=_("Write a month, a quarter, or two days: {example}.").format(
                example=as_typed(Period(today.replace(month=1, day=1), today))
            ),
        ) from None


def value_of(field: FormField, text: str, today: date) -> Any:
    """What a text means as the value of a field.

    Raises:
        Invalid: it means nothing of its kind.
    """
    match field.kind:
        case FieldKind.DATE:
            return typed_day(text, today, past=field.past)
        case FieldKind.AMOUNT:
            return typed_amount(text)
        case FieldKind.PERIOD:
            return typed_period(text, today)
        case FieldKind.MANY:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        case FieldKind.NUMBER:
            return text.replace("\u00a0", "").replace(" ", "")
        case _:
            return text


def echo(field: FormField, text: str, today: date) -> str:
    """What is understood of a field, in full words; nothing where the text says it already."""
    if not text.strip() or field.kind not in {FieldKind.DATE, FieldKind.AMOUNT, FieldKind.PERIOD}:
        return ""
    try:
        return full_words(value_of(field, text.strip(), today))[:_LONGEST_ECHO]
    except CrmError:
        return ""


def as_typed(value: Any) -> str:
    """A value as a person would type it, to begin a form with."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case date():
            return f"{value.day:02}/{value.month:02}/{value.year:04}"
        case Period():
            return f"{as_typed(value.start)} - {as_typed(value.end)}"
        case Money():
            number = plain(value.cents, value.currency)
            return number.replace(".", ",") if value.currency == "EUR" else f"{number} {value.currency}"
        case tuple() | list():
            return ", ".join(as_typed(item) for item in value)
        case _:
            return str(value)

"""Forms and cards as questions: one field a line, what is wrong told at once, then what a yes changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm.core.actions import Action, Effect
from crm.core.errors import CrmError
from crm.core.i18n import _, labelled
from crm.core.names import name_key
from crm.core.runner import Preview
from crm.portfolio.search import SearchCustomers
from crm.tui.cards import card_of, receipt_of
from crm.tui.cells import clean, one_line
from crm.tui.forms import FieldKind, FormField, echo, form_fields, understood
from crm.tui.widgets.preview_card import Card
from crm.tui.words import action_words

if TYPE_CHECKING:
    from crm.bootstrap import Crm

YES = frozenset({"o", "y", "oui", "yes"})
NO = frozenset({"n", "non", "no", ""})


class Left(Exception):
    """The person gave the question up."""


@dataclass
class Talk:
    """Where questions are put and answered."""

    read: Callable[[str], str]
    """Shows a prompt and returns the answer.

    Raises:
        EOFError: nobody answers any more.
    """
    write: Callable[[str], None]

    def ask(self, prompt: str) -> str:
        """One answer, without blanks at its ends."""
        return self.read(f"{prompt} ").strip()


def card_words(card: Card) -> str:
    """A card in one paragraph: `Enregistrer une promesse. Montant : 3 400,00 €. Ensuite : …`."""
    parts = [clean(card.title)]
    label = ""
    for line in card.lines():
        label = line.label or label
        old = _("{old}, now {new}").format(old=line.old, new=line.value) if line.old else line.value
        parts.append(labelled(label, one_line(old)))
    return " ".join(part if part.endswith(".") else f"{part}." for part in parts)


def fill_in(crm: Crm, talk: Talk, kind: type[Action[Any]], given: Mapping[str, Any], *, ask: bool) -> Action[Any]:
    """Ask for what is missing, then whether anything is to be added.

    Raises:
        Left: the person gave up.
    """
    today = crm.clock.today()
    fields = form_fields(kind)
    values: dict[str, Any] = dict(given)
    if ask:
        talk.write(f"{action_words(kind)}.")
    for field in fields:
        if field.required and field.name not in values:
            values[field.name] = _answer(crm, talk, field, kind, values)
    while ask:
        others = [field.label for field in fields if field.name not in values]
        if not others:
            break
        more = talk.ask(_("More? Field and value ({fields}); enter: no.").format(fields=", ".join(others)))
        if not more:
            break
        meant = named_field(more, fields)
        if meant is None:
            talk.write(_("No field begins like this."))
            continue
        values[meant.name] = _answer(crm, talk, meant, kind, values, typed=more[len(meant.label) :].strip(" :="))
    filled = understood(kind, values, fields, today)
    if filled.action is None:
        for trouble in filled.troubles.values():
            talk.write(trouble)
        raise Left
    return filled.action


def named_field(text: str, fields: Sequence[FormField]) -> FormField | None:
    """The field whose label a text begins with."""
    wanted = name_key(text)
    return next((field for field in fields if wanted.startswith(name_key(field.label))), None)


def _answer(
    crm: Crm, talk: Talk, field: FormField, kind: type[Action[Any]], values: Mapping[str, Any], typed: str = ""
) -> Any:
    today = crm.clock.today()
    while True:
        text = typed or talk.ask(_question(field))
        typed = ""
        if not text and field.required:
            raise Left
        value = _chosen(crm, talk, field, text)
        if value is None:
            continue
        trouble = understood(kind, {**values, field.name: value}, form_fields(kind), today).troubles.get(field.name)
        if trouble:
            talk.write(trouble)
            continue
        if words := echo(field, str(value), today):
            talk.write(words)
        return value


def _question(field: FormField) -> str:
    hint = f" ({clean(field.hint)})" if field.hint and not field.choices else ""
    choices = ", ".join(f"{place} {field.says(value)}" for place, value in enumerate(field.choices, 1))
    return labelled(field.label + hint, choices) if choices else labelled(field.label + hint, "").rstrip()


def _chosen(crm: Crm, talk: Talk, field: FormField, text: str) -> str | None:
    """The value meant: a choice by its number or beginning, a customer by words; None: ask again."""
    if field.choices:
        if text.isdigit() and 1 <= int(text) <= len(field.choices):
            return field.choices[int(text) - 1]
        wanted = name_key(text)
        found = [value for value in field.choices if name_key(field.says(value)).startswith(wanted) or value == text]
        if len(found) == 1:
            return found[0]
        talk.write(_("One of: {choices}.").format(choices=", ".join(field.says(value) for value in field.choices)))
        return None
    if field.kind is FieldKind.CUSTOMER and text:
        return _customer(crm, talk, text)
    return text


def _customer(crm: Crm, talk: Talk, text: str) -> str | None:
    rows = crm.runner.read(SearchCustomers(text=text, limit=9), crm.actor).rows
    if len(rows) == 1 or any(row.number == text for row in rows):
        return next((row.number for row in rows if row.number == text), rows[0].number)
    if not rows:
        talk.write(_("No customer answers to “{words}”.").format(words=text))
        return None
    for place, row in enumerate(rows, 1):
        talk.write(f"{place}. {clean(row.name)}, {clean(row.city)}, {row.number}.")
    answer = talk.ask(_("Which one?"))
    return rows[int(answer) - 1].number if answer.isdigit() and 1 <= int(answer) <= len(rows) else None


def commit(crm: Crm, talk: Talk, action: Action[Any], names: Mapping[str, str]) -> str:
    """Show what a yes would change and wait for it; returns what is said afterwards.

    Raises:
        Left: the person said no.
    """
    preview: Preview[Any] = crm.runner.preview(action, crm.actor)
    for message in preview.result.as_json().get("messages", ()) if action.effect is Effect.SEND else ():
        talk.write(f"{message['to']}\n{message['subject']}\n{message['text']}")
    talk.write(card_words(card_of(preview, crm.clock.today(), names)))
    if not agreed(talk, sends=action.effect is Effect.SEND):
        raise Left
    done = crm.runner.commit(preview, crm.actor)
    return f"{receipt_of(action, done.result, done.changes)} {_('z to undo')}"


def changed_action(crm: Crm, talk: Talk, action: Action[Any]) -> Action[Any]:
    """The action with other values, field by field."""
    kind, today = type(action), crm.clock.today()
    fields = form_fields(kind)
    values: dict[str, Any] = {name: value for name, value in action.model_dump().items() if value not in (None, "", ())}
    while more := talk.ask(_("Field and its new value; enter: done.")):
        meant = named_field(more, fields)
        if meant is None:
            talk.write(_("One of: {choices}.").format(choices=", ".join(field.label for field in fields)))
            continue
        values[meant.name] = _answer(crm, talk, meant, kind, values, typed=more[len(meant.label) :].strip(" :="))
    return understood(kind, values, fields, today).action or action


def agreed(talk: Talk, *, sends: bool) -> bool:
    """Ask for the yes; what leaves the house wants the word."""
    if sends:
        return talk.ask(_("Type yes to send, enter leaves it:")).lower() in YES - {"o", "y"}
    while (answer := talk.ask(_("o yes, n no?")).lower()) not in YES | NO:
        talk.write(_("o is yes, n is no."))
    return answer in YES


def error_words(error: CrmError) -> str:
    """A fault in a line."""
    candidates = ", ".join(getattr(error, "candidates", ())[:5])
    return clean(" ".join(filter(None, (error.message, error.next_step, candidates))))

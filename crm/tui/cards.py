"""The card of any action: what a yes will change, in full words. Pure: a preview in, a card out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from enum import Enum
from typing import Any

from crm.core.actions import Action, Effect
from crm.core.basics import Undo, Undone
from crm.core.calendar import shown_date
from crm.core.changes import ChangeKind, ChangeList, spoken
from crm.core.i18n import _, labelled, plural
from crm.core.money import Money, shown
from crm.core.proposals import Proposal
from crm.core.runner import Preview
from crm.core.sheets import Answer, Kind, Sheet, bare
from crm.tui.cells import clean, lateness
from crm.tui.choices import CHOICES, words_in
from crm.tui.widgets.preview_card import Card, CardField
from crm.tui.words import actor_words, card_title, full_words, label_of

_MOST_CHANGES = 8
_LONGEST = 6
"""Line breaks from which on a text stands on a card as its number of lines: it is read where it was written."""
_HIDDEN = frozenset({"fields", "seals", "texts", "proposal", "entry", "no_text"})
"""Fields that say nothing to a person."""
_BEHIND = frozenset({"entry_id", "touched_id", "id", "name_key", "segment_origin", "status"})
"""Columns that no one reads."""


def card_of(preview: Preview[Any], today: date, names: Mapping[str, str] | None = None) -> Card:
    """What a yes to a preview will change; `names` says what a customer's number stands for."""
    action = preview.action
    kind = type(action)
    if isinstance(action, Undo) and isinstance(preview.result, Undone):
        return _undo_card(preview, names or {})
    olds = _replaced(preview.changes)
    fields = _given_fields(action, names or {}, olds)
    said = {field.label for field in fields}
    fields += [field for field in _result_fields(preview.result, today) if field.label not in said]
    said |= {field.label for field in fields}
    told = CONSEQUENCES.get(kind.action_name())
    after = _changes(preview.changes, said)
    if told is not None and len(preview.changes):
        after = told(preview, today)
    return Card(
        card_title(kind),
        tuple(fields),
        tuple(after) or (_("nothing changes"),),
        sends=kind.effect is Effect.SEND,
        accept=_("send") if kind.effect is Effect.SEND else "",
    )


def proposal_card(
    proposal: Proposal,
    action: Action[Any],
    preview: Preview[Any] | None,
    today: date,
    names: Mapping[str, str],
) -> Card:
    """The card of an action that waits for a yes: the action itself, with the reason and the words it came from."""
    inner = Preview(action, preview.result.outcome, _inner(preview.changes), preview.seal) if preview else None
    card = (
        card_of(inner, today, names) if inner else Card(card_title(type(action)), tuple(_given_fields(action, names)))
    )
    return replace(
        card,
        why=proposal.reason,
        quote=proposal.quote,
        sends=action.effect is Effect.SEND,
        accept="" if inner else _("look at it"),
    )


def accepted_card(action: Action[Any], preview: Preview[Any], today: date, names: Mapping[str, str]) -> Card:
    """The card of a proposal that is accepted with other values."""
    return card_of(Preview(action, preview.result.outcome, _inner(preview.changes), preview.seal), today, names)


def _inner(changes: ChangeList) -> ChangeList:
    """The changes of the action proposed: that the proposal is closed goes without saying."""
    kept = ChangeList()
    for change in changes:
        if change.table != Proposal.__tablename__:
            kept.add(change)
    return kept


def given(action: Action[Any]) -> dict[str, Any]:
    """The fields that were filled in, without what says nothing to a person."""
    kind = type(action)
    return {
        name: getattr(action, name)
        for name, info in kind.model_fields.items()
        if name not in _HIDDEN
        and getattr(action, name) not in (None, "", ())
        and (info.is_required() or getattr(action, name) != info.default)
    }


def _given_fields(
    action: Action[Any], names: Mapping[str, str], olds: Mapping[str, str] | None = None
) -> list[CardField]:
    return [_field(name, value, olds or {}, names) for name, value in given(action).items()]


def _field(name: str, value: Any, olds: Mapping[str, str], names: Mapping[str, str]) -> CardField:
    words = full_words(value)
    if isinstance(value, Enum):
        words = words_in(name, str(value.value))
    elif isinstance(value, str):
        words = names.get(value, words_in(name, value) if name in _SAID else value)
    if words.count("\n") >= _LONGEST:
        words = plural("{count} line", "{count} lines", words.count("\n") + 1)
    strong = isinstance(value, (date, Money)) or name in {"email", "iban", "phone"}
    return CardField(label_of(name), words, strong=strong, old=olds.get(name, ""))


_SAID = frozenset({"status", "channel", "language", "direction", "source", *CHOICES}) - {"reason", "answer"}
"""Texts out of a list."""


def _replaced(changes: ChangeList) -> dict[str, str]:
    """Column → what a single changed row held before, where it held something."""
    rows = [change for change in changes if change.kind is ChangeKind.UPDATE and change.key is not None]
    if len(rows) != 1:
        return {}
    return {
        name.removesuffix("_cents"): _value(name, old)
        for name, old in rows[0].before.items()
        if name not in _BEHIND and old not in (None, "", [])
    }


def _value(column: str, value: Any) -> str:
    if column.endswith("cents") and isinstance(value, int):
        return shown(value)
    return words_in(column, value) if isinstance(value, str) else full_words(value)


def _result_fields(result: Any, today: date) -> list[CardField]:
    """What the answer adds, where it is one row: an amount that was left out, a status."""
    if not isinstance(result, Answer):
        return []
    sheet = result.as_sheet()
    if len(sheet.rows) != 1 or len(sheet.columns) < 3:
        return []
    return [
        CardField(
            column.heading,
            lateness(value) if column.kind is Kind.DAYS and isinstance(value, int) else full_words(value),
            strong=isinstance(value, (date, Money)),
        )
        for column, value in zip(sheet.columns, map(bare, sheet.rows[0]), strict=True)
        if column.heading
        and column.key not in _BEHIND
        and value not in (None, "")
        and not (isinstance(value, Money) and not value)
    ]


def _changes(changes: ChangeList, said: set[str]) -> list[str]:
    """What is added, changed or removed: one row by its columns, many by their number."""
    found: list[str] = []
    for change in changes:
        if change.kind is ChangeKind.UPDATE and change.key is not None:
            found += [
                _("{what}: {old} → {new}").format(
                    what=label_of(name), old=_value(name, change.before.get(name)), new=_value(name, new)
                )
                for name, new in change.after.items()
                if name not in _BEHIND and label_of(name) not in said
            ]
    found += [labelled(spoken(table), _counted(kinds)) for table, kinds in changes.summary().items()]
    if len(found) > _MOST_CHANGES:
        left = len(found) - _MOST_CHANGES
        found = [*found[:_MOST_CHANGES], plural("and {count} more", "and {count} more ones", left)]
    return found


def _counted(kinds: Mapping[str, int]) -> str:
    words = {
        ChangeKind.INSERT.value: lambda count: plural("{count} added", "{count} added", count),
        ChangeKind.UPDATE.value: lambda count: plural("{count} changed", "{count} changed", count),
        ChangeKind.DELETE.value: lambda count: plural("{count} removed", "{count} removed", count),
    }
    return ", ".join(words[kind](count) for kind, count in kinds.items())


def _undo_card(preview: Preview[Any], receipts: Mapping[str, str]) -> Card:
    """`Défaire : …`, with the receipt of the act where it is still known."""
    entry = preview.result.entry
    act = receipts.get(str(entry.id)) or entry.action.replace("_", " ")
    fields = (
        CardField(_("Act"), act, strong=True),
        CardField(_("Date"), full_words(entry.day)),
        CardField(_("By"), actor_words(entry.actor)),
    )
    return Card(_("Undo"), fields, tuple(_changes(preview.changes, set())), changes=False)


def _until(preview: Preview[Any], today: date) -> list[str]:
    until = getattr(preview.action, "until", None)
    if until is None:
        return [_("nothing is sent until you say so")]
    return [_("nothing is sent before {day}").format(day=shown_date(until, today))]


def _promised(preview: Preview[Any], today: date) -> list[str]:
    by = shown_date(getattr(preview.action, "by", today), today)
    return [_("reminders about it wait until {day}").format(day=by), _("kept or not: the money that comes in tells")]


def _resolved(preview: Preview[Any], _today: date) -> list[str]:
    line = preview.result.lines[0]
    if line.awaited:
        amount = shown(line.awaited, line.currency)
        return [_("{amount} wait for their credit note").format(amount=amount), _("the rest stays due")]
    return [_("all of it is due again")]


def _reworded(preview: Preview[Any], _today: date) -> list[str]:
    card = preview.result
    told = _("version {number} counts from the next run on; the earlier ones are kept").format(number=card.version)
    return [told, *card.notes]


def _called(preview: Preview[Any], today: date) -> list[str]:
    """What was said becomes records; then what is done next."""
    told = list(preview.result.done)
    if (line := preview.result.task) is not None:
        when = " ".join(filter(None, (shown_date(line.task.day, today), line.task.time)))
        told.append(_("{day}: {what}").format(day=when, what=line.task.note))
    return told or [_("noted in the timeline")]


def _tasks(preview: Preview[Any], today: date) -> list[str]:
    """The tasks as they stand afterwards: day, what, by whom."""
    lines = preview.result.lines
    told = []
    for line in lines[:_MOST_CHANGES]:
        task = line.task
        state = _("done") if task.done is not None else shown_date(task.day, today)
        who = clean(line.name)
        told.append(
            " · ".join(
                filter(None, (f"{state} {task.time}".strip(), who, clean(line.words()), line.assignee or task.assignee))
            )
        )
    if (others := len(lines) - _MOST_CHANGES) > 0:
        told.append(plural("and {count} more", "and {count} more ones", others))
    return told


def _aimed(preview: Preview[Any], _today: date) -> list[str]:
    """Where each objective stands; of many, how many and the first."""
    lines = preview.result.lines
    told = [f"{clean(line.name)} : {line.sentence()}" for line in lines[:4]]
    if (others := len(lines) - 4) > 0:
        told.append(plural("and {count} more", "and {count} more ones", others))
    return told


CONSEQUENCES: dict[str, Callable[[Preview[Any], date], list[str]]] = {
    "record_call": _called,
    "create_task": _tasks,
    "reschedule_task": _tasks,
    "complete_task": _tasks,
    "cancel_task": _tasks,
    "plan_contacts": _tasks,
    "set_next_contact": _tasks,
    "set_objective": _aimed,
    "set_objectives": _aimed,
    "record_measure": _aimed,
    "record_promise": _promised,
    "open_dispute": lambda _preview, _today: [_("what is in dispute is no longer asked for"), _("the rest stays due")],
    "update_promise": lambda _preview, _today: [_("kept or not: the money that comes in tells")],
    "resolve_dispute": _resolved,
    "create_payment_plan": lambda _preview, _today: [
        _("reminders and ages follow the instalments from now on"),
        _("penalties and limitation keep the original due dates"),
    ],
    "sign_payment_plan": lambda _preview, _today: [_("the debt is acknowledged: limitation starts anew")],
    "cancel_payment_plan": lambda _preview, _today: [_("what is left is due again by the invoices' own days")],
    "place_hold": _until,
    "pause_dunning": _until,
    "edit_template": _reworded,
    "restore_template": _reworded,
    "update_company": lambda _preview, _today: [_("letters and due dates follow it from now on")],
    "add_note": lambda _preview, _today: [_("it stands in the customer's history")],
    "log_interaction": lambda _preview, _today: [_("it stands in the customer's history")],
}
"""Action → what follows from a yes, where the changes alone do not say it."""


def _promise_receipt(_action: Action[Any], result: Any) -> str:
    line = result.lines[0]
    return _("Promise of {amount} recorded.").format(amount=shown(line.word.cents, line.currency))


def _dispute_receipt(_action: Action[Any], result: Any) -> str:
    line = result.lines[0]
    amount = shown(line.total if line.cents is None else line.cents, line.currency)
    return _("Dispute of {amount} opened.").format(amount=amount)


def _plan_receipt(_action: Action[Any], result: Any) -> str:
    amount = shown(result.line.plan.total, result.line.currency)
    return _("Payment plan of {amount} recorded.").format(amount=amount)


def _undo_receipt(_action: Action[Any], _result: Any) -> str:
    return _("Undone.")


RECEIPTS: dict[str, Callable[[Action[Any], Any], str]] = {
    "record_promise": _promise_receipt,
    "open_dispute": _dispute_receipt,
    "update_promise": lambda _action, _result: _("Promise altered."),
    "resolve_dispute": lambda _action, _result: _("Dispute closed."),
    "update_dispute": lambda _action, _result: _("Dispute altered."),
    "create_payment_plan": _plan_receipt,
    "sign_payment_plan": lambda _action, _result: _("Signature recorded."),
    "cancel_payment_plan": lambda _action, _result: _("Payment plan cancelled."),
    "undo": _undo_receipt,
    "add_note": lambda _action, _result: _("Note recorded."),
    "log_interaction": lambda _action, _result: _("Exchange recorded."),
    "pause_dunning": lambda _action, _result: _("Reminders suspended."),
    "place_hold": lambda _action, _result: _("Reminders suspended."),
    "resume_dunning": lambda _action, _result: _("Reminders start again."),
    "lift_hold": lambda _action, _result: _("Reminders start again."),
    "edit_template": lambda _action, result: _("Text kept: version {number}.").format(number=result.version),
    "restore_template": lambda _action, result: _("Text kept: version {number}.").format(number=result.version),
    "update_contact": lambda _action, _result: _("Contact recorded."),
    "update_customer": lambda _action, _result: _("Customer recorded."),
    "create_customer": lambda _action, _result: _("Customer added."),
    "update_company": lambda _action, _result: _("Company recorded."),
    "add_company_account": lambda _action, _result: _("Account added."),
}
"""Action → what is said once it is done, with its amount."""


def receipt_of(action: Action[Any], result: Any, changes: ChangeList) -> str:
    """What is said once it is done."""
    told = RECEIPTS.get(type(action).action_name())
    if told is not None:
        return told(action, result)
    if not len(changes):
        return _("Nothing changed: it was so already.")
    return _("Recorded: {what}.").format(what=_decapitalised(card_title(type(action))))


def _decapitalised(words: str) -> str:
    return words[:1].lower() + words[1:]


def rows_of(result: Any) -> Sheet | None:
    """The answer as a sheet to look at under the card, where it has several rows."""
    if not isinstance(result, Answer):
        return None
    sheet = result.as_sheet()
    return sheet if len(sheet.rows) > 1 and len(sheet.columns) > 2 else None

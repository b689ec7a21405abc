"""A text of the reminders while it is written: how it would read, what is wrong with it, what it can ask for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.documents import Letter
from crm.core.errors import Refused, refuse_if
from crm.core.i18n import _, mark, plural
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet
from crm.core.templating import Templates
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.followup.actions.templates import OfSlot, card_of, slot_json, templates_of
from crm.followup.names import all_names
from crm.followup.run import Preparation
from crm.followup.slots import Slot, Tone
from crm.followup.texts import Finding, Wording, checked, example, findings
from crm.followup.wording import Composed
from crm.messaging.models import OutgoingMessage
from crm.messaging.segments import measured


@dataclass(frozen=True, slots=True)
class TemplatePreview:
    """How a text would read to a customer today."""

    slot: Slot
    customer: str
    """The customer's name; empty: the figures are those of an example."""
    composed: Composed
    notes: tuple[str, ...]
    address: tuple[str, ...] = ()
    """Where a letter to the customer would go, line by line."""

    def letter(self, now: datetime) -> Letter:
        """The same as the letter that would be printed now."""
        from crm.messaging.letters import letter_of

        message = self.composed.message
        printed = OutgoingMessage(
            purpose="dunning", channel=self.slot.channel, recipient=", ".join(self.address), subject=message.subject,
            language=self.slot.language, text=message.text, html=message.html, day=now.date(), queued_at=now, message_id="", dedupe_key="",
        )  # fmt: skip  # read as a table: columns side by side
        return letter_of(printed)

    def as_json(self) -> dict[str, Any]:
        """The message, and for an SMS how it is counted."""
        message = self.composed.message
        counted = measured(message.text) if self.slot.short else None
        return {
            **slot_json(self.slot),
            "customer": self.customer,
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "warnings": list(self.notes),
            "segments": counted.count if counted else None,
            "characters": counted.units if counted else len(message.text),
            "alphabet": counted.alphabet if counted else None,
        }

    def as_sheet(self) -> Sheet:
        """What should be known in rows, the text below."""
        message = self.composed.message
        rows = [(_("To"), self.customer or _("an example"))]
        if message.subject:
            rows.append((_("Subject"), message.subject))
        if self.slot.short:
            rows.append((_("Length"), counter(message.text)))
        rows += [(_("To know"), note) for note in self.notes]
        return Sheet(
            _("Text {file}").format(file=self.slot.file),
            (Column("field", ""), Column("value", "")),
            tuple(rows),
            notes=("", *message.text.splitlines()),
        )


def counter(text: str) -> str:
    """How an SMS is counted, in words."""
    counted = measured(text)
    billed = plural("{count} SMS", "{count} SMS billed", counted.count)
    return _("{units} characters in {alphabet}, {billed}, room for {left} more").format(
        units=counted.units, alphabet=counted.alphabet, billed=billed, left=counted.left
    )


class _Draft(OfSlot, Action[Any]):
    """A text in force, or still being written."""

    subject: str | None = Field(None, max_length=2_000, description="Subject line that is being written")
    text: str | None = Field(None, description="Text that is being written; the one in force if left out")

    def told(self, context: Context, slot: Slot) -> Wording:
        """What is meant."""
        wording = card_of(context, slot).wording
        return Wording(
            "" if slot.short else wording.subject if self.subject is None else self.subject,
            wording.text if self.text is None else self.text,
        )


class PreviewTemplate(_Draft, Action[TemplatePreview]):
    """How a text would read to a customer today, in force or still being written, whether a step is due or not."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Name or number; an example if left out")

    def perform(self, context: Context) -> TemplatePreview:
        """Fill it in.

        Raises:
            Invalid: it cannot be filled in, or asks for what does not exist.
            Refused: nothing of the customer's is open, the text is about a payment plan, or a formal notice leaves out what it has to say.
        """
        slot = self.slot()
        told = self.told(context, slot)
        notes = _warned(templates_of(context, slot), slot, told.source)
        seen = composed_for(context, slot, told.source, self.customer)
        return replace(seen, notes=tuple(dict.fromkeys((*notes, *(seen.composed.notes if seen.customer else ())))))


def composed_for(context: Context, slot: Slot, source: str, customer: str | None) -> TemplatePreview:
    """A text filled in for a customer today; without one, for an example.

    Raises:
        NotFound: there is no such customer.
        Invalid: it cannot be filled in.
        Refused: nothing of the customer's is open, or the text is about a payment plan.
    """
    if customer is None:
        return TemplatePreview(slot, "", example(templates_of(context, slot), slot, source), ())
    refuse_if(
        slot.tone is Tone.INSTALMENT,
        _("A text about a payment plan is shown with the figures of an example: leave the customer out."),
    )
    row = find_customer(context.session, customer)
    composed = Preparation(context, context.today).as_if(row.root_id or row.id, slot, source)
    address = (row.name, row.address, f"{row.postal_code} {row.city}".strip())
    return TemplatePreview(slot, row.name, composed, (), tuple(filter(None, address)))


@dataclass(frozen=True, slots=True)
class TemplateCheck:
    """What is wrong with a text, or should be known of it."""

    slot: Slot
    found: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether it cannot be used as it stands."""
        return any(finding.refused for finding in self.found)

    def as_json(self) -> dict[str, Any]:
        """One object a finding."""
        return {
            **slot_json(self.slot),
            "usable": not self.refused,
            "findings": [
                {
                    "line": finding.line or None,
                    "part": "subject" if finding.in_subject else "text",
                    "refused": finding.refused,
                    "text": finding.said,
                    "suggestion": finding.meant or None,
                }
                for finding in self.found
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a finding."""
        columns = (
            Column("where", _("Where")),
            Column("kind", _("Kind")),
            Column("text", _("To know")),
            Column("suggestion", _("Suggestion")),
        )
        rows = tuple(
            (where_of(finding), _("refused") if finding.refused else _("warning"), finding.said, finding.meant)
            for finding in self.found
        )
        notes = () if rows else (_("Nothing to say against it."),)
        return Sheet(_("Text {file}").format(file=self.slot.file), columns, rows, notes=notes)


def where_of(finding: Finding) -> str:
    """`line 3`, or the subject; empty where the text as a whole is meant."""
    if finding.in_subject:
        return _("subject")
    return _("line {number}").format(number=finding.line) if finding.line else ""


class CheckTemplate(_Draft, Action[TemplateCheck]):
    """What is wrong with a text of the reminders before it is used, with lines and suggestions."""

    effect = Effect.READ

    def perform(self, context: Context) -> TemplateCheck:
        """Look at it; nothing is refused here, all of it is told."""
        slot = self.slot()
        return TemplateCheck(slot, findings(templates_of(context, slot), slot, self.told(context, slot)))


@dataclass(frozen=True, slots=True)
class TemplateValues:
    """What a text can ask for, and what each value would be."""

    customer: str
    values: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """One object a value."""
        return {"customer": self.customer, "values": [{"name": name, "value": value} for name, value in self.values]}

    def as_sheet(self) -> Sheet:
        """One row a value."""
        title = _("Values for {name}").format(name=self.customer or _("an example"))
        notes = (_("Write a value between double braces: {sample}").format(sample="{{ customer.name }}"),)
        return Sheet(title, (Column("name", _("Value")), Column("value", _("What it says"))), self.values, notes=notes)


_BLOCKS = {
    "signature": mark("the signature"),
    "invoice_table": mark("the table of the invoices asked for"),
    "statement_table": mark("the statement of account, what is not due yet included"),
    "claim_table": mark("the table of a formal notice: each invoice with what is left"),
    "penalty_table": mark("how the penalties were reckoned"),
    "plan_table": mark("the instalments of the payment plan"),
    "payment_block": mark("how to pay: account, amount, reference"),
    "notice.recipient": mark("whom a letter is for, as in the window of the envelope"),
    "invoices": mark("the invoices, for a loop: each has the values of invoice"),
}
"""What is more than a line of text → what it stands for."""


class ListTemplateValues(OfSlot, Action[TemplateValues]):
    """The values that a text of the reminders can ask for, and what each would say to a customer today."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Name or number; an example if left out")

    def perform(self, context: Context) -> TemplateValues:
        """Fill in each.

        Raises:
            Refused: nothing of the customer's is open.
        """
        asked = [name for name in all_names() if name not in _BLOCKS]
        source = "·\n\n" + "\n".join(f"{name}\t{{{{ {name} }}}}" for name in asked)
        slot = Slot(self.level, "email", self.language, self.tone)
        seen = composed_for(context, slot, source, self.customer)
        said = dict(line.split("\t", 1) for line in seen.composed.message.text.splitlines() if "\t" in line)
        said = {name: {"True": _("yes"), "False": _("no")}.get(value, value) for name, value in said.items()}
        values = tuple((name, _(_BLOCKS[name]) if name in _BLOCKS else said.get(name, "")) for name in all_names())
        return TemplateValues(seen.customer, values)


def _warned(templates: Templates, slot: Slot, source: str) -> tuple[str, ...]:
    """What should be known; what would be refused is told as well, so that a draft can still be looked at."""
    try:
        return checked(templates, slot, source)
    except Refused as problem:
        return (problem.message,)


ACTIONS = (PreviewTemplate, CheckTemplate, ListTemplateValues)

"""The texts of reminders: which exist, what they say, a company's own words in place of them, and how one would read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.errors import NotFound, Refused, refuse_if
from crm.core.i18n import _, plural
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.core.templating import Templates
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.followup.models import OwnText
from crm.followup.policy import LEVELS
from crm.followup.run import Preparation
from crm.followup.slots import TONES, Slot, Tone, channel_of_level, shipped_slots, slot_of
from crm.followup.texts import Wording, checked, example, own_texts, split, versions_of
from crm.followup.wording import VARIABLES, Composed
from crm.messaging.actions import CHANNELS
from crm.messaging.segments import measured

TextChannel = Literal["email", "sms", "phone", "letter", "registered_letter"]
Spoken = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """A text as it counts now, with what it can ask for and what it was before."""

    slot: Slot
    wording: Wording
    version: int
    """0: the reference wording, never changed."""
    own: bool
    versions: Sequence[OwnText]
    notes: tuple[str, ...] = ()
    """What should be known before it is used."""

    def as_json(self) -> dict[str, Any]:
        """The contract's object."""
        return {
            **_slot_json(self.slot),
            "subject": self.wording.subject,
            "text": self.wording.text,
            "version": self.version,
            "own": self.own,
            "warnings": list(self.notes),
            "variables": [f"{group}.{name}" if name else group for group, name in _variables()],
            "versions": [
                {"version": row.version, "day": row.day.isoformat(), "by": row.by, "own": bool(row.text)}
                for row in self.versions
            ],
        }

    def as_sheet(self) -> Sheet:
        """What it is in rows, the text below."""
        columns = (Column("field", ""), Column("value", ""))
        rows = [
            (_("Level"), f"{self.slot.level} · {_(LEVELS[self.slot.level])}"),
            (_("Channel"), _(CHANNELS[self.slot.channel])),
            (_("Tone"), _(TONES[self.slot.tone.value])),
            (_("Version"), _version(self.version, own=self.own)),
            *([(_("Subject"), self.wording.subject)] if self.wording.subject else []),
            *((_("To know"), note) for note in self.notes),
            *((_("Version {number}").format(number=row.version), _by(row)) for row in self.versions),
        ]
        names = (f"{group}.{name}" if name else group for group, name in _variables())
        told = (
            "",
            *self.wording.text.splitlines(),
            "",
            _("These values exist: {names}.").format(names=", ".join(names)),
        )
        return Sheet(_("Text {file}").format(file=self.slot.file), columns, tuple(rows), notes=told)


def _slot_json(slot: Slot) -> dict[str, Any]:
    return {"level": slot.level, "channel": slot.channel, "language": slot.language, "tone": slot.tone.value}


def _variables() -> list[tuple[str, str]]:
    return [(group, name) for group, names in VARIABLES.items() for name in names or ("",)]


def _version(version: int, *, own: bool) -> str:
    if not own:
        return _("reference wording")
    return _("your own, version {number}").format(number=version)


def _by(row: OwnText) -> str:
    who = f"{row.day.isoformat()} · {row.by}"
    return who if row.text else f"{who} · {_('reference wording')}"


def _templates(context: Context, slot: Slot) -> Templates:
    return Templates(context.settings.templates_folder, language=slot.language)


def card_of(context: Context, slot: Slot, notes: tuple[str, ...] = ()) -> TemplateCard:
    """A text as it counts now."""
    versions = versions_of(context.session, slot)
    if versions and versions[0].text:
        newest = versions[0]
        return TemplateCard(
            slot, Wording(newest.subject, newest.text), newest.version, own=True, versions=versions, notes=notes
        )
    shipped = split(_templates(context, slot).source(slot.file), slot)
    return TemplateCard(
        slot, shipped, versions[0].version if versions else 0, own=False, versions=versions, notes=notes
    )


class _OfSlot(Action[Any]):
    """What names a text."""

    level: int = Field(ge=0, le=4, description="Level: 0 before the due date, 1 to 3 reminders, 4 formal notice")
    channel: TextChannel | None = Field(
        None, description="email, sms, phone or registered_letter; what the level takes if left out"
    )
    language: Spoken = Field("fr", description="fr or en")
    tone: Tone = Field(
        Tone.STANDARD, description="standard, good_payer, strict, key_account, public, consumer or instalment"
    )

    def slot(self) -> Slot:
        """The text that is meant.

        Raises:
            NotFound: nothing is written there.
        """
        return slot_of(self.level, self.channel or channel_of_level(self.level), self.language, self.tone)


class ShowTemplate(_OfSlot, Action[TemplateCard]):
    """A text of the reminders as it counts now, the values it can ask for, and its versions."""

    effect = Effect.READ

    def perform(self, context: Context) -> TemplateCard:
        """Read it."""
        slot = self.slot()
        card = card_of(context, slot)
        notes = checked(_templates(context, slot), slot, card.wording.source) if card.own else ()
        return card_of(context, slot, notes) if notes else card


class EditTemplate(_OfSlot, Action[TemplateCard]):
    """Put your own words in place of a text of the reminders; the earlier version is kept."""

    effect = Effect.WRITE
    aliases = {"note": "text"}  # noqa: RUF012  a constant table, never altered
    roles = frozenset({"manager"})

    subject: str | None = Field(None, max_length=500, description="Subject line; as it is if left out")
    text: str = Field(
        min_length=1, description="The text, with values in double braces as crm show-template lists them"
    )

    def perform(self, context: Context) -> TemplateCard:
        """Check it, then keep it as the next version.

        Raises:
            Invalid: it asks for what does not exist or does more than texts may; the values that exist are named.
            Refused: a formal notice leaves out what it has to say, or nothing changes.
        """
        slot = self.slot()
        before = card_of(context, slot)
        subject = before.wording.subject if self.subject is None else " ".join(self.subject.split())
        told = Wording("" if slot.short else subject, self.text.replace("\r\n", "\n").strip("\n"))
        refuse_if(told == before.wording, _("The text is what it was."))
        notes = checked(_templates(context, slot), slot, told.source)
        return _kept(context, slot, told, notes)


def _kept(context: Context, slot: Slot, told: Wording, notes: tuple[str, ...] = ()) -> TemplateCard:
    versions = versions_of(context.session, slot)
    context.session.add(
        OwnText(
            level=slot.level,
            channel=slot.channel,
            language=slot.language,
            tone=slot.tone.value,
            version=versions[0].version + 1 if versions else 1,
            day=context.today,
            by=context.actor.name,
            subject=told.subject,
            text=told.text,
        )
    )
    context.session.flush()
    return card_of(context, slot, notes)


class RestoreTemplate(_OfSlot, Action[TemplateCard]):
    """Take an earlier version of a text again, or the reference wording."""

    effect = Effect.WRITE
    roles = frozenset({"manager"})

    version: int | None = Field(None, ge=1, description="Which version; the reference wording if left out")

    def perform(self, context: Context) -> TemplateCard:
        """Keep it as the next version.

        Raises:
            NotFound: there is no such version.
            Refused: it counts already.
        """
        slot = self.slot()
        now = card_of(context, slot)
        if self.version is None:
            refuse_if(not now.own, _("The reference wording counts already."))
            return _kept(context, slot, Wording("", ""))
        row = next((row for row in now.versions if row.version == self.version), None)
        if row is None:
            raise NotFound(_("There is no version {number} of this text.").format(number=self.version))
        refuse_if(now.own and row.source == now.wording.source, _("The text is what it was."))
        told = Wording(row.subject, row.text)
        notes = checked(_templates(context, slot), slot, told.source) if told.text else ()
        return _kept(context, slot, told, notes)


@dataclass(frozen=True, slots=True)
class TemplateList:
    """Every text there is, and which are the company's own."""

    lines: tuple[tuple[Slot, bool], ...]

    def as_json(self) -> dict[str, Any]:
        """One object a text."""
        return {"templates": [{**_slot_json(slot), "own": own, "file": slot.file} for slot, own in self.lines]}

    def as_sheet(self) -> Sheet:
        """One row a text."""
        columns = (
            Column("level", _("Level"), Kind.COUNT),
            Column("step", _("Step")),
            Column("channel", _("Channel")),
            Column("tone", _("Tone")),
            Column("language", _("Language")),
            Column("own", _("Text")),
        )
        rows = tuple(
            (
                slot.level,
                _(LEVELS[slot.level]),
                _(CHANNELS[slot.channel]),
                _(TONES[slot.tone.value]),
                slot.language,
                _("your own") if own else _("reference wording"),
            )
            for slot, own in self.lines
        )
        return Sheet(plural("{count} text", "{count} texts", len(rows)), columns, rows)


class ListTemplates(Action[TemplateList]):
    """The texts of reminders: by level, channel, tone and language, and which are your own."""

    effect = Effect.READ

    level: int | None = Field(None, ge=0, le=4, description="Only this level: 0 to 4")
    channel: TextChannel | None = Field(None, description="Only this channel: email, sms, phone or registered_letter")
    language: Spoken | None = Field(None, description="Only this language: fr or en")

    def perform(self, context: Context) -> TemplateList:
        """Read which are own."""
        own = own_texts(context.session)
        channel = "registered_letter" if self.channel == "letter" else self.channel
        return TemplateList(
            tuple(
                (slot, slot.key in own)
                for slot in shipped_slots()
                if self.level in (None, slot.level)
                and channel in (None, slot.channel)
                and self.language in (None, slot.language)
            )
        )


@dataclass(frozen=True, slots=True)
class TemplatePreview:
    """How a text would read to a customer today."""

    slot: Slot
    customer: str
    """The customer's name; empty: the figures are those of an example."""
    composed: Composed
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The message, and for an SMS how it is counted."""
        message = self.composed.message
        counted = measured(message.text) if self.slot.short else None
        return {
            **_slot_json(self.slot),
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
    return plural(
        "{units} characters ({alphabet}), {count} SMS, room for {left} more",
        "{units} characters ({alphabet}), {count} SMS billed, room for {left} more",
        counted.count,
    ).format(units=counted.units, alphabet=counted.alphabet, left=counted.left, count=counted.count)


class PreviewTemplate(_OfSlot, Action[TemplatePreview]):
    """How a text would read to a customer today, in force or still being written, whether a step is due or not."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Name or number; an example if left out")
    subject: str | None = Field(None, max_length=500, description="Subject line that is being written")
    text: str | None = Field(None, description="Text that is being written; the one in force if left out")

    def perform(self, context: Context) -> TemplatePreview:
        """Fill it in.

        Raises:
            Invalid: it cannot be filled in, or asks for what does not exist.
            Refused: nothing of the customer's is open, the text is about a payment plan, or a formal notice leaves out what it has to say.
        """
        slot, templates = self.slot(), _templates(context, self.slot())
        wording = card_of(context, slot).wording
        told = Wording(
            "" if slot.short else wording.subject if self.subject is None else self.subject,
            wording.text if self.text is None else self.text,
        )
        notes = _warned(templates, slot, told.source)
        if self.customer is None:
            return TemplatePreview(slot, "", example(templates, slot, told.source), notes)
        refuse_if(
            slot.tone is Tone.INSTALMENT,
            _("A text about a payment plan is shown with the figures of an example: leave the customer out."),
        )
        row = find_customer(context.session, self.customer)
        composed = Preparation(context, context.today).as_if(row.root_id or row.id, slot, told.source)
        return TemplatePreview(slot, row.name, composed, tuple(dict.fromkeys((*notes, *composed.notes))))


def _warned(templates: Templates, slot: Slot, source: str) -> tuple[str, ...]:
    """What should be known; what would be refused is told as well, so that a draft can still be looked at."""
    try:
        return checked(templates, slot, source)
    except Refused as problem:
        return (problem.message,)


ACTIONS = (ListTemplates, ShowTemplate, PreviewTemplate, EditTemplate, RestoreTemplate)

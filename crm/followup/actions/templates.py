"""The texts of reminders: which exist, what they say, a company's own words in place of them, and how one would read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.errors import NotFound, refuse_if
from crm.core.i18n import _, plural
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.core.templating import Templates
from crm.followup.models import OwnText
from crm.followup.names import all_names
from crm.followup.policy import LEVELS
from crm.followup.slots import TONES, Slot, Tone, channel_of_level, shipped_slots, slot_of
from crm.followup.texts import Wording, checked, newest_texts, split, versions_of
from crm.messaging.actions import CHANNELS

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
    reference: Wording
    """The wording that is shipped."""
    notes: tuple[str, ...] = ()
    """What should be known before it is used."""

    def as_json(self) -> dict[str, Any]:
        """The contract's object."""
        return {
            **slot_json(self.slot),
            "subject": self.wording.subject,
            "text": self.wording.text,
            "version": self.version,
            "own": self.own,
            "warnings": list(self.notes),
            "variables": list(all_names()),
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
        told = (
            "",
            *self.wording.text.splitlines(),
            "",
            _("These values exist: {names}.").format(names=", ".join(all_names())),
        )
        return Sheet(_("Text {file}").format(file=self.slot.file), columns, tuple(rows), notes=told)


def slot_json(slot: Slot) -> dict[str, Any]:
    return {"level": slot.level, "channel": slot.channel, "language": slot.language, "tone": slot.tone.value}


def _version(version: int, *, own: bool) -> str:
    if not own:
        return _("reference wording")
    return _("your own, version {number}").format(number=version)


def _by(row: OwnText) -> str:
    who = f"{row.day.isoformat()} · {row.by}"
    return who if row.text else f"{who} · {_('reference wording')}"


def templates_of(context: Context, slot: Slot) -> Templates:
    return Templates(context.settings.templates_folder, language=slot.language)


def card_of(context: Context, slot: Slot, notes: tuple[str, ...] = ()) -> TemplateCard:
    """A text as it counts now."""
    versions = versions_of(context.session, slot)
    reference = split(templates_of(context, slot).source(slot.file), slot)
    newest = versions[0] if versions else None
    own = newest is not None and bool(newest.text)
    told = Wording(newest.subject, newest.text) if newest is not None and own else reference
    return TemplateCard(
        slot, told, newest.version if newest else 0, own=own, versions=versions, reference=reference, notes=notes
    )


class OfSlot(Action[Any]):
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


class ShowTemplate(OfSlot, Action[TemplateCard]):
    """A text of the reminders as it counts now, the values it can ask for, and its versions."""

    effect = Effect.READ

    def perform(self, context: Context) -> TemplateCard:
        """Read it."""
        slot = self.slot()
        card = card_of(context, slot)
        notes = checked(templates_of(context, slot), slot, card.wording.source) if card.own else ()
        return card_of(context, slot, notes) if notes else card


class EditTemplate(OfSlot, Action[TemplateCard]):
    """Put your own words in place of a text of the reminders; the earlier version is kept."""

    effect = Effect.WRITE
    aliases = {"note": "text"}  # noqa: RUF012  a constant table, never altered
    roles = frozenset({"manager"})

    subject: str | None = Field(None, max_length=2_000, description="Subject line; as it is if left out")
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
        notes = checked(templates_of(context, slot), slot, told.source)
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


class RestoreTemplate(OfSlot, Action[TemplateCard]):
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
        notes = checked(templates_of(context, slot), slot, told.source) if told.text else ()
        return _kept(context, slot, told, notes)


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A text in the list, and its newest version where it has any."""

    slot: Slot
    newest: OwnText | None

    @property
    def own(self) -> bool:
        """Whether the company's own words count."""
        return self.newest is not None and bool(self.newest.text)


@dataclass(frozen=True, slots=True)
class TemplateList:
    """Every text there is, and which are the company's own."""

    lines: tuple[TemplateLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a text."""
        return {
            "templates": [
                {
                    **slot_json(line.slot),
                    "own": line.own,
                    "file": line.slot.file,
                    "version": line.newest.version if line.newest else 0,
                    "day": line.newest.day.isoformat() if line.newest else None,
                    "by": line.newest.by if line.newest else None,
                }
                for line in self.lines
            ]
        }

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
                line.slot.level,
                _(LEVELS[line.slot.level]),
                _(CHANNELS[line.slot.channel]),
                _(TONES[line.slot.tone.value]),
                line.slot.language,
                _version(line.newest.version if line.newest else 0, own=line.own),
            )
            for line in self.lines
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
        newest = newest_texts(context.session)
        channel = "registered_letter" if self.channel == "letter" else self.channel
        return TemplateList(
            tuple(
                TemplateLine(slot, newest.get(slot.key))
                for slot in shipped_slots()
                if self.level in (None, slot.level)
                and channel in (None, slot.channel)
                and self.language in (None, slot.language)
            )
        )


ACTIONS = (
    ListTemplates,
    ShowTemplate,
    EditTemplate,
    RestoreTemplate,
)

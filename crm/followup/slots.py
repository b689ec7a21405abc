"""Which wording a message takes: by level, channel, language and tone. Pure.

Tone follows one rule (docs/rules.md): a public body is asked as one at levels 1 and 2; letters and SMS to a consumer have a
wording of their own; else the segment decides: big account, bad payer, loyal; everybody else reads the standard text.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from crm.core.errors import Invalid, NotFound
from crm.core.i18n import Language, _, mark
from crm.core.templating import shipped_templates
from crm.customers.models import Segment
from crm.messaging.models import Channel

BEFORE_DUE, FORMAL_NOTICE = 0, 4
"""Levels: the notice before the due date, the formal notice."""
LANGUAGES: tuple[Language, ...] = ("fr", "en")


class Tone(StrEnum):
    """A variant of a wording."""

    STANDARD = "standard"
    GOOD_PAYER = "good_payer"
    STRICT = "strict"
    KEY_ACCOUNT = "key_account"
    PUBLIC = "public"
    CONSUMER = "consumer"


TONES = {
    Tone.STANDARD.value: mark("standard"),
    Tone.GOOD_PAYER.value: mark("good payer"),
    Tone.STRICT.value: mark("strict"),
    Tone.KEY_ACCOUNT.value: mark("key account"),
    Tone.PUBLIC.value: mark("public body"),
    Tone.CONSUMER.value: mark("consumer"),
}
"""Tone → how it is said."""

_BY_SEGMENT = {
    Segment.BIG_ACCOUNT.value: Tone.KEY_ACCOUNT,
    Segment.BAD_PAYER.value: Tone.STRICT,
    Segment.LOYAL.value: Tone.GOOD_PAYER,
}
_NAMES = {0: "before_due", 1: "level_1", 2: "level_2", 3: "level_3", 4: "formal_notice"}
_LETTERS = (Channel.LETTER.value, Channel.REGISTERED_LETTER.value)
_KINDS = {
    Channel.EMAIL.value: Channel.EMAIL.value,
    Channel.SMS.value: Channel.SMS.value,
    **dict.fromkeys(_LETTERS, Channel.REGISTERED_LETTER.value),
}
CHANNELS = (Channel.EMAIL.value, Channel.SMS.value, Channel.REGISTERED_LETTER.value)
"""The channels that have wordings of their own; a plain letter reads like a registered one."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a wording."""

    level: int
    channel: str
    language: Language
    tone: Tone

    @property
    def file(self) -> str:
        """The file of the reference wording, whether shipped or not: `messages/level_1.strict.fr.txt`."""
        name = _NAMES[self.level]
        if self.channel == Channel.REGISTERED_LETTER.value:
            name = f"{name}.{'b2c' if self.tone is Tone.CONSUMER else 'b2b'}"
            return f"letters/{name}.{self.language}.txt"
        if self.tone is not Tone.STANDARD:
            name = f"{name}.{self.tone.value}"
        folder = "sms" if self.channel == Channel.SMS.value else "messages"
        # A public body is asked the same question twice: one file serves both levels.
        if self.tone is Tone.PUBLIC and folder == "messages":
            name = "level_1.public"
        return f"{folder}/{name}.{self.language}.txt"

    @property
    def key(self) -> tuple[int, str, str, str]:
        """The slot as it is stored."""
        return self.level, self.channel, self.language, self.tone.value

    @property
    def short(self) -> bool:
        """Whether it is an SMS: one line without a subject."""
        return self.channel == Channel.SMS.value


@cache
def shipped_slots() -> tuple[Slot, ...]:
    """Every slot that has a reference wording, in order."""
    folder = shipped_templates()
    return tuple(
        slot
        for level in _NAMES
        for channel in CHANNELS
        for tone in Tone
        for language in LANGUAGES
        if _sensible(slot := Slot(level, channel, language, tone)) and (folder / slot.file).is_file()
    )


def _sensible(slot: Slot) -> bool:
    if slot.channel == Channel.REGISTERED_LETTER.value:
        return slot.tone in (Tone.STANDARD, Tone.CONSUMER)
    return slot.tone is not Tone.PUBLIC or (slot.level in (1, 2) and not slot.short)


@cache
def _shipped() -> frozenset[Slot]:
    return frozenset(shipped_slots())


def kind_of(channel: str) -> str:
    """The channel whose wordings a channel takes.

    Raises:
        Invalid: it has none.
    """
    if channel not in _KINDS:
        raise Invalid(
            _("There are no texts for {channel}.").format(channel=channel),
            next_step=_("Texts exist for {channels}.").format(channels=", ".join(CHANNELS)),
        )
    return _KINDS[channel]


def slot_of(level: int, channel: str, language: str, tone: str = Tone.STANDARD.value) -> Slot:
    """The slot that somebody names.

    Raises:
        Invalid: there are no texts for the channel.
        NotFound: nothing is written at that level, by that channel or in that tone.
    """
    kind = kind_of(channel)
    slot = Slot(level, kind, "en" if language.lower().startswith("en") else "fr", Tone(tone))
    if slot not in _shipped():
        tones = sorted({each.tone.value for each in _shipped() if (each.level, each.channel) == (level, kind)})
        if not tones:
            raise NotFound(_("There is no {channel} at level {level}.").format(channel=kind, level=level))
        raise NotFound(
            _("There is no {channel} of level {level} in this tone.").format(channel=kind, level=level),
            next_step=_("These tones exist: {names}.").format(names=", ".join(tones)),
        )
    return slot


def tone_for(segment: str) -> Tone:
    """The tone of a segment; what the law asks for goes before it."""
    return _BY_SEGMENT.get(segment, Tone.STANDARD)


def chosen_slot(level: int, channel: str, language: Language, tone: Tone, regime: str) -> Slot:
    """The slot of a message: in its tone where there is one, else in the standard one.

    A sole trader owes what a business owes: the letter is that of a business, whatever the discretion.

    Raises:
        Invalid: there is no such level, or no texts for the channel.
    """
    if level not in _NAMES:
        raise Invalid(_("There is no reminder of level {level}.").format(level=level))
    kind = kind_of(channel)
    if kind == Channel.REGISTERED_LETTER.value:
        tone = Tone.STANDARD if regime in ("B2B", "B2G") else Tone.CONSUMER
    wanted = Slot(level, kind, language, tone)
    return wanted if wanted in _shipped() else Slot(level, kind, language, Tone.STANDARD)


def channel_of_level(level: int) -> str:
    """The channel a level takes where none is named: the formal notice is a letter."""
    return Channel.REGISTERED_LETTER.value if level == FORMAL_NOTICE else Channel.EMAIL.value

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
from crm.followup.facts import CustomerFacts
from crm.followup.policy import TEXTS
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
    INSTALMENT = "instalment"
    """About an instalment of a payment plan: to come at level 0, missed at level 1."""
    THANKS = "thanks"
    """After the payment of what was reminded of; kept at level 1."""


TONES = {
    Tone.STANDARD.value: mark("standard"),
    Tone.GOOD_PAYER.value: mark("good payer"),
    Tone.STRICT.value: mark("strict"),
    Tone.KEY_ACCOUNT.value: mark("key account"),
    Tone.PUBLIC.value: mark("public body"),
    Tone.CONSUMER.value: mark("consumer"),
    Tone.INSTALMENT.value: mark("instalment of a plan"),
    Tone.THANKS.value: mark("thank-you"),
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
    Channel.PHONE.value: Channel.PHONE.value,
    **dict.fromkeys(_LETTERS, Channel.REGISTERED_LETTER.value),
}
CHANNELS = (Channel.EMAIL.value, Channel.SMS.value, Channel.PHONE.value, Channel.REGISTERED_LETTER.value)
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
        if self.spoken:
            return f"calls/level_{self.level}.{self.language}.txt"
        if self.tone is Tone.INSTALMENT:
            return f"messages/instalment_{'missed' if self.level else 'coming'}.{self.language}.txt"
        if self.tone is Tone.THANKS:
            return f"{'sms' if self.short else 'messages'}/thank_you.{self.language}.txt"
        if self.channel == Channel.REGISTERED_LETTER.value:
            if self.level == FORMAL_NOTICE:
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

    @property
    def spoken(self) -> bool:
        """Whether it is the script of a call: what is at stake on its first line, then what to say."""
        return self.channel == Channel.PHONE.value


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
        return slot.tone is Tone.STANDARD or (slot.tone is Tone.CONSUMER and slot.level == FORMAL_NOTICE)
    if slot.spoken:
        return slot.tone is Tone.STANDARD
    if slot.tone is Tone.INSTALMENT:
        return slot.level in (0, 1) and not slot.short
    if slot.tone is Tone.THANKS:
        return slot.level == 1
    return slot.tone is not Tone.PUBLIC or (slot.level in (1, 2) and not slot.short)


@cache
def _shipped() -> frozenset[Slot]:
    return frozenset(shipped_slots())


def kind_of(channel: str, level: int = FORMAL_NOTICE) -> str:
    """The channel whose wordings a channel takes at a level: a letter before the due date reads like an e-mail.

    Raises:
        Invalid: it has none.
    """
    if channel not in _KINDS:
        raise Invalid(
            _("There are no texts for {channel}.").format(channel=channel),
            next_step=_("Texts exist for {channels}.").format(channels=", ".join(CHANNELS)),
        )
    if channel in _LETTERS and level == BEFORE_DUE:
        return Channel.EMAIL.value
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


def level_said(level: int, text: str) -> int:
    """The level whose text a step speaks by: its own, unless a scenario names another text."""
    return TEXTS.get(text, level)


def slot_for(
    level: int, customer: CustomerFacts, channel: str = "", tone: Tone = Tone.STANDARD, *, plan: bool = False
) -> Slot:
    """The place of the wording that a customer reads; `plan`: about an instalment of a payment plan.

    Without a channel it is the one the level takes. What the law asks for goes before the tone: public bodies and, in
    letters and SMS, consumers have texts of their own. A sole trader owes what a business owes: the letter is that of a
    business, whatever the discretion. Where there is no text in the tone, it is the standard one.

    Raises:
        Invalid: there is no such level, or no texts for the channel.
    """
    if level not in _NAMES:
        raise Invalid(_("There is no reminder of level {level}.").format(level=level))
    kind = kind_of(channel or channel_of_level(level), level)
    if plan and kind in (Channel.EMAIL.value, Channel.REGISTERED_LETTER.value):
        return Slot(min(level, 1), Channel.EMAIL.value, customer.speaks, Tone.INSTALMENT)
    if kind == Channel.REGISTERED_LETTER.value:
        business = customer.law in ("B2B", "B2G") or level < FORMAL_NOTICE
        tone = Tone.STANDARD if business else Tone.CONSUMER
    elif customer.law == "B2G":
        tone = Tone.PUBLIC
    elif customer.quiet and kind == Channel.SMS.value:
        tone = Tone.CONSUMER
    elif tone in (Tone.PUBLIC, Tone.CONSUMER, Tone.INSTALMENT, Tone.THANKS):
        tone = Tone.STANDARD
    wanted = Slot(level, kind, customer.speaks, tone)
    return wanted if wanted in _shipped() else Slot(level, kind, customer.speaks, Tone.STANDARD)


def channel_of_level(level: int) -> str:
    """The channel a level takes where none is named: the formal notice is a letter."""
    return Channel.REGISTERED_LETTER.value if level == FORMAL_NOTICE else Channel.EMAIL.value

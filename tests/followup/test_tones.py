"""Every reference wording beside the standard e-mails and letters: the tones, the SMS, the e-mail that follows a letter.

The golden files are written anew by `python tests/followup/test_tones.py --update`; read what changed before keeping it.
"""

import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_wording import (
    ALWAYS_FORBIDDEN,
    ANNE,
    FROM_LEVEL,
    LUCIE,
    MORVAN,
    NEVER_IN_A_QUIET_SUBJECT,
    TEMPLATES,
    WORDS,
    a_customer,
    an_instalment,
    an_item,
    an_occasion,
    words_of,
    write,
)

from crm.core.errors import Refused
from crm.core.i18n import use_language
from crm.core.money import eur
from crm.core.templating import shipped_templates
from crm.followup.facts import Received
from crm.followup.slots import Slot, Tone, shipped_slots, slot_of, tone_for
from crm.followup.thanks import thanked
from crm.followup.wording import check_template, slot_for
from crm.messaging.segments import measured

GOLDEN = Path(__file__).parent / "golden" / "tones"
REGIME = {Tone.CONSUMER: "B2C", Tone.PUBLIC: "B2G"}
COUNTS = ("one", "several")
COVERED = [
    slot
    for slot in shipped_slots()
    if not slot.short
    and (slot.tone in (Tone.STANDARD, Tone.PUBLIC, Tone.INSTALMENT) or slot.channel != "email")
    and (slot.level == 4 or slot.channel != "registered_letter")
    and (slot.level < 4 or slot.channel != "email")
]
"""Those that `test_wording` reads word for word."""
SLOTS = [slot for slot in shipped_slots() if slot not in COVERED]
MAILS = [slot for slot in SLOTS if slot.channel == "email" and slot.tone is not Tone.THANKS]
LETTERS = [slot for slot in SLOTS if slot.channel == "registered_letter"]
SHORT = [slot for slot in SLOTS if slot.short]


@pytest.fixture(autouse=True)
def in_french():
    use_language("fr")
    yield
    use_language("fr")


def told(slot: Slot, count: str = "one", **more: object):
    if slot.tone is Tone.THANKS:
        invoices = ("F2026-0113",) if count == "one" else ("F2026-0113", "F2026-0114", "F2026-0117")
        received = Received(eur("1250.50"), date(2026, 11, 20), invoices)
        customer = a_customer("B2B", slot.language)
        more = {"source": "", "company": MORVAN, **more}
        return thanked(TEMPLATES, more["company"], customer, ANNE, LUCIE, received, slot, source=str(more["source"]))
    if slot.tone is Tone.INSTALMENT:
        more["occasion"] = an_occasion(slot.level, plan=an_instalment())
    return write(
        slot.level, REGIME.get(slot.tone, "B2B"), slot.language, count, channel=slot.channel, tone=slot.tone, **more
    )


def golden_path(slot: Slot, count: str) -> Path:
    return GOLDEN / f"{slot.file.replace('/', '.').removesuffix('.txt')}.{count}.txt"


def golden_text(slot: Slot, count: str) -> str:
    message = told(slot, count).message
    return f"{message.subject}\n\n{message.text}" if message.subject else f"{message.text}\n"


def names(slot: Slot) -> str:
    return slot.file


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("slot", SLOTS, ids=names)
def test_every_wording_is_as_it_was_read_last(slot, count):
    assert golden_text(slot, count) == golden_path(slot, count).read_text("utf-8")


def test_no_golden_file_is_left_over():
    assert {path.name for path in GOLDEN.glob("*.txt")} == {golden_path(s, c).name for s in SLOTS for c in COUNTS}


def test_every_template_file_has_its_place():
    """A file that no slot reads would never be sent nor tested."""
    folder = shipped_templates()
    files = {
        path.relative_to(folder).as_posix()
        for part in ("messages", "letters", "sms", "calls")
        for path in (folder / part).glob("*.txt")
    }
    assert files == {slot.file for slot in shipped_slots()}


@pytest.mark.parametrize("slot", shipped_slots(), ids=names)
def test_shipped_texts_are_ones_that_users_could_edit(slot):
    source = (shipped_templates() / slot.file).read_text("utf-8")
    check_template(TEMPLATES, source)
    assert told(slot, "several", source=source) == told(slot, "several")


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("slot", MAILS, ids=names)
def test_the_manners_of_every_tone(slot, count):
    composed = told(slot, count)
    message = composed.message
    text = f"{message.subject}\n{message.text}".lower()
    assert len(message.subject) <= 60
    assert words_of(composed) <= WORDS.get(slot.level, 140)
    for mention in ("FR76 3000", "F2026-0113", "812\u00a0345\u00a0678"):
        assert mention in message.text
    assert ("30/09/2026" if slot.language == "fr" else "Sep\u00a02026") in message.text or slot.level == 4
    assert ("23/11/2026" if slot.language == "fr" else "23 November 2026") in message.text
    assert re.search("désaccord|corriger|contest|disagree|correct|disput|wrong", text)
    if slot.language == "fr":
        # The e-mail that follows a letter calls itself what the law calls it.
        allowed = {"e-mail", "mail"} if slot.level == 4 else set()
        assert [w for w in ALWAYS_FORBIDDEN if w not in allowed and re.search(rf"\b{w}\b", text)] == []
        assert [w for w in FROM_LEVEL[slot.level] if re.search(rf"\b{w}", text)] == []


@pytest.mark.parametrize("slot", LETTERS, ids=names)
def test_a_letter_speaks_as_paper_does(slot):
    """Nobody answers a letter by replying to it, or presses a link; it greets and ends as letters do."""
    for count in COUNTS:
        text = told(slot, count).message.text
        assert not re.search(r"ce message|this message|courriel|e-mail|http", text)
        assert re.search("salutations distinguées|Yours faithfully", text)
        assert "FR76 3000" in text
        assert "02\u00a040\u00a012\u00a034\u00a057" in text


@pytest.mark.parametrize("slot", [s for s in MAILS if s.tone is not Tone.PUBLIC], ids=names)
def test_no_tone_tells_others_of_a_consumers_debt(slot):
    for customer in (a_customer("B2C", slot.language), a_customer("B2B", slot.language, discreet=True)):
        subject = write(slot.level, channel=slot.channel, tone=slot.tone, customer=customer).message.subject
        assert not NEVER_IN_A_QUIET_SUBJECT.search(subject.replace("lettre recommandée", ""))


# SMS


@pytest.mark.parametrize("slot", SHORT, ids=names)
def test_an_sms_at_its_longest_is_one_segment(slot):
    """Counted with a long name, invoice number and amount, as `content/relances.md` does."""
    company = replace(MORVAN, name="Ateliers Kermarec SA")
    item = an_item("FA2026-0001134", -5 if slot.level == 0 else 25, "123456.78")
    for items in ([item], [replace(item, number=f"FA2026-00011{place}") for place in range(10, 22)]):
        text = told(slot, items=items, company=company).message.text
        assert measured(text).count == 1, (measured(text).units, text)


@pytest.mark.parametrize("slot", SHORT, ids=names)
def test_an_sms_says_who_writes_and_how_to_answer(slot):
    message = told(slot).message
    assert message.text.startswith("Atelier Morvan")
    assert "0240123457" in message.text or slot.tone is Tone.THANKS, "a thank-you asks for no answer"
    assert message.subject == message.html == ""


@pytest.mark.parametrize("slot", [s for s in SHORT if s.tone is Tone.CONSUMER], ids=names)
def test_a_locked_screen_tells_nothing_of_a_debt(slot):
    for text in (told(slot, count).message.text for count in COUNTS):
        assert not re.search(r"€|facture|invoice|F2026|pa[iy]|règl|rappel|remind|dette|debt|demeure|notice", text, re.I)


def test_an_own_sms_with_an_amount_is_refused_to_a_consumer():
    with pytest.raises(Refused):
        write(1, "B2C", channel="sms", source="Il reste {{ totals.due }}")


def test_a_longer_sms_tells_what_it_costs():
    composed = write(1, channel="sms", source="{{ company.name }} : " + "bonjour " * 30)
    assert composed.notes == ("Le SMS compte 256 caractères et sera facturé comme 2.",)


# Which wording


@pytest.mark.parametrize(
    ("segment", "tone"),
    [
        ("big_account", Tone.KEY_ACCOUNT),
        ("bad_payer", Tone.STRICT),
        ("loyal", Tone.GOOD_PAYER),
        ("vip", Tone.STANDARD),
        ("", Tone.STANDARD),
    ],
)
def test_the_segment_sets_the_tone(segment, tone):
    assert tone_for(segment) is tone


@pytest.mark.parametrize(
    ("level", "regime", "channel", "tone", "file"),
    [
        (1, "B2B", "", Tone.STRICT, "messages/level_1.strict.fr.txt"),
        (1, "B2G", "", Tone.STRICT, "messages/level_1.public.fr.txt"),
        (2, "B2G", "", Tone.STANDARD, "messages/level_1.public.fr.txt"),
        (3, "B2G", "", Tone.STANDARD, "messages/level_3.fr.txt"),
        (3, "B2B", "", Tone.GOOD_PAYER, "messages/level_3.fr.txt"),
        (1, "B2C", "sms", Tone.STRICT, "sms/level_1.consumer.fr.txt"),
        (4, "B2B", "", Tone.STRICT, "letters/formal_notice.b2b.fr.txt"),
        (4, "to_qualify", "", Tone.STANDARD, "letters/formal_notice.b2c.fr.txt"),
        (4, "B2B", "email", Tone.STANDARD, "messages/formal_notice.fr.txt"),
    ],
)
def test_the_law_goes_before_the_tone(level, regime, channel, tone, file):
    assert slot_for(level, a_customer(regime), channel, tone).file == file


def test_a_sole_trader_gets_the_letter_of_a_business_and_the_sms_of_a_person():
    trader = a_customer("B2B", discreet=True)
    assert slot_for(4, trader).file == "letters/formal_notice.b2b.fr.txt"
    assert slot_for(1, trader, "sms").file == "sms/level_1.consumer.fr.txt"


def test_a_slot_is_found_by_its_name():
    assert slot_of(2, "email", "fr-FR", "strict").file == "messages/level_2.strict.fr.txt"
    assert slot_of(4, "letter", "en").file == "letters/formal_notice.b2b.en.txt"


if __name__ == "__main__" and "--update" in sys.argv:
    use_language("fr")
    for slot in SLOTS:
        for count in COUNTS:
            golden_path(slot, count).write_text(golden_text(slot, count), "utf-8")

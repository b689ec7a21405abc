"""A company's own words: checked before they are used, kept version by version, taken back, and read by real customers."""

from contextlib import suppress

import pytest
from build import LEA, TODAY, TOM, a_customer, an_invoice
from hypothesis import given
from hypothesis import strategies as st

from crm.core.basics import Undo
from crm.core.errors import CrmError, Invalid, NotAllowed, NotFound, Refused
from crm.core.templating import Templates, shipped_templates
from crm.customers.actions import UpdateCompany
from crm.followup.actions.dunning import PreviewDunning
from crm.followup.actions.template_drafts import CheckTemplate, ListTemplateValues, PreviewTemplate
from crm.followup.actions.templates import (
    EditTemplate,
    ListTemplates,
    RestoreTemplate,
    ShowTemplate,
)
from crm.followup.slots import shipped_slots, slot_of
from crm.followup.texts import checked, split

GOOD = """{{ contact.hello }},

Votre compte présente {{ totals.due }} d'échu.

{{ invoice_table }}

{{ payment_block }}

Situation arrêtée au {{ dates.bank_as_of }}.

{{ signature }}"""


@pytest.fixture
def house(crm):
    """A company, and a business that owes 120 € since twelve days."""
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard", phone="02 40 12 34 56"), LEA)
    a_customer(crm, "C-1", "Dupont", regime="B2B", email="compta@dupont.example", contact_name="Mme Durand")
    an_invoice(crm, "F-1", customer="C-1")
    return crm


def edited(crm, text=GOOD, actor=LEA, **more):
    return crm.runner.run(EditTemplate(**{"level": 1, "channel": "email", "text": text, **more}), actor).result


def sent_text(crm):
    return crm.runner.read(PreviewDunning(), LEA).lines[0].text


def test_own_words_are_what_customers_read(house):
    before = sent_text(house)
    card = edited(house, subject="Facture {{ invoice.number }} : un point ?")
    assert (card.version, card.own, card.notes) == (1, True, ())
    text = sent_text(house)
    assert "Votre compte présente 120,00\u00a0€" in text
    assert text != before


def test_undo_gives_the_earlier_words_back(house):
    before = sent_text(house)
    edited(house)
    house.runner.run(Undo(), LEA)
    assert sent_text(house) == before
    assert house.runner.read(ShowTemplate(level=1), LEA).version == 0


def test_every_version_is_kept_with_who_and_when(house):
    edited(house)
    edited(house, GOOD + "\n\nMerci.")
    card = house.runner.run(RestoreTemplate(level=1, version=1), LEA).result
    assert card.wording.text == GOOD
    assert [(row.version, row.by, row.day) for row in card.versions] == [(n, "Léa", TODAY) for n in (3, 2, 1)]
    restored = house.runner.run(RestoreTemplate(level=1), LEA).result
    assert (restored.own, restored.version) == (False, 4)
    assert "Merci." not in sent_text(house)
    with pytest.raises(Refused):
        house.runner.run(RestoreTemplate(level=1), LEA)
    with pytest.raises(NotFound):
        house.runner.run(RestoreTemplate(level=1, version=9), LEA)


def test_a_subject_left_out_stays(house):
    shipped = house.runner.read(ShowTemplate(level=1), LEA).wording.subject
    assert edited(house).wording.subject == shipped


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ customer.nom }}", "customer.name"),
        ("{{ clients }}", "customer"),
        ("{% if one %}", ""),
        ("{{ ''.__class__ }}", ""),
        ("{% include 'level_1.fr.txt' %}", ""),
        ("{{ invoices | map('x') }}", ""),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_exists(house, text, told):
    with pytest.raises(Invalid) as problem:
        edited(house, text)
    assert told in problem.value.next_step
    assert house.runner.read(ShowTemplate(level=1), LEA).version == 0


def test_a_mention_left_out_is_told_below_level_4(house):
    card = edited(house, "{{ contact.hello }}, merci de régler.")
    assert any("payment_block" in note for note in card.notes)
    assert any("signature" in note for note in card.notes)


@pytest.mark.parametrize(
    "left_out",
    [
        "{{ claim_table }}",
        "{{ payment_block }}",
        "{{ company.legal_line }}",
        "{{ notice.recipient }}",
        "notice.deadline_days",
    ],
)
@pytest.mark.parametrize("tone", ["standard", "consumer"])
def test_a_formal_notice_says_all_of_it_or_is_refused(house, left_out, tone):
    slot = slot_of(4, "registered_letter", "fr", tone)
    text = split((shipped_templates() / slot.file).read_text("utf-8"), slot).text
    thin = text.replace(left_out, "notice.tracking | length" if "days" in left_out else "")
    if "days" in left_out:
        thin = thin.replace("{{ notice.tracking | length | counted", "{{ 8 | counted")
    with pytest.raises(Refused):
        edited(house, thin, level=4, channel="registered_letter", tone=tone)
    assert edited(house, text + "\n\nMerci.", level=4, channel="registered_letter", tone=tone).own


def test_a_consumer_is_never_asked_for_what_a_business_owes(house):
    slot = slot_of(4, "letter", "fr", "consumer")
    text = split((shipped_templates() / slot.file).read_text("utf-8"), slot).text
    with pytest.raises(Refused):
        edited(house, text + "\n\n{{ totals.indemnities }}", level=4, channel="letter", tone="consumer")


def test_threats_are_told(house):
    card = edited(house, GOOD + "\n\nUn huissier passera.")
    assert any("huissier" in note for note in card.notes)


def test_an_sms_is_counted_before_it_is_used(house):
    long = "{{ company.sms_name }} {{ sender.phone | sms }} " + "bonjour " * 20
    assert any("2" in note for note in edited(house, long, channel="sms").notes)
    with pytest.raises(Invalid):
        edited(house, long * 4, channel="sms")


def test_texts_are_written_by_the_manager(house):
    with pytest.raises(NotAllowed):
        edited(house, actor=TOM)


def test_a_draft_is_looked_at_on_a_real_customer(house):
    told = house.runner.read(PreviewTemplate(level=3, customer="Dupont"), LEA)
    assert "F-1" in told.composed.message.text
    draft = house.runner.read(PreviewTemplate(level=1, customer="Dupont", subject="S", text="{{ totals.due }} ?"), LEA)
    assert draft.composed.message.text == "120,00\u00a0€\u202f?\n"
    assert any("signature" in note for note in draft.notes)
    sms = house.runner.read(PreviewTemplate(level=1, channel="sms", customer="Dupont"), LEA).as_json()
    assert (sms["segments"], sms["subject"]) == (1, "")
    with pytest.raises(Refused):
        house.runner.read(PreviewTemplate(level=0, customer="Dupont"), LEA)


def test_a_formal_notice_in_the_making_can_be_looked_at(house):
    told = house.runner.read(PreviewTemplate(level=4, customer="Dupont", text="Mise en demeure"), LEA)
    assert any("claim_table" in note for note in told.notes)


def test_every_text_is_listed_once(crm):
    answer = crm.runner.read(ListTemplates(), LEA).as_json()["templates"]
    assert len(answer) == len(shipped_slots()) == len({tuple(line.values()) for line in answer})
    assert {line["level"] for line in crm.runner.read(ListTemplates(channel="sms"), LEA).as_json()["templates"]} == {
        0,
        1,
        2,
        3,
        4,
    }


@pytest.mark.parametrize("slot", shipped_slots(), ids=lambda slot: slot.file)
def test_reference_wordings_say_all_that_is_asked_of_ones_own(slot):
    source = (shipped_templates() / slot.file).read_text("utf-8")
    notes = checked(Templates(language=slot.language), slot, split(source, slot).source)
    assert notes == ()


@given(text=st.text(min_size=1, max_size=60))
def test_no_text_whatever_breaks_the_check(text):
    """It is refused in words, or may be used."""
    with suppress(CrmError):
        checked(Templates(), slot_of(1, "email", "fr"), f"Sujet\n\n{text}")


def test_what_is_wrong_is_told_with_its_line_and_what_was_meant(house):
    """Every fault at once, each where it stands; a draft is never refused for being looked at."""
    text = "{{ contact.hello }},\n\n{{ customer.nom }}\n{{ invoice_tabel }}"
    told = house.runner.read(CheckTemplate(level=1, subject="{{ custmer.name }}", text=text), LEA)
    assert [(one.in_subject, one.line, one.meant) for one in told.found] == [
        (True, 1, "customer.name"),
        (False, 3, "customer.name"),
        (False, 4, "invoice_table"),
    ]
    assert told.refused
    unread = house.runner.read(CheckTemplate(level=1, text="Bonjour,\n\n{% if one %}"), LEA).found
    assert [(one.line, one.refused) for one in unread] == [(3, True)]
    thin = house.runner.read(CheckTemplate(level=1, text="Merci de régler."), LEA)
    assert thin.found
    assert not thin.refused
    assert house.runner.read(CheckTemplate(level=4, text="Merci de régler."), LEA).refused
    assert house.runner.read(CheckTemplate(level=1), LEA).found == ()
    with pytest.raises(Invalid) as problem:
        edited(house, text)
    assert problem.value.line


def test_every_value_is_shown_for_a_real_customer(house):
    told = house.runner.read(ListTemplateValues(level=1, customer="Dupont"), LEA)
    values = dict(told.values)
    assert (told.customer, values["customer.name"], values["totals.due"]) == ("Dupont", "Dupont", "120,00\u00a0€")
    assert values["payment_block"]
    assert dict(house.runner.read(ListTemplateValues(level=1), LEA).values)["company.name"] == "Atelier Morvan"


def test_a_formal_notice_is_seen_as_the_letter_that_is_printed(house):
    seen = house.runner.read(PreviewTemplate(level=4, customer="Dupont"), LEA)
    letter = seen.letter(house.clock.now())
    assert letter.recipient[0] == "Dupont"
    assert {"table", "facts"} & {part["kind"] for part in letter.parts}

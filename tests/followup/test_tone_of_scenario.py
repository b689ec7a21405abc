"""Which tone a step is said in: the law's before the scenario's, the scenario's before that of the segment."""

from dataclasses import replace

import pytest
from build import LEA

from crm.followup.actions.template_drafts import PreviewTemplate
from crm.followup.actions.templates import EditTemplate
from crm.followup.facts import CustomerFacts
from crm.followup.gate import Decision, Verdict
from crm.followup.policy import default_scenario
from crm.followup.run import _tone
from crm.followup.slots import Tone, slot_for


@pytest.mark.parametrize(
    ("scenario", "segment", "tone"),
    [
        ("standard", "loyal", Tone.GOOD_PAYER),
        ("strict", "loyal", Tone.STRICT),
        ("strict", "", Tone.STRICT),
        ("standard", "", Tone.STANDARD),
    ],
)
def test_a_scenario_goes_before_the_segment(scenario, segment, tone):
    told = replace(default_scenario(), tone=scenario)
    assert _tone(Decision(Verdict.SEND, 1, "email", (), (), told.step(1), told), segment) is tone


def test_an_instalment_and_a_call_have_places_of_their_own():
    business = CustomerFacts("C-1", "Dupont", "B2B")
    assert slot_for(2, business, "email", Tone.STRICT, plan=True).file == "messages/instalment_missed.fr.txt"
    assert slot_for(2, business, "phone", Tone.STRICT).file == "calls/level_2.fr.txt"
    assert slot_for(2, business, "letter", Tone.STRICT).file == "letters/level_2.fr.txt"


def test_the_script_of_a_call_can_be_one_s_own(crm):
    words = "« {{ company.name }}, bonjour. »"
    card = crm.runner.run(EditTemplate(level=1, channel="phone", subject="{{ totals.due }}", text=words), LEA).result
    assert (card.own, card.notes) == (True, ())
    message = crm.runner.read(PreviewTemplate(level=1, channel="phone"), LEA).composed.message
    assert "Atelier Morvan, bonjour." in message.text
    assert message.subject.endswith("€")

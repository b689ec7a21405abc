"""Who may commit what without asking: the table of `docs/rules.md`, cell by cell."""

import pytest
from build import LEA, NIGHT, ROBOT, TOM, VISITOR

from crm.core.actions import Action, Effect
from crm.core.consent import Actor, ActorKind, Verdict, check_role, verdict
from crm.core.errors import NotAllowed
from crm.customers.actions import UpdateCompany, UpdateCustomer


@pytest.mark.parametrize(
    ("actor", "effect", "answer"),
    [
        (LEA, Effect.READ, Verdict.YES),
        (LEA, Effect.WRITE, Verdict.AFTER_PREVIEW),
        (LEA, Effect.SEND, Verdict.AFTER_PREVIEW),
        (ROBOT, Effect.READ, Verdict.YES),
        (ROBOT, Effect.WRITE, Verdict.AFTER_PREVIEW),
        (ROBOT, Effect.SEND, Verdict.PROPOSE),
        (NIGHT, Effect.READ, Verdict.YES),
        (NIGHT, Effect.WRITE, Verdict.YES),
        (NIGHT, Effect.SEND, Verdict.PROPOSE),
        (VISITOR, Effect.READ, Verdict.NO),
        (VISITOR, Effect.WRITE, Verdict.NO),
        (VISITOR, Effect.SEND, Verdict.NO),
    ],
)
def test_each_cell_of_the_table(actor, effect, answer):
    assert verdict(actor, effect) is answer


def test_every_actor_and_effect_has_an_answer():
    for kind in ActorKind:
        for effect in Effect:
            assert verdict(Actor(kind, "x"), effect) in Verdict


def test_a_role_is_needed_where_the_action_says_so():
    check_role(LEA, UpdateCompany)
    check_role(Actor(ActorKind.PERSON, "Ada", role="accountant"), UpdateCompany)
    check_role(Actor(ActorKind.PERSON, "Root", role="admin"), UpdateCompany)
    check_role(TOM, UpdateCustomer)
    with pytest.raises(NotAllowed) as told:
        check_role(TOM, UpdateCompany)
    assert told.value.exit_code == 4
    assert "," in told.value.message, "the roles that may are named"


def test_customers_find_every_action_closed(crm):
    for kind in crm.registry:
        assert issubclass(kind, Action)
        with pytest.raises(NotAllowed):
            crm.runner._consent(kind.model_construct(), VISITOR)

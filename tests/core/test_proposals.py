"""Proposals: an action waits for a person's yes, once, with its reason."""

from datetime import date
from typing import Any

import pytest
from build import LEA, NIGHT, ROBOT, TODAY, TOM, a_customer, ago, dump
from pydantic import Field

from crm.bootstrap import Crm
from crm.core.actions import Action, Effect, Registry
from crm.core.basics import AcceptProposal, ListProposals, Propose, RefuseProposal
from crm.core.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from crm.core.runner import Context
from crm.customers.actions import SetSegment, UpdateCustomer
from crm.portfolio.actions import ShowCustomer

VIP = {
    "action": "set_segment",
    "fields": {"customer": "C-1", "segment": "vip"},
    "subject": "C-1",
    "reason": "buys a lot",
}


def proposed(crm: Crm, **changed: Any) -> None:
    crm.runner.run(Propose(**{**VIP, **changed}), LEA)


def waiting(crm: Crm, **asked: Any) -> list[dict[str, Any]]:
    return crm.runner.read(ListProposals(**asked), LEA).as_json()["proposals"]


def segment(crm: Crm) -> str:
    return crm.runner.read(ShowCustomer(customer="C-1"), LEA).card.customer.segment


def test_a_proposal_alters_nothing_but_the_list_of_those_that_wait(crm):
    a_customer(crm)
    proposed(crm)
    assert segment(crm) == ""
    assert waiting(crm) == [
        {
            "id": 1,
            "action": "set_segment",
            "fields": {"customer": "C-1", "segment": "vip"},
            "subject": "C-1",
            "reason": "buys a lot",
            "quote": "",
            "owner": "",
            "deadline": None,
            "state": "waiting",
        }
    ]


def test_a_yes_does_what_was_proposed_and_closes_it(crm):
    a_customer(crm)
    proposed(crm)
    done = crm.runner.run(AcceptProposal(proposal=1), LEA)
    assert segment(crm) == "vip"
    assert waiting(crm) == []
    assert done.result.as_json()["proposals"][0]["state"] == "accepted"
    assert set(done.changes.summary()) == {"customer", "proposal"}


def test_a_no_closes_it_with_its_reason(crm):
    a_customer(crm)
    proposed(crm)
    crm.runner.run(RefuseProposal(proposal=1, reason="not yet"), LEA)
    assert segment(crm) == ""
    assert waiting(crm) == []
    (row,) = dump(crm)["proposal"]
    assert {"refused", "not yet"} <= set(row)


@pytest.mark.parametrize("kind", [AcceptProposal, RefuseProposal])
def test_a_closed_proposal_waits_for_nobody(crm, kind):
    a_customer(crm)
    proposed(crm)
    crm.runner.run(RefuseProposal(proposal=1), LEA)
    with pytest.raises(NotFound):
        crm.runner.run(kind(proposal=1), LEA)
    with pytest.raises(NotFound):
        crm.runner.run(kind(proposal=99), LEA)


# Once per action and subject


def test_the_same_is_proposed_once(crm):
    a_customer(crm)
    proposed(crm)
    before = dump(crm)
    proposed(crm)
    assert dump(crm) == before


def test_a_newer_one_takes_the_place_of_the_older(crm):
    a_customer(crm)
    proposed(crm)
    proposed(crm, fields={"customer": "C-1", "segment": "loyal"}, reason="stays")
    assert [(row["id"], row["reason"]) for row in waiting(crm)] == [(2, "stays")]
    older = next(row for row in dump(crm)["proposal"] if row[0] == 1)
    assert "withdrawn" in older


def test_another_subject_or_another_action_waits_beside_it(crm):
    a_customer(crm)
    a_customer(crm, "C-2", "Martin")
    proposed(crm)
    proposed(crm, subject="C-2", fields={"customer": "C-2", "segment": "vip"})
    proposed(crm, action="update_customer", fields={"customer": "C-1", "city": "Brest"})
    assert [row["id"] for row in waiting(crm)] == [1, 2, 3]
    assert [row["id"] for row in waiting(crm, subject="C-1")] == [1, 3]


def test_what_was_decided_may_be_proposed_again(crm):
    a_customer(crm)
    proposed(crm)
    crm.runner.run(RefuseProposal(proposal=1), LEA)
    proposed(crm)
    assert [row["id"] for row in waiting(crm)] == [2]


# What cannot be proposed


def test_an_action_that_is_none_cannot_be_proposed(crm):
    with pytest.raises(NotFound):
        proposed(crm, action="fire_customer")


@pytest.mark.parametrize("fields", [{}, {"customer": "C-1"}, {"customer": "C-1", "segment": "best"}, {"who": "C-1"}])
def test_fields_that_do_not_fit_the_action_are_told(crm, fields):
    with pytest.raises(Invalid):
        proposed(crm, fields=fields)


# Acting on changed facts


def test_a_yes_is_stale_when_the_facts_have_changed(crm):
    a_customer(crm)
    proposed(crm)
    preview = crm.runner.preview(AcceptProposal(proposal=1), LEA)
    crm.runner.run(SetSegment(customer="C-1", segment="loyal"), LEA)
    with pytest.raises(Stale):
        crm.runner.commit(preview, LEA)
    assert segment(crm) == "loyal"


def test_a_proposal_that_cannot_be_done_any_more_goes_on_waiting(crm):
    a_customer(crm)
    proposed(crm, action="create_customer", fields={"number": "C-1", "name": "Dupont"})
    with pytest.raises(Refused):
        crm.runner.run(AcceptProposal(proposal=1), LEA)
    assert len(waiting(crm)) == 1


# Who


def test_a_role_is_asked_for_at_the_yes_too(crm):
    proposed(crm, action="update_company", fields={"name": "Nous"}, subject="company")
    with pytest.raises(NotAllowed):
        crm.runner.run(AcceptProposal(proposal=1), TOM)
    assert len(waiting(crm)) == 1


@pytest.mark.parametrize("actor", [ROBOT, NIGHT], ids=["assistant", "scheduler"])
def test_whoever_may_not_commit_suggests(crm, actor):
    a_customer(crm)
    crm.runner.suggest(SetSegment(customer="C-1", segment="vip"), actor, why="buys a lot", subject="C-1")
    assert segment(crm) == ""
    assert [row["reason"] for row in waiting(crm)] == ["buys a lot"]
    crm.runner.run(AcceptProposal(proposal=1), LEA)
    assert segment(crm) == "vip"


class Shout(Action[Any]):
    """Send something."""

    effect = Effect.SEND

    def perform(self, context: Context) -> Any:
        """Nothing leaves in a test."""


def test_what_sends_is_not_done_by_a_yes_to_a_proposal(crm):
    a_customer(crm)
    crm.runner.registry = Registry(crm.registry, (Shout,))
    crm.runner.suggest(Shout(), NIGHT, why="late", subject="C-1")
    with pytest.raises(Refused, match="sends"):
        crm.runner.run(AcceptProposal(proposal=1), LEA)
    assert len(waiting(crm)) == 1


# From within an action


class Wonder(Action[Any]):
    """Propose something with a deadline, a quote and an owner."""

    effect = Effect.WRITE

    quote: str = Field(description="What was said")
    by: date | None = Field(None, description="Deadline")

    def perform(self, context: Context) -> Any:
        """Propose it."""
        action = UpdateCustomer(customer="C-1", city="Brest")
        return context.propose(action, why="moved", subject=self.quote, quote=self.quote, owner="U1", deadline=self.by)


def test_the_most_urgent_comes_first(crm):
    a_customer(crm)
    for quote, by in (("later", ago(-9)), ("whenever", None), ("now", TODAY)):
        crm.runner.run(Wonder(quote=quote, by=by), LEA)
    assert [(row["quote"], row["owner"], row["deadline"]) for row in waiting(crm)] == [
        ("now", "U1", "2026-11-24"),
        ("later", "U1", "2026-12-03"),
        ("whenever", "U1", None),
    ]

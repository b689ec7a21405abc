"""What people decide about messages: go live, look, try again, settle a doubt, cancel; and what undo still can."""

import pytest
from build import LEA, NIGHT, ROBOT, TOM, a_customer, an_invoice
from letters import NOON, addresses, mailing, messages, queued, standing, the_one
from post_office import HANG_UP, post_office
from sqlmodel import select

from crm.core.basics import Undo
from crm.core.errors import NotAllowed, NotFound, Refused
from crm.customers.models import Customer
from crm.messaging.actions import (
    CancelMessage,
    GoLive,
    ListMessages,
    RetryMessage,
    ReviveAddress,
    SettleMessage,
    ShowMessage,
    ShowOutbox,
    StopLive,
)
from crm.messaging.models import State


@pytest.fixture
def at_home(crm):
    """A house whose e-mail is not live yet."""
    return mailing(crm, live=False)


def done(at_home, action, actor=LEA):
    return at_home.crm.runner.run(action, actor).result


def read(at_home, action):
    return at_home.crm.runner.read(action, LEA)


# Going live


def test_going_live_is_a_decision_that_is_written_down(at_home):
    runner = at_home.crm.runner
    preview = runner.preview(GoLive(channel="email", note="the texts have been read"), LEA)
    assert preview.result.as_json()["live"] is True
    assert read(at_home, ShowOutbox()).as_json()["live"] == []
    runner.commit(preview, LEA)
    card = done(at_home, GoLive(channel="email")).as_json()
    assert (card["live"], card["by"]) == (True, "Léa")
    assert read(at_home, ShowOutbox()).as_json()["live"] == ["email"]


def test_it_shows_what_would_leave_and_what_never_will(crm):
    at_home = mailing(crm, live=False)
    queued(at_home, "a@x.example", "b@x.example", state="rehearsed")
    queued(at_home, "c@x.example")
    a_customer(crm, email="anne@dubois.example", regime="B2B")
    an_invoice(crm, days_late=20)
    card = at_home.crm.runner.preview(GoLive(channel="email"), LEA).result.as_json()
    assert (card["rehearsed"], card["waiting"]) == (2, 1)
    assert sum(card["planned_today"].values()) == 1


@pytest.mark.parametrize("actor", [TOM, NIGHT, ROBOT])
def test_only_a_manager_in_person_decides_it(at_home, actor):
    for action in (GoLive(channel="email"), StopLive(channel="email")):
        with pytest.raises(NotAllowed):
            at_home.crm.runner.preview(action, actor)


def test_what_was_rehearsed_is_not_sent_after_going_live(crm):
    with post_office() as office:
        at_home = mailing(crm, office, live=False)
        queued(at_home, "a@x.example", state="rehearsed")
        done(at_home, GoLive(channel="email"))
        assert at_home.dispatch() == {}


def test_stopping_keeps_what_waits_and_going_live_again_lets_it_leave(crm):
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, "a@x.example")
        assert done(at_home, StopLive(channel="email")).as_json()["waiting"] == 1
        assert at_home.dispatch() == {}
        with pytest.raises(Refused, match="Nothing leaves by e-mail as it is"):
            done(at_home, StopLive(channel="email"))
        done(at_home, GoLive(channel="email"))
        assert at_home.dispatch() == {"sent": 1}


def test_stopping_can_be_taken_back(at_home):
    done(at_home, GoLive(channel="email"))
    done(at_home, StopLive(channel="email"))
    done(at_home, Undo())
    assert read(at_home, ShowOutbox()).as_json()["live"] == ["email"]


# Looking


def test_the_list_is_that_of_the_contract_latest_first(crm):
    a_customer(crm, "C-1", "Dupont")
    with crm.database.reading() as session:
        owner = session.exec(select(Customer)).one().id
    at_home = mailing(crm, live=False)
    first, second = queued(at_home, "a@x.example", "b@x.example", customer_id=owner, level=2, state="claimed")
    queued(at_home, "c@x.example", purpose="survey", state="sent")
    lines = read(at_home, ListMessages(state="queued")).as_json()["messages"]
    assert [line["id"] for line in lines] == [second, first]
    assert lines[1] == {
        "id": first, "customer": "C-1", "purpose": "dunning", "level": 2, "channel": "email", "to": "a@x.example",
        "state": "queued", "message_id": messages(at_home)[0].message_id, "attempts": 0, "reason": "",
        "subject": "Facture F-1 : reste à régler",
    }  # fmt: skip  # read as a table: columns side by side
    assert len(read(at_home, ListMessages(customer="Dupont")).as_json()["messages"]) == 2
    assert [line["to"] for line in read(at_home, ListMessages(purpose="survey")).as_json()["messages"]] == [
        "c@x.example"
    ]
    assert len(read(at_home, ListMessages(limit=1)).as_json()["messages"]) == 1
    assert read(at_home, ListMessages(state="failed")).as_json() == {"messages": []}
    assert read(at_home, ListMessages()).as_sheet().title == "3 messages"


def test_a_message_is_shown_word_for_word_with_its_attempts(crm):
    with post_office({"RCPT": ["451 4.7.1 later"]}) as office:
        at_home = mailing(crm, office)
        (key,) = queued(at_home, "anne@x.example", reasons='["18 days late"]', total_cents=125050, currency="EUR")
        at_home.dispatch()
    card = read(at_home, ShowMessage(message=key))
    told = card.as_json()
    assert told["text"] == "Bonjour,\n\n.la facture reste à régler.\n"
    assert (told["total"], told["reasons"], told["state"]) == ("1250.50", ["18 days late"], "retry")
    assert [(each["outcome"], each["code"]) for each in told["deliveries"]] == [("retry", "451 4.7.1")]
    sheet = card.as_sheet()
    assert ("Attempt 1", "tried again later : 451 4.7.1 4.7.1 later") in sheet.rows
    assert ".la facture reste à régler." in sheet.notes
    with pytest.raises(NotFound):
        read(at_home, ShowMessage(message=99))


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_shown(at_home, state):
    (key,) = queued(at_home, "a@x.example", state=state.value)
    assert read(at_home, ShowMessage(message=key)).as_sheet().rows
    assert read(at_home, ListMessages()).as_sheet().rows
    assert sum(read(at_home, ShowOutbox()).as_json()["states"].values()) == 1


# Trying again, settling, cancelling


@pytest.mark.parametrize("state", ["failed", "retry", "held"])
def test_what_did_not_leave_can_be_tried_again_at_once(crm, state):
    with post_office() as office:
        at_home = mailing(crm, office)
        (key,) = queued(at_home, "a@x.example", state=state, attempts=3, next_try=NOON.replace(year=2030))
        card = done(at_home, RetryMessage(message=key))
        assert (card.state, card.message.reason) == ("queued", "Tried again by Léa.")
        before = the_one(at_home).message_id
        assert at_home.dispatch() == {"sent": 1}
        assert list(office.ids) == [before]


@pytest.mark.parametrize("state", ["uncertain", "sent", "sending", "queued", "claimed", "rehearsed", "cancelled"])
def test_nothing_else_is(at_home, state):
    (key,) = queued(at_home, "a@x.example", state=state)
    with pytest.raises(Refused):
        done(at_home, RetryMessage(message=key))


def test_a_dead_address_is_revived_before_it_is_tried_again(crm):
    with post_office({"RCPT": ["550 5.1.1 unknown"]}) as office:
        at_home = mailing(crm, office)
        (key,) = queued(at_home, "anne@x.example")
        at_home.dispatch()
        with pytest.raises(Refused, match=r"Nothing goes to anne@x\.example any more") as refused:
            done(at_home, RetryMessage(message=key))
        assert "crm revive-address --channel email --address anne@x.example" in refused.value.next_step
        done(at_home, ReviveAddress(address="Anne@x.example"))
        done(at_home, RetryMessage(message=key))
        assert at_home.dispatch() == {"sent": 1}
    with pytest.raises(NotFound):
        done(at_home, ReviveAddress(address="anne@x.example"))


def test_a_doubt_is_settled_by_a_person(crm):
    with post_office({"DOT": [f"{HANG_UP} but keep it", HANG_UP]}) as office:
        at_home = mailing(crm, office, smtp_connections=1)
        arrived, lost = queued(at_home, "a@x.example", "b@x.example")
        assert at_home.dispatch() == {"uncertain": 2}
        assert done(at_home, SettleMessage(message=arrived, outcome="sent")).message.sent_at == NOON
        assert done(at_home, SettleMessage(message=lost, outcome="not_sent")).state == "queued"
        assert at_home.dispatch() == {"sent": 1}
        with pytest.raises(Refused, match="is not in doubt"):
            done(at_home, SettleMessage(message=lost, outcome="sent"))
    assert set(office.ids.values()) == {1}
    assert len(office.ids) == 2


@pytest.mark.parametrize("state", ["queued", "claimed", "retry", "held", "failed", "rehearsed"])
def test_what_has_not_left_can_be_cancelled(crm, state):
    with post_office() as office:
        at_home = mailing(crm, office)
        (key,) = queued(at_home, "a@x.example", state=state)
        assert done(at_home, CancelMessage(message=key)).state == "cancelled"
        assert at_home.dispatch() == {}


@pytest.mark.parametrize("state", ["sending", "sent", "uncertain", "cancelled"])
def test_what_has_left_cannot_be_cancelled(at_home, state):
    (key,) = queued(at_home, "a@x.example", state=state)
    with pytest.raises(Refused, match="cannot be cancelled"):
        done(at_home, CancelMessage(message=key))


def test_an_assistant_may_only_propose_that_something_leaves(at_home):
    (key,) = queued(at_home, "a@x.example", state="failed")
    preview = at_home.crm.runner.preview(RetryMessage(message=key), ROBOT)
    with pytest.raises(NotAllowed):
        at_home.crm.runner.commit(preview, ROBOT)


# Undo


def test_a_second_try_that_has_been_taken_up_cannot_be_taken_back(crm):
    with post_office() as office:
        at_home = mailing(crm, office)
        (key,) = queued(at_home, "a@x.example", state="failed")
        done(at_home, RetryMessage(message=key))
        at_home.dispatch()
        with pytest.raises(Refused):
            done(at_home, Undo())
    assert standing(at_home) == ["sent"]


def test_a_cancelled_message_can_wait_again(at_home):
    (key,) = queued(at_home, "a@x.example")
    done(at_home, CancelMessage(message=key))
    done(at_home, Undo())
    assert standing(at_home) == ["queued"]


def born_by_the_first_entry(at_home, *states: str) -> None:
    """Messages as a run would have queued them: the first entry of the journal."""
    for state in states:
        queued(at_home, *addresses(1), state=state, entry_id=1)


@pytest.mark.parametrize("state", ["sent", "sending", "uncertain"])
def test_what_has_left_binds_the_run_that_queued_it(crm, state):
    from crm.messaging.models import OutgoingMessage

    at_home = mailing(crm)
    born_by_the_first_entry(at_home, "queued", state, "retry")
    with crm.database.writing() as session:
        assert OutgoingMessage.binding(session, 1) == "1 message has left, or may have"
        assert OutgoingMessage.binding(session, 2) == ""


def test_what_only_waits_binds_nothing(crm):
    from crm.messaging.models import OutgoingMessage

    at_home = mailing(crm)
    born_by_the_first_entry(at_home, "queued", "claimed", "retry", "failed", "rehearsed", "held", "cancelled")
    with crm.database.writing() as session:
        assert OutgoingMessage.binding(session, 1) == ""

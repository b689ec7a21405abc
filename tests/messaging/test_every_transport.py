"""One list of expectations over every way out: what is refused, what leaves once, and nothing before its channel is live."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from letters import gone_live, mailing, queued, standing, the_one
from post_office import post_office
from sms_provider import sms_provider
from sqlmodel import select

from crm.customers.tasks import Task
from crm.messaging.dispatcher import dispatcher_of
from crm.messaging.models import Channel, State

LETTER = "<html><body><main><p>Bonjour,<br>la facture de l’été reste à régler.</p></main></body></html>"
KINDS = {
    Channel.EMAIL: ("anne@x.example", {}),
    Channel.SMS: ("+33612345678", {"html": ""}),
    Channel.LETTER: ("Dubois, 3 rue du Four, 35000 Rennes", {"html": LETTER}),
    Channel.REGISTERED_LETTER: ("Dubois, 3 rue du Four, 35000 Rennes", {"html": LETTER}),
    Channel.PHONE: ("+33298123456", {"html": ""}),
    Channel.SCREEN: ("Léa", {"html": ""}),
}


@pytest.fixture(params=list(Channel), ids=lambda channel: channel.value)
def channel(request):
    return request.param


@pytest.fixture
def house(crm, tmp_path):
    """A house with every way out, none of them live."""
    with ExitStack() as open_:
        office, provider = open_.enter_context(post_office()), open_.enter_context(sms_provider())
        yield mailing(crm, office, live=False, letter_folder=tmp_path, **provider.settings())


def waiting(house, channel, **fields):
    recipient, usual = KINDS[channel]
    return queued(house, recipient, channel=channel.value, **{**usual, **fields})


def test_every_channel_has_its_way_out(house):
    served = {transport.channel for transport in dispatcher_of(house)._transports}
    assert served == {channel.value for channel in Channel}


def test_nothing_leaves_before_its_own_channel_is_live(house, channel):
    waiting(house, channel)
    for other in Channel:
        if other is not channel:
            gone_live(house, other.value)
    assert house.dispatch() == {}
    assert standing(house) == ["queued"]


def test_what_is_live_leaves_once_and_says_so(house, channel):
    gone_live(house, channel.value)
    waiting(house, channel)
    assert house.dispatch() == {"sent": 1}
    assert house.dispatch() == {}
    message = the_one(house)
    assert (message.state, message.attempts) == ("sent", 1)
    assert message.reason
    assert message.sent_at is not None


def test_what_was_rehearsed_never_leaves(house, channel):
    waiting(house, channel, state=State.REHEARSED.value)
    gone_live(house, channel.value)
    assert house.dispatch() == {}


def test_what_was_on_its_way_when_the_program_stopped_is_a_doubt(house, channel):
    gone_live(house, channel.value)
    waiting(house, channel, state=State.SENDING.value, claimed_by=":1:gone", lease_until=house.clock.machine_now())
    house.clock.turn(timedelta(minutes=5))
    assert house.dispatch() == {"uncertain": 1}
    assert house.dispatch() == {}
    assert standing(house) == ["uncertain"]


def test_an_empty_message_fails_before_it_leaves(house, channel):
    if channel is Channel.EMAIL:
        return  # its text is checked where it is written: a mail of attachments alone is one
    gone_live(house, channel.value)
    waiting(house, channel, text=" ", html="")
    assert house.dispatch() == {"failed": 1}


def test_a_call_is_on_the_list_once(house, crm):
    gone_live(house, "phone")
    (key,) = waiting(house, Channel.PHONE, text="Bonjour Madame, …", subject="1 250 € en retard")
    house.dispatch()
    with crm.database.writing() as session:
        row = session.get(type(the_one(house)), key)
        row.state = State.QUEUED.value
        session.add(row)
        session.commit()
    assert house.dispatch() == {"sent": 1}
    with crm.database.reading() as session:
        (task,) = session.exec(select(Task)).all()
    assert (task.task_type, task.origin) == ("call", f"message/{key}")
    assert "Bonjour Madame, …" in task.note

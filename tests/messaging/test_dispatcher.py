"""Each message leaves once: what servers answer, where they hang up, who else is at work, and what the clock does."""

import asyncio
import io
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import HandClock, addresses, attempts, gone_live, mailing, messages, queued, standing, the_one, told
from post_office import HANG_UP, SILENCE, post_office

from crm.messaging.dispatcher import Dispatcher, Interrupted
from crm.messaging.outbox import Outbox
from crm.messaging.queries import dead_addresses
from crm.messaging.transports.email import EmailTransport


def test_what_waits_is_sent_once_and_noted(crm):
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, *addresses(60))
        assert at_home.dispatch() == {"sent": 60}
        assert at_home.dispatch() == {}
    assert set(standing(at_home)) == {"sent"}
    assert len(office.ids) == office.ids.total() == 60
    assert attempts(at_home) == [("sent", "250 2.0.0")] * 60
    assert office.connections == 2
    assert messages(at_home)[0].reason == f"Taken over by 127.0.0.1:{office.port}: 250 2.0.0 taken over"


def test_it_arrives_as_it_was_written(crm):
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, "anne@dubois.example", reply_to="lucie@morvan.example", sender_name="Atelier d'à côté")
        at_home.dispatch()
    (mail,) = office.messages
    plain, html = mail.get_payload()
    assert plain.get_payload(decode=True).decode() == "Bonjour,\r\n\r\n.la facture reste à régler."
    assert html.get_payload(decode=True).decode() == "<p>Bonjour</p>"
    assert mail["Reply-To"] == "lucie@morvan.example"
    assert "<compta@morvan.example>" in mail["From"]
    assert mail["List-Unsubscribe"] is None


def test_only_marketing_carries_the_way_out(crm):
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, "a@x.example", purpose="campaign", unsubscribe="https://r.example.fr/u/1")
        queued(at_home, "b@x.example", unsubscribe="https://r.example.fr/u/1")
        at_home.dispatch()
    ways_out = [mail["List-Unsubscribe"] for mail in office.messages if mail["List-Unsubscribe"]]
    assert ways_out == ["<https://r.example.fr/u/1>"]


def test_files_go_along(crm):
    upload = crm.spool.take(io.BytesIO(b"%PDF-1.7 facture"), "F-1.pdf")
    told_of = f'[{{"sha256": "{upload.sha256}", "name": "F-1.pdf", "size": 16, "media_type": "application/pdf"}}]'
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, "a@x.example", attachments=told_of)
        queued(at_home, "b@x.example", attachments=told_of.replace(upload.sha256, "0" * 64))
        assert at_home.dispatch() == {"sent": 1, "held": 1}
    (mail,) = office.messages
    assert mail.get_payload()[1].get_payload(decode=True) == b"%PDF-1.7 facture"
    assert "F-1.pdf" in messages(at_home)[1].reason


# What servers answer


def test_a_greylisted_message_is_tried_again_a_minute_later(crm):
    clock = HandClock.at("2026-11-24")
    with post_office({"RCPT": ["451 4.7.1 greylisted, come back"]}) as office:
        at_home = mailing(crm, office, clock=clock)
        queued(at_home, "anne@dubois.example")
        assert at_home.dispatch() == {"retry": 1}
        assert the_one(at_home).next_try == clock.machine_now() + timedelta(minutes=1)
        assert "come back" in the_one(at_home).reason
        clock.turn(timedelta(seconds=59))
        assert at_home.dispatch() == {}
        clock.turn(timedelta(seconds=1))
        assert at_home.dispatch() == {"sent": 1}
    assert attempts(at_home) == [("retry", "451 4.7.1"), ("sent", "250 2.0.0")]
    assert the_one(at_home).attempts == 2


def test_the_business_day_moves_no_retry(crm):
    with post_office({"RCPT": ["451 later"]}) as office:
        at_home = mailing(crm, office)
        queued(at_home, "anne@dubois.example")
        at_home.dispatch()
        assert mailing(crm, office, clock=HandClock.at("2027-01-31"), live=False).dispatch() == {}


def test_after_three_days_a_message_has_failed(crm):
    with post_office({"RCPT": "451 later"}) as office:
        at_home = mailing(crm, office)
        queued(at_home, "anne@dubois.example", attempts=30)
        assert at_home.dispatch() == {"failed": 1}
    assert the_one(at_home).reason.startswith("Given up after three days.")


def test_an_unknown_address_is_dead_and_nothing_more_goes_there(crm):
    with post_office({"RCPT gone@x.example": "550 5.1.1 no such user"}) as office:
        at_home = mailing(crm, office)
        queued(at_home, "gone@x.example", "anne@x.example")
        assert at_home.dispatch() == {"sent": 1, "failed": 1}
        with crm.database.reading() as session:
            assert list(dead_addresses(session, "email", ["Gone@x.example", "anne@x.example"])) == ["gone@x.example"]
        queued(at_home, "GONE@x.example")
        assert at_home.dispatch() == {"held": 1}
        assert office.seen["RCPT"] == 2
    assert "Nothing goes to GONE@x.example any more" in messages(at_home)[2].reason


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"RCPT": "550 5.7.1 refused by policy"}, "failed"),
        ({"RCPT": "452 4.2.2 mailbox full"}, "retry"),
        ({"RCPT": "421 going down"}, "retry"),
        ({"DATA": "451 busy"}, "retry"),
        ({"DATA": "554 5.5.1 no"}, "failed"),
        ({"DOT": "554 5.7.1 looks like spam"}, "failed"),
        ({"DOT": "451 4.3.0 disk full"}, "retry"),
        ({"MAIL": "451 4.3.0 busy"}, "retry"),
        ({"RCPT": HANG_UP}, "retry"),
        ({"DATA": HANG_UP}, "retry"),
        ({"DOT": HANG_UP}, "uncertain"),
        ({"DOT": f"{HANG_UP} but keep it"}, "uncertain"),
        ({"DOT": "no SMTP at all"}, "uncertain"),
    ],
)
def test_where_a_message_stands_after_an_answer(crm, answers, state):
    with post_office(answers) as office:
        at_home = mailing(crm, office)
        queued(at_home, "anne@dubois.example")
        assert at_home.dispatch() == {state: 1}
        with crm.database.reading() as session:
            assert not dead_addresses(session, "email", ["anne@dubois.example"])
    assert standing(at_home) == [state]


def test_a_line_cut_in_the_text_is_certain_and_one_cut_after_the_dot_is_not(crm):
    for place, state in (("TEXT", "retry"), ("DOT", "uncertain")):
        with post_office({place: HANG_UP}) as office:
            at_home = mailing(crm, office, live=place == "TEXT")
            queued(at_home, f"{place.lower()}@x.example")
            assert told(asyncio.run(dispatcher(at_home, listening=0.5).once())) == {state: 1}
    assert "lost before the message was handed over" in messages(at_home)[0].reason
    assert "it may have arrived" in messages(at_home)[1].reason


def test_what_nobody_knows_is_never_sent_again_by_itself(crm):
    clock = HandClock.at("2026-11-24")
    with post_office({"DOT": [f"{HANG_UP} but keep it"]}) as office:
        at_home = mailing(crm, office, clock=clock)
        queued(at_home, "anne@dubois.example")
        for _day in range(5):
            at_home.dispatch()
            clock.turn(timedelta(days=1))
    assert standing(at_home) == ["uncertain"]
    assert office.ids.total() == 1


def test_one_refusal_does_not_touch_the_messages_around_it(crm):
    answers = {
        "RCPT client2@clients.example": "550 5.7.1 no",
        "DOT client3@clients.example": "554 no",
        "DATA client5@clients.example": HANG_UP,
    }
    with post_office(answers) as office:
        at_home = mailing(crm, office, smtp_connections=1)
        queued(at_home, *addresses(8))
        assert at_home.dispatch() == {"sent": 5, "failed": 2, "retry": 1}
    assert office.ids.total() == 5


def test_a_silent_server_is_not_waited_for_without_end(crm):
    for stage, state in (("RCPT", "retry"), ("DOT", "uncertain")):
        with post_office({stage: SILENCE}) as office:
            at_home = mailing(crm, office, live=stage == "RCPT")
            queued(at_home, f"{stage.lower()}@x.example")
            assert told(asyncio.run(dispatcher(at_home, patience=0.3).once())) == {state: 1}


def dispatcher(at_home, **options) -> Dispatcher:
    transport = EmailTransport(at_home.settings, at_home.spool, **options)
    return Dispatcher(at_home.database, at_home.clock, Outbox(at_home.database, at_home.clock), [transport], {})


def test_an_accent_before_the_at_sign_needs_a_server_that_knows_it(crm):
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, "hélène@dubois.example")
        assert at_home.dispatch() == {"failed": 1}
    assert "accent" in the_one(at_home).reason
    with post_office({"EHLO": "250-post office\r\n250 SMTPUTF8"}) as office:
        at_home = mailing(crm, office, live=False)
        queued(at_home, "hélène@dubois.example", "anne@électricité.example")
        assert at_home.dispatch() == {"sent": 2}


# Faults of ours or of the server: everything goes back


@pytest.mark.parametrize(
    ("answers", "options", "words"),
    [
        ({"MAIL": "550 5.7.1 you are not morvan.example"}, {}, "does not accept us as the sender"),
        ({"MAIL": "530 5.7.0 authentication required"}, {}, "does not accept us as the sender"),
        ({"CONNECT": "554 go away"}, {}, "does not let us in: 554 go away"),
        ({"CONNECT": HANG_UP}, {}, "does not let us in"),
        ({"EHLO": "421 closing"}, {}, "does not let us in"),
        ({"EHLO": "250-x\r\n250 AUTH PLAIN", "AUTH": HANG_UP}, {"smtp_username": "compta"}, "does not let us in"),
        ({}, {"smtp_tls": "starttls"}, "refuses the encrypted connection"),
        ({"EHLO": "250-x\r\n250 STARTTLS", "STARTTLS": "454 not now"}, {"smtp_tls": "starttls"}, "refuses the encrypted connection: 454 not now"),
        ({}, {"smtp_tls": "tls"}, "refuses the encrypted connection"),
        ({}, {"smtp_username": "compta"}, "refuses the account compta: it offers no way to log in"),
        ({"EHLO": "250-x\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 wrong"}, {"smtp_username": "compta"}, "refuses the account compta: 535 5.7.8 wrong"),
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_a_server_that_refuses_us_keeps_every_message_in_the_outbox(crm, answers, options, words):
    with post_office(answers) as office:
        at_home = mailing(crm, office, **options)
        queued(at_home, *addresses(5))
        with pytest.raises(Interrupted) as stopped:
            at_home.dispatch()
    assert words in stopped.value.message
    assert "What has not left waits in the outbox." in stopped.value.message
    assert stopped.value.exit_code == 3
    assert standing(at_home) == ["queued"] * 5
    assert [message.attempts for message in messages(at_home)] == [0] * 5
    assert office.seen["AUTH"] <= 1, "a password is tried once"
    with post_office() as office:
        assert mailing(crm, office, live=False).dispatch() == {"sent": 5}


def test_a_server_that_is_not_there_is_told_in_plain_words(crm):
    with post_office() as office:
        pass
    at_home = mailing(crm, office)
    queued(at_home, "anne@dubois.example")
    with pytest.raises(
        Interrupted, match=f"The mail server 127.0.0.1:{office.port} does not let us in: nobody answers at this port"
    ):
        at_home.dispatch()
    assert standing(at_home) == ["queued"]


def test_without_a_server_or_a_sender_in_the_settings_that_is_said(crm):
    for missing, words in (("smtp_host", "No mail server is told"), ("mail_from", "is no sender of e-mails")):
        at_home = mailing(crm, live=missing == "smtp_host", **{missing: ""})
        queued(at_home, "anne@dubois.example")
        with pytest.raises(Interrupted, match=words):
            at_home.dispatch()
    assert standing(at_home) == ["queued", "queued"]


def test_an_empty_outbox_asks_no_server(crm):
    assert mailing(crm).dispatch() == {}


def test_only_the_message_fails_when_its_own_sender_is_refused(crm):
    with post_office({"MAIL tom@morvan.example": "550 5.7.1 not yours"}) as office:
        at_home = mailing(crm, office)
        queued(at_home, "a@x.example", sender_address="tom@morvan.example")
        queued(at_home, "b@x.example")
        assert at_home.dispatch() == {"sent": 1, "failed": 1}


def test_a_server_that_goes_away_in_the_middle_loses_nothing(crm):
    with post_office(
        {"DATA client4@clients.example": HANG_UP, "CONNECT": ["220 hello", "554 closed for today"]}
    ) as office:
        at_home = mailing(crm, office, smtp_connections=1)
        queued(at_home, *addresses(8))
        with pytest.raises(Interrupted) as stopped:
            at_home.dispatch()
    assert told(stopped.value.counts) == {"sent": 3, "retry": 1}
    assert standing(at_home) == ["sent"] * 3 + ["retry"] + ["queued"] * 4


def test_a_line_closed_after_some_messages_is_opened_again(crm):
    closing = {"MAIL client4@clients.example": "250 ok"}
    with post_office({**closing, "MAIL": ["250 ok"] * 5 + ["421 too many messages on this connection"]}) as office:
        at_home = mailing(crm, office, smtp_connections=1)
        queued(at_home, *addresses(9))
        assert at_home.dispatch() == {"sent": 9}
    assert office.connections == 2
    assert office.ids.total() == 9


def test_a_server_that_allows_one_line_gets_everything_over_it(crm):
    with post_office({"CONNECT": ["220 hello", *["421 too many connections"] * 20]}) as office:
        at_home = mailing(crm, office, smtp_connections=4)
        queued(at_home, *addresses(30))
        assert at_home.dispatch() == {"sent": 30}


# What must not leave


def test_the_last_look_holds_what_is_no_longer_owed(crm):
    def paid(session, seen, day):
        return {message.id: f"paid on {day}" for message in seen if message.recipient == "client2@clients.example"}

    with post_office() as office:
        at_home = mailing(crm, office, looks={"dunning": paid})
        queued(at_home, *addresses(3))
        queued(at_home, "client2@clients.example", purpose="message")
        assert at_home.dispatch() == {"sent": 3, "held": 1}
    assert [(message.state, message.reason) for message in messages(at_home)][1] == ("held", "paid on 2026-11-24")
    assert office.ids.total() == 3


def test_a_last_look_that_breaks_lets_nothing_leave(crm):
    def broken(session, seen, day):
        raise ValueError("a bug")

    with post_office() as office:
        at_home = mailing(crm, office, looks={"dunning": broken})
        queued(at_home, "anne@dubois.example")
        with pytest.raises(ValueError, match="a bug"):
            at_home.dispatch()
    assert standing(at_home) == ["queued"]
    assert office.connections == 0


def test_nothing_is_claimed_before_its_channel_is_live(crm):
    with post_office() as office:
        at_home = mailing(crm, office, live=False)
        queued(at_home, "anne@dubois.example")
        queued(at_home, "anne@dubois.example", state="rehearsed")
        assert at_home.dispatch() == {}
        gone_live(at_home)
        assert at_home.dispatch() == {"sent": 1}
    assert standing(at_home) == ["sent", "rehearsed"]


def test_a_message_waits_for_its_hour_of_the_business_day(crm):
    with post_office() as office:
        at_home = mailing(crm, office, clock=HandClock.at("2026-11-24T07:30"))
        queued(at_home, "anne@dubois.example", not_before=HandClock.at("2026-11-24T08:00").now())
        assert at_home.dispatch() == {}
        assert mailing(crm, office, clock=HandClock.at("2026-11-24T08:00"), live=False).dispatch() == {"sent": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipient_name", "Anne\r\nBcc: all@x.example"),
        ("subject", "Facture\nF-1"),
        ("recipient", '"a b"@x'),
        ("recipient", "a@x.example>\r\nRCPT TO:<b@x.example"),
    ],
)
def test_what_cannot_be_written_fails_before_anything_leaves(crm, field, value):
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, "anne@dubois.example", **{field: value})
        queued(at_home, "paul@dubois.example")
        assert at_home.dispatch() == {"sent": 1, "failed": 1}
    assert office.seen["MAIL"] == 1


def test_a_worker_leaves_a_server_alone_that_is_away_and_goes_on_when_told_to_stop(crm):
    with post_office() as office:
        pass
    at_home, heard, stop = mailing(crm, office), list[str](), asyncio.Event()
    queued(at_home, "anne@dubois.example")

    def tell(text: str) -> None:
        heard.append(text)
        stop.set()

    assert told(asyncio.run(at_home.dispatcher().forever(stop, tell))) == {}
    assert "nobody answers at this port" in heard[0]
    assert heard[0].endswith("Next try in 10 seconds.")


# Laws

ANSWERS = {
    "MAIL": ["451 busy", "421 closing", HANG_UP],
    "RCPT": ["451 greylisted", "421 closing", "550 5.1.1 unknown", "550 5.7.1 no", "452 full", HANG_UP],
    "DATA": ["451 busy", "554 no", HANG_UP],
    "DOT": ["451 busy", "554 spam", "no SMTP at all", "354 what?", HANG_UP, f"{HANG_UP} but keep it"],
}


@settings(max_examples=25)
@given(
    st.lists(
        st.sampled_from([(stage, said) for stage, all_said in ANSWERS.items() for said in all_said]),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 3),
)
def test_whatever_servers_answer_nothing_is_lost_and_nothing_arrives_twice(new_house, faults, connections):
    clock = HandClock.at("2026-11-24")
    answers = {f"{stage} client{place}@clients.example": [said] for place, (stage, said) in enumerate(faults, start=1)}
    with new_house() as crm, post_office(answers) as office:
        at_home = mailing(crm, office, clock=clock, smtp_connections=connections)
        queued(at_home, *addresses(12))
        for _hour in range(3):
            at_home.dispatch()
            clock.turn(timedelta(hours=1))
        found = {message.message_id: message.state for message in messages(at_home)}
        taken = office.ids
    assert set(taken.values()) <= {1}
    assert set(found.values()) <= {"sent", "failed", "uncertain"}
    for key, state in found.items():
        if state != "uncertain":
            assert taken[key] == (state == "sent")


# Others at work


def test_two_dispatchers_at_once_send_nothing_twice(crm):
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, *addresses(150))

        async def both() -> list[dict[str, int]]:
            return [
                told(counts)
                for counts in await asyncio.gather(at_home.dispatcher().once(), at_home.dispatcher().once())
            ]

        counts = asyncio.run(both())
    assert sum(each.get("sent", 0) for each in counts) == 150
    assert set(office.ids.values()) == {1}
    assert len(office.ids) == 150


def test_told_to_stop_it_finishes_what_is_on_its_way_and_gives_back_the_rest(crm):
    with post_office() as office:
        at_home = mailing(crm, office, smtp_connections=1)
        queued(at_home, *addresses(40))

        async def stopped() -> None:
            stop = asyncio.Event()
            running = asyncio.create_task(at_home.dispatcher().once(stop))
            while office.ids.total() < 3:
                await asyncio.sleep(0)
            stop.set()
            await running

        asyncio.run(stopped())
    standing_now = standing(at_home)
    assert set(standing_now) == {"sent", "queued"}
    assert standing_now.count("sent") == office.ids.total()

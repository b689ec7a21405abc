"""The outbox changes hands: claims and their leases, crashes, clocks that jump, full disks, limits by domain."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from build import LEA
from letters import NOON, HandClock, addresses, attempts, mailing, messages, queued, standing
from post_office import post_office
from pydantic import Field
from sqlalchemy import event, text, update

from crm.core.actions import Action, Effect
from crm.core.basics import Undo
from crm.core.db import table_of
from crm.core.errors import OutsideFault, Refused
from crm.messaging.actions import CancelMessage, StopLive
from crm.messaging.backoff import Answer, Verdict
from crm.messaging.dispatcher import Interrupted
from crm.messaging.models import OutgoingMessage
from crm.messaging.outbox import LEASE, Ended, Outbox
from crm.messaging.transports import Handed

SENT = Handed(Verdict.SENT, Answer(250, "ok"), "taken over")


def an_outbox(at_home, **options) -> Outbox:
    return Outbox(at_home.database, at_home.clock, **options)


def set_to(at_home, **values) -> None:
    """Every message as somebody else left it."""
    with at_home.database.working() as connection:
        connection.execute(update(table_of(OutgoingMessage)).values(values))


def a_dead_process() -> int:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return gone.pid


@pytest.fixture
def at_home(crm):
    """A house with three messages that wait, its mail going nowhere."""
    at_home = mailing(crm)
    queued(at_home, *addresses(3))
    return at_home


# Claims


def test_a_message_is_claimed_by_one_alone(at_home):
    first, second = an_outbox(at_home), an_outbox(at_home)
    assert [claim.message.recipient for claim in first.claim("email", 2).claims] == [
        "client1@clients.example",
        "client2@clients.example",
    ]
    assert [claim.message.recipient for claim in second.claim("email", 9).claims] == ["client3@clients.example"]
    assert first.claim("email", 9).claims == ()
    assert standing(at_home) == ["claimed"] * 3


def test_tried_ones_come_first_and_the_rest_as_it_was_queued(at_home):
    queued(at_home, "tried@x.example", state="retry", next_try=NOON - timedelta(minutes=1))
    queued(at_home, "later@x.example", state="retry", next_try=NOON + timedelta(minutes=1))
    queued(at_home, "morning@x.example", not_before=NOON - timedelta(hours=4))
    queued(at_home, "evening@x.example", not_before=NOON + timedelta(hours=4))
    claimed = [claim.message.recipient.partition("@")[0] for claim in an_outbox(at_home).claim("email", 9).claims]
    assert claimed == ["tried", "client1", "client2", "client3", "morning"]


def test_released_messages_wait_again(at_home):
    outbox = an_outbox(at_home)
    outbox.release(outbox.claim("email", 9).claims)
    assert standing(at_home) == ["queued"] * 3
    assert len(outbox.claim("email", 9).claims) == 3


def test_a_message_is_marked_before_it_leaves_and_noted_after(at_home):
    outbox = an_outbox(at_home)
    first, second, _third = outbox.claim("email", 3).claims
    assert list(outbox.note([first], [])) == [first.message.id]
    assert standing(at_home) == ["sending", "claimed", "claimed"]
    assert list(outbox.note([second], [Ended(first, SENT, NOON)])) == [second.message.id]
    assert standing(at_home) == ["sent", "sending", "claimed"]
    assert attempts(at_home) == [("sent", "250")]


def test_only_who_holds_the_claim_may_mark(at_home):
    outbox = an_outbox(at_home)
    claims = outbox.claim("email", 3).claims
    outbox.release(claims)
    again = outbox.claim("email", 3).claims
    assert outbox.note(claims, []) == {}
    assert len(outbox.note(again, [])) == 3
    assert outbox.note(again, []) == {}, "no message is marked twice"


@pytest.mark.parametrize("action", [lambda key: CancelMessage(message=key), lambda key: StopLive(channel="email")])
def test_what_a_person_stops_after_it_was_claimed_does_not_leave(at_home, action):
    outbox = an_outbox(at_home)
    (claim,) = outbox.claim("email", 1).claims
    at_home.crm.runner.run(action(claim.message.id), LEA)
    assert outbox.note([claim], []) == {}


class QueueInBulk(Action[int]):
    """Queue messages as a run over many customers does."""

    effect = Effect.SEND

    hours: tuple[int, ...] = Field(description="Hours of the day before which they must not leave")

    def perform(self, context):
        keys = context.keys(OutgoingMessage)
        columns = (
            "id", "purpose", "channel", "recipient", "recipient_name", "sender_name", "sender_address", "reply_to", "subject", "text",
            "html", "language", "currency", "reasons", "attachments", "message_id", "dedupe_key", "state", "not_before", "attempts",
            "claimed_by", "reason", "day", "queued_at", "approved_by",
        )  # fmt: skip  # read as a table: columns side by side
        rows = [
            (next(keys), "dunning", "email", f"h{hour}@x.example", "", "", "", "", "", "", "", "fr", "", "[]", "[]", f"<{hour}@x>",
             f"bulk/{hour}", "queued", NOON.replace(hour=hour), 0, "", "", context.today, context.now, "Léa")
            for hour in self.hours
        ]  # fmt: skip  # read as a table: columns side by side
        return context.insert_many(OutgoingMessage, columns, rows)


def test_messages_queued_in_bulk_keep_their_hours(crm):
    at_home = mailing(crm, clock=HandClock.at("2026-11-24T10:00"))
    crm.runner.run(QueueInBulk(hours=(7, 8, 9, 10, 12)), LEA)
    claimed = [claim.message.recipient for claim in an_outbox(at_home).claim("email", 9).claims]
    assert claimed == ["h7@x.example", "h8@x.example", "h9@x.example"], "ten o'clock in Paris is nine in UTC"


def test_undoing_a_run_takes_its_waiting_messages_back_and_is_refused_once_one_has_left(crm):
    with post_office() as office:
        at_home = mailing(crm, office)
        crm.runner.run(QueueInBulk(hours=(7, 8)), LEA)
        crm.runner.run(Undo(), LEA)
        assert messages(at_home) == []
        crm.runner.run(QueueInBulk(hours=(7, 8)), LEA)
        at_home.dispatch()
        with pytest.raises(Refused, match="2 messages have left, or may have"):
            crm.runner.run(Undo(), LEA)
    assert office.ids.total() == 2


# Crashes


def test_what_a_dead_process_had_claimed_waits_again_and_what_it_was_sending_is_uncertain(at_home):
    host = an_outbox(at_home)._host
    set_to(at_home, state="claimed", claimed_by=f"{host}:{a_dead_process()}:1", lease_until=NOON + LEASE)
    with at_home.database.working() as connection:
        connection.execute(
            text("UPDATE outgoing_message SET state = 'sending', attempts = 1 WHERE recipient LIKE 'client2@%'")
        )
    assert an_outbox(at_home).take_over() == (2, 1)
    assert standing(at_home) == ["queued", "uncertain", "queued"]
    assert messages(at_home)[1].reason == "The program stopped while the message was on its way: it may have arrived."
    assert attempts(at_home) == [("uncertain", "")]


def test_an_earlier_process_of_the_same_number_is_known_to_be_dead(at_home):
    ours = an_outbox(at_home)._token()
    set_to(at_home, state="sending", claimed_by=ours, lease_until=NOON + LEASE)
    assert an_outbox(at_home).take_over() == (0, 0)
    machine, process, _claim = ours.split(":")
    set_to(at_home, state="sending", claimed_by=f"{machine}:{process}:0ld-1", lease_until=NOON + LEASE)
    assert an_outbox(at_home).take_over() == (0, 3)


@pytest.mark.parametrize("owner", ["{host}:{living}:1", "elsewhere:{dead}:1", "{host}:not-a-number:1", ""])
def test_what_may_still_be_at_work_is_left_alone_until_its_lease_ends(at_home, owner):
    host = an_outbox(at_home)._host
    told_of = owner.format(host=host, living=os.getppid(), dead=a_dead_process())
    set_to(at_home, state="sending", claimed_by=told_of, lease_until=NOON + LEASE)
    assert an_outbox(at_home).take_over() == (0, 0)
    at_home.clock.turn(LEASE + timedelta(seconds=1))
    assert an_outbox(at_home).take_over() == (0, 3)
    assert an_outbox(at_home).claim("email", 9).claims == ()


def test_a_dispatch_counts_what_a_crash_has_left_in_doubt(crm):
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, *addresses(3))
        set_to(at_home, state="sending", claimed_by="elsewhere:1:1", lease_until=NOON - LEASE)
        queued(at_home, "anne@x.example")
        assert at_home.dispatch() == {"sent": 1, "uncertain": 3}


def test_a_slow_answer_that_comes_after_all_ends_the_doubt(at_home):
    outbox = an_outbox(at_home)
    (claim,) = outbox.claim("email", 1).claims
    outbox.note([claim], [])
    at_home.clock.turn(2 * LEASE)
    assert an_outbox(at_home).take_over() == (0, 1)
    outbox.note([], [Ended(claim, SENT, NOON)])
    assert standing(at_home)[0] == "sent"


def test_what_a_person_has_settled_is_not_overwritten_by_a_late_answer(at_home):
    outbox = an_outbox(at_home)
    (claim,) = outbox.claim("email", 1).claims
    outbox.note([claim], [])
    set_to(at_home, state="queued")
    outbox.note([], [Ended(claim, SENT, NOON)])
    assert standing(at_home)[0] == "queued"


# Clocks that jump


def test_a_clock_set_forward_between_claim_and_mark_sends_nothing_twice(at_home):
    first = an_outbox(at_home)
    claims = first.claim("email", 3).claims
    at_home.clock.turn(timedelta(hours=2))
    second = an_outbox(at_home)
    assert second.take_over() == (3, 0)
    again = second.claim("email", 3).claims
    assert first.note(claims, []) == {}
    assert len(second.note(again, [])) == 3


def test_a_clock_set_back_does_not_keep_messages_in_hand_for_ever(at_home):
    an_outbox(at_home).claim("email", 3)
    at_home.clock.turn(timedelta(days=-1))
    assert an_outbox(at_home).take_over() == (3, 0)


def test_past_its_lease_a_claim_is_not_used_even_if_nobody_took_it(at_home):
    outbox = an_outbox(at_home)
    claims = outbox.claim("email", 3).claims
    at_home.clock.turn(LEASE + timedelta(seconds=1))
    assert outbox.note(claims, []) == {}


class JumpingClock(HandClock):
    """Jumps forward a minute whenever it is looked at: every lease is nearly over."""

    def machine_now(self):
        self.turn(timedelta(minutes=1))
        return super().machine_now()


def test_messages_leave_once_even_by_a_clock_that_jumps_at_every_look(crm):
    with post_office() as office:
        at_home = mailing(crm, office, clock=JumpingClock.at("2026-11-24"))
        queued(at_home, *addresses(4))

        async def some_time() -> None:
            stop = asyncio.Event()
            running = asyncio.create_task(at_home.dispatcher().once(stop))
            for _turn in range(2_000):
                await asyncio.sleep(0)
            stop.set()
            await running

        asyncio.run(some_time())
    assert set(office.ids.values()) <= {1}
    assert set(standing(at_home)) <= {"queued", "sent"}
    assert standing(at_home).count("sent") == office.ids.total()


# A database that refuses


class Refusing(Outbox):
    """An outbox whose disk is full while `full`."""

    full = False

    def note(self, starting, ended):
        if self.full and ended:
            raise OutsideFault("disk is full")
        return super().note(starting, ended)


def test_what_was_sent_but_could_not_be_noted_is_uncertain_and_not_sent_again(crm, monkeypatch):
    monkeypatch.setattr("crm.messaging.committer._NOTE_AGAIN", (0.0, 0.0))
    with post_office() as office:
        at_home = mailing(crm, office)
        queued(at_home, *addresses(20))
        outbox = Refusing(at_home.database, at_home.clock)
        outbox.full = True
        dispatcher = at_home.dispatcher()
        dispatcher._outbox = outbox
        with pytest.raises(Interrupted, match=r"could not be noted: .* will be shown as uncertain"):
            asyncio.run(dispatcher.once())
        sent = office.ids.total()
        assert 1 <= sent <= 2, "at most one message a connection"
        assert standing(at_home).count("sending") == sent
        assert standing(at_home).count("queued") == 20 - sent
        at_home.clock.turn(LEASE + timedelta(seconds=1))
        assert at_home.dispatch() == {"sent": 20 - sent, "uncertain": sent}
    assert set(office.ids.values()) == {1}
    assert len(office.ids) == 20


@pytest.mark.parametrize("room", [0, 3, 6, 9, 12, 15])
def test_a_disk_that_fills_up_on_the_way_is_told_and_nothing_is_lost_or_sent_twice(crm, monkeypatch, room):
    if not crm.database.is_sqlite:
        pytest.skip("only a file can be made full")
    monkeypatch.setattr("crm.messaging.committer._NOTE_AGAIN", (0.0,))
    with post_office({"DOT": "250 2.0.0 " + "taken over " * 25}) as office:
        at_home = mailing(crm, office)
        queued(at_home, *addresses(150))
        with full_disk(crm.database.engine, room), pytest.raises(Interrupted, match="disk of the database is full"):
            at_home.dispatch()
        at_home.clock.turn(LEASE + timedelta(seconds=1))
        at_home.dispatch()
    assert set(standing(at_home)) <= {"sent", "uncertain"}
    assert set(office.ids.values()) == {1}
    assert standing(at_home).count("sent") <= len(office.ids) <= 150


@contextmanager
def full_disk(engine, room: int):
    """The file may grow by so many pages and no more."""
    engine.dispose()
    with closing(sqlite3.connect(engine.url.database)) as file:
        file.execute("VACUUM")
        (pages,) = file.execute("PRAGMA page_count").fetchone()

    def limit(connection, _record):
        connection.execute(f"PRAGMA max_page_count={pages + room}")

    event.listen(engine, "connect", limit)
    yield
    event.remove(engine, "connect", limit)
    engine.dispose()


# Limits by domain


def test_a_domain_gets_what_its_limit_lets_through_whoever_sends(crm):
    at_home = mailing(crm)
    queued(at_home, *addresses(8, "big.example"))
    queued(at_home, *addresses(2, "small.example"))
    first, second = an_outbox(at_home, rate_per_domain=6), an_outbox(at_home, rate_per_domain=6)
    claimed = [claim.message.recipient.partition("@")[2] for claim in first.claim("email", 5).claims]
    claimed += [claim.message.recipient.partition("@")[2] for claim in second.claim("email", 50).claims]
    assert (claimed.count("big.example"), claimed.count("small.example")) == (6, 2)
    waiting = second.claim("email", 50)
    assert waiting.claims == ()
    assert waiting.paced_until == NOON + timedelta(seconds=10), "six a minute: one every ten seconds"
    at_home.clock.turn(timedelta(seconds=10))
    assert len(first.claim("email", 50).claims) == 1
    assert len(second.claim("email", 50).claims) == 0


def test_a_bucket_never_holds_more_than_a_minute(crm):
    at_home = mailing(crm)
    queued(at_home, *addresses(20, "big.example"))
    outbox = an_outbox(at_home, rate_per_domain=6)
    assert len(outbox.claim("email", 50).claims) == 6
    at_home.clock.turn(timedelta(days=1))
    assert len(outbox.claim("email", 50).claims) == 6
    at_home.clock.turn(timedelta(days=-3))
    assert len(outbox.claim("email", 50).claims) == 0


def test_the_case_of_a_domain_makes_no_other_of_it(crm):
    at_home = mailing(crm)
    queued(at_home, "a@Big.Example", "b@big.example")
    outbox = an_outbox(at_home, rate_per_domain=1)
    assert len(outbox.claim("email", 50).claims) == 1
    assert outbox.claim("email", 50).paced_until is not None


# Speed by index


def test_claiming_follows_indexes_and_sorts_nothing(crm):
    if not crm.database.is_sqlite:
        pytest.skip("PostgreSQL plans by the size of a table")
    at_home, asked = mailing(crm), []

    def hear(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    with listening(crm.database.engine, hear):
        an_outbox(at_home).claim("email", 10)
    claims = [(statement, parameters) for statement, parameters in asked if statement.startswith("WITH picked")]
    assert len(claims) == 3
    with crm.database.engine.connect() as connection:
        for statement, parameters in claims:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            words = " ".join(str(row[-1]) for row in plan)
            assert "INDEX outgoing_message_" in words
            assert "TEMP B-TREE" not in words
            assert "SCAN outgoing_message" not in words


@contextmanager
def listening(engine, hear):
    event.listen(engine, "before_cursor_execute", hear)
    yield
    event.remove(engine, "before_cursor_execute", hear)

"""What a server's answer means, and when to try again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.messaging.backoff import GIVE_UP_AFTER, Answer, Stage, Verdict, judge, pause_after, wait_after

CODES = st.one_of(st.none(), st.integers(100, 699))


@pytest.mark.parametrize(
    ("stage", "code", "text", "verdict"),
    [
        (Stage.DOT, 250, "2.0.0 Ok: queued as 4F1", Verdict.SENT),
        (Stage.RECIPIENT, 451, "4.7.1 Greylisted, try again later", Verdict.RETRY),
        (Stage.RECIPIENT, 450, "mailbox busy", Verdict.RETRY),
        (Stage.RECIPIENT, 452, "4.2.2 mailbox full", Verdict.RETRY),
        (Stage.RECIPIENT, 550, "5.1.1 User unknown", Verdict.DEAD),
        (Stage.RECIPIENT, 550, "no such user here", Verdict.DEAD),
        (Stage.RECIPIENT, 553, "5.1.3 bad address", Verdict.DEAD),
        (Stage.RECIPIENT, 550, "5.2.1 mailbox disabled", Verdict.DEAD),
        (Stage.RECIPIENT, 550, "5.7.1 refused by policy", Verdict.FAILED),
        (Stage.RECIPIENT, 552, "5.2.2 mailbox full", Verdict.FAILED),
        (Stage.RECIPIENT, 554, "relaying denied", Verdict.FAILED),
        (Stage.RECIPIENT, 530, "5.7.0 Authentication required", Verdict.STOP),
        (Stage.RECIPIENT, 421, "closing", Verdict.RETRY),
        (Stage.RECIPIENT, None, "connection lost", Verdict.RETRY),
        (Stage.SENDER, 550, "5.7.1 this sender is not yours", Verdict.STOP),
        (Stage.SENDER, 530, "5.7.0 Must issue a STARTTLS command first", Verdict.STOP),
        (Stage.SENDER, 451, "4.3.0 busy", Verdict.RETRY),
        (Stage.SENDER, None, "", Verdict.RETRY),
        (Stage.DATA, 554, "5.5.1 no valid recipients", Verdict.FAILED),
        (Stage.DATA, 451, "busy", Verdict.RETRY),
        (Stage.DATA, None, "cut before the final dot", Verdict.RETRY),
        (Stage.DATA, 250, "not what was asked", Verdict.RETRY),
        (Stage.DOT, None, "cut after the final dot", Verdict.UNCERTAIN),
        (Stage.DOT, -1, "no SMTP at all", Verdict.UNCERTAIN),
        (Stage.DOT, 354, "go on?", Verdict.UNCERTAIN),
        (Stage.DOT, 451, "4.3.0 disk full", Verdict.RETRY),
        (Stage.DOT, 421, "closing", Verdict.RETRY),
        (Stage.DOT, 554, "5.7.1 looks like spam", Verdict.FAILED),
        (Stage.CONNECT, None, "connection refused", Verdict.STOP),
        (Stage.CONNECT, 554, "no service", Verdict.STOP),
        (Stage.TLS, 454, "TLS not available", Verdict.STOP),
        (Stage.LOGIN, 535, "5.7.8 wrong password", Verdict.STOP),
    ],
)
def test_what_an_answer_means(stage, code, text, verdict):
    assert judge(stage, Answer(code, text)) is verdict


@given(st.sampled_from(Stage), CODES, st.text(max_size=30))
def test_only_the_final_dot_leaves_doubt_and_only_an_answer_to_it_says_sent(stage, code, text):
    verdict = judge(stage, Answer(code, text))
    assert (verdict is Verdict.SENT) == (stage is Stage.DOT and code is not None and 200 <= code < 300)
    if verdict is Verdict.UNCERTAIN:
        assert stage is Stage.DOT
    if verdict is Verdict.RETRY and stage is Stage.DOT:
        assert code is not None
        assert 400 <= code < 500, "a message that may have been taken is never tried again"


def test_the_codes_as_they_are_shown():
    assert Answer(550, "5.1.1 User unknown").shown == "550 5.1.1"
    assert Answer(250, "Ok").shown == "250"
    assert Answer(None).shown == ""


def test_the_waits_grow_and_end_after_three_days():
    waits = []
    while (wait := wait_after(len(waits) + 1)) is not None:
        waits.append(wait)
    assert waits[:6] == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 240)]
    assert sum(waits, timedelta()) <= GIVE_UP_AFTER < sum(waits, timedelta(hours=4))


def test_a_server_that_is_away_is_asked_less_and_less():
    assert [pause_after(times).total_seconds() for times in (1, 2, 3, 6, 40)] == [10, 20, 40, 300, 300]

"""Signed links: who holds one can open what it names, until its day, and nothing else."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm.core.errors import Invalid, NotAllowed
from crm.core.i18n import use_language
from crm.core.links import MAX_SUBJECT, LinkExpired, LinkRefused, Signer

OURS = Signer(b"the secret of this house")
TODAY = date(2026, 11, 24)
LATER = date(2026, 12, 24)

subjects = st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_SUBJECT // 4)
purposes = st.sampled_from(["survey", "statement", "survey-2", "", "s"])
days = st.dates()


@given(purposes, subjects, days)
def test_a_link_opens_what_it_was_made_for(purpose, subject, expires):
    token = OURS.token(purpose, subject, expires)
    assert OURS.open(token, purpose, expires) == subject


@given(purposes, subjects, days)
def test_the_same_link_is_written_the_same_twice(purpose, subject, expires):
    token = OURS.token(purpose, subject, expires)
    assert token == Signer(OURS.secret).token(purpose, subject, expires)
    assert token.isascii()
    assert token.replace("-", "").replace("_", "").isalnum()


def test_a_link_stays_short():
    assert len(OURS.token("statement", "C-4471", LATER)) == 34


def test_a_link_is_good_until_its_day_ends():
    token = OURS.token("survey", "I-7", TODAY)
    assert OURS.open(token, "survey", TODAY) == "I-7"
    with pytest.raises(LinkExpired) as told:
        OURS.open(token, "survey", TODAY + timedelta(1))
    assert told.value.expires == TODAY


def test_an_expired_link_is_told_kindly_with_its_day():
    use_language("fr")
    with pytest.raises(LinkExpired, match="mardi 24 novembre 2026") as told:
        OURS.open(OURS.token("survey", "I-7", TODAY), "survey", LATER)
    assert told.value.next_step
    assert isinstance(told.value, NotAllowed)


def test_a_survey_link_does_not_open_a_statement_and_does_not_say_why():
    token = OURS.token("survey", "C-4471", LATER)
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    told = set()
    for wrong, purpose in ((token, "statement"), (changed, "survey"), ("nothing of ours", "survey"), ("", "survey")):
        with pytest.raises(LinkRefused) as refused:
            OURS.open(wrong, purpose, TODAY)
        told.add((refused.value.message, refused.value.next_step))
    assert len(told) == 1


def test_an_expired_link_for_another_purpose_is_refused_like_any_other():
    with pytest.raises(LinkRefused):
        OURS.open(OURS.token("survey", "I-7", TODAY), "statement", LATER)


def test_a_link_of_another_house_is_refused():
    with pytest.raises(LinkRefused):
        OURS.open(Signer(b"another secret").token("survey", "I-7", LATER), "survey", TODAY)


@given(st.data(), subjects)
def test_a_link_changed_anywhere_is_refused(data, subject):
    token = OURS.token("survey", subject, LATER)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(
        st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.").filter(
            lambda c: c != token[place]
        )
    )
    with pytest.raises(LinkRefused):
        OURS.open(token[:place] + letter + token[place + 1 :], "survey", TODAY)


@given(subjects, st.sampled_from(["=", "==", "\n", " ", "A", "é"]), st.booleans())
def test_a_link_with_something_added_or_cut_off_is_refused(subject, more, before):
    token = OURS.token("survey", subject, LATER)
    for wrong in (more + token if before else token + more, token[:-1], token[1:], token + token):
        with pytest.raises(LinkRefused):
            OURS.open(wrong, "survey", TODAY)


@given(st.text())
@example("\ud800")
@example("é" * 40)
@example("A" * 22)
@example("_" * 26)
@example("a" * 1_000_000)
@example("\0")
def test_whatever_is_typed_is_refused(typed):
    with pytest.raises(LinkRefused):
        OURS.open(typed, "survey", TODAY)


@given(st.text(st.characters(exclude_categories=["Cs"])), purposes, purposes)
def test_two_purposes_never_share_a_link(subject, one, other):
    if one != other and len(subject.encode()) <= MAX_SUBJECT:
        assert OURS.token(one, subject, LATER) != OURS.token(other, subject, LATER)


def test_the_longest_subject_fits_and_a_longer_one_is_told():
    longest = "é" * (MAX_SUBJECT // 2)
    assert OURS.open(OURS.token("survey", longest, LATER), "survey", TODAY) == longest
    with pytest.raises(Invalid):
        OURS.token("survey", longest + "a", LATER)


def test_the_secret_is_needed_and_never_shown():
    with pytest.raises(ValueError, match="secret"):
        Signer(b"")
    assert "house" not in repr(OURS)

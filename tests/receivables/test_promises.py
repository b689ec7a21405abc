"""The word a customer gives: kept, kept in part, broken, put off; and how far it can be relied on."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from build import LEA, TODAY, a_credit_note, a_customer, a_payment, ago, allocated, an_invoice
from hypothesis import given
from hypothesis import strategies as st

from crm.core.calendar import Clock
from crm.core.errors import Ambiguous, Invalid, NotFound, Refused
from crm.core.i18n import use_language
from crm.core.money import Money, eur
from crm.customers.actions import UpdateCompany, UpdateContact, UpdateCustomer
from crm.followup.actions.dunning import PreviewDunning
from crm.portfolio.history import CustomerHistory
from crm.receivables.actions import ListPromises, RecordPromise, ShowReliability, UpdatePromise
from crm.receivables.promises import PromiseStatus, Receipt, Word, outcome_of, reliability, shared

FRIDAY = date(2026, 11, 20)


def at(crm, day: date):
    """The same company on another day."""
    return replace(crm, clock=Clock.at(day.isoformat()))


def promised(crm, by: date, amount: str | None = None, *, on: date | None = None, **more):
    """A word given on a day; its number."""
    action = RecordPromise(by=by, amount=amount, **({"invoice": "F-1"} | more))
    return at(crm, on or TODAY).runner.run(action, LEA).result.lines[0].id


def told(crm, day: date | None = None, **asked):
    """Amount, received and state of each promise on a day."""
    lines = at(crm, day or TODAY).runner.read(ListPromises(**asked), LEA).as_json()["promises"]
    return [(line["amount"], line["received"], line["status"]) for line in lines]


def paid(crm, amount: str, days_ago: int, invoice: str = "F-1", reference: str = "P-1") -> None:
    """Money that came in and is set against the invoice."""
    a_payment(crm, reference, days_ago=days_ago, amount=amount)
    allocated(crm, reference, invoice, amount)


@pytest.fixture
def house(crm):
    """A customer who owes 1000."""
    a_customer(crm, "C-1", "Dupont", regime="B2B")
    an_invoice(crm, "F-1", days_late=40, amount="1000.00")
    return crm


def test_a_promise_is_awaited_until_the_end_of_its_day_then_kept_or_not(house):
    promised(house, ago(4), "400", on=ago(10))
    assert told(house, ago(4)) == [("400.00", "0.00", "pending")]
    assert told(house, ago(3)) == [("400.00", "0.00", "broken")]
    paid(house, "400", days_ago=5)
    assert told(house, ago(6)) == [("400.00", "0.00", "pending")], "as it stood before the money came"
    assert told(house) == [("400.00", "400.00", "kept")]


def test_a_part_of_it_keeps_it_in_part_and_late_money_does_not(house):
    promised(house, ago(4), "400", on=ago(10))
    paid(house, "150", days_ago=5)
    paid(house, "250", days_ago=2, reference="P-2")
    assert told(house) == [("400.00", "150.00", "partly_kept")]


def test_several_promises_on_an_invoice_stand_beside_each_other(house):
    promised(house, ago(6), "300", on=ago(12))
    promised(house, ago(2), "300", on=ago(12))
    paid(house, "300", days_ago=8)
    assert told(house) == [("300.00", "300.00", "kept"), ("300.00", "0.00", "broken")], "no cent keeps two promises"
    paid(house, "300", days_ago=3, reference="P-2")
    assert told(house) == [("300.00", "300.00", "kept"), ("300.00", "300.00", "kept")]


def test_what_does_not_fit_beside_an_earlier_word_takes_its_place(house):
    promised(house, ago(-3), "600")
    promised(house, ago(-10), "600")
    assert told(house) == [("600.00", "0.00", "pending")]
    promised(house, ago(-12))
    assert told(house) == [("1000.00", "0.00", "pending")]
    promised(house, ago(-12), "200")
    assert told(house) == [("200.00", "0.00", "pending")]


def test_a_credit_note_takes_away_what_there_was_to_keep(house):
    promised(house, ago(2), "1000", on=ago(10))
    a_credit_note(house, "AV-1", days_ago=5, amount="-400.00")
    allocated(house, "AV-1", "F-1", "400")
    assert told(house) == [("1000.00", "0.00", "broken")]
    paid(house, "600", days_ago=3)
    assert told(house) == [("1000.00", "600.00", "kept")]


def test_nothing_is_left_to_keep_when_all_of_it_was_credited(house):
    promised(house, ago(2), "1000", on=ago(10))
    a_credit_note(house, "AV-1", days_ago=5, amount="-1000.00")
    allocated(house, "AV-1", "F-1", "1000")
    assert told(house) == [("1000.00", "0.00", "kept")]
    assert house.runner.read(ShowReliability(), LEA).lines == (), "and it proves nothing"


def test_a_promise_is_put_off_and_the_new_word_takes_its_place(house):
    promised(house, ago(2), "600", on=ago(10), contact="Mme Le Goff")
    paid(house, "200", days_ago=7)
    later = at(house, ago(5))
    (line,) = later.runner.run(UpdatePromise(customer="Dupont", by=ago(-2)), LEA).result.lines
    assert (line.word.cents, line.word.by, line.contact) == (40_000, ago(-2), "Mme Le Goff")
    assert told(house, ago(6)) == [("600.00", "200.00", "pending")], "before it was put off"
    assert told(house) == [("400.00", "0.00", "pending")]
    assert told(house, ago(-3)) == [("400.00", "0.00", "broken")], "put off in time is not broken"
    titles = [event.title for event in house.runner.read(CustomerHistory(customer="C-1", kind="promise"), LEA).events]
    assert len(titles) == 2, "both words stand in the history, and nothing calls the first one broken"


def test_put_off_too_late_it_stays_broken(house):
    promised(house, ago(4), "600", on=ago(10))
    house.runner.run(UpdatePromise(invoice="F-1", by=ago(-5)), LEA)
    assert told(house) == [("600.00", "0.00", "broken"), ("600.00", "0.00", "pending")]


def test_a_new_amount_alone_keeps_the_day(house):
    promised(house, ago(-5), "600")
    house.runner.run(UpdatePromise(customer="Dupont", amount="250"), LEA)
    (line,) = house.runner.read(ListPromises(), LEA).lines
    assert (line.word.cents, line.word.by) == (25_000, ago(-5))


def test_a_state_that_is_said_ends_the_wait_and_money_still_decides(house):
    promised(house, ago(-5), "400")
    house.runner.run(UpdatePromise(customer="Dupont", status="broken", note="he says so himself"), LEA)
    assert told(house) == [("400.00", "0.00", "broken")]
    a_payment(house, "P-1", days_ago=0, amount="400")
    allocated(house, "P-1", "F-1", "400")
    assert told(house) == [("400.00", "400.00", "kept")]
    (line,) = house.runner.read(ListPromises(), LEA).lines
    assert "said to be not kept" in line.note
    assert "he says so himself" in line.note


def test_the_wait_can_be_taken_up_again(house):
    promised(house, ago(-5), "400")
    house.runner.run(UpdatePromise(customer="Dupont", status="broken"), LEA)
    house.runner.run(UpdatePromise(customer="Dupont", status="pending"), LEA)
    assert told(house) == [("400.00", "0.00", "pending")]


@pytest.mark.parametrize(
    ("asked", "family"),
    [
        ({"customer": "Dupont"}, Invalid),
        ({"by": ago(-4)}, Invalid),
        ({"customer": "Dupont", "by": ago(1)}, Refused),
        ({"customer": "Dupont", "amount": "1000.01"}, Refused),
        ({"promise": 99, "by": ago(-4)}, NotFound),
    ],
)
def test_what_cannot_be_altered_is_refused(house, asked, family):
    promised(house, ago(-5), "400")
    with pytest.raises(family):
        house.runner.run(UpdatePromise(**asked), LEA)


def test_of_several_words_one_has_to_be_named(house):
    first = promised(house, ago(-5), "400")
    promised(house, ago(-9), "400")
    with pytest.raises(Ambiguous) as asked:
        house.runner.run(UpdatePromise(customer="Dupont", by=ago(-12)), LEA)
    assert len(asked.value.candidates) == 2
    house.runner.run(UpdatePromise(promise=first, by=ago(-12)), LEA)
    assert sorted(line.word.by for line in house.runner.read(ListPromises(), LEA).lines) == [ago(-9), ago(-12)]


def test_nothing_promised_is_nothing_to_alter(house):
    with pytest.raises(NotFound):
        house.runner.run(UpdatePromise(customer="Dupont", by=ago(-4)), LEA)


# How far a word can be relied on


def test_reliability_counts_by_customer_and_by_who_gave_the_word(house):
    an_invoice(house, "F-2", days_late=30, amount="500.00")
    promised(house, ago(20), "400", on=ago(25), contact="Mme Le Goff")
    promised(house, ago(10), "300", on=ago(15), contact="M. Riou")
    promised(house, ago(5), "500", on=ago(12), invoice="F-2", contact="M. Riou")
    paid(house, "400", days_ago=21)
    paid(house, "300", days_ago=4, reference="P-2")
    paid(house, "125", days_ago=6, invoice="F-2", reference="P-3")
    whole, riou, goff = house.runner.read(ShowReliability(customer="Dupont"), LEA).as_json()["reliability"]
    assert (whole["due"], whole["kept"], whole["partly_kept"], whole["broken"]) == (3, 1, 1, 1)
    assert whole["median_days_late"] == "5", "kept 0, six days late, five days so far"
    assert (whole["amount_due"], whole["amount_kept"], whole["amount_share"]) == ("1200.00", "525.00", "43.75")
    assert whole["small_sample"] is True
    assert (riou["contact"], riou["due"], riou["kept"]) == ("M. Riou", 2, 0)
    assert (goff["contact"], goff["due"], goff["kept"]) == ("Mme Le Goff", 1, 1)


def test_a_share_is_given_only_where_there_are_enough_words(house):
    for place in range(5):
        number = f"F-1{place}"
        an_invoice(house, number, days_late=60, amount="100.00")
        promised(house, ago(20), "100", on=ago(30), invoice=number)
        paid(house, "100", days_ago=22, invoice=number, reference=f"P-1{place}")
    report = house.runner.read(ShowReliability(), LEA)
    assert report.lines[0].record.few is False
    assert report.as_sheet().rows[0][-1] == "100.0"


# A word that was not kept, and what follows


@pytest.fixture
def written_to(house):
    """The customer can be written to, and has had two reminders' worth of lateness."""
    house.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    house.runner.run(UpdateContact(customer="C-1", contact_name="Mme Durand", email="compta@dupont.example"), LEA)
    return house


def verdict(crm, day: date):
    """What the gate says on a day, in French."""
    house = at(crm, day)
    use_language("fr")
    report = house.runner.read(PreviewDunning(date=day, no_text=True), LEA)
    return [(line.verdict.value, line.level, " ".join(line.reasons).replace("\u00a0", " ")) for line in report.lines]


def test_a_broken_promise_resumes_the_follow_up_on_the_next_worked_day(written_to):
    promised(written_to, FRIDAY, on=ago(12))
    for day in (FRIDAY, FRIDAY + timedelta(1), FRIDAY + timedelta(2)):
        ((what, _level, why),) = verdict(written_to, day)
        assert (what, why) == ("hold", "1 000,00 € sont promis pour le vendredi 20 novembre 2026."), day
    ((what, level, why),) = verdict(written_to, FRIDAY + timedelta(3))
    assert level == 2, "the first contact about an old debt is never above level 2"
    assert what != "hold"
    assert "1 000,00 € promis pour le vendredi 20 novembre 2026 ne sont pas arrivés." in why


def test_a_public_holiday_is_waited_for_as_well(written_to):
    """A promise for Thursday 24 December: Christmas is no worked day, nor is the weekend after it."""
    promised(written_to, date(2026, 12, 24), on=TODAY)
    for day in (25, 26, 27):
        assert verdict(written_to, date(2026, 12, day))[0][0] == "hold"
    assert verdict(written_to, date(2026, 12, 28))[0][0] != "hold"


def test_alsace_waits_for_saint_stephens_day(written_to):
    """A promise for Christmas Eve 2024, a Tuesday: there the 26th is a holiday too."""
    word = Word(100, date(2024, 12, 24), 0)
    assert (word.resumes_on(), word.resumes_on("Alsace-Moselle")) == (date(2024, 12, 26), date(2024, 12, 27))


def test_a_part_of_what_is_owed_comes_back_where_it_was_left(written_to):
    promised(written_to, FRIDAY, "400", on=ago(12))
    ((what, _level, why),) = verdict(written_to, FRIDAY)
    assert (what, "400,00 € sont promis" in why) == ("ask", True)
    paid(written_to, "100", days_ago=5)
    ((_what, _level, why),) = verdict(written_to, TODAY)
    assert "300,00 € promis pour le vendredi 20 novembre 2026 ne sont pas arrivés." in why


def test_a_word_that_ends_the_wait_resumes_at_once(written_to):
    promised(written_to, ago(-3))
    written_to.runner.run(UpdatePromise(customer="Dupont", status="broken"), LEA)
    assert verdict(written_to, TODAY)[0][0] != "hold"


# Laws

DAYS = st.integers(0, 30)


@given(
    word=st.tuples(st.integers(1, 1000), DAYS),
    money=st.lists(st.tuples(DAYS, st.integers(1, 600)), max_size=6),
    released=st.integers(0, 1200),
)
def test_a_promise_is_never_both_kept_and_broken(word, money, released):
    """Day by day: pending, then for ever one thing; what is kept never breaks, and what is not kept never mends."""
    cents, days = word
    by = TODAY + timedelta(days)
    ended = set()
    for after in range(40):
        today = TODAY + timedelta(after)
        came = sum(amount for on, amount in money if on <= min(after, days))
        state = Word(cents, by, came, None, released).status(today)
        assert (state is PromiseStatus.PENDING) <= (today <= by)
        if today > by or state is PromiseStatus.KEPT:
            ended.add(state)
        waiting = Word(cents, by, came, None, released).waiting(today)
        assert 0 <= waiting <= max(0, cents - released)
        assert waiting == 0 or came < cents
    assert len(ended) == 1


@given(
    needs=st.lists(st.integers(1, 500), min_size=1, max_size=5),
    receipts=st.lists(st.tuples(st.sets(st.integers(0, 4), min_size=1), DAYS, st.integers(1, 500)), max_size=6),
)
def test_no_cent_keeps_two_promises(needs, receipts):
    told_of = [
        (key, Receipt(place, TODAY + timedelta(day), cents))
        for place, (keys, day, cents) in enumerate(receipts)
        for key in sorted(keys)
        if key < len(needs)
    ]
    shares = shared(list(enumerate(needs)), told_of)
    came = sum(cents for _place, cents in {(receipt.invoice_id, receipt.cents) for _key, receipt in told_of})
    assert sum(cents for days in shares.values() for _day, cents in days) <= came
    assert set(shares) == set(range(len(needs)))


def test_the_record_of_nothing_is_nothing():
    assert reliability([]) is None
    word = Word(1000, ago(10), 400)
    assert outcome_of(word, [(ago(11), 400), (ago(7), 600)], TODAY).days_late == 3
    assert Money(1000, "EUR") == eur("10.00")


def test_a_consumers_promise_is_counted_like_any_other(house):
    house.runner.run(UpdateCustomer(customer="C-1", regime="B2C"), LEA)
    promised(house, ago(4), "400", on=ago(10))
    assert house.runner.read(ShowReliability(), LEA).lines[0].record.broken == 1

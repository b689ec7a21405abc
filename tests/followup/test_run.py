"""A run of reminders on a real database: planned, previewed, queued once, explained."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from build import LEA, NIGHT, TODAY, a_customer, a_payment, an_invoice
from sqlalchemy import event
from sqlmodel import select

from crm.core.basics import ListProposals, Undo
from crm.core.calendar import Clock
from crm.core.errors import NotAllowed, Stale
from crm.customers.actions import AddCompanyAccount, UpdateCompany, UpdateContact, UpdateCustomer
from crm.customers.tasks import Task
from crm.followup.actions.dunning import PreviewDunning, RunDunning
from crm.followup.actions.pauses import PauseDunning, ResumeDunning
from crm.followup.actions.why import ExplainDunning
from crm.followup.last_look import still_owed
from crm.followup.models import Reminder
from crm.messaging.actions import GoLive
from crm.messaging.models import OutgoingMessage
from crm.receivables.actions import OpenDispute, RecordPromise


@pytest.fixture
def house(crm):
    """Our company, live by e-mail and registered letter, and one customer who can be written to."""
    crm.runner.run(
        UpdateCompany(
            name="Atelier Morvan",
            sender_name="Lucie Bernard",
            senior_sender_name="Claire Morvan",
            phone="02 40 12 34 56",
        ),
        LEA,
    )
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    for channel in ("email", "registered_letter"):
        crm.runner.run(GoLive(channel=channel), LEA)
    a_customer(
        crm,
        "C-1",
        "Dupont",
        regime="B2B",
        contact_name="Mme Durand",
        email="compta@dupont.example",
        address="3 rue du Four",
        postal_code="35000",
        city="Rennes",
    )
    return crm


def at(crm, day: date):
    """The same company on another day."""
    return replace(crm, clock=Clock.at(day.isoformat()))


def run(crm, **more):
    return crm.runner.run(RunDunning(**more), LEA).result


def preview(crm, **more):
    return crm.runner.read(PreviewDunning(**more), LEA)


def messages(crm):
    with crm.database.reading() as session:
        return list(session.exec(select(OutgoingMessage).order_by(OutgoingMessage.id)).all())


def verdicts(report):
    return [(line.customer, line.level, line.verdict.value) for line in report.lines]


def test_what_is_previewed_is_what_is_queued(house):
    an_invoice(house, "F-1", days_late=4, amount="1250.50")
    seen = preview(house)
    done = run(house)
    (queued,) = messages(house)
    assert verdicts(seen) == verdicts(done) == [("C-1", 1, "send")]
    assert (queued.subject, queued.text, queued.recipient) == (
        seen.lines[0].subject,
        seen.lines[0].text,
        "compta@dupont.example",
    )
    assert (queued.state, queued.total_cents) == ("queued", 125_050)
    assert "1 250,50" in queued.text.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_run_twice_on_a_day_queues_nothing_new(house):
    an_invoice(house, "F-1", days_late=4)
    run(house)
    assert run(house).lines == ()
    assert len(messages(house)) == 1


def test_before_we_have_said_who_we_are_nothing_is_written(crm):
    a_customer(crm, "C-1", "Dupont", email="compta@dupont.example")
    an_invoice(crm, "F-1", days_late=4)
    assert verdicts(run(crm)) == [("C-1", 1, "hold")]
    assert messages(crm) == []


def test_a_rehearsed_message_is_no_step_and_is_never_sent(crm):
    crm.runner.run(UpdateCompany(name="Atelier Morvan"), LEA)
    a_customer(crm, "C-1", "Dupont", email="compta@dupont.example")
    an_invoice(crm, "F-1", days_late=4)
    report = run(crm)
    assert report.rehearsed == {"email"}
    assert messages(crm)[0].state == "rehearsed"
    assert verdicts(preview(crm)) == [("C-1", 1, "send")]


def test_one_message_for_everything_that_is_overdue(house):
    an_invoice(house, "F-1", days_late=20, amount="100.00")
    an_invoice(house, "F-2", days_late=4, amount="50.00")
    an_invoice(house, "F-3", days_late=-3, amount="30.00")
    (line,) = run(house).lines
    assert (line.level, line.invoices, line.total) == (2, ("F-1", "F-2"), 15_000)
    with house.database.reading() as session:
        steps = {row.instalment_id: row.level for row in session.exec(select(Reminder))}
    assert sorted(steps.values()) == [1, 2]


def test_levels_climb_with_time_and_gap(house):
    an_invoice(house, "F-1", days_late=3)
    climbed = []
    for days in (0, 1, 12, 13, 27, 42, 43, 60, 90):
        later = at(house, TODAY + timedelta(days=days))
        climbed += [(days, line.level, line.channel) for line in run(later).lines if line.verdict.value != "hold"]
    assert climbed == [(0, 1, "email"), (12, 2, "email"), (27, 3, "email"), (42, 4, "registered_letter")]


def test_the_formal_notice_is_a_letter_to_post_and_no_e_mail_says_it_has_left(house):
    an_invoice(house, "F-1", days_late=30)
    run(at(house, TODAY - timedelta(days=12)))
    run(house)
    later = at(house, TODAY + timedelta(days=16))
    (line,) = run(later).lines
    assert (line.level, line.verdict.value, line.channel) == (4, "ask", "registered_letter")
    with house.database.reading() as session:
        (task,) = session.exec(select(Task)).all()
    assert (task.task_type, task.origin) == ("letter", "dunning/4")
    assert [message.channel for message in messages(house)].count("email") == 2
    assert "mise en demeure" in messages(house)[-1].text.lower()


def test_the_scheduler_sends_what_is_ready_and_proposes_the_rest(house):
    a_customer(house, "C-2", "Martin", regime="B2B", email="compta@martin.example")
    an_invoice(house, "F-1", days_late=4)
    an_invoice(house, "F-2", customer="Martin", days_late=4)
    a_payment(house, "P-1", customer="Martin", amount="10.00")
    house.runner.run(RunDunning(no_text=True), NIGHT)
    assert [message.recipient for message in messages(house)] == ["compta@dupont.example"]
    (proposal,) = house.runner.read(ListProposals(), LEA).rows
    assert json.loads(proposal.fields)["customer"] == "C-2"


def test_a_message_that_changed_since_it_was_seen_is_dropped_and_nothing_added(house):
    a_customer(house, "C-2", "Martin", regime="B2B", email="compta@martin.example")
    an_invoice(house, "F-1", days_late=4)
    an_invoice(house, "F-2", customer="Martin", days_late=4)
    seen = house.runner.preview(RunDunning(), LEA)
    an_invoice(house, "F-3", days_late=6)
    a_customer(house, "C-3", "Petit", regime="B2B", email="compta@petit.example")
    an_invoice(house, "F-4", customer="Petit", days_late=4)
    done = house.runner.commit(seen, LEA).result
    assert done.dropped == ("C-1", "C-3")
    assert [message.recipient for message in messages(house)] == ["compta@martin.example"]


def test_a_seal_kept_by_another_program_is_stale_when_anything_changed(house):
    an_invoice(house, "F-1", days_late=4)
    seal = house.runner.preview(RunDunning(), LEA).seal
    assert house.runner.commit_sealed(RunDunning(), seal, LEA).result.counts["send"] == 1
    an_invoice(house, "F-2", days_late=20)
    with pytest.raises(Stale):
        house.runner.commit_sealed(RunDunning(), seal, LEA)


def test_skipped_customers_and_own_words(house):
    a_customer(house, "C-2", "Martin", regime="B2B", email="compta@martin.example")
    an_invoice(house, "F-1", days_late=4)
    an_invoice(house, "F-2", customer="Martin", days_late=4)
    run(house, skip=("Martin",), texts={"C-1": "Bonjour,\n\nUn mot à nous."})
    (queued,) = messages(house)
    assert queued.recipient == "compta@dupont.example"
    assert "Un mot à nous." in queued.text
    assert "Un mot à nous." in queued.html


def test_paid_promised_disputed_and_paused_amounts_are_left_alone(house):
    an_invoice(house, "F-1", days_late=20)
    assert house.runner.run(RecordPromise(customer="Dupont", by=TODAY + timedelta(days=3)), LEA).entry_id
    (held,) = preview(house).lines
    assert (held.verdict.value, held.total) == ("hold", 0)
    assert "promised" in " ".join(held.reasons).lower()
    house.runner.run(Undo(), LEA)
    house.runner.run(OpenDispute(invoice="F-1", reason="missing_goods"), LEA)
    assert preview(house).lines[0].verdict.value == "hold"
    house.runner.run(Undo(), LEA)
    house.runner.run(PauseDunning(customer="Dupont", until=TODAY + timedelta(days=10), reason="avoir attendu"), LEA)
    assert preview(house).lines[0].verdict.value == "hold"
    house.runner.run(ResumeDunning(customer="Dupont"), LEA)
    assert preview(house).lines[0].verdict.value == "send"


def test_why_is_nothing_sent(house):
    def why(crm=house):
        (answer,) = crm.runner.read(ExplainDunning(customer="Dupont"), LEA).answers
        return answer

    assert (why().verdict, why().total) == (None, 0)
    an_invoice(house, "F-1", days_late=1)
    assert why().next_on == TODAY + timedelta(days=2)
    an_invoice(house, "F-2", days_late=20)
    assert why().verdict.value == "send"
    house.runner.run(PauseDunning(customer="Dupont", reason="on attend un avoir"), LEA)
    assert why().verdict.value == "hold"
    assert "on attend un avoir" in " ".join(why().sentences)


def test_the_last_look_holds_what_is_no_longer_owed(house):
    an_invoice(house, "F-1", days_late=20)
    run(house)
    queued = messages(house)

    def look():
        with house.database.reading() as session:
            return still_owed(session, queued, TODAY)

    assert look() == {}
    house.runner.run(OpenDispute(invoice="F-1", reason="price_error", amount="20.00"), LEA)
    assert set(look()) == {queued[0].id}
    house.runner.run(Undo(), LEA)
    house.runner.run(PauseDunning(customer="Dupont", reason="en attente"), LEA)
    assert "en attente" in look()[queued[0].id]


def test_a_run_can_be_taken_back_until_something_has_left(house):
    an_invoice(house, "F-1", days_late=20)
    run(house)
    house.runner.run(Undo(), LEA)
    assert messages(house) == []
    assert verdicts(preview(house)) == [("C-1", 2, "send")]


def test_outside_working_hours_a_message_waits_for_the_morning(house):
    an_invoice(house, "F-1", days_late=20)
    evening = replace(house, clock=Clock.at(f"{TODAY}T21:30"))
    run(evening)
    (queued,) = messages(house)
    assert queued.not_before.isoformat() == "2026-11-25T08:00:00+00:00"


def test_on_saturday_evening_a_message_waits_for_monday(house):
    an_invoice(house, "F-1", days_late=4)
    run(replace(house, clock=Clock.at("2026-12-05T18:00")))
    (queued,) = messages(house)
    assert queued.not_before.isoformat() == "2026-12-07T08:00:00+00:00"


def test_a_run_asked_for_a_later_day_waits_for_it(house):
    an_invoice(house, "F-1", days_late=4)
    run(house, date=TODAY + timedelta(days=3))
    (queued,) = messages(house)
    assert queued.not_before.date() == TODAY + timedelta(days=3)


def test_several_currencies_are_never_added(house):
    an_invoice(house, "F-1", days_late=20, amount="100.00")
    an_invoice(house, "F-2", days_late=20, amount="100.00", currency="USD")
    assert sorted((line.currency, line.total) for line in preview(house).lines) == [("EUR", 10_000), ("USD", 10_000)]


def test_what_cannot_be_written_to_is_held_with_its_reason(house):
    a_customer(house, "C-2", "Martin", regime="B2B")
    an_invoice(house, "F-2", customer="Martin", days_late=4)
    (line,) = preview(house).lines
    assert (line.verdict.value, line.to) == ("hold", "")
    house.runner.run(UpdateContact(customer="C-2", contact_name="Paul", email="paul@martin.example"), LEA)
    assert preview(house).lines[0].to == "paul@martin.example"


def test_the_accounting_contact_comes_before_others(house):
    house.runner.run(
        UpdateContact(customer="C-1", contact_name="Anne", email="anne@dupont.example", role="comptabilité"), LEA
    )
    an_invoice(house, "F-1", days_late=4)
    assert preview(house).lines[0].to == "anne@dupont.example"


def test_an_english_customer_is_written_to_in_english(house):
    house.runner.run(UpdateCustomer(customer="C-1", language="en"), LEA)
    an_invoice(house, "F-1", days_late=4)
    (line,) = preview(house).lines
    assert "invoice" in line.subject.lower()


def test_an_assistant_may_only_propose_a_run(house):
    from build import ROBOT

    an_invoice(house, "F-1", days_late=4)
    with pytest.raises(NotAllowed):
        house.runner.run(RunDunning(), ROBOT)


def test_many_customers_go_in_parts_and_a_stopped_run_goes_on(house):
    from crm.followup.actions import dunning

    for serial in range(7):
        a_customer(house, f"K-{serial}", f"Client {serial}", regime="B2B", email=f"compta@k{serial}.example")
        an_invoice(house, f"G-{serial}", customer=f"K-{serial}", days_late=4)
    original = dunning._PART
    dunning._PART = 3
    try:
        stopping = iter([True, False])
        house.runner.report_progress = lambda *_args: next(stopping)
        run(house)
        assert len(messages(house)) == 6
        house.runner.report_progress = None
        run(house)
    finally:
        dunning._PART = original
        house.runner.report_progress = None
    assert len(messages(house)) == len({message.recipient for message in messages(house)}) == 7


def test_a_last_look_reads_what_it_looks_at_and_not_the_portfolio(house):
    if not house.database.is_sqlite:
        pytest.skip("PostgreSQL plans by the size of a table")
    an_invoice(house, "F-1", days_late=4)
    run(house)
    queued, asked = messages(house), []

    def hear(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    event.listen(house.database.engine, "before_cursor_execute", hear)
    try:
        with house.database.reading() as session:
            still_owed(session, queued, TODAY)
    finally:
        event.remove(house.database.engine, "before_cursor_execute", hear)
    with house.database.engine.connect() as connection:
        for statement, parameters in asked:
            if statement.lstrip().startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                words = [str(row[-1]) for row in plan]
                # The index of states narrows nothing once thousands wait.
                assert not [word for word in words if word.startswith("SCAN reminder") or "message_waiting" in word]


def test_counts_without_texts_are_those_with_them(crm):
    """Today's list and the first going live count without writing: they must not promise what cannot be written."""
    a_customer(crm, "C-1", "Dupont", regime="B2B", email="compta@dupont.example")
    an_invoice(crm, "F-1", days_late=40)

    def same(**counts):
        assert preview(crm, no_text=True).counts == preview(crm).counts == counts

    same(hold=1)
    crm.runner.run(UpdateCompany(name="Atelier Morvan", sender_name="Lucie Bernard"), LEA)
    same(send=1)
    crm.runner.run(GoLive(channel="email"), LEA)
    run(at(crm, TODAY - timedelta(days=10)))
    same(ask=1)
    crm.runner.run(AddCompanyAccount(iban="FR1420041010050500013M02606"), LEA)
    same(send=1)


def test_a_night_takes_back_what_an_earlier_one_asked_and_no_longer_does(house):
    for number, name in (("C-2", "Martin"), ("C-3", "Petit")):
        a_customer(house, number, name, regime="B2B", email=f"compta@{name.lower()}.example")
        an_invoice(house, f"F-{number}", customer=name, days_late=4)
        a_payment(house, f"P-{number}", customer=name, amount="10.00")
    house.runner.run(RunDunning(no_text=True), NIGHT)
    asked = [row.subject for row in house.runner.read(ListProposals(), LEA).rows]
    assert asked == ["dunning/C-2/EUR", "dunning/C-3/EUR"]
    house.runner.run(PauseDunning(customer="C-2", until=TODAY + timedelta(days=9)), LEA)
    house.runner.run(RunDunning(customer="C-1", no_text=True), NIGHT)
    assert len(house.runner.read(ListProposals(), LEA).rows) == 2, "a run about one customer says nothing of others"
    house.runner.run(RunDunning(no_text=True), NIGHT)
    assert [row.subject for row in house.runner.read(ListProposals(), LEA).rows] == ["dunning/C-3/EUR"]


def test_a_night_in_parts_takes_back_each_part_its_own(house, monkeypatch):
    monkeypatch.setattr("crm.followup.actions.dunning._PART", 1)
    for number, name in (("C-2", "Martin"), ("C-3", "Petit")):
        a_customer(house, number, name, regime="B2B", email=f"compta@{name.lower()}.example")
        an_invoice(house, f"F-{number}", customer=name, days_late=4)
        a_payment(house, f"P-{number}", customer=name, amount="10.00")
    for _night in range(2):
        house.runner.run(RunDunning(no_text=True), NIGHT)
        asked = [row.subject for row in house.runner.read(ListProposals(), LEA).rows]
        assert asked == ["dunning/C-2/EUR", "dunning/C-3/EUR"]
    a_payment(house, "P-9", customer="Martin", amount="5000.00")
    house.runner.run(RunDunning(no_text=True), NIGHT)
    assert [row.subject for row in house.runner.read(ListProposals(), LEA).rows] == ["dunning/C-3/EUR"]

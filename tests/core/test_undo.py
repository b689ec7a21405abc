"""Undo: every answer is as it was before the act, or the act stays, with the reason."""

from typing import Any

import pytest
from build import (
    LEA,
    TODAY,
    TOM,
    Allocate,
    a_credit_note,
    a_customer,
    a_payment,
    ago,
    allocated,
    an_invoice,
    beside,
    clean,
    columns_of,
    counts,
    dump,
    imported,
    open_amounts,
)
from sqlalchemy import event
from sqlmodel import select

from crm.bootstrap import Crm
from crm.core import journal
from crm.core.actions import Action, Effect
from crm.core.basics import AcceptProposal, ListJournal, ListProposals, Propose, Undo
from crm.core.errors import NotAllowed, NotFound, Refused
from crm.core.runner import Context
from crm.customers.actions import (
    CreateCustomer,
    LiftHold,
    PlaceHold,
    SetSegment,
    ShowCompany,
    UpdateCompany,
    UpdateContact,
    UpdateCustomer,
)
from crm.customers.models import Customer
from crm.portfolio.actions import ShowCustomer
from crm.receivables.actions import AgedBalance, ListInvoices

FILE = """
    number;customer;issue_date;due_date;total_incl_tax;paid_date;paid_amount;disputed
    F-1;Dupont;2026-09-01;2026-10-01;120.00;2026-10-05;20.00;
    F-2;Martin;2026-09-02;2026-10-02;80.00;;;yes
    AV-1;Dupont;2026-10-02;;-30.00;;;
"""


def facts(crm: Crm) -> dict[str, list[tuple[Any, ...]]]:
    """Every row but those of the journal."""
    return {table: rows for table, rows in dump(crm).items() if not table.startswith("journal") and rows}


def answers(crm: Crm) -> list[Any]:
    """What is owed on several days, and by which documents."""
    days = (ago(200), ago(60), ago(20), TODAY, ago(-90))
    asked = [kind(as_of=day) for kind in (AgedBalance, ListInvoices) for day in days]
    return [crm.runner.read(action, LEA).as_json() for action in asked]


def undo(crm: Crm, **given: Any) -> Any:
    return crm.runner.run(Undo(**given), given.pop("actor", LEA)).result


# What is taken back


def test_what_was_added_is_gone(crm):
    crm.runner.run(CreateCustomer(number="C-1", name="Dupont"), LEA)
    assert undo(crm).as_json()["undone"]["action"] == "create_customer"
    assert facts(crm) == {}


def test_what_was_changed_has_its_old_values(crm):
    a_customer(
        crm, city="Brest", payment_terms="60", credit_limit="1000.00", customer_since="2020-02-29", discreet="no"
    )
    before = facts(crm)
    crm.runner.run(
        UpdateCustomer(
            customer="C-1", name="Durand", city="Rennes", payment_terms="45 EOM A", credit_limit="20", discreet=True
        ),
        LEA,
    )
    assert facts(crm) != before
    undo(crm)
    assert facts(crm) == before


def test_a_whole_file_is_taken_back(crm):
    clean(imported(crm, FILE))
    assert counts(crm)["invoice"] == 3
    undo(crm)
    assert facts(crm) == {}
    assert answers(crm) == answers(crm)


def test_a_second_file_is_taken_back_and_the_first_stays(crm):
    clean(imported(crm, FILE))
    before, said = facts(crm), answers(crm)
    again = FILE.replace("2026-10-02;80.00;;;yes", "2026-10-12;80.00;2026-10-20;;no").replace(";20.00;", ";70.00;")
    assert imported(crm, again).updated == 2
    assert answers(crm) != said
    undo(crm)
    assert answers(crm) == said
    assert facts(crm) == before


def test_a_file_of_customers_is_taken_back_with_names_and_contacts(crm):
    a_customer(crm, aliases="DPT", contact_name="Anne", email="anne@dupont.example")
    before = facts(crm)
    report = imported(
        crm,
        """
        number;name;aliases;contact_name;email;city
        C-1;Dupont;DPT|Dupont SA;Anne;anne@dupont.example;Brest
        C-2;Martin;MTN;Paul;paul@martin.example;Rennes
        """,
    )
    assert (report.created, report.updated) == (1, 1)
    undo(crm)
    assert facts(crm) == before


def test_an_allocation_is_reversed_and_both_sides_are_as_before(crm):
    an_invoice(crm, amount="120.00")
    a_payment(crm, amount="50.00")
    before = answers(crm)
    allocated(crm, "P-1", "F-1", "50.00")
    assert open_amounts(crm) == {"F-1": "70.00"}
    undo(crm)
    assert answers(crm) == before
    assert columns_of(crm) == {"1-30": "120.00", "unallocated": "-50.00", "total": "70.00"}
    kept = dump(crm)["allocation"]
    assert len(kept) == 2, "a fact is reversed, never deleted"


def test_a_credit_note_set_against_an_invoice_is_taken_back_on_both_sides(crm):
    an_invoice(crm, amount="120.00")
    a_credit_note(crm, amount="-20.00")
    before = answers(crm)
    allocated(crm, "AV-1", "F-1", "20.00")
    assert open_amounts(crm) == {"F-1": "100.00"}
    undo(crm)
    assert answers(crm) == before


def test_a_hold_is_taken_back_and_so_is_its_end(crm):
    a_customer(crm)
    crm.runner.run(PlaceHold(customer="C-1", reason="on holiday"), LEA)
    held = facts(crm)
    crm.runner.run(LiftHold(customer="C-1"), LEA)
    undo(crm)
    assert facts(crm) == held
    undo(crm)
    assert "hold" not in facts(crm)


def test_a_proposal_waits_again_when_its_yes_is_taken_back(crm):
    a_customer(crm)
    crm.runner.run(
        Propose(action="set_segment", fields={"customer": "C-1", "segment": "vip"}, subject="C-1", reason="big"), LEA
    )
    before = facts(crm)
    crm.runner.run(AcceptProposal(proposal=1), LEA)
    assert crm.runner.read(ListProposals(), LEA).rows == ()
    undo(crm)
    assert facts(crm) == before
    assert [row.id for row in crm.runner.read(ListProposals(), LEA).rows] == [1]


def test_each_undo_goes_one_act_further_back(crm):
    for city in ("Brest", "Rennes", "Vannes"):
        if city == "Brest":
            a_customer(crm, city=city)
        else:
            crm.runner.run(UpdateCustomer(customer="C-1", city=city), LEA)
    seen = []
    for _turn in range(2):
        undo(crm)
        seen.append(crm.runner.read(ShowCustomer(customer="C-1"), LEA).card.customer.city)
    assert seen == ["Rennes", "Brest"]
    undo(crm)
    assert facts(crm) == {}
    with pytest.raises(NotFound):
        undo(crm)


def test_after_an_undo_the_act_can_be_done_again(crm):
    for _turn in range(2):
        assert clean(imported(crm, FILE)).created == 3
        undo(crm)
    assert clean(imported(crm, FILE)).created == 3


def test_an_undo_is_previewed_and_sealed_like_any_act(crm):
    a_customer(crm)
    before = dump(crm)
    preview = crm.runner.preview(Undo(), LEA)
    assert dump(crm) == before
    assert preview.changes.summary() == {"customer": {"delete": 1}}
    crm.runner.commit_sealed(Undo(), preview.seal, LEA)
    assert facts(crm) == {}


# What stays, and why


def refusal(crm: Crm, **given: Any) -> Refused:
    before = dump(crm)
    with pytest.raises(Refused) as told:
        undo(crm, **given)
    assert dump(crm) == before
    return told.value


def test_a_customer_with_invoices_stays_until_those_are_taken_back(crm):
    a_customer(crm)
    an_invoice(crm, customer="C-1")
    told = refusal(crm, entry=1)
    assert "1 added since" in told.message
    assert told.next_step
    undo(crm)
    undo(crm)
    assert facts(crm) == {}


def test_what_was_changed_later_is_not_deleted(crm):
    a_customer(crm)
    crm.runner.run(SetSegment(customer="C-1", segment="vip"), LEA)
    assert "1 changed since" in refusal(crm, entry=1).message


def test_what_was_changed_later_is_not_restored(crm):
    a_customer(crm, city="Brest")
    crm.runner.run(UpdateCustomer(customer="C-1", city="Rennes"), LEA)
    crm.runner.run(UpdateCustomer(customer="C-1", city="Vannes"), LEA)
    assert "1 record changed since" in refusal(crm, entry=2).message
    undo(crm, entry=3)
    undo(crm, entry=2)
    assert crm.runner.read(ShowCustomer(customer="C-1"), LEA).card.customer.city == "Brest"


def test_a_file_stays_when_later_money_was_set_against_it(crm):
    clean(imported(crm, FILE))
    a_payment(crm)
    allocated(crm, "P-1", "F-1", "50.00")
    assert "allocation" in refusal(crm, entry=1).message


def test_money_that_was_used_stays(crm):
    an_invoice(crm)
    a_payment(crm)
    allocated(crm, "P-1", "F-1", "50.00")
    assert "allocation" in refusal(crm, entry=2).message


def test_a_file_whose_due_dates_were_corrected_stays(crm):
    clean(imported(crm, FILE))
    imported(crm, FILE.replace("2026-10-01;120", "2026-10-15;120"))
    assert "instalment" in refusal(crm, entry=1).message
    undo(crm)
    undo(crm)
    assert facts(crm) == {}


def test_an_undo_is_not_undone(crm):
    a_customer(crm)
    undo(crm)
    refusal(crm, entry=2)


def test_nothing_is_taken_back_twice(crm):
    a_customer(crm)
    a_customer(crm, "C-2", "Martin")
    undo(crm, entry=1)
    refusal(crm, entry=1)


def test_what_was_erased_is_not_taken_back(crm):
    a_customer(crm)
    with crm.database.writing() as session:
        digest = journal.redact(session, 1, fields="{}", changes="[]", note="")
        journal.append(
            session, entry_id=2, at=crm.clock.now(), day=TODAY, actor=LEA, action="erase_customer", effect="write",
            fields="{}", changes="[]", redacts=1, redacted_digest=digest,
        )  # fmt: skip  # read as a table: columns side by side
        session.commit()
    refusal(crm, entry=1)
    refusal(crm, entry=2)


def test_an_act_that_removed_records_is_not_taken_back(crm):
    class Remove(Action[None]):
        """Remove a customer."""

        effect = Effect.WRITE

        def perform(self, context: Context) -> None:
            """Delete the row."""
            context.session.delete(context.session.exec(select(Customer)).one())

    a_customer(crm)
    crm.runner.run(Remove(), LEA)
    refusal(crm, entry=2)


def test_there_is_nothing_to_take_back_in_a_new_house(crm):
    with pytest.raises(NotFound):
        undo(crm)
    with pytest.raises(NotFound):
        undo(crm, entry=7)


# Whose act it is


def test_undo_takes_back_one_s_own_last_act(crm):
    a_customer(crm)
    crm.runner.run(CreateCustomer(number="C-2", name="Martin"), TOM)
    undo(crm)
    assert crm.runner.read(ShowCustomer(customer="C-2"), LEA).card.customer.name == "Martin"
    with pytest.raises(NotFound):
        crm.runner.read(ShowCustomer(customer="C-1"), LEA)


def test_only_a_manager_takes_back_what_others_did(crm):
    a_customer(crm)
    with pytest.raises(NotAllowed):
        crm.runner.run(Undo(entry=1), TOM)
    crm.runner.run(CreateCustomer(number="C-2", name="Martin"), TOM)
    undo(crm, entry=2)
    assert [row[1] for row in dump(crm)["customer"]] != []


def test_the_company_is_as_it_was_told_before(crm):
    crm.runner.run(UpdateCompany(name="Nous", capital="10000", payment_terms="45 EOM A"), LEA)
    crm.runner.run(UpdateCompany(capital="20000", siren="732829320"), LEA)
    undo(crm)
    told = crm.runner.read(ShowCompany(), LEA).as_json()["company"]
    assert (told["capital"], told["siren"], told["payment_terms"]) == ("10000.00", "", "45 EOM A")


def test_a_contact_is_as_it_was(crm):
    a_customer(crm, contact_name="Anne", email="anne@dupont.example")
    before = facts(crm)
    crm.runner.run(UpdateContact(customer="C-1", email="a@dupont.example", address="1 rue du Port"), LEA)
    crm.runner.run(UpdateContact(customer="C-1", contact_name="Paul", phone="0298000000"), LEA)
    undo(crm)
    undo(crm)
    assert facts(crm) == before


def test_two_programs_do_not_take_back_the_same_act(crm):
    a_customer(crm)
    preview = crm.runner.preview(Undo(entry=1), LEA)
    undo(beside(crm), entry=1)
    with pytest.raises(Refused):
        crm.runner.commit(preview, LEA)


def test_the_journal_says_what_was_taken_back(crm):
    a_customer(crm)
    undo(crm)
    entries = crm.runner.read(ListJournal(), LEA).as_json()["entries"]
    assert [(e["entry"], e["action"], e["undoes"], e["undone"]) for e in entries] == [
        (2, "undo", 1, False),
        (1, "create_customer" if entries[1]["action"] == "create_customer" else "import_data", None, True),
    ]


def test_an_allocation_undone_twice_in_a_row_of_acts_balances(crm):
    an_invoice(crm, amount="120.00")
    a_payment(crm, amount="120.00")
    for _turn in range(3):
        crm.runner.run(Allocate(source="P-1", invoice="F-1", amount="120.00"), LEA)
        assert open_amounts(crm) == {}
        undo(crm)
        assert open_amounts(crm) == {"F-1": "120.00"}


# By set


class Statements(list[str]):
    """What was asked of the database."""

    def hear(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        self.append(statement)


@pytest.fixture
def statements(crm):
    heard = Statements()
    event.listen(crm.database.engine, "before_cursor_execute", heard.hear)
    yield heard
    event.remove(crm.database.engine, "before_cursor_execute", heard.hear)


def test_a_large_file_is_taken_back_with_few_statements(crm, statements):
    """
    file 1   1,000 invoices, each paid in part
    file 2   the same with later due dates, paid in full
    """
    head = "number;customer;issue_date;due_date;total_incl_tax;paid_date;paid_amount\n"
    lines = [
        "".join(f"F-{place};Client {place % 50};2026-09-01;{due};120.00;{paid_on};{paid}\n" for place in range(1_000))
        for due, paid_on, paid in (("2026-10-01", "2026-10-05", "20.00"), ("2026-10-15", "2026-11-05", "120.00"))
    ]
    assert clean(imported(crm, head + lines[0])).created == 1_000
    before, said = facts(crm), answers(crm)
    assert clean(imported(crm, head + lines[1])).updated == 1_000
    for expected in (before, {}):
        statements.clear()
        undo(crm)
        assert len(statements) < 150
        assert facts(crm) == expected
        if expected:
            assert answers(crm) == said

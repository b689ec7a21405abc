"""The database: one writer at a time, readers on a snapshot, nothing naive, nothing orphaned."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from build import LEA, a_customer, beside, counts, dump
from sqlalchemy import BigInteger, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import SQLModel, select

from crm.core.db import Database, Row, UtcDateTime, snake_case
from crm.core.errors import NotAllowed, OutsideFault
from crm.core.proposals import Proposal
from crm.customers.actions import CreateCustomer, UpdateCustomer
from crm.customers.models import Contact, Customer

PARIS = timezone(timedelta(hours=1))


def a_proposal(at: datetime) -> Proposal:
    return Proposal(action="x", fields="{}", subject="C-1", reason="r", proposed_at=at)


# Moments


def test_a_naive_moment_is_refused(crm):
    with crm.database.writing() as session:
        session.add(a_proposal(datetime(2026, 11, 24, 10)))  # noqa: DTZ001  that is the point
        with pytest.raises(StatementError, match="time zone"):
            session.flush()


def test_a_moment_comes_back_in_utc_to_the_microsecond(crm):
    moment = datetime(2026, 11, 24, 10, 30, 15, 123456, PARIS)
    with crm.database.writing() as session:
        session.add(a_proposal(moment))
        session.commit()
    with crm.database.reading() as session:
        kept = session.exec(select(Proposal)).one().proposed_at
    assert kept == moment
    assert kept.tzinfo is UTC
    assert kept.hour == 9


def test_every_moment_of_every_table_is_kept_in_utc():
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if column.type.python_type is datetime:
                assert isinstance(column.type, UtcDateTime), f"{table.name}.{column.name}"


def test_no_table_keeps_an_amount_as_a_fraction():
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if any(word in column.name for word in ("cents", "amount", "total", "price")):
                assert isinstance(column.type, BigInteger), f"{table.name}.{column.name}"


# Readers


WRITES = [
    "INSERT INTO app_user (number, name, email, role) VALUES ('U1', 'x', '', 'admin')",
    "UPDATE customer SET name = 'x'",
    "DELETE FROM customer",
    "CREATE TABLE extra (id integer)",
    "DROP TABLE hold",
]


@pytest.mark.parametrize("statement", WRITES, ids=lambda statement: statement.split()[0])
def test_the_database_itself_refuses_what_a_reader_writes(crm, statement):
    a_customer(crm)
    before = dump(crm)
    with pytest.raises(NotAllowed), crm.database.reading() as session:
        session.connection().execute(text(statement))
    assert dump(crm) == before


def test_rows_that_were_only_added_are_refused_too(crm):
    with pytest.raises(NotAllowed), crm.database.reading() as session:
        session.add(Customer(number="C-1", name="x", name_key="x"))
    assert counts(crm) == {}


def test_a_reader_sees_one_state_whatever_others_commit_meanwhile(crm):
    a_customer(crm, city="Brest")
    other = beside(crm)
    with crm.database.reading() as session:
        before = session.connection().execute(text("SELECT city FROM customer")).scalar()
        other.runner.run(UpdateCustomer(customer="C-1", city="Rennes"), LEA)
        other.runner.run(CreateCustomer(number="C-2", name="Martin"), LEA)
        after = session.connection().execute(text("SELECT city FROM customer ORDER BY id")).scalars().all()
    assert (before, after) == ("Brest", ["Brest"])
    assert [row[1] for row in dump(crm)["customer"]] != []


def test_a_fault_that_is_no_attempt_to_write_is_told_as_it_is(crm):
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError), crm.database.reading() as session:
        session.connection().execute(text("SELECT * FROM nothing_of_the_kind"))


# Writers


def test_what_is_not_committed_is_rolled_back(crm):
    with crm.database.writing() as session:
        session.add(Customer(number="C-1", name="x", name_key="x"))
        session.flush()
    assert counts(crm) == {}


def test_a_row_that_refers_to_nothing_is_refused(crm):
    with crm.database.writing() as session:
        session.add(Contact(customer_id=99, name="Anne"))
        with pytest.raises(IntegrityError):
            session.commit()
    assert counts(crm) == {}


def test_a_row_that_others_refer_to_is_not_deleted(crm):
    a_customer(crm, contact_name="Anne", email="anne@dupont.example")
    with crm.database.writing() as session, pytest.raises(IntegrityError):
        session.connection().execute(text("DELETE FROM customer"))
    assert counts(crm)["customer"] == 1


def test_two_writers_wait_for_each_other_instead_of_failing(crm):
    a_customer(crm)
    other, asked, done, told = beside(crm), threading.Event(), threading.Event(), list[Any]()

    def second() -> None:
        asked.set()
        told.append(other.runner.run(CreateCustomer(number="C-3", name="Third"), LEA).entry_id)
        done.set()

    with crm.database.writing() as session:
        session.add(Customer(number="C-2", name="Second", name_key="second"))
        session.flush()
        thread = threading.Thread(target=second)
        thread.start()
        asked.wait()
        waiting = not done.is_set()
        session.commit()
    thread.join()
    assert waiting
    assert told == [2]
    assert [row[0] for row in dump(crm)["customer"]] == [1, 2, 3]


def test_many_writers_lose_no_act(crm):
    def work(writer: int) -> None:
        program = programs[writer]
        for place in range(5):
            program.runner.run(CreateCustomer(number=f"C-{writer}-{place}", name="x"), LEA)

    programs = [beside(crm) for _writer in range(4)]
    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(crm)["customer"] == 20
    from crm.core.basics import VerifyJournal

    assert crm.runner.read(VerifyJournal(), LEA).as_json() == {"holds": True, "entries": 20, "first_broken": None}


def test_readers_do_not_wait_for_a_writer(crm):
    a_customer(crm)
    with crm.database.writing() as session:
        session.add(Customer(number="C-2", name="Second", name_key="second"))
        session.flush()
        assert counts(beside(crm))["customer"] == 1


# What cannot be reached


@pytest.mark.parametrize("url", ["sqlite:////proc/nowhere/a.db", "postgresql+psycopg://nobody@127.0.0.1:1/nothing"])
def test_a_database_out_of_reach_is_an_outside_fault(url):
    with pytest.raises((OutsideFault, OSError)) as told, Database(url).reading() as session:
        session.connection()
    assert isinstance(told.value, OutsideFault)


def test_a_file_that_is_no_database_is_told(tmp_path):
    path = tmp_path / "a.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(OutsideFault) as told, Database(f"sqlite:///{path}").reading() as session:
        session.connection()
    assert str(told.value)


# Tables


def test_tables_are_named_after_their_rows():
    assert snake_case("BankAccount") == "bank_account"
    for kind in Row.__subclasses__():
        if kind.__tablename__ not in {"app_user", "sales_order"}:  # USER and ORDER are reserved words
            assert kind.__tablename__ == snake_case(kind.__name__)


def test_every_table_of_the_rooms_names_the_acts_that_made_and_changed_its_rows():
    for table in SQLModel.metadata.sorted_tables:
        if not table.name.startswith("journal"):
            assert {"id", "entry_id", "touched_id"} <= set(table.columns.keys()), table.name


def test_references_that_balances_follow_have_an_index():
    rarely = {"customer.root_id"}
    for name in (
        "customer",
        "customer_alias",
        "contact",
        "hold",
        "invoice",
        "instalment",
        "payment",
        "allocation",
        "dispute",
    ):
        table = SQLModel.metadata.tables[name]
        indexed = {next(iter(index.columns)).name for index in table.indexes}
        for key in table.foreign_keys:
            assert key.parent.name in indexed or f"{name}.{key.parent.name}" in rarely, f"{name}.{key.parent.name}"

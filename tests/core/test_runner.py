"""The runner: a preview leaves nothing behind, and what is committed is what was previewed."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from build import (
    LEA,
    NIGHT,
    ROBOT,
    TOM,
    a_customer,
    a_payment,
    ago,
    allocated,
    an_invoice,
    beside,
    counts,
    csv_upload,
    dump,
    imported,
)
from pydantic import Field
from sqlalchemy import insert, text, update
from sqlmodel import col, delete, select

from crm.bootstrap import Crm
from crm.core import journal
from crm.core.actions import Action, Effect
from crm.core.basics import ImportData, ListJournal, Undo
from crm.core.calendar import Clock
from crm.core.errors import CrmError, Invalid, NotAllowed, NotFound, Refused, Stale
from crm.core.runner import Cancelled, Context
from crm.customers.actions import CreateCustomer, PlaceHold, ShowCompany, UpdateCompany, UpdateCustomer
from crm.customers.models import Contact, Customer

FILE = """
    number;customer;issue_date;due_date;total_incl_tax;paid_date;paid_amount
    F-1;Dupont;2026-09-01;2026-10-01;120.00;2026-10-05;20.00
    F-2;Martin;2026-09-02;2026-10-02;80.00;;
    F-3;Dupont;2026-11-02;2026-12-02;40.00;2026-11-03;
"""
DUPONT = CreateCustomer(number="C-1", name="Dupont")


def importing(crm: Crm, text: str = FILE) -> ImportData:
    return ImportData(upload=csv_upload(crm, text))


class AddPair(Action[str]):
    """Add a customer and somebody to talk to."""

    effect = Effect.WRITE

    number: str = Field(description="Number")

    def perform(self, context: Context) -> str:
        """Add both, the second with the key of the first."""
        row = Customer(number=self.number, name="Pair", name_key="pair")
        context.session.add(row)
        context.session.flush()
        context.session.add(Contact(customer_id=row.id, name="Anne"))
        return row.number


# A preview leaves nothing


@pytest.mark.parametrize("make", [lambda crm: DUPONT, importing, lambda crm: AddPair(number="C-7")])
def test_a_preview_leaves_the_database_as_it_was(crm, make):
    an_invoice(crm, "F-9")
    before = dump(crm)
    preview = crm.runner.preview(make(crm), LEA)
    assert len(preview.changes) > 0
    assert dump(crm) == before


def test_a_preview_leaves_the_file_as_it_was_byte_for_byte(crm):
    an_invoice(crm, "F-9")
    if not crm.database.is_sqlite:
        pytest.skip("only an embedded database is one file")
    crm.close()
    path = Path(str(crm.database.url.database))
    before = hashlib.sha256(path.read_bytes()).digest()
    crm.runner.preview(importing(crm), LEA)
    crm.close()
    assert hashlib.sha256(path.read_bytes()).digest() == before


def test_a_preview_that_fails_leaves_nothing_either(crm):
    crm.runner.run(DUPONT, LEA)
    before = dump(crm)
    with pytest.raises(Refused):
        crm.runner.preview(DUPONT, LEA)
    assert dump(crm) == before


def test_an_act_that_fails_half_way_leaves_nothing(crm):
    class Stumble(AddPair):
        """Add a pair and fall over."""

        def perform(self, context: Context) -> str:
            super().perform(context)
            context.session.flush()
            raise Refused("no")

    with pytest.raises(Refused):
        crm.runner.run(Stumble(number="C-7"), LEA)
    assert counts(crm) == {}


# The seal


@pytest.mark.parametrize("make", [lambda crm: DUPONT, importing, lambda crm: AddPair(number="C-7")])
def test_the_same_act_on_the_same_facts_has_the_same_seal(crm, make):
    first, second = (crm.runner.preview(make(crm), LEA) for _ in range(2))
    assert first.seal == second.seal
    assert first.changes.summary() == second.changes.summary()


@pytest.mark.parametrize("make", [lambda crm: DUPONT, importing, lambda crm: AddPair(number="C-7")])
def test_the_seal_does_not_depend_on_the_numbers_the_database_gives(crm, new_house, make):
    for place in range(3):
        a_customer(crm, f"X-{place}", f"Other {place}")
        an_invoice(crm, f"X-{place}", customer=f"Other {place}", paid_date=ago(1))
    with new_house() as empty:
        assert crm.runner.preview(make(crm), LEA).seal == empty.runner.preview(make(empty), LEA).seal


def test_another_value_gives_another_seal(crm):
    seals = {crm.runner.preview(CreateCustomer(number="C-1", name=name), LEA).seal for name in ("Dupont", "Dupond")}
    assert len(seals) == 2


def test_a_file_that_differs_by_a_cent_gives_another_seal(crm):
    one, other = (crm.runner.preview(importing(crm, text), LEA) for text in (FILE, FILE.replace("80.00", "80.01")))
    assert one.changes.summary() == other.changes.summary()
    assert one.seal != other.seal


def test_a_commit_does_what_the_preview_said(crm):
    preview = crm.runner.preview(importing(crm), LEA)
    done = crm.runner.commit(preview, LEA)
    assert done.changes.summary() == preview.changes.summary()
    assert done.result.as_json() == preview.result.as_json()
    assert counts(crm)["invoice"] == 3


def test_a_seal_is_good_in_another_process(crm):
    preview = crm.runner.preview(DUPONT, LEA)
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "crm.cli",
            "create-customer",
            "--number",
            "C-1",
            "--name",
            "Dupont",
            "--seal",
            preview.seal,
            "--json",
            "--today",
            "2026-11-24",
        ],
        env={
            **os.environ,
            "CRM_DATABASE_URL": crm.settings.database_url,
            "CRM_DATA_FOLDER": str(crm.settings.data_folder),
        },
        capture_output=True,
        check=True,
    )
    assert json.loads(told.stdout)["name"] == "Dupont"
    assert counts(crm)["customer"] == 1


def test_a_seal_of_something_else_is_refused(crm):
    seal = crm.runner.preview(DUPONT, LEA).seal
    with pytest.raises(Stale):
        crm.runner.commit_sealed(CreateCustomer(number="C-1", name="Martin"), seal, LEA)
    assert counts(crm) == {}


# A fact that changes between preview and commit


def _same_file(crm: Crm) -> None:
    crm.runner.run(importing(crm), LEA)


def _one_of_its_invoices(crm: Crm) -> None:
    imported(crm, "number;customer;issue_date;total_incl_tax\nF-2;Martin;2026-09-02;80.00\n")


def _its_customer(crm: Crm) -> None:
    a_customer(crm, "C-1", "Dupont")


def _our_terms(crm: Crm) -> None:
    crm.runner.run(UpdateCompany(name="Nous", payment_terms="60"), LEA)


@pytest.mark.parametrize("meanwhile", [_same_file, _one_of_its_invoices, _its_customer])
def test_a_file_is_stale_when_its_facts_came_in_meanwhile(crm, meanwhile):
    preview = crm.runner.preview(importing(crm), LEA)
    meanwhile(beside(crm))
    before = dump(crm)
    with pytest.raises(Stale) as told:
        crm.runner.commit(preview, LEA)
    assert told.value.message
    assert told.value.next_step
    assert dump(crm) == before


def test_a_file_without_due_dates_is_stale_when_our_terms_change(crm):
    text = "number;customer;issue_date;total_incl_tax\nF-1;Dupont;2026-09-01;120.00\n"
    preview = crm.runner.preview(importing(crm, text), LEA)
    _our_terms(beside(crm))
    with pytest.raises(Stale):
        crm.runner.commit(preview, LEA)


def test_a_change_is_stale_when_the_same_row_was_changed_meanwhile(crm):
    a_customer(crm, city="Brest")
    preview = crm.runner.preview(UpdateCustomer(customer="C-1", city="Quimper"), LEA)
    beside(crm).runner.run(UpdateCustomer(customer="C-1", city="Rennes"), LEA)
    with pytest.raises(Stale):
        crm.runner.commit(preview, LEA)


def test_a_change_is_stale_when_somebody_has_made_it_already(crm):
    a_customer(crm)
    preview = crm.runner.preview(UpdateCustomer(customer="C-1", city="Quimper"), LEA)
    beside(crm).runner.run(UpdateCustomer(customer="C-1", city="Quimper"), LEA)
    with pytest.raises(Stale):
        crm.runner.commit(preview, LEA)


def test_undo_is_stale_when_another_act_came_in_between(crm):
    a_customer(crm)
    preview = crm.runner.preview(Undo(), LEA)
    a_customer(beside(crm), "C-2", "Martin")
    with pytest.raises(Stale):
        crm.runner.commit(preview, LEA)


def test_a_hold_is_stale_after_midnight(crm):
    a_customer(crm)
    preview = crm.runner.preview(PlaceHold(customer="C-1", reason="on holiday"), LEA)
    tomorrow = Crm(crm.settings, Clock.at("2026-11-25"))
    with pytest.raises(Stale):
        tomorrow.runner.commit(preview, LEA)


def test_a_preview_is_committed_once(crm):
    preview = crm.runner.preview(importing(crm), LEA)
    crm.runner.commit(preview, LEA)
    with pytest.raises(Stale):
        crm.runner.commit(preview, LEA)


@pytest.mark.parametrize("make", [lambda crm: DUPONT, importing, lambda crm: AddPair(number="C-7")])
def test_what_does_not_concern_it_makes_nothing_stale(crm, make):
    preview = crm.runner.preview(make(crm), LEA)
    an_invoice(beside(crm), "Z-1", customer="Zola", paid_date=ago(1))
    done = crm.runner.commit(preview, LEA)
    assert done.entry_id == 2


# A READ reads


class Read(Action[Any]):
    """Pretend to read."""

    effect = Effect.READ

    def perform(self, context: Context) -> Any:
        """Read."""
        return context.session.exec(select(Customer)).all()


class ReadByRow(Read):
    """Add a row."""

    def perform(self, context: Context) -> Any:
        """Add it and leave it at that."""
        context.session.add(Customer(number="C-9", name="Nine", name_key="nine"))


class ReadByFlush(Read):
    """Add a row and write it."""

    def perform(self, context: Context) -> Any:
        """Add and flush."""
        context.session.add(Customer(number="C-9", name="Nine", name_key="nine"))
        context.session.flush()


class ReadByChange(Read):
    """Change a row."""

    def perform(self, context: Context) -> Any:
        """Give another name."""
        row = context.session.exec(select(Customer)).one()
        row.name = "Nine"
        context.session.add(row)


class ReadByDelete(Read):
    """Delete a row."""

    def perform(self, context: Context) -> Any:
        """Delete it."""
        context.session.delete(context.session.exec(select(Customer)).one())


class ReadByStatement(Read):
    """Write past the session."""

    def perform(self, context: Context) -> Any:
        """Update by a statement."""
        context.session.connection().execute(update(Customer).values(name="Nine"))


class ReadByDriver(Read):
    """Write past SQLAlchemy."""

    def perform(self, context: Context) -> Any:
        """Update by text."""
        context.session.connection().exec_driver_sql("UPDATE customer SET name = 'Nine'")


class ReadByBulk(Read):
    """Insert in bulk."""

    def perform(self, context: Context) -> Any:
        """Insert rows."""
        keys = context.keys(Customer)
        context.insert_many(Customer, ("id", "number", "name"), [(next(keys), "C-9", "Nine")])


class ReadByBulkUpdate(Read):
    """Update in bulk."""

    def perform(self, context: Context) -> Any:
        """Update rows."""
        context.update_where(Customer, Customer.number == "C-1", {"name": "Nine"})


WRITERS = [
    ReadByRow,
    ReadByFlush,
    ReadByChange,
    ReadByDelete,
    ReadByStatement,
    ReadByDriver,
    ReadByBulk,
    ReadByBulkUpdate,
]


@pytest.mark.parametrize("kind", WRITERS, ids=lambda kind: kind.__name__)
def test_a_read_that_writes_is_refused_and_writes_nothing(crm, kind):
    a_customer(crm)
    before = dump(crm)
    with pytest.raises(NotAllowed):
        crm.runner.read(kind(), LEA)
    assert dump(crm) == before


@pytest.mark.parametrize(
    "kind", [ReadByRow, ReadByFlush, ReadByChange, ReadByBulkUpdate], ids=lambda kind: kind.__name__
)
def test_a_read_that_writes_is_refused_on_every_way_in(crm, kind):
    a_customer(crm)
    before = dump(crm)
    with pytest.raises(NotAllowed):
        crm.runner.run(kind(), LEA)
    assert dump(crm) == before


def test_after_a_refused_read_the_connection_still_writes(crm):
    a_customer(crm)
    with pytest.raises(NotAllowed):
        crm.runner.read(ReadByDriver(), LEA)
    crm.runner.run(UpdateCustomer(customer="C-1", city="Brest"), LEA)
    assert crm.runner.read(Read(), LEA)[0].city == "Brest"


def test_only_reads_are_read(crm):
    with pytest.raises(NotAllowed):
        crm.runner.read(DUPONT, LEA)
    assert counts(crm) == {}


def test_an_answer_can_be_used_when_the_session_is_gone(crm):
    a_customer(crm, city="Brest")
    (row,) = crm.runner.read(Read(), LEA)
    assert (row.number, row.city) == ("C-1", "Brest")


# Statements that would escape the list of changes


@pytest.mark.parametrize(
    "statement",
    [
        insert(Customer).values(number="C-9", name="Nine", name_key="nine"),
        update(Customer).values(name="Nine"),
        delete(Customer).where(col(Customer.number) == "C-1"),
        text("DELETE FROM customer"),
    ],
    ids=["insert", "update", "delete", "text"],
)
def test_a_statement_that_writes_past_the_session_is_refused(crm, statement):
    class Sneak(Action[Any]):
        """Write by a statement."""

        effect = Effect.WRITE

        def perform(self, context: Context) -> Any:
            """Execute it."""
            context.session.execute(statement)

    a_customer(crm)
    before = dump(crm)
    with pytest.raises(CrmError, match="insert_many"):
        crm.runner.run(Sneak(), LEA)
    assert dump(crm) == before


# What is journalled


def test_an_act_is_journalled_with_its_author_its_door_and_its_day(crm):
    done = crm.runner.run(DUPONT, LEA)
    (entry,) = crm.runner.read(ListJournal(), LEA).entries
    assert entry.id == done.entry_id
    assert (entry.actor, entry.role, entry.door, entry.action, entry.effect) == (
        "Léa",
        "manager",
        "cli",
        "create_customer",
        "write",
    )
    assert entry.day == date(2026, 11, 24)
    with crm.database.reading() as session:
        payload = session.get_one(journal.JournalPayload, entry.id)
    assert json.loads(payload.fields)["name"] == "Dupont"
    assert [change["table"] for change in json.loads(payload.changes)] == ["customer"]


def test_an_act_that_changes_nothing_is_not_journalled(crm):
    a_customer(crm, city="Brest")
    before = dump(crm)
    done = crm.runner.run(UpdateCustomer(customer="C-1", city="Brest"), LEA)
    assert done.entry_id is None
    assert dump(crm) == before


def test_a_file_known_already_is_not_journalled(crm):
    crm.runner.run(importing(crm), LEA)
    before = dump(crm)
    done = crm.runner.run(importing(crm), LEA)
    assert (done.entry_id, done.result.duplicates) == (None, 3)
    assert dump(crm) == before


def test_every_row_names_the_act_that_made_it_and_the_one_that_changed_it_last(crm):
    imported(crm, FILE)
    crm.runner.run(UpdateCustomer(customer="Dupont", city="Brest"), LEA)
    with crm.database.reading() as session:
        rows = session.exec(select(Customer).order_by(col(Customer.id))).all()
    assert [(row.name, row.entry_id, row.touched_id) for row in rows] == [("Dupont", 1, 2), ("Martin", 1, None)]


# Who may


def test_a_role_is_asked_for(crm):
    with pytest.raises(NotAllowed) as told:
        crm.runner.preview(UpdateCompany(name="Nous"), TOM)
    assert told.value.exit_code == 4


def test_an_assistant_commits_only_what_it_was_shown(crm):
    with pytest.raises(NotAllowed):
        crm.runner.run(DUPONT, ROBOT)
    assert counts(crm) == {}
    crm.runner.commit_sealed(DUPONT, crm.runner.preview(DUPONT, ROBOT).seal, ROBOT)
    assert counts(crm)["customer"] == 1


def test_what_would_leave_is_proposed_by_assistants_and_by_the_night(crm):
    class Shout(Action[Any]):
        """Send something."""

        effect = Effect.SEND

        def perform(self, context: Context) -> Any:
            """Add a row that would be sent."""
            return context.session.add(Customer(number="C-9", name="Nine", name_key="nine"))

    for actor in (ROBOT, NIGHT):
        preview = crm.runner.preview(Shout(), actor)
        with pytest.raises(NotAllowed):
            crm.runner.commit(preview, actor)
        with pytest.raises(NotAllowed):
            crm.runner.run(Shout(), actor)
    assert counts(crm) == {}


# Stopping


def test_whoever_stops_an_import_finds_nothing_recorded(crm):
    told = []

    def stop_at_the_second(what: str, done: int, total: int | None) -> bool:
        told.append(done)
        return len(told) < 2

    rows = "\n".join(f"C-{place};Client {place}" for place in range(5_000))
    crm.runner.report_progress = stop_at_the_second
    with pytest.raises(Cancelled):
        crm.runner.run(importing(crm, f"number;name\n{rows}\n"), LEA)
    assert told == [2_000, 4_000]
    assert counts(crm) == {}


def test_progress_is_told_and_needs_no_answer_by_default(crm):
    an_invoice(crm)
    a_payment(crm)
    allocated(crm, "P-1", "F-1", "50.00")
    assert counts(crm)["allocation"] == 1


def test_a_day_that_cannot_be_meant_and_a_customer_nobody_knows_are_told(crm):
    with pytest.raises(NotFound):
        crm.runner.preview(UpdateCustomer(customer="nobody", city="Brest"), LEA)
    with pytest.raises(Invalid):
        Clock.at("2026-02-30")
    assert crm.runner.read(ShowCompany(), LEA).known is False

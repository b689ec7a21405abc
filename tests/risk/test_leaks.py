"""A score of a day rests on what was known that day: whatever any table learns later leaves it as it was, to the last bit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest
from build import LEA, TODAY, ago, clean, imported
from companies import few_payers
from sqlalchemy import Boolean, Connection, Date, DateTime, Float, Integer, Table, delete, func, insert, select, update
from sqlmodel import Session, SQLModel
from sqlmodel import select as sqlselect

from crm.bootstrap import Crm
from crm.core.actions import Action, Effect
from crm.core.basics import Undo
from crm.core.calendar import Clock
from crm.core.db import UtcDateTime, table_of
from crm.core.runner import Context
from crm.customers.actions import PlaceHold, UpdateCustomer
from crm.customers.interactions import LogInteraction
from crm.customers.models import Customer
from crm.ledger.actions.losses import WriteOffDebt
from crm.messaging.models import OutgoingMessage
from crm.receivables.actions.disputes import OpenDispute, ResolveDispute
from crm.receivables.actions.payments import RecordPayment, UnmatchPayment
from crm.receivables.actions.plans import CancelPaymentPlan, CreatePaymentPlan
from crm.receivables.actions.promises import RecordPromise, UpdatePromise
from crm.receivables.models import Dispute, Invoice, Payment
from crm.risk.actions.deciding import OverrideRisk
from crm.risk.actions.scoring import ScoreRisk, TrainRisk
from crm.risk.scoring import scored

DAY = ago(60)
"""The day whose scores must stand."""
JOURNAL = ("journal_entry", "journal_payload", "journal_before", "journal_head")
"""Append only and chained: what is added to them is what the later acts of this story add."""
TABLES = [table for table in SQLModel.metadata.sorted_tables if table.name not in JOURNAL]
FORETOLD = {("instalment", "due_date"), ("promise", "by"), ("plan_instalment", "due_date"), ("hold", "until")}
"""Days to come that are known beforehand."""
ENDINGS = {
    ("promise", "ended"), ("payment_plan", "ended"), ("payment_plan", "signed"), ("dispute", "resolved"), ("hold", "lifted"),
    ("order_hold", "lifted"), ("task", "done"), ("scenario_choice", "ended"), ("proposal", "closed_at"),
    ("doubtful_file", "closed"), ("learned_fact", "forgotten"), ("dispute", "deadline"), ("outgoing_message", "next_try"),
}  # fmt: skip  # read as a table: columns side by side
"""What is told of an earlier fact later on."""
READ = {
    "invoice",
    "instalment",
    "allocation",
    "payment",
    "dispute",
    "promise",
    "interaction",
    "outgoing_message",
    "write_off",
}
"""Tables whose later rows a score could be tempted by: the story has some of each."""


def scores(session: Session, customers: int | None = None) -> tuple[bytes, ...]:
    """Everything that is said of the day, as bytes; of the first so many customers."""
    found = scored(session, DAY)
    assert found.learnt
    told, items = found.customers, found.items
    names = ("rows", "late", "very_late", "rule", "days", "low", "high")
    of = [np.ascontiguousarray(getattr(told, name)[:customers]).tobytes() for name in names]
    of += [np.ascontiguousarray(getattr(items, name)).tobytes() for name in names]
    of += [found.history[:customers].tobytes(), found.portfolio.instalments.tobytes()]
    return (*of, found.portfolio.open_cents.tobytes(), found.losses().tobytes())


CUSTOMERS = """
    number;name;regime;country;customer_since
    C-0;Abgrall;B2B;FR;2020-01-01
    C-1;Bihan;B2B;FR;2024-01-01
    C-2;Caron;B2B;BE;
    C-3;Derrien;B2G;FR;
    C-4;Even;B2B;BE;2023-05-01
    C-5;Fages;B2B;FR;
"""


def on(crm: Crm, day: date) -> Crm:
    """The same house on another day."""
    other = Crm(crm.settings, Clock.at(day.isoformat()))
    vars(crm).setdefault("programs_beside", []).append(other)
    return other


def facts(crm: Crm, day: date, tag: str) -> None:
    """One fact of each kind, on a day: invoices open, paid, bounced, promised, disputed, given up, reminded."""
    house, due = on(crm, day), day - timedelta(days=3)
    lines = ["number;customer;issue_date;due_date;total_incl_tax"]
    kinds = ("OPEN", "PAID", "BOUNCED", "PROMISED", "DISPUTED", "LOST", "PLAN")
    lines += [
        f"{kind}-{tag};C-{place % 5};{day - timedelta(days=20)};{due};{300 + place}.00"
        for place, kind in enumerate(kinds)
    ]
    clean(imported(house, "\n".join(lines) + "\n"))
    run = house.runner.run
    for kind in ("PAID", "BOUNCED"):
        run(RecordPayment(invoice=f"{kind}-{tag}", reference=f"{kind}-{tag}"), LEA)
    run(RecordPromise(invoice=f"PROMISED-{tag}", by=day + timedelta(days=5), amount="100"), LEA)
    run(OpenDispute(invoice=f"DISPUTED-{tag}", reason="damaged_goods", amount="50"), LEA)
    run(WriteOffDebt(invoice=f"LOST-{tag}", proof="liquidation", proof_day=day, vat="none"), LEA)
    run(CreatePaymentPlan(invoice=f"PLAN-{tag}", installments=2, first=day + timedelta(days=20)), LEA)
    run(LogInteraction(customer="C-2", channel="phone", note="called back"), LEA)
    run(PlaceHold(customer="C-4", reason="waits"), LEA)
    clean(imported(house, f"number;customer;kind;issue_date;total_incl_tax\nAV-{tag};C-1;credit_note;{day};-20.00\n"))
    with crm.database.writing() as session:
        paid = session.execute(select(table_of(Payment)).where(table_of(Payment).c.reference == f"BOUNCED-{tag}")).one()
        back = Payment(
            reference=f"BACK-{tag}", source="test", source_key=f"BACK-{tag}", customer_id=paid.customer_id, received=day,
            currency="EUR", cents=-paid.cents, reverses_id=paid.id,
        )  # fmt: skip  # read as a table: columns side by side
        sent = OutgoingMessage(
            purpose="dunning", level=2, customer_id=paid.customer_id, channel="email", recipient="a@b.example", subject="S",
            text="T", message_id=f"<{tag}@b.example>", dedupe_key=f"leak/{tag}", state="sent", day=day,
            queued_at=datetime.combine(day, time(8), UTC), sent_at=datetime.combine(day, time(9), UTC),
        )  # fmt: skip  # read as a table: columns side by side
        session.add_all((back, sent))
        session.commit()


class Correct(Action[str]):
    """Put another value in a record, as a form or a file would: no action does it to these columns yet."""

    effect = Effect.WRITE

    number: str
    kind: str = "customer"
    since: date | None = None
    root: str | None = None

    def perform(self, context: Context) -> str:
        """Alter the row; the journal keeps how it stood."""
        session = context.session
        if self.kind == "dispute":
            invoice = session.exec(sqlselect(Invoice).where(Invoice.number == self.number)).one()
            dispute = session.exec(sqlselect(Dispute).where(Dispute.invoice_id == invoice.id)).one()
            dispute.opened = self.since
            session.add(dispute)
            return self.number
        row = session.exec(sqlselect(Customer).where(Customer.number == self.number)).one()
        if self.root is not None:
            row.root_id = session.exec(sqlselect(Customer.id).where(Customer.number == self.root)).one()
        if self.since is not None:
            row.customer_since = self.since
        session.add(row)
        return self.number


def later_acts(crm: Crm) -> Iterator[tuple[str, Any]]:
    """What a house does after the day: endings, corrections without a date, mergers, what is taken back."""
    house = on(crm, TODAY)
    run = house.runner.run
    yield "a correction of the country", lambda: run(UpdateCustomer(customer="C-0", country="DE"), LEA)
    yield "a correction of the regime", lambda: run(UpdateCustomer(customer="C-3", regime="B2C"), LEA)
    yield "another first day", lambda: run(Correct(number="C-4", since=ago(500)), LEA)
    yield "a first day told later", lambda: run(Correct(number="C-2", since=ago(2_000)), LEA)
    yield "a payment of an early invoice", lambda: run(RecordPayment(invoice="OPEN-early"), LEA)
    yield "a match taken back", lambda: run(UnmatchPayment(invoice="PAID-early"), LEA)
    yield "a promise altered", lambda: run(UpdatePromise(invoice="PROMISED-early", status="kept"), LEA)
    yield "a dispute resolved", lambda: run(ResolveDispute(invoice="DISPUTED-early", outcome="accepted"), LEA)
    yield "a dispute dated later", lambda: run(Correct(kind="dispute", number="UNDATED", since=ago(100)), LEA)
    yield "a dispute without a date", lambda: run(Correct(kind="dispute", number="DISPUTED-early"), LEA)
    yield (
        "a plan cancelled",
        lambda: on(crm, ago(56)).runner.run(CancelPaymentPlan(invoice="PLAN-early", reason="sold"), LEA),
    )
    yield "new facts of every kind", lambda: facts(crm, ago(20), "late")
    yield "a word of a person", lambda: run(OverrideRisk(customer="C-1", percent=10, reason="a new owner"), LEA)
    yield "a model learnt", lambda: run(TrainRisk(), LEA)
    yield "scores kept", lambda: run(ScoreRisk(), LEA)
    yield "a merger", lambda: run(Correct(number="C-4", root="C-0"), LEA)
    yield "a merger taken back", lambda: run(Undo(entry=_last_entry(crm)), LEA)
    yield "another merger", lambda: run(Correct(number="C-1", root="C-5"), LEA)


def _last_entry(crm: Crm) -> int:
    with crm.database.reading() as session:
        return int(session.execute(select(func.max(SQLModel.metadata.tables["journal_entry"].c.id))).scalar_one())


@dataclass
class Story:
    """A house that went on, what was said of the day before, and what altered it."""

    crm: Crm
    said: tuple[bytes, ...]
    altered_by: list[str]


@pytest.fixture(scope="module")
def story(new_house) -> Iterator[Story]:
    with new_house() as crm:
        early = on(crm, ago(300))
        clean(imported(early, CUSTOMERS))
        clean(imported(on(crm, ago(61)), few_payers()))
        facts(crm, ago(75), "early")
        undated = (
            f"number;customer;issue_date;due_date;total_incl_tax;disputed\nUNDATED;C-3;{ago(95)};{ago(65)};90.00;yes\n"
        )
        clean(imported(on(crm, ago(70)), undated))
        on(crm, DAY).runner.run(TrainRisk(), LEA)
        with crm.database.reading() as session:
            said = scores(session)
        altered = []
        for name, act in later_acts(crm):
            act()
            with crm.database.reading() as session:
                if scores(session, 6) != said:
                    altered.append(name)
        yield Story(crm, said, altered)


def test_no_later_act_alters_a_score(story):
    assert story.altered_by == []


@pytest.fixture
def session(story) -> Iterator[Session]:
    """The house as it went on; whatever a test does to it is rolled back."""
    with story.crm.database.engine.connect() as connection:
        around = connection.begin()
        with Session(connection) as opened:
            yield opened
        around.rollback()


def test_the_story_has_later_rows_of_what_a_score_reads(session):
    found = {name for name in READ if later_rows(session.connection(), SQLModel.metadata.tables[name])}
    assert found == READ


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_a_table_learns_later_alters_nothing(story, session, table):
    connection = session.connection()
    add(connection, table)
    assert scores(session, 6) == story.said, "a row was added"
    change(connection, table)
    assert scores(session, 6) == story.said, "later rows were changed"
    end(connection, table)
    assert scores(session, 6) == story.said, "endings were moved"
    remove(connection, table)
    assert scores(session, 6) == story.said, "later rows were removed"


def days_of(table: Table) -> list[Any]:
    """Columns that tell when a row came to be known."""
    return [
        column for column in table.c
        if isinstance(column.type, (Date, DateTime, UtcDateTime)) and not {(table.name, column.name)} & (FORETOLD | ENDINGS)
    ]  # fmt: skip  # read as a table: columns side by side


def _as_date(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def later_rows(connection: Connection, table: Table, seen: frozenset[str] = frozenset()) -> set[int]:
    """Keys of the rows that tell, or belong to what tells, of a day after the one scored."""
    if "id" not in table.c:
        return set()
    own, found = days_of(table), set()
    for row in connection.execute(select(table)).mappings():
        if any(row[column.name] is not None and _as_date(row[column.name]) > DAY for column in own):
            found.add(row["id"])
    for column in table.c:
        for key in column.foreign_keys:
            parent = key.column.table
            if parent is table or parent.name in seen | set(JOURNAL):
                continue
            above = later_rows(connection, parent, seen | {table.name})
            query = select(table.c.id).where(column.in_(sorted(above)))
            found |= set(connection.execute(query).scalars())
    return found


def add(connection: Connection, table: Table) -> Any:
    """A row dated after the day, which belongs to whatever is there already."""
    values: dict[str, Any] = {}
    for column in table.c:
        if column.name in {"id", "entry_id", "touched_id"} and column.primary_key is (column.name == "id"):
            continue
        if column.foreign_keys:
            parent = next(iter(column.foreign_keys)).column.table
            if parent is table or (
                column.nullable and column.name not in {"customer_id", "instalment_id", "payment_id"}
            ):
                continue
            # What bears no day of its own belongs to something later.
            later = () if days_of(table) else later_rows(connection, parent)
            first = max(later, default=None) or connection.execute(select(func.min(parent.c.id))).scalar()
            values[column.name] = first if first is not None else add(connection, parent)
        else:
            values[column.name] = _value(column)
    if "id" in table.c:
        values["id"] = int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + 1_000
    connection.execute(insert(table).values(values))
    return values.get("id")


def _value(column: Any) -> Any:
    after = DAY + timedelta(days=9)
    kind = column.type
    if isinstance(kind, (UtcDateTime, DateTime)):
        return datetime.combine(after, time(9), UTC)
    if isinstance(kind, Date):
        return after
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return 12_345
    return 0.5 if isinstance(kind, Float) else f"later {column.name}"


def change(connection: Connection, table: Table) -> None:
    """Later rows: another amount, a week later."""
    keys = later_rows(connection, table)
    for row in connection.execute(select(table).where(table.c.id.in_(sorted(keys)))).mappings().all() if keys else ():
        told: dict[str, Any] = {}
        for column in table.c:
            if column.name.endswith("cents") and row[column.name]:
                told[column.name] = row[column.name] * 3 + 1
            if column in days_of(table) and row[column.name] is not None and _as_date(row[column.name]) > DAY:
                told[column.name] = row[column.name] + timedelta(days=7)
        if told:
            connection.execute(update(table).where(table.c.id == row["id"]).values(told))


def end(connection: Connection, table: Table) -> None:
    """What ended after the day ends otherwise; what had not ended by then ends now."""
    for name, column in ENDINGS:
        if name == table.name:
            ending = table.c[column]
            for row in connection.execute(select(table)).mappings().all():
                if row[column] is None or _as_date(row[column]) > DAY:
                    then = DAY + timedelta(days=2)
                    moved = then if isinstance(ending.type, Date) else datetime.combine(then, time(9), UTC)
                    connection.execute(update(table).where(table.c.id == row["id"]).values({column: moved}))


def remove(connection: Connection, table: Table) -> None:
    """Later rows, and what stands on them."""
    gone = {table.name: later_rows(connection, table)}
    for child in SQLModel.metadata.sorted_tables:
        for column in child.c:
            for key in column.foreign_keys:
                above = gone.get(key.column.table.name)
                if above and "id" in child.c and child.name not in JOURNAL:
                    on_it = connection.execute(select(child.c.id).where(column.in_(sorted(above)))).scalars()
                    gone[child.name] = gone.get(child.name, set()) | set(on_it)
    for child in reversed(SQLModel.metadata.sorted_tables):
        if keys := gone.get(child.name):
            connection.execute(delete(child).where(child.c.id.in_(sorted(keys))))

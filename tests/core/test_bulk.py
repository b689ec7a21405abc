"""Whole portfolios: written by the ten thousand, previewed without writing, undone by set."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from build import LEA, a_customer, ago, an_invoice, counts, dump
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.bootstrap import Crm
from crm.core.actions import Action, Effect
from crm.core.basics import Undo
from crm.core.bulk import in_chunks
from crm.core.changes import Change
from crm.core.runner import Context
from crm.customers.actions import CreateCustomer
from crm.customers.models import Contact, Customer
from crm.receivables.models import Instalment, Invoice

NAMES = (
    "id",
    "number",
    "name",
    "name_key",
    "stage",
    "regime",
    "siren",
    "vat_number",
    "country",
    "address",
    "postal_code",
)
NAMES += ("city", "language", "account_manager", "segment", "segment_origin", "payment_terms", "credit_limit_cents")
NAMES += ("customer_since", "discreet")


def a_row(
    key: int, number: str, name: str = "Dupont", limit: int | None = 100, since: date | None = None
) -> tuple[Any, ...]:
    return (
        key,
        number,
        name,
        name.lower(),
        "customer",
        "B2B",
        "",
        "",
        "FR",
        "",
        "",
        "",
        "fr",
        "",
        "",
        "",
        "",
        limit,
        since,
        False,
    )


class AddMany(Action[int]):
    """Add customers in bulk."""

    effect = Effect.WRITE
    rows: tuple[tuple[str, str, int | None, date | None], ...]

    def perform(self, context: Context) -> int:
        """Insert them."""
        keys = context.keys(Customer)
        return context.insert_many(Customer, NAMES, (a_row(next(keys), *row) for row in self.rows))


def adding(count: int) -> AddMany:
    return AddMany(rows=tuple((f"B-{place}", f"Client {place}", place, ago(place)) for place in range(count)))


def only(changes: Any) -> Change:
    (change,) = changes
    return change


def test_a_bulk_insert_is_one_change_with_its_count_and_totals(crm):
    preview = crm.runner.preview(adding(3), LEA)
    change = only(preview.changes)
    assert (change.table, change.count, change.totals) == ("customer", 3, {"credit_limit_cents": 3})
    assert preview.result == 3
    assert counts(crm) == {}


@pytest.mark.parametrize("count", [1, 25_001])
def test_the_digest_of_a_preview_is_that_of_its_commit(crm, count):
    action = adding(count)
    preview = crm.runner.preview(action, LEA)
    done = crm.runner.commit(preview, LEA)
    assert only(done.changes).digest == only(preview.changes).digest
    assert counts(crm)["customer"] == count


def test_the_digest_sees_every_value_and_no_key(crm):
    a, b = AddMany(rows=(("B-1", "Dupont", 5, None),)), AddMany(rows=(("B-1", "Dupond", 5, None),))
    first = only(crm.runner.preview(a, LEA).changes).digest
    assert only(crm.runner.preview(b, LEA).changes).digest != first
    a_customer(crm)
    assert only(crm.runner.preview(a, LEA).changes).digest == first


AWKWARD = [
    "tab\there",
    "line\nbreak",
    "back\\slash",
    "\\N",
    "\\.",
    "quote\"'",
    "é€漢字",
    "\r",
    "\\t",
    " ",
    "",
    "NULL",
    "\u2028",
]


@pytest.mark.parametrize("text", AWKWARD, ids=repr)
def test_any_text_comes_back_as_it_went_in(crm, text):
    crm.runner.run(AddMany(rows=(("B-1", text, None, None),)), LEA)
    assert dump(crm)["customer"][0][NAMES_IN_TABLE.index("name")] == text


NAMES_IN_TABLE = [column.name for column in Customer.__table__.columns]  # type: ignore[attr-defined]  # made at run time
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(TEXT, st.none() | st.integers(-(2**62), 2**62), st.none() | st.dates()), min_size=1, max_size=5)
)
def test_what_is_written_in_bulk_is_what_was_given(new_house, rows):
    with new_house() as crm:
        action = AddMany(rows=tuple((f"B-{place}", *row) for place, row in enumerate(rows)))
        preview = crm.runner.preview(action, LEA)
        assert crm.runner.commit(preview, LEA).result == len(rows)
        kept = [dict(zip(NAMES_IN_TABLE, row, strict=True)) for row in dump(crm)["customer"]]
        assert [(row["name"], row["credit_limit_cents"], row["customer_since"]) for row in kept] == rows
        assert {row["entry_id"] for row in kept} == {1}


def test_after_a_bulk_insert_rows_one_by_one_get_the_next_keys(crm):
    crm.runner.run(adding(3), LEA)
    crm.runner.run(CreateCustomer(number="C-1", name="Dupont"), LEA)
    assert [row[0] for row in dump(crm)["customer"]] == [1, 2, 3, 4]


def test_a_preview_gives_away_no_key(crm):
    crm.runner.preview(adding(3), LEA)
    crm.runner.run(adding(1), LEA)
    assert [row[0] for row in dump(crm)["customer"]] == [1]


# Rows of several tables that refer to each other


class AddPairs(Action[dict[str, int]]):
    """Add customers, each with somebody to talk to."""

    effect = Effect.WRITE
    numbers: tuple[str, ...]

    def perform(self, context: Context) -> dict[str, int]:
        """Write them side by side, in small portions."""
        batch = context.batch(
            (Customer, NAMES[1:]), (Contact, ("customer_id", "name", "role", "email", "phone", "language"))
        )
        for number in self.numbers:
            key = batch.add("customer", *a_row(0, number)[1:])
            batch.add("contact", key, "Anne", "", "", "", "")
            batch.flush()
        return batch.close()


def test_parents_are_written_before_their_children(crm):
    a_customer(crm, "C-0", "Before", contact_name="Paul", email="paul@before.example")
    preview = crm.runner.preview(AddPairs(numbers=("B-1", "B-2")), LEA)
    done = crm.runner.commit(preview, LEA)
    assert done.result == {"customer": 2, "contact": 2}
    house = dump(crm)
    owner = [column.name for column in Contact.__table__.columns].index("customer_id")  # type: ignore[attr-defined]  # made at run time
    assert [row[owner] for row in house["contact"]] == [row[0] for row in house["customer"]] == [1, 2, 3]


def test_a_batch_without_rows_is_no_change(crm):
    assert crm.runner.run(AddPairs(numbers=()), LEA).entry_id is None


# New values in bulk


class Postpone(Action[int]):
    """Give instalments another due date."""

    effect = Effect.WRITE
    days: tuple[tuple[int, date], ...]

    def perform(self, context: Context) -> int:
        """Update them."""
        return context.update_many(Instalment, ("due_date", "assumed"), ((key, day, True) for key, day in self.days))


class Rename(Action[int]):
    """Give every customer of a name another one."""

    effect = Effect.WRITE
    old: str
    new: str

    def perform(self, context: Context) -> int:
        """Update them by a condition."""
        seen = [row.name for row in context.session.exec(_customers())]
        count = context.update_where(Customer, Customer.name == self.old, {"name": self.new})
        assert [row.name for row in context.session.exec(_customers())] != seen or not count
        return count


def _customers() -> Any:
    from sqlmodel import col, select

    return select(Customer).order_by(col(Customer.id))


def facts(crm: Crm) -> dict[str, Sequence[Any]]:
    return {table: rows for table, rows in dump(crm).items() if not table.startswith("journal")}


def test_new_values_in_bulk_keep_how_the_rows_stood(crm):
    for place in range(3):
        an_invoice(crm, f"F-{place}")
    before = facts(crm)
    action = Postpone(days=tuple((key, ago(-key)) for key in (1, 3)))
    preview = crm.runner.preview(action, LEA)
    done = crm.runner.commit(preview, LEA)
    assert only(done.changes).count == 2
    images = dump(crm)["journal_before"]
    assert [(row[1], row[2], row[3]) for row in images] == [(1, "instalment", 1), (2, "instalment", 3)]
    assert ago(12).isoformat() in images[0][4]
    crm.runner.run(Undo(), LEA)
    assert facts(crm) == before


def test_new_values_by_a_condition_are_seen_at_once_and_taken_back(crm):
    for place, name in enumerate(("Dupont", "Martin", "Dupont")):
        crm.runner.run(CreateCustomer(number=f"C-{place}", name=name), LEA)
    before = facts(crm)
    assert crm.runner.run(Rename(old="Dupont", new="Durand"), LEA).result == 2
    assert [row[NAMES_IN_TABLE.index("name")] for row in dump(crm)["customer"]] == ["Durand", "Martin", "Durand"]
    crm.runner.run(Undo(), LEA)
    assert facts(crm) == before


def test_a_condition_that_nothing_meets_is_no_change(crm):
    a_customer(crm)
    assert crm.runner.run(Rename(old="nobody", new="x"), LEA).entry_id is None


def test_new_values_in_more_than_one_portion_are_all_taken_back(crm):
    crm.runner.run(adding(6_001), LEA)
    before = facts(crm)

    class Everywhere(Action[int]):
        """Move everybody to Brest."""

        effect = Effect.WRITE

        def perform(self, context: Context) -> int:
            """Update all."""
            return context.update_where(Customer, Customer.id > 0, {"city": "Brest"})

    assert crm.runner.run(Everywhere(), LEA).result == 6_001
    crm.runner.run(Undo(), LEA)
    assert facts(crm) == before


def test_an_invoice_is_known_by_its_table(crm):
    an_invoice(crm)
    assert [row[0] for row in dump(crm)["invoice"]] == [1]
    assert Invoice.__tablename__ == "invoice"


@given(st.lists(st.integers(), max_size=25), st.integers(1, 7))
def test_portions_are_full_but_the_last_and_lose_nothing(values, size):
    portions = list(in_chunks(values, size))
    assert [value for portion in portions for value in portion] == values
    assert all(len(portion) == size for portion in portions[:-1])
    assert all(portions)

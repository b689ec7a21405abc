"""A customer recorded twice and merged answers everywhere as if it had been recorded once; undo makes it two again."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from build import LEA
from examples import a_company, answers
from sqlalchemy import update
from sqlmodel import SQLModel

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.core.db import table_of
from crm.customers.actions import CreateCustomer
from crm.customers.interactions import LogInteraction
from crm.customers.joining import MergeCustomers, SeparateCustomer
from crm.customers.models import Customer
from crm.portfolio.actions import ShowCustomer
from crm.portfolio.history import AddNote

STAYS = {
    "accounting_item",
    "auxiliary_account",
    "match_candidate",
    "risk_score",
    "risk_override",
    "scenario_choice",
    "learned_fact",
}
"""What is kept once a customer, or what a machine made: a second record has none of its own."""


@pytest.fixture
def company(new_house) -> Iterator[Crm]:
    with new_house() as crm:
        a_company(crm)
        crm.runner.run(LogInteraction(customer="C-1", outcome="reached", note="le règlement part lundi"), LEA)
        crm.runner.run(AddNote(customer="C-2", note="préfère le matin"), LEA)
        yield crm


def split(crm: Crm, number: str, twin: str) -> None:
    """Record every other fact of a customer under a second number, as if it had been typed twice."""
    with crm.database.writing() as session:
        connection = session.connection()
        own = table_of(Customer)
        keys = dict(connection.execute(own.select().with_only_columns(own.c.number, own.c.id)).all())
        for table in SQLModel.metadata.sorted_tables:
            if table.name not in STAYS and "customer_id" in table.c:
                half = (table.c.customer_id == keys[number]) & (table.c.id % 2 == 0)
                connection.execute(update(table).where(half).values(customer_id=keys[twin]))
        session.commit()


def plain(told: dict[str, Any]) -> dict[str, str]:
    """Answers as text, without what tells of the merge itself: the decision, and the numbers of the records."""
    history = told["customer_history"]
    history["events"] = [event for event in history["events"] if event["kind"] != "decision"]
    history["total"] = len(history["events"])
    for name in told:
        if name.startswith("show_customer"):
            told[name].pop("records")
    return {name: json.dumps(value, sort_keys=True, ensure_ascii=False, default=str) for name, value in told.items()}


@pytest.mark.parametrize("number", ["C-1", "C-2", "Quai Sud"])
def test_merged_it_answers_as_if_it_had_been_recorded_once(company: Crm, number: str) -> None:
    with company.database.reading() as session:
        own = table_of(Customer)
        known = (
            session.connection().execute(own.select().where((own.c.number == number) | (own.c.name == number))).one()
        )
    once = plain(answers(company))
    company.runner.run(CreateCustomer(number="TWIN", name="Second fiche", regime=known.regime), LEA)
    split(company, known.number, "TWIN")
    twice = plain(answers(company))
    assert twice != once

    company.runner.run(MergeCustomers(customer=known.number, duplicate="TWIN"), LEA)
    merged = plain(answers(company))
    # The other name of a merged customer is told where names are: nothing else differs.
    different = {name for name in once if merged[name] != once[name]}
    shown = [f"{one}\n- {once[one]}\n+ {merged[one]}" for one in sorted(different)]
    assert different <= {"export customers"}, "\n".join(shown)

    company.runner.run(Undo(), LEA)
    assert plain(answers(company)) == twice


def test_a_link_that_was_wrong_is_ended_later_as_well(company: Crm) -> None:
    told = plain(answers(company))
    company.runner.run(MergeCustomers(customer="C-11", duplicate="C-12"), LEA)
    assert company.runner.read(ShowCustomer(customer="C-12"), LEA).as_json()["customer"] == "C-11"
    company.runner.run(SeparateCustomer(record="C-12"), LEA)
    assert plain(answers(company)) == told

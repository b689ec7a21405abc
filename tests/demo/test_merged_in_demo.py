"""The two busiest customers of the example company, said to be one and two again: every answer stands as before."""

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from build import LEA, TODAY
from sqlalchemy import func, select
from sqlmodel import SQLModel

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.core.db import table_of
from crm.core.errors import CrmError
from crm.core.settings import Settings
from crm.customers.actions import UpdateCustomer
from crm.customers.joining import MergeCustomers
from crm.customers.models import Customer
from crm.demo import Size, database_file, prepare
from crm.portfolio.actions import ShowCustomer

SMALL = Size(customers=30, invoices=350, weeks=26)
NOT_ASKED = {"list_journal", "verify_journal", "evaluate_risk"}
"""Two tell of every act, an undo included; one measures the machine that judges, not customers."""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    folder: Path = tmp_path_factory.mktemp("merged")
    prepare(Settings(data_folder=folder), today=TODAY.isoformat(), size=SMALL)
    file = folder / "copy.db"
    shutil.copyfile(database_file(Settings(data_folder=folder)), file)
    crm = Crm.open(Settings(data_folder=folder, database_url=f"sqlite:///{file}"), today=TODAY.isoformat())
    yield crm
    crm.close()


def busiest(crm: Crm) -> list[str]:
    """The numbers of the two customers with most rows."""
    counts: dict[int, int] = {}
    own = table_of(Customer)
    with crm.database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            if "customer_id" in table.c:
                query = select(table.c.customer_id, func.count()).group_by(table.c.customer_id)
                for key, count in session.connection().execute(query.where(table.c.customer_id.is_not(None))):
                    counts[key] = counts.get(key, 0) + count
        best = sorted(counts, key=lambda key: (-counts[key], key))[:2]
        return [session.connection().execute(select(own.c.number).where(own.c.id == key)).scalar_one() for key in best]


def every_answer(crm: Crm, numbers: list[str]) -> dict[str, str]:
    """Every reading that can be asked of a customer or of nobody in particular."""
    told = {}
    for kind in crm.registry:
        name = kind.action_name()
        needed = {field for field, info in kind.model_fields.items() if info.is_required()}
        if kind.effect != "read" or name in NOT_ASKED or needed - {"customer"}:
            continue
        asked: list[dict[str, Any]] = [] if needed else [{}]
        if "customer" in kind.model_fields:
            asked += [{"customer": number} for number in numbers]
        for fields in asked:
            try:
                answer = crm.runner.read(kind.model_validate(fields), LEA).as_json()
            except CrmError as refusal:
                answer = {"refused": refusal.message}
            told[f"{name} {fields}"] = json.dumps(answer, sort_keys=True, default=str)
    return told


def owed(*sheets: dict[str, Any]) -> dict[tuple[str, str], Decimal]:
    """Currency and column → what the customers of some sheets owe together."""
    sums: dict[tuple[str, str], Decimal] = {}
    for sheet in sheets:
        for currency, columns in sheet["currencies"].items():
            for column, amount in columns.items():
                sums[currency, column] = sums.get((currency, column), Decimal(0)) + Decimal(amount)
    return sums


def test_undoing_a_merge_puts_every_answer_back(example: Crm) -> None:
    one, two = busiest(example)
    regime = example.runner.read(ShowCustomer(customer=one), LEA).as_json()["regime"]
    # The example knows both to be companies of their own: what speaks against a merge is taken away first.
    example.runner.run(UpdateCustomer(customer=two, siren="", regime=regime), LEA)
    before = every_answer(example, [one, two])
    assert len(before) > 60
    apart = [example.runner.read(ShowCustomer(customer=number), LEA).as_json() for number in (one, two)]

    example.runner.run(MergeCustomers(customer=one, duplicate=two), LEA)
    merged = example.runner.read(ShowCustomer(customer=two), LEA).as_json()
    assert merged["customer"] == one
    assert owed(merged) == owed(*apart)
    assert len(merged["contacts"]) == sum(len(sheet["contacts"]) for sheet in apart)
    together = every_answer(example, [one, two])
    # Whichever number is asked for, one customer answers.
    for name, answer in together.items():
        if name.endswith(f"{{'customer': '{two}'}}"):
            assert answer == together[name.replace(two, one)], name

    example.runner.run(Undo(), LEA)
    after = every_answer(example, [one, two])
    assert {name for name in before if after[name] != before[name]} == set()

"""What always holds, whatever the files say."""

from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from build import LEA, clean, csv_upload, dump, imported
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import COLUMNS, DAYS, FIRST, LAST, Line, expected, file_of, ledgers, lines, shuffled

from crm.bootstrap import Crm
from crm.core.basics import ImportData, ListJournal, Undo, VerifyJournal
from crm.core.exchange import FileRefused, FileReport
from crm.receivables.actions import AgedBalance, ExplainBalance, ListInvoices
from crm.receivables.ageing import Bucket, bucket_of

SOME = settings(max_examples=20)
SEEDS = st.integers(0, 9)
ANY_DAY = st.dates(FIRST - timedelta(30), LAST + timedelta(200))


def balance(crm: Crm, day: date) -> dict[str, Any]:
    return crm.runner.read(AgedBalance(as_of=day), LEA).as_json()


def by_customer(told: dict[str, Any]) -> dict[tuple[str, str], dict[str, str]]:
    return {
        (line["customer"], line["currency"]): {name: line[name] for name in (*COLUMNS, "total")}
        for line in told["customers"]
    }


def documents(crm: Crm, day: date) -> list[dict[str, Any]]:
    return crm.runner.read(ListInvoices(as_of=day), LEA).as_json()["invoices"]


# The figures


@SOME
@given(ledger=ledgers(), day=ANY_DAY)
def test_the_aged_balance_is_what_the_lines_add_up_to(new_house, ledger, day):
    with new_house() as crm:
        clean(imported(crm, file_of(ledger)))
        assert by_customer(balance(crm, day)) == expected(ledger, day)


@SOME
@given(ledger=ledgers(), day=ANY_DAY)
def test_columns_add_up_to_the_total_and_totals_to_the_documents(new_house, ledger, day):
    with new_house() as crm:
        clean(imported(crm, file_of(ledger)))
        told = balance(crm, day)
        sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for line in told["customers"]:
            assert sum(Decimal(line[name]) for name in COLUMNS) == Decimal(line["total"])
            for name in (*COLUMNS, "total"):
                sums[line["currency"]][name] += Decimal(line[name])
        assert {
            code: {name: Decimal(value) for name, value in total.items()} for code, total in told["currencies"].items()
        } == sums
        still_open: dict[str, Decimal] = defaultdict(Decimal)
        for line in documents(crm, day):
            still_open[line["currency"]] += Decimal(line["open"])
        for code in told["currencies"]:
            opened = crm.runner.read(ExplainBalance(currency=code, as_of=day), LEA).as_json()
            assert Decimal(opened["value"]) == sums[code]["total"]
            free = sum(Decimal(line["open"]) for line in opened["lines"] if line["kind"] == "payment")
            assert still_open[code] + free == sums[code]["total"]


@SOME
@given(ledger=ledgers(), day=ANY_DAY)
def test_every_figure_opens_to_lines_that_add_up_to_it(new_house, ledger, day):
    with new_house() as crm:
        clean(imported(crm, file_of(ledger)))
        for line in balance(crm, day)["customers"]:
            for name in COLUMNS:
                asked = ExplainBalance(customer=line["customer"], bucket=name, currency=line["currency"], as_of=day)
                assert crm.runner.read(asked, LEA).as_json()["value"] == line[name]


@given(st.integers(-500, 500), st.integers(0, 500))
def test_a_day_more_never_makes_a_debt_younger(days, more):
    ages = list(Bucket)
    assert ages.index(bucket_of(days)) <= ages.index(bucket_of(days + more)) < ages.index(Bucket.UNALLOCATED)


@SOME
@given(ledger=ledgers(), first=st.integers(0, 200), more=st.integers(0, 200))
def test_moving_today_forward_never_makes_what_is_owed_younger(new_house, ledger, first, more):
    settled = [line for line in ledger if line.paid_on is None or line.paid_on <= LAST]
    with new_house() as crm:
        imported(crm, file_of(settled))
        now, then = (balance(crm, LAST + timedelta(days))["currencies"] for days in (first, first + more))
        for code, columns in now.items():
            for place in range(1, 5):
                older_now, older_then = (
                    sum(Decimal(told[name]) for name in COLUMNS[place:5]) for told in (columns, then[code])
                )
                assert older_then >= older_now
            assert then[code]["total"] == columns["total"]
            assert then[code]["unallocated"] == columns["unallocated"]


@SOME
@given(ledger=ledgers(), more=ledgers(), day=DAYS)
def test_later_facts_do_not_touch_what_was_owed(new_house, ledger, more, day):
    later = [_after(line, day, place) for place, line in enumerate(more)]
    with new_house() as crm:
        imported(crm, file_of(ledger))
        before, listed = balance(crm, day), documents(crm, day)
        imported(crm, file_of(later))
        assert balance(crm, day) == before
        assert documents(crm, day) == listed
        for line in ledger:
            if line.paid_on is None and line.cents:
                paid = file_of([Line(**{**vars(line), "paid_on": day + timedelta(1), "paid": line.cents})])
                assert imported(crm, paid).updated == 1
        assert balance(crm, day) == before


def _after(line: Line, day: date, place: int) -> Line:
    """A line of a later day: issued after it, so paid after it too."""
    shift = day + timedelta(11) - line.issued
    moved = {name: getattr(line, name) + shift for name in ("issued", "due", "paid_on") if getattr(line, name)}
    return Line(**{**vars(line), **moved, "number": f"L-{place}"})


# Allocations


@SOME
@given(ledger=ledgers(), again=SEEDS)
def test_allocations_never_exceed_the_payment_nor_the_instalment(new_house, ledger, again):
    with new_house() as crm:
        imported(crm, file_of(ledger))
        for factor in (again, 2 * again + 1):
            imported(crm, file_of([_paid_more(line, factor) for line in ledger]))
            _check_allocations(crm)


def _paid_more(line: Line, factor: int) -> Line:
    return Line(**{**vars(line), "paid": line.paid * (1 + factor)}) if line.paid_on else line


def _check_allocations(crm: Crm) -> None:
    house = dump(crm)
    owed = {row[0]: row[columns_of("instalment").index("cents")] for row in house["instalment"]}
    money = {row[0]: row[columns_of("payment").index("cents")] for row in house["payment"]}
    against, out_of = defaultdict(int), defaultdict(int)
    names = columns_of("allocation")
    for row in house["allocation"]:
        told = dict(zip(names, row, strict=True))
        against[told["instalment_id"]] += told["cents"]
        out_of[told["payment_id"]] += told["cents"]
    for used, whole in ((against, owed), (out_of, money)):
        for key, cents in used.items():
            assert min(0, whole[key]) <= cents <= max(0, whole[key])


def columns_of(table: str) -> list[str]:
    from sqlmodel import SQLModel

    return list(SQLModel.metadata.tables[table].columns.keys())


# Files


@SOME
@given(ledger=ledgers(least=2), seed=SEEDS, day=ANY_DAY)
def test_lines_in_another_order_give_the_same_balance(new_house, ledger, seed, day):
    told = []
    for order in (ledger, shuffled(ledger, seed)):
        with new_house() as crm:
            clean(imported(crm, file_of(order)))
            told.append((by_customer(balance(crm, day)), sorted(documents(crm, day), key=lambda line: line["number"])))
    assert told[0] == told[1]


@SOME
@given(ledger=ledgers(least=2), cut=st.integers(1, 7), day=ANY_DAY)
def test_a_file_in_two_parts_gives_the_same_balance(new_house, ledger, cut, day):
    with new_house() as crm:
        for part in (ledger[:cut], ledger[cut:]):
            if part:
                clean(imported(crm, file_of(part)))
        assert by_customer(balance(crm, day)) == expected(ledger, day)


@SOME
@given(ledger=ledgers(), seed=SEEDS)
def test_a_file_read_again_changes_nothing(new_house, ledger, seed):
    with new_house() as crm:
        imported(crm, file_of(ledger))
        before = dump(crm)
        again = imported(crm, file_of(shuffled(ledger, seed)))
        assert (again.duplicates, again.errors) == (len(ledger), 0)
        assert dump(crm) == before


@SOME
@given(first=ledgers(), second=ledgers())
def test_a_preview_promises_what_the_commit_does(new_house, first, second):
    with new_house() as crm:
        for ledger in (first, second):
            action = ImportData(upload=csv_upload(crm, file_of(ledger)))
            before = dump(crm)
            preview = crm.runner.preview(action, LEA)
            assert dump(crm) == before
            done = crm.runner.commit(preview, LEA)
            assert done.changes.summary() == preview.changes.summary()
            assert done.result.as_json() == preview.result.as_json()
            _counted(done.result)


def _counted(report: FileReport) -> None:
    assert report.read == report.created + report.updated + report.duplicates + report.ignored + report.errors
    assert report.errors == sum(problem.severity == "error" for problem in report.problems)


CELL = st.one_of(
    st.sampled_from(
        ["", "F-1", "F-2", "Ada", "Bob", "2026-03-01", "01/03/2026", "0202-01-01", "1,234.56-", "=1+1", "-5", "12,50"]
    ),
    st.sampled_from(
        ["invoice", "credit_note", "yes", "no", "maybe", "EUR", "XYZ", "B2B", "45 EOM A", "\ufeff", "'", '"x"', "U1"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n;"), max_size=12),
)
FIELDS = {
    "invoices-csv": [
        "number",
        "customer",
        "kind",
        "issue_date",
        "due_date",
        "total_incl_tax",
        "currency",
        "paid_date",
        "paid_amount",
        "disputed",
        "dispute_reason",
        "original_invoice",
        "total_excl_tax",
    ],
    "payments-csv": ["reference", "customer", "date", "amount", "currency", "method", "label"],
    "customers-csv": [
        "number",
        "name",
        "aliases",
        "siren",
        "vat_number",
        "regime",
        "country",
        "language",
        "account_manager",
        "segment",
        "payment_terms",
        "contact_name",
        "email",
        "phone",
        "credit_limit",
        "customer_since",
        "discreet",
    ],
    "contacts-csv": ["customer", "name", "role", "email", "phone", "language"],
    "users-csv": ["number", "name", "email", "role"],
}


@settings(max_examples=40)
@given(data=st.data(), kind=st.sampled_from(sorted(FIELDS)), seed=ledgers())
def test_no_line_vanishes_whatever_it_says(new_house, data, kind, seed):
    names = FIELDS[kind]
    rows = data.draw(st.lists(st.lists(CELL, min_size=len(names), max_size=len(names)), max_size=6))
    text = "\n".join(";".join(row) for row in (names, *rows)) + "\n"
    with new_house() as crm:
        imported(crm, file_of(seed))
        before = dump(crm)
        action, preview = ImportData(upload=csv_upload(crm, text.encode()), kind=kind), None
        with suppress(FileRefused):
            preview = crm.runner.preview(action, LEA)
        assert dump(crm) == before
        if preview is None:
            return
        _counted(preview.result)
        done = crm.runner.commit(preview, LEA)
        assert done.result.as_json() == preview.result.as_json()
        if kind != "users-csv":
            crm.runner.read(AgedBalance(), LEA)
        assert crm.runner.read(VerifyJournal(), LEA).verification.holds


@settings(max_examples=40)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_sentence(new_house, data):
    with new_house() as crm:
        before = dump(crm)
        with suppress(FileRefused):
            imported(crm, data)
            return
        assert dump(crm) == before


# Undo


@settings(max_examples=12)
@given(first=ledgers(most=5), second=ledgers(most=5), days=st.lists(ANY_DAY, min_size=3, max_size=3))
def test_undo_restores_every_derived_answer(new_house, first, second, days):
    def answers(crm: Crm) -> list[Any]:
        return [(balance(crm, day), documents(crm, day)) for day in days]

    with new_house() as crm:
        told = [answers(crm)]
        acts = 0
        for ledger in (first, second, [_paid_more(line, 1) for line in first]):
            entry = crm.runner.run(ImportData(upload=csv_upload(crm, file_of(ledger))), LEA).entry_id
            if entry is not None:
                acts += 1
                told.append(answers(crm))
        for _turn in range(acts):
            assert answers(crm) == told.pop()
            crm.runner.run(Undo(), LEA)
        assert answers(crm) == told.pop()
        house = dump(crm)
        assert [table for table, rows in house.items() if rows and not table.startswith("journal")] == []
        assert len(crm.runner.read(ListJournal(), LEA).entries) == 2 * acts


@SOME
@given(line=lines("F-1"), day=ANY_DAY)
def test_one_line_alone(new_house, line, day):
    with new_house() as crm:
        clean(imported(crm, file_of([line])))
        assert by_customer(balance(crm, day)) == expected([line], day)


def test_the_oracle_counts_as_an_accountant_does():
    """
    invoice  F-1  01/01  due 31/01  120.00
    paid          15/02              20.00
    """
    line = Line("F-1", "Ada", date(2026, 1, 1), date(2026, 1, 31), 12_000, "EUR", date(2026, 2, 15), 2_000)
    at = [expected([line], day) for day in (date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 14), date(2026, 3, 5))]
    shown = [{name: value for name, value in told.get(("Ada", "EUR"), {}).items() if value != "0.00"} for told in at]
    assert shown == [
        {},
        {"not_due": "120.00", "total": "120.00"},
        {"1-30": "120.00", "total": "120.00"},
        {"31-60": "100.00", "total": "100.00"},
    ]
    with pytest.raises(AssertionError):
        Line("F-1", "Ada", date(2026, 1, 1), date(2026, 1, 1), 1, "EUR").used_on()

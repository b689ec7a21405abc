"""What always holds of matches that are written down, whatever the bank says and a person decides."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, NamedTuple

from build import LEA, TODAY, clean, dump, imported, open_amounts
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.bootstrap import Crm
from crm.core.basics import Undo
from crm.core.errors import CrmError
from crm.receivables.actions.bank import ListBankLines
from crm.receivables.actions.matching import ConfirmMatch, MatchPayments
from crm.receivables.actions.payments import UnmatchPayment

SOME = settings(max_examples=10)
NAMES = ("Menuiserie Kerbrat", "Garage Abgrall", "Imprimerie Salaün")
ROUND = st.sampled_from((5_000, 10_000, 12_000, 30_000))


class Story(NamedTuple):
    """Invoices as (customer, cents, days late), bank lines as (customer, invoice or None, cents, days ago), and what is done next."""

    invoices: list[tuple[int, int, int]]
    lines: list[tuple[int, int | None, int, int]]
    acts: list[int]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A few invoices of three customers, and money that pays them, in part, twice, back again, or nothing at all."""
    invoices = draw(st.lists(st.tuples(st.integers(0, 2), ROUND, st.integers(-5, 90)), min_size=1, max_size=6))
    named = st.one_of(st.none(), st.integers(0, len(invoices) - 1))
    cents = st.one_of(ROUND, st.integers(100, 40_000), ROUND.map(lambda amount: -amount))
    lines = draw(st.lists(st.tuples(st.integers(0, 2), named, cents, st.integers(0, 30)), min_size=1, max_size=6))
    return Story(invoices, lines, draw(st.lists(st.integers(0, 5), max_size=4)))


def filled(crm: Crm, story: Story) -> None:
    """Bring both files in."""
    customers = "".join(f"C-{place};{name}\n" for place, name in enumerate(NAMES))
    clean(imported(crm, "number;name\n" + customers))
    rows = []
    for place, (owner, cents, late) in enumerate(story.invoices):
        due = TODAY - timedelta(late)
        rows.append(f"F2026-{place:04};C-{owner};{due - timedelta(30)};{due};{cents / 100:.2f}\n")
    clean(imported(crm, "number;customer;issue_date;due_date;total_incl_tax\n" + "".join(rows)))
    told = []
    for serial, (owner, named, cents, ago) in enumerate(story.lines):
        number = f" F2026-{named:04}" if named is not None else ""
        kind = "VIR" if cents > 0 else "REJET PRLV"
        told.append(f"{TODAY - timedelta(ago)};{kind} {NAMES[owner].upper()}{number};{cents / 100:.2f};R-{serial}\n")
    clean(imported(crm, "Date;Libellé;Montant;Référence\n" + "".join(told), kind="bank-csv"))


def act(crm: Crm, choice: int) -> None:
    """Something that a person may do next; what cannot be done is refused."""
    lines = crm.runner.read(ListBankLines(), LEA).cards
    try:
        if choice < 3 and lines:
            crm.runner.run(ConfirmMatch(line=lines[choice % len(lines)].row.id, candidate=1 + choice), LEA)
        elif choice < 5:
            crm.runner.run(UnmatchPayment(invoice=f"F2026-{choice - 3:04}"), LEA)
        else:
            crm.runner.run(MatchPayments(), LEA)
    except CrmError:
        return


def rows(crm: Crm, table: str) -> list[dict[str, Any]]:
    with crm.database.reading() as session:
        found = session.connection().exec_driver_sql(f'SELECT * FROM "{table}" ORDER BY id').mappings()
        return [dict(row) for row in found]


def check(crm: Crm) -> None:
    """No money is used twice, nothing is settled beyond what it is, and full groups balance."""
    instalments = {row["id"]: row["cents"] for row in rows(crm, "instalment")}
    payments = {row["id"]: row["cents"] for row in rows(crm, "payment")}
    settled: dict[int, int] = defaultdict(int)
    used: dict[int, int] = defaultdict(int)
    back = {row["reverses_id"] for row in rows(crm, "allocation")}
    groups: dict[tuple[int, str], set[tuple[str, int]]] = defaultdict(set)
    owners = {row["id"]: row["invoice_id"] for row in rows(crm, "instalment")}
    customers = {row["id"]: row["customer_id"] for row in rows(crm, "invoice")}
    for row in rows(crm, "allocation"):
        settled[row["instalment_id"]] += row["cents"]
        if row["payment_id"] is not None:
            used[row["payment_id"]] += row["cents"]
        if row["reverses_id"] is None and row["id"] not in back and row["code"]:
            account = customers[owners[row["instalment_id"]]]
            group = groups[account, row["code"]]
            group.add(("item", row["instalment_id"]))
            if row["payment_id"] is not None:
                group.add(("payment", row["payment_id"]))
    assert all(0 <= cents <= instalments[key] for key, cents in settled.items())
    assert all(abs(cents) <= abs(payments[key]) and cents * payments[key] >= 0 for key, cents in used.items())
    for (account, code), group in groups.items():
        left = [instalments[key] - settled[key] if kind == "item" else payments[key] - used[key] for kind, key in group]
        assert code.isupper() == (not any(left)), (account, code, left)
        assert (account, code.swapcase()) not in groups


@SOME
@given(story=stories())
def test_whatever_is_matched_holds_in_the_books(new_house, story):
    with new_house() as crm:
        filled(crm, story)
        crm.runner.run(MatchPayments(), LEA)
        check(crm)
        for choice in story.acts:
            act(crm, choice)
            check(crm)


@SOME
@given(story=stories(), earlier=st.dates(date(2026, 9, 1), TODAY))
def test_undoing_a_run_restores_every_balance_of_any_day(new_house, story, earlier):
    with new_house() as crm:
        filled(crm, story)
        before = open_amounts(crm), open_amounts(crm, as_of=earlier)
        if crm.runner.run(MatchPayments(), LEA).entry_id is None:
            return
        crm.runner.run(Undo(), LEA)
        assert (open_amounts(crm), open_amounts(crm, as_of=earlier)) == before
        assert [name for name, found in dump(crm).items() if found and name in {"payment", "residual"}] == []
        check(crm)
        assert crm.runner.run(MatchPayments(), LEA).result.as_json()["matched"] == []


@SOME
@given(story=stories())
def test_a_second_run_finds_nothing_more_to_match(new_house, story):
    with new_house() as crm:
        filled(crm, story)
        crm.runner.run(MatchPayments(), LEA)
        again = crm.runner.run(MatchPayments(), LEA).result
        assert again.as_json()["matched"] == []

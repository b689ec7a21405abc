"""How customers pay, each as it always does: one bill or several, by month, less a discount, in parts, in silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from benchmarks.matching.book import Bill, Customer
from benchmarks.matching.company import END
from benchmarks.matching.teller import Teller
from benchmarks.matching.words import MONTHS


def whole(bills: Sequence[Bill]) -> list[tuple[int, int]]:
    return [(bill.id, bill.cents) for bill in bills]


def habit(teller: Teller, _kind: str) -> None:
    """A customer pays as it always does."""
    if (bill := teller.next_bill()) is None:
        return
    customer = teller.who(bill)
    HABIT[customer.habit](teller, bill, customer)


def _single(teller: Teller, bill: Bill, customer: Customer) -> None:
    kind = f"named: {customer.writing}"
    teller.show(
        kind,
        customer.pays_as,
        teller.names([bill], customer),
        customer,
        teller.pay_day([bill]),
        bill.cents,
        whole([bill]),
        [bill],
        says=True,
    )


def _silent(teller: Teller, bill: Bill, customer: Customer) -> None:
    teller.show(
        "payer and amount",
        customer.pays_as,
        teller.mum([bill], customer),
        customer,
        teller.pay_day([bill]),
        bill.cents,
        whole([bill]),
        [bill],
    )


def _list(teller: Teller, bill: Bill, customer: Customer) -> None:
    bills = [
        bill,
        *[other for other in teller.left(customer.id) if other.cents > 0 and other.id != bill.id][
            : teller.dice.choice((1, 1, 2, 3, 5))
        ],
    ]
    if len(bills) < 2:
        return _single(teller, bill, customer)
    bills.sort(key=lambda one: one.id)
    teller.show(
        "named: several",
        customer.pays_as,
        teller.names(bills, customer),
        customer,
        teller.pay_day(bills),
        sum(one.cents for one in bills),
        whole(bills),
        bills,
        says=True,
    )
    return None


def _sum(teller: Teller, kind: str, bills: Sequence[Bill], customer: Customer, day: date) -> bool:
    if len(bills) < 2 or any(bill.cents < 0 for bill in bills):
        return False
    message = teller.dice.choice(
        ("RELEVE {m}", "SOLDE", "{m}", "", "REGLEMENT RELEVE", "FACTURES {m}", "VIR FOURNISSEURS")
    ).format(m=MONTHS[bills[-1].issued.month - 1])
    teller.show(kind, customer.pays_as, message, customer, day, sum(bill.cents for bill in bills), whole(bills), bills)
    return True


def _month(teller: Teller, bill: Bill, customer: Customer) -> None:
    bills = [
        one
        for one in teller.company.of[customer.id]
        if (one.issued.year, one.issued.month) == (bill.issued.year, bill.issued.month) and one.id not in teller.taken
    ]
    if not _sum(teller, "sum: a month", bills, customer, teller.pay_day(bills)):
        _single(teller, bill, customer)


def _due(teller: Teller, bill: Bill, customer: Customer) -> None:
    day = teller.pay_day([bill])
    bills = [one for one in teller.left(customer.id, day) if one.due <= day]
    if not _sum(teller, "sum: all that is due", bills, customer, day):
        _silent(teller, bill, customer)


def _oldest(teller: Teller, bill: Bill, customer: Customer) -> None:
    day = teller.pay_day([bill])
    bills = teller.left(customer.id, day)[: teller.dice.choice((2, 2, 3, 4))]
    if not _sum(teller, "sum: the oldest", bills, customer, day):
        _single(teller, bill, customer)


def _discount(teller: Teller, bill: Bill, customer: Customer) -> None:
    cents = bill.cents - (bill.cents * 2 + 50) // 100
    named = teller.dice.random() < 0.7
    text = (
        teller.names([bill], customer) + teller.dice.choice(("", " ESC 2%", " ESCOMPTE DEDUIT"))
        if named
        else teller.mum([bill], customer)
    )
    teller.show(
        "discount",
        customer.pays_as,
        text,
        customer,
        min(END, bill.issued + timedelta(days=9)),
        cents,
        [(bill.id, cents)],
        [bill],
        says=named,
    )


def _rounding(teller: Teller, bill: Bill, customer: Customer) -> None:
    paid = teller.dice.choice((bill.cents // 100 * 100, bill.cents + 1, bill.cents - 2, -(-bill.cents // 100) * 100))
    named = teller.dice.random() < 0.7
    text = teller.names([bill], customer) if named else teller.mum([bill], customer)
    teller.show(
        "rounding",
        customer.pays_as,
        text,
        customer,
        teller.pay_day([bill]),
        paid,
        [(bill.id, min(paid, bill.cents))],
        [bill],
        says=named,
    )


def _instalments(teller: Teller, bill: Bill, customer: Customer) -> None:
    """Three payments of one bill, in a row."""
    parts = [bill.cents // 3, bill.cents // 3, bill.cents - 2 * (bill.cents // 3)]
    day = teller.pay_day([bill])
    for place, cents in enumerate(parts[: teller.dice.choice((1, 2, 3))]):
        text = f"{teller.dice.choice(('ECHEANCE', 'ACOMPTE', 'VERSEMENT', 'PART'))} {place + 1}/3 {teller.names([bill], customer)}"
        teller.show(
            "partial, named",
            customer.pays_as,
            text,
            customer,
            min(END, day + timedelta(days=30 * place)),
            cents,
            [(bill.id, cents)],
            [bill],
            says=True,
        )


def _on_account(teller: Teller, bill: Bill, customer: Customer) -> None:
    cents = teller.dice.choice((20_000, 30_000, 50_000, 100_000, 150_000))
    if all(one.cents != cents for one in teller.company.of[customer.id]):
        teller.show(
            "on account",
            customer.pays_as,
            teller.dice.choice(("ACOMPTE", "ACOMPTE COMMANDE", "PROVISION", "A VALOIR", "AVANCE", "")),
            customer,
            teller.pay_day([bill]),
            cents,
            (),
            (),
        )


HABIT: dict[str, Callable[[Teller, Bill, Customer], None]] = {
    "single": _single, "list": _list, "month": _month, "due": _due, "oldest": _oldest, "discount": _discount, "rounding": _rounding,
    "instalments": _instalments, "on_account": _on_account, "silent": _silent,
}  # fmt: skip  # read as a table: columns side by side

"""What happens on the account beside customers’ habits: every kind of line, with its truth."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.matching.banks import bare, plain
from benchmarks.matching.book import Earlier, Statement
from benchmarks.matching.company import END
from benchmarks.matching.habits import habit, whole
from benchmarks.matching.teller import OWN, Case, Teller
from benchmarks.matching.words import (
    FACTORS,
    FAMILIES,
    FIRST_NAMES,
    MONTHS,
    NOT_CUSTOMERS_IN,
    NOT_CUSTOMERS_OUT,
    SUPPLIERS,
    TOWNS,
)
from benchmarks.matching.writing import WRITERS, several, slip

CODES = (
    "AM04 PROVISION INSUFFISANTE",
    "MD06 CONTESTATION DEBITEUR",
    "MS02",
    "AC04 COMPTE CLOTURE",
    "AC01",
    "MD01 PAS DE MANDAT",
    "RJ SANS PROVISION",
)


def typing_slip(teller: Teller, kind: str) -> None:
    """A number with one figure wrong, which may be another bill's; payer and amount are right."""
    if bill := teller.next_bill():
        customer = teller.who(bill)
        teller.show(
            kind,
            customer.pays_as,
            slip(teller.dice, bill.number),
            customer,
            teller.pay_day([bill]),
            bill.cents,
            whole([bill]),
            [bill],
            says=True,
        )


def other_number(teller: Teller, kind: str) -> None:
    """The payer copies the number of somebody else's bill."""
    bill, other = teller.next_bill(), teller.dice.choice(teller.company.bills)
    if bill and other.customer != bill.customer:
        customer = teller.who(bill)
        teller.show(
            kind,
            customer.pays_as,
            other.number,
            customer,
            teller.pay_day([bill]),
            bill.cents,
            whole([bill]),
            [bill],
            says=True,
        )


def no_payer(teller: Teller, kind: str) -> None:
    """A relative or partner pays: only the number tells."""
    if bill := teller.next_bill():
        customer = teller.who(bill)
        payer = f"{teller.dice.choice(('M', 'MME', ''))} {teller.dice.choice(FAMILIES)} {teller.dice.choice(FIRST_NAMES)}".strip()
        teller.show(
            kind,
            payer,
            teller.names([bill], customer),
            None,
            teller.pay_day([bill]),
            bill.cents,
            whole([bill]),
            [bill],
            says=True,
        )


def by_order(teller: Teller, kind: str) -> None:
    """The customer's own order number."""
    bill = teller.next_bill()
    if bill and bill.order:
        customer = teller.who(bill)
        text = teller.dice.choice(("", "CDE ", "COMMANDE ", "PO ", "VOTRE BC ")) + bill.order
        teller.show(
            kind,
            customer.pays_as,
            text,
            customer,
            teller.pay_day([bill]),
            bill.cents,
            whole([bill]),
            [bill],
            says=True,
        )


def structured(teller: Teller, kind: str) -> None:
    """The number travels as an ISO reference or end-to-end identifier."""
    if bill := teller.next_bill():
        customer = teller.who(bill)
        body = "".join(char for char in plain(bill.number) if char.isalnum())
        day = teller.pay_day([bill])
        if teller.dice.random() < 0.5:
            figures = int("".join(str(int(char, 36)) for char in body + "RF00"))
            more = {"structured": f"RF{98 - figures % 97:02}{body}"}
        else:
            more = {"end_to_end": bill.number}
        entry = teller.show(
            kind, customer.pays_as, "", customer, day, bill.cents, whole([bill]), [bill], says=True, **more
        )
        if "end_to_end" in more and bill.number not in (entry.label + entry.end_to_end):
            entry.end_to_end = bill.number


def netted(teller: Teller, kind: str) -> None:
    """A credit note taken off, named or not."""
    if not teller.credits:
        return
    credit = teller.credits.pop(teller.dice.randrange(len(teller.credits)))
    if credit.id in teller.taken:
        return
    customer = teller.who(credit)
    bills = [bill for bill in teller.left(customer.id) if bill.cents > 0][: teller.dice.choice((1, 1, 2))]
    net = sum(bill.cents for bill in bills) + credit.cents
    if not bills or net <= 0:
        return
    named = teller.dice.random() < 0.6
    text = (
        teller.names(bills, customer)
        + teller.dice.choice(("", f" AVOIR {credit.number}", " MOINS AVOIR", f" - {credit.number}"))
        if named
        else teller.dice.choice(("", "SOLDE", "DEDUCTION AVOIR"))
    )
    day = max(teller.pay_day(bills), credit.issued)
    teller.show(
        kind, customer.pays_as, text, customer, day, net, whole(bills), [*bills, credit], says=named, nets=(credit.id,)
    )


def fee(teller: Teller, kind: str) -> None:
    """A bank on the way keeps its fee."""
    bill = teller.next_bill()
    if bill and bill.cents > 20_000:
        customer = teller.who(bill)
        cents = bill.cents - teller.dice.choice((50, 350, 500, 800, 1_000, 1_250, 1_500, 1_820, 2_500))
        named = teller.dice.random() < 0.8
        text = teller.names([bill], customer) if named else teller.mum([bill], customer)
        teller.show(
            kind,
            customer.pays_as,
            text,
            customer,
            teller.pay_day([bill]),
            cents,
            [(bill.id, cents)],
            [bill],
            says=named,
        )


def over(teller: Teller, kind: str) -> None:
    """More than is owed: the indemnity, a forgotten credit note, a slip."""
    if bill := teller.next_bill():
        customer = teller.who(bill)
        cents = bill.cents + teller.dice.choice((4_000, 900, 9_000, 10_000))
        teller.show(
            kind,
            customer.pays_as,
            teller.names([bill], customer),
            customer,
            teller.pay_day([bill]),
            cents,
            [(bill.id, bill.cents)],
            [bill],
            says=True,
        )


def retained(teller: Teller, kind: str) -> None:
    """Retention money or a disputed part is kept back."""
    bill = teller.next_bill()
    if bill and bill.cents > 100_000:
        customer = teller.who(bill)
        cents = bill.cents * teller.dice.choice((95, 95, 80, 50, 90)) // 100
        teller.show(
            kind,
            customer.pays_as,
            teller.names([bill], customer),
            customer,
            teller.pay_day([bill]),
            cents,
            [(bill.id, cents)],
            [bill],
            says=True,
        )


def twice(teller: Teller, kind: str) -> None:
    """The same transfer once more: nothing is left for it."""
    if first := teller.made_before():
        day = min(END, first.day + timedelta(days=teller.dice.randrange(1, 15)))
        teller.put(
            kind,
            first.label,
            day,
            first.cents,
            (),
            (),
            name=first.name,
            account=first.account,
            end_to_end=first.end_to_end,
            says=first.says,
        )
        first.kind = "paid twice, first time"


def settled_before(teller: Teller, kind: str) -> None:
    """A number that was settled long ago, paid again."""
    bill = teller.next_bill()
    if bill and (END - bill.due).days > 15:
        customer = teller.who(bill)
        bill.open = 0
        teller.earlier.append(
            Earlier(10**6 + bill.id, bill.due, bill.cents, bill.customer, customer.account, ((bill.id, bill.cents),))
        )
        teller.show(
            kind, customer.pays_as, teller.names([bill], customer), customer, END, bill.cents, (), [bill], says=True
        )


def group_pays(teller: Teller, kind: str) -> None:
    """Another company of the group pays."""
    bill = teller.next_bill()
    if bill and (mates := teller.company.group_of(teller.who(bill))):
        customer, mate = teller.who(bill), teller.dice.choice(mates)
        named = teller.dice.random() < 0.7
        text = (
            teller.names([bill], customer) if named else f"POUR {customer.name}" if teller.dice.random() < 0.6 else ""
        )
        teller.show(kind, mate.name, text, mate, teller.pay_day([bill]), bill.cents, whole([bill]), [bill], says=named)


def group_for_several(teller: Teller, kind: str) -> None:
    """One transfer for the bills of several companies."""
    bill = teller.next_bill()
    if not bill or not (mates := teller.company.group_of(teller.who(bill))):
        return
    other = next((one for mate in mates for one in teller.left(mate.id) if one.cents > 0), None)
    if other is not None and other.customer != bill.customer:
        bills = [bill, other]
        teller.show(
            kind,
            mates[0].name,
            several(teller.dice, bills, WRITERS["whole"][1]),
            mates[0],
            teller.pay_day(bills),
            sum(one.cents for one in bills),
            whole(bills),
            bills,
            says=True,
        )


def factor(teller: Teller, kind: str) -> None:
    """A factor pays a customer's bill and names it."""
    if bill := teller.next_bill():
        customer = teller.who(bill)
        text = f"{teller.names([bill], customer)} {teller.dice.choice((bare(customer.name), ''))}"
        teller.show(
            kind,
            teller.dice.choice(FACTORS),
            text,
            None,
            teller.pay_day([bill]),
            bill.cents,
            whole([bill]),
            [bill],
            says=True,
        )


def cheque(teller: Teller, kind: str) -> None:
    """One cheque deposited: only the amount tells."""
    if bill := teller.next_bill():
        dice = teller.dice
        label = dice.choice(
            (
                f"REMISE CHEQUE N {dice.randrange(10**6, 10**7)}",
                f"REM CHQ {dice.randrange(10**6, 10**7)}",
                f"REMISE DE 1 CHEQUE(S) {dice.randrange(10**4)}",
                "REMISE CHEQUES",
                f"ENCAISSEMENT CHEQUE {dice.randrange(10**6, 10**7)}",
            )
        )
        teller.put(kind, label, teller.pay_day([bill]), bill.cents, whole([bill]), [bill])


def cheques(teller: Teller, kind: str) -> None:
    """Several cheques in one deposit."""
    found = [bill for _each in range(teller.dice.choice((2, 2, 3, 4))) if (bill := teller.next_bill())]
    if len(found) > 1:
        label = teller.dice.choice(("REMISE DE {} CHEQUES {}", "REMISE CHEQUES NB {} NO {}", "REM {} CHQ {}")).format(
            len(found), teller.dice.randrange(10**6, 10**7)
        )
        teller.put(
            kind,
            label,
            min(END, max(map(teller.pay_day, ([bill] for bill in found)))),
            sum(bill.cents for bill in found),
            whole(found),
            found,
        )


def rejected(teller: Teller, kind: str) -> None:
    """A receipt of this statement is taken back."""
    if (first := teller.made_before()) is None:
        return
    customer = teller.who(teller.by_id[first.truth[0][0]])
    name = bare(customer.pays_as)
    label = teller.dice.choice(
        (
            "REJET PRLV SEPA {n} {c}",
            "PRLV IMPAYE {n} {c}",
            "RETOUR PRELEVEMENT {n} MOTIF {c}",
            "REJET DE PRELEVEMENT {c} {n}",
            "IMPAYE CHEQUE {n}",
            "R-TRANSACTION {c} {n}",
        )
    ).format(n=name, c=teller.dice.choice(CODES))
    day = min(END, first.day + timedelta(days=teller.dice.randrange(2, 9)))
    first.kind = "rejected later"
    teller.put(kind, label, day, -first.cents, (), (), reverses=first.id, end_to_end=first.end_to_end)


def rejected_earlier(teller: Teller, kind: str) -> None:
    """A receipt of before this statement is taken back."""
    bill = teller.next_bill()
    if bill and (END - bill.due).days > 20:
        customer = teller.who(bill)
        bill.open = 0
        receipt = Earlier(
            10**6 + bill.id, bill.due, bill.cents, bill.customer, customer.account, ((bill.id, bill.cents),)
        )
        teller.earlier.append(receipt)
        label = teller.dice.choice(
            ("REJET PRLV {n} {c}", "IMPAYE PRLV SEPA {n} {b} {c}", "PRELEVEMENT REJETE {c} {n}", "REJ PRLV {b}")
        ).format(n=bare(customer.name), b=bill.number, c=teller.dice.choice(CODES))
        teller.put(kind, label, min(END, bill.due + timedelta(days=8)), -bill.cents, (), [bill], reverses=receipt.id)


def stranger(teller: Teller, kind: str) -> None:
    """Money of somebody unknown, often with an amount that a customer owes."""
    bill = teller.dice.choice(teller.company.bills)
    payer = (
        f"{teller.dice.choice(FIRST_NAMES)} {teller.dice.choice(FAMILIES)}"
        if teller.dice.random() < 0.6
        else teller.dice.choice(SUPPLIERS)
    )
    if teller.knows(payer):
        return
    message = teller.dice.choice(
        ("", "LOYER", "CAUTION", "REMBOURSEMENT FRAIS", "VENTE VEHICULE", "PARTICIPATION", "DON")
    )
    teller.show(
        kind,
        payer,
        message,
        None,
        END - timedelta(days=teller.dice.randrange(60)),
        abs(bill.cents),
        (),
        (),
        foreign=True,
    )


def other_money(teller: Teller, kind: str) -> None:
    """Taxes, salaries, loans, payouts, refunds, fees: no customers' money."""
    dice = teller.dice
    incoming = dice.random() < 0.6
    text = dice.choice(NOT_CUSTOMERS_IN if incoming else NOT_CUSTOMERS_OUT).format(
        town=bare(dice.choice(TOWNS)), dept=dice.choice(("MORBIHAN", "FINISTERE", "56", "LOT")), digits=dice.randrange(10**3, 10**8), own=plain(OWN),
        day=f"{END - timedelta(days=dice.randrange(60)):%d/%m/%Y}", code=f"{dice.choice('ABCDEFGH')}{dice.randrange(10**5)}{dice.choice('XYZK')}{dice.randrange(10**4)}",
        name=f"{plain(dice.choice(FAMILIES))} {plain(dice.choice(FIRST_NAMES))}", supplier=dice.choice(SUPPLIERS), month=dice.choice(MONTHS),
    )  # fmt: skip  # read as a table: columns side by side
    cents = abs(dice.choice(teller.company.bills).cents) if dice.random() < 0.4 else dice.randrange(500, 800_000)
    teller.put(
        f"{kind}, {'in' if incoming else 'out'}",
        text,
        END - timedelta(days=dice.randrange(60)),
        cents if incoming else -cents,
        (),
        (),
        foreign=True,
    )


def abroad(teller: Teller, kind: str) -> None:
    """A foreign bank's words around the number."""
    if bill := teller.next_bill():
        customer = teller.who(bill)
        text = teller.dice.choice(
            (
                "/INV/{}",
                "PAYMENT OF INVOICE {}",
                "RE {} THANKS",
                "RECHNUNG {}",
                "FACTURA {}",
                "/RFB/{}",
                "YOUR INV. NO. {}",
            )
        ).format(teller.writer(customer)(teller.dice, bill.number))
        teller.show(
            kind,
            customer.pays_as,
            text,
            customer,
            teller.pay_day([bill]),
            bill.cents,
            whole([bill]),
            [bill],
            says=True,
        )


def all_but_one(teller: Teller, kind: str) -> None:
    """Everything named is paid but for one bill that is disputed, of which the message says nothing."""
    bill = teller.next_bill()
    bills = [one for one in teller.left(bill.customer) if one.cents > 0][:5] if bill else []
    if bill and len(bills) > 2:
        customer = teller.who(bill)
        left_out = teller.dice.choice(bills)
        paid = [one for one in bills if one.id != left_out.id]
        teller.show(
            kind,
            customer.pays_as,
            f"SOLDE SAUF {left_out.number}",
            customer,
            teller.pay_day(bills),
            sum(one.cents for one in paid),
            whole(paid),
            bills,
            says=True,
        )


CASES: dict[str, tuple[float, Case]] = {
    "habit": (62, habit), "typing slip": (2, typing_slip), "someone else's number": (1.2, other_number), "unknown payer, named": (3, no_payer), "order number": (6, by_order),
    "structured reference": (2.5, structured), "credit note netted": (2, netted), "bank fee": (2, fee), "overpaid": (2, over), "retained": (2.5, retained),
    "paid twice": (1.2, twice), "settled before": (1, settled_before), "group pays": (6, group_pays), "group, several customers": (3, group_for_several), "factor": (1, factor),
    "cheque": (1.5, cheque), "several cheques": (0.7, cheques), "rejected": (1.5, rejected), "rejected, earlier receipt": (1, rejected_earlier),
    "stranger": (2, stranger), "other money": (9, other_money),
}  # fmt: skip  # read as a table: columns side by side
UNSEEN_CASES: dict[str, tuple[float, Case]] = {
    "abroad": (3, abroad),
    "all but one": (1, all_but_one),
}


def statement(seed: int, customers: int = 200, lines: int = 700, *, unseen: bool = False) -> Statement:
    """The statement of a seed; `unseen` adds layouts, writings and kinds that are kept for judging."""
    return Teller(seed, customers, lines, unseen=unseen).write(seed, {**CASES, **(UNSEEN_CASES if unseen else {})})

"""What happens on the account: every kind of line, with its truth. Named kinds are what the figures are told by."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from benchmarks.matching.banks import LAYOUTS, UNSEEN_LAYOUTS, Sent, bare, plain
from benchmarks.matching.book import Bill, Customer, Earlier, Entry, Statement
from benchmarks.matching.company import END, Company
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
from benchmarks.matching.writing import UNSEEN_WRITERS, WRITERS, several, slip

OWN = "Kermaria Services"
OWN_ACCOUNT = "FR7614445000010987654321077"
EMPTY = (
    "",
    "",
    "VIREMENT",
    "REGLEMENT",
    "PAIEMENT FACTURE",
    "VOTRE FACTURE",
    "FOURNISSEUR KERMARIA",
    "MERCI",
    "KERMARIA SERVICES",
    "VIR FOURNISSEUR",
    "REGLEMENT FACTURE(S)",
)
CODES = (
    "AM04 PROVISION INSUFFISANTE",
    "MD06 CONTESTATION DEBITEUR",
    "MS02",
    "AC04 COMPTE CLOTURE",
    "AC01",
    "MD01 PAS DE MANDAT",
    "RJ SANS PROVISION",
)


class Teller:
    """Writes one statement, case by case, until it has enough lines."""

    def __init__(self, seed: int, customers: int, lines: int, *, unseen: bool) -> None:
        self.dice = random.Random(f"statement {seed}")
        self.company = Company(self.dice, customers, lines * 5 // 4)
        layouts = {**LAYOUTS, **(UNSEEN_LAYOUTS if unseen else {})}
        self.bank = self.dice.choice(sorted(UNSEEN_LAYOUTS if unseen and self.dice.random() < 0.6 else layouts))
        self._layout = layouts[self.bank]
        self._writers = {**WRITERS, **(UNSEEN_WRITERS if unseen else {})}
        self._unseen = unseen
        self.entries: list[Entry] = []
        self.earlier: list[Earlier] = []
        self._free = [bill for bill in self.company.bills if bill.cents > 0]
        self.dice.shuffle(self._free)
        self._taken: set[int] = set()
        self._names: set[str] = set()
        self._credits = [bill for bill in self.company.bills if bill.cents < 0]
        self._target = lines
        self._by_id = {bill.id: bill for bill in self.company.bills}
        self._who = {customer.id: customer for customer in self.company.customers}

    def write(self, seed: int) -> Statement:
        """The statement of a seed."""
        cases = {**CASES, **(UNSEEN_CASES if self._unseen else {})}
        names, weights = list(cases), [weight for weight, _case in cases.values()]
        for name in self.dice.choices(names, weights, k=self._target * 3):
            if len(self.entries) >= self._target:
                break
            cases[name][1](self, name)
        self._settle_some()
        self.dice.shuffle(self.entries)
        return Statement(
            seed,
            self.bank,
            self.company.customers,
            self.company.bills,
            self.earlier,
            self.entries,
            (OWN,),
            (OWN_ACCOUNT,),
        )

    def _settle_some(self) -> None:
        """Part of what no line pays was paid before."""
        for bill in self._free:
            if bill.id not in self._taken and (END - bill.due).days > 10 and self.dice.random() < 0.5:
                bill.open = 0
                day = bill.due + timedelta(days=self.dice.randrange(0, 10))
                customer = self._who[bill.customer]
                self.earlier.append(
                    Earlier(10**6 + bill.id, day, bill.cents, bill.customer, customer.account, ((bill.id, bill.cents),))
                )

    # drawing

    def next_bill(self) -> Bill | None:
        """A bill that nothing has paid yet."""
        while self._free:
            bill = self._free.pop()
            if bill.id not in self._taken:
                return bill
        return None

    def left(self, customer: int, until: date = END) -> list[Bill]:
        """What a customer has not paid yet, oldest due first."""
        found = [
            bill for bill in self.company.of.get(customer, ()) if bill.id not in self._taken and bill.issued <= until
        ]
        return sorted(found, key=lambda bill: (bill.due, bill.issued, bill.id))

    def who(self, bill: Bill) -> Customer:
        """Whose bill it is."""
        return self._who[bill.customer]

    def pay_day(self, bills: Sequence[Bill]) -> date:
        """When its customer pays."""
        late = self.who(bills[0]).lateness + self.dice.randrange(-2, 12)
        day = max(
            max(bill.issued for bill in bills) + timedelta(days=1),
            max(bill.due for bill in bills) + timedelta(days=late),
        )
        return min(day, END)

    def writer(self, customer: Customer) -> Callable[[random.Random, str], str]:
        """How a customer writes numbers, mostly."""
        name = customer.writing if self.dice.random() < 0.75 else self.dice.choice(sorted(self._writers))
        return self._writers[name][1]

    def names(self, bills: Sequence[Bill], customer: Customer) -> str:
        """A message that names bills."""
        text = several(self.dice, bills, self.writer(customer))
        extra = self.dice.random()
        if extra < 0.12:
            text = f"{self.dice.choice(('REGLEMENT', 'VIR', 'REGL', 'PAIEMENT', OWN.upper(), 'CLIENT 411KERMARIA', 'VOTRE REF'))} {text}"
        elif extra < 0.2:
            text = f"{text} {self.dice.choice((f'DU {bills[0].issued:%d/%m/%Y}', f'CLIENT {self.dice.randrange(1000, 99999)}', f'BL {self.dice.randrange(1000, 9999)}', 'SOLDE', f'{bills[0].cents / 100:.2f} EUR'.replace('.', ',')))}"
        return text

    def mum(self, bills: Sequence[Bill], customer: Customer) -> str:
        """A message that names nothing of ours, perhaps a number of the payer's own."""
        dice = self.dice
        if dice.random() < 0.4:
            return dice.choice(EMPTY)
        own = dice.choice(
            (
                f"PAI{dice.randrange(10**6):06}",
                f"FOUR{dice.randrange(10**4)} {dice.randrange(10**5)}",
                f"VIRT{dice.randrange(10**8)}",
                f"REGLT DU {END:%d%m%y}",
                MONTHS[bills[0].issued.month - 1],
                f"401KERMARIA {dice.randrange(10**4)}",
                f"MDT {dice.randrange(999)} BORD {dice.randrange(99)}",
            )
        )
        return own if customer.name else ""

    def knows(self, payer: str) -> bool:
        """Whether a name may be taken for a customer's."""
        if not self._names:
            for customer in self.company.customers:
                for name in (customer.name, customer.pays_as, *customer.aliases):
                    self._names.update(bare(name).split())
        return all(word in self._names for word in bare(payer).split())

    def made_before(self) -> Entry | None:
        """A recent line that pays one bill, of some days before the end."""
        made = [
            entry
            for entry in self.entries[-80:]
            if entry.kind.startswith(("named", "payer"))
            and len(entry.truth) == 1
            and entry.day < END - timedelta(days=5)
        ]
        return self.dice.choice(made) if made else None

    # saying

    def show(
        self, kind: str, payer: str, message: str, customer: Customer | None, day: date, cents: int,
        truth: Sequence[tuple[int, int]], used: Sequence[Bill], **more: object,
    ) -> Entry:  # fmt: skip
        """Put a transfer on the statement, as the bank shows it."""
        dice = self.dice
        end_to_end = str(
            more.pop("end_to_end", "")
            or (
                f"{dice.choice(('SCT', 'E2E', 'V', ''))}{dice.randrange(10**6, 10**10)}" if dice.random() < 0.35 else ""
            )
        )
        account = str(more.pop("account", customer.account if customer else f"FR76{dice.randrange(10**22, 10**23)}"))
        shown = self._layout(dice, Sent(payer, message, account, end_to_end, day))
        if more.get("says") and message:
            more["says"] = plain(message)[:9].strip() in plain(shown.label)
        return self.put(
            kind,
            shown.label,
            day,
            cents,
            truth,
            used,
            name=shown.name,
            account=shown.account,
            end_to_end=shown.end_to_end,
            **more,
        )

    def put(
        self,
        kind: str,
        label: str,
        day: date,
        cents: int,
        truth: Sequence[tuple[int, int]],
        used: Sequence[Bill],
        **more: object,
    ) -> Entry:
        """Put a line on the statement."""
        entry = Entry(len(self.entries) + 1, day, cents, label, kind, tuple(truth), **more)  # type: ignore[arg-type]
        self.entries.append(entry)
        self._taken.update(bill.id for bill in used)
        return entry


def _whole(bills: Sequence[Bill]) -> list[tuple[int, int]]:
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
        _whole([bill]),
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
        _whole([bill]),
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
        _whole(bills),
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
    teller.show(kind, customer.pays_as, message, customer, day, sum(bill.cents for bill in bills), _whole(bills), bills)
    return True


def _month(teller: Teller, bill: Bill, customer: Customer) -> None:
    bills = [
        one
        for one in teller.company.of[customer.id]
        if (one.issued.year, one.issued.month) == (bill.issued.year, bill.issued.month) and one.id not in teller._taken
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
}  # fmt: skip


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
            _whole([bill]),
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
            _whole([bill]),
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
            _whole([bill]),
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
            _whole([bill]),
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
            kind, customer.pays_as, "", customer, day, bill.cents, _whole([bill]), [bill], says=True, **more
        )
        if "end_to_end" in more and bill.number not in (entry.label + entry.end_to_end):
            entry.end_to_end = bill.number


def netted(teller: Teller, kind: str) -> None:
    """A credit note taken off, named or not."""
    if not teller._credits:
        return
    credit = teller._credits.pop(teller.dice.randrange(len(teller._credits)))
    if credit.id in teller._taken:
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
        kind, customer.pays_as, text, customer, day, net, _whole(bills), [*bills, credit], says=named, nets=(credit.id,)
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
        teller.show(kind, mate.name, text, mate, teller.pay_day([bill]), bill.cents, _whole([bill]), [bill], says=named)


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
            _whole(bills),
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
            _whole([bill]),
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
        teller.put(kind, label, teller.pay_day([bill]), bill.cents, _whole([bill]), [bill])


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
            _whole(found),
            found,
        )


def rejected(teller: Teller, kind: str) -> None:
    """A receipt of this statement is taken back."""
    if (first := teller.made_before()) is None:
        return
    customer = teller.who(teller._by_id[first.truth[0][0]])
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
    )  # fmt: skip
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
            _whole([bill]),
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
            _whole(paid),
            bills,
            says=True,
        )


CASES: dict[str, tuple[float, Callable[[Teller, str], None]]] = {
    "habit": (62, habit), "typing slip": (2, typing_slip), "someone else's number": (1.2, other_number), "unknown payer, named": (3, no_payer), "order number": (6, by_order),
    "structured reference": (2.5, structured), "credit note netted": (2, netted), "bank fee": (2, fee), "overpaid": (2, over), "retained": (2.5, retained),
    "paid twice": (1.2, twice), "settled before": (1, settled_before), "group pays": (6, group_pays), "group, several customers": (3, group_for_several), "factor": (1, factor),
    "cheque": (1.5, cheque), "several cheques": (0.7, cheques), "rejected": (1.5, rejected), "rejected, earlier receipt": (1, rejected_earlier),
    "stranger": (2, stranger), "other money": (9, other_money),
}  # fmt: skip
UNSEEN_CASES: dict[str, tuple[float, Callable[[Teller, str], None]]] = {
    "abroad": (3, abroad),
    "all but one": (1, all_but_one),
}


def statement(seed: int, customers: int = 200, lines: int = 700, *, unseen: bool = False) -> Statement:
    """The statement of a seed; `unseen` adds layouts, writings and kinds that are kept for judging."""
    return Teller(seed, customers, lines, unseen=unseen).write(seed)

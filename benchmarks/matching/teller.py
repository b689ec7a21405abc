"""Writes a statement line by line: who has what to pay, what a message says, how the bank shows it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from benchmarks.matching.banks import LAYOUTS, UNSEEN_LAYOUTS, Sent, bare, plain
from benchmarks.matching.book import Bill, Customer, Earlier, Entry, Statement
from benchmarks.matching.company import END, Company
from benchmarks.matching.words import MONTHS
from benchmarks.matching.writing import UNSEEN_WRITERS, WRITERS, several

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


class Teller:
    """Writes one statement, case by case, until it has enough lines."""

    def __init__(self, seed: int, customers: int, lines: int, *, unseen: bool) -> None:
        self.dice = random.Random(f"statement {seed}")
        self.company = Company(self.dice, customers, lines * 5 // 4)
        layouts = {**LAYOUTS, **(UNSEEN_LAYOUTS if unseen else {})}
        self.bank = self.dice.choice(sorted(UNSEEN_LAYOUTS if unseen and self.dice.random() < 0.6 else layouts))
        self._layout = layouts[self.bank]
        self._writers = {**WRITERS, **(UNSEEN_WRITERS if unseen else {})}
        self.entries: list[Entry] = []
        self.earlier: list[Earlier] = []
        self._free = [bill for bill in self.company.bills if bill.cents > 0]
        self.dice.shuffle(self._free)
        self.taken: set[int] = set()
        self._names: set[str] = set()
        self.credits = [bill for bill in self.company.bills if bill.cents < 0]
        self._target = lines
        self.by_id = {bill.id: bill for bill in self.company.bills}
        self._who = {customer.id: customer for customer in self.company.customers}

    def write(self, seed: int, cases: dict[str, tuple[float, Case]]) -> Statement:
        """The statement of a seed, of cases drawn by their weight."""
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
            if bill.id not in self.taken and (END - bill.due).days > 10 and self.dice.random() < 0.5:
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
            if bill.id not in self.taken:
                return bill
        return None

    def left(self, customer: int, until: date = END) -> list[Bill]:
        """What a customer has not paid yet, oldest due first."""
        found = [
            bill for bill in self.company.of.get(customer, ()) if bill.id not in self.taken and bill.issued <= until
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
    ) -> Entry:  # fmt: skip  # read as a table: columns side by side
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
        entry = Entry(len(self.entries) + 1, day, cents, label, kind, tuple(truth), **more)  # type: ignore[arg-type]  # fields by their names
        self.entries.append(entry)
        self.taken.update(bill.id for bill in used)
        return entry


Case = Callable[[Teller, str], None]

"""A made-up company: whom it sells to, what it has billed, how its customers pay. The same seed, the same company."""

from __future__ import annotations

import random
from datetime import date, timedelta

from benchmarks.matching.banks import bare
from benchmarks.matching.book import Bill, Customer
from benchmarks.matching.words import (
    CHAINS,
    COINED,
    CRAFTS,
    FAMILIES,
    FIELDS,
    FIRST_NAMES,
    MANAGERS,
    PAYING_OFFICES,
    STREETS,
    TENURES,
    TOWNS,
)
from benchmarks.matching.writing import WRITERS

END = date(2026, 9, 30)
NUMBERINGS = (
    "F{y}-{n:04}", "FA-{yy}-{n:05}", "{y}/{m:02}/{s:03}", "FC{n:06}", "VE{yy}{n:05}", "{n:04}-{y}", "FAC{y}{m:02}-{s:03}", "{yy}{m:02}{s:05}",
    "{n}", "F{yy}{m:02}{s:04}", "FV/{y}/{n:05}", "{y}-{n}", "FACT-{n:05}", "INV-{y}-{n:04}", "{yy}.{n:04}", "F{n:05}", "AB{yy}-{n:04}", "BDX{n:07}",
)  # fmt: skip  # read as a table: columns side by side
OLD_NUMBERING = "FAC{n:05}"
HABITS = {
    "single": 46,
    "list": 14,
    "month": 6,
    "due": 7,
    "oldest": 5,
    "discount": 4,
    "rounding": 2,
    "instalments": 3,
    "on_account": 2,
    "silent": 18,
}


class Company:
    """Customers, bills and the habits of payers."""

    def __init__(self, dice: random.Random, customers: int, bills: int) -> None:
        self.dice = dice
        self.customers: list[Customer] = []
        self.bills: list[Bill] = []
        self.of: dict[int, list[Bill]] = {}
        self._numbering = dice.choice(NUMBERINGS)
        self._old_until = END - timedelta(days=dice.choice((999, 999, 999, 120, 90)))
        self._groups: dict[int, list[Customer]] = {}
        self._prices = [dice.choice((4_900, 9_900, 12_000, 24_000, 36_000, 60_000, 120_000)) for _each in range(4)]
        for place in range(customers):
            self._customer(place + 1)
        self._bill(bills)

    def group_of(self, customer: Customer) -> list[Customer]:
        """The other companies of its group."""
        return [other for other in self._groups.get(customer.group or 0, ()) if other.id != customer.id]

    def _account(self) -> str:
        bank = self.dice.choice(("30003", "30004", "30002", "14445", "10278", "15589", "13807", "20041", "16706"))
        return f"FR{self.dice.randrange(10, 98)}{bank}{self.dice.randrange(10**17, 10**18)}"

    def _customer(self, number: int) -> None:
        dice = self.dice
        kind = dice.choices(
            ("craft", "coined", "family", "person", "public", "chain", "building", "group", "initials"),
            (26, 24, 12, 9, 6, 6, 5, 8, 4),
        )[0]
        name, pays_as, aliases = getattr(self, f"_{kind}")()
        customer = Customer(
            number,
            f"C{number:05}",
            name,
            aliases,
            pays_as=pays_as or name,
            account=self._account(),
            city=dice.choice(TOWNS),
        )
        if kind == "group":
            self._into_group(customer)
        if dice.random() < 0.4:
            customer.ibans = [customer.account]
        elif dice.random() < 0.08:
            customer.ibans = [self._account()]
        if kind not in ("person", "building") and dice.random() < 0.6:
            customer.siren = str(dice.randrange(300_000_000, 950_000_000))
        customer.habit = dice.choices(list(HABITS), list(HABITS.values()))[0]
        customer.writing = dice.choices(list(WRITERS), [weight for weight, _writer in WRITERS.values()])[0]
        customer.terms = dice.choice((0, 15, 30, 30, 30, 45, 60))
        customer.lateness = dice.choice((-3, 0, 0, 1, 3, 8, 15, 30, 50))
        self.customers.append(customer)

    def _craft(self) -> tuple[str, str, list[str]]:
        dice = self.dice
        family, craft = dice.choice(FAMILIES), dice.choice(CRAFTS)
        tenure = dice.choice(TENURES)
        name = dice.choice(
            (
                f"{craft} {family}",
                f"{tenure} {craft} {family}",
                f"{craft} {family} et Fils",
                f"{family} {craft} {tenure}",
                f"Ets {family}",
            )
        ).strip()
        shapes = (
            name,
            f"{tenure} {family}".strip(),
            f"{craft} {family}",
            f"{family} {craft}",
            name.replace(" et ", " & "),
        )
        return name, dice.choice(shapes), []

    def _coined(self) -> tuple[str, str, list[str]]:
        dice = self.dice
        coined, field, tenure = dice.choice(COINED), dice.choice(FIELDS), dice.choice(TENURES)
        name = dice.choice((f"{coined} {field}", f"{coined} {tenure}", f"{coined} {field} {tenure}", coined)).strip()
        pays = dice.choice((name, name, coined, f"{tenure} {name}".strip(), f"{coined} {field[:5]}"))
        return name, pays, []

    def _family(self) -> tuple[str, str, list[str]]:
        """A shop with a sign, and the trader behind it: the bank shows one, the books the other."""
        dice = self.dice
        family, first = dice.choice(FAMILIES), dice.choice(FIRST_NAMES)
        sign = f"{dice.choice(CRAFTS)} {dice.choice(('du Port', 'de la Gare', 'du Centre', 'des Halles', 'du Château', 'de la Plage'))}"
        trader = dice.choice((f"M. {first} {family}", f"{family} {first}", f"{first} {family} EI"))
        known = [trader] if dice.random() < 0.45 else []
        return sign, trader if dice.random() < 0.6 else sign, known

    def _person(self) -> tuple[str, str, list[str]]:
        dice = self.dice
        family, first = dice.choice(FAMILIES), dice.choice(FIRST_NAMES)
        pays = dice.choice(
            (
                f"M. {family} {first}",
                f"MME {family}",
                f"{first} {family}",
                f"M OU MME {family}",
                f"MLE {first} {family}",
                f"{dice.choice(FIRST_NAMES)} {family}",
            )
        )
        return f"{first} {family}", pays, []

    def _public(self) -> tuple[str, str, list[str]]:
        dice = self.dice
        town = dice.choice(TOWNS)
        name = dice.choice(
            (
                "Mairie de {}",
                "Commune de {}",
                "CC du Pays de {}",
                "Lycée professionnel de {}",
                "CCAS de {}",
                "Centre hospitalier de {}",
            )
        ).format(town)
        office = dice.choice(PAYING_OFFICES).format(town)
        return name, dice.choice((office, office, name)), []

    def _chain(self) -> tuple[str, str, list[str]]:
        dice = self.dice
        chain, town = dice.choice(CHAINS), dice.choice(TOWNS)
        return (
            f"{chain} {town}",
            dice.choice((f"{chain} {town}", f"{chain} {town}", chain, f"SARL {dice.choice(FAMILIES)} DISTRIB")),
            [],
        )

    def _building(self) -> tuple[str, str, list[str]]:
        """A building whose manager pays."""
        dice = self.dice
        street = dice.choice(STREETS)
        return f"SDC {dice.randrange(1, 80)} {street}", dice.choice(MANAGERS), []

    def _group(self) -> tuple[str, str, list[str]]:
        dice = self.dice
        coined = dice.choice(COINED)
        return f"{coined} {dice.choice(FIELDS)}", "", []

    def _initials(self) -> tuple[str, str, list[str]]:
        dice = self.dice
        head = [
            dice.choice(("Société", "Compagnie", "Coopérative")),
            dice.choice(("Bretonne", "Générale", "Normande", "Alpine", "Nouvelle")),
            dice.choice(("de", "d'")),
            dice.choice(FIELDS),
        ]
        name = " ".join(head).replace("d' ", "d'")
        letters = "".join(word[0] for word in bare(name).replace("'", " ").split() if word not in ("DE", "D"))
        return name, dice.choice((letters, name)), [letters] if dice.random() < 0.5 else []

    def _into_group(self, customer: Customer) -> None:
        dice = self.dice
        group = dice.choice(list(self._groups) or [0]) if dice.random() < 0.6 else 0
        if not group or len(self._groups[group]) > 4:
            group = len(self._groups) + 1
            self._groups[group] = []
        customer.group = group if dice.random() < 0.8 else None
        self._groups[group].append(customer)
        holding = self._groups[group][0]
        customer.pays_as = holding.name if dice.random() < 0.5 else customer.name
        if customer.pays_as == holding.name:
            customer.account = holding.account

    def _bill(self, count: int) -> None:
        dice = self.dice
        dates = sorted(END - timedelta(days=int(dice.triangular(5, 200, 45))) for _each in range(count))
        months: dict[tuple[int, int], int] = {}
        weights = [dice.paretovariate(1.3) for _each in self.customers]
        buyers = dice.choices(self.customers, [min(weight, 12) for weight in weights], k=count)
        start = dice.choice((1, 90, 800, 4_500, 12_000))
        for place, (issued, buyer) in enumerate(zip(dates, buyers, strict=True)):
            month = (issued.year, issued.month)
            months[month] = months.get(month, 0) + 1
            self._one(place, start, issued, months[month], buyer)

    def _one(self, place: int, start: int, issued: date, in_month: int, buyer: Customer) -> None:
        dice = self.dice
        style = OLD_NUMBERING if issued < self._old_until and self._old_until.year == END.year else self._numbering
        number = style.format(y=issued.year, yy=issued.year % 100, m=issued.month, n=start + place, s=in_month)
        cents = self._amount()
        credit = dice.random() < 0.03 and any(bill.cents > 0 for bill in self.of.get(buyer.id, ()))
        corrects = ""
        if credit:
            other = dice.choice([bill for bill in self.of[buyer.id] if bill.cents > 0])
            cents = -max(100, other.cents * dice.choice((10, 25, 50)) // 100)
            number, corrects = number.replace("F", "A", 1), other.number if dice.random() < 0.6 else ""
        order = (
            dice.choice(
                (
                    f"CDE{dice.randrange(10**5, 10**6)}",
                    f"BC-{dice.randrange(1000, 99999)}",
                    f"45{dice.randrange(10**8, 10**9)}",
                )
            )
            if dice.random() < 0.25
            else ""
        )
        bill = Bill(
            len(self.bills) + 1,
            number,
            buyer.id,
            issued,
            issued + timedelta(days=0 if credit else buyer.terms),
            cents,
            cents,
            order,
            corrects,
        )
        self.bills.append(bill)
        self.of.setdefault(buyer.id, []).append(bill)

    def _amount(self) -> int:
        dice = self.dice
        shape = dice.random()
        if shape < 0.16:
            return dice.choice(self._prices)
        if shape < 0.26:
            return dice.randrange(1, 60) * 5_000
        return round(min(3_000_000, 4_000 + 9_000 * dice.paretovariate(0.9)) * dice.uniform(0.6, 1.4))

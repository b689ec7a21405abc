"""Made-up companies, invoices and bank lines with known truth, hard as real statements are. The same seed, the same world."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from crm.receivables.matching.facts import Leeway, Money, OpenItem, Payer, Receipt


def listed(names: str) -> list[str]:
    """Names given with bars between them."""
    return names.split("|")


TRADES = listed(
    "Boulangerie|Garage|Transports|Menuiserie|Plomberie|Électricité|Maçonnerie|Restaurant|Pharmacie|Cabinet|Imprimerie|Carrosserie|Ateliers|Pépinières|Fromagerie|Domaine|Bâtiment|Peinture|Charpente|Optique|Clinique|Traiteur|Brasserie|Serrurerie|Librairie|Coiffure|Fleurs|Taxi|Ambulances|Laboratoire"
)
SURNAMES = listed(
    "Martin|Bernard|Dubois|Thomas|Robert|Richard|Petit|Durand|Leroy|Moreau|Simon|Laurent|Lefèvre|Michel|Garcia|David|Bertrand|Roux|Vincent|Fournier|Morel|Girard|André|Mercier|Dupont|Lambert|Bonnet|François|Martinez|Legrand|Garnier|Faure|Rousseau|Blanc|Guérin|Muller|Henry|Roussel|Nicolas|Perrin|Morin|Mathieu|Clément|Gauthier|Dumont|Lopez|Fontaine|Chevalier|Robin|Masson|Sanchez|Gérard|Nguyen|Boyer|Denis|Lemaire|Duval|Joly|Gautier|Roger|Roche|Roy|Noël|Meyer|Lucas|Meunier|Jean|Pérez|Marchand|Dufour|Blanchard|Marie|Barbier|Brun|Dumas|Brunet|Schmitt|Leroux|Colas|Fernandez|Renard|Arnaud|Rolland|Caron|Aubert|Giraud|Leclerc|Vidal|Bourgeois|Renaud|Lemoine|Picard|Gaillard|Philippe|Lacroix|Kerbrat|Le Goff|Quéméner|Bellanger|Villeneuve|Castelnau|Estève|Pujol|Etcheverry"
)
FIRST = listed("Jean|Marie|Pierre|Sophie|Luc|Claire|Paul|Julie|Marc|Anne|Hugo|Léa|Yves|Nadia|Karim|Inès|Gilles|Chloé")
BRANDS = listed(
    "Axelia|Novatec|Sidéral|Optimum|Calypso|Terranova|Vulcain|Alizé|Boréal|Solstice|Mistral|Armorique|Océane|Phénix|Zénith|Atlas|Orion|Altaïr|Équinoxe|Quartz|Synergie|Horizon|Acropole|Artémis|Hélios|Lumina|Proxima|Trident|Vega|Corail|Ambre|Onyx|Saphir|Cobalt|Granit|Séquoia|Érable|Cèdre|Lynx|Albatros"
)
NOUNS = listed(
    "Conseil|Services|Industries|Distribution|Solutions|Technologies|Énergies|Logistique|Construction|Formation|Communication|Immobilier|Systèmes|Design|Nettoyage|Sécurité"
)
CITIES = listed(
    "Lyon|Nantes|Lille|Rennes|Dijon|Tours|Brest|Angers|Metz|Pau|Nîmes|Reims|Caen|Nancy|Rouen|Laval|Niort|Albi|Agen|Vannes|Saint-Malo|Saint-Étienne|La Rochelle|Aix-en-Provence"
)
FORMS = ("SARL", "SAS", "SA", "EURL", "SASU", "", "", "SCI", "SNC")
SHORTER = {
    "BOULANGERIE": "BOUL",
    "TRANSPORTS": "TRANSP",
    "MENUISERIE": "MENUIS",
    "ELECTRICITE": "ELEC",
    "PHARMACIE": "PHIE",
    "RESTAURANT": "REST",
    "CONSTRUCTION": "CONSTR",
    "IMMOBILIER": "IMMO",
    "DISTRIBUTION": "DISTRIB",
    "SAINT": "ST",
    "BATIMENT": "BAT",
    "CABINET": "CAB",
    "INDUSTRIES": "INDUS",
    "GARAGE": "GAR",
}
TODAY = date(2026, 6, 30)


@dataclass(frozen=True, slots=True)
class Line:
    """A bank line, what it truly pays, and which kind of case it is."""

    money: Money
    truth: tuple[tuple[int, int], ...]
    kind: str
    reverses: int | None = None


@dataclass(slots=True)
class World:
    """A company's customers, invoices and statement."""

    payers: list[Payer]
    items: list[OpenItem]
    lines: list[Line]
    receipts: list[Receipt]
    leeway: Leeway


def plain(text: str) -> str:
    """As a bank writes it: capitals without accents."""
    import unicodedata

    return "".join(char for char in unicodedata.normalize("NFD", text.upper()) if not unicodedata.combining(char))


@dataclass(slots=True)
class Maker:
    """Makes one world."""

    seed: int
    customers: int = 150
    items_each: float = 6.0
    lines: int = 600
    dice: random.Random = field(init=False)
    payers: list[Payer] = field(default_factory=list)
    items: list[OpenItem] = field(default_factory=list)
    open: dict[int, int] = field(default_factory=dict)
    out: list[Line] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    hidden: dict[int, str] = field(default_factory=dict)
    """A name of each customer that we do not know."""
    real_ibans: dict[int, str] = field(default_factory=dict)
    by_customer: dict[int, list[OpenItem]] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    """Lines that bounced or were paid twice."""

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    # customers

    def make(self) -> World:
        for serial in range(self.customers):
            self.payers.append(self._payer(serial + 1))
        self._invoices()
        self.by_customer = {}
        for item in self.items:
            self.by_customer.setdefault(item.customer_id, []).append(item)
        kinds = list(CASES.items())
        while len(self.out) < self.lines:
            name, (_weight, make) = self.dice.choices(kinds, [weight for _name, (weight, _make) in kinds])[0]
            for _try in range(8):
                if make(self, name):
                    break
        self.dice.shuffle(self.out)
        return World(
            self.payers,
            self.items,
            self.out,
            self.receipts,
            Leeway(own_names=("Atelier Relance",), own_ibans=("FR7610278022040001234560378",)),
        )

    def _payer(self, customer_id: int) -> Payer:
        dice = self.dice
        shape = dice.random()
        city = dice.choice(CITIES)
        group = None
        aliases: tuple[str, ...] = ()
        if self.payers and shape < 0.05:
            twin = dice.choice(self.payers)
            name = f"{twin.name.rsplit(' ', 1)[0]} {city}" if shape < 0.03 else twin.name
        elif self.payers and shape < 0.1:
            brand = dice.choice(self.payers)
            name, group = f"{brand.name.split()[0]} {dice.choice(NOUNS)}", brand.customer_id
            if brand.group_id is None:
                self.payers[brand.customer_id - 1] = Payer(
                    brand.customer_id,
                    brand.number,
                    brand.name,
                    brand.aliases,
                    brand.ibans,
                    brand.siren,
                    group,
                    (),
                    brand.city,
                )
            else:
                group = brand.group_id
        elif shape < 0.35:
            name = f"{dice.choice(TRADES)} {dice.choice(SURNAMES)}"
        elif shape < 0.5:
            name = f"{dice.choice(SURNAMES)} {dice.choice(['et Fils', 'Frères', '& Associés', dice.choice(NOUNS)])}"
        elif shape < 0.72:
            name = (
                f"{dice.choice(BRANDS)} {dice.choice(NOUNS)}"
                if dice.random() < 0.7
                else f"{dice.choice(BRANDS)}{dice.choice(['', ' ' + city])}"
            )
        elif shape < 0.8:
            name = f"{dice.choice(['Mairie de', 'Commune de', 'Lycée', 'Syndicat', 'Centre hospitalier de'])} {city}"
        elif shape < 0.88:
            name = f"{dice.choice(FIRST)} {dice.choice(SURNAMES)}"
        else:
            name = f"{dice.choice(TRADES)} {dice.choice(['du Port', 'des Halles', 'de la Gare', 'du Moulin', 'des Lilas', 'Saint-Michel', 'du Vieux Pont'])} {city}"
        form = dice.choice(FORMS)
        full = name if not form else f"{name} {form}" if dice.random() < 0.6 else f"{form} {name}"
        if dice.random() < 0.15:
            aliases = (dice.choice(BRANDS) + " " + dice.choice(SURNAMES),)
        self.hidden[customer_id] = (
            f"{dice.choice(['SCI', 'M', 'MME', 'HOLDING', 'SARL'])} {dice.choice(SURNAMES)} {dice.choice(FIRST)}"
        )
        iban = f"FR76{dice.randrange(10**22, 10**23)}"
        self.real_ibans[customer_id] = iban
        return Payer(
            customer_id,
            f"C{customer_id:05}",
            full,
            aliases,
            (iban,) if dice.random() < 0.3 else (),
            f"{dice.randrange(10**8, 10**9)}",
            group,
            (),
            city,
        )

    def _invoices(self) -> None:
        dice = self.dice
        style = STYLES[dice.randrange(len(STYLES))]
        start = dice.choice((1, 1, 85, 960, 4_300))
        days = sorted(
            TODAY - timedelta(days=dice.randrange(1, 420)) for _ in range(int(self.customers * self.items_each))
        )
        weights = [dice.paretovariate(1.2) for _ in self.payers]
        flat = {
            payer.customer_id: dice.choice((12_000, 2_990, 35_880, 60_000))
            for payer in self.payers
            if dice.random() < 0.08
        }
        serial: dict[int, int] = {}
        for place, day in enumerate(days):
            payer = dice.choices(self.payers, weights)[0]
            key = day.year if "{y" in style else 0
            serial[key] = serial.get(key, start) + 1
            number = style.format(y=day.year, yy=day.year % 100, m=day.month, n=serial[key])
            cents = flat.get(payer.customer_id) or self._cents()
            terms = dice.choice((30, 30, 45, 60, 0))
            order = dice.choice(
                (
                    "",
                    "",
                    f"CMD{dice.randrange(1000, 99999)}",
                    f"BC-{dice.randrange(10**5, 10**6)}",
                    f"45{dice.randrange(10**7, 10**8)}",
                )
            )
            self._item(number, payer.customer_id, day, terms, cents, order)
            if dice.random() < 0.05 and place:
                credit = style.format(y=day.year, yy=day.year % 100, m=day.month, n=serial[key]).replace("F", "A", 1)
                credit = credit if credit != number else f"AV{number}"
                self._item(
                    credit,
                    payer.customer_id,
                    min(TODAY, day + timedelta(days=dice.randrange(1, 20))),
                    0,
                    -max(100, cents * dice.randrange(5, 60) // 100),
                    "",
                    number,
                )

    def _item(
        self, number: str, customer: int, day: date, terms: int, cents: int, order: str, corrects: str = ""
    ) -> None:
        kind = "credit_note" if cents < 0 else "invoice"
        item = OpenItem(
            len(self.items) + 1,
            number,
            customer,
            day,
            day + timedelta(days=terms),
            "EUR",
            cents,
            cents,
            kind,
            order,
            corrects,
        )
        self.items.append(item)
        self.open[item.id] = cents

    def _cents(self) -> int:
        shape = self.dice.random()
        if shape < 0.25:
            return self.dice.choice(
                (
                    10_000,
                    12_000,
                    15_000,
                    24_000,
                    30_000,
                    36_000,
                    48_000,
                    50_000,
                    60_000,
                    90_000,
                    120_000,
                    180_000,
                    240_000,
                )
            )
        if shape < 0.4:
            return self.dice.randrange(5, 400) * 1_200
        return int(10 ** self.dice.uniform(3.7, 6.2))

    # what to pay

    def unpaid(self, count: int = 1, *, latest: date = TODAY) -> tuple[Payer, list[OpenItem]] | None:
        payer = self.dice.choice(self.payers)
        mine = [
            item for item in self.by_customer.get(payer.customer_id, ()) if self.open[item.id] == item.total_cents > 0
        ]
        if len(mine) < count:
            return None
        return payer, sorted(self.dice.sample(mine, count), key=lambda item: (item.due_date, item.id))

    def credits_of(self, payer: Payer) -> list[OpenItem]:
        return [item for item in self.by_customer.get(payer.customer_id, ()) if self.open[item.id] < 0]

    def pay_day(self, items: Sequence[OpenItem]) -> date:
        latest = max(item.issue_date for item in items)
        due = max(item.due_date for item in items)
        day = due + timedelta(days=int(self.dice.gauss(6, 14)))
        return max(day, latest + timedelta(days=self.dice.randrange(0, 4)))

    # how the bank writes

    def name_of(self, payer: Payer) -> str:
        dice = self.dice
        name = plain(payer.name).replace("'", " ")
        words = name.split()
        way = dice.random()
        if way < 0.3:
            pass
        elif way < 0.5:
            words = [word for word in words if word not in FORMS]
        elif way < 0.6:
            words = [SHORTER.get(word, word) for word in words]
        elif way < 0.66:
            words = ["".join(words)]
        elif way < 0.72:
            words = words[::-1]
        elif way < 0.78 and max(map(len, words)) > 5:
            place = max(range(len(words)), key=lambda at: len(words[at]))
            word = words[place]
            at = dice.randrange(1, len(word) - 1)
            words[place] = dice.choice(
                (
                    word[:at] + word[at + 1 :],
                    word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                    word[:at] + dice.choice("AEIOUNRST") + word[at + 1 :],
                )
            )
        elif way < 0.84:
            words = [
                dice.choice(("SARL", "STE", "ETS", "SAS", "M", "SOCIETE")),
                *[word for word in words if word not in FORMS],
            ]
        elif way < 0.9 and payer.aliases:
            words = plain(dice.choice(payer.aliases)).split()
        elif way < 0.93:
            words = [word.replace("-", " ") for word in words]
        text = " ".join(words)
        return text[: dice.choice((24, 27, 31, 35, 70))].strip()

    def number_of(self, item: OpenItem, messy: float = 0.5) -> str:
        dice, number = self.dice, item.number
        if dice.random() > messy:
            return dice.choice(
                (number, number.replace("-", ""), number.replace("-", " "), number.replace("-", "/"), number.lower())
            )
        import re

        letters = "".join(re.findall(r"[A-Z]+", number))
        groups = re.findall(r"\d+", number)
        serial = groups[-1].lstrip("0") or "0"
        year = f"{item.issue_date.year}"
        if len(groups) == 1 and len(groups[0]) > 6:
            serial = groups[0][4:].lstrip("0") or "0"
        if f"{item.issue_date.year % 100:02}" in groups[:1] or year in groups:
            pool = (
                f"{letters}{year[2:]}-{serial}",
                f"{letters} {serial}",
                f"FACT {serial}",
                f"FACTURE N {serial}",
                f"{year} {serial}",
                f"{serial}/{year}",
                "".join(groups),
                f"{letters}{year}{serial}",
                f"N°{serial}",
                number.replace("0", "O"),
                " ".join("".join(groups)),
                number[:-1],
            )
        else:
            pool = (
                f"{letters}{serial}",
                f"FACT {serial}",
                f"FACTURE {serial}",
                "".join(groups),
                f"FAC {groups[-1]}",
                number.replace("0", "O"),
                f"N {serial}",
                number[1:],
            )
        return dice.choice(pool)

    def motive(self, text: str) -> str:
        dice = self.dice
        before = dice.choice(
            ("", "", "FACTURE ", "FACT ", "REGLT ", "PAIEMENT ", "RGT FACT ", "VOTRE FACTURE ", "REF ", "SOLDE FACT ")
        )
        after = dice.choice(
            (
                "",
                "",
                "",
                f" DU {dice.randrange(1, 29):02}/{dice.randrange(1, 13):02}/2026",
                f" {dice.randrange(10, 9999)},{dice.randrange(0, 99):02} EUR",
                f" CLT {dice.randrange(100, 9999)}",
            )
        )
        return f"{before}{text}{after}"

    def say(self, payer_name: str, motive: str, payer: Payer | None, cents: int, day: date, **more: object) -> Money:
        dice = self.dice
        layout = dice.random()
        bank_ref = dice.choice(
            (
                "",
                "",
                f" SCT{dice.randrange(1000, 9999)}ZAP{dice.randrange(10**5, 10**6)}",
                f" {dice.randrange(10**6, 10**8)}",
                f" REF{dice.randrange(10**8, 10**9)}",
            )
        )
        iban = self.real_ibans[payer.customer_id] if payer is not None and dice.random() < 0.5 else ""
        fields: dict[str, object] = {
            "counterparty_name": "",
            "counterparty_iban": "",
            "end_to_end_id": dice.choice(("", "NOTPROVIDED", f"{dice.randrange(10**9, 10**10)}")),
        }
        if layout < 0.4:
            fields.update(counterparty_name=payer_name, counterparty_iban=iban)
            label = motive or dice.choice(("VIR SEPA", "VIREMENT", "PAIEMENT", "REGLEMENT", ""))
        elif layout < 0.6:
            label = f"VIR SEPA RECU /DE {payer_name} /MOTIF {motive or 'VIREMENT'} /REF {fields['end_to_end_id'] or 'NOTPROVIDED'}"
        elif layout < 0.75:
            label = f"VIR {payer_name} {motive}{bank_ref}"
        elif layout < 0.9:
            label = f"{dice.choice(('VIR INST', 'VIREMENT DE', 'VIR SEPA', 'VIR RECU', 'VIREMENT EN VOTRE FAVEUR'))} {payer_name} {motive}"
        else:
            label = f"VIR {payer_name} {motive}"[: dice.choice((31, 62, 140))]
        fields.update(more)
        return Money(len(self.out) + 1, day, cents, "EUR", label.strip(), **fields)  # type: ignore[arg-type]

    def add(
        self,
        kind: str,
        money: Money,
        truth: Sequence[tuple[int, int]],
        used: Sequence[OpenItem],
        reverses: int | None = None,
    ) -> bool:
        for item in used:
            self.open[item.id] = 0
        self.out.append(Line(money, tuple(truth), kind, reverses))
        return True


def _pay(
    maker: Maker,
    kind: str,
    payer: Payer,
    items: Sequence[OpenItem],
    motive: str,
    cents: int | None = None,
    name: str | None = None,
    used: Sequence[OpenItem] | None = None,
    truth: Sequence[tuple[int, int]] | None = None,
    day: date | None = None,
    **more: object,
) -> bool:
    total = sum(item.total_cents for item in items)
    cents = total if cents is None else cents
    if cents <= 0:
        return False
    money = maker.say(
        maker.name_of(payer) if name is None else name, motive, payer, cents, day or maker.pay_day(items), **more
    )
    paid = [(item.id, item.total_cents) for item in items if item.total_cents > 0] if truth is None else truth
    return maker.add(kind, money, paid, items if used is None else used)


def ref_single(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    return _pay(maker, kind, payer, items, maker.motive(maker.number_of(items[0], 0.3)))


def ref_messy(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    return _pay(maker, kind, payer, items, maker.motive(maker.number_of(items[0], 1.0)))


def ref_unknown_payer(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    return _pay(
        maker, kind, payer, items, maker.motive(maker.number_of(items[0], 0.2)), name=maker.hidden[payer.customer_id]
    )


def ref_list(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid(maker.dice.choice((2, 2, 3, 4, 5)))):
        return False
    payer, items = found
    numbers = [item.number for item in items]
    if maker.dice.random() < 0.5:
        tails = [number[-maker.dice.choice((3, 4)) :].lstrip("0-/F") or number for number in numbers[1:]]
        numbers = [numbers[0], *tails]
    return _pay(
        maker, kind, payer, items, "FACT " + maker.dice.choice(("/", " ", "+", ", ", " ET ", "-")).join(numbers)
    )


def ref_range(maker: Maker, kind: str) -> bool:
    payer = maker.dice.choice(maker.payers)
    mine = [
        item
        for item in maker.by_customer.get(payer.customer_id, ())
        if item.total_cents > 0 and maker.open[item.id] == item.total_cents
    ]
    if len(mine) < 3:
        return False
    items = sorted(mine, key=lambda item: item.id)[: maker.dice.choice((2, 3, 4))]
    import re

    first, last = (re.findall(r"\d+", item.number)[-1] for item in (items[0], items[-1]))
    inside = [item for item in mine if first <= re.findall(r"\d+", item.number)[-1] <= last]
    if (
        len(inside) != len(items)
        or int(last) - int(first) > 50
        or items[0].issue_date.year != items[-1].issue_date.year
    ):
        return False
    return _pay(
        maker,
        kind,
        payer,
        items,
        maker.dice.choice(
            (
                f"FACT {items[0].number} A {last}",
                f"FACTURES {first} A {last}",
                f"{items[0].number} AU {items[-1].number}",
            )
        ),
    )


def order_reference(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()) or not found[1][0].order_reference:
        return False
    payer, items = found
    return _pay(
        maker, kind, payer, items, maker.dice.choice(("CDE ", "COMMANDE ", "VOTRE REF ", "")) + items[0].order_reference
    )


def end_to_end(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    return _pay(maker, kind, payer, items, "", end_to_end_id=items[0].number)


def creditor_reference(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    body = "".join(char for char in items[0].number if char.isalnum())
    check = 98 - int("".join(str(int(char, 36)) for char in body + "RF00")) % 97
    return _pay(
        maker,
        kind,
        payer,
        items,
        "",
        structured_reference=f"RF{check:02}{body}",
        name=maker.hidden[payer.customer_id] if maker.dice.random() < 0.5 else None,
    )


def name_amount(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    return _pay(maker, kind, payer, items, maker.dice.choice(("", "", "REGLEMENT", "FACTURE", "VIREMENT", "MERCI")))


def iban_amount(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    return _pay(
        maker,
        kind,
        payer,
        items,
        "",
        name=maker.hidden[payer.customer_id],
        counterparty_iban=maker.real_ibans[payer.customer_id],
    )


def _mine(
    maker: Maker, choose: Callable[[list[OpenItem], date], list[OpenItem]]
) -> tuple[Payer, list[OpenItem], date] | None:
    payer = maker.dice.choice(maker.payers)
    mine = [item for item in maker.by_customer.get(payer.customer_id, ()) if maker.open[item.id] == item.total_cents]
    if len(mine) < 2:
        return None
    day = max(item.issue_date for item in mine) + timedelta(days=maker.dice.randrange(1, 40))
    items = choose(mine, day)
    return (payer, items, day) if len(items) > 1 and sum(item.total_cents for item in items) > 0 else None


def _many(choose: Callable[[list[OpenItem], date], list[OpenItem]]) -> Callable[[Maker, str], bool]:
    def make(maker: Maker, kind: str) -> bool:
        if not (found := _mine(maker, choose)):
            return False
        payer, items, day = found
        net = sum(item.total_cents for item in items)
        truth, left = [], net
        for item in sorted(items, key=lambda item: (item.due_date, item.issue_date, item.number)):
            if item.total_cents > 0:
                truth.append((item.id, min(left, item.total_cents)))
                left -= truth[-1][1]
        exact = all(item.total_cents > 0 for item in items)
        return (
            _pay(
                maker,
                kind,
                payer,
                items,
                maker.dice.choice(("", "SOLDE", "REGLEMENT", "RELEVE")),
                day=day,
                truth=None if exact else (),
                used=items,
            )
            if exact
            else False
        )

    return make


def credit_netted(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid(maker.dice.choice((1, 1, 2)))):
        return False
    payer, items = found
    notes = maker.credits_of(payer)
    if not notes or notes[0].total_cents + sum(item.total_cents for item in items) <= 0:
        return False
    credit = notes[0]
    named = maker.dice.random() < 0.6
    text = (
        " ".join(item.number for item in items) + (f" AVOIR {credit.number}" if maker.dice.random() < 0.5 else "")
        if named
        else ""
    )
    return _pay(maker, kind, payer, [*items, credit], text, truth=[(item.id, -1) for item in items])


def discount(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    rate = maker.dice.choice((50, 100, 150, 200, 200, 250, 300))
    cents = items[0].total_cents - (items[0].total_cents * rate + 5_000) // 10_000
    text = (
        maker.motive(maker.number_of(items[0], 0.3)) + maker.dice.choice(("", " ESCOMPTE"))
        if maker.dice.random() < 0.6
        else ""
    )
    return _pay(maker, kind, payer, items, text, cents, truth=[(items[0].id, cents)])


def bank_fee(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    cents = items[0].total_cents - maker.dice.choice((500, 1_000, 1_500, 1_250, 2_000, 870))
    text = maker.motive(maker.number_of(items[0], 0.3)) if maker.dice.random() < 0.75 else ""
    return cents > 5_000 and _pay(maker, kind, payer, items, text, cents, truth=[(items[0].id, cents)])


def rounding(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    off = maker.dice.choice((-1, 1, -3, 2, -10, -50, 5))
    cents = items[0].total_cents + off
    text = maker.motive(maker.number_of(items[0], 0.3)) if maker.dice.random() < 0.6 else ""
    return _pay(maker, kind, payer, items, text, cents, truth=[(items[0].id, min(cents, items[0].total_cents))])


def partial_named(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    whole = items[0].total_cents
    cents = maker.dice.choice((whole // 2, whole // 3, max(100, whole * 3 // 10 // 1000 * 1000), whole * 9 // 10))
    return _pay(
        maker,
        kind,
        payer,
        items,
        maker.dice.choice(("ACOMPTE ", "", "1ER VERSEMENT ", "")) + maker.number_of(items[0], 0.3),
        cents,
        truth=[(items[0].id, cents)],
    )


def partial_silent(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    cents = maker.dice.choice((items[0].total_cents // 2, max(1_000, items[0].total_cents * 4 // 10 // 1000 * 1000)))
    return _pay(maker, kind, payer, items, maker.dice.choice(("", "ACOMPTE")), cents, truth=[(items[0].id, cents)])


def on_account(maker: Maker, kind: str) -> bool:
    payer = maker.dice.choice(maker.payers)
    day = TODAY - timedelta(days=maker.dice.randrange(0, 200))
    cents = maker.dice.choice((50_000, 100_000, 30_000, 25_000, maker.dice.randrange(10_000, 300_000)))
    if any(item.total_cents == cents for item in maker.by_customer.get(payer.customer_id, ())):
        return False
    return maker.add(
        kind,
        maker.say(
            maker.name_of(payer),
            maker.dice.choice(("ACOMPTE", "", "AVANCE SUR COMMANDE", "PROVISION")),
            payer,
            cents,
            day,
        ),
        (),
        (),
    )


def overpaid(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    cents = items[0].total_cents + maker.dice.choice((4_000, 1_000, 10_000, 2_317))
    return _pay(
        maker,
        kind,
        payer,
        items,
        maker.motive(maker.number_of(items[0], 0.3)),
        cents,
        truth=[(items[0].id, items[0].total_cents)],
    )


def paid_twice(maker: Maker, kind: str) -> bool:
    paid = [
        line for line in maker.out if line.kind in ("ref_single", "name_amount") and line.money.id not in maker.touched
    ]
    if not paid:
        return False
    line = maker.dice.choice(paid)
    maker.touched.add(line.money.id)
    from dataclasses import replace

    later = replace(
        line.money, id=len(maker.out) + 1, date=line.money.date + timedelta(days=maker.dice.randrange(1, 20))
    )
    return maker.add(kind, later, (), ())


def already_settled(maker: Maker, kind: str) -> bool:
    """A number of ours that is not among the open items."""
    if not (found := maker.unpaid()):
        return False
    payer, items = found
    number = items[0].number.replace("1", "9").replace("2", "8")
    if any(item.number == number for item in maker.items):
        return False
    return maker.add(
        kind, maker.say(maker.name_of(payer), f"FACTURE {number}", payer, maker._cents(), maker.pay_day(items)), (), ()
    )


def bounced(maker: Maker, kind: str) -> bool:
    paid = [
        line
        for line in maker.out
        if line.kind in ("ref_single", "name_amount", "iban_amount") and line.money.id not in maker.touched
    ]
    if not paid:
        return False
    line = maker.dice.choice(paid)
    maker.touched.add(line.money.id)
    payer = maker.payers[next(item.customer_id for item in maker.items if item.id == line.truth[0][0]) - 1]
    label = maker.dice.choice(
        ("REJET PRLV SEPA {}", "IMPAYE {}", "PRLV SEPA REJETE {} MD06", "RETOUR PRELEVEMENT {}", "CHEQUE IMPAYE {}")
    ).format(plain(payer.name))
    money = Money(
        len(maker.out) + 1,
        line.money.date + timedelta(days=maker.dice.randrange(2, 12)),
        -line.money.cents,
        "EUR",
        label,
        end_to_end_id=line.money.end_to_end_id,
    )
    maker.add(kind, money, (), (), line.money.id)
    if maker.dice.random() < 0.4:
        from dataclasses import replace

        again = replace(
            line.money, id=len(maker.out) + 1, date=money.date + timedelta(days=maker.dice.randrange(2, 30))
        )
        maker.add("paid_again", again, line.truth, ())
    return True


def cheque(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()):
        return False
    _payer, items = found
    label = maker.dice.choice(
        (
            f"REMISE CHEQUE {maker.dice.randrange(10**6, 10**7)}",
            f"REM CHQ N {maker.dice.randrange(10**6, 10**7)}",
            "VERSEMENT CHEQUE",
            "REMISE 1 CHEQUE",
        )
    )
    return maker.add(
        kind,
        Money(len(maker.out) + 1, maker.pay_day(items), items[0].total_cents, "EUR", label),
        [(items[0].id, items[0].total_cents)],
        items,
    )


def remittance(maker: Maker, kind: str) -> bool:
    items = []
    for _each in range(maker.dice.choice((2, 2, 3))):
        if found := maker.unpaid():
            items.extend(item for item in found[1] if item not in items)
    if len(items) < 2:
        return False
    money = Money(
        len(maker.out) + 1,
        maker.pay_day(items),
        sum(item.total_cents for item in items),
        "EUR",
        f"REMISE {len(items)} CHEQUES {maker.dice.randrange(10**6, 10**7)}",
    )
    return maker.add(kind, money, [(item.id, item.total_cents) for item in items], items)


def group_pays(maker: Maker, kind: str) -> bool:
    if not (found := maker.unpaid()) or found[0].group_id is None:
        return False
    payer, items = found
    mates = [
        other for other in maker.payers if other.group_id == payer.group_id and other.customer_id != payer.customer_id
    ]
    if not mates:
        return False
    text = maker.motive(maker.number_of(items[0], 0.2)) if maker.dice.random() < 0.7 else ""
    mate = maker.dice.choice(mates)
    return maker.add(
        kind,
        maker.say(maker.name_of(mate), text, mate, items[0].total_cents, maker.pay_day(items)),
        [(items[0].id, items[0].total_cents)],
        items,
    )


def wrong_reference(maker: Maker, kind: str) -> bool:
    """The payer's own invoice is paid, the number quoted is somebody else's."""
    found, other = maker.unpaid(), maker.unpaid()
    if not found or not other or other[0].customer_id == found[0].customer_id or other[0].group_id is not None:
        return False
    payer, items = found
    return _pay(maker, kind, payer, items, maker.motive(other[1][0].number))


def not_customers(maker: Maker, kind: str) -> bool:
    dice = maker.dice
    label, sign = dice.choice(
        (
            ("VIR DGFIP REMBT CREDIT TVA", 1),
            ("PRLV URSSAF ILE DE FRANCE", -1),
            ("VIR SALAIRES JUIN", -1),
            ("ECHEANCE PRET 0012345", -1),
            ("VIR ATELIER RELANCE COMPTE A COMPTE", 1),
            ("CARTE 12/05 AMAZON EU", -1),
            ("FRAIS VIRT SEPA N 792664", -1),
            ("REMBT SINISTRE AXA ASSURANCES", 1),
            ("VIR CPAM INDEMNITES JOURNALIERES", 1),
            ("INTERETS CREDITEURS 2E TRIMESTRE", 1),
            ("PRLV EDF", -1),
            ("VIR DEBLOCAGE PRET PGE", 1),
            ("REMBOURSEMENT ORANGE FACTURE 4512", 1),
            ("VIR STRIPE PAYMENTS EUROPE", 1),
            ("REMISE CB TPE 4512 DU 12/06", 1),
            ("PAYPAL EUROPE VIREMENT", 1),
            ("VIR SUMUP PAYMENTS LIMITED", 1),
            ("RETRAIT DAB 12/06", -1),
            ("VIR FOURNISSEUR PAPETERIE F4512", -1),
        )
    )
    cents = dice.choice((dice.randrange(1_000, 900_000), dice.choice(maker.items).total_cents))
    return maker.add(
        kind,
        Money(len(maker.out) + 1, TODAY - timedelta(days=dice.randrange(300)), sign * abs(cents), "EUR", label),
        (),
        (),
    )


def stranger(maker: Maker, kind: str) -> bool:
    """Somebody we do not know, with an amount that some customer owes."""
    dice = maker.dice
    name = f"{dice.choice(SURNAMES)} {dice.choice(FIRST)}".upper()
    item = dice.choice(maker.items)
    return maker.add(
        kind,
        maker.say(
            plain(name), dice.choice(("", "LOYER", "REMBOURSEMENT", "DON")), None, abs(item.total_cents), item.due_date
        ),
        (),
        (),
    )


def _sample(mine: list[OpenItem], dice: random.Random) -> list[OpenItem]:
    positive = [item for item in mine if item.total_cents > 0]
    return dice.sample(positive, min(len(positive), dice.choice((2, 2, 3, 4))))


def sum_silent(maker: Maker, kind: str) -> bool:
    return _many(lambda mine, day: _sample(mine, maker.dice))(maker, kind)


all_open = _many(lambda mine, day: mine)
all_due = _many(lambda mine, day: [item for item in mine if item.due_date <= day])
month = _many(
    lambda mine, day: [
        item
        for item in mine
        if item.issue_date.month == mine[0].issue_date.month and item.issue_date.year == mine[0].issue_date.year
    ]
)
oldest = _many(
    lambda mine, day: sorted(mine, key=lambda item: (item.due_date, item.issue_date, item.number))[
        : max(2, len(mine) // 2)
    ]
)

CASES: dict[str, tuple[float, Callable[[Maker, str], bool]]] = {
    "ref_single": (18, ref_single),
    "ref_messy": (10, ref_messy),
    "ref_unknown_payer": (4, ref_unknown_payer),
    "ref_list": (6, ref_list),
    "ref_range": (2, ref_range),
    "order_reference": (3, order_reference),
    "end_to_end": (2, end_to_end),
    "creditor_reference": (1, creditor_reference),
    "name_amount": (18, name_amount),
    "iban_amount": (4, iban_amount),
    "all_open": (3, all_open),
    "all_due": (2, all_due),
    "month": (2, month),
    "oldest": (2, oldest),
    "sum_silent": (3, sum_silent),
    "credit_netted": (3, credit_netted),
    "discount": (3, discount),
    "bank_fee": (2, bank_fee),
    "rounding": (1.5, rounding),
    "partial_named": (3, partial_named),
    "partial_silent": (1, partial_silent),
    "on_account": (1.5, on_account),
    "overpaid": (2, overpaid),
    "paid_twice": (2, paid_twice),
    "already_settled": (1, already_settled),
    "bounced": (2, bounced),
    "cheque": (1.5, cheque),
    "remittance": (1, remittance),
    "group_pays": (2, group_pays),
    "wrong_reference": (1, wrong_reference),
    "not_customers": (8, not_customers),
    "stranger": (1.5, stranger),
}
STYLES = (
    "F{y}-{n:04}", "FA{n:05}", "{y}-{n:05}", "FAC-{y}-{m:02}-{n:04}", "{n:05}", "INV{y}/{n}", "{yy}F{n:04}", "{y}{n:04}", "FC{yy}-{n:05}",
    "F-{n}", "VF {yy} {n:04}", "FACT{yy}{m:02}{n:04}", "F{yy}{n:04}", "{yy}-{n:04}", "FA-{y}{m:02}-{n:03}",
)  # fmt: skip


def world(seed: int, **size: int) -> World:
    """The world of a seed."""
    return Maker(seed, **size).make()

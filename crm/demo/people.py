"""Who the example company deals with: invented houses of many trades, each with a town, people and a way of paying. Pure.

Nothing here is anybody's: SIREN numbers begin with two zeros, telephone numbers are those kept for fiction, and every e-mail
address ends in `.example`, a domain that leads nowhere.
"""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice


class Payer(StrEnum):
    """How a house pays."""

    PUNCTUAL = "punctual"
    MONTH_END = "month_end"
    LATE = "late"
    SEASONAL = "seasonal"
    STRAPPED = "strapped"
    DISPUTING = "disputing"
    BIG = "big"
    PUBLIC = "public"
    PRIVATE = "private"
    FAILING = "failing"
    """Pays ever later, then no more: it becomes insolvent."""
    STRUCK = "struck"
    """Paid well until a disaster; since then it begs for time."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A sector: how its houses are called, how much they buy at once (euros), and in which months (January first)."""

    name: str
    patterns: tuple[str, ...]
    ticket: int
    months: tuple[int, ...]


_EVEN = (9, 9, 10, 10, 10, 10, 9, 7, 10, 10, 10, 9)
_SUMMER = (3, 4, 6, 9, 11, 14, 17, 17, 10, 6, 3, 5)
_BUILDING = (7, 8, 10, 11, 11, 11, 9, 5, 11, 11, 9, 6)
_FEASTS = (6, 7, 8, 9, 9, 9, 8, 8, 8, 9, 11, 16)

TRADES = (
    Trade("restaurant", ("Brasserie {place}", "Crêperie {place}", "Le Bistrot {person}", "Auberge {place}", "Les Tables {place}"), 420, _SUMMER),
    Trade("hotel", ("Hôtel {place}", "Camping {place}", "Résidence {place}", "Thalasso {place}"), 980, _SUMMER),
    Trade("building", ("Maçonnerie {person}", "Couverture {person}", "Menuiserie {person}", "Plâtrerie {person}", "{person} Rénovation"), 760, _BUILDING),
    Trade("bakery", ("Boulangerie {person}", "Fournil {place}", "Pâtisserie {person}", "Biscuiterie {place}"), 310, _FEASTS),
    Trade("garage", ("Garage {person}", "Carrosserie {place}", "Auto Services {person}"), 520, _EVEN),
    Trade("shop", ("Primeurs {person}", "Cave {place}", "Fleurs {place}", "Épicerie {person}", "Pressing {place}", "Librairie {place}"), 260, _FEASTS),
    Trade("health", ("Pharmacie {place}", "Clinique vétérinaire {place}", "Cabinet dentaire {person}", "Opticien {person}"), 390, _EVEN),
    Trade("industry", ("Ateliers {person}", "Fonderie {place}", "Plastiques {place}", "Scierie {person}", "Nautique {place}"), 1_480, _EVEN),
    Trade("food", ("Conserverie {place}", "Salaisons {person}", "Laiterie {place}", "Viviers {place}"), 1_750, _FEASTS),
    Trade("transport", ("Transports {person}", "Déménagements {person}", "Ambulances {place}"), 690, _EVEN),
)  # fmt: skip  # read as a table: columns side by side
_PUBLIC = Trade(
    "public", ("Mairie de {town}", "Collège de {town}", "EHPAD de {town}", "Hôpital local de {town}"), 640, _EVEN
)
_PRIVATE = Trade("private", ("{first} {person}",), 180, _EVEN)
_BIG = Trade("big", ("Groupe {person}", "Armor Distribution {person}", "Hôtels {person} & Fils"), 2_900, _EVEN)

_TOWNS = (
    ("Brest", "29200"), ("Quimper", "29000"), ("Morlaix", "29600"), ("Concarneau", "29900"), ("Douarnenez", "29100"),
    ("Landerneau", "29800"), ("Bénodet", "29950"), ("Crozon", "29160"), ("Roscoff", "29680"), ("Carhaix-Plouguer", "29270"),
    ("Saint-Brieuc", "22000"), ("Lannion", "22300"), ("Dinan", "22100"), ("Paimpol", "22500"), ("Perros-Guirec", "22700"),
    ("Guingamp", "22200"), ("Loudéac", "22600"), ("Rennes", "35000"), ("Saint-Malo", "35400"), ("Fougères", "35300"),
    ("Vitré", "35500"), ("Redon", "35600"), ("Cancale", "35260"), ("Vannes", "56000"), ("Lorient", "56100"),
    ("Auray", "56400"), ("Pontivy", "56300"), ("Quiberon", "56170"), ("Ploërmel", "56800"), ("Nantes", "44000"),
    ("Saint-Nazaire", "44600"), ("Pornic", "44210"), ("La Baule-Escoublac", "44500"), ("Angers", "49000"), ("Laval", "53000"),
    ("Le Mans", "72000"), ("Caen", "14000"), ("Granville", "50400"), ("Bordeaux", "33000"), ("Paris", "75011"),
)  # fmt: skip  # read as a table: columns side by side
_STREETS = (
    "rue des Ajoncs", "rue du Puits", "quai des Goélands", "place du Marché-Neuf", "rue de la Vieille-Forge", "avenue des Hortensias",
    "rue des Tisserands", "zone de Kerlann", "impasse du Lavoir", "boulevard des Embruns", "chemin de la Lande", "rue de l'Ancienne-Gare",
)  # fmt: skip  # read as a table: columns side by side
_PERSONS = (
    "Abgrall", "Bihan", "Cadiou", "Derrien", "Even", "Floch", "Guivarch", "Hamon", "Jaouen", "Kerjean", "Kermarrec", "Lagadec",
    "Le Goff", "Le Roux", "Madec", "Morvan", "Nédélec", "Ollivier", "Pennec", "Quéré", "Riou", "Salaün", "Tanguy", "Troadec",
    "Urien", "Caron", "Dubois", "Fontaine", "Girard", "Lefèvre", "Marchand", "Moreau", "Perrin", "Renaud", "Rivière", "Vasseur",
)  # fmt: skip  # read as a table: columns side by side
_PLACES = (
    "du Port", "de la Plage", "des Halles", "du Menez", "de l'Iroise", "des Remparts", "du Marché", "de la Corniche", "du Grand Large",
    "de la Rade", "des Embruns", "du Moulin", "de la Criée", "des Abers", "du Phare", "de la Tour", "des Quais", "du Viaduc",
    "de l'Aven", "de la Baie", "des Îles", "du Vieux Pont", "de l'Estuaire", "de Cornouaille",
)  # fmt: skip  # read as a table: columns side by side
_FIRST = (
    "Aline", "Bruno", "Camille", "Denis", "Élodie", "Fabien", "Gaëlle", "Hervé", "Inès", "Joël", "Karine", "Loïc", "Maud", "Nolwenn",
    "Olivier", "Paul", "Rozenn", "Sylvie", "Tristan", "Yann",
)  # fmt: skip  # read as a table: columns side by side
_ROLES = ("comptabilité", "comptabilité", "comptabilité", "gérance", "achats")
_PHONES = ("0261 91", "0199 00", "0353 01", "0536 49")
"""Kept for fiction by the regulator: they ring nowhere."""

_SHARES = (
    # payer, of a hundred houses, regime, terms
    (Payer.PUNCTUAL, 33, "B2B", ("30", "30", "45 EOM A", "60")),
    (Payer.MONTH_END, 14, "B2B", ("30", "30", "45 EOM B")),
    (Payer.LATE, 17, "B2B", ("30", "30", "60")),
    (Payer.SEASONAL, 9, "B2B", ("30",)),
    (Payer.STRAPPED, 7, "B2B", ("30", "45 EOM A")),
    (Payer.DISPUTING, 4, "B2B", ("30",)),
    (Payer.BIG, 5, "B2B", ("45 EOM A", "45 EOM B", "60")),
    (Payer.PUBLIC, 7, "B2G", ("30",)),
    (Payer.PRIVATE, 3, "B2C", ("0",)),
)
_ABROAD = (
    ("Northwind Trading Ltd", "4 Harbour Row", "BS1 4XX", "Bristol", "GB", "GBP", "James Porter"),
    ("Rheinhandel GmbH", "Uferstraße 8", "50667", "Köln", "DE", "EUR", "Greta Vogel"),
)
_SEGMENTS = {
    Payer.BIG: "big_account", Payer.PUNCTUAL: "loyal", Payer.STRAPPED: "at_risk", Payer.LATE: "standard", Payer.DISPUTING: "standard",
    Payer.FAILING: "bad_payer", Payer.SEASONAL: "standard", Payer.MONTH_END: "standard",
}  # fmt: skip  # read as a table: columns side by side


@dataclass(frozen=True, slots=True)
class House:
    """A customer of the example company."""

    number: str
    name: str
    trade: Trade
    payer: Payer
    regime: str
    terms: str
    siren: str
    address: str
    postal_code: str
    town: str
    country: str
    currency: str
    language: str
    manager: str
    segment: str
    contact: str
    role: str
    email: str
    phone: str
    since_week: int
    """The week of the story in which it first buys."""
    credit_limit: int
    """Euros; 0: none."""

    def row(self) -> str:
        """Its line in the file of customers."""
        return ";".join(
            (
                self.number, self.name, self.siren, self.regime, self.country, self.address, self.postal_code, self.town, self.language,
                self.manager, self.segment, self.terms, self.contact, self.email, self.phone,
                str(self.credit_limit) if self.credit_limit else "", "oui" if self.payer is Payer.PRIVATE else "",
            )
        )  # fmt: skip  # read as a table: columns side by side


HEADINGS = "number;name;siren;regime;country;address;postal_code;city;language;account_manager;segment;payment_terms;contact_name;email;phone;credit_limit;discreet"


def houses(count: int, weeks: int, dice: random.Random) -> tuple[House, ...]:
    """So many houses; the first ones are those that the story needs: one that fails, one struck by a disaster, some abroad."""
    names: set[str] = set()
    payers = list(islice(_payers(count), count))
    dice.shuffle(payers)
    found = []
    for place in range(count):
        payer = (Payer.FAILING, Payer.STRUCK)[place] if place < 2 else payers[place]
        # A few have never given an address: nobody reminds them, and they take their time.
        unreachable = place % 41 == 13
        if unreachable and payer is not Payer.PUBLIC:
            payer = Payer.LATE
        found.append(_house(place, payer, names, weeks, dice, unreachable=unreachable))
    return tuple(found)


def _payers(count: int) -> Iterator[Payer]:
    for payer, share, _regime, _terms in _SHARES:
        yield from [payer] * max(1, share * count // 100)
    yield from [Payer.LATE] * count


def _house(place: int, payer: Payer, names: set[str], weeks: int, dice: random.Random, *, unreachable: bool) -> House:
    share = next((share for share in _SHARES if share[0] is payer), _SHARES[2])
    trade = {Payer.PUBLIC: _PUBLIC, Payer.PRIVATE: _PRIVATE, Payer.BIG: _BIG}.get(payer) or _trade(payer, dice)
    town, postal_code = dice.choice(_TOWNS)
    country, currency, language = "FR", "EUR", "fr"
    address = f"{dice.randrange(1, 88)} {dice.choice(_STREETS)}"
    name = _name(trade, town, names, dice)
    person = f"{dice.choice(_FIRST)} {dice.choice(_PERSONS)}"
    if 2 <= place < 2 + len(_ABROAD):
        name, address, postal_code, town, country, currency, person = _ABROAD[place - 2]
        language = "en"
        payer, trade = Payer.LATE, TRADES[7]
    regime = share[2] if country == "FR" else "B2B"
    contact = name if payer is Payer.PRIVATE else person
    mailbox = f"{slug(contact)}@{slug(name)}.example" if dice.random() < 0.5 else f"compta@{slug(name)}.example"
    return House(
        number=f"C-{1001 + place}",
        name=name,
        trade=trade,
        payer=payer,
        # Nobody has said yet which law applies to a few of them.
        regime="" if place % 67 == 20 and payer not in (Payer.PUBLIC, Payer.PRIVATE) else regime,
        terms=dice.choice(share[3]),
        siren=siren(place + 1) if country == "FR" and payer is not Payer.PRIVATE else "",
        address=address,
        postal_code=postal_code,
        town=town,
        country=country,
        currency=currency,
        language=language,
        manager=f"U{2 + place % 3}",
        segment=_SEGMENTS.get(payer, ""),
        contact=contact,
        role="" if payer is Payer.PRIVATE else dice.choice(_ROLES),
        email="" if unreachable else mailbox,
        phone=_phone(dice),
        since_week=dice.randrange(weeks * 3 // 4) if dice.random() < 0.18 and place > 3 else 0,
        credit_limit=trade.ticket * dice.choice((4, 6, 8)) if payer in (Payer.BIG, Payer.STRAPPED, Payer.LATE) else 0,
    )


def _trade(payer: Payer, dice: random.Random) -> Trade:
    if payer is Payer.SEASONAL:
        return TRADES[dice.randrange(2)]
    if payer is Payer.FAILING:
        return TRADES[2]
    if payer is Payer.STRUCK:
        return TRADES[1]
    return dice.choice(TRADES)


def _name(trade: Trade, town: str, names: set[str], dice: random.Random) -> str:
    """A name nobody in the story has yet."""
    while True:
        name = dice.choice(trade.patterns).format(
            place=dice.choice(_PLACES), person=dice.choice(_PERSONS), town=town, first=dice.choice(_FIRST)
        )
        if name not in names:
            names.add(name)
            return name
        town = dice.choice(_TOWNS)[0]


def _phone(dice: random.Random) -> str:
    return f"{dice.choice(_PHONES)} {dice.randrange(100):02} {dice.randrange(100):02}".replace(" ", "")


def slug(name: str) -> str:
    """A name as in an address: `Hôtel de l'Iroise` → `hotel-de-l-iroise`."""
    bare = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return "-".join("".join(sign if sign.isalnum() else " " for sign in bare).split())


def siren(serial: int) -> str:
    """A SIREN whose check digit is right and which begins with two zeros, as nobody's does."""
    stem = f"00{serial * 7 + 1_000:06}"
    doubled = [int(sign) * (2 if place % 2 else 1) for place, sign in enumerate(stem)]
    total = sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return f"{stem}{-total % 10}"


TEAM: Sequence[tuple[str, str, str, str]] = (
    ("U1", "Sophie Le Bihan", "sophie@comptoir-armor.example", "manager"),
    ("U2", "Lucie Kervella", "lucie@comptoir-armor.example", "account_manager"),
    ("U3", "Thomas Guen", "thomas@comptoir-armor.example", "account_manager"),
    ("U4", "Claire Rolland", "claire@comptoir-armor.example", "accountant"),
)
"""Number, name, address and role of who works at the example company."""

"""What the example company sells: prospects, opportunities, quotes and what became of them, and the orders behind its bills. Pure.

It has dice of its own, so that the story of bills and reminders is the same with and without it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from crm.core.actions import Action
from crm.core.calendar import add_working_days, next_working_day
from crm.core.money import Money
from crm.customers.actions import CreateCustomer, UpdateContact
from crm.customers.interactions import LogInteraction, Outcome
from crm.customers.models import Regime, Stage
from crm.demo.people import House, Payer
from crm.orders.actions.opportunities import CloseOpportunity, OpenOpportunity
from crm.orders.actions.orders import ConvertQuote, EndOrder
from crm.orders.actions.quotes import AnswerQuote, RecordQuote
from crm.orders.models import OrderEnd
from crm.orders.pipeline import DealReason, OpportunityStage

if TYPE_CHECKING:
    from crm.demo.story import Bill

_SEED = 1789
_BUYERS = (Payer.PUNCTUAL, Payer.MONTH_END, Payer.BIG)
"""To whom quotes go: houses that pay, whose reminders are not what this is about."""
_VALID = timedelta(days=45)
_OPEN_ORDERS = 12
_LEAD_DAYS = 9

ORDER_HEADINGS = (
    "number;customer;order_date;total_incl_tax;total_excl_tax;currency;reference;promised_date;status;ended_date"
)

PROSPECTS = (
    ("P-01", "Halles de Recouvrance", "Mme Nolwenn Salaün", "n.salaun@halles-recouvrance.example"),
    ("P-02", "Traiteur Kerguelen", "M. Yann Kerguelen", "yann@traiteur-kerguelen.example"),
    ("P-03", "Camping des Embruns", "Mme Maëlle Autret", "contact@camping-embruns.example"),
    ("P-04", "Ferme-auberge de Kervao", "M. Goulven Riou", "goulven@kervao.example"),
    ("P-05", "Cantine du Moulin Blanc", "Mme Soizic Caradec", "s.caradec@moulin-blanc.example"),
    ("P-06", "Base nautique du Ponant", "M. Ronan Le Goff", "ronan@nautique-ponant.example"),
)
"""Number, name, contact and address of houses that have bought nothing yet."""
SUBJECTS = (
    "Chambre froide de la réserve", "Rayonnages de l’arrière-boutique", "Emballages de la saison", "Contrat d’entretien annuel",
    "Équipement de la cuisine", "Livraisons hebdomadaires", "Mobilier de terrasse", "Vitrines réfrigérées",
    "Consommables du semestre", "Aménagement du dépôt",
)  # fmt: skip  # read as a table: columns side by side
STEPS = {
    OpportunityStage.LEAD: "Rappeler pour fixer une visite",
    OpportunityStage.QUALIFIED: "Chiffrer et envoyer le devis",
    OpportunityStage.PROPOSAL: "Attendre la réponse au devis",
    OpportunityStage.NEGOTIATION: "Revoir la remise avec la direction",
}


class Quoted(NamedTuple):
    """A quote: sent so many days before today, and what came of it so many days before today."""

    sent: int
    answer: str = ""
    on: int = 0
    reason: DealReason | None = None


_QUOTES = (
    Quoted(3), Quoted(3), Quoted(10), Quoted(20), Quoted(1), Quoted(6), Quoted(14), Quoted(8),
    Quoted(16, "spoken", 9), Quoted(18, "spoken", 2), Quoted(12, "discussed", 5), Quoted(25, "discussed", 4),
    Quoted(30, "order", 11, DealReason.QUALITY), Quoted(48, "order", 37, DealReason.RELATION),
    Quoted(75, "order", 60, DealReason.PRICE), Quoted(130, "order", 118, DealReason.QUALITY),
    Quoted(210, "order", 199, DealReason.DELAY), Quoted(300, "order", 280, DealReason.RELATION),
    Quoted(22, "refused", 8, DealReason.PRICE), Quoted(66, "refused", 50, DealReason.COMPETITOR),
    Quoted(160, "refused", 148, DealReason.NO_BUDGET), Quoted(240, "refused", 230, DealReason.PRICE),
    Quoted(70), Quoted(115), Quoted(190),
)  # fmt: skip  # read as a table: columns side by side
"""The last three have expired."""
_SALES = (
    (OpportunityStage.LEAD, 6), (OpportunityStage.LEAD, 13), (OpportunityStage.LEAD, 21), (OpportunityStage.LEAD, 34),
    (OpportunityStage.QUALIFIED, 9), (OpportunityStage.QUALIFIED, 27), (OpportunityStage.QUALIFIED, 41),
    (OpportunityStage.NEGOTIATION, 38), (OpportunityStage.NEGOTIATION, 55),
)  # fmt: skip  # read as a table: columns side by side
"""Sales that may come and have no quote yet: stage, and how many days ago they were noted."""
_LOST = ((90, 61, DealReason.NO_NEED), (150, 120, DealReason.COMPETITOR), (220, 170, DealReason.SILENCE))
"""Sales that were lost before any quote: noted and ended so many days ago, and why."""


@dataclass(frozen=True, slots=True)
class SaleAct:
    """Something somebody does about a sale."""

    day: date
    minute: int
    who: int
    action: Action[Any]


class _Sales:
    """The acts, with the numbers that opportunities and quotes will have."""

    def __init__(self, today: date, begins: date, people: Sequence[House]) -> None:
        self._today, self._begins = today, begins
        self._dice = random.Random(_SEED)  # noqa: S311  an example, the same every time
        able = [house for house in people if house.payer in _BUYERS and house.email and house.currency == "EUR"]
        self._buyers = able or list(people[:1])
        self._place = 0

    def _on(self, ago: int) -> date:
        return next_working_day(self._today - timedelta(days=ago))

    def _amount(self) -> Money:
        return Money(round(self._dice.uniform(900, 14_000)) * 100 // 5_000 * 5_000 + 9_000)

    def _buyer(self) -> tuple[str, int]:
        """Number of the customer, and the place in the team of who follows it."""
        self._place += 1
        if self._place % 4 == 0:
            return PROSPECTS[self._place // 4 % len(PROSPECTS)][0], 1 + self._place % 2
        house = self._buyers[self._place * 7 % len(self._buyers)]
        return house.number, int(house.manager[1:]) - 1

    def made(self) -> Iterator[SaleAct]:
        """All of them, in no order. A day on which something was noted before today and after the beginning."""
        for place, (number, name, contact, address) in enumerate(PROSPECTS):
            who, day = 1 + place % 2, max(self._on(320 - 30 * place), self._begins)
            yield SaleAct(
                day, 530, who, CreateCustomer(number=number, name=name, stage=Stage.PROSPECT, regime=Regime.B2B)
            )
            yield SaleAct(day, 531, who, UpdateContact(customer=number, contact_name=contact, email=address))
        quotes = [told for told in _QUOTES if self._inside(told.sent)]
        serial: dict[int, int] = {}
        sales: list[tuple[int, int, OpportunityStage, Quoted | None, tuple[int, DealReason] | None]] = [
            (told.sent + 6, place, OpportunityStage.QUALIFIED, told, None) for place, told in enumerate(quotes)
        ]
        sales += [(ago, 100 + place, stage, None, None) for place, (stage, ago) in enumerate(_SALES)]
        sales += [
            (ago, 200 + place, OpportunityStage.LEAD, None, (ended, why))
            for place, (ago, ended, why) in enumerate(_LOST)
        ]
        noted = sorted((sale for sale in sales if self._inside(sale[0])), key=lambda sale: (self._on(sale[0]), sale[1]))
        keys = {sale[1]: key for key, sale in enumerate(noted, 1)}
        for ago, place, stage, told, lost in sorted(sales, key=lambda sale: -sale[0]):
            customer, who = self._buyer()
            amount, key = self._amount(), keys.get(place)
            subject = SUBJECTS[place % len(SUBJECTS)]
            if key is not None:
                expected = self._today + timedelta(days=10 + place * 3 % 60)
                yield SaleAct(
                    self._on(ago), 540 + key, who,
                    OpenOpportunity(
                        customer=customer, subject=subject, amount=amount, stage=stage, expected=expected,
                        next_step=STEPS[OpportunityStage.PROPOSAL if told else stage],
                    ),
                )  # fmt: skip  # read as a table: columns side by side
            if told is not None:
                yield from self._quote(told, customer, who, amount, subject, key, serial)
            elif lost is not None and key is not None:
                ended, why = lost
                yield SaleAct(self._on(ended), 700, who, CloseOpportunity(opportunity=key, outcome="lost", reason=why))

    def _inside(self, ago: int) -> bool:
        return self._begins < self._on(ago) < self._today

    def _quote(
        self,
        told: Quoted,
        customer: str,
        who: int,
        amount: Money,
        subject: str,
        key: int | None,
        serial: dict[int, int],
    ) -> Iterator[SaleAct]:
        sent = self._today - timedelta(days=told.sent)
        serial[sent.year] = serial.get(sent.year, 0) + 1
        number = f"D{sent.year}-{serial[sent.year]:04}"
        net = Money(round(amount.cents / 1.2))
        yield SaleAct(
            self._on(told.sent), 660, who,
            RecordQuote(
                customer=customer, number=number, amount=amount, net=net, subject=subject, sent=sent, valid_until=sent + _VALID,
                opportunity=key,
            ),
        )  # fmt: skip  # read as a table: columns side by side
        on = self._on(told.on) if told.answer else None
        if on is None or on >= self._today:
            return
        match told.answer:
            case "order":
                promised, order = add_working_days(on, 12), f"CV{number[1:]}"
                yield SaleAct(on, 900, who, AnswerQuote(quote=number, answer="accepted", reason=told.reason))
                yield SaleAct(on, 901, who, ConvertQuote(quote=number, number=order, promised=promised))
                if promised < self._today:
                    yield SaleAct(promised, 902, who, EndOrder(order=order, outcome=OrderEnd.INVOICED))
            case "refused":
                reason = told.reason or DealReason.ELSE
                yield SaleAct(on, 900, who, AnswerQuote(quote=number, answer="refused", reason=reason))
                if key is not None:
                    yield SaleAct(on, 901, who, CloseOpportunity(opportunity=key, outcome="lost", reason=reason))
            case "discussed":
                note = "« Le budget passe en réunion la semaine prochaine, je reviens vers vous. »"
                yield SaleAct(on, 900, who, AnswerQuote(quote=number, answer="discussed", note=note))
            case _:
                note = "Devis bien reçu, à comparer avec un autre ; rappellera."
                talk = LogInteraction(customer=customer, outcome=Outcome.REACHED, note=note)
                yield SaleAct(on, 900, who, talk)


def acts(today: date, begins: date, people: Sequence[House]) -> Iterator[SaleAct]:
    """What the team does about sales."""
    return _Sales(today, begins, people).made()


def order_rows(today: date, bills: Sequence[Bill], people: Sequence[House], since: date, until: date) -> list[str]:
    """The lines of a file of orders: those placed, or invoiced, after `since` up to `until`. Each bill had its order."""
    rows = []
    for place, bill in enumerate(bill for bill in bills if bill.cents > 0):
        ordered = bill.issued - timedelta(days=2 + place % _LEAD_DAYS)
        invoiced = bill.issued <= until
        if ordered > until or not (ordered > since or (invoiced and bill.issued > since)):
            continue
        number = f"CM{bill.number[1:]}"
        ended = ("facturée", bill.issued.isoformat()) if invoiced else ("", "")
        rows.append(_row(number, bill.house, ordered, bill.issued, bill.cents, bill.order, *ended))
    buyers = [house for house in people if house.payer in _BUYERS and house.currency == "EUR"]
    for place, house in enumerate(buyers[:: max(1, len(buyers) // _OPEN_ORDERS)][:_OPEN_ORDERS]):
        ordered = today - timedelta(days=1 + place)
        if since < ordered <= until:
            promised = next_working_day(today + timedelta(days=3 + 2 * place))
            cents = house.trade.ticket * (90 + 17 * place)
            rows.append(_row(f"CM{ordered.year}-9{place:04}", house, ordered, promised, cents, "", "", ""))
    return rows


def _row(number: str, house: House, ordered: date, promised: date, cents: int, reference: str, *ended: str) -> str:
    told = (
        number, house.number, ordered.isoformat(), f"{cents / 100:.2f}", f"{round(cents / 1.2) / 100:.2f}", house.currency,
        reference, promised.isoformat(), *ended,
    )  # fmt: skip  # read as a table: columns side by side
    return ";".join(told)

"""What happened at the example company, from two years ago to today: bills, money, words given and objections. Pure.

The same seed, size and day give the same story. It is told in days, as a file and a person would tell it; `replay` lives it.
"""

import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from crm.core.actions import Action
from crm.core.calendar import add_working_days, is_working_day, next_working_day
from crm.core.money import Money
from crm.customers.actions import PlaceHold
from crm.customers.interactions import LogInteraction
from crm.customers.models import HoldKind
from crm.demo import bank, sales
from crm.demo.bank import Movement
from crm.demo.people import House, Payer, houses
from crm.demo.week import days_work
from crm.demo.words import ANSWERS, CALLS, CREDITED, GRIEVANCES, NOTES, PAUSES, PROMISES, SEE_TO
from crm.followup.actions.pauses import PauseDunning
from crm.law.terms import PaymentTerms, due_date, month_end
from crm.portfolio.history import AddNote
from crm.receivables.actions import OpenDispute, RecordPromise, ResolveDispute
from crm.receivables.disputes import DisputeOutcome
from crm.receivables.models import DisputeReason

_DAY = timedelta(days=1)
_SEED, _LATELY_OBJECTED = 2026, 4
_QUIET = (Payer.FAILING, Payer.STRUCK)
"""Who gives no word about what is open today."""
_ABROAD = 2.5
_APPETITE = {Payer.BIG: 5.0, Payer.PRIVATE: 0.25, Payer.FAILING: 2.0, Payer.STRUCK: 2.0}
"""How much more than others a house buys."""
_ANSWERED = 11 * 60 + 40
"""The minute of the day at which an objection is answered, or a word is noted down that is half kept later."""
_CALL_AFTER = 12
"""Days late from which somebody telephones."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the example is."""

    customers: int = 200
    invoices: int = 5_000
    weeks: int = 104


@dataclass(frozen=True, slots=True)
class Objection:
    """An invoice in dispute: from when, until when (None: still), and why."""

    opened: date
    resolved: date | None
    reason: DisputeReason
    note: str
    share: int
    """Of a hundred: what of the invoice is in dispute."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice or credit note, and the money that came for it. Cents; a credit note's are negative."""

    number: str
    house: House
    issued: date
    due: date
    cents: int
    paid: tuple[tuple[date, int], ...] = ()
    """Days and amounts, the earliest first."""
    objection: Objection | None = None
    original: str = ""
    order: str = ""
    statements_from: date | None = None
    """From this day on the bank's statements tell of its money; accounting's file does until then."""

    @property
    def banked(self) -> tuple[tuple[date, int], ...]:
        """What of its money the bank tells."""
        return tuple(part for part in self.paid if self.statements_from is not None and part[0] >= self.statements_from)

    def settled_by(self, day: date) -> bool:
        """Whether all of it had come in by a day."""
        return sum(cents for on, cents in self.paid if on <= day) == self.cents

    def row(self, since: date, until: date) -> str | None:
        """Its line in the file of the days after `since` up to `until`; None: nothing happened to it."""
        money = [part for part in self.paid if part[0] <= until and part not in self.banked]
        if not (since < self.issued <= until or (money and money[-1][0] > since)):
            return None
        net = round(self.cents / 1.2)
        return ";".join(
            (
                self.number, self.house.number, "avoir" if self.cents < 0 else "facture", self.issued.isoformat(), self.due.isoformat(),
                _euros(self.cents), _euros(net), self.house.currency, money[-1][0].isoformat() if money else "",
                _euros(sum(cents for _on, cents in money)) if money else "", self.order, self.original,
            )
        )  # fmt: skip  # read as a table: columns side by side


HEADINGS = "number;customer;kind;issue_date;due_date;total_incl_tax;total_excl_tax;currency;paid_date;paid_amount;order_reference;original_invoice"


@dataclass(frozen=True, slots=True)
class Act:
    """Something somebody at the company does on a day."""

    day: date
    minute: int
    """Of the day."""
    who: int
    """Place in the team."""
    action: Action[Any]


@dataclass(frozen=True, slots=True)
class Story:
    """All of it."""

    today: date
    size: Size
    houses: tuple[House, ...]
    bills: tuple[Bill, ...]
    acts: tuple[Act, ...]
    lines: tuple[Movement, ...]
    """Of the bank account, since its statements have begun."""

    @property
    def begins(self) -> date:
        """The first working day of it."""
        return next_working_day(self.today - timedelta(weeks=self.size.weeks))


def told(today: date, size: Size) -> Story:
    """The story that ends on a day."""
    dice = random.Random(_SEED)  # noqa: S311  an example, the same every time
    people = houses(size.customers, size.weeks, dice)
    bills = _Bills(today, size, people, dice).made()
    begins = next_working_day(today - timedelta(weeks=size.weeks))
    made = (
        *_Acts(today, size, people, bills, dice).made(),
        *(Act(act.day, act.minute, act.who, act.action) for act in sales.acts(today, begins, people)),
        *(Act(*one) for one in days_work(today, people, bills)),
    )
    acts = sorted(made, key=lambda act: (act.day, act.minute, act.who))
    return Story(today, size, people, tuple(bills), tuple(acts), bank.movements(today, bills))


class _Bills:
    """Who is billed what and when, and when the money comes."""

    def __init__(self, today: date, size: Size, people: Sequence[House], dice: random.Random) -> None:
        self._today, self._size, self._people, self._dice = today, size, people, dice
        begins = today - timedelta(weeks=size.weeks)
        self._days = [day for day in _each(begins, today) if is_working_day(day)]
        self._orders = 0

    def made(self) -> list[Bill]:
        """Every bill, numbered in the order of its day, and the credit notes after them."""
        drafts = sorted(
            (
                (day, house.number, house)
                for house, count in zip(self._people, self._counts(), strict=True)
                for day in self._when(house, count)
            ),
            key=lambda draft: draft[:2],
        )
        serials: dict[int, int] = {}
        bills = []
        for day, _number, house in drafts:
            serials[day.year] = serials.get(day.year, 0) + 1
            bills.append(self._bill(f"F{day.year}-{serials[day.year]:05}", house, day))
        begun = bank.begins(self._today)
        bills = [
            replace(bill, statements_from=begun) if bill.house.currency == "EUR" else bill
            for bill in self._lately_objected(bills)
        ]
        return bills + list(self._credit_notes(bills))

    def _lately_objected(self, bills: Sequence[Bill]) -> list[Bill]:
        """The same bills, some of the late ones in dispute since these last weeks, whatever the day."""
        latest = self._today - timedelta(days=21)
        open_to_it = [
            place
            for place, bill in enumerate(bills)
            if bill.objection is None
            and not bill.paid
            and bill.issued < latest
            and -4 < (self._today - bill.due).days < 45
        ]
        found = list(bills)
        for count, place in enumerate(open_to_it[3::7][:_LATELY_OBJECTED]):
            reason, notes = GRIEVANCES[count % len(GRIEVANCES)]
            opened = add_working_days(self._today, -2 - 2 * count)
            found[place] = replace(
                bills[place], objection=Objection(opened, None, reason, notes[0], (100, 40, 25)[count % 3])
            )
        return found

    def _counts(self) -> list[int]:
        """How many bills each house gets: by weight, and the sum is exact."""
        weights = [
            (_APPETITE.get(house.payer, 1.0) if house.country == "FR" else _ABROAD)
            * self._dice.uniform(0.5, 1.6)
            * (1 - house.since_week / self._size.weeks)
            for house in self._people
        ]
        whole = sum(weights)
        shares = [self._size.invoices * weight / whole for weight in weights]
        counts = [int(share) for share in shares]
        by_rest = sorted(range(len(shares)), key=lambda place: counts[place] - shares[place])
        for place in by_rest[: self._size.invoices - sum(counts)]:
            counts[place] += 1
        return counts

    def _when(self, house: House, count: int) -> list[date]:
        """Working days, more of them in the months in which the trade buys."""
        first = bisect_left(self._days, self._days[0] + timedelta(weeks=house.since_week))
        days = self._days[first:]
        if house.payer is Payer.FAILING:
            # A supplier stops delivering to a house that has stopped paying.
            days = [day for day in days if day < self._today - timedelta(days=75)] or days[:1]
        return self._dice.choices(days, [house.trade.months[day.month - 1] for day in days], k=count)

    def _bill(self, number: str, house: House, day: date) -> Bill:
        dice = self._dice
        cents = max(1_900, round(house.trade.ticket * 100 * dice.lognormvariate(0, 0.6)))
        bill = Bill(number, house, day, due_date(day, PaymentTerms.parse(house.terms)), cents)
        if house.payer in (Payer.PUBLIC, Payer.BIG):
            self._orders += 1
            bill = replace(bill, order=f"BC-{day.year % 100}{self._orders:04}")
        if dice.random() < (0.28 if house.payer is Payer.DISPUTING else 0.024):
            bill = self._objected(bill)
        return replace(bill, paid=self._money(bill))

    def _objected(self, bill: Bill) -> Bill:
        dice = self._dice
        opened = next_working_day(max(bill.due - 12 * _DAY, bill.issued + 9 * _DAY) + dice.randrange(16) * _DAY)
        reason, notes = dice.choice(GRIEVANCES)
        resolved = next_working_day(opened + dice.randrange(8, 45) * _DAY)
        share = dice.choice((100, 100, 40, 25))
        return replace(
            bill,
            objection=Objection(
                opened, resolved if resolved <= self._today else None, reason, dice.choice(notes), share
            ),
        )

    def _money(self, bill: Bill) -> tuple[tuple[date, int], ...]:
        """What comes in for it, up to today."""
        late = self._days_late(bill)
        if late is None:
            return ()
        on = next_working_day(max(bill.due + late * _DAY, bill.issued + _DAY))
        if bill.house.payer is Payer.MONTH_END:
            on = _worked_before(month_end(on))
        if bill.house.payer is Payer.BIG:
            on = _next_run(on)
        if bill.objection is not None:
            resolved = bill.objection.resolved
            if resolved is None:
                return ()
            on = next_working_day(max(on, resolved + self._dice.randrange(3, 15) * _DAY))
        parts = [(on, bill.cents)]
        if bill.house.payer is Payer.STRAPPED and bill.objection is None and self._dice.random() < 0.3:
            half = bill.cents // 2
            parts = [(on, half), (next_working_day(on + self._dice.randrange(15, 45) * _DAY), bill.cents - half)]
        return tuple((day, cents) for day, cents in parts if day <= self._today - _DAY)

    def _days_late(self, bill: Bill) -> int | None:
        dice, due = self._dice, bill.due
        match bill.house.payer:
            case Payer.PUNCTUAL:
                return dice.choice((-6, -3, -2, -1, 0, 0, 0, 1, 2, 5))
            case Payer.MONTH_END:
                return dice.randrange(4)
            case Payer.LATE:
                return dice.randrange(6, 34) if dice.random() < 0.85 else dice.randrange(34, 80)
            case Payer.SEASONAL:
                return dice.randrange(0, 9) if 5 <= due.month <= 10 else dice.randrange(25, 75)
            case Payer.STRAPPED:
                # Worse every half-year.
                return dice.randrange(14, 45) + max(0, 45 - (self._today - due).days // 12)
            case Payer.BIG:
                return dice.randrange(1, 9)
            case Payer.PUBLIC:
                return dice.randrange(2, 24)
            case Payer.FAILING:
                gone = (self._today - due).days
                return dice.randrange(15, 50) if gone > 230 else None
            case Payer.STRUCK:
                return dice.randrange(0, 6) if (self._today - due).days > 130 else dice.randrange(90, 140)
            case _:
                return dice.randrange(0, 18)

    def _credit_notes(self, bills: Sequence[Bill]) -> Iterator[Bill]:
        """For objections that were right: a part is credited, and paid back. The latest ones are not set off yet."""
        serials: dict[int, int] = {}
        right = [bill for bill in bills if bill.objection is not None and bill.objection.resolved is not None]
        for bill in sorted(right, key=lambda bill: (bill.objection.resolved, bill.number)):  # type: ignore[union-attr]  # bills chosen for having an objection
            day = bill.objection.resolved if bill.objection else None
            if day is None or self._dice.random() < 0.35:
                continue
            serials[day.year] = serials.get(day.year, 0) + 1
            cents = -max(900, round(bill.cents * self._dice.uniform(0.05, 0.3)))
            back = next_working_day(day + self._dice.randrange(5, 20) * _DAY)
            recent = day > self._today - timedelta(days=40)
            paid = () if recent or back >= self._today else ((back, cents),)
            yield Bill(f"AV{day.year}-{serials[day.year]:04}", bill.house, day, day, cents, paid, original=bill.number)


class _Acts:
    """What the team does beside its files and its reminders: calls, promises, objections, pauses, notes."""

    def __init__(
        self, today: date, size: Size, people: Sequence[House], bills: Sequence[Bill], dice: random.Random
    ) -> None:
        self._today, self._people, self._bills, self._dice = today, people, bills, dice
        self._begins = today - timedelta(weeks=size.weeks)
        self._credited = {bill.original: -bill.cents for bill in bills if bill.original}

    def made(self) -> Iterator[Act]:
        """All of them, in no order."""
        awaited = self._still_late()
        for bill in self._bills:
            if bill.objection is not None:
                yield from self._objection(bill, bill.objection)
            elif bill.cents > 0 and bill not in awaited:
                yield from self._word(bill)
        yield from self._latest_words(awaited)
        yield from self._disasters()
        yield from self._everyday()

    def _still_late(self) -> list[Bill]:
        """What is late today and nobody has spoken of: the words given this week are about some of these."""
        return [
            bill
            for bill in self._bills
            if bill.objection is None
            and 4 < (self._today - bill.due).days < 60
            and not bill.paid
            and bill.cents > 0
            and bill.house.payer not in _QUIET
        ]

    def _at(self, day: date, house: House, action: Action[Any]) -> Act:
        return Act(day, self._dice.randrange(9 * 60 + 30, 17 * 60 + 30), int(house.manager[1:]) - 1, action)

    def _objection(self, bill: Bill, objection: Objection) -> Iterator[Act]:
        if objection.opened >= self._today:
            return
        house, reason = bill.house, objection.reason
        disputed = Money(bill.cents * objection.share // 100, house.currency)
        amount = disputed if objection.share < 100 else None
        note = LogInteraction(
            customer=house.number, note=objection.note, direction="in", invoice=bill.number, contact=house.contact
        )
        dispute = OpenDispute(
            invoice=bill.number, reason=reason, amount=amount, note=objection.note,
            owner=SEE_TO.get(reason, ""), credit=amount if reason in CREDITED else None,
        )  # fmt: skip  # read as a table: columns side by side
        yield self._at(objection.opened, house, note)
        yield self._at(objection.opened, house, dispute)
        if objection.resolved is not None and objection.resolved < self._today:
            yield Act(objection.resolved, _ANSWERED, int(house.manager[1:]) - 1, self._answer(bill, disputed))

    def _answer(self, bill: Bill, disputed: Money) -> ResolveDispute:
        """How an objection ends: by what has been credited of the bill."""
        credited = Money(min(self._credited.get(bill.number, 0), disputed.cents), disputed.currency)
        founded = DisputeOutcome.ACCEPTED if disputed.cents < bill.cents else DisputeOutcome.PARTIAL
        outcome = founded if credited else DisputeOutcome.REJECTED
        return ResolveDispute(invoice=bill.number, outcome=outcome, amount=credited or None, note=ANSWERS[outcome])

    def _word(self, bill: Bill) -> Iterator[Act]:
        """Calls about a late bill, and what was promised: kept where the money came by then."""
        dice, house = self._dice, bill.house
        if house.payer in _QUIET and not bill.paid:
            return
        on = bill.paid[-1][0] if bill.settled_by(self._today) else None
        late = ((on or self._today) - bill.due).days
        if late < _CALL_AFTER + 4 or dice.random() > (0.5 if late > 30 else 0.28):
            return
        called = next_working_day(bill.due + dice.randrange(_CALL_AFTER, _CALL_AFTER + 3) * _DAY)
        if called >= min(on or self._today, self._today) or called < bill.issued + 9 * _DAY:
            return
        yield self._at(called, house, self._call(house, bill))
        word = add_working_days(called, 1)
        if len(bill.paid) > 1:
            if word < bill.paid[0][0]:
                yield Act(
                    word, _ANSWERED, int(house.manager[1:]) - 1, promise_of(bill, bill.paid[0][0], note=PROMISES[1])
                )
            return
        if dice.random() > 0.55:
            return
        kept = dice.random() < (0.45 if house.payer is Payer.STRAPPED else 0.78)
        by = (
            next_working_day(on + dice.randrange(3) * _DAY)
            if on and kept
            else add_working_days(word, dice.randrange(3, 7))
        )
        if word < min(on or self._today, self._today) and (kept or on is None or by < on):
            yield self._at(word, house, self._promise(bill, by))

    def _promise(self, bill: Bill, by: date) -> RecordPromise:
        return promise_of(bill, by, note=self._dice.choice(PROMISES))

    def _call(self, house: House, bill: Bill) -> LogInteraction:
        outcome, text = self._dice.choice(CALLS)
        return LogInteraction(
            customer=house.number, outcome=outcome, note=text, invoice=bill.number, contact=house.contact
        )

    def _latest_words(self, late: Sequence[Bill]) -> Iterator[Act]:
        """Promises for these days: due yesterday, today and in the days to come."""
        seen: set[str] = set()
        fitting = [
            bill
            for bill in late
            if not (bill.house.number in seen or seen.add(bill.house.number))  # type: ignore[func-returns-value]  # add returns None, which is false
        ]
        for bill, days in zip(fitting[::2], (-1, 0, 0, 1, 1, 2, 4, 6, 9), strict=False):
            by = add_working_days(self._today, days) if days else self._today
            made = add_working_days(self._today, -4 if days >= 0 else -5)
            if made > bill.issued + 9 * _DAY:
                yield self._at(made, bill.house, self._promise(bill, by))

    def _disasters(self) -> Iterator[Act]:
        """One house fails, one is struck, and the files of one day are not those they seem to be."""
        failing, struck = self._people[0], self._people[1]
        fell = next_working_day(self._today - timedelta(days=47))
        if fell > self._begins:
            told = "Jugement d'ouverture de redressement judiciaire lu au Bodacc. Créance à déclarer au mandataire dans les deux mois."
            hold = PlaceHold(customer=failing.number, reason="redressement judiciaire", kind=HoldKind.INSOLVENCY)
            yield self._at(fell, failing, AddNote(customer=failing.number, note=told))
            yield self._at(fell, failing, hold)
        fire = next_working_day(self._today - timedelta(days=96))
        if fire > self._begins:
            told = "Incendie dans la nuit de samedi : cuisine et réserve détruites, personne n'est blessé. L'assurance est saisie. Ne pas relancer."
            until = next_working_day(self._today + timedelta(days=20))
            yield self._at(
                fire, struck, LogInteraction(customer=struck.number, note=told, direction="in", contact=struck.contact)
            )
            yield self._at(
                fire,
                struck,
                PlaceHold(
                    customer=struck.number,
                    reason="incendie, dossier d'assurance en cours",
                    until=until,
                    kind=HoldKind.MANUAL,
                ),
            )

    def _everyday(self) -> Iterator[Act]:
        """Notes, and pauses that are asked for and end."""
        weeks = (self._today - self._begins).days // 7
        for week in range(1, weeks):
            for _more in range(2):
                house = self._dice.choice(self._people)
                day = next_working_day(self._begins + timedelta(weeks=week, days=self._dice.randrange(4)))
                yield self._at(day, house, AddNote(customer=house.number, note=self._dice.choice(NOTES)))
            if week % 3 == 0 or week == weeks - 1:
                house = self._dice.choice(self._people[2:])
                day = next_working_day(self._begins + timedelta(weeks=week, days=self._dice.randrange(3)))
                if day < self._today:
                    reason, days = self._dice.choice(PAUSES)
                    until = next_working_day(day + timedelta(days=days))
                    yield self._at(day, house, PauseDunning(customer=house.number, until=until, reason=reason))


def promise_of(bill: Bill, by: date, amount: Money | None = None, *, note: str = "") -> RecordPromise:
    """The word that a bill will be paid by a day."""
    return RecordPromise(invoice=bill.number, by=by, amount=amount, contact=bill.house.contact, note=note)


def objection_to(bill: Bill, amount: Money) -> OpenDispute:
    """The objection that something of a bill has not come."""
    return OpenDispute(invoice=bill.number, reason=DisputeReason.MISSING_GOODS, amount=amount)


def _each(first: date, last: date) -> Iterator[date]:
    return (first + days * _DAY for days in range((last - first).days))


def _worked_before(day: date) -> date:
    return day if is_working_day(day) else add_working_days(day, -1)


def _next_run(day: date) -> date:
    """Large houses pay on the tenth and the twenty-fifth."""
    for candidate in (day.replace(day=10), day.replace(day=25)):
        if candidate >= day:
            return next_working_day(candidate)
    return next_working_day((month_end(day) + _DAY).replace(day=10))


def _euros(cents: int) -> str:
    return f"{cents / 100:.2f}"

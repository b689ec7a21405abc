"""Lives the story through the product's own actions, day by day, with a clock that stands still at each of them."""

import asyncio
import io
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from crm import nightly
from crm.access.actions import SetDigest
from crm.bootstrap import Crm
from crm.core.actions import Action
from crm.core.basics import ImportData, Propose, Undo
from crm.core.calendar import Clock, add_working_days, is_working_day
from crm.core.consent import Actor, ActorKind
from crm.core.journal import EXAMPLE
from crm.core.money import Money
from crm.customers.actions import AddCompanyAccount, UpdateCompany, UpdateContact
from crm.demo import bank, people, sales, story
from crm.demo.people import Payer
from crm.demo.story import Story
from crm.followup.actions.dunning import MessageLine, RunDunning
from crm.followup.actions.pauses import PauseDunning
from crm.followup.actions.scenarios import AssignScenario
from crm.followup.gate import Verdict
from crm.followup.policy import FORMAL_NOTICE
from crm.ledger.actions.doubtful import Impair, MarkDoubtful
from crm.loyalty.actions.segments import RefreshSegments
from crm.messaging.actions import CancelMessage, GoLive, ListMessages
from crm.messaging.backoff import Answer, Stage
from crm.messaging.dispatcher import Dispatcher
from crm.messaging.models import Channel, State
from crm.messaging.nights import NoteNight
from crm.messaging.outbox import Outbox
from crm.messaging.queries import OutboxLine
from crm.messaging.transports.nowhere import NowhereTransport
from crm.portfolio.digest import SendDigest
from crm.receivables.actions import ShowInvoice
from crm.receivables.actions.matching import MatchPayments
from crm.receivables.actions.plans import CreatePaymentPlan, SignPaymentPlan
from crm.risk.actions.scoring import ScoreRisk

Tell = Callable[[date, int, int], None]
"""Told the day that has been lived, how many there have been, and how many there are."""

_DAILY = 10
"""So many working days before today the rhythm of weeks becomes one of days."""
_REHEARSED_SCENES = 3
"""As long nothing leaves: the team looks at what would."""
_RETURNED, _WRONG_HOUSE, _MISREAD = 25, 40, 60
"""Scenes in which an address turns out dead, a word is noted for the wrong house, and a file is misread: the last two are undone."""
_FOUNDED, _FILES, _GOES_LIVE, _NIGHT, _CONFIRMED, _POST = (
    time(hour, minute) for hour, minute in ((4, 0), (5, 0), (5, 40), (6, 0), (8, 30), (9, 5))
)
_SOPHIE, _CLAIRE = 0, 3
_OWN_SCENARIOS = {Payer.BIG: "key_account", Payer.PUBLIC: "public_buyer", Payer.DISPUTING: "strict"}
"""The first customer who pays in such a way follows a scenario of its own."""
_LEFT_OPEN = 3
"""What has been asked in so many days waits this morning."""
_STUBBORN_DAYS = 50
_TROUBLED = 5
"""So many days before today, what goes wrong with messages elsewhere in months does here."""
_A_DAY = 2
"""So many troubles at most befall a day's messages."""
_PLAN_DAYS = ((75, 40), (38, 24), (12, 2))
"""The earliest and the latest day before today on which a payment plan is agreed, of each of the three."""
_DOUBTED = 40
"""So many days before today Claire looks at what the house owes that has failed."""
_LETTERS = 3
"""So many formal notices have been agreed to."""

_GONE = (Stage.RECIPIENT, Answer(550, "5.1.1 The mailbox does not exist"))
_FULL = (Stage.RECIPIENT, Answer(552, "5.2.2 The mailbox is full"))
_BUSY = (Stage.RECIPIENT, Answer(451, "4.3.0 Too busy, try again later"))
_SCORED = frozenset({12, 0})
"""Mornings, counted from the last, on which risk is scored: enough to hold scores against what came, and within a month, so that
one model is learnt."""
_RECENT = 64
"""Mornings, counted from the last, since which reminders leave every week."""
_SILENT = (Stage.DOT, Answer(None))


@dataclass(frozen=True, slots=True)
class StoppedClock(Clock):
    """Stands still for the machine too: journal and outbox are dated in the story."""

    def machine_now(self) -> datetime:
        """The moment it stands at."""
        return self.now() if self.fixed else Clock.machine_now(self)


class _Scene(NamedTuple):
    """A day on which files come in and reminders leave."""

    day: date
    since: date
    """The last such day before."""
    to_go: int
    """How many follow; the last one is this morning."""


class Replay:
    """The company at work."""

    def __init__(self, house: Crm, told: Story) -> None:
        """`house` is an empty one, with the clock of the story's end."""
        self._house, self._story = house, told
        self._team = [
            Actor(ActorKind.PERSON, name, role=role, door=EXAMPLE, user=number)
            for number, name, _address, role in people.TEAM
        ]
        self._night = replace(nightly.SCHEDULER, door=EXAMPLE)
        self._stubborn = {
            bill.house.number
            for bill in told.bills
            if bill.cents > 0 and not bill.settled_by(told.today) and (told.today - bill.due).days > _STUBBORN_DAYS
        }
        """Who still owes today what has long been due: to them the formal notices go."""
        self._letters = 0
        self._plans = 0
        """How many payment plans have been agreed."""
        self._doubted = False
        self._troubles: deque[tuple[Stage, Answer] | type[Action[Any]]] = deque(
            (_GONE, _SILENT, CancelMessage, PauseDunning, _FULL)
        )
        self._ordered_until: date | None = None
        """The day up to which orders have been brought in."""
        self._returned: str | None = None
        """The customer whose address has been refused, until somebody asks for another one."""

    def live(self, tell: Tell | None = None) -> None:
        """Every day that matters, in its order, from the first one up to this morning."""
        scenes = self._scenes()
        self._found(scenes[0].day)
        acts = iter(self._story.acts)
        act = next(acts, None)
        for place, scene in enumerate(scenes):
            while act is not None and act.day < scene.day:
                self._do(act.day, time(act.minute // 60, act.minute % 60), act.who, act.action)
                act = next(acts, None)
            self._take_files(scene)
            self._take_orders(scene)
            self._agree(scene)
            self._doubt(scene)
            if scene.to_go in _SCORED:
                self._at(scene.day, _NIGHT)
                self._house.runner.run(ScoreRisk(), self._night)
            # Long ago reminders left every other week: it makes the example come sooner, and nobody looks there.
            if scene.to_go and (place <= _REHEARSED_SCENES or place % 2 or scene.to_go <= _RECENT):
                self._remind(scene, place)
            if scene.to_go:
                self._mistakes(scene, place)
            else:
                self._at(scene.day, _NIGHT)
                self._house.runner.run(MatchPayments(), self._night)
                self._digest(scene.day)
            if tell is not None:
                tell(scene.day, place + 1, len(scenes))

    def _scenes(self) -> list[_Scene]:
        """Every week, then every working day, and this morning."""
        today = self._story.today
        daily = add_working_days(today, -_DAILY)
        days, day = [], self._story.begins
        while day < today:
            if is_working_day(day):
                days.append(day)
                day += timedelta(days=7 if day + timedelta(days=7) < daily else 1)
            else:
                day += timedelta(days=1)
        days.append(today)
        before = [self._story.begins - timedelta(days=1), *days]
        return [
            _Scene(day, since, len(days) - place)
            for place, (since, day) in enumerate(zip(before, days, strict=False), 1)
        ]

    def _found(self, day: date) -> None:
        """The company, its team and its customers."""
        self._do(day, _FOUNDED, _SOPHIE, UpdateCompany(
            name="Comptoir d'Armor", legal_form="SARL", siren="732829320", rcs_city="Brest", capital="40000", address="12 quai de la Douane",
            postal_code="29200", city="Brest", payment_terms="30", email="compta@comptoir-armor.example", phone="0261910042",
            sender_name="Sophie Le Bihan", senior_sender_name="Sophie Le Bihan",
        ))  # fmt: skip  # read as a table: columns side by side
        self._do(day, _FOUNDED, _SOPHIE, AddCompanyAccount(iban=bank.IBAN, label="Compte courant"))
        self._import(
            day,
            _FOUNDED,
            "users-csv",
            "equipe.csv",
            ["number;name;email;role", *(";".join(person) for person in people.TEAM)],
        )
        self._import(
            day,
            _FOUNDED,
            "customers-csv",
            "clients.csv",
            [people.HEADINGS, *(house.row() for house in self._story.houses)],
        )

    def _take_files(self, scene: _Scene) -> None:
        """What accounting hands over: bills, the money that came for them, and in the last weeks what the bank tells."""
        rows = [row for bill in self._story.bills if (row := bill.row(scene.since, scene.day)) is not None]
        if rows:
            self._import(scene.day, _FILES, "invoices-csv", f"factures-{scene.day}.csv", [story.HEADINGS, *rows])
        first, last = max(scene.since, bank.begins(self._story.today)), scene.day - timedelta(days=1)
        if first <= last:
            told = bank.statement(self._story.lines, first, last)
            self._import(scene.day, _FILES, "camt053", f"releve-{last}.xml", told.splitlines())

    def _take_orders(self, scene: _Scene) -> None:
        """The shop's orders, whole when the last days begin and what is new of them this morning."""
        if scene.to_go in (_DAILY, 0):
            since = self._ordered_until or self._story.begins - timedelta(days=31)
            rows = sales.order_rows(self._story.today, self._story.bills, self._story.houses, since, scene.day)
            self._ordered_until = scene.day
            if rows:
                self._import(
                    scene.day, _FILES, "orders-csv", f"commandes-{scene.day}.csv", [sales.ORDER_HEADINGS, *rows]
                )

    def _remind(self, scene: _Scene, place: int) -> None:
        """The night, what Sophie says to what it asks, and the post."""
        if place == _REHEARSED_SCENES:
            told = "Trois semaines de répétition, textes relus."
            self._do(scene.day, _GOES_LIVE, _SOPHIE, GoLive(channel=Channel.EMAIL, note=told))
        if scene.to_go == _DAILY:
            told = "Les mises en demeure partent par La Poste, décidées une à une."
            self._do(scene.day, _GOES_LIVE, _SOPHIE, GoLive(channel=Channel.REGISTERED_LETTER, note=told))
            self._choose(scene.day)
        self._at(scene.day, _NIGHT)
        # Accounting's files say which bill money is for: before the bank's statements the night finds none to match.
        banked = scene.day > bank.begins(self._story.today)
        # Scores and segments are kept on a few days only: every night would take longer than all the rest.
        seldom = (ScoreRisk,) if scene.to_go <= 1 else (ScoreRisk, RefreshSegments)
        acts = [
            act for act in nightly.NIGHTLY if (banked or isinstance(act, RunDunning)) and not isinstance(act, seldom)
        ]
        done = [self._house.runner.run(action, self._night) for action in acts]
        lines = [line for each in done if isinstance(each.action, RunDunning) for line in each.result.lines]
        if place >= _REHEARSED_SCENES:
            self._confirm(scene, lines)
        if scene.to_go <= _LEFT_OPEN:
            self._digest(scene.day)
        self._post(scene, place)

    def _choose(self, day: date) -> None:
        """A few customers follow a scenario of their own; who wants the digest says so."""
        for payer, scenario in _OWN_SCENARIOS.items():
            # A small example may have nobody who pays this way.
            for house in [house for house in self._story.houses if house.payer is payer][:1]:
                self._do(day, _GOES_LIVE, _SOPHIE, AssignScenario(scenario=scenario, customer=house.number))
        for user in ("U1", "U2"):
            self._do(day, _GOES_LIVE, _SOPHIE, SetDigest(user=user))

    def _digest(self, day: date) -> None:
        """The worker notes its night and mails the digest."""
        self._at(day, _NIGHT)
        self._house.runner.run(NoteNight(), self._night)
        self._house.runner.run(SendDigest(), self._night)

    def _confirm(self, scene: _Scene, lines: Sequence[MessageLine]) -> None:
        """Sophie says yes to what the night left to her; what has come up in the last days still waits."""
        asked = [line for line in lines if line.verdict is Verdict.ASK]
        numbers = tuple(dict.fromkeys(line.customer for line in asked if line.level < FORMAL_NOTICE))
        if numbers and scene.to_go > _LEFT_OPEN:
            self._do(scene.day, _CONFIRMED, _SOPHIE, RunDunning(customers=numbers, no_text=True))
        if scene.to_go < _DAILY:
            for line in asked:
                if line.level == FORMAL_NOTICE and line.customer in self._stubborn and self._letters < _LETTERS:
                    self._letters += 1
                    self._do(
                        scene.day,
                        _CONFIRMED,
                        _SOPHIE,
                        RunDunning(customers=(line.customer,), level=FORMAL_NOTICE, no_text=True),
                    )

    def _post(self, scene: _Scene, place: int) -> None:
        """Hand over what waits; now and then a server refuses, and on the last days more happens than in a year."""
        self._at(scene.day, _CONFIRMED)
        waiting = self._house.runner.read(ListMessages(state=State.QUEUED), self._team[_SOPHIE]).lines
        firm = [line for line in reversed(waiting) if line.level and line.channel == Channel.EMAIL.value]
        refusals: dict[str, tuple[Stage, Answer]] = {}
        if scene.to_go == 1 and firm:
            refusals[firm.pop().to] = _BUSY
        if scene.to_go <= _TROUBLED:
            for line in firm[:_A_DAY]:
                self._trouble(scene, line, refusals)
        elif place % 26 == 20 and firm:
            refusals[firm[0].to] = _BUSY
        elif place == _RETURNED and firm:
            refusals[firm[0].to] = _GONE
            self._returned = firm[0].customer
        self._at(scene.day, _POST)
        database, clock = self._house.database, self._house.clock
        post = NowhereTransport(
            Channel.EMAIL.value, {address.lower(): refusal for address, refusal in refusals.items()}
        )
        asyncio.run(Dispatcher(database, clock, Outbox(database, clock), (post,), self._house.last_looks).once())

    def _trouble(self, scene: _Scene, line: OutboxLine, refusals: dict[str, tuple[Stage, Answer]]) -> None:
        """The next of the last days' troubles befalls a message that waits."""
        trouble = self._troubles.popleft() if self._troubles else None
        if isinstance(trouble, tuple):
            refusals[line.to] = trouble
        elif trouble is CancelMessage:
            self._do(scene.day, _CONFIRMED, _SOPHIE, CancelMessage(message=line.id))
        elif trouble is PauseDunning:
            told = "a appelé ce matin : virement en cours de signature"
            quiet = scene.day + timedelta(days=9)
            self._do(scene.day, _CONFIRMED, _SOPHIE, PauseDunning(customer=line.customer, until=quiet, reason=told))

    def _mistakes(self, scene: _Scene, place: int) -> None:
        """What goes wrong in an office, and how it is put right; and what waits for a yes this morning."""
        late = [
            bill
            for bill in self._story.bills
            if bill.cents > 0
            and bill.objection is None
            and bill.due < scene.day
            and not any(on <= scene.day for on, _cents in bill.paid)
        ]
        if self._returned is not None and place == _RETURNED + 1:
            number, self._returned = self._returned, None
            house = next(house for house in self._story.houses if house.number == number)
            self._do(
                scene.day,
                time(11),
                _SOPHIE,
                UpdateContact(customer=number, email=f"facturation@{people.slug(house.name)}.example"),
            )
        if place == _MISREAD and late:
            lines = [f"E-{bill.number};{bill.house.number};{scene.day};{bill.cents}" for bill in late[:12]]
            self._import(
                scene.day,
                time(11, 10),
                "invoices-csv",
                "essai.csv",
                ["number;customer;issue_date;total_incl_tax", *lines],
            )
            self._do(scene.day, time(11, 14), _CLAIRE, Undo())
        if place == _WRONG_HOUSE and late:
            self._do(scene.day, time(9, 10), _SOPHIE, story.promise_of(late[-1], add_working_days(scene.day, 3)))
            self._do(scene.day, time(9, 12), _SOPHIE, Undo())
        if scene.to_go == 1:
            self._suggest(scene, late)

    def _agree(self, scene: _Scene) -> None:
        """Payment plans, one after the other: the first is respected, the second is not, the third is under way today."""
        ago = (self._story.today - scene.day).days
        earliest, latest = _PLAN_DAYS[min(self._plans, len(_PLAN_DAYS) - 1)]
        if self._plans == len(_PLAN_DAYS) or not latest <= ago <= earliest:
            return
        for bill in self._story.bills:
            on = bill.paid[0][0] if bill.paid else None
            fits = on is not None and on > scene.day + timedelta(days=7) if self._plans == 0 else on is None
            if not fits or bill.objection is not None or not 0 < (scene.day - bill.due).days < 90 or bill.cents <= 0:
                continue
            if bill.house.country != "FR" or bill.house.payer in (Payer.FAILING, Payer.STRUCK):
                continue
            if self._house.runner.read(ShowInvoice(invoice=bill.number), self._team[_SOPHIE]).line.open != bill.cents:
                continue
            first = (on or scene.day + timedelta(days=10)) if self._plans < 2 else scene.day + timedelta(days=21)
            told = "Trésorerie tendue ce mois-ci : accord par téléphone, confirmé par écrit."
            plan = CreatePaymentPlan(
                invoice=bill.number, installments=3, first=first, contact=bill.house.contact, note=told
            )
            self._do(scene.day, time(11, 30), _SOPHIE, plan)
            self._do(scene.day, time(15, 40), _SOPHIE, SignPaymentPlan(invoice=bill.number))
            self._plans += 1
            return

    def _doubt(self, scene: _Scene) -> None:
        """What the house owes that has failed moves among the doubtful debts, and most of it is set aside."""
        if self._doubted or (self._story.today - scene.day).days > _DOUBTED:
            return
        self._doubted = True
        failed = self._story.houses[0]
        for bill in self._story.bills:
            if bill.house is failed and bill.cents > 0 and not bill.paid and bill.objection is None and bill.due < scene.day:  # fmt: skip  # one sentence
                told = MarkDoubtful(invoice=bill.number, reason="redressement judiciaire")
                self._do(scene.day, time(14, 10), _CLAIRE, told)
                self._do(scene.day, time(14, 12), _CLAIRE, Impair(invoice=bill.number, recovery="20"))

    def _suggest(self, scene: _Scene, late: Sequence[story.Bill]) -> None:
        """What colleagues have been told and leave to who is in charge."""
        fresh = [
            bill for bill in reversed(late) if bill.house.country == "FR" and 4 <= (scene.day - bill.due).days <= 40
        ]
        for place, bill in enumerate({bill.house.number: bill for bill in fresh}.values()):
            house, currency = bill.house, bill.house.currency
            ideas: tuple[tuple[Action[Any], str], ...] = (
                (
                    story.promise_of(bill, add_working_days(scene.day, 4), Money(bill.cents, currency)),
                    "« Nous réglons la semaine prochaine », message reçu au standard",
                ),
                (
                    story.objection_to(bill, Money(bill.cents // 4, currency)),
                    "« Deux cartons manquaient », dit le livreur",
                ),
                (
                    UpdateContact(customer=house.number, contact_name="Service comptable", email=f"comptabilite@{people.slug(house.name)}.example", role="comptabilité"),
                    "nouvelle adresse indiquée au téléphone",
                ),
                (
                    PauseDunning(customer=house.number, until=scene.day + timedelta(days=15), reason="le gérant est en congé"),
                    "répondeur : absence jusqu'au retour du gérant",
                ),
            )  # fmt: skip  # read as a table: columns side by side
            if place >= len(ideas):
                return
            action, why = ideas[place]
            fields = action.model_dump(mode="json", exclude_defaults=True)
            self._do(
                scene.day,
                time(16),
                1 + place % 2,
                Propose(action=action.action_name(), fields=fields, subject=house.number, reason=why),
            )

    def _import(self, day: date, hour: time, kind: str, name: str, lines: Sequence[str]) -> None:
        upload = self._house.spool.take(io.BytesIO("\n".join(lines).encode()), name)
        self._do(day, hour, _CLAIRE, ImportData(upload=upload, kind=kind))

    def _do(self, day: date, hour: time, who: int, action: Action[Any]) -> None:
        self._at(day, hour)
        self._house.runner.run(action, self._team[who])

    def _at(self, day: date, hour: time) -> None:
        """Stop the clock at an hour of a day."""
        tz = self._house.clock.tz
        self._house.clock = self._house.runner.clock = StoppedClock(tz, datetime.combine(day, hour, tz).astimezone(UTC))

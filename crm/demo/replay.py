"""Lives the story through the product's own actions, day by day, with a clock that stands still at each of them."""

import asyncio
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from crm import nightly
from crm.bootstrap import Crm
from crm.core.actions import Action
from crm.core.basics import ImportData, Undo
from crm.core.calendar import Clock, add_working_days, is_working_day
from crm.core.consent import Actor, ActorKind
from crm.core.journal import EXAMPLE
from crm.customers.actions import AddCompanyAccount, UpdateCompany
from crm.demo import people, story
from crm.demo.story import Bill, Size, Story
from crm.followup.actions.pauses import PauseDunning
from crm.messaging.actions import CancelMessage, GoLive, ListMessages
from crm.messaging.backoff import Answer, Stage
from crm.messaging.dispatcher import Dispatcher
from crm.messaging.models import Channel
from crm.messaging.outbox import Outbox
from crm.messaging.transports.nowhere import NowhereTransport

Tell = Callable[[date, int, int], None]
"""Told the day that is lived, how many are behind, and how many there are."""

_FILES, _NIGHT, _POST, _LAST_FILES = time(5, 30), time(6), time(9, 5), time(5)
_DAILY = 10
"""So many working days before today the week's rhythm becomes that of days."""
_REHEARSED_WEEKS = 3
"""As long nothing leaves: the team looks at what would."""

_GONE = (Stage.RECIPIENT, Answer(550, "5.1.1 The mailbox does not exist"))
_FULL = (Stage.RECIPIENT, Answer(552, "5.2.2 The mailbox is full"))
_BUSY = (Stage.RECIPIENT, Answer(451, "4.3.0 Too busy, try again later"))
_SILENT = (Stage.DOT, Answer(None))


@dataclass(frozen=True, slots=True)
class StoppedClock(Clock):
    """Stands still for the machine too: journal and outbox are dated in the story."""

    def machine_now(self) -> datetime:
        """The moment it stands at."""
        return self.fixed or Clock.machine_now(self)


class _Scene(NamedTuple):
    """A day on which files come in and reminders leave."""

    day: date
    since: date
    """The last such day before."""
    last: bool


def replay(crm: Crm, size: Size, tell: Tell | None = None) -> Story:
    """Make the company in an empty database, from its first day up to the morning of today."""
    told = story.told(crm.clock.today(), size)
    settings = crm.settings.model_copy(
        update={"mail_from": "Comptoir d'Armor <compta@comptoir-armor.example>", "user": ""}
    )
    house = Crm(settings, crm.clock, door=EXAMPLE)
    try:
        _Replay(house, told).live(tell)
    finally:
        house.close()
    return told


class _Replay:
    """The company at work."""

    def __init__(self, house: Crm, told: Story) -> None:
        self._house, self._story = house, told
        self._team = [
            Actor(ActorKind.PERSON, name, role=role, door=EXAMPLE, user=number)
            for number, name, _address, role in people.TEAM
        ]
        self._night = replace(nightly.SCHEDULER, door=EXAMPLE)
        self._refusals: dict[str, tuple[Stage, Answer]] = {}
        self._stops = 0

    def live(self, tell: Tell | None) -> None:
        """Every day that matters, in its order."""
        scenes = list(self._scenes())
        self._found(scenes[0].day)
        acts = iter(self._story.acts)
        act = next(acts, None)
        for place, scene in enumerate(scenes):
            while act is not None and act.day < scene.day:
                self._do(act.day, act.minute, act.who, act.action)
                act = next(acts, None)
            self._files(scene)
            if not scene.last:
                self._remind(scene, place)
            if tell is not None:
                tell(scene.day, place + 1, len(scenes))

    def _scenes(self) -> Iterator[_Scene]:
        """Every week, then every working day, and this morning."""
        today = self._story.today
        daily = min(add_working_days(today, -_DAILY), today)
        since, day = self._story.begins - timedelta(days=1), self._story.begins
        while day < today:
            if is_working_day(day):
                yield _Scene(day, since, last=False)
                since = day
                day += timedelta(days=7 if day + timedelta(days=7) < daily else 1)
            else:
                day += timedelta(days=1)
        yield _Scene(today, since, last=True)

    def _found(self, day: date) -> None:
        """The company, its team and its customers."""
        self._do(day, 240, 0, UpdateCompany(
            name="Comptoir d'Armor", legal_form="SARL", siren="732829320", rcs_city="Brest", capital="40000", address="12 quai de la Douane",
            postal_code="29200", city="Brest", payment_terms="30", email="compta@comptoir-armor.example", phone="0261910042",
            sender_name="Sophie Le Bihan", senior_sender_name="Sophie Le Bihan",
        ))  # fmt: skip
        self._do(day, 245, 0, AddCompanyAccount(iban="FR1420041010050500013M02606", label="Compte courant"))
        team = ["number;name;email;role", *(";".join(person) for person in people.TEAM)]
        self._import(day, 250, "equipe.csv", team)
        houses = [people.HEADINGS, *(house.row() for house in self._story.houses)]
        self._import(day, 255, "clients.csv", houses)

    def _files(self, scene: _Scene) -> None:
        """What accounting hands over: bills and the money that came for them."""
        rows = [row for bill in self._story.bills if (row := bill.row(scene.since, scene.day)) is not None]
        minute = _minutes(_LAST_FILES if scene.last else _FILES)
        if rows:
            self._import(scene.day, minute, f"factures-{scene.day:%Y-%m-%d}.csv", [story.HEADINGS, *rows])
        if scene.last and self._story.stray:
            stray = [
                f"{reference};{customer};{day};{cents / 100:.2f};virement;"
                for reference, customer, day, cents in self._story.stray
            ]
            self._import(
                scene.day, minute + 5, "reglements.csv", ["reference;customer;date;amount;method;label", *stray]
            )

    def _remind(self, scene: _Scene, place: int) -> None:
        """The night, what the team does about it, and the post."""
        if place == _REHEARSED_WEEKS:
            self._do(scene.day, _minutes(_FILES) + 5, 0, GoLive(channel=Channel.EMAIL, note="Trois semaines de répétition, textes relus."))
        self._at(scene.day, _minutes(_NIGHT))
        for action in nightly.NIGHTLY:
            self._house.runner.run(action, self._night)
        self._at(scene.day, _minutes(_POST))
        post = NowhereTransport(Channel.EMAIL.value, self._refusals)
        outbox = Outbox(self._house.database, self._house.clock)
        asyncio.run(
            Dispatcher(self._house.database, self._house.clock, outbox, (post,), self._house.last_looks).once()
        )

    def _import(self, day: date, minute: int, name: str, lines: Sequence[str]) -> None:
        upload = self._house.spool.take(io.BytesIO("\n".join(lines).encode()), name)
        self._do(day, minute, 3, ImportData(upload=upload))

    def _do(self, day: date, minute: int, who: int, action: Action[Any]) -> None:
        self._at(day, minute)
        self._house.runner.run(action, self._team[who])

    def _at(self, day: date, minute: int) -> None:
        """Stop the clock at a minute of a day."""
        local = datetime.combine(day, time(minute // 60, minute % 60), self._house.clock.tz)
        self._house.clock = self._house.runner.clock = StoppedClock(self._house.clock.tz, local.astimezone(UTC))


def _minutes(hour: time) -> int:
    return hour.hour * 60 + hour.minute

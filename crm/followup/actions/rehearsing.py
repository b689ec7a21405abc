"""Rehearsing a scenario before it is switched on: the last year and the next thirty days, beside another one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import Field

from crm.core.actions import Action, Effect
from crm.core.i18n import _, mark
from crm.core.money import plain, shown
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.followup.actions.scenarios import version_of
from crm.followup.facts import CustomerFacts
from crm.followup.history import histories
from crm.followup.policy import LEVELS, Scenario
from crm.followup.queries import addressees
from crm.followup.rehearsal import History, Sent, as_usual, rehearse, usual_delays
from crm.followup.run import Preparation
from crm.followup.scenario_text import read_scenario
from crm.followup.scenarios import STANDARD, book_of
from crm.followup.slots import Tone, slot_for, tone_for
from crm.messaging.models import OutgoingMessage
from crm.messaging.transports.screen import ScreenTransport
from crm.receivables.actions.words import meant

YEAR, MONTH = timedelta(days=365), timedelta(days=30)
WEEKS = 52
Assumption = Literal["none", "usual"]

ASSUMED = {
    "none": mark("Next 30 days: nothing more is paid."),
    "usual": mark("Next 30 days: customers pay as late as they usually do."),
}
"""What is assumed of payments to come → in words."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a scenario would have sent, and would send."""

    scenario: Scenario
    past: tuple[Sent, ...]
    coming: tuple[Sent, ...]
    first: date
    """The first day of the year looked back on."""
    prices: dict[str, int]
    """Channel → cents a message."""

    @property
    def needless(self) -> int:
        """Messages of the year about money that came by itself within three days."""
        return sum(sent.needless for sent in self.past)

    @property
    def confirmed(self) -> int:
        """Messages of the year that wait for a yes."""
        return sum(sent.confirmed for sent in self.past)

    @property
    def customers(self) -> int:
        """How many customers got anything in the year."""
        return len({sent.customer for sent in self.past})

    @property
    def cost(self) -> int:
        """What SMS and letters of the year cost, in cents."""
        return sum(self.prices.get(sent.channel, 0) for sent in self.past)

    def level(self, level: int) -> tuple[int, int]:
        """How many messages of a level, in the year and in the days to come."""
        return sum(sent.level == level for sent in self.past), sum(sent.level == level for sent in self.coming)

    @property
    def channels(self) -> dict[str, int]:
        """How many messages of the year by channel."""
        return dict(sorted(Counter(sent.channel for sent in self.past).items()))

    @property
    def weeks(self) -> tuple[int, ...]:
        """How many messages each week of the year, the oldest first."""
        counted = Counter(min(WEEKS - 1, (sent.day - self.first).days // 7) for sent in self.past)
        return tuple(counted[week] for week in range(WEEKS))

    def as_json(self) -> dict[str, Any]:
        """Counts, and every message."""
        return {
            "scenario": self.scenario.name,
            "version": self.scenario.version,
            "messages": len(self.past),
            "customers": self.customers,
            "to_confirm": self.confirmed,
            "needless": self.needless,
            "cost": plain(self.cost, "EUR"),
            "levels": {str(level): self.level(level)[0] for level in LEVELS},
            "channels": self.channels,
            "weeks": list(self.weeks),
            "next_30_days": {str(level): self.level(level)[1] for level in LEVELS},
            "past": [_sent(sent) for sent in self.past],
            "coming": [_sent(sent) for sent in self.coming],
        }


def _sent(sent: Sent) -> dict[str, Any]:
    return {
        "date": sent.day.isoformat(),
        "customer": sent.customer,
        "level": sent.level,
        "channel": sent.channel,
        "currency": sent.currency,
        "total": plain(sent.total, sent.currency),
        "to_confirm": sent.confirmed,
        "needless": sent.needless,
    }


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One scenario, or two side by side."""

    today: date
    assumed: Assumption
    sides: tuple[Rehearsed, ...]
    whose: int
    """How many customers were looked at."""

    def as_json(self) -> dict[str, Any]:
        """One object a scenario."""
        return {
            "as_of": self.today.isoformat(),
            "payments": self.assumed,
            "customers": self.whose,
            "scenarios": [side.as_json() for side in self.sides],
        }

    def as_sheet(self) -> Sheet:
        """One row a figure, one column a scenario and period."""
        columns = [Column("figure", _("Figure"))]
        for place, side in enumerate(self.sides):
            name = _("{name}, version {version}").format(name=side.scenario.called, version=side.scenario.version)
            columns.append(Column(f"year_{place}", _("{name}: last year").format(name=name), Kind.COUNT))
            columns.append(Column(f"month_{place}", _("next 30 days"), Kind.COUNT))
        rows: list[tuple[Any, ...]] = [
            (_(LEVELS[level]), *(count for side in self.sides for count in side.level(level))) for level in LEVELS
        ]
        rows += [
            (_("all messages"), *(count for side in self.sides for count in (len(side.past), len(side.coming)))),
            (_("customers written to"), *self._pairs("customers")),
            (_("to be confirmed"), *self._pairs("confirmed")),
            (_("needless: paid within 3 days"), *self._pairs("needless")),
        ]
        costs = [
            _("SMS and letters of the year, {name}: {amount}.").format(
                name=side.scenario.called, amount=shown(side.cost)
            )
            for side in self.sides
        ]
        notes = (
            *costs,
            _(ASSUMED[self.assumed]),
            _("The year begins as if nobody had been reminded yet; addresses are today's."),
        )
        return Sheet(_("Rehearsal"), tuple(columns), tuple(rows), as_of=self.today, notes=notes)

    def _pairs(self, name: str) -> list[int | None]:
        return [figure for side in self.sides for figure in (getattr(side, name), None)]


class RehearseScenario(Action[Rehearsal]):
    """Rehearse a scenario: who would have got what last year, and in the next 30 days; nothing is written."""

    effect = Effect.READ

    scenario: str = Field(STANDARD, description="The scenario's name")
    version: int | None = Field(None, ge=1, description="An earlier version; the latest if left out")
    draft: str | None = Field(
        None, max_length=50_000, description="A scenario that is still being written, as text (TOML), in its place"
    )
    beside: str | None = Field(None, description="Another scenario to set beside it")
    payments: Assumption = Field("usual", description="Payments of the next 30 days: none, or as late as usual")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")

    def perform(self, context: Context) -> Rehearsal:
        """Read what happened once, and live it once for each scenario.

        Raises:
            NotFound: there is no such scenario or version.
            Invalid: the draft is not right yet.
        """
        session, today = context.session, context.today
        book = book_of(session, today)
        if self.draft is not None:
            chosen = [read_scenario(self.draft)]
        else:
            chosen = [version_of(book, self.scenario, self.version)]
        if self.beside is not None:
            chosen.append(version_of(book, self.beside))
        of = meant(session, self.customer, None, self.segment, self.assignee)
        past = histories(session, today - YEAR, today, of, begun=False)
        coming = histories(session, today, today, of, begun=True)
        if self.payments == "usual":
            own, others = usual_delays(past)
            coming = [as_usual(one, today, own.get(one.customer, others)) for one in coming]
        settings = context.settings
        prices = {
            "sms": settings.sms_price_cents,
            "letter": settings.letter_price_cents,
            "registered_letter": settings.registered_letter_price_cents,
        }
        sides = tuple(_side(one, past, coming, today, prices) for one in chosen)
        return Rehearsal(today, self.payments, sides, len({one.customer for one in past}))


def _side(
    scenario: Scenario, past: Sequence[History], coming: Sequence[History], today: date, prices: dict[str, int]
) -> Rehearsed:
    def by_day(found: Any) -> tuple[Sent, ...]:
        return tuple(sorted(found, key=lambda sent: (sent.day, sent.customer, sent.currency)))

    first = today - YEAR
    year = by_day(rehearse(past, scenario, first, today - timedelta(days=1)))
    month = by_day(rehearse(coming, scenario, today, today + MONTH - timedelta(days=1)))
    return Rehearsed(scenario, year, month, first, prices)


@dataclass(frozen=True, slots=True)
class RehearsedMessage:
    """A message of a rehearsal, word for word."""

    customer: str
    name: str
    day: date
    level: int
    channel: str
    subject: str
    text: str

    def as_json(self) -> dict[str, Any]:
        """The whole of it."""
        return {
            "customer": self.customer,
            "name": self.name,
            "date": self.day.isoformat(),
            "level": self.level,
            "channel": self.channel,
            "subject": self.subject,
            "text": self.text,
        }

    def as_sheet(self) -> Sheet:
        """Its lines."""
        columns = (Column("field", ""), Column("value", ""))
        rows = ((_("Subject"), self.subject),) if self.subject else ()
        return Sheet(self.name, columns, rows, as_of=self.day, notes=("", *self.text.splitlines()))


class ShowRehearsedMessage(Action[RehearsedMessage]):
    """The text of a rehearsed message, word for word, as of its day; it is shown on screen and goes nowhere."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")
    level: int = Field(ge=0, le=4, description="Level: 0 before the due date, 1 to 3 reminders, 4 formal notice")
    day: date | None = Field(None, description="The day of the message; today if left out")
    channel: str = Field("email", description="email, sms, phone, letter or registered_letter")
    tone: Tone | None = Field(None, description="How it is said; as the customer's segment has it if left out")

    def perform(self, context: Context) -> RehearsedMessage:
        """Fill in the text that counts today with what was open on the day.

        Raises:
            NotFound: there is no such customer.
            Refused: nothing was open on that day.
            Invalid: the text cannot be filled in.
        """
        day = self.day or context.today
        row = find_customer(context.session, self.customer)
        owner = row.root_id or row.id
        who = addressees(context.session, [owner])[owner]
        facts = CustomerFacts(who.number, who.name, who.regime, who.language, "", who.siren, who.discreet)
        slot = slot_for(self.level, facts, self.channel, self.tone or tone_for(who.segment))
        message = Preparation(context, day).as_if(owner, slot, "").message
        shown_on = ScreenTransport()
        printed = OutgoingMessage(
            purpose="dunning", channel=shown_on.channel, recipient=who.number, subject=message.subject, text=message.text,
            html=message.html, day=day, queued_at=context.now, message_id="", dedupe_key="",
        )  # fmt: skip  # read as a table: columns side by side
        text = shown_on.prepare(printed, context.now)
        return RehearsedMessage(who.number, who.name, day, self.level, self.channel, message.subject, text)


ACTIONS = (RehearseScenario, ShowRehearsedMessage)

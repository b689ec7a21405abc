"""Short ways to say what an outbox holds and what became of it: `queued(house, "anne@x.example")`, `standing(house)`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from build import TODAY
from post_office import PostOffice
from sqlmodel import col, select

from crm.bootstrap import Crm
from crm.core.calendar import Clock
from crm.core.db import Database
from crm.core.settings import Settings
from crm.core.spool import Spool
from crm.messaging.dispatcher import Counts, Dispatcher, LastLook, dispatch_once, dispatcher_of
from crm.messaging.models import Delivery, LiveChannel, OutgoingMessage

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
_serial = count(1)


class HandClock(Clock):
    """A machine's clock that is turned by hand; the business stands still where it is."""

    def turn(self, by: timedelta) -> None:
        """Forward, or back."""
        object.__setattr__(self, "_turned", self._by + by)

    @property
    def _by(self) -> timedelta:
        return getattr(self, "_turned", timedelta())

    def machine_now(self) -> datetime:
        return NOON + self._by


@dataclass
class House:
    """What the dispatcher needs of the application, with the mail going where the story wants it."""

    crm: Crm
    settings: Settings
    clock: Clock
    last_looks: Mapping[str, LastLook] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.crm.database

    @property
    def spool(self) -> Spool:
        return self.crm.spool

    def dispatch(self) -> dict[str, int]:
        """Deliver; what became of messages, without the zeros."""
        return told(dispatch_once(self))

    def dispatcher(self) -> Dispatcher:
        return dispatcher_of(self)


def told(counts: Counts) -> dict[str, int]:
    return {name: number for name, number in counts.as_json().items() if number}


def mailing(
    crm: Crm,
    office: PostOffice | None = None,
    *,
    clock: Clock | None = None,
    looks: Mapping[str, LastLook] | None = None,
    live: bool = True,
    **options: Any,
) -> House:
    """A house that mails through a post office; e-mail is live unless told otherwise."""
    usual = {
        "smtp_host": "127.0.0.1",
        "smtp_port": office.port if office else 1,
        "smtp_tls": "none",
        "smtp_connections": 2,
    }
    usual["mail_from"] = "Atelier Morvan <compta@morvan.example>"
    settings = crm.settings.model_copy(update={**usual, **options})
    house = House(crm, settings, clock or HandClock.at(TODAY.isoformat()), looks or {})
    if live:
        gone_live(house)
    return house


def gone_live(house: House, channel: str = "email") -> None:
    """Let messages of a channel leave."""
    with house.database.writing() as session:
        session.add(LiveChannel(channel=channel, since=NOON, by="Léa"))
        session.commit()


def queued(house: House, *recipients: str, **fields: Any) -> list[int]:
    """Messages that wait, one a recipient; returns their keys."""
    with house.database.writing() as session:
        rows = [_a_message(recipient, fields) for recipient in recipients]
        session.add_all(rows)
        session.commit()
        return [row.id for row in rows]


def _a_message(recipient: str, fields: Mapping[str, Any]) -> OutgoingMessage:
    serial = next(_serial)
    usual = {
        "purpose": "dunning",
        "channel": "email",
        "recipient": recipient,
        "recipient_name": "Électricité Morvan",
        "subject": "Facture F-1 : reste à régler",
        "text": "Bonjour,\n\n.la facture reste à régler.\n",
        "html": "<p>Bonjour</p>",
        "message_id": f"<{serial}@morvan.example>",
        "dedupe_key": f"story/{serial}",
        "day": TODAY,
        "queued_at": NOON,
    }
    return OutgoingMessage(**{**usual, **fields})


def messages(house: House) -> list[OutgoingMessage]:
    """The outbox, in order."""
    with house.database.reading() as session:
        return list(session.exec(select(OutgoingMessage).order_by(col(OutgoingMessage.id))).all())


def standing(house: House) -> list[str]:
    """The state of each message, in order."""
    return [message.state for message in messages(house)]


def the_one(house: House) -> OutgoingMessage:
    """The only message."""
    (message,) = messages(house)
    return message


def attempts(house: House) -> list[tuple[str, str]]:
    """Outcome and code of each attempt, in order."""
    with house.database.reading() as session:
        rows = session.exec(select(Delivery).order_by(col(Delivery.id))).all()
        return [(row.outcome, row.code) for row in rows]


def addresses(number: int, domain: str = "clients.example") -> Iterable[str]:
    """So many recipients."""
    return [f"client{place}@{domain}" for place in range(1, number + 1)]

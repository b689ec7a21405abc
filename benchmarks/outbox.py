"""An outbox full of reminders, and what a dispatcher needs to empty it into a mail server of this machine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from crm import migrations
from crm.core.calendar import Clock
from crm.core.db import Database
from crm.core.settings import Settings
from crm.core.spool import Spool
from crm.messaging.dispatcher import LastLook
from crm.messaging.models import LiveChannel, OutgoingMessage
from crm.messaging.queries import live_channels

TEXT = "Bonjour Madame Durand,\n\nSauf erreur de notre part, la facture reste à régler pour 1 250,50 €.\n" * 12
HTML = "<table>" + "<tr><td style='padding:4px'>Facture F2026-0113</td><td>1 250,50 €</td></tr>" * 30 + "</table>"


@dataclass
class Mailing:
    """What a dispatcher needs, and no more."""

    database: Database
    settings: Settings
    spool: Spool
    clock: Clock = field(default_factory=Clock.system)
    last_looks: Mapping[str, LastLook] = field(default_factory=dict)

    @classmethod
    def to(cls, url: str, port: int, connections: int) -> "Mailing":
        """On a database, with the mail going to a port."""
        settings = Settings(
            database_url=url,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_tls="none",
            smtp_connections=connections,
            mail_from="compta@morvan.example",
        )
        return cls(Database(settings.resolved_database_url()), settings, Spool(Path("nowhere")))


@contextmanager
def outbox_for(port: int, connections: int, url: str = "") -> Iterator[Mailing]:
    """An outbox that is live, on a database of its own or on the one of an address."""
    with TemporaryDirectory() as folder:
        mailing = Mailing.to(url or f"sqlite:///{folder}/outbox.db", port, connections)
        migrations.upgrade(mailing.database)
        with mailing.database.writing() as session:
            if "email" not in live_channels(session):
                session.add(LiveChannel(channel="email", since=mailing.clock.now(), by="benchmark"))
                session.commit()
        try:
            yield mailing
        finally:
            mailing.database.dispose()


def queue(mailing: Mailing, number: int) -> list[OutgoingMessage]:
    """So many more reminders, each to a customer of its own."""
    run, moment, day = uuid4().hex, mailing.clock.now(), mailing.clock.today()
    rows = [_reminder(f"{run}-{place}", place, moment, day) for place in range(number)]
    with mailing.database.writing() as session:
        session.add_all(rows)
        session.commit()
    return rows


def _reminder(key: str, place: int, moment: datetime, day: date) -> OutgoingMessage:
    return OutgoingMessage(
        purpose="dunning",
        channel="email",
        recipient=f"anne.durand{place}@client{place % 500}.example",
        recipient_name="Électricité Morvan & Fils",
        sender_name="Atelier Morvan",
        reply_to="lucie@morvan.example",
        subject="Facture F2026-0113 : reste à régler depuis le 30/10/2026",
        text=TEXT,
        html=HTML,
        message_id=f"<{key}@morvan.example>",
        dedupe_key=key,
        day=day,
        queued_at=moment,
    )

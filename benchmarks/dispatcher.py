"""The dispatcher: at least a quarter of a bare aiosmtplib loop that sends the same prepared bytes over as many connections.

`python -m benchmarks.dispatcher [messages [database address]]`.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiosmtplib import SMTP

from benchmarks.mail_sink import mail_sink
from benchmarks.measure import Result, company, seconds
from crm.bootstrap import Crm
from crm.core.calendar import Clock
from crm.core.db import Database
from crm.core.settings import Settings
from crm.core.spool import Spool
from crm.messaging.dispatcher import dispatch_once
from crm.messaging.models import LiveChannel, OutgoingMessage
from crm.messaging.transports.email import EmailTransport

_COUNT, _CONNECTIONS, _ROUNDS = 3_000, 8, 3
_TEXT = "Bonjour Madame Durand,\n\nSauf erreur de notre part, la facture reste à régler pour 1 250,50 €.\n" * 12
_HTML = "<table>" + "<tr><td style='padding:4px'>Facture F2026-0113</td><td>1 250,50 €</td></tr>" * 30 + "</table>"


@dataclass
class Mailing:
    """The application as the dispatcher sees it, with the mail going to the sink."""

    crm: Crm
    settings: Settings
    last_looks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """The company's."""
        return self.crm.database

    @property
    def clock(self) -> Clock:
        """The company's."""
        return self.crm.clock

    @property
    def spool(self) -> Spool:
        """The company's."""
        return self.crm.spool


def mailing(crm: Crm, port: int, **more: Any) -> Mailing:
    """A company whose e-mail is live and goes to a port of this machine."""
    told = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none", "smtp_connections": _CONNECTIONS}
    at_home = Mailing(crm, crm.settings.model_copy(update={**told, "mail_from": "compta@morvan.example", **more}))
    with crm.database.writing() as session:
        session.add(LiveChannel(channel="email", since=crm.clock.now(), by="benchmark"))
        session.commit()
    return at_home


def queue(at_home: Mailing, count: int, prefix: str = "") -> list[OutgoingMessage]:
    """So many reminders in the outbox, each to a customer of its own."""
    moment, day = at_home.clock.now(), at_home.clock.today()
    rows = [
        OutgoingMessage(
            purpose="dunning", channel="email", recipient=f"anne.durand{place}@client{place % 500}.example",
            recipient_name="Électricité Morvan & Fils", sender_name="Atelier Morvan", reply_to="lucie@morvan.example",
            subject="Facture F2026-0113 : reste à régler depuis le 30/10/2026", text=_TEXT, html=_HTML, language="fr",
            message_id=f"<{prefix}{place}@morvan.example>", dedupe_key=f"{prefix}{place}", day=day, queued_at=moment,
        )
        for place in range(count)
    ]  # fmt: skip
    with at_home.database.writing() as session:
        session.add_all(rows)
        session.commit()
    return rows


async def _bare(port: int, mails: Sequence[tuple[str, str, bytes]]) -> None:
    waiting = iter(mails)

    async def connection() -> None:
        client = SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False, local_hostname="localhost")
        await client.connect()
        for sender, recipient, data in waiting:
            await client.sendmail(sender, [recipient], data)
        await client.quit()

    await asyncio.gather(*(connection() for _each in range(_CONNECTIONS)))


def run(count: int = _COUNT, url: str = "") -> Iterator[Result]:
    """Both to the same server, turn by turn; the best of some rounds."""
    with mail_sink() as (port, name), company(url) as (crm, _folder):
        at_home = mailing(crm, port)
        ours, bare, work = [], [], []
        for turn in range(_ROUNDS):
            rows = queue(at_home, count, f"{turn}-")
            transport = EmailTransport(at_home.settings, at_home.spool)
            parcels = [transport.prepare(row, at_home.clock.now()).mail for row in rows]
            prepared = [(parcel.sender, parcel.recipient, parcel.data) for parcel in parcels]
            bare.append(seconds(lambda: asyncio.run(_bare(port, prepared))))  # noqa: B023  called at once
            before = time.process_time()
            ours.append(seconds(lambda: dispatch_once(at_home)))
            work.append(time.process_time() - before)
        detail = f"{count / min(ours):,.0f}/s of {count / min(bare):,.0f}/s to {name}; {min(work) / count * 1000:.2f} ms CPU each"
        yield Result(f"bare loop against the dispatcher, {count:,} messages", min(ours) / min(bare), 4, detail=detail)


if __name__ == "__main__":
    for result in run(int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT, sys.argv[2] if len(sys.argv) > 2 else ""):
        print(result)

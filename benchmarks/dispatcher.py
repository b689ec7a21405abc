"""The dispatcher: at least a quarter of a bare aiosmtplib loop that sends the same prepared bytes over as many connections.

`python -m benchmarks.dispatcher [messages [database address]]`.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence

from aiosmtplib import SMTP

from benchmarks.mail_sink import mail_sink
from benchmarks.measure import Result, seconds
from benchmarks.outbox import Mailing, outbox_for, queue
from crm.messaging.dispatcher import dispatch_once
from crm.messaging.mime import Assembled
from crm.messaging.models import OutgoingMessage
from crm.messaging.transports.email import EmailTransport

_COUNT, _CONNECTIONS, _ROUNDS = 3_000, 8, 5


def run(count: int = _COUNT, url: str = "") -> Iterator[Result]:
    """Both to the same server, turn by turn; the best of some rounds."""
    ours, bare, ours_work, bare_work = [], [], [], []
    with mail_sink() as (port, server), outbox_for(port, _CONNECTIONS, url) as mailing:
        for _turn in range(_ROUNDS):
            prepared = _prepared(mailing, queue(mailing, count))
            begun = time.process_time()
            bare.append(seconds(lambda: asyncio.run(_bare(port, prepared))))  # noqa: B023  called at once
            between = time.process_time()
            ours.append(seconds(lambda: dispatch_once(mailing)))
            bare_work.append(between - begun)
            ours_work.append(time.process_time() - between)
    detail = (
        f"{count / min(ours):,.0f}/s of {count / min(bare):,.0f}/s to {server}; "
        f"CPU {min(ours_work) / count * 1000:.2f} ms of {min(bare_work) / count * 1000:.2f} ms"
    )
    yield Result(f"dispatcher of {count:,} messages against the bare loop", min(ours) / min(bare), 4, detail=detail)


def _prepared(mailing: Mailing, rows: Sequence[OutgoingMessage]) -> Sequence[Assembled]:
    transport = EmailTransport(mailing.settings, mailing.spool)
    return [transport.prepare(row, mailing.clock.now()).mail for row in rows]


async def _bare(port: int, mails: Sequence[Assembled]) -> None:
    waiting = iter(mails)

    async def connection() -> None:
        client = SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False, local_hostname="localhost")
        await client.connect()
        for mail in waiting:
            await client.sendmail(mail.sender, [mail.recipient], mail.data)
        await client.quit()

    await asyncio.gather(*(connection() for _each in range(_CONNECTIONS)))


if __name__ == "__main__":
    for result in run(int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT, sys.argv[2] if len(sys.argv) > 2 else ""):
        print(result)

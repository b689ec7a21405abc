"""Kill -9 at random moments: nothing is lost, nothing is sent twice, and little is uncertain.

`python -m benchmarks.kill_dispatcher [runs [messages [database address]]]`: 20 runs of 2,000 messages on SQLite if nothing
else is told. A dispatcher works in a process of its own and is killed again and again, some times while the mail server
has fallen silent inside DATA, before or after the final dot; another takes over until all is done. What the server has
taken over is counted by Message-ID and compared with the outbox, message by message.
"""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, fields

from sqlalchemy import func, select

from benchmarks.counting_server import CountingServer, counting_server
from benchmarks.outbox import Mailing, outbox_for, queue
from crm.core.db import table_of
from crm.messaging.dispatcher import dispatch_once
from crm.messaging.models import OutgoingMessage, State

_RUNS, _MESSAGES, _KILLS, _CONNECTIONS = 20, 2_000, 10, 8
_STALL_EVERY = 200
_MESSAGE = table_of(OutgoingMessage)
_IN_HAND = [State.QUEUED.value, State.CLAIMED.value, State.SENDING.value]


@dataclass
class Tally:
    """What became of messages."""

    sent: int = 0
    uncertain: int = 0
    arrived: int = 0
    """Of the uncertain ones, those that the server had taken over."""
    retry: int = 0
    lost: int = 0
    """Noted as sent and never taken over, or in no state that somebody would look at."""
    twice: int = 0
    kills: int = 0
    inside: int = 0
    """Kills while the server was silent inside DATA."""

    def __iadd__(self, other: "Tally") -> "Tally":
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        return self

    def __str__(self) -> str:
        return (
            f"sent {self.sent:,} · uncertain {self.uncertain} ({self.arrived} had arrived) · retry {self.retry} · "
            f"lost {self.lost} · twice {self.twice} · kills {self.kills} ({self.inside} inside DATA)"
        )


def killed(url: str, count: int, kills: int, seed: int, *, stall_every: int = _STALL_EVERY) -> Tally:
    """One run: so many messages, and a dispatcher killed so many times on the way."""
    dice, told = random.Random(seed), Tally()
    with counting_server(dice) as server, outbox_for(server.port, _CONNECTIONS, url) as mailing:
        keys = [row.message_id for row in queue(mailing, count)]
        server.stall_every = stall_every
        while told.kills < kills and _in_hand(mailing):
            _strike(mailing, server, dice, told)
        server.stall_every = 0
        while _in_hand(mailing):
            dispatch_once(mailing)
        _count(mailing, server, keys, told)
    return told


def _strike(mailing: Mailing, server: CountingServer, dice: random.Random, told: Tally) -> None:
    """Let a dispatcher begin, and kill it some time after its first message, or where the server has fallen silent."""
    server.stalled.clear()
    already = server.taken.total()
    url, port = mailing.database.url.render_as_string(hide_password=False), str(server.port)
    worker = subprocess.Popen([sys.executable, "-m", "benchmarks.kill_dispatcher", "work", url, port])
    while worker.poll() is None and server.taken.total() == already and not server.stalled.is_set():
        time.sleep(0.001)
    server.stalled.wait(dice.uniform(0, 0.5))
    if worker.poll() is None:
        told.kills += 1
        told.inside += server.stalled.is_set()
        worker.send_signal(signal.SIGKILL)
    worker.wait()


def _in_hand(mailing: Mailing) -> int:
    with mailing.database.engine.connect() as connection:
        query = select(func.count()).where(_MESSAGE.c.state.in_(_IN_HAND))
        return int(connection.execute(query).scalar_one())


def _count(mailing: Mailing, server: CountingServer, keys: Iterable[str], told: Tally) -> None:
    with mailing.database.engine.connect() as connection:
        states = {
            row.message_id: row.state for row in connection.execute(select(_MESSAGE.c.message_id, _MESSAGE.c.state))
        }
    for key in keys:
        state, taken = states.get(key), server.taken[key]
        told.sent += state == State.SENT
        told.retry += state == State.RETRY
        told.uncertain += state == State.UNCERTAIN
        told.arrived += state == State.UNCERTAIN and taken > 0
        told.lost += state not in {State.SENT, State.RETRY, State.UNCERTAIN} or (state == State.SENT and not taken)
        told.twice += taken > 1


def main(runs: int, count: int, url: str) -> Tally:
    """All runs on one kind of database, each told as it ends."""
    total = Tally()
    for turn in range(runs):
        told = killed(url, count, _KILLS, seed=turn)
        print(f"  run {turn + 1}: {told}", flush=True)
        total += told
    print(f"{url.partition(':')[0] or 'sqlite'}, {runs} runs of {count:,} messages: {total}")
    return total


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        dispatch_once(Mailing.to(sys.argv[2], int(sys.argv[3]), _CONNECTIONS))
    else:
        runs, count, url = [*sys.argv[1:], *("", "", "")[len(sys.argv) - 1 :]]
        found = main(int(runs or _RUNS), int(count or _MESSAGES), url)
        sys.exit(1 if found.lost or found.twice else 0)

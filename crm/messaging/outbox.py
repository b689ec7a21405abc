"""The dispatcher's hold on the outbox: claim, mark, note, take over. Each is one short transaction of its own, no action.

A message changes hands by compare-and-set: whoever marks it as sending must still hold the claim, within its lease, while
its channel is live. So it is sent once, whatever crashes, stalls or jumps in between.
"""

import os
import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Table,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from crm.core.calendar import Clock
from crm.core.db import Database, table_of
from crm.core.i18n import _
from crm.messaging.backoff import Verdict, wait_after
from crm.messaging.contact_gate import RINGING, earliest_at, may_ring
from crm.messaging.models import (
    Channel,
    DeadAddress,
    Delivery,
    LiveChannel,
    OutgoingMessage,
    SendingLimit,
    State,
)
from crm.messaging.numbers import place_of_number
from crm.messaging.transports import Handed

LEASE = timedelta(seconds=120)
"""How long a claim holds, and how long a message may be on its way before nobody knows."""


_LIFE = secrets.token_hex(4)
"""Tells this process from an earlier one that had its number."""

_MESSAGE, _DELIVERY, _DEAD = table_of(OutgoingMessage), table_of(Delivery), table_of(DeadAddress)
_LIVE, _LIMIT = table_of(LiveChannel), table_of(SendingLimit)

_STATE_OF = {
    Verdict.SENT: State.SENT,
    Verdict.RETRY: State.RETRY,
    Verdict.FAILED: State.FAILED,
    Verdict.DEAD: State.FAILED,
    Verdict.UNCERTAIN: State.UNCERTAIN,
    Verdict.STOP: State.QUEUED,
}


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A message in hand."""

    message: OutgoingMessage
    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Chunk:
    """Messages in hand; `paced_until`: others are due, and their domains' limits let them go only then."""

    claims: tuple[Claim, ...]
    paced_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that is over, to be noted."""

    claim: Claim
    handed: Handed
    at: datetime

    @property
    def attempt(self) -> int:
        """Which attempt it was."""
        return self.claim.message.attempts + 1

    @property
    def state(self) -> State:
        """Where the message stands now: after three days of trying again it has failed."""
        return State.FAILED if self._given_up else _STATE_OF[self.handed.verdict]

    @property
    def _given_up(self) -> bool:
        return self.handed.verdict is Verdict.RETRY and wait_after(self.attempt) is None

    def values(self) -> dict[str, Any]:
        """The message's row from here on."""
        wait = None
        if self.handed.verdict is Verdict.RETRY and not self._given_up:
            wait = self.handed.wait or wait_after(self.attempt)
        back = self.handed.verdict is Verdict.STOP
        reason = _("Given up after three days. {words}") if self._given_up else "{words}"
        return {
            "key": self.claim.message.id,
            "token": self.claim.token,
            "new_state": self.state.value,
            "new_next_try": self.at + wait if wait is not None else None,
            "new_attempts": self.attempt - 1 if back else self.attempt,
            "new_reason": reason.format(words=self.handed.words),
            "new_sent_at": self.at if self.handed.verdict is Verdict.SENT else None,
        }

    def delivery(self) -> dict[str, Any]:
        """The attempt as it is kept."""
        return {
            "message_id": self.claim.message.id,
            "attempt": self.attempt,
            "at": self.at,
            "outcome": self.state.value,
            "code": self.handed.answer.shown,
            "server_reply": self.handed.answer.text,
            "provider_id": self.handed.provider_id,
        }


def _in(state: State) -> ColumnElement[bool]:
    """A message in a state, written out so that partial indexes serve."""
    return _MESSAGE.c.state == literal(state.value, literal_execute=True)


_LIVE_NOW = select(_LIVE.c.channel).where(_LIVE.c.until.is_(None))
_FREE = {"state": State.QUEUED.value, "claimed_by": "", "lease_until": None}

_WAITING = and_(_in(State.QUEUED), _MESSAGE.c.channel == bindparam("channel_"))
_DUE: tuple[tuple[ColumnElement[Any], ...], ...] = (
    (
        and_(
            _in(State.RETRY),
            _MESSAGE.c.channel == bindparam("channel_"),
            _MESSAGE.c.next_try <= bindparam("machine_now"),
        ),
        _MESSAGE.c.next_try,
    ),
    (and_(_WAITING, _MESSAGE.c.not_before.is_(None)), _MESSAGE.c.id),
    (and_(_WAITING, _MESSAGE.c.not_before <= bindparam("business_now")), _MESSAGE.c.not_before, _MESSAGE.c.id),
)
"""What is due, in three parts that each follow an index, with the index's order behind each."""


def _taking(due: ColumnElement[bool], *order: ColumnElement[Any]) -> Executable:
    picked = (
        select(_MESSAGE.c.id)
        .where(due)
        .order_by(*order)
        .limit(bindparam("size"))
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    return (
        update(OutgoingMessage)
        .where(_MESSAGE.c.id.in_(select(picked.c.id)))
        # Whoever takes back an act that queued it anew must see that it has been touched since.
        .values(
            state=State.CLAIMED.value,
            claimed_by=bindparam("token_"),
            lease_until=bindparam("until_"),
            next_try=None,
            touched_id=None,
        )
        .returning(OutgoingMessage)
        .execution_options(synchronize_session=False)
    )


def _domain(dialect: str) -> ColumnElement[str]:
    place = func.instr if dialect == "sqlite" else func.strpos
    return func.lower(func.substr(_MESSAGE.c.recipient, place(_MESSAGE.c.recipient, "@") + 1))


_TAKING = tuple(_taking(*part) for part in _DUE)
_SPARING = {
    dialect: tuple(
        _taking(and_(due, _domain(dialect).not_in(bindparam("spent", expanding=True))), *order) for due, *order in _DUE
    )
    for dialect in ("sqlite", "postgresql")
}
"""The same, but for the domains whose limits are spent."""

_OURS = and_(_in(State.CLAIMED), _MESSAGE.c.claimed_by == bindparam("token_"))
_LET_GO = update(_MESSAGE).where(_MESSAGE.c.id.in_(bindparam("keys", expanding=True)), _OURS).values(_FREE)
_POSTPONE = (
    update(_MESSAGE).where(_MESSAGE.c.id == bindparam("key"), _OURS).values({**_FREE, "not_before": bindparam("later")})
)
_REFUSE = (
    update(_MESSAGE)
    .where(_MESSAGE.c.id == bindparam("key"), _OURS)
    .values({**_FREE, "state": bindparam("new_state"), "reason": bindparam("new_reason")})
)
_START = (
    update(_MESSAGE)
    .where(
        _MESSAGE.c.id.in_(bindparam("keys", expanding=True)),
        _OURS,
        # Past its lease it would leave on an old last look.
        _MESSAGE.c.lease_until > bindparam("machine_now"),
        _MESSAGE.c.channel.in_(_LIVE_NOW),
    )
    .values(state=State.SENDING.value, lease_until=bindparam("until_"), attempts=_MESSAGE.c.attempts + 1)
    .returning(_MESSAGE.c.id)
)
_END = (
    update(_MESSAGE)
    .where(
        _MESSAGE.c.id == bindparam("key"),
        _MESSAGE.c.claimed_by == bindparam("token"),
        # What was thought uncertain after a lease is no longer, now that its own dispatcher knows.
        or_(_MESSAGE.c.state == State.SENDING.value, _MESSAGE.c.state == State.UNCERTAIN.value),
    )
    .values(
        state=bindparam("new_state"),
        next_try=bindparam("new_next_try"),
        attempts=bindparam("new_attempts"),
        reason=bindparam("new_reason"),
        sent_at=bindparam("new_sent_at"),
        lease_until=None,
    )
)
_ATTEMPT = insert(_DELIVERY)
_LEVEL = (
    update(_LIMIT)
    .where(_LIMIT.c.id == bindparam("key"))
    .values(tokens=bindparam("new_tokens"), at=bindparam("new_at"), free_at=bindparam("new_free_at"))
)


class Outbox:
    """The outbox as one dispatcher sees it. Moments of leases and retries are the machine's, `not_before` is the business's."""

    def __init__(self, database: Database, clock: Clock, *, rate_per_domain: int = 0) -> None:
        self._database = database
        self._clock = clock
        self._rate = rate_per_domain
        self._host = socket.gethostname().replace(":", "-")

    def take_over(self) -> tuple[int, int]:
        """Take back what dead or overdue dispatchers had in hand: claimed messages wait again, those on their way are uncertain.

        Returns how many of each.
        """
        with self._database.working() as connection:
            now = self._clock.machine_now()
            in_hand = or_(_in(State.CLAIMED), _in(State.SENDING))
            tokens = connection.execute(select(_MESSAGE.c.claimed_by).where(in_hand).distinct()).scalars().all()
            if not tokens:
                return 0, 0
            gone = [token for token in tokens if self._is_dead(token)]
            # A lease that ends later than any can was given before the clock was set back.
            overdue = or_(
                _MESSAGE.c.lease_until < now, _MESSAGE.c.lease_until > now + 2 * LEASE, _MESSAGE.c.claimed_by.in_(gone)
            )
            returned = connection.execute(update(_MESSAGE).where(_in(State.CLAIMED), overdue).values(_FREE)).rowcount
            why = _("The program stopped while the message was on its way: it may have arrived.")
            lost = connection.execute(
                update(_MESSAGE)
                .where(_in(State.SENDING), overdue)
                .values(state=State.UNCERTAIN.value, lease_until=None, reason=why)
                .returning(_MESSAGE.c.id, _MESSAGE.c.attempts)
            ).all()
            if lost:
                kept = {"at": now, "outcome": State.UNCERTAIN.value, "code": "", "server_reply": "", "provider_id": ""}
                connection.execute(_ATTEMPT, [{"message_id": row.id, "attempt": row.attempts, **kept} for row in lost])
            return returned, len(lost)

    def _token(self) -> str:
        return f"{self._host}:{os.getpid()}:{_LIFE}-{secrets.token_hex(6)}"

    def _is_dead(self, token: str) -> bool:
        """Whether a claim is that of a process of this machine that is no more; in doubt, the lease decides."""
        host, process, claim = f"{token}::".split(":")[:3]
        if host != self._host or not process.isdigit():
            return False
        if int(process) == os.getpid():
            # A machine that starts anew, and containers above all, give the same numbers again.
            return not claim.startswith(_LIFE)
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            return False
        return False

    def claim(self, channel: str, size: int) -> Chunk:
        """Take up to so many messages of a channel that are due: tried ones first, then in the order in which they were queued."""
        with self._database.working() as connection:
            if channel not in set(connection.execute(_LIVE_NOW).scalars()) or self._is_quiet(channel):
                return Chunk(())
            now = self._clock.machine_now()
            spent = self._spent_domains(connection, channel, now)
            told = {
                "channel_": channel,
                "machine_now": now,
                "business_now": self._clock.now(),
                "token_": self._token(),
                "until_": now + LEASE,
                **({"spent": spent} if spent else {}),
            }
            taken: list[Claim] = []
            for taking in _SPARING[connection.dialect.name] if spent else _TAKING:
                if len(taken) < size:
                    taken += self._take(connection, taking, {**told, "size": size - len(taken)})
            if channel in RINGING:
                taken = self._awake(connection, taken)
            kept, surplus = self._within_limits(connection, channel, taken, now)
            self._let_go(connection, surplus)
            paced = self._paced_until(connection, told) if not kept and (spent or surplus) else None
            return Chunk(tuple(kept), paced)

    def _is_quiet(self, channel: str) -> bool:
        """Whether a message would reach somebody at an hour at which none should; what was queued by day may be due by night."""
        return channel in RINGING and not may_ring(channel, self._clock.now(), self._clock.tz.key)

    def _awake(self, connection: Connection, taken: Sequence[Claim]) -> list[Claim]:
        """Those that ring at a decent hour where they arrive; the others wait for one, by the country of their number."""
        kept = []
        for claim in taken:
            place = place_of_number(claim.message.recipient, self._clock.tz.key)
            later = earliest_at(place, place, self._clock.now()) if place is not None else None
            if later is None:
                kept.append(claim)
            else:
                connection.execute(_POSTPONE, {"key": claim.message.id, "token_": claim.token, "later": later})
        return kept

    def live(self) -> frozenset[str]:
        """The channels whose messages may leave now."""
        with self._database.reading() as session:
            return frozenset(session.connection().execute(_LIVE_NOW).scalars())

    @staticmethod
    def _take(connection: Connection, taking: Executable, told: Mapping[str, Any]) -> list[Claim]:
        with Session(connection, expire_on_commit=False) as session:
            found = session.execute(taking, told).scalars().all()
            session.expunge_all()
        claims = [Claim(message, told["token_"], told["until_"]) for message in found]
        return sorted(claims, key=lambda claim: claim.message.id)

    @staticmethod
    def _let_go(connection: Connection, claims: Iterable[Claim]) -> None:
        for token, keys in _by_token(claims).items():
            connection.execute(_LET_GO, {"keys": keys, "token_": token})

    def release(self, claims: Sequence[Claim]) -> None:
        """Put messages back that nothing was done with."""
        if claims:
            with self._database.working() as connection:
                self._let_go(connection, claims)

    def refuse(self, claims: Mapping[Claim, tuple[State, str]]) -> int:
        """Note why messages do not leave at all: held, or failed because nothing can be made of them. Returns their number."""
        refused = 0
        with self._database.working() as connection:
            for claim, (state, reason) in claims.items():
                told = {"key": claim.message.id, "token_": claim.token, "new_state": state.value, "new_reason": reason}
                refused += connection.execute(_REFUSE, told).rowcount
        return refused

    def note(self, starting: Sequence[Claim], ended: Sequence[Ended]) -> Mapping[int, datetime]:
        """Commit outcomes, and mark messages as on their way; returns the keys of those that may leave, and until when."""
        may_leave: dict[int, datetime] = {}
        with self._database.working() as connection:
            if ended:
                self._end(connection, ended)
            now = self._clock.machine_now()
            for token, keys in _by_token(starting).items():
                told = {"keys": keys, "token_": token, "machine_now": now, "until_": now + LEASE}
                may_leave |= dict.fromkeys(connection.execute(_START, told).scalars(), now + LEASE)
        return may_leave

    @staticmethod
    def _end(connection: Connection, ended: Sequence[Ended]) -> None:
        connection.execute(_END, [each.values() for each in ended])
        connection.execute(_ATTEMPT, [each.delivery() for each in ended])
        dead = [
            {
                "channel": each.claim.message.channel,
                "address": each.claim.message.recipient.lower(),
                "since": each.at,
                "reason": each.handed.words,
                "message_id": each.claim.message.id,
            }
            for each in ended
            if each.handed.verdict is Verdict.DEAD
        ]
        if dead:
            connection.execute(_insert_missing(connection, _DEAD), dead)

    # Rate limits: a token bucket for each recipient domain

    def _spent_domains(self, connection: Connection, channel: str, now: datetime) -> list[str]:
        if not self._rate or channel != Channel.EMAIL.value:
            return []
        spent = select(_LIMIT.c.domain).where(_LIMIT.c.channel == channel, _LIMIT.c.free_at > now)
        return list(connection.execute(spent).scalars())

    def _within_limits(
        self, connection: Connection, channel: str, claims: Sequence[Claim], now: datetime
    ) -> tuple[list[Claim], list[Claim]]:
        """What the buckets of their domains let through, and the rest; the tokens are taken out."""
        if not self._rate or not claims or channel != Channel.EMAIL.value:
            return list(claims), []
        by_domain: dict[str, list[Claim]] = {}
        for claim in claims:
            by_domain.setdefault(claim.message.recipient.rpartition("@")[2].lower(), []).append(claim)
        names = sorted(by_domain)
        fresh = {"channel": channel, "tokens": float(self._rate), "at": now, "free_at": now}
        connection.execute(_insert_missing(connection, _LIMIT), [{**fresh, "domain": name} for name in names])
        these = and_(_LIMIT.c.channel == channel, _LIMIT.c.domain.in_(names))
        buckets = connection.execute(select(_LIMIT).where(these).order_by(_LIMIT.c.domain).with_for_update()).all()
        kept, surplus, levels = list[Claim](), list[Claim](), []
        for bucket in buckets:
            waiting = by_domain[bucket.domain]
            passed = max(0.0, (now - bucket.at).total_seconds())
            tokens = min(float(self._rate), bucket.tokens + passed * self._rate / 60)
            let = min(len(waiting), int(tokens))
            kept += waiting[:let]
            surplus += waiting[let:]
            pause = timedelta(seconds=max(1.0, 60 / self._rate)) if tokens - let < 1 else timedelta()
            levels.append({"key": bucket.id, "new_tokens": tokens - let, "new_at": now, "new_free_at": now + pause})
        connection.execute(_LEVEL, levels)
        return sorted(kept, key=lambda claim: claim.message.id), surplus

    @staticmethod
    def _paced_until(connection: Connection, told: Mapping[str, Any]) -> datetime | None:
        """When the first domain is free for which something is due; None: nothing is."""
        ours = and_(_LIMIT.c.channel == told["channel_"], _LIMIT.c.free_at > told["machine_now"])
        limits = connection.execute(
            select(_LIMIT.c.domain, _LIMIT.c.free_at).where(ours).order_by(_LIMIT.c.free_at)
        ).all()
        domain = _domain(connection.dialect.name)
        for limit in limits:
            for due, *_order in _DUE:
                waiting = select(_MESSAGE.c.id).where(due, domain == limit.domain).limit(1)
                if connection.execute(waiting, dict(told)).first() is not None:
                    moment: datetime = limit.free_at
                    return moment
        return None


def _by_token(claims: Iterable[Claim]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = {}
    for claim in claims:
        found.setdefault(claim.token, []).append(claim.message.id)
    return found


def _insert_missing(connection: Connection, table: Table) -> Executable:
    """An insert that leaves what is there as it is."""
    made = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    return made.on_conflict_do_nothing()

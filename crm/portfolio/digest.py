"""The morning digest: what left, was held, failed, and waits for a yes, mailed once a working day to each person who wants it."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session
from sqlmodel import select as rows_of

from crm.access.models import Digest, Role, User
from crm.access.queries import all_users
from crm.core import proposals
from crm.core.actions import Action, Effect
from crm.core.bulk import in_chunks
from crm.core.calendar import add_working_days, is_working_day, zone
from crm.core.db import table_of
from crm.core.i18n import Language, _, plural
from crm.core.money import Money
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.core.templating import Templates
from crm.customers.visible import CUSTOMER
from crm.followup.gate import Verdict, Weight
from crm.followup.run import Narrowing, Preparation
from crm.messaging import rendering
from crm.messaging.models import Channel, OutgoingMessage, Purpose, State
from crm.messaging.nights import nobody_at_work
from crm.messaging.queries import live_channels
from crm.receivables.queries import Whose

_MESSAGE, _CUSTOMER = table_of(OutgoingMessage), CUSTOMER
_SHOWN = 8
"""So many lines of a kind are written out; the rest is counted."""
_AT_ONCE = 500
_SINCE_HOUR = time(6)
_GONE = (State.SENDING.value, State.SENT.value)
_FAILED = (State.FAILED.value, State.UNCERTAIN.value)
_SEES_ALL = (Role.MANAGER.value, Role.ADMIN.value)


@dataclass(frozen=True, slots=True)
class Line:
    """A customer in the digest, with the reason in words."""

    name: str
    manager: str
    why: str
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """What is to be told of a day, of every customer."""

    day: date
    since: date
    left: Sequence[tuple[str, str]]
    """What left, as its purpose, and the account manager of its customer."""
    queued: Sequence[str]
    """The account managers of what waits for its hour."""
    asks: Sequence[Line]
    held: Sequence[Line]
    failed: Sequence[Line]
    alarms: tuple[str, ...]

    def of(self, user: User) -> "Day":
        """What of it is a user's: a manager sees all, an account manager their own customers and what is nobody's."""
        if user.role in _SEES_ALL:
            return self
        mine = ("", user.number)
        return Day(
            self.day,
            self.since,
            [(what, manager) for what, manager in self.left if manager in mine],
            [manager for manager in self.queued if manager in mine],
            _theirs(self.asks, mine),
            _theirs(self.held, mine),
            _theirs(self.failed, mine),
            self.alarms,
        )

    def values(self, user: User, whats: Mapping[str, str]) -> dict[str, Any]:
        """What the text asks for."""
        counted = Counter(what for what, _manager in self.left)
        told: dict[str, Any] = {
            "day": self.day,
            "since": self.since,
            "name": user.name,
            "number": user.number,
            "alarms": list(self.alarms),
            "left_count": len(self.left),
            "left": [{"what": whats.get(what, what), "count": count} for what, count in counted.most_common()],
            "queued_count": len(self.queued),
        }
        for kind, lines in (("asks", self.asks), ("held", self.held), ("failed", self.failed)):
            told[kind] = [
                {"name": _one_line(line.name), "why": _one_line(line.why), "amount": line.amount}
                for line in lines[:_SHOWN]
            ]
            told[f"{kind}_count"], told[f"{kind}_more"] = len(lines), max(0, len(lines) - _SHOWN)
        return told


def _theirs(lines: Sequence[Line], managers: Collection[str]) -> list[Line]:
    return [line for line in lines if line.manager in managers]


def _one_line(words: str) -> str:
    return " ".join(words.split())


def day_of(context: Context) -> Day:
    """Read what there is to tell: since the morning of the last working day."""
    session, today = context.session, context.today
    since = add_working_days(today, -1)
    begun = datetime.combine(since, _SINCE_HOUR, zone(context.settings.timezone))
    return Day(
        today,
        since,
        _left(session, begun),
        _queued(session),
        _asks(session),
        _held(context),
        _failed(session, begun),
        nobody_at_work(session, context.now, context.settings.timezone),
    )


def _left(session: Session, begun: datetime) -> list[tuple[str, str]]:
    query = (
        select(_MESSAGE.c.purpose, func.coalesce(_CUSTOMER.c.account_manager, ""))
        .select_from(_MESSAGE.outerjoin(_CUSTOMER, _CUSTOMER.c.id == _MESSAGE.c.customer_id))
        .where(_MESSAGE.c.state.in_(_GONE), _MESSAGE.c.sent_at >= begun, _MESSAGE.c.purpose != Purpose.DIGEST.value)
        .order_by(_MESSAGE.c.id)
    )
    return [(purpose, manager) for purpose, manager in session.connection().execute(query)]


def _queued(session: Session) -> list[str]:
    query = (
        select(func.coalesce(_CUSTOMER.c.account_manager, ""))
        .select_from(_MESSAGE.outerjoin(_CUSTOMER, _CUSTOMER.c.id == _MESSAGE.c.customer_id))
        .where(_MESSAGE.c.state == State.QUEUED.value, _MESSAGE.c.purpose != Purpose.DIGEST.value)
        .order_by(_MESSAGE.c.id)
    )
    return list(session.connection().execute(query).scalars())


def _failed(session: Session, begun: datetime) -> list[Line]:
    query = (
        select(_MESSAGE.c.recipient_name, _MESSAGE.c.recipient, _MESSAGE.c.reason, _CUSTOMER.c.name, _CUSTOMER.c.account_manager)
        .select_from(_MESSAGE.outerjoin(_CUSTOMER, _CUSTOMER.c.id == _MESSAGE.c.customer_id))
        .where(_MESSAGE.c.state.in_(_FAILED), _MESSAGE.c.queued_at >= begun - timedelta(days=4))
        .order_by(_MESSAGE.c.id.desc())
    )  # fmt: skip  # read as a table: columns side by side
    return [
        Line(row.name or row.recipient_name or row.recipient, row.account_manager or "", row.reason)
        for row in session.connection().execute(query)
    ]


def _asks(session: Session) -> list[Line]:
    rows = proposals.waiting(session)
    numbers = {row.id: _customer_of(row.subject) for row in rows}
    names: dict[str, str] = {}
    for some in in_chunks(sorted({number for number in numbers.values() if number}), _AT_ONCE):
        names |= dict(
            session.connection().execute(select(_CUSTOMER.c.number, _CUSTOMER.c.name).where(_CUSTOMER.c.number.in_(some))).all()
        )  # fmt: skip  # one line a question
    return [Line(names.get(numbers[row.id], row.subject), row.owner, row.reason) for row in rows]


def _customer_of(subject: str) -> str:
    """The number of the customer a proposal is about: `dunning/C-1/EUR` or `C-1`."""
    parts = subject.split("/")
    return parts[1] if len(parts) > 1 else parts[0]


def _held(context: Context) -> list[Line]:
    """Whom the gate holds today, the largest amount first."""
    preparation = Preparation(context, context.today, write=False)
    found = []
    for prepared in preparation.stream(Whose(), Narrowing()):
        decision = prepared.decision
        if decision.verdict is Verdict.HOLD:
            why = next((reason.text for reason in decision.reasons if reason.weight is Weight.HOLD), "")
            amount = Money(decision.total, prepared.currency) if decision.total else None
            found.append(Line(prepared.who.name, prepared.who.account_manager, why, amount))
    return sorted(found, key=lambda line: (-(line.amount.cents if line.amount else 0), line.name))


@dataclass(frozen=True, slots=True)
class DigestReport:
    """The digests of a morning."""

    day: date
    sent: tuple[tuple[User, str], ...] = ()
    """To whom, and the subject."""
    why_none: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    """User number → the text."""

    def as_json(self) -> dict[str, Any]:
        """One object a person."""
        return {
            "date": self.day.isoformat(),
            "digests": [
                {"user": user.number, "to": user.email, "subject": subject, "text": self.texts[user.number]}
                for user, subject in self.sent
            ],
            "why_none": self.why_none or None,
        }

    def as_sheet(self) -> Sheet:
        """One row a person."""
        columns = (Column("name", _("Name")), Column("to", _("To")), Column("subject", _("Subject"), Kind.TEXT))
        rows = tuple((user.name, user.email, subject) for user, subject in self.sent)
        notes = (self.why_none,) if self.why_none else ()
        return Sheet(plural("{count} digest", "{count} digests", len(rows)), columns, rows, as_of=self.day, notes=notes)


class SendDigest(Action[DigestReport]):
    """Mail the morning digest to whoever wants it, once a working day."""

    effect = Effect.SEND
    holds_back = True
    roles = frozenset({"manager"})

    def perform(self, context: Context) -> DigestReport:
        """Read the day, write a text for each, queue it."""
        session, today = context.session, context.today
        if not is_working_day(today):
            return DigestReport(today, why_none=_("No digest on a day off."))
        wanting = [user for user in all_users(session) if user.digest == Digest.DAILY.value and user.email]
        keys = {user.number: f"digest/{today.isoformat()}/{user.number}" for user in wanting}
        had = set(session.exec(rows_of(OutgoingMessage.dedupe_key).where(_MESSAGE.c.dedupe_key.in_(keys.values()))))
        due = [user for user in wanting if keys[user.number] not in had]
        if not due:
            return DigestReport(
                today, why_none=_("Nobody wants it: crm set-digest.") if not wanting else _("It has been sent today.")
            )
        told, sent, texts = day_of(context), [], {}
        for user in due:
            message = _written(context, told.of(user), user)
            session.add(_row(context, user, message, keys[user.number]))
            sent.append((user, message.subject))
            texts[user.number] = message.text
        session.flush()
        return DigestReport(today, tuple(sent), texts=texts)


def _written(context: Context, told: Day, user: User) -> rendering.Message:
    spoken: Language = context.settings.language
    templates = Templates(context.settings.templates_folder, language=spoken)
    whats = {
        Purpose.DUNNING.value: _("reminders"),
        Purpose.QUOTE.value: _("quotes followed up"),
        Purpose.MESSAGE.value: _("own messages and thank-yous"),
        Purpose.SURVEY.value: _("surveys"),
        Purpose.CAMPAIGN.value: _("campaigns"),
    }
    return rendering.render(templates, f"digest/digest.{spoken}.txt", told.values(user, whats), {}, spoken)


def _row(context: Context, user: User, message: rendering.Message, key: str) -> OutgoingMessage:
    domain = context.settings.mail_from.rpartition("@")[2].strip("> ") or "relance.invalid"
    live = Channel.EMAIL.value in live_channels(context.session)
    return OutgoingMessage(
        purpose=Purpose.DIGEST.value,
        channel=Channel.EMAIL.value,
        recipient=user.email,
        recipient_name=user.name,
        sender_address=context.settings.mail_from,
        subject=message.subject,
        text=message.text,
        html=message.html,
        language=context.settings.language,
        message_id=f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>",
        dedupe_key=key,
        state=(State.QUEUED if live else State.REHEARSED).value,
        day=context.today,
        queued_at=context.now,
        approved_by=context.actor.name,
        reasons=json.dumps([_("The morning digest, as set with crm set-digest.")], ensure_ascii=False),
    )


ACTIONS = (SendDigest,)

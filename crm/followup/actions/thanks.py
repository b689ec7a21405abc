"""Thank-yous: who would be thanked for a payment, and the run that thanks them."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import Field

from crm.core import proposals
from crm.core.actions import Action, Effect
from crm.core.consent import ActorKind
from crm.core.errors import CrmError
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.followup.gate import WEEKLY
from crm.followup.run import Preparation
from crm.followup.thanks import Manners, in_time, manners
from crm.followup.thanks_read import Paid, paid_lately
from crm.messaging.models import Channel, OutgoingMessage, Purpose, State
from crm.messaging.queries import live_channels

Day = date

MANNERS = {
    Manners.SEND: mark("ready"),
    Manners.ASK: mark("to confirm"),
    Manners.WAIT: mark("another day"),
    Manners.LEAVE: mark("none"),
}
"""What becomes of a thank-you → how it is said."""


@dataclass(frozen=True, slots=True)
class ThanksLine:
    """A customer who has paid, and what becomes of the thank-you."""

    customer: str
    name: str
    amount: Money
    received: date
    manners: Manners
    why: str = ""
    to: str = ""
    subject: str = ""
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {
            "customer": self.customer,
            "name": self.name,
            "currency": self.amount.currency,
            "amount": plain(self.amount.cents, self.amount.currency),
            "received": self.received.isoformat(),
            "verdict": self.manners.value,
            "why": self.why or None,
            "to": self.to,
            "subject": self.subject,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class ThanksReport:
    """The thank-yous of a day."""

    day: date
    lines: tuple[ThanksLine, ...]
    rehearsed: frozenset[str] = field(default_factory=frozenset)
    """Channels that are not live: what goes by them is kept to be looked at, never sent."""

    def count(self, *kinds: Manners) -> int:
        """How many lines are of some kinds."""
        return sum(line.manners in kinds for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """The lines, and how many leave."""
        return {
            "date": self.day.isoformat(),
            "thanks": [line.as_json() for line in self.lines],
            "ready": self.count(Manners.SEND),
            "rehearsed": sorted(self.rehearsed),
        }

    def as_sheet(self) -> Sheet:
        """One row a customer."""
        columns = (
            Column("customer", _("Customer")),
            Column("amount", _("Amount"), Kind.MONEY),
            Column("received", _("Received"), Kind.DATE),
            Column("verdict", _("State")),
            Column("to", _("To")),
            Column("why", _("Why")),
        )
        rows = tuple(
            (line.name, line.amount, line.received, _(MANNERS[line.manners]), line.to, line.why) for line in self.lines
        )
        title = plural("{count} thank-you", "{count} thank-yous", self.count(Manners.SEND))
        return Sheet(title, columns, rows, as_of=self.day)


class SendThanks(Action[ThanksReport]):
    """Thank whoever has paid what was reminded of, once each, where the scenario says so and good manners allow it."""

    effect = Effect.SEND
    holds_back = True
    roles = frozenset({"manager", "account_manager", "accountant"})

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")

    def perform(self, context: Context) -> ThanksReport:
        """Find who has paid, write, and queue what may leave; what a person has to read first is proposed at night."""
        session, day = context.session, context.today
        only = None
        if self.customer is not None:
            found = find_customer(session, self.customer)
            only = found.root_id or found.id
        preparation = Preparation(context, day)
        lines, live = [], live_channels(session)
        used: set[str] = set()
        asked: set[str] = set()
        done: set[str] = set()
        for paid in paid_lately(session, day, preparation.book, only):
            if not in_time(paid.received.on, day):
                continue
            kind, why = manners(paid.settled, WEEKLY)
            line = ThanksLine(
                paid.who.number, paid.who.name, paid.received.amount, paid.received.on, kind, why, paid.settled.address
            )
            if kind is Manners.ASK and context.actor.kind is ActorKind.SCHEDULER:
                ask = SendThanks(customer=paid.who.number)
                context.propose(ask, why=why, subject=paid.subject, owner=paid.who.account_manager)
                asked.add(paid.subject)
            elif kind in (Manners.SEND, Manners.ASK):
                line, channel = self._queued(context, preparation, paid, line, live)
                used.add(channel)
                done.add(paid.subject)
            lines.append(line)
        if only is None and context.actor.kind is ActorKind.SCHEDULER:
            # Too long ago, or bad manners by now.
            proposals.withdraw(context, self.action_name(), asked)
        else:
            proposals.settle(context, self.action_name(), done)
        session.flush()
        return ThanksReport(day, tuple(lines), frozenset(used - live - {""}))

    @staticmethod
    def _queued(
        context: Context, preparation: Preparation, paid: Paid, line: ThanksLine, live: frozenset[str]
    ) -> tuple[ThanksLine, str]:
        try:
            composed, sender, channel = preparation.thanks(paid.who, paid.received)
        except CrmError as problem:
            return _with(line, Manners.LEAVE, problem.message), ""
        who, message = paid.who, composed.message
        mobile = who.mobile if channel == Channel.SMS.value else None
        domain = context.settings.mail_from.rpartition("@")[2].strip("> ") or "relance.invalid"
        context.session.add(
            OutgoingMessage(
                purpose=Purpose.MESSAGE.value,
                customer_id=who.id,
                channel=channel,
                recipient=mobile.number if mobile else paid.settled.address,
                recipient_name=mobile.name if mobile else (who.contact.name if who.contact else "") or who.name,
                sender_name=sender.name,
                sender_address=context.settings.mail_from,
                reply_to=sender.email,
                subject=message.subject,
                text=message.text,
                html=message.html,
                language=who.language,
                currency=paid.received.amount.currency,
                total_cents=paid.received.amount.cents,
                reasons=json.dumps([_("Thanks for the payment of what was reminded of.")], ensure_ascii=False),
                message_id=f"<{hashlib.sha256(paid.subject.encode()).hexdigest()[:32]}@{domain}>",
                dedupe_key=paid.subject,
                state=(State.QUEUED if channel in live else State.REHEARSED).value,
                not_before=preparation.earliest(who),
                day=context.today,
                queued_at=context.now,
                approved_by=context.actor.name,
            )
        )
        return _with(line, Manners.SEND, "", message.subject, message.text), channel


def _with(line: ThanksLine, kind: Manners, why: str, subject: str = "", text: str = "") -> ThanksLine:
    return ThanksLine(line.customer, line.name, line.amount, line.received, kind, why, line.to, subject, text)


ACTIONS = (SendThanks,)

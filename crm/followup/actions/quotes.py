"""Chasing quotes: which wait for an answer, what would be written about each, and the run that queues it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.consent import ActorKind
from crm.core.errors import CrmError, NotFound
from crm.core.i18n import _, plural
from crm.core.money import Money, plain
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.queries import find_customer
from crm.followup.actions.dunning import VERDICTS
from crm.followup.gate import Reason, Verdict, Weight
from crm.followup.models import QuoteReminder
from crm.followup.quote_reads import QuoteInHand, quotes_in_hand
from crm.followup.quotes import QuoteDecision, decide_quote, one_a_day
from crm.followup.run import Letter, Preparation
from crm.messaging.models import Channel, OutgoingMessage, Purpose, State
from crm.messaging.queries import live_channels


@dataclass(frozen=True, slots=True)
class QuoteMessage:
    """What becomes of a quote on a day, with the message where there is one."""

    hand: QuoteInHand
    decision: QuoteDecision
    subject: str = ""
    text: str = ""
    letter: Letter | None = None

    @property
    def reasons(self) -> list[str]:
        """Why, in words."""
        return [reason.text for reason in self.decision.reasons]


@dataclass(frozen=True, slots=True)
class QuoteRun:
    """The follow-up of quotes on a day."""

    day: date
    lines: tuple[QuoteMessage, ...]
    rehearsed: bool
    """E-mail is not live: what leaves is kept to be looked at."""

    @property
    def counts(self) -> dict[str, int]:
        """Verdict → how many."""
        found = {verdict.value: 0 for verdict in Verdict}
        for line in self.lines:
            found[line.decision.verdict.value] += 1
        return found

    def as_json(self) -> dict[str, Any]:
        """One object a quote."""
        return {
            "date": self.day.isoformat(),
            "messages": [
                {
                    "quote": line.hand.line.number,
                    "customer": line.hand.who.number,
                    "name": line.hand.who.name,
                    "step": line.decision.step,
                    "channel": Channel.EMAIL.value,
                    "to": line.hand.case.address,
                    "sent": line.hand.line.facts.sent.isoformat(),
                    "currency": line.hand.line.currency,
                    "total": plain(line.hand.line.cents, line.hand.line.currency),
                    "verdict": line.decision.verdict.value,
                    "reasons": line.reasons,
                    "subject": line.subject,
                    "text": line.text,
                }
                for line in self.lines
            ],
            "counts": self.counts,
        }

    def as_sheet(self) -> Sheet:
        """One row a quote."""
        columns = (
            Column("quote", _("Quotation")),
            Column("name", _("Customer")),
            Column("total", _("Amount"), Kind.MONEY),
            Column("sent", _("Sent on"), Kind.DATE),
            Column("step", _("Reminder"), Kind.COUNT),
            Column("verdict", _("Verdict")),
            Column("reasons", _("Why")),
        )
        rows = tuple(
            (
                line.hand.line.number, line.hand.who.name, Money(line.hand.line.cents, line.hand.line.currency),
                line.hand.line.facts.sent, line.decision.step or None, _(VERDICTS[line.decision.verdict]),
                " ".join(line.reasons),
            )
            for line in self.lines
        )  # fmt: skip  # read as a table: columns side by side
        left = (
            (_("E-mail is not live: these messages are kept to be looked at."),)
            if self.rehearsed and self.lines
            else ()
        )
        return Sheet(
            plural("{count} quote to chase", "{count} quotes to chase", len(rows)),
            columns,
            rows,
            as_of=self.day,
            notes=left,
        )


class _Asked(Action[QuoteRun]):
    """Which quotes are meant."""

    quote: str | None = Field(None, description="Only this quote, by its number")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    assignee: str | None = Field(None, description="Only what this user follows")

    def messages(self, context: Context, skip: Sequence[str] = ()) -> Iterator[QuoteMessage]:
        """Each quote with a step to take, decided and written; one that is named, whatever it stands at.

        One message a day for a customer: of two quotes the one sent first.
        """
        customer = find_customer(context.session, self.customer) if self.customer else None
        number = self.quote.strip() if self.quote else None
        hands = quotes_in_hand(context.session, context.today, customer, self.assignee, number)
        if number is not None and not hands:
            raise NotFound(_("There is no quote {number}.").format(number=number))
        decided = [(hand, decide_quote(hand.case, context.today)) for hand in hands]
        wanted = [
            (hand, decision)
            for hand, decision in decided
            if (decision.step or number is not None) and hand.line.number not in skip
        ]
        if not wanted:
            return
        preparation = Preparation(context, context.today)
        told: set[int] = set()
        for hand, decision in wanted:
            if hand.who.id in told:
                why = one_a_day()
                decision = decision._replace(verdict=Verdict.HOLD, reasons=(*decision.reasons, why))
            message = _written(preparation, hand, decision)
            if message.letter is not None:
                told.add(hand.who.id)
            yield message


def _written(preparation: Preparation, hand: QuoteInHand, decision: QuoteDecision) -> QuoteMessage:
    """The message, unless nothing is to be written; a text that cannot be written stops no other."""
    if decision.verdict is Verdict.HOLD:
        return QuoteMessage(hand, decision)
    try:
        hello, templates = preparation.hello(hand.who.id)
        spoken = "en" if hand.who.language.lower().startswith("en") else "fr"
        line = hand.line
        told = {
            "number": line.number, "subject": line.subject, "amount": Money(line.cents, line.currency),
            "sent": line.facts.sent, "valid_until": line.facts.valid_until,
        }  # fmt: skip  # read as a table: columns side by side
        filled = templates.render(f"quotes/step_{decision.step}.{spoken}.txt", quote=told, hello=hello)
        subject, _end, text = filled.partition("\n")
        letter = preparation.by_hand(hand.who.id, subject.strip(), text)
    except CrmError as problem:
        why = _("The text cannot be written: {why}").format(why=problem.message)
        reasons = (*decision.reasons, Reason("text", why, Weight.HOLD))
        return QuoteMessage(hand, decision._replace(verdict=Verdict.HOLD, reasons=reasons))
    return QuoteMessage(hand, decision, letter.message.subject, letter.message.text, letter)


class PreviewQuoteFollowup(_Asked):
    """Which quotes are to be chased today, what would be written about each, and why others wait."""

    effect = Effect.READ

    def perform(self, context: Context) -> QuoteRun:
        """Decide and write, and keep nothing.

        Raises:
            NotFound, Ambiguous: the customer or quote named is none, or several.
        """
        lines = tuple(self.messages(context))
        return QuoteRun(context.today, lines, Channel.EMAIL.value not in live_channels(context.session))


class RunQuoteFollowup(_Asked):
    """Chase the quotes that wait for an answer: those that are ready and those you confirm."""

    effect = Effect.SEND
    holds_back = True
    roles = frozenset({"manager", "account_manager", "accountant"})

    skip: tuple[str, ...] = Field((), description="Numbers of quotes to leave out")

    def perform(self, context: Context) -> QuoteRun:
        """Queue what may leave; by night only what needs no yes.

        Raises:
            NotFound, Ambiguous: the customer or quote named is none, or several.
        """
        live = Channel.EMAIL.value in live_channels(context.session)
        night = context.actor.kind is ActorKind.SCHEDULER
        lines = tuple(self.messages(context, self.skip))
        for line in lines:
            if line.letter is not None and not (night and line.decision.verdict is not Verdict.SEND):
                _queued(context, line, line.letter, live=live)
        return QuoteRun(context.today, lines, not live)


def _queued(context: Context, line: QuoteMessage, letter: Letter, *, live: bool) -> None:
    """Put the message into the outbox; where e-mail is not live it is kept to be looked at."""
    session, hand = context.session, line.hand
    stem = f"quote/{hand.line.number}/{line.decision.step}"
    earlier: Sequence[str] = session.exec(
        select(OutgoingMessage.dedupe_key).where(col(OutgoingMessage.dedupe_key).between(f"{stem}/", f"{stem}/~"))
    ).all()
    key = f"{stem}/{len(earlier) + 1}"
    domain = context.settings.mail_from.rpartition("@")[2].strip("> ") or "relance.invalid"
    contact = letter.who.contact
    named = contact.name if contact and contact.email == hand.case.address else hand.who.name
    row = OutgoingMessage(
        purpose=Purpose.QUOTE.value,
        customer_id=hand.who.id,
        channel=Channel.EMAIL.value,
        recipient=hand.case.address,
        recipient_name=named,
        sender_name=letter.sender.name,
        sender_address=context.settings.mail_from,
        reply_to=letter.sender.email,
        subject=line.subject,
        text=line.text,
        html=letter.message.html,
        language=hand.who.language,
        currency=hand.line.currency,
        total_cents=hand.line.cents,
        message_id=f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>",
        dedupe_key=key,
        state=(State.QUEUED if live else State.REHEARSED).value,
        not_before=letter.not_before,
        day=context.today,
        queued_at=context.now,
        approved_by=context.actor.name,
        reasons=json.dumps(line.reasons, ensure_ascii=False),
    )
    session.add(row)
    session.flush()
    session.add(QuoteReminder(quote_id=hand.line.id, message_id=row.id, step=line.decision.step, day=context.today))
    session.flush()


ACTIONS = (PreviewQuoteFollowup, RunQuoteFollowup)

"""Reminders: who would be reminded, and the run that reminds them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect, LongAction
from crm.core.bulk import in_chunks, no_collector
from crm.core.consent import ActorKind
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, plain
from crm.core.places import country_line
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.models import Customer, Document
from crm.customers.queries import find_customer
from crm.followup.asked import Asked
from crm.followup.gate import Decision, Verdict
from crm.followup.queueing import RunQueue
from crm.followup.risk_note import risk_note
from crm.followup.run import Narrowing, Preparation, Prepared
from crm.messaging.queries import live_channels
from crm.receivables.actions.words import meant
from crm.receivables.queries import Whose

Day = date
_PART = 1_000
"""Customers in one transaction of a run."""

VERDICTS = {Verdict.SEND: mark("ready"), Verdict.ASK: mark("to confirm"), Verdict.HOLD: mark("held")}


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message of the day, or why there is none. Cents."""

    customer: str
    name: str
    level: int
    channel: str
    to: str
    invoices: tuple[str, ...]
    currency: str
    total: int
    days_late: int
    verdict: Verdict
    reasons: tuple[str, ...]
    subject: str
    text: str
    html: str
    sender: str
    seal: str
    """What the message is made of, in short: it is sent only as it was seen."""
    not_before: datetime | None = None
    """The moment before which it does not leave; None: at once."""
    plan: int | None = None
    """The payment plan whose instalment it is about."""
    attached: tuple[str, ...] = ()
    """Names of the files that go with it; looked up in a preview with texts."""

    def as_json(self) -> dict[str, Any]:
        """The contract's object."""
        return {
            "customer": self.customer,
            "name": self.name,
            "level": self.level,
            "channel": self.channel,
            "to": self.to,
            "invoices": list(self.invoices),
            "currency": self.currency,
            "total": plain(self.total, self.currency),
            "verdict": self.verdict.value,
            "reasons": list(self.reasons),
            "subject": self.subject,
            "text": self.text,
            "plan": self.plan,
        }


@dataclass(frozen=True, slots=True)
class RunReport:
    """The messages of a day."""

    day: date
    lines: tuple[MessageLine, ...]
    rehearsed: frozenset[str] = frozenset()
    """Channels that are not live: their messages are kept to be looked at and never sent."""
    dropped: tuple[str, ...] = ()
    """Customers whose message was no longer the one that was seen."""
    counts: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The contract's answer."""
        return {
            "date": self.day.isoformat(),
            "messages": [line.as_json() for line in self.lines],
            "counts": {verdict.value: self.counts.get(verdict.value, 0) for verdict in Verdict},
            "rehearsed": sorted(self.rehearsed),
            "dropped": list(self.dropped),
        }

    def as_sheet(self) -> Sheet:
        """One row a message."""
        columns = (
            Column("customer", _("Customer")),
            Column("level", _("Level"), Kind.COUNT),
            Column("total", _("Amount"), Kind.MONEY),
            Column("days", _("Late"), Kind.DAYS),
            Column("verdict", _("State")),
            Column("to", _("To")),
            Column("reasons", _("Why")),
        )
        rows = tuple(
            (
                line.name,
                line.level,
                Money(line.total, line.currency),
                line.days_late,
                _(VERDICTS[line.verdict]),
                line.to,
                " ".join(line.reasons),
            )
            for line in self.lines
        )
        notes = []
        if self.rehearsed:
            notes.append(
                _("Rehearsal: nothing leaves by {channels} before crm go-live.").format(
                    channels=", ".join(sorted(self.rehearsed))
                )
            )
        if self.dropped:
            notes.append(
                _("Changed since they were seen, left out: {customers}.").format(customers=", ".join(self.dropped))
            )
        title = ", ".join(
            (
                plural("{count} ready", "{count} ready", self.counts.get("send", 0)),
                plural("{count} to confirm", "{count} to confirm", self.counts.get("ask", 0)),
                plural("{count} held", "{count} held", self.counts.get("hold", 0)),
            )
        )
        return Sheet(title, columns, rows, as_of=self.day, notes=tuple(notes))


def _texts(value: Any) -> Any:
    """`["C-1=Bonjour…"]` as typed on the command line, or a mapping."""
    if isinstance(value, (list, tuple)):
        return {number.strip(): text for number, _sign, text in (str(item).partition("=") for item in value)}
    return value


class _Asked(Action[RunReport]):
    """What both actions can be narrowed by."""

    day_field = "date"
    aliases = {"exclude": "skip"}  # noqa: RUF012  a constant table, never altered

    date: Day | None = Field(None, description="Business day; today if left out")
    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    customers: tuple[str, ...] = Field((), description="Only these customers, by number")
    city: str | None = Field(None, description="Only customers of this city")
    segment: str | None = Field(None, description="Only customers of this segment")
    assignee: str | None = Field(None, description="Only customers of this account manager")
    level: int | None = Field(None, ge=0, le=4, description="Only messages of this level: 0 to 4")
    channel: str | None = Field(None, description="Only messages of this channel")
    amount_min: Money | None = Field(None, description="Only messages about at least this amount")
    days_overdue_min: int | None = Field(
        None, ge=0, description="Only where something is late by at least so many days"
    )
    skip: tuple[str, ...] = Field((), description="Not these customers: names or numbers")
    limit: int | None = Field(None, ge=1, description="How many messages at most")
    no_text: bool = Field(False, description="Leave the texts out of the answer")

    def meant(self, context: Context) -> tuple[Whose, Narrowing]:
        """The customers and messages that are meant."""
        of = meant(context.session, self.customer, self.city, self.segment, self.assignee)
        if self.customers:
            ids = context.session.exec(select(Customer.id).where(col(Customer.number).in_(self.customers))).all()
            of = replace(of, customer_ids=tuple(ids))
        elif of.customer_id is not None:
            of = replace(of, customer_ids=(of.customer_id,))
        skipped = frozenset(find_customer(context.session, name).id for name in self.skip)
        return of, Narrowing(self.level, self.channel, self.amount_min, self.days_overdue_min, skipped)

    def day(self, context: Context) -> Day:
        """The day that is planned."""
        return self.date or context.today


class PreviewDunning(_Asked):
    """Who would be reminded today, by what text, and why others would not."""

    effect = Effect.READ

    def perform(self, context: Context) -> RunReport:
        """Plan, decide, write the texts."""
        of, narrowing = self.meant(context)
        preparation = Preparation(context, self.day(context), write=not self.no_text)
        tally = _Tally(self.day(context), self.limit, with_text=not self.no_text)
        with no_collector():
            for prepared in preparation.stream(of, narrowing):
                if tally.full(prepared):
                    break
                tally.add(prepared, context.settings.mail_from)
        report = tally.report(_not_live(context, tally))
        risk = risk_note(context.session, self.day(context), of.customer_id) if of.customer_id is not None else None
        if risk is not None:
            lines = tuple(replace(line, reasons=(*line.reasons, risk.text)) for line in report.lines)
            report = replace(report, lines=lines)
        return report if self.no_text else replace(report, lines=_with_files(context.session, report.lines))


class RunDunning(_Asked, LongAction[RunReport]):
    """Send the reminders of the day: those that are ready and those you confirm."""

    effect = Effect.SEND
    holds_back = True
    roles = frozenset({"manager", "account_manager", "accountant"})

    texts: Annotated[dict[str, str], BeforeValidator(_texts)] = Field(
        default_factory=dict, description="NUMBER=TEXT: your own words for a customer's message"
    )
    seals: dict[str, str] | None = Field(
        None, description="Only messages still as they were seen: customer and currency, seal"
    )

    def perform(self, context: Context) -> RunReport:
        """Plan, decide, write the texts, queue what may leave."""
        of, narrowing = self.meant(context)
        day = self.day(context)
        preparation = Preparation(context, day, texts=self.texts)
        tally = _Tally(day, self.limit, with_text=not self.no_text)
        outbox, asked = RunQueue(context, day, of), Asked(context, self.action_name())
        for prepared in preparation.stream(of, narrowing):
            if tally.full(prepared):
                break
            line = tally.add(prepared, context.settings.mail_from)
            if line.verdict is Verdict.HOLD:
                continue
            if self.seals is not None and self.seals.get(_key(line)) != line.seal:
                tally.drop(line)
            elif line.verdict is Verdict.ASK and context.actor.kind is ActorKind.SCHEDULER:
                why = " ".join(line.reasons) or _("To be confirmed by a person.")
                action = RunDunning(customer=line.customer, no_text=True)
                asked.put(action, line.customer, line.currency, why, prepared.who.account_manager)
            else:
                outbox.put(prepared, line)
        if context.actor.kind is ActorKind.SCHEDULER and not self._narrowed:
            asked.withdraw_others(self.customers, lambda: _numbers(context.session, preparation.owners(Whose())))
        else:
            asked.settled(outbox.queued)
        outbox.close(preparation.at_the_end)
        return tally.report(_not_live(context, tally))

    @property
    def _narrowed(self) -> bool:
        """Whether it looks at some messages only; the customers of a part do not narrow it."""
        return bool(self.model_fields_set - {"date", "customers", "no_text", "seals", "texts"})

    def parts(self, context: Context) -> Iterable[Self]:
        """Some hundred customers at a time; one part where a limit or a customer is named."""
        of, _narrowing = self.meant(context)
        if self.limit is not None or of.customer_ids is not None:
            return [self]
        owners = _numbers(context.session, Preparation(context, self.day(context), write=False).owners(of))
        if len(owners) <= _PART:
            return [self]
        return [self._part(chunk) for chunk in in_chunks(owners, _PART)]

    def _part(self, numbers: Sequence[str]) -> Self:
        chosen = set(numbers)
        seals = (
            None
            if self.seals is None
            else {key: seal for key, seal in self.seals.items() if key.rpartition("/")[0] in chosen}
        )
        return self.model_copy(update={"customers": tuple(numbers), "seals": seals})

    def joined(self, results: Sequence[RunReport]) -> RunReport:
        """All parts' messages."""
        counts: dict[str, int] = {}
        for report in results:
            for verdict, count in report.counts.items():
                counts[verdict] = counts.get(verdict, 0) + count
        return RunReport(
            results[0].day if results else self.date or date.min,
            tuple(line for report in results for line in report.lines),
            frozenset().union(*(report.rehearsed for report in results)),
            tuple(customer for report in results for customer in report.dropped),
            counts,
        )

    def agreed(self, previewed: RunReport) -> Self:
        """Bound to the messages that were seen."""
        seals = {_key(line): line.seal for line in previewed.lines if line.verdict is not Verdict.HOLD}
        return self.model_copy(update={"seals": seals})


def _numbers(session: Session, owners: Iterable[int]) -> list[str]:
    known = dict(session.exec(select(Customer.id, Customer.number)).all())
    return [known[owner] for owner in owners]


def _key(line: MessageLine) -> str:
    return f"{line.customer}/{line.currency}"


def _not_live(context: Context, tally: "_Tally") -> frozenset[str]:
    used = {line.channel for line in tally.lines if line.verdict is not Verdict.HOLD}
    return frozenset(used - live_channels(context.session))


class _Tally:
    """The lines of an answer, and their counts."""

    def __init__(self, day: date, limit: int | None, *, with_text: bool) -> None:
        self._day, self._limit, self._with_text = day, limit, with_text
        self.lines: list[MessageLine] = []
        self._dropped: list[str] = []
        self._counts: dict[str, int] = {}

    def full(self, prepared: Prepared) -> bool:
        """Whether the limit keeps this message out."""
        leaving = self._counts.get("send", 0) + self._counts.get("ask", 0)
        return self._limit is not None and leaving >= self._limit and prepared.decision.verdict is not Verdict.HOLD

    def add(self, prepared: Prepared, sender_address: str) -> MessageLine:
        """Take a message in; the line kept for the answer has its text only where texts are wanted."""
        line = _line(prepared, self._day, sender_address)
        self._counts[line.verdict.value] = self._counts.get(line.verdict.value, 0) + 1
        self.lines.append(line if self._with_text or not line.text else replace(line, text="", html=""))
        return line

    def drop(self, line: MessageLine) -> None:
        """A message that is no longer the one that was seen."""
        self._dropped.append(line.customer)
        self._counts[line.verdict.value] -= 1
        self.lines.pop()

    def report(self, rehearsed: frozenset[str]) -> RunReport:
        """The answer."""
        return RunReport(self._day, tuple(self.lines), rehearsed, tuple(self._dropped), dict(self._counts))


def _line(prepared: Prepared, day: date, sender_address: str) -> MessageLine:
    decision, message, who = prepared.decision, prepared.message, prepared.who
    agreed, dues = decision.agreed, decision.dues
    subject, text, html = (message.subject, message.text, message.html) if message else ("", "", "")
    to = _recipient(prepared)
    return MessageLine(
        customer=who.number,
        name=who.name,
        level=decision.level,
        channel=decision.channel,
        to=to,
        invoices=tuple(dict.fromkeys([due.item.number for due in dues])),
        currency=prepared.currency,
        total=decision.total,
        # The earliest stands first.
        days_late=(day - dues[0].item.due).days if dues else 0,
        verdict=decision.verdict,
        reasons=tuple([reason.text for reason in decision.reasons]),
        subject=subject,
        text=text,
        html=html,
        sender=prepared.sender.name,
        seal=_seal(decision, to, sender_address, subject, text) if message else "",
        not_before=prepared.not_before,
        plan=agreed.plan_id if agreed else None,
    )


def _with_files(session: Session, lines: tuple[MessageLine, ...]) -> tuple[MessageLine, ...]:
    """The messages with the names of the invoices' files, where a file is known."""
    numbers = sorted({number for line in lines if line.text for number in line.invoices})
    names: dict[str, list[str]] = {}
    for some in in_chunks(numbers, _PART):
        query = select(Document).where(Document.kind == "invoice", col(Document.subject).in_(some))
        for row in session.exec(query):
            names.setdefault(row.subject, []).append(row.name)
    if not names:
        return lines
    return tuple(
        replace(line, attached=tuple(name for number in line.invoices for name in names.get(number, ())))
        for line in lines
    )


def _seal(decision: Decision, *words: str) -> str:
    asked = [(due.item.instalment_id, due.cents, due.level) for due in decision.dues]
    return hashlib.sha256(repr((words, decision.level, decision.channel, asked)).encode()).hexdigest()[:16]


def _recipient(prepared: Prepared) -> str:
    customer, contact = prepared.who, prepared.who.contact
    if prepared.decision.channel == "sms":
        return customer.mobile.number if customer.mobile else ""
    if prepared.decision.channel == "phone":
        return customer.line.number if customer.line else ""
    if prepared.decision.channel in ("letter", "registered_letter"):
        place = f"{customer.postal_code} {customer.city}".strip()
        lines = (customer.name, customer.address, place, country_line(customer.country))
        return ", ".join(filter(None, lines))
    return contact.email if contact else ""


ACTIONS = (PreviewDunning, RunDunning)

"""What has happened since the last working day: the morning's news, each figure opening to its lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import Field
from sqlalchemy import func, literal, select
from sqlmodel import Session, col

from crm.core.actions import Action, Effect
from crm.core.calendar import add_working_days, shown_date, zone
from crm.core.i18n import _, plural
from crm.core.money import EURO, plain, shown
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Sheet, Value
from crm.customers.interactions import Interaction
from crm.customers.models import Contact, Customer
from crm.customers.tasks import Task
from crm.messaging.actions import ListMessages
from crm.messaging.models import Channel, DeadAddress, InboundMessage, OutgoingMessage, State
from crm.portfolio.tasks import ListTasks
from crm.receivables.actions import ListInvoices, ListPromises
from crm.receivables.actions.payments import ListPayments
from crm.receivables.models import Invoice, Payment
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose
from crm.receivables.words_given import promise_lines

_ENDED = frozenset({PromiseStatus.BROKEN, PromiseStatus.PARTLY_KEPT})


@dataclass(frozen=True, slots=True)
class NewsLine:
    """One kind of thing that happened: its code, how often, for how much, and what lists it."""

    kind: str
    words: str
    count: int
    cents: int = 0
    opens: Action[Any] | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What happened in a few days."""

    period: Period
    today: date
    lines: tuple[NewsLine, ...]

    @property
    def received(self) -> int:
        """The money that came in, in cents of euros."""
        return sum(line.cents for line in self.lines if line.kind == "payments")

    def title(self) -> str:
        """Since when."""
        return _("Since {day}").format(day=shown_date(self.period.start, self.today))

    def words(self) -> str:
        """All of it on one line; empty where nothing happened."""
        return " · ".join(line.words for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """One object a kind."""
        told = [
            {"kind": line.kind, "count": line.count, "amount": plain(line.cents, EURO) if line.cents else None, "words": line.words}
            for line in self.lines
        ]  # fmt: skip  # read as a table: columns side by side
        return {"period": str(self.period), "news": told}

    def as_sheet(self) -> Sheet:
        """One row a kind."""
        columns = (Column("what", _("What")), Column("count", _("How many")), Column("amount", _("Amount")))
        rows: list[tuple[Value | Cell, ...]] = []
        for line in self.lines:
            count: Value | Cell = Cell(line.count, line.opens) if line.opens is not None else line.count
            rows.append((line.words, count, shown(line.cents) if line.cents else ""))
        return Sheet(self.title(), columns, tuple(rows), as_of=self.period.end)


class ShowNews(Action[News]):
    """What has happened since the last working day: money, messages, answers, words kept and broken."""

    effect = Effect.READ

    period: Period | None = Field(None, description="start/end, both included; since the last working day if left out")

    def perform(self, context: Context) -> News:
        """Count each kind; what did not happen is left out."""
        today = context.today
        period = self.period or Period(add_working_days(today, -1), today)
        return News(period, today, tuple(line for line in _lines(context, period) if line.count))


def _lines(context: Context, period: Period) -> Sequence[NewsLine]:
    session, tz = context.session, zone(context.settings.timezone)
    start = datetime.combine(period.start, time(), tz)
    end = datetime.combine(period.end + timedelta(days=1), time(), tz)
    within = col(Payment.received).between(period.start, period.end)
    payments, cents = _counted(
        session, Payment, Payment.cents, within, Payment.currency == EURO, col(Payment.cents) > 0
    )
    issued = col(Invoice.issue_date).between(period.start, period.end)
    invoices, billed = _counted(
        session, Invoice, Invoice.total_cents, issued, Invoice.currency == EURO, col(Invoice.sale)
    )
    sent = (
        OutgoingMessage.state == State.SENT.value,
        col(OutgoingMessage.sent_at) >= start,
        col(OutgoingMessage.sent_at) < end,
    )
    messages, _none = _counted(session, OutgoingMessage, None, *sent)
    answers, _none = _counted(
        session, InboundMessage, None, col(InboundMessage.at) >= start, col(InboundMessage.at) < end
    )
    spoken = (col(Interaction.day).between(period.start, period.end), col(Interaction.channel) != "")
    exchanges, _none = _counted(session, Interaction, None, *spoken)
    done, _none = _counted(session, Task, None, col(Task.done).between(period.start, period.end))
    words = promise_lines(session, context.today, Whose())
    broken = [line for line in words if line.status in _ENDED and period.start <= line.word.by <= period.end]
    dead, _none = _counted(session, DeadAddress, None, col(DeadAddress.since) >= start, col(DeadAddress.since) < end)
    return (
        NewsLine("payments", plural("{count} payment", "{count} payments", payments), payments, cents, ListPayments(period=period)),
        NewsLine("broken", plural("{count} promise not kept", "{count} promises not kept", len(broken)), len(broken),
                 sum(line.word.cents - line.word.received for line in broken if line.currency == EURO), ListPromises(status="broken")),
        NewsLine("answers", plural("{count} answer", "{count} answers", answers), answers),
        NewsLine("exchanges", plural("{count} exchange noted", "{count} exchanges noted", exchanges), exchanges),
        NewsLine("messages", plural("{count} message sent", "{count} messages sent", messages), messages, 0, ListMessages(state=State.SENT)),
        NewsLine("invoices", plural("{count} invoice issued", "{count} invoices issued", invoices), invoices, billed, ListInvoices()),
        NewsLine("tasks", plural("{count} task done", "{count} tasks done", done), done, 0, ListTasks(status="done")),
        NewsLine("dead", plural("{count} address given up", "{count} addresses given up", dead), dead, 0, ListContactFaults()),
    )  # fmt: skip  # read as a table: columns side by side


def _counted(session: Session, kind: Any, column: Any, *conditions: Any) -> tuple[int, int]:
    total: Any = func.coalesce(func.sum(column), 0) if column is not None else literal(0)
    count, cents = session.execute(select(func.count(kind.id), total).where(*conditions)).one()
    return int(count), int(cents)


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A dead address that a contact still has."""

    number: str
    name: str
    contact: str
    channel: str
    address: str
    since: date
    reason: str


@dataclass(frozen=True, slots=True)
class FaultList:
    """Contacts that can no longer be reached as they stand."""

    lines: tuple[FaultLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object an address."""
        told = [
            {
                "customer": line.number, "name": line.name, "contact": line.contact, "channel": line.channel,
                "address": line.address, "since": line.since.isoformat(), "reason": line.reason,
            }
            for line in self.lines
        ]  # fmt: skip  # read as a table: columns side by side
        return {"addresses": told}

    def as_sheet(self) -> Sheet:
        """One row an address."""
        columns = (
            Column("customer", _("Customer")),
            Column("contact", _("Contact")),
            Column("address", _("Address")),
            Column("since", _("Since")),
            Column("reason", _("Reason")),
        )
        rows = tuple((line.name, line.contact, line.address, line.since, line.reason) for line in self.lines)
        return Sheet(plural("{count} dead address", "{count} dead addresses", len(rows)), columns, rows)


class ListContactFaults(Action[FaultList]):
    """Dead addresses and wrong numbers that contacts still have: to be replaced."""

    effect = Effect.READ

    def perform(self, context: Context) -> FaultList:
        """Compare what servers and calls told with the contacts, the latest first."""
        session, tz = context.session, zone(context.settings.timezone)
        lines = []
        for channel, column in ((Channel.EMAIL, Contact.email), (Channel.PHONE, Contact.phone)):
            query = (
                select(Customer.number, Customer.name, Contact.name, DeadAddress)  # type: ignore[call-overload]  # four columns, of which one is a row
                .join(Contact, col(Contact.customer_id) == Customer.id)
                .join(DeadAddress, func.lower(column) == DeadAddress.address)
                .where(DeadAddress.channel == channel.value)
                .order_by(col(DeadAddress.since).desc(), col(DeadAddress.id), col(Contact.id))
            )
            for number, name, contact, dead in session.execute(query):
                since = dead.since.astimezone(tz).date()
                lines.append(FaultLine(number, name, contact, channel.value, dead.address, since, dead.reason))
        return FaultList(tuple(lines))


ACTIONS: tuple[type[Action[Any]], ...] = (ShowNews, ListContactFaults)

"""The call: what to have before one's eyes, what to say, and what is noted of it, with all that follows in one act."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from crm.core.actions import Action, Effect
from crm.core.calendar import add_working_days, shown_date
from crm.core.errors import CrmError, Invalid
from crm.core.i18n import _, mark, plural
from crm.core.money import Money, shown
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Sheet, Value, bare
from crm.customers.actions import CustomerRef, PlaceHold
from crm.customers.interactions import ContactChannel, Direction, Interaction, Outcome, local_time
from crm.customers.models import Contact, Customer
from crm.customers.queries import contacts_of, find_customer, holds_of
from crm.customers.tasks import Task, TaskType
from crm.customers.visible import records_of
from crm.followup.actions.template_drafts import PreviewTemplate
from crm.followup.slots import Tone
from crm.messaging.models import Channel, DeadAddress
from crm.portfolio.calls import RESULTS, CallResult, Following, following, outcome_of
from crm.portfolio.history import CustomerHistory
from crm.portfolio.tasks import Clock, TaskLine, close_task, lines_of
from crm.portfolio.timeline import Event
from crm.receivables.actions import ListInvoices, OpenDispute, RecordPromise
from crm.receivables.actions.dispute_reasons import Reason
from crm.receivables.actions.disputes import seen_to_by
from crm.receivables.models import DisputeReason
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import aged_lines, whose
from crm.receivables.words_given import promise_lines

ORIGIN = "call"
_LAST = 3
PROMISE_DAYS = 3
"""Working days after which a promise without a day is expected."""
_BROKEN_SINCE = timedelta(days=30)
_FIRM, _LAST_CALL = 15, 30
"""Days late from which a call is firm, and the last before the formal notice."""
VOICEMAIL = mark("Leave neither an amount nor a reason: our name, our number, and when we shall call again.")


@dataclass(frozen=True, slots=True)
class CallSheet:
    """What is before one's eyes while it rings."""

    customer: Customer
    contacts: tuple[Contact, ...]
    figures: tuple[tuple[str, Value | Cell], ...]
    """Label and value; amounts open to their invoices."""
    oldest: str
    """The oldest invoice that is overdue and not in dispute; empty: there is none."""
    level: int
    script: str
    before: tuple[Event, ...]
    """The last exchanges, the latest first."""
    tasks: tuple[TaskLine, ...]
    notes: tuple[str, ...]
    """What should be known before one dials."""
    today: date

    @property
    def reached_at(self) -> Contact | None:
        """Whom to call: the first contact with a number."""
        return next((contact for contact in self.contacts if contact.phone), None)

    def as_json(self) -> dict[str, Any]:
        """Figures as they are said, the script, the last exchanges, and what can be noted."""
        who = self.reached_at
        return {
            "customer": self.customer.number,
            "name": self.customer.name,
            "contact": who.name if who else None,
            "phone": who.phone if who else None,
            "oldest_invoice": self.oldest or None,
            "level": self.level,
            "figures": [{"label": label, "value": str(bare(value))} for label, value in self.figures],
            "script": self.script,
            "before": [event.as_json() for event in self.before],
            "tasks": [line.as_json(self.today) for line in self.tasks],
            "notes": list(self.notes),
            "results": [{"result": one.value, "words": _(RESULTS[one])} for one in CallResult],
        }

    def as_sheet(self) -> Sheet:
        """Figures in rows, the script below."""
        who = self.reached_at
        rows: list[tuple[str, Value | Cell]] = []
        if who is not None:
            rows.append((_("To call"), " · ".join(filter(None, (who.name, who.role, who.phone)))))
        rows += self.figures
        rows += [(_("To know"), note) for note in self.notes]
        rows += [
            (shown_date(event.day, self.today), " · ".join(filter(None, (event.title, event.text))))
            for event in self.before
        ]
        told = ("", *self.script.splitlines())
        columns = (Column("field", ""), Column("value", ""))
        return Sheet(_("Call {name}").format(name=self.customer.name), columns, tuple(rows), notes=told)


class PrepareCall(Action[CallSheet]):
    """What to have before one's eyes for a call: figures, what was said before, and a script."""

    effect = Effect.READ

    customer: CustomerRef = Field(description="Name or number")

    def perform(self, context: Context) -> CallSheet:
        """Gather it; the script is that of the lateness, in the customer's figures."""
        session, today = context.session, context.today
        row = find_customer(session, self.customer)
        owner = row.root_id or row.id
        lines = aged_lines(session, today, whose(row))
        days = max((line.oldest_days for line in lines if line.overdue > 0), default=0)
        level = _level(days)
        history = CustomerHistory(customer=row.number, limit=50).perform(context).events
        before = tuple(event for event in history if event.kind in {"exchange", "note", "message"})[:_LAST]
        query = select(Task).where(
            col(Task.customer_id).in_(records_of(context.session, row.id)),
            col(Task.done).is_(None),
            Task.task_type == TaskType.CALL,
        )
        tasks = session.exec(query.order_by(col(Task.day), col(Task.id))).all()
        figures: list[tuple[str, Value | Cell]] = []
        for line in lines:
            if line.overdue > 0:
                opens = ListInvoices(customer=row.number, status="overdue")
                figures.append((_("Overdue"), Cell(Money(line.overdue, line.currency), opens)))
            figures.append((_("Owed in all"), Money(line.total, line.currency)))
        if days:
            figures.append((_("Oldest invoice"), plural("late by {count} day", "late by {count} days", days)))
        broken = _broken(session, today, row)
        figures += [(_("Promise"), words) for words in _promised(session, today, row)]
        return CallSheet(
            row, tuple(contacts_of(session, owner)), tuple(figures), _oldest(context, row), level, _script(context, row, level, owed=bool(days), broken=broken),
            before, tuple(lines_of(session, today, tasks)), tuple(self._notes(context, row, before)), today,
        )  # fmt: skip  # read as a table: columns side by side

    @staticmethod
    def _notes(context: Context, row: Customer, before: Sequence[Event]) -> Iterator[str]:
        for hold in holds_of(context.session, row.id, context.today):
            yield _("Held: {reason}").format(reason=hold.reason)
        if any(event.day == context.today and event.channel for event in before):
            yield _("There has been a contact today already: one a day is enough.")
        if row.discreet:
            yield _("Make sure whom you speak with: nothing is said of a debt to anybody else.")


def _oldest(context: Context, row: Customer) -> str:
    lines = ListInvoices(customer=row.number, status="overdue").perform(context).lines
    free = [line for line in lines if line.total > 0 and not line.disputed]
    return max(free, key=lambda line: line.days_overdue).number if free else ""


def _level(days: int) -> int:
    if days >= _LAST_CALL:
        return 3
    if days >= _FIRM:
        return 2
    return 1 if days else 0


def _script(context: Context, row: Customer, level: int, *, owed: bool, broken: str) -> str:
    if not owed:
        courtesy = (
            _("“Hello, I am calling to hear how you are getting on. Do you have a minute?”"),
            _("1. Is everything right with the last deliveries and invoices?"),
            _("2. What are you planning for the months to come?"),
            _("3. What could we do better?"),
        )
        return "\n".join((*courtesy, "", _(VOICEMAIL)))
    try:
        language = "en" if row.language == "en" else "fr"
        asked = PreviewTemplate(
            level=level, channel="phone", customer=row.number, tone=Tone.STANDARD, language=language
        )
        message = asked.perform(context).composed.message
        told = f"{message.subject}\n\n{message.text}"
    except CrmError as problem:
        # Without our own name, or with nothing to ask for, the figures alone are there.
        told = f"{problem.message}\n{problem.next_step}"
    return "\n\n".join(filter(None, (broken, told.strip())))


def _promised(session: Session, today: date, row: Customer) -> Iterator[str]:
    for line in promise_lines(session, today, whose(row)):
        if line.status is PromiseStatus.PENDING:
            yield _("{amount} promised for {day}").format(
                amount=shown(line.word.cents, line.currency), day=shown_date(line.word.by, today)
            )


def _broken(session: Session, today: date, row: Customer) -> str:
    """What to say about a word that was not kept of late; empty: there is none."""
    late = [
        line
        for line in promise_lines(session, today, whose(row))
        if line.status in {PromiseStatus.BROKEN, PromiseStatus.PARTLY_KEPT} and line.word.by >= today - _BROKEN_SINCE
    ]
    if not late:
        return ""
    line = max(late, key=lambda one: one.word.by)
    return _("“You had announced {amount} for {day}; I have not seen it arrive. What has happened?”").format(
        amount=shown(line.word.cents, line.currency), day=shown_date(line.word.by, today)
    )


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What was noted of a call, and what follows."""

    customer: Customer
    row: Interaction
    result: CallResult
    done: tuple[str, ...]
    """What was recorded besides, in words."""
    following: Following
    task: TaskLine | None
    today: date

    def as_json(self) -> dict[str, Any]:
        """The exchange, what it came to, and the next activity."""
        pause = self.following.pause
        return {
            "customer": self.customer.number,
            "date": self.row.day.isoformat(),
            "outcome": self.row.outcome,
            "result": self.result.value,
            "note": self.row.text,
            "recorded": list(self.done),
            "held_until": pause.until.isoformat() if pause and pause.until else None,
            "next": self.task.as_json(self.today) if self.task else None,
        }

    def as_sheet(self) -> Sheet:
        """One row a thing."""
        rows: list[tuple[str, Value]] = [(_("Call"), _(RESULTS[self.result]))]
        if self.row.text:
            rows.append((_("Note"), self.row.text))
        rows += [(_("Recorded"), words) for words in self.done]
        if self.task is not None:
            day = shown_date(self.task.task.day, self.today)
            rows.append((_("Next"), " · ".join(filter(None, (day, self.task.task.time, self.task.words())))))
        return Sheet(
            _("Call with {name}").format(name=self.customer.name),
            (Column("field", ""), Column("value", "")),
            tuple(rows),
        )


class RecordCall(Action[CallRecord]):
    """Note what a call came to: the promise, objection or hold it brings, and what is done next, in one act."""

    effect = Effect.WRITE
    aliases = {"date": "by"}  # noqa: RUF012  a constant table, never altered

    customer: CustomerRef = Field(description="Name or number")
    result: CallResult = Field(
        description="promise, in_payment_run, awaiting_approval, not_received, already_paid, dispute, plan_requested, refused, insolvency, wrong_person, reached, callback_requested, voicemail, no_answer, wrong_number"
    )
    by: date | None = Field(None, description="The day they named: of the payment, or of the next call")
    time: Clock | None = Field(None, description="At what time, such as 09:30")
    amount: Money | None = Field(None, description="What was promised or is in dispute; all of it if left out")
    invoice: str | None = Field(None, description="About this invoice")
    reason: Reason | None = Field(None, description="Why they object, such as missing_goods")
    contact: str = Field("", max_length=200, description="With whom")
    note: str = Field("", max_length=10_000, description="What was said, in their words")
    assignee: str = Field("", max_length=100, description="Who sees to what comes next")

    def perform(self, context: Context) -> CallRecord:
        """Note the exchange, close the calls that were planned up to today, record what was said, plan what follows.

        Raises:
            Refused: nothing is owed, more is promised than is owed, the day is past.
            Invalid: they object and several invoices are open.
        """
        session, today = context.session, context.today
        row = find_customer(session, self.customer)
        tries = self._tries(session, row) + 1
        exchange = Interaction(
            customer_id=row.id,
            invoice=(self.invoice or "").strip(),
            day=today,
            time=local_time(context),
            channel=ContactChannel.PHONE.value,
            direction=Direction.OUT.value,
            contact=self.contact.strip(),
            author=context.actor.name,
            outcome=outcome_of(self.result).value,
            detail=self.result.value if outcome_of(self.result) is Outcome.REACHED else "",
            text=self.note.strip() or _(RESULTS[self.result]).capitalize() + ".",
        )
        session.add(exchange)
        self._close(context, row, exchange.outcome)
        done = list(self._recorded(context, row))
        after = following(self.result, today, tries=tries, said=self.by)
        if (pause := after.pause) is not None:
            PlaceHold(customer=row.number, reason=pause.reason, until=pause.until, kind=pause.kind).perform(context)
            done.append(pause.reason)
        task = self._planned(context, row, after)
        session.flush()
        return CallRecord(row, exchange, self.result, tuple(done), after, task, today)

    def _recorded(self, context: Context, row: Customer) -> Iterator[str]:
        """Perform what the result stands for."""
        if self.result is CallResult.PROMISE:
            by = self.by or add_working_days(context.today, PROMISE_DAYS)
            promise = RecordPromise(
                customer=row.number, invoice=self.invoice, by=by, amount=self.amount, contact=self.contact, source=ORIGIN,
                note=self.note,
            )  # fmt: skip  # read as a table: columns side by side
            line = promise.perform(context).lines[-1]
            yield _("{amount} promised for {day}").format(
                amount=shown(line.word.cents, line.currency), day=shown_date(line.word.by, context.today)
            )
        elif self.result is CallResult.DISPUTE:
            invoice = self.invoice or _oldest(context, row)
            if not invoice:
                raise Invalid(_("Say which invoice they object to."))
            opened = OpenDispute(
                invoice=invoice, reason=self.reason or DisputeReason.OTHER, amount=self.amount, note=self.note,
            )  # fmt: skip  # read as a table: columns side by side
            objection = opened.perform(context).lines[-1]
            yield _("{invoice}: {amount} in dispute, {reason}").format(
                invoice=objection.invoice,
                amount=shown(objection.amount, objection.currency),
                reason=objection.reason_words(),
            )
        elif self.result is CallResult.WRONG_NUMBER:
            yield from self._set_aside(context, row)

    def _set_aside(self, context: Context, row: Customer) -> Iterator[str]:
        """No longer call a number that is somebody else's."""
        people = contacts_of(context.session, row.root_id or row.id)
        named = [one for one in people if one.phone and (not self.contact or self.contact.lower() in one.name.lower())]
        if not named:
            return
        number = named[0].phone
        known = select(DeadAddress).where(
            DeadAddress.channel == Channel.PHONE.value, DeadAddress.address == number.lower()
        )
        if context.session.exec(known).first() is None:
            context.session.add(
                DeadAddress(
                    channel=Channel.PHONE.value, address=number.lower(), since=context.now, reason=_("wrong number, as a call told")
                )
            )  # fmt: skip  # read as a table: columns side by side
        yield _("{number} is called no longer").format(number=number)

    def _planned(self, context: Context, row: Customer, after: Following) -> TaskLine | None:
        if (activity := after.activity) is None:
            return None
        task = Task(
            task_type=activity.task_type.value,
            customer_id=row.id,
            invoice=(self.invoice or "").strip(),
            day=max(activity.day, context.today),
            time=self.time or "",
            assignee=seen_to_by(context, self.assignee, row),
            note=activity.note,
            origin=ORIGIN,
        )
        context.session.add(task)
        context.session.flush()
        return lines_of(context.session, context.today, (task,))[0]

    @staticmethod
    def _close(context: Context, row: Customer, outcome: str) -> None:
        """The calls planned up to today are done by this one."""
        due = select(Task).where(
            col(Task.customer_id).in_(records_of(context.session, row.id)),
            Task.task_type == TaskType.CALL.value,
            col(Task.done).is_(None),
            Task.day <= context.today,
        )
        for task in context.session.exec(due.order_by(col(Task.id))).all():
            context.session.add_all(close_task(context, task, outcome))

    @staticmethod
    def _tries(session: Session, row: Customer) -> int:
        """How many calls in a row nobody has taken."""
        query = (
            select(Interaction.outcome)
            .where(
                col(Interaction.customer_id).in_(records_of(session, row.id)),
                Interaction.channel == ContactChannel.PHONE.value,
            )
            .order_by(col(Interaction.day).desc(), col(Interaction.id).desc())
            .limit(10)
        )
        count = 0
        for outcome in session.exec(query):
            if outcome != Outcome.NO_ANSWER.value:
                break
            count += 1
        return count


ACTIONS: tuple[type[Action[Any]], ...] = (PrepareCall, RecordCall)

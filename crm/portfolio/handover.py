"""A customer changes hands: who takes over learns in one note what is open, promised, disputed, and what comes next."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import func
from sqlmodel import Session, col, select

from crm.access.queries import all_users
from crm.core.actions import Action, Effect
from crm.core.calendar import shown_date
from crm.core.errors import Invalid, NotAllowed, NotFound
from crm.core.i18n import _, plural
from crm.core.money import EURO, Money, plain, shown
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.customers.actions import CustomerRef
from crm.customers.interactions import CHANNELS, ContactChannel, Interaction, local_time
from crm.customers.models import Customer, Segment
from crm.customers.queries import find_customer
from crm.customers.tasks import TASKS, Task, TaskType
from crm.customers.visible import merged, with_merged
from crm.receivables.actions.disputes import seen_to_by
from crm.receivables.ageing import AgeingLine, totals
from crm.receivables.disputes import dispute_lines
from crm.receivables.planned import plan_lines
from crm.receivables.plans import IN_FORCE
from crm.receivables.promises import PromiseStatus
from crm.receivables.queries import Whose, aged_lines
from crm.receivables.words_given import promise_lines

_LAST = 3
"""So many of the last contacts are told."""
_NOTE = ("customer_id", "invoice", "day", "time", "channel", "direction", "contact", "author", "outcome", "text")
_OWN_ONLY = frozenset({"account_manager"})
"""Roles whose people give away what is theirs and nothing else."""


def handover_notes(session: Session, day: date, customers: Sequence[Customer]) -> Mapping[int, str]:
    """For each customer what somebody needs to know who has never dealt with it: one line a fact."""
    ids = tuple(row.id for row in customers)
    of, lines = Whose(customer_ids=ids), defaultdict[str, list[str]](list)
    for owed in aged_lines(session, day, of):
        told = _("Open: {amount}.").format(amount=shown(owed.total, owed.currency))
        if owed.overdue > 0:
            told = _("Open: {amount}, of which {overdue} overdue for {days} days at most.").format(
                amount=shown(owed.total, owed.currency),
                overdue=shown(owed.overdue, owed.currency),
                days=owed.oldest_days,
            )
        lines[owed.customer].append(told)
    for word in promise_lines(session, day, of):
        if word.status is PromiseStatus.PENDING:
            lines[word.customer].append(
                _("Promised: {amount} for {day}.").format(
                    amount=shown(word.word.cents, word.currency), day=shown_date(word.word.by, day)
                )
            )
    for dispute in dispute_lines(session, day, of):
        if dispute.is_open(day):
            lines[dispute.customer].append(
                _("In dispute: {amount} of {invoice}, {reason}.").format(
                    amount=shown(dispute.amount, dispute.currency),
                    invoice=dispute.invoice,
                    reason=dispute.reason_words(),
                )
            )
    for plan in plan_lines(session, day, of, running=True):
        if plan.status in IN_FORCE:
            left = shown(plan.plan.total - plan.plan.paid(day), plan.currency)
            lines[plan.customer].append(_("Payment plan: {amount} left.").format(amount=left))
    coming, last = _tasks(session, day, ids), _contacts(session, day, ids)
    found = {}
    for row in customers:
        stands = lines.get(row.number) or [_("Nothing is open.")]
        found[row.id] = "\n".join([*stands, *coming.get(row.id, ()), *last.get(row.id, ())])
    return found


def _tasks(session: Session, day: date, ids: Sequence[int]) -> Mapping[int, list[str]]:
    root, found = merged(session), defaultdict[int, list[str]](list)
    query = select(Task).where(col(Task.customer_id).in_(with_merged(session, ids)), col(Task.done).is_(None))
    for task in session.exec(query.order_by(col(Task.day), col(Task.id))):
        owner = root.get(task.customer_id or 0, task.customer_id or 0)
        what = _("To do on {day}: {task}").format(
            day=shown_date(task.day, day), task=_(TASKS[TaskType(task.task_type)])
        )
        found[owner].append(f"{what}, {task.note}." if task.note else f"{what}.")
    return found


def _contacts(session: Session, day: date, ids: Sequence[int]) -> Mapping[int, list[str]]:
    """The last real contacts of each, the latest first."""
    root, found = merged(session), defaultdict[int, list[str]](list)
    place = func.row_number().over(
        partition_by=col(Interaction.customer_id), order_by=(col(Interaction.day).desc(), col(Interaction.id).desc())
    )
    wanted = col(Interaction.customer_id).in_(with_merged(session, ids))
    ranked = select(Interaction.id, place.label("place")).where(wanted, Interaction.channel != "").subquery()
    query = (
        select(Interaction)
        .join(ranked, ranked.c.id == Interaction.id)
        .where(ranked.c.place <= _LAST)
        .order_by(col(Interaction.day).desc(), col(Interaction.id).desc())
    )
    for row in session.exec(query):
        told = found[root.get(row.customer_id, row.customer_id)]
        if len(told) < _LAST:
            channel = _(CHANNELS[ContactChannel(row.channel)])
            said = " · ".join(filter(None, (channel, row.contact, row.text.replace("\n", " "))))
            told.append(_("Spoken with on {day}: {said}").format(day=shown_date(row.day, day), said=said))
    return found


@dataclass(frozen=True, slots=True)
class Handover:
    """Customers that changed hands, each with the note that was kept for whoever takes over."""

    assignee: str
    rows: tuple[tuple[Customer, str, str], ...]
    """The customer, the number of whom it was taken over from, the note; empty: nobody had it, there is none."""

    def as_json(self) -> dict[str, Any]:
        """Who has them now, and what they were told."""
        return {
            "assignee": self.assignee,
            "customers": [
                {"customer": row.number, "name": row.name, "from": before or None, "note": note}
                for row, before, note in self.rows
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row a customer."""
        columns = (
            Column("customer", _("Customer")),
            Column("from", _("Taken over from")),
            Column("note", _("Hand-over note")),
        )
        rows = tuple((row.name, before, note.replace("\n", " ")) for row, before, note in self.rows)
        count = plural("{count} customer", "{count} customers", len(rows))
        return Sheet(f"{count} · {self.assignee}", columns, rows)


class AssignCustomer(Action[Handover]):
    """Give a customer, or those of a city or segment, to a colleague, with a note of what is open."""

    effect = Effect.WRITE

    customer: CustomerRef | None = Field(None, description="Name or number")
    city: str | None = Field(None, min_length=1, description="All customers of this city")
    segment: Segment | None = Field(None, description="All customers of this segment")
    taken_from: str | None = Field(None, description="Only those of this account manager")
    assignee: str = Field(min_length=1, max_length=100, description="Number or name of the colleague")

    def perform(self, context: Context) -> Handover:
        """Change the account manager, hand over open tasks, keep a note at each customer that was somebody's.

        Raises:
            Invalid: neither a customer, nor a city, a segment or a colleague's portfolio is named.
            NotFound, Ambiguous: the customer or the colleague is none, or several.
            NotAllowed: an account manager gives away what is not theirs.
        """
        session = context.session
        if self.customer is None and self.city is None and self.segment is None and self.taken_from is None:
            raise Invalid(_("Say which customers: one, those of a city or segment, or a colleague's."))
        assignee = seen_to_by(context, self.assignee, None)
        rows = [row for row in self._meant(context) if row.account_manager != assignee]
        if not rows:
            raise NotFound(_("No customer would change hands."))
        self._check_rights(context, rows)
        before = {row.id: row.account_manager for row in rows}
        notes = handover_notes(session, context.today, [row for row in rows if row.account_manager])
        tasks = session.exec(
            select(Task).where(col(Task.customer_id).in_(with_merged(session, before)), col(Task.done).is_(None))
        ).all()
        root = merged(session)
        givers = {task.id: before[root.get(task.customer_id or 0, task.customer_id or 0)] for task in tasks}
        moving = [task.id for task in tasks if task.assignee and task.assignee == givers[task.id]]
        context.update_many(Customer, ("account_manager",), ((row.id, assignee) for row in rows))
        context.update_many(Task, ("assignee",), ((key, assignee) for key in moving))
        batch, names = context.batch((Interaction, _NOTE)), {user.number: user.name for user in all_users(session)}
        told = []
        for row in rows:
            note = ""
            if (giver := before[row.id]) and row.id in notes:
                head = _("Taken over by {new} from {old}.").format(
                    new=names.get(assignee, assignee), old=names.get(giver, giver)
                )
                note = f"{head}\n{notes[row.id]}"
                batch.add(
                    "interaction",
                    row.id,
                    "",
                    context.today,
                    local_time(context),
                    "",
                    "",
                    "",
                    context.actor.name,
                    "",
                    note,
                )
            told.append((row, giver, note))
        batch.close()
        return Handover(assignee, tuple(told))

    def _meant(self, context: Context) -> Sequence[Customer]:
        if self.customer is not None:
            return [find_customer(context.session, self.customer)]
        query = select(Customer).where(col(Customer.root_id).is_(None))
        if self.segment is not None:
            query = query.where(Customer.segment == self.segment.value)
        if self.taken_from is not None:
            query = query.where(Customer.account_manager == seen_to_by(context, self.taken_from, None))
        rows = context.session.exec(query.order_by(col(Customer.name_key), col(Customer.id))).all()
        return [row for row in rows if self.city is None or name_key(row.city) == name_key(self.city)]

    @staticmethod
    def _check_rights(context: Context, rows: Sequence[Customer]) -> None:
        """An account manager gives away what is their own, and takes what is nobody's."""
        actor = context.actor
        if actor.role not in _OWN_ONLY:
            return
        others = [row for row in rows if row.account_manager not in {"", actor.user}]
        if others:
            raise NotAllowed(_("{name} is a colleague's customer: ask them, or a manager.").format(name=others[0].name))


@dataclass(frozen=True, slots=True)
class PortfolioList:
    """The portfolios of a house: whose, how many customers, what they owe."""

    as_of: date
    rows: tuple[tuple[str, str, int, AgeingLine], ...]
    """Number and name of the account manager (both empty: nobody), customers, what they owe in a currency."""

    def as_json(self) -> dict[str, Any]:
        """One object a portfolio and currency."""
        return {
            "portfolios": [
                {
                    "account_manager": number or None,
                    "name": name,
                    "customers": count,
                    "currency": line.currency,
                    "balance": plain(line.total, line.currency),
                    "overdue": plain(line.overdue, line.currency),
                    "days_overdue": line.oldest_days,
                }
                for number, name, count, line in self.rows
            ]
        }

    def as_sheet(self) -> Sheet:
        """One row a portfolio and currency, opening its customers."""
        columns = (
            Column("account_manager", _("Account manager")),
            Column("customers", _("Customers"), Kind.COUNT),
            Column("balance", _("Balance"), Kind.MONEY),
            Column("overdue", _("Overdue"), Kind.MONEY),
            Column("days", _("Late"), Kind.DAYS),
        )
        rows = tuple(
            (
                name or _("nobody"),
                count,
                Money(line.total, line.currency),
                Money(line.overdue, line.currency),
                line.oldest_days,
            )
            for _number, name, count, line in self.rows
        )
        return Sheet(
            plural("{count} portfolio", "{count} portfolios", len({row[0] for row in self.rows})),
            columns,
            rows,
            as_of=self.as_of,
        )


class ListPortfolios(Action[PortfolioList]):
    """List who looks after how many customers, and what these owe."""

    effect = Effect.READ

    def perform(self, context: Context) -> PortfolioList:
        """Add up what each portfolio owes, the most overdue first."""
        session = context.session
        names = {user.number: user.name for user in all_users(session)}
        query = select(Customer.number, Customer.account_manager).where(col(Customer.root_id).is_(None))
        manager = dict(session.exec(query).all())
        counts: dict[str, int] = defaultdict(int)
        for who in manager.values():
            counts[who] += 1
        owed: dict[str, list[AgeingLine]] = defaultdict(list)
        for line in aged_lines(session, context.today, Whose()):
            if line.customer:
                owed[manager[line.customer]].append(line)
        rows = [
            (who, names.get(who, who), count, line)
            for who, count in counts.items()
            for line in (totals(tuple(owed[who])).values() or [AgeingLine("", "", "", EURO)])
        ]
        rows.sort(key=lambda row: (not row[0], -row[3].overdue, row[1], row[3].currency))
        return PortfolioList(context.today, tuple(rows))


ACTIONS = (AssignCustomer, ListPortfolios)

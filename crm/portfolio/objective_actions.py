"""Objectives: set for a customer, a portfolio or a hundred customers at once, looked at, explained and given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from crm.core.actions import Action, Effect
from crm.core.calendar import add_months, shown_date
from crm.core.errors import Invalid, NotFound, refuse_if
from crm.core.exchange import Wanted
from crm.core.i18n import _
from crm.core.money import EURO
from crm.core.names import name_key
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Sheet, Value
from crm.customers.actions import CustomerRef
from crm.customers.interactions import ContactChannel, Interaction
from crm.customers.models import Customer
from crm.customers.queries import find_customer
from crm.customers.visible import CUSTOMER, as_one, records_of
from crm.portfolio.models import Objective, ObjectiveValue
from crm.portfolio.objective_lines import ObjectiveLine, ObjectiveList, answer, by_urgency, in_force, lines_of
from crm.portfolio.objective_templates import ObjectiveTemplate, template_of
from crm.portfolio.objective_values import Values
from crm.portfolio.objectives import COURSES, FLOWS, NOTED, USUAL, Better, Course, Measure, changed_by
from crm.receivables.actions.disputes import seen_to_by
from crm.receivables.queries import Whose

EVERYBODY = "all"
"""In the place of a manager: the whole house."""
_MOST = 10_000
_COLUMNS = (
    "id", "customer_id", "account_manager", "measure", "name", "better", "currency", "target", "start", "end", "day", "author",
    "origin", "note", "dropped",
)  # fmt: skip  # read as a table: columns side by side
_TOLD = 200


def _number(value: Any) -> Any:
    """`12 500,50 €` as typed in French, or any decimal number."""
    if isinstance(value, str):
        return "".join(value.replace(",", ".").split()).rstrip("€%").replace("\u00a0", "").replace("\u202f", "")
    return value


Number = Annotated[Decimal, BeforeValidator(_number), Field(max_digits=15, decimal_places=2)]


def quarter_of(day: date) -> Period:
    """The calendar quarter of a day."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return Period(first, add_months(first, 3) - timedelta(days=1))


class ListObjectives(Action[ObjectiveList]):
    """Objectives: where each stands, what is missing, the pace it takes, where it ends; what is slipping first."""

    effect = Effect.READ

    customer: CustomerRef | None = Field(None, description="Only this customer: name or number")
    assignee: str | None = Field(None, description="Only of this account manager's customers and portfolio")
    measure: Measure | None = Field(None, description="revenue, overdue, dso, nps, visits, own")
    course: Course | None = Field(None, description="reached, on_course, slipping, missed, coming, unknown")
    as_of: date | None = Field(None, description="State on this day; today if left out")
    limit: int | None = Field(None, ge=1, description="How many at most")

    def perform(self, context: Context) -> ObjectiveList:
        """Read where each stands. Those whose period ended more than a quarter ago are left out."""
        day = self.as_of or context.today
        conditions: list[Any] = [col(Objective.end) >= add_months(day, -3), col(Objective.day) <= day]
        if self.customer is not None:
            row = find_customer(context.session, self.customer)
            merged = select(Customer.id).where(Customer.root_id == (row.root_id or row.id))
            owner = row.root_id or row.id
            conditions.append((col(Objective.customer_id) == owner) | col(Objective.customer_id).in_(merged))
        if self.assignee is not None:
            who = context.actor.user if self.assignee == "me" else self.assignee
            theirs = select(Customer.id).where(Customer.account_manager == who)
            portfolio = col(Objective.customer_id).is_(None) & (Objective.account_manager == who)
            conditions.append(col(Objective.customer_id).in_(theirs) | portfolio)
        if self.measure is not None:
            conditions.append(Objective.measure == self.measure.value)
        lines = by_urgency(lines_of(context.session, in_force(context.session, *conditions), day))
        if self.course is not None:
            lines = [line for line in lines if line.progress.course is self.course]
        return ObjectiveList(day, tuple(lines[: self.limit]))


@dataclass(frozen=True, slots=True)
class ObjectiveCard:
    """An objective with how each of its figures is reckoned, and the lines that no other list shows."""

    line: ObjectiveLine
    noted: tuple[tuple[date, str, str], ...]
    """Values and visits: day, what, by whom."""

    def as_json(self) -> dict[str, Any]:
        """The objective, the reckoning in words, and the lines."""
        told = [{"date": day.isoformat(), "what": what, "author": author} for day, what, author in self.noted]
        return {**self.line.as_json(), "reckoning": self.reckoning(), "lines": told}

    def as_sheet(self) -> Sheet:
        """One row a figure; today's value opens."""
        line, progress = self.line, self.line.progress
        today = progress.today
        period = progress.aim.period
        rows: list[tuple[str, Value | Cell]] = [
            (_("Whose"), line.name),
            (_("Objective"), line.said(line.row.target)),
            (_("Period"), f"{shown_date(period.start, today)} – {shown_date(period.end, today)}"),
            (_("Now"), Cell(line.said(progress.value), line.opened())),
            (_("At the start"), line.said(progress.base)),
            (_("Still missing"), line.said(progress.distance)),
            (_("Needed a week"), line.said(progress.pace)),
            (_("Projection"), line.said(progress.projection)),
            (_("State"), _(COURSES[progress.course])),
        ]
        if line.row.note:
            rows.append((_("Note"), line.row.note))
        rows += [(shown_date(day, today), " · ".join(filter(None, (what, who)))) for day, what, who in self.noted]
        columns = (Column("field", ""), Column("value", ""))
        return Sheet(line.title(), columns, tuple(rows), formula=" ".join(self.reckoning()), as_of=today)

    def reckoning(self) -> list[str]:
        """How the figures are made, with their numbers in place."""
        line, progress = self.line, self.line.progress
        told, said = [], line.said
        if progress.value is None:
            return [_("Nobody has noted a value yet: record one, and the rest follows.")]
        if progress.pace is not None:
            told.append(
                _("A week: {distance} missing, divided by {days} days, times 7.").format(
                    distance=said(progress.distance), days=progress.left
                )
            )
        if progress.projection is not None and progress.left:
            if progress.aim.flow:
                words = _("Projection: {value} in {elapsed} days, at this pace over {days} days.")
            elif progress.base is None:
                words = _("Projection: the value stays, as where it started is not known.")
            else:
                words = _("Projection: from {base} to {value} in {elapsed} days, on the same line over {days} days.")
            told.append(
                words.format(
                    value=said(progress.value), base=said(progress.base), elapsed=progress.elapsed, days=progress.aim.period.days
                )
            )  # fmt: skip  # read as a table: columns side by side
        if line.measure in NOTED:
            told.append(_("The latest value that was noted counts."))
        return told


class ShowObjective(Action[ObjectiveCard]):
    """How an objective stands, and how each of its figures is reckoned."""

    effect = Effect.READ

    objective: int = Field(description="Number of the objective")

    def perform(self, context: Context) -> ObjectiveCard:
        """Read it with its lines.

        Raises:
            NotFound: there is none.
        """
        row = _known(context, self.objective)
        (line,) = lines_of(context.session, (row,), context.today)
        return ObjectiveCard(line, tuple(_noted(context, line)))


def _noted(context: Context, line: ObjectiveLine) -> list[tuple[date, str, str]]:
    session, row = context.session, line.row
    if line.measure in NOTED:
        notes = session.exec(
            select(ObjectiveValue)
            .where(ObjectiveValue.objective_id == row.id)
            .order_by(col(ObjectiveValue.day).desc(), col(ObjectiveValue.id).desc())
            .limit(_TOLD)
        )
        return [(one.day, " · ".join(filter(None, (line.said(one.value), one.note))), one.author) for one in notes]
    if line.measure is not Measure.VISITS:
        return []
    query = (
        select(Interaction, CUSTOMER.c.name)
        .join(CUSTOMER, CUSTOMER.c.id == col(Interaction.customer_id))
        .where(Interaction.channel == ContactChannel.VISIT.value, col(Interaction.day).between(row.start, row.end))
        .order_by(col(Interaction.day).desc(), col(Interaction.id).desc())
        .limit(_TOLD)
    )
    if row.customer_id is not None:
        query = query.where(CUSTOMER.c.id.in_(records_of(session, as_one(session, row.customer_id).id)))
    elif row.account_manager:
        query = query.where(CUSTOMER.c.account_manager == row.account_manager)
    return [(one.day, " · ".join(filter(None, (name, one.text))), one.author) for one, name in session.exec(query)]


class SetObjective(Action[ObjectiveList]):
    """Set an objective for a customer, or for a whole portfolio."""

    effect = Effect.WRITE

    customer: CustomerRef | None = Field(None, description="Name or number; a portfolio if left out")
    assignee: str = Field("", max_length=100, description="Whose portfolio: an account manager, or all for everybody")
    measure: Measure = Field(description="revenue, overdue, dso, nps, visits, own")
    target: Number = Field(description="What is aimed at: an amount, days, points or visits")
    period: Period | None = Field(None, description="start/end, both included; this quarter if left out")
    name: str = Field("", max_length=80, description="What is measured, for a measure of our own")
    better: Better | None = Field(None, description="higher, lower: which way is good, where it is not evident")
    currency: str = Field(EURO, pattern="^[A-Z]{3}$", description="Currency")
    note: str = Field("", max_length=2_000, description="What was agreed")

    def perform(self, context: Context) -> ObjectiveList:
        """Keep it; one of the same measure that it overlaps is given up for it.

        Raises:
            Invalid: neither a customer nor a portfolio, or a measure of one's own without a name.
            Refused: the period is over.
        """
        if (self.customer is None) == (not self.assignee.strip()):
            raise Invalid(_("Say for which customer, or for whose portfolio (all: everybody's)."))
        if self.measure is Measure.OWN and not self.name.strip():
            raise Invalid(_("Say what is measured."))
        period = self.period or quarter_of(context.today)
        refuse_if(period.end < context.today, _("This period is over."))
        customer = find_customer(context.session, self.customer) if self.customer else None
        everybody = name_key(self.assignee) in {EVERYBODY, "tous"}
        manager = "" if customer or everybody else seen_to_by(context, self.assignee, None)
        row = _fresh(context, self.measure, round(self.target * 100), period, self.currency)
        row.customer_id = (customer.root_id or customer.id) if customer else None
        row.account_manager, row.name, row.note = manager, self.name.strip(), self.note.strip()
        if self.better is not None:
            row.better = self.better.value
        mine = Objective.customer_id == row.customer_id if customer else col(Objective.customer_id).is_(None)
        for other in in_force(context.session, mine, Objective.account_manager == manager, *_same(row)):
            other.dropped = context.today
        context.session.add(row)
        context.session.flush()
        return answer(context, lines_of(context.session, (row,), context.today))


class SetObjectives(Action[ObjectiveList]):
    """Set the same kind of objective for many customers at once: a segment, a city, a manager's customers, a list."""

    effect = Effect.WRITE

    template: str | None = Field(
        None, max_length=80, description="growth, nothing_overdue, half_overdue, faster_payment, one_visit, satisfied, or one of your own"
    )  # fmt: skip  # read as a table: columns side by side
    measure: Measure | None = Field(None, description="revenue, overdue, dso, nps, visits, where there is no template")
    target: Number | None = Field(None, description="The same for all: an amount, days, points or visits")
    percent: int | None = Field(
        None, ge=-100, le=1_000, description="Or each one's own value changed by so many percent"
    )
    segment: str | None = Field(None, description="Customers of this segment")
    city: str | None = Field(None, description="Customers of this city")
    assignee: str | None = Field(None, description="Customers of this account manager")
    customers: tuple[CustomerRef, ...] = Field((), max_length=_MOST, description="These customers: names or numbers")
    period: Period | None = Field(None, description="start/end, both included; this quarter if left out")
    currency: str = Field(EURO, pattern="^[A-Z]{3}$", description="Currency")

    def perform(self, context: Context) -> ObjectiveList:
        """Set them all in one act; whoever has no value to start from, where one is changed in percent, is left out.

        Raises:
            Invalid: neither a template nor a measure with a target, or nobody is named.
            NotFound: there is no such template, or a customer is not known.
            Refused: the period is over, or no customer has a value to start from.
        """
        wanted = self._wanted(context)
        period = self.period or quarter_of(context.today)
        refuse_if(period.end < context.today, _("This period is over."))
        ids = self._ids(context)
        rows = self._rows(context, wanted, period, ids)
        refuse_if(not rows, _("None of these customers has a value to start from."))
        chosen = {row.customer_id for row in rows}
        old = [row.id for row in in_force(context.session, *_same(rows[0])) if row.customer_id in chosen]
        context.update_many(Objective, ("dropped",), ((key, context.today) for key in old))
        keys = context.keys(Objective)
        for row in rows:
            row.id = next(keys)
        context.insert_many(Objective, _COLUMNS, (tuple(getattr(row, name) for name in _COLUMNS) for row in rows))
        return answer(context, by_urgency(lines_of(context.session, rows, context.today)))

    def _wanted(self, context: Context) -> ObjectiveTemplate:
        if self.template is not None:
            return template_of(context.settings.data_folder, self.template)
        if self.measure is None or self.measure is Measure.OWN or (self.target is None) == (self.percent is None):
            raise Invalid(_("Name a template, or a measure with either a target or a percentage."))
        target = None if self.target is None else round(self.target * 100)
        return ObjectiveTemplate("", self.measure, target, self.percent)

    def _ids(self, context: Context) -> list[int]:
        session = context.session
        named = [find_customer(session, text) for text in self.customers]
        if not named and self.segment is None and self.city is None and self.assignee is None:
            raise Invalid(_("Say for whom: a segment, a city, an account manager, or customers by name."))
        who = (context.actor.user or None) if self.assignee == "me" else self.assignee
        ids = tuple(row.root_id or row.id for row in named) or None
        of = Whose(city=self.city, segment=self.segment, account_manager=who, customer_ids=ids)
        query = select_columns(CUSTOMER.c.id).where(CUSTOMER.c.root_id.is_(None), *of.conditions())
        found = session.connection().execute(query.order_by(CUSTOMER.c.name_key, CUSTOMER.c.id).limit(_MOST))
        return [int(key) for key in found.scalars()]

    def _rows(self, context: Context, wanted: ObjectiveTemplate, period: Period, ids: Sequence[int]) -> list[Objective]:
        values = Values(context.session, ids)
        rows = []
        for key in ids:
            row = _fresh(context, wanted.measure, wanted.target or 0, period, self.currency)
            row.customer_id, row.origin = key, f"template/{wanted.name}" if wanted.name else "template"
            if wanted.percent is not None:
                base = self._base(context, values, row)
                if not base:
                    continue
                row.target = changed_by(base, wanted.percent)
            rows.append(row)
        return rows

    @staticmethod
    def _base(context: Context, values: Values, row: Objective) -> int | None:
        """What is changed in percent: of a flow the same days a year before, of a level today's value."""
        measure = Measure(row.measure)
        if measure in NOTED:
            return None
        if measure in FLOWS:
            return values.value(row, add_months(row.end, -12), add_months(row.start, -12))
        return values.value(row, context.today)


class RecordMeasure(Action[ObjectiveList]):
    """Note today's value of an objective that no book holds: satisfaction, or a measure of our own."""

    effect = Effect.WRITE
    aliases = {"date": "day"}  # noqa: RUF012  a constant table, never altered

    objective: int = Field(description="Number of the objective")
    value: Number = Field(description="The value")
    day: date | None = Field(None, description="The day it is of; today if left out")
    note: str = Field("", max_length=2_000, description="Where it comes from")

    def perform(self, context: Context) -> ObjectiveList:
        """Keep it beside those before.

        Raises:
            NotFound: there is no such objective.
            Refused: its value follows from the books, or the day is still to come.
        """
        row = _known(context, self.objective)
        refuse_if(
            row.measure not in NOTED,
            _("This value follows from the books: it is not noted by hand."),
        )
        day = self.day or context.today
        refuse_if(day > context.today, _("A value is noted once it is known."))
        context.session.add(
            ObjectiveValue(
                objective_id=row.id, day=day, value=round(self.value * 100), author=context.actor.name, note=self.note
            )
        )
        context.session.flush()
        return answer(context, lines_of(context.session, (row,), context.today))


class DropObjective(Action[ObjectiveList]):
    """An objective is given up."""

    effect = Effect.WRITE

    objective: int = Field(description="Number of the objective")
    note: str = Field("", max_length=2_000, description="Why")

    def perform(self, context: Context) -> ObjectiveList:
        """It leaves the lists and stays on record.

        Raises:
            NotFound: there is none.
            Refused: it was given up already.
        """
        row = _known(context, self.objective)
        refuse_if(row.dropped is not None, _("This objective was given up already."))
        row.dropped = context.today
        if self.note.strip():
            row.note = "\n\n".join(filter(None, (row.note, self.note.strip())))
        context.session.add(row)
        context.session.flush()
        return answer(context, lines_of(context.session, (row,), context.today))


def _known(context: Context, number: int) -> Objective:
    row = context.session.get(Objective, number)
    if row is None:
        raise NotFound(_("There is no objective {number}.").format(number=number))
    return row


def _fresh(context: Context, measure: Measure, target: int, period: Period, currency: str) -> Objective:
    return Objective(
        measure=measure.value, better=USUAL[measure].value, currency=currency, target=target, start=period.start, end=period.end,
        day=context.today, author=context.actor.name,
    )  # fmt: skip  # read as a table: columns side by side


def _same(row: Objective) -> tuple[Any, ...]:
    """Of the same measure, over days of the same period."""
    return (
        Objective.measure == row.measure,
        Objective.name == row.name,
        Objective.currency == row.currency,
        col(Objective.start) <= row.end,
        col(Objective.end) >= row.start,
    )


def objectives_sheet(context: Context, wanted: Wanted) -> Sheet:
    """Every objective, or those of a customer, as a data set."""
    return ListObjectives(customer=wanted.customer, as_of=wanted.as_of).perform(context).as_sheet()


ACTIONS: tuple[type[Action[Any]], ...] = (
    ListObjectives,
    ShowObjective,
    SetObjective,
    SetObjectives,
    RecordMeasure,
    DropObjective,
)

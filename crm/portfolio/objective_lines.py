"""An objective as it is answered: where it stands, what is missing, the pace it takes, where it ends; each figure opens."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from crm.access.queries import user_names
from crm.core.actions import Action, Effect
from crm.core.calendar import shown_date
from crm.core.errors import NotFound
from crm.core.figures import decimal_shown
from crm.core.i18n import _, plural
from crm.core.money import Money, plain, shown
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet, Value
from crm.customers.interactions import ContactChannel, Interaction
from crm.customers.models import Customer
from crm.customers.visible import CUSTOMER, as_one, merged, records_of
from crm.portfolio.explaining import ExplainKpi
from crm.portfolio.figures import ShowKpi
from crm.portfolio.history import CustomerHistory
from crm.portfolio.models import Objective, ObjectiveValue
from crm.portfolio.objective_values import Values
from crm.portfolio.objectives import COURSES, FLOWS, MEASURES, MONEY, NOTED, Course, Measure, Progress
from crm.portfolio.recipes import Kpi
from crm.receivables.actions import ListInvoices

_TOLD = 200
_KPIS = {Measure.REVENUE: Kpi.REVENUE, Measure.DSO: Kpi.DSO}
URGENCY = (Course.SLIPPING, Course.MISSED, Course.UNKNOWN, Course.ON_COURSE, Course.COMING, Course.REACHED)
"""What is slipping stands first."""


@dataclass(frozen=True, slots=True)
class ObjectiveLine:
    """An objective, whose it is, and where it stands."""

    row: Objective
    number: str
    """The customer's; empty: of a portfolio."""
    name: str
    """Of the customer, or of the portfolio."""
    progress: Progress

    @property
    def measure(self) -> Measure:
        """What is measured."""
        return Measure(self.row.measure)

    def title(self) -> str:
        """`Revenue`, or the name of a measure of one's own."""
        return self.row.name or _(MEASURES[self.measure])

    def said(self, hundredths: int | None) -> str:
        """A value of the measure in words: `1 250,00 €`, `45,50 jours`, `3 visites`; a dash where there is none."""
        if hundredths is None:
            return "—"
        if self.measure in MONEY:
            return shown(hundredths, self.row.currency)
        number = Decimal(hundredths) / 100
        told = decimal_shown(str(number.quantize(Decimal(1)) if number == number.to_integral() else number))
        match self.measure:
            case Measure.DSO:
                return _("{number} days").format(number=told)
            case Measure.VISITS if hundredths % 100 == 0:
                return plural("{count} visit", "{count} visits", hundredths // 100)
            case Measure.NPS:
                return _("{number} points").format(number=told)
            case _:
                return told

    def cell(self, hundredths: int | None) -> Value:
        """A value of the measure for a sheet."""
        if hundredths is not None and self.measure in MONEY:
            return Money(hundredths, self.row.currency)
        return self.said(hundredths)

    def opened(self) -> Action[Any]:
        """What lists the lines of today's value."""
        progress, row = self.progress, self.row
        day = min(progress.today, row.end)
        customer, assignee = self.number or None, row.account_manager or None
        if kpi := _KPIS.get(self.measure):
            period = Period(row.start, max(day, row.start)) if self.measure in FLOWS else None
            if not customer:
                return ShowKpi(kpi=kpi, period=period, as_of=day, currency=row.currency, assignee=assignee)
            return ExplainKpi(kpi=kpi, period=period, as_of=day, currency=row.currency, customer=customer)
        if self.measure is Measure.OVERDUE:
            return ListInvoices(customer=customer, assignee=assignee, status="overdue", as_of=day)
        if self.measure is Measure.VISITS and customer:
            return CustomerHistory(customer=customer, channel="visit", period=Period(row.start, row.end))
        return ShowObjective(objective=row.id)

    def sentence(self) -> str:
        """How far, in a sentence."""
        progress, told = self.progress, self.said
        match progress.course:
            case Course.REACHED:
                return _("{measure}: {value}, the objective of {target} is reached.").format(
                    measure=self.title(), value=told(progress.value), target=told(self.row.target)
                )
            case Course.SLIPPING | Course.ON_COURSE:
                return _("{measure}: {value}, {distance} from {target}; {pace} a week until {day}.").format(
                    measure=self.title(),
                    value=told(progress.value),
                    distance=told(progress.distance),
                    target=told(self.row.target),
                    pace=told(progress.pace),
                    day=shown_date(self.row.end, progress.today),
                )
            case _:
                return _("{measure}: {course}, objective {target}.").format(
                    measure=self.title(), course=_(COURSES[progress.course]), target=told(self.row.target)
                )

    def as_json(self) -> dict[str, Any]:
        """One object; values are decimal strings in the measure's unit."""
        row, progress = self.row, self.progress

        def number(hundredths: int | None) -> str | None:
            if hundredths is None:
                return None
            return plain(hundredths, row.currency) if self.measure in MONEY else f"{Decimal(hundredths) / 100:.2f}"

        return {
            "id": row.id,
            "customer": self.number or None,
            "name": self.name,
            "account_manager": row.account_manager or None,
            "measure": row.measure,
            "own_name": row.name or None,
            "currency": row.currency if self.measure in MONEY else None,
            "better": row.better,
            "period": str(progress.aim.period),
            "target": number(row.target),
            "value": number(progress.value),
            "base": number(progress.base),
            "distance": number(progress.distance),
            "weekly_pace": number(progress.pace),
            "projection": number(progress.projection),
            "expected": number(progress.expected),
            "course": progress.course.value,
            "shortfall": f"{float(progress.shortfall):.4f}",
            "origin": row.origin or None,
            "sentence": self.sentence(),
        }


@dataclass(frozen=True, slots=True)
class ObjectiveList:
    """Objectives, what is slipping first."""

    as_of: date
    lines: tuple[ObjectiveLine, ...]

    def as_json(self) -> dict[str, Any]:
        """One object an objective."""
        return {"as_of": self.as_of.isoformat(), "objectives": [line.as_json() for line in self.lines]}

    def as_sheet(self) -> Sheet:
        """One row an objective; today's value opens its lines, the rest how it was reckoned."""
        columns = (
            Column("name", _("Whose")),
            Column("measure", _("Measure")),
            Column("value", _("Now")),
            Column("target", _("Objective")),
            Column("distance", _("Still missing")),
            Column("pace", _("A week")),
            Column("projection", _("Projection")),
            Column("end", _("Until"), Kind.DATE),
            Column("course", _("State")),
        )
        rows = tuple(
            (
                line.name,
                line.title(),
                Cell(line.said(line.progress.value), line.opened()),
                line.said(line.row.target),
                Cell(line.said(line.progress.distance), ShowObjective(objective=line.row.id)),
                Cell(line.said(line.progress.pace), ShowObjective(objective=line.row.id)),
                Cell(line.said(line.progress.projection), ShowObjective(objective=line.row.id)),
                line.row.end,
                _(COURSES[line.progress.course]),
            )
            for line in self.lines
        )
        title = plural("{count} objective", "{count} objectives", len(rows))
        return Sheet(title, columns, rows, as_of=self.as_of)


def whose_name(row: Objective, customer: Customer | None, people: Mapping[str, str]) -> str:
    """Whose objective it is."""
    if customer is not None:
        return customer.name or customer.number
    if row.account_manager:
        return _("Portfolio of {name}").format(name=people.get(row.account_manager, row.account_manager))
    return _("All customers")


def lines_of(session: Session, objectives: Iterable[Objective], today: date) -> list[ObjectiveLine]:
    """Where objectives stand on a day, in the order given."""
    rows = list(objectives)
    ids = sorted({row.customer_id for row in rows if row.customer_id is not None})
    root = merged(session)
    wanted = {root.get(key, key) for key in ids}
    known = {row.id: row for row in session.exec(select(Customer).where(col(Customer.id).in_(wanted)))}
    customers = {key: known[root.get(key, key)] for key in ids}
    progress, people = Values(session, ids).progress(rows, today), user_names(session)
    lines = []
    for row, stands in zip(rows, progress, strict=True):
        customer = customers.get(row.customer_id or 0)
        lines.append(ObjectiveLine(row, customer.number if customer else "", whose_name(row, customer, people), stands))
    return lines


def in_force(session: Session, *conditions: Any) -> Sequence[Objective]:
    """The objectives that were not given up, in the order in which they were set."""
    query = select(Objective).where(col(Objective.dropped).is_(None), *conditions).order_by(col(Objective.id))
    return session.exec(query).all()


def by_urgency(lines: Iterable[ObjectiveLine]) -> list[ObjectiveLine]:
    """What is slipping most first; what is reached last."""
    return sorted(
        lines,
        key=lambda line: (URGENCY.index(line.progress.course), -line.progress.shortfall, line.row.end, line.name),
    )


def answer(context: Context, lines: Iterable[ObjectiveLine]) -> ObjectiveList:
    """The list of an action."""
    return ObjectiveList(context.today, tuple(lines))


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
        row = objective_of(context, self.objective)
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


def objective_of(context: Context, number: int) -> Objective:
    """An objective by its number.

    Raises:
        NotFound: there is none.
    """
    row = context.session.get(Objective, number)
    if row is None:
        raise NotFound(_("There is no objective {number}.").format(number=number))
    return row

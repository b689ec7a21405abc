"""An objective as it is answered: where it stands, what is missing, the pace it takes, where it ends; each figure opens."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from crm.access.queries import user_names
from crm.core.actions import Action
from crm.core.calendar import shown_date
from crm.core.figures import decimal_shown
from crm.core.i18n import _, plural
from crm.core.money import Money, plain, shown
from crm.core.periods import Period
from crm.core.runner import Context
from crm.core.sheets import Cell, Column, Kind, Sheet, Value
from crm.customers.models import Customer
from crm.customers.visible import merged
from crm.portfolio.explaining import ExplainKpi
from crm.portfolio.figures import ShowKpi
from crm.portfolio.history import CustomerHistory
from crm.portfolio.models import Objective
from crm.portfolio.objective_values import Values
from crm.portfolio.objectives import COURSES, FLOWS, MEASURES, MONEY, Course, Measure, Progress
from crm.portfolio.recipes import Kpi
from crm.receivables.actions import ListInvoices

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
        from crm.portfolio.objective_actions import ShowObjective

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
        from crm.portfolio.objective_actions import ShowObjective

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

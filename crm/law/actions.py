"""What can be asked about dated law: due dates, penalties, and the values they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from sqlmodel import select

from crm.core.actions import Action, Effect
from crm.core.errors import Invalid
from crm.core.i18n import _
from crm.core.money import Money
from crm.core.runner import Context
from crm.core.sheets import Column, Kind, Sheet
from crm.law import queries
from crm.law.deadlines import Deadline, Deadlines, Event, Place, TimeLimits, check_days
from crm.law.interest import DatedPayment, Penalties, penalties
from crm.law.models import LegalValue
from crm.law.series import Law, LegalRate, Regime, Series, checked, named, overlay, shipped, spelt
from crm.law.terms import DueDate, PaymentTerms, computed


def _number(value: Any) -> Any:
    """`12,40 %` as typed in French, or any decimal number."""
    if isinstance(value, str):
        return value.replace(",", ".").rstrip("% \u00a0\u202f").strip()
    return value


Day = date
Number = Annotated[Decimal, BeforeValidator(_number)]


class ComputeDueDate(Action[DueDate]):
    """Tell when an invoice is due under its payment terms."""

    effect = Effect.READ

    issued: date = Field(description="Invoice date")
    terms: str = Field(description="Payment terms: 30, 45 EOM A or 45 EOM B")

    def perform(self, context: Context) -> DueDate:
        """Read the terms and count.

        Raises:
            Invalid: these are no payment terms, or the date cannot be meant.
        """
        return computed(self.issued, PaymentTerms.parse(self.terms), queries.series(context.session))


class ComputePenalties(Action[Penalties]):
    """Count late-payment interest and the recovery indemnity, with the legal values used."""

    effect = Effect.READ

    amount: Money = Field(description="Amount owed, tax included")
    due: date = Field(description="Due date")
    paid: date = Field(description="Day of payment, or the day to count up to")
    rate: Number | None = Field(None, description="Yearly rate of the contract in percent; the legal rate if left out")
    regime: Regime = Field("B2B", description="Who owes it: a business (B2B), a consumer (B2C) or a public buyer (B2G)")
    payment: tuple[DatedPayment, ...] = Field((), description="Part payment as DATE=AMOUNT; may be repeated")
    notice_received: date | None = Field(None, description="Day a consumer received the formal notice")

    def perform(self, context: Context) -> Penalties:
        """Count on the law as shipped and as recorded.

        Raises:
            Invalid: an amount, a currency or a rate that cannot be meant.
            Refused: a legal value that is not known, or a payment of more than what was owed.
        """
        return penalties(
            self.amount,
            self.due,
            self.paid,
            self.regime,
            queries.series(context.session),
            contract_rate=self.rate,
            payments=self.payment,
            notice_received=self.notice_received,
        )


_OF_EVENT: Mapping[str, frozenset[str]] = {
    "due": frozenset({"regime", "delivered", "interrupted", "carriage"}),
    "order": frozenset({"served", "in_person", "first_act", "place"}),
    "insolvency": frozenset({"place"}),
}
"""Event → what else may be told about it."""


class ComputeDeadlines(Action[Deadlines]):
    """Tell the time limits that follow from an event, each with the working day to plan for and its source."""

    effect = Effect.READ

    event: Event = Field(
        description="due, request or order (for payment), opposition, title, insolvency, payment_demand, small_claim"
    )
    date: Day = Field(
        description="Day of the event: due date, date of the order, publication, service, or the day you were told"
    )
    served: Day | None = Field(None, description="Order: day it was served on the debtor")
    in_person: bool | None = Field(None, description="Order: whether it was served in person")
    first_act: Day | None = Field(
        None, description="Order not served in person: day of the first act in person, or of the first seizure"
    )
    place: Place = Field("mainland", description="Where the debtor of an order, or the creditor of a claim, lives")
    regime: Regime = Field("B2B", description="Due: a business (B2B), a consumer (B2C) or a public buyer (B2G)")
    delivered: Day | None = Field(None, description="Due: day of delivery or performance")
    interrupted: tuple[Day, ...] = Field(
        (), description="Due: day of a part payment, acknowledgement, court claim or seizure; may be repeated"
    )
    carriage: bool = Field(False, description="Due: the claim is for carriage of goods")
    region: str | None = Field(None, description="Alsace-Moselle where its public holidays apply")

    def perform(self, context: Context) -> Deadlines:
        """Count on the law as shipped and as recorded.

        Raises:
            Invalid: days that cannot be meant, that do not follow one another, or that say nothing about the event.
            Refused: a legal value that is not known, or an order that was served too late.
        """
        self._check_told()
        check_days((self.date, self.served, self.first_act, self.delivered, *self.interrupted))
        limits = TimeLimits(queries.series(context.session), self.region)
        return Deadlines(self.event, self.date, self._counted(limits))

    def _check_told(self) -> None:
        told = {
            name
            for name in frozenset().union(*_OF_EVENT.values())
            if getattr(self, name) != type(self).model_fields[name].default
        }
        if strange := sorted(told - _OF_EVENT.get(self.event, frozenset())):
            raise Invalid(
                _("{fields}: this says nothing about the event “{event}”.").format(
                    fields=", ".join(strange), event=self.event
                )
            )

    def _counted(self, limits: TimeLimits) -> tuple[Deadline, ...]:
        match self.event:
            case "due":
                return limits.due(
                    self.date, self.regime, self.interrupted, delivered=self.delivered, carriage=self.carriage
                )
            case "order":
                return limits.order(
                    self.date,
                    served=self.served,
                    in_person=self.in_person,
                    first_act=self.first_act,
                    place=self.place,
                )
            case "insolvency":
                return limits.insolvency(self.date, self.place)
            case "request":
                return limits.request(self.date)
            case "opposition":
                return limits.opposition(self.date)
            case "title":
                return limits.title(self.date)
            case "payment_demand":
                return limits.payment_demand(self.date)
            case "small_claim":
                return limits.small_claim(self.date)


@dataclass(frozen=True, slots=True)
class LegalValues:
    """Series to look at, and which of their rows the user recorded."""

    series: tuple[Series, ...]
    recorded: frozenset[LegalRate]

    def as_json(self) -> Mapping[str, Any]:
        """Every row, and until when each series of rates is known."""
        return {
            "values": [
                {**_json_of(row), "unit": series.unit, "recorded": row in self.recorded}
                for series in self.series
                for row in series.rows
            ],
            "known_until": {series.name: series.last_known.isoformat() for series in self._dated()},
        }

    def as_sheet(self) -> Sheet:
        """One line for each row, the latest of each series first."""
        return Sheet(
            title=_("Legal values"),
            columns=(
                Column("series", _("Name")),
                Column("label", _("Legal value")),
                Column("value", _("Value")),
                Column("valid_from", _("First day"), Kind.DATE),
                Column("valid_to", _("Last day"), Kind.DATE),
                Column("source", _("Source")),
                Column("certain", _("Certainty")),
            ),
            rows=tuple(
                (
                    series.name,
                    series.label,
                    series.shown(row.value),
                    row.valid_from,
                    row.valid_to,
                    row.source,
                    _("confirmed") if row.certain else _("to be confirmed"),
                )
                for series in self.series
                for row in reversed(series.rows)
            ),
            notes=tuple(
                _("{label}: known up to {day}.").format(label=series.label, day=spelt(series.last_known))
                for series in self._dated()
            ),
        )

    def _dated(self) -> list[Series]:
        return [series for series in self.series if series.last_known < date.max]


class ListLegalValues(Action[LegalValues]):
    """List the legal rates and amounts in use, with their dates and sources."""

    effect = Effect.READ

    series: str | None = Field(None, description="Name of one legal value; all if left out")

    def perform(self, context: Context) -> LegalValues:
        """Lay what was recorded over what is shipped.

        Raises:
            NotFound: no legal value has that name.
        """
        stored = queries.recorded(context.session)
        law: Law = overlay(shipped(), stored)
        chosen = tuple(law.values()) if self.series is None else (named(law, self.series),)
        return LegalValues(chosen, frozenset(stored))


@dataclass(frozen=True, slots=True)
class LegalValueNote:
    """A legal value as recorded, and the value that the user had recorded before for the same day."""

    series: Series
    row: LegalRate
    before: Decimal | None

    def as_json(self) -> Mapping[str, Any]:
        """The row, and the value it replaces."""
        return {**_json_of(self.row), "replaces": None if self.before is None else format(self.before, "f")}

    def as_sheet(self) -> Sheet:
        """The row, with what it replaces as a note."""
        sheet = LegalValues(
            (Series(self.series.name, self.series.unit, (self.row,), date.max),), frozenset()
        ).as_sheet()
        note = (
            ()
            if self.before is None
            else (_("Takes the place of {value}.").format(value=self.series.shown(self.before)),)
        )
        return Sheet(_("Legal value recorded"), sheet.columns, sheet.rows, notes=note)


class RecordLegalValue(Action[LegalValueNote]):
    """Record a legal rate or amount with its dates and source."""

    effect = Effect.WRITE

    series: str = Field(description="Name of the legal value, such as ecb_mro_rate or legal_interest")
    value: Number = Field(description="The value: percent, points, days or euros")
    valid_from: date = Field(description="First day it holds")
    valid_to: date | None = Field(None, description="Last day it holds; until the next value if left out")
    source: str = Field(description="Where it was published")
    certain: bool = Field(True, description="Confirmed by an official text")

    def perform(self, context: Context) -> LegalValueNote:
        """Add the row, or correct the one recorded before for the same first day.

        Raises:
            NotFound: no legal value has that name.
            Invalid: a value, a day or a source that cannot be true.
        """
        law = shipped()
        row = checked(
            LegalRate(self.series, self.value, self.valid_from, self.valid_to, self.source.strip(), self.certain), law
        )
        stored = context.session.exec(
            select(LegalValue).where(LegalValue.series == row.series, LegalValue.valid_from == row.valid_from)
        ).one_or_none()
        before = None if stored is None else Decimal(stored.value)
        kept = stored or LegalValue(series=row.series, value="", valid_from=row.valid_from, source="")
        kept.value, kept.valid_to = format(row.value, "f"), row.valid_to
        kept.source, kept.certain = row.source, row.certain
        context.session.add(kept)
        return LegalValueNote(law[row.series], row, before)


def _json_of(row: LegalRate) -> dict[str, Any]:
    return {
        "series": row.series,
        "value": format(row.value, "f"),
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "source": row.source,
        "certain": row.certain,
    }


ACTIONS = (ComputeDueDate, ComputePenalties, ComputeDeadlines, ListLegalValues, RecordLegalValue)

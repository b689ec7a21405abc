"""Dated legal values: what the law says on a day, since when, by which source, and until when that is known.

A value holds until the next one of its series or its own last day. Rates are published half-year by half-year: one that
is not known yet is refused by name, never replaced by the half-year before.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import chain
from types import MappingProxyType
from typing import Literal, NamedTuple

from crm.core.calendar import long_date
from crm.core.errors import Invalid, NotFound, Refused
from crm.core.i18n import _, language, mark, plural
from crm.core.money import Money, shown

Regime = Literal["B2B", "B2C", "B2G"]
"""Which law of late payment applies: business, consumer, public buyer."""

ECB = "ecb_mro_rate"
LEGAL = "legal_interest"
MARGIN = "penalty_margin"
PUBLIC_MARGIN = "public_penalty_margin"
FLOOR = "clause_floor_multiple"
INDEMNITY = "recovery_indemnity"
PUBLIC_INDEMNITY = "public_recovery_indemnity"
YEAR_DAYS = "interest_year_days"
DEFAULT_TERM = "default_term_days"
AGREED_TERM = "agreed_term_days"
AGREED_TERM_EOM = "agreed_term_end_of_month_days"
PUBLIC_TERM = "public_term_days"
LIMITATION_TRADE = "limitation_business"
LIMITATION_CONSUMER = "limitation_consumer"
LIMITATION_PUBLIC = "limitation_public"
LIMITATION_CARRIAGE = "limitation_carriage"
TITLE = "enforceable_title"
ORDER_SERVICE = "order_service"
ORDER_OPPOSITION = "order_opposition"
ORDER_WAIT = "order_wait"
ORDER_FEES = "order_fees"
ORDER_LAWYER = "order_lawyer"
OVERSEAS_MORE = "overseas_more"
ABROAD_MORE = "abroad_more"
DECLARATION = "claim_declaration"
DECLARATION_MORE = "claim_declaration_more"
RELIEF = "forfeiture_relief"
RETENTION = "title_retention_claim"
DEMAND_CONTEST = "payment_demand_contest"
DEMAND_WAIT = "payment_demand_wait"
SMALL_CLAIM = "small_claim_answer"


class _Kind(NamedTuple):
    """How a series is called, and bounds that catch a slip of the hand. They are no law."""

    label: str
    low: int
    high: int
    decimals: int


_KINDS = {
    ECB: _Kind(mark("ECB main refinancing rate"), -5, 50, 4),
    LEGAL: _Kind(mark("Legal interest rate, business creditor"), 0, 50, 4),
    MARGIN: _Kind(mark("Points added to the ECB rate between businesses"), 5, 50, 2),
    PUBLIC_MARGIN: _Kind(mark("Points added to the ECB rate for a public buyer"), 5, 50, 2),
    FLOOR: _Kind(mark("Floor of a contract's rate, times the legal interest"), 1, 10, 2),
    INDEMNITY: _Kind(mark("Recovery indemnity between businesses"), 0, 10_000, 2),
    PUBLIC_INDEMNITY: _Kind(mark("Recovery indemnity for a public buyer"), 0, 10_000, 2),
    YEAR_DAYS: _Kind(mark("Days of a year of interest"), 360, 366, 0),
    DEFAULT_TERM: _Kind(mark("Payment term where none is agreed"), 0, 365, 0),
    AGREED_TERM: _Kind(mark("Longest agreed payment term"), 0, 365, 0),
    AGREED_TERM_EOM: _Kind(mark("Longest agreed end-of-month payment term"), 0, 365, 0),
    PUBLIC_TERM: _Kind(mark("Payment term of a public buyer"), 0, 365, 0),
    LIMITATION_TRADE: _Kind(mark("Limitation of a claim on a business"), 1, 30, 0),
    LIMITATION_CONSUMER: _Kind(mark("Limitation of a claim on a consumer"), 1, 30, 0),
    LIMITATION_PUBLIC: _Kind(mark("Limitation of a claim on a public body"), 1, 30, 0),
    LIMITATION_CARRIAGE: _Kind(mark("Limitation of a claim for carriage"), 1, 30, 0),
    TITLE: _Kind(mark("Time to enforce a title"), 1, 30, 0),
    ORDER_SERVICE: _Kind(mark("Time to serve an order for payment"), 1, 24, 0),
    ORDER_OPPOSITION: _Kind(mark("Time to oppose an order for payment"), 1, 12, 0),
    ORDER_WAIT: _Kind(mark("Wait between service of an order for payment and its enforcement"), 0, 24, 0),
    ORDER_FEES: _Kind(mark("Time to pay the registry's deposit"), 1, 90, 0),
    ORDER_LAWYER: _Kind(mark("Time to appoint a lawyer after an opposition"), 1, 90, 0),
    OVERSEAS_MORE: _Kind(mark("Time added for a debtor overseas"), 0, 12, 0),
    ABROAD_MORE: _Kind(mark("Time added for a debtor abroad"), 0, 12, 0),
    DECLARATION: _Kind(mark("Time to declare a claim after insolvency"), 1, 24, 0),
    DECLARATION_MORE: _Kind(mark("Time added to declare for a creditor outside metropolitan France"), 0, 24, 0),
    RELIEF: _Kind(mark("Time to ask for relief from forfeiture"), 1, 24, 0),
    RETENTION: _Kind(mark("Time to claim goods sold with retention of title"), 1, 24, 0),
    DEMAND_CONTEST: _Kind(mark("Time to contest a demand of payment between traders"), 1, 12, 0),
    DEMAND_WAIT: _Kind(mark("Wait before the record of non-contestation"), 0, 90, 0),
    SMALL_CLAIM: _Kind(mark("Time to accept the small claims procedure"), 1, 12, 0),
}
_PARAMETER_FILES = ("parameters.csv", "time_limits.csv")
_RATE_FILES = {ECB: "ecb_main_refinancing.csv", LEGAL: "legal_interest.csv"}

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Years outside are taken for a slip of the hand."""


@dataclass(frozen=True, slots=True)
class LegalRate:
    """One row of a series: a value, the days it holds, where it comes from."""

    series: str
    value: Decimal
    valid_from: date
    valid_to: date | None
    """Its last day; None: until the next row."""
    source: str
    certain: bool
    """False: computing works and says so, a document that leaves asks for confirmation."""


@dataclass(frozen=True, slots=True)
class Series:
    """The rows of one name, oldest first."""

    name: str
    unit: str
    """`percent`, `points`, `multiple`, `days`, `months`, `years` or a currency."""
    rows: tuple[LegalRate, ...]
    known_until: date
    """Up to this day a row without a last day holds until the next one; past it, no further than its own half-year."""

    @property
    def label(self) -> str:
        """The name as shown."""
        return _(_KINDS[self.name].label)

    @property
    def last_known(self) -> date:
        """The day up to which values are known without a gap; the end of time for what holds until a new law."""
        reached = self.known_until
        while reached < date.max and (row := self.find(reached + timedelta(1))) is not None:
            reached = _spoken_until(row)
        return reached

    def find(self, day: date) -> LegalRate | None:
        """The row in force on a day, None where that is not known."""
        holding = (
            row
            for row in reversed(self.rows)
            if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
        )
        row = next(holding, None)
        return row if row is not None and day <= max(self.known_until, _spoken_until(row)) else None

    def row_on(self, day: date) -> LegalRate:
        """The row in force on a day.

        Raises:
            Refused: none is known; the sentence names the missing row.
        """
        row = self.find(day)
        if row is None:
            known_later = any(later.valid_from > day for later in self.rows)
            text = (
                _("{label}: no value of {day} is known.")
                if known_later
                else _("{label}: the value of {day} is not known yet.")
            )
            command = f"crm record-legal-value --series {self.name} --valid-from {day.isoformat()} --value … --source …"
            raise Refused(
                text.format(label=self.label, day=spelt(day)),
                next_step=_("Record it: {command}").format(command=command),
            )
        return row

    def value_on(self, day: date) -> Decimal:
        """The value in force on a day.

        Raises:
            Refused: none is known.
        """
        return self.row_on(day).value

    def with_rows(self, extra: Iterable[LegalRate]) -> "Series":
        """The same with more rows; one that begins on the day of a row already there takes its place."""
        merged = {row.valid_from: row for row in (*self.rows, *extra)}
        return replace(self, rows=tuple(merged[day] for day in sorted(merged)))

    def shown(self, value: Decimal) -> str:
        """A value of this series with its unit, in the language in use."""
        if self.unit == "percent":
            return percent(value)
        if self.unit == "multiple":
            return f"×\u00a0{_spoken(value)}"
        if self.unit == "points":
            return _("{count} points").format(count=_spoken(value))
        if self.unit == "days":
            return plural("{count} day", "{count} days", int(value))
        if self.unit == "months":
            return plural("{count} month", "{count} months", int(value))
        if self.unit == "years":
            return plural("{count} year", "{count} years", int(value))
        return shown(Money.of(value, self.unit).cents, self.unit)

    def cite(self, row: LegalRate) -> str:
        """A row as a figure's source: value, days, origin, and whether it is still to be confirmed."""
        if row.valid_to is None:
            text = _("{label}: {value} since {start} ({source})")
        else:
            text = _("{label}: {value} from {start} to {end} ({source})")
        end = spelt(row.valid_to) if row.valid_to else ""
        cited = text.format(
            label=self.label, value=self.shown(row.value), start=spelt(row.valid_from), end=end, source=row.source
        )
        return cited if row.certain else _("{source}. Uncertain value, to be confirmed").format(source=cited)


Law = Mapping[str, Series]
"""Every series by its name."""


def half_year_start(day: date) -> date:
    """1 January or 1 July: the first day of the half-year that a day lies in."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def half_year_end(day: date) -> date:
    """30 June or 31 December: the last day of the half-year that a day lies in."""
    return date(day.year, 6, 30) if day.month <= 6 else date(day.year, 12, 31)


def half_year_label(day: date) -> str:
    """The half-year that a day lies in, in words."""
    text = _("first half of {year}") if day.month <= 6 else _("second half of {year}")
    return text.format(year=day.year)


def _spoken_until(row: LegalRate) -> date:
    return row.valid_to or half_year_end(row.valid_from)


@cache
def shipped() -> Law:
    """The series that come with the program: what was known on 24 November 2026."""
    rates = {name: _read_rates(name, file) for name, file in _RATE_FILES.items()}
    return MappingProxyType({**rates, **_read_parameters()})


def _lines(file: str) -> list[dict[str, str]]:
    with files("crm.law").joinpath("data", file).open(encoding="utf-8") as text:
        return list(csv.DictReader(text))


def _row(name: str, line: Mapping[str, str]) -> LegalRate:
    return LegalRate(
        series=name,
        value=Decimal(line["value"]),
        valid_from=date.fromisoformat(line["valid_from"]),
        valid_to=date.fromisoformat(line["valid_to"]) if line["valid_to"] else None,
        source=line["source"],
        certain=line["certain"] == "yes",
    )


def _read_rates(name: str, file: str) -> Series:
    rows = tuple(_row(name, line) for line in _lines(file))
    return Series(name, "percent", rows, known_until=_spoken_until(rows[-1]))


def _read_parameters() -> dict[str, Series]:
    found: dict[str, Series] = {}
    for line in chain.from_iterable(_lines(file) for file in _PARAMETER_FILES):
        name = line["name"]
        # Unlike a rate, a parameter is in force until the law is changed.
        known = found.get(name, Series(name, line["unit"], (), known_until=date.max))
        found[name] = known.with_rows([_row(name, line)])
    return found


def overlay(law: Law, stored: Iterable[LegalRate]) -> Law:
    """The law with the rows that a user stored: they win over shipped ones of the same first day."""
    extra: dict[str, list[LegalRate]] = {}
    for row in stored:
        extra.setdefault(row.series, []).append(row)
    return {name: series.with_rows(extra.get(name, ())) for name, series in law.items()}


def named(law: Law, name: str) -> Series:
    """The series of a name.

    Raises:
        NotFound: no series has it.
    """
    if name not in law:
        raise NotFound(_("There is no legal value “{name}”.").format(name=name[:60]), candidates=tuple(law))
    return law[name]


def checked(row: LegalRate, law: Law) -> LegalRate:
    """A row fit to be stored.

    Raises:
        NotFound: its series is unknown.
        Invalid: its value, days or source cannot be true.
    """
    series = named(law, row.series)
    _label, low, high, places = _KINDS[row.series]
    if not row.value.is_finite() or not low <= row.value <= high:
        bounds = {"low": series.shown(Decimal(low)), "high": series.shown(Decimal(high))}
        raise Invalid(_("{label}: a value between {low} and {high} is expected.").format(label=series.label, **bounds))
    if row.value != round(row.value, places):
        raise Invalid(_("{label}: decimals allowed, at most: {count}.").format(label=series.label, count=places))
    for day in (row.valid_from, row.valid_to or row.valid_from):
        check_year(day)
    if row.valid_to is not None and row.valid_to < row.valid_from:
        raise Invalid(_("The last day of a value is not before its first day."))
    if row.series == LEGAL and row.valid_from != half_year_start(row.valid_from):
        raise Invalid(_("The legal interest is set by half-year: it begins on 1 January or on 1 July."))
    if not row.source.strip():
        raise Invalid(_("A legal value names its source."))
    return row


def check_year(day: date) -> None:
    """Refuse a day far outside the years that invoices live in.

    Raises:
        Invalid: before 1900 or after 2200.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Invalid(
            _("The year {year} cannot be meant: years from {first} to {last} are understood.").format(
                year=day.year, first=FIRST_YEAR, last=LAST_YEAR
            )
        )


def decimals(value: Decimal) -> str:
    """A rate as a decimal string with at least two decimals, as in JSON: `12.40`."""
    plain = format(value.normalize(), "f")
    whole, _point, part = plain.partition(".")
    return f"{whole}.{part:0<2}"


def percent(value: Decimal) -> str:
    """A rate as on screen: `12,40 %`."""
    return f"{decimals(value)}%" if language() == "en" else f"{decimals(value).replace('.', ',')}\u00a0%"


def _spoken(value: Decimal) -> str:
    plain = format(value.normalize(), "f")
    return plain if language() == "en" else plain.replace(".", ",")


def spelt(day: date) -> str:
    """A day in words, for sentences: `1er juillet 2026`."""
    return long_date(day, weekday=False)

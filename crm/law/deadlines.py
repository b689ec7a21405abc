"""Time limits of a recovery before the courts: from an event and its date to the days that follow from it.

Months are counted to the same day number, or the last of the month (CPC 641); a limit of procedure that ends on a Saturday,
a Sunday or a public holiday is carried to the next working day (CPC 642). Nobody should rely on that: each limit also
carries the last working day that is safe in any case. How long a limit is depends on the date of the act, never on today.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from crm.core.calendar import FRANCE, add_months, add_working_days, is_working_day, long_date, next_working_day
from crm.core.errors import Invalid, Refused
from crm.core.i18n import _, mark
from crm.core.sheets import Column, Kind, Sheet
from crm.law.limitation import limitation
from crm.law.series import (
    ABROAD_MORE,
    DECLARATION,
    DECLARATION_MORE,
    DEMAND_CONTEST,
    DEMAND_WAIT,
    ORDER_FEES,
    ORDER_LAWYER,
    ORDER_OPPOSITION,
    ORDER_SERVICE,
    ORDER_WAIT,
    OVERSEAS_MORE,
    RELIEF,
    RETENTION,
    SMALL_CLAIM,
    TITLE,
    Law,
    LegalRate,
    Regime,
    check_year,
    spelt,
)

Event = Literal["due", "request", "order", "opposition", "title", "insolvency", "payment_demand", "small_claim"]
Place = Literal["mainland", "overseas", "abroad"]

EVENTS: dict[str, str] = {
    "due": mark("an invoice fell due"),
    "request": mark("request for an order filed in a commercial court"),
    "order": mark("order for payment"),
    "opposition": mark("notice of an opposition"),
    "title": mark("title enforceable"),
    "insolvency": mark("insolvency proceedings"),
    "payment_demand": mark("demand of payment between traders"),
    "small_claim": mark("small claims procedure"),
}
"""What happened → how it is said."""

PLACES: dict[str, str] = {
    "mainland": mark("in metropolitan France"),
    "overseas": mark("overseas"),
    "abroad": mark("abroad"),
}
"""Where whoever has to act lives, the debtor who may oppose or the creditor who declares a claim → how it is said."""

SERVICE_TARGET_DAYS = 30
"""House practice: an order is served within so many days."""

NAMES = {
    "limitation_date": mark("Limitation"),
    "deposit_by": mark("Pay the registry's deposit by"),
    "serve_target": mark("Have it served, if possible, by"),
    "serve_by": mark("Serve the order by"),
    "opposition_until": mark("Opposition until"),
    "opposition_first_month": mark("Enforcement suspended until"),
    "enforce_from": mark("Enforce from, without opposition"),
    "enforce_until": mark("Enforce until"),
    "lawyer_by": mark("Appoint a lawyer, where one is compulsory, by"),
    "declare_by": mark("Declare the claim by"),
    "claim_goods_by": mark("Claim goods with retention of title by"),
    "ask_relief_by": mark("Ask for relief from forfeiture by"),
    "contest_until": mark("Contest until"),
    "record_from": mark("Record of non-contestation from"),
    "accept_until": mark("Accept until"),
}
"""Name of a time limit → how it is said."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """One day that follows from an event."""

    name: str
    """One of `NAMES`."""
    day: date
    """The last day, included; of a name that ends in `_from`, the first."""
    plan_for: date
    """The working day to plan for: for what we have to do, the last one that needs no carrying over; for what the debtor may
    do, the day it ends; of a name that ends in `_from`, the first to act on."""
    source: str
    """The articles, whether the day was carried over, and whether something is still to be confirmed."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What follows from an event, in the order in which it is to be dealt with."""

    event: str
    dated: date
    lines: tuple[Deadline, ...]

    def as_json(self) -> Mapping[str, Any]:
        """The contract's object of `compute-deadlines`."""
        return {
            "deadlines": [
                {
                    "name": line.name,
                    "date": line.day.isoformat(),
                    "plan_for": line.plan_for.isoformat(),
                    "source": line.source,
                }
                for line in self.lines
            ]
        }

    def as_sheet(self) -> Sheet:
        """One line a time limit."""
        return Sheet(
            title=_("Time limits"),
            columns=(
                Column("name", _("Time limit")),
                Column("date", _("Date"), Kind.DATE),
                Column("plan_for", _("Plan for"), Kind.DATE),
                Column("source", _("Source")),
            ),
            rows=tuple((_(NAMES[line.name]), line.day, line.plan_for, line.source) for line in self.lines),
        )


@dataclass(frozen=True, slots=True)
class _Count:
    """A limit as counted: its nominal end, and the legal values behind it."""

    nominal: date
    rows: tuple[LegalRate, ...]

    @property
    def cited(self) -> list[str]:
        """The sources, each once, and what of them is uncertain."""
        found = list(dict.fromkeys(row.source for row in self.rows))
        return found if all(row.certain for row in self.rows) else [*found, _("to be confirmed")]


def _count(start: date, law: Law, *names: str, on: date | None = None) -> _Count:
    """Add up legal values of one unit, each as it stood `on` a day (the start), and count them from the start."""
    rows = tuple(law[name].row_on(on or start) for name in names)
    length = sum(int(row.value) for row in rows)
    unit = law[names[0]].unit
    if unit == "days":
        return _Count(start + timedelta(length), rows)
    return _Count(add_months(start, length * 12 if unit == "years" else length), rows)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Counts the limits of each event on a law and the public holidays of a place."""

    law: Law
    region: str | None = None
    """Adds its public holidays: `Alsace-Moselle`, or an overseas territory."""

    # What follows from each event

    def due(
        self,
        day: date,
        regime: Regime = "B2B",
        interruptions: Iterable[date] = (),
        *,
        delivered: date | None = None,
        carriage: bool = False,
    ) -> tuple[Deadline, ...]:
        """Limitation of a debt that fell due: the alert is on the earliest of its possible starts.

        Raises:
            Refused: the length of the term is not known.
        """
        found = limitation(min(day, delivered or day), regime, self.law, interruptions, carriage=carriage)
        cited = [*_Count(found.last_day, (found.row,)).cited, "C. civ. 2228, 2229"]
        if found.since > day:
            cited.append(_("interrupted on {day} (C. civ. 2231)").format(day=spelt(found.since)))
        return (self._fixed("limitation_date", found.last_day, cited),)

    def request(self, filed: date) -> tuple[Deadline, ...]:
        """A request for an order for payment filed in a commercial court: it lapses without the deposit."""
        return (self._until("deposit_by", _count(filed, self.law, ORDER_FEES)),)

    def order(
        self,
        dated: date,
        *,
        served: date | None = None,
        in_person: bool | None = None,
        first_act: date | None = None,
        place: Place = "mainland",
    ) -> tuple[Deadline, ...]:
        """An order for payment: service, opposition, enforcement. The date of the order tells which rule applies.

        `first_act` is the first act served in person afterwards or, failing that, the first measure that froze something
        of the debtor's: it opens the month of opposition where the service itself was not made in person.

        Raises:
            Invalid: these days do not follow one another.
            Refused: it was served too late and is void.
        """
        service = _count(dated, self.law, ORDER_SERVICE)
        serve_by = self._until("serve_by", service, sure=service.nominal == self._carried(service.nominal))
        if served is None:
            if in_person is not None or first_act is not None:
                raise Invalid(_("Say on which day the order was served."))
            target = [_("house practice: {count} days after the order").format(count=SERVICE_TARGET_DAYS)]
            return self._fixed("serve_target", dated + timedelta(SERVICE_TARGET_DAYS), target), serve_by
        self._check_service(dated, served, in_person, first_act, serve_by)
        more = {"mainland": (), "overseas": (OVERSEAS_MORE,), "abroad": (ABROAD_MORE,)}[place]
        stay = _count(served, self.law, ORDER_OPPOSITION, *more, on=dated)
        return (
            serve_by,
            self._opposition(
                stay, _count(first_act, self.law, ORDER_OPPOSITION, *more) if first_act else None, in_person
            ),
            *self._enforcement(stay, _count(served, self.law, ORDER_WAIT, on=dated)),
        )

    def opposition(self, told: date) -> tuple[Deadline, ...]:
        """The registry gave notice of an opposition: its deposit in a commercial court, and the lawyer."""
        return (
            self._until("deposit_by", _count(told, self.law, ORDER_FEES)),
            self._until("lawyer_by", _count(told, self.law, ORDER_LAWYER)),
        )

    def title(self, enforceable: date) -> tuple[Deadline, ...]:
        """A title became enforceable."""
        return (self._life_of_title(enforceable),)

    def insolvency(self, published: date, place: Place = "mainland") -> tuple[Deadline, ...]:
        """An opening judgment was published: what the creditor declares, claims back, or asks to be relieved from."""
        more = () if place == "mainland" else (DECLARATION_MORE,)
        return (
            self._until("declare_by", _count(published, self.law, DECLARATION, *more)),
            self._until("claim_goods_by", _count(published, self.law, RETENTION)),
            self._until("ask_relief_by", _count(published, self.law, RELIEF)),
        )

    def payment_demand(self, served: date) -> tuple[Deadline, ...]:
        """A demand of payment between traders was served: any contest ends it, else it is put on record."""
        contest = _count(served, self.law, DEMAND_CONTEST)
        wait = _count(self._carried(contest.nominal), self.law, DEMAND_WAIT)
        return (
            self._theirs("contest_until", contest),
            Deadline("record_from", wait.nominal, self._carried(wait.nominal), ", ".join(wait.cited)),
        )

    def small_claim(self, sent: date) -> tuple[Deadline, ...]:
        """The invitation to the small claims procedure was sent: silence ends it."""
        return (self._theirs("accept_until", _count(sent, self.law, SMALL_CLAIM)),)

    # How days are settled

    def _check_service(
        self, dated: date, served: date, in_person: bool | None, first_act: date | None, serve_by: Deadline
    ) -> None:
        if served < dated:
            raise Invalid(_("An order is not served before its own date."))
        if served > serve_by.day:
            raise Refused(
                _("Served on {served}, after {last}: the order is void (CPC 1411).").format(
                    served=spelt(served), last=spelt(serve_by.day)
                ),
                next_step=_("File a new request, or sue; the interruption of limitation is lost."),
            )
        if first_act is not None and in_person:
            raise Invalid(_("A later act matters only where the order was not served in person."))
        if first_act is not None and first_act < served:
            raise Invalid(_("The later act does not come before the service."))

    def _opposition(self, stay: _Count, reopened: _Count | None, in_person: bool | None) -> Deadline:
        if reopened is not None:
            return self._theirs("opposition_until", reopened)
        open_end = _("open until one month after the first act served in person or the first seizure")
        if in_person is False:
            return self._theirs("opposition_first_month", stay, open_end)
        remark = () if in_person else (_("if served in person; else {rest}").format(rest=open_end),)
        return self._theirs("opposition_until", stay, *remark)

    def _enforcement(self, stay: _Count, wait: _Count) -> tuple[Deadline, Deadline]:
        """From the day after both the month of opposition and the wait have run, each carried over to be safe."""
        last = max(self._carried(stay.nominal), self._carried(wait.nominal))
        first = last + timedelta(1)
        source = ", ".join(dict.fromkeys([*stay.cited, *wait.cited, _("while no opposition was made")]))
        return Deadline("enforce_from", first, self._carried(first), source), self._life_of_title(last)

    def _life_of_title(self, since: date) -> Deadline:
        count = _count(since, self.law, TITLE)
        return self._fixed("enforce_until", count.nominal, count.cited)

    def _until(self, name: str, count: _Count, *remarks: str, sure: bool = True) -> Deadline:
        """A limit of procedure: carried over where it ends on a day that is not worked."""
        day = self._carried(count.nominal)
        cited = [*count.cited, "CPC 641"]
        if day != count.nominal:
            told = _("{day} is not a working day, carried over by CPC 642")
            cited.append(told.format(day=long_date(count.nominal)))
        if not sure:
            cited.append(_("to be confirmed"))
        return Deadline(name, day, self._before(count.nominal), ", ".join(dict.fromkeys([*cited, *remarks])))

    def _theirs(self, name: str, count: _Count, *remarks: str) -> Deadline:
        """A limit that runs for the debtor: we wait until it is over."""
        limit = self._until(name, count, *remarks)
        return replace(limit, plan_for=limit.day)

    def _fixed(self, name: str, day: date, cited: Iterable[str]) -> Deadline:
        """A day that nothing carries over."""
        return Deadline(name, day, self._before(day), ", ".join(cited))

    def _carried(self, day: date) -> date:
        return next_working_day(day, FRANCE, self.region)

    def _before(self, day: date) -> date:
        return day if is_working_day(day, FRANCE, self.region) else add_working_days(day, -1, FRANCE, self.region)


def check_days(days: Iterable[date | None]) -> None:
    """Refuse days far outside our time.

    Raises:
        Invalid: before 1900 or after 2200.
    """
    for day in days:
        if day is not None:
            check_year(day)

"""Where each customer stands: purchases, classes, payment grade, segment, with the reasons in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from crm.core.i18n import _, plural
from crm.core.money import EURO, shown
from crm.customers.models import Segment, Stage
from crm.customers.visible import CUSTOMER
from crm.loyalty.queries import Bought, Paid, payment_habits, purchases
from crm.loyalty.rfm import ENOUGH_FOR_QUANTILES, Cutoffs, Grade, grade_of, quintiles
from crm.loyalty.segments import Bought as Told
from crm.loyalty.segments import SegmentRules, rules_in_force
from crm.receivables.queries import Whose

_CUSTOMER = CUSTOMER
_UNKNOWN = Paid()
_VALUABLE = 12
"""From this sum of classes on a customer is worth much, however it pays."""
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Standing:
    """One customer on a day. Cents of `currency`, days."""

    customer_id: int
    customer: str
    name: str
    segment: Segment
    said: bool
    """A person put the customer in the segment."""
    recency: int | None
    frequency: int
    monetary: int
    currency: str
    classes: tuple[int, int, int]
    grade: Grade | None
    reasons: tuple[str, ...]


def standings(
    session: Session, day: date, of: Whose, folder: Path, *, by_quantile: bool = False
) -> tuple[tuple[Standing, ...], SegmentRules, Cutoffs]:
    """Every customer meant, by number, with the rules and the cut-offs that were used.

    Quintiles are those of all buyers, whoever is meant, and hold only where there are enough of them.

    Raises:
        Invalid: the company's own rules cannot be read.
    """
    rules = rules_in_force(folder)
    everyone = purchases(session, day, Whose() if by_quantile else of)
    cutoffs = rules.cutoffs
    if by_quantile and len(everyone) >= ENOUGH_FOR_QUANTILES:
        cutoffs = quintiles([((day - each.last).days, each.frequency, each.monetary) for each in everyone.values()])
    habits = payment_habits(session, day, of)
    query = (
        select(_CUSTOMER.c.id, _CUSTOMER.c.number, _CUSTOMER.c.name, _CUSTOMER.c.segment, _CUSTOMER.c.segment_origin)
        .where(_CUSTOMER.c.root_id.is_(None), _CUSTOMER.c.stage != Stage.PROSPECT.value, *of.conditions())
        .order_by(_CUSTOMER.c.number)
    )
    found = tuple(
        _standing(row, everyone.get(row.id), habits, rules, cutoffs, day) for row in session.connection().execute(query)
    )
    return found, rules, cutoffs


def _standing(
    row: Any, bought: Bought | None, habits: Mapping[int, Paid], rules: SegmentRules, cutoffs: Cutoffs, day: date
) -> Standing:
    paid = habits.get(row.id, _UNKNOWN)
    grade = grade_of(paid.delay, formal_notice=paid.formal_notice)
    said = row.segment_origin == MANUAL and bool(row.segment)
    if bought is None:
        segment = Segment(row.segment) if said else Segment.BAD_PAYER if grade is Grade.E else Segment.STANDARD
        reasons = (_("No purchase known."), *_payment_reasons(paid, grade))
        return Standing(row.id, row.number, row.name, segment, said, None, 0, 0, EURO, (1, 1, 1), grade, reasons)
    recency = (day - bought.last).days
    classes = cutoffs.classes(recency, bought.frequency, bought.monetary)
    segment = rules.segment(Told(classes, bought.ever, (day - bought.first).days, grade))
    if said:
        segment = Segment(row.segment)
    reasons = (
        *([_("Put in this segment by hand.")] if said else []),
        *_purchase_reasons(bought, recency, day),
        *_payment_reasons(paid, grade),
        *_meaning(segment, classes, paid),
    )
    return Standing(
        row.id,
        row.number,
        row.name,
        segment,
        said,
        recency,
        bought.frequency,
        bought.monetary,
        bought.currency,
        classes,
        grade,
        tuple(reasons),
    )  # fmt: skip  one line of places, in the order of the class


def _purchase_reasons(bought: Bought, recency: int, day: date) -> list[str]:
    told = [
        _("Last purchase today.")
        if not recency
        else plural("Last purchase {count} day ago.", "Last purchase {count} days ago.", recency)
    ]
    if bought.ever == 1 and (day - bought.first).days <= 90:
        told.append(_("It was the first one."))
    told.append(plural("{count} purchase in twelve months.", "{count} purchases in twelve months.", bought.frequency))
    words = (
        _("{amount} in twelve months, with the tax where the net amount is not known.")
        if bought.with_tax
        else _("{amount} in twelve months, without tax.")
    )
    told.append(words.format(amount=shown(bought.monetary, bought.currency)))
    return told


def _payment_reasons(paid: Paid, grade: Grade | None) -> list[str]:
    told = []
    if paid.formal_notice:
        told.append(_("A formal notice was sent within twelve months."))
    if paid.delay is not None:
        told.append(
            _("Pays on time.")
            if not paid.delay
            else plural("Pays {count} day late on average.", "Pays {count} days late on average.", paid.delay)
        )
    elif grade is None:
        told.append(_("Nothing fell due in twelve months."))
    if paid.broken:
        told.append(plural("{count} promise broken.", "{count} promises broken.", paid.broken))
    return told


def _meaning(segment: Segment, classes: Sequence[int], paid: Paid) -> list[str]:
    """What the two axes say together."""
    if segment is Segment.BAD_PAYER and sum(classes) >= _VALUABLE:
        return [_("Valuable, but credit-blocked: see to the cause before selling more on credit.")]
    if segment is Segment.INACTIVE and paid.overdue:
        return [_("Money is still owed: recover it before winning the customer back.")]
    return []

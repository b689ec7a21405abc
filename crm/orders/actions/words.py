"""What the actions of this room share: who follows a sale, the next free number, the day a thing was said."""

from datetime import date

from sqlmodel import Session

from crm.access.queries import by_number
from crm.core.errors import Invalid, NotFound, refuse_if
from crm.core.i18n import _
from crm.core.money import Money
from crm.core.runner import Context
from crm.customers.models import Customer, Stage
from crm.orders.models import Order, Quote
from crm.orders.queries import numbers_like


def followed_by(context: Context, customer: Customer, owner: str | None) -> str:
    """The number of who follows a sale: as said, else the customer's account manager, else whoever acts.

    Raises:
        NotFound: no user has that number.
    """
    if owner:
        if by_number(context.session, owner) is None:
            raise NotFound(_("No user has number {number}.").format(number=owner))
        return owner
    return customer.account_manager or context.actor.user or ""


def free_number(session: Session, kind: type[Quote] | type[Order], day: date) -> str:
    """The next number of the year: `D2026-0012` for a quote, `C2026-0012` for an order."""
    stem = f"{'D' if kind is Quote else 'C'}{day.year}-"
    taken = (number.removeprefix(stem) for number in numbers_like(session, kind, stem))
    return f"{stem}{max((int(tail) for tail in taken if tail.isdecimal()), default=0) + 1:04}"


def until_today(context: Context, day: date | None) -> date:
    """A day on which something took place; today where none is said.

    Raises:
        Refused: it is still to come.
    """
    refuse_if(day is not None and day > context.today, _("This day is still to come."))
    return day or context.today


def positive(amount: Money, net: Money | None = None) -> None:
    """Refuse an amount that none can be.

    Raises:
        Invalid: it is zero or negative, or the amount without tax is in another currency or higher.
    """
    if amount.cents <= 0:
        raise Invalid(_("The amount is to be above zero."))
    if net is not None and (net.currency != amount.currency or not 0 < net.cents <= amount.cents):
        raise Invalid(_("The amount without tax is in the same currency and not above the amount with it."))


def has_bought(context: Context, customer: Customer, day: date) -> None:
    """A prospect who buys is a customer from that day on."""
    if customer.stage == Stage.PROSPECT.value:
        customer.stage = Stage.CUSTOMER.value
        customer.customer_since = customer.customer_since or day
        context.session.add(customer)

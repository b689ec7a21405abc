"""Which customers a read is about."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from crm.customers.models import Customer
from crm.customers.visible import CUSTOMER

_CUSTOMER = CUSTOMER
_FEW = 500
"""Up to so many customers, what they have is looked up one by one."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Which customers are meant; everything left empty: all of them."""

    customer_id: int | None = None
    city: str | None = None
    segment: str | None = None
    account_manager: str | None = None
    customer_ids: tuple[int, ...] | None = None
    """Only these, when given."""

    @property
    def ids(self) -> tuple[int, ...] | None:
        """The customers named by key; None: nobody in particular."""
        if self.customer_ids is None or self.customer_id is None:
            return self.customer_ids if self.customer_id is None else (self.customer_id,)
        return tuple(key for key in self.customer_ids if key == self.customer_id)

    @property
    def few(self) -> bool:
        """A few customers of many: what they have is looked up by index rather than added up for everybody."""
        return self.ids is not None and len(self.ids) <= _FEW

    @property
    def everybody(self) -> bool:
        """Whether nothing narrows it."""
        return not self.conditions()

    def conditions(self) -> list[ColumnElement[bool]]:
        """What narrows to them."""
        found: list[ColumnElement[bool]] = []
        if (ids := self.ids) is not None:
            chosen = select(_CUSTOMER.c.id).where(_CUSTOMER.c.id.in_(ids))
            merged = select(_CUSTOMER.c.id).where(_CUSTOMER.c.root_id.in_(ids))
            found.append(_CUSTOMER.c.id.in_(chosen.union_all(merged)))
        if self.city is not None:
            found.append(func.lower(_CUSTOMER.c.city) == self.city.lower())
        if self.segment is not None:
            found.append(_CUSTOMER.c.segment == self.segment)
        if self.account_manager is not None:
            found.append(_CUSTOMER.c.account_manager == self.account_manager)
        return found


def whose(
    customer: Customer | None = None,
    *,
    city: str | None = None,
    segment: str | None = None,
    account_manager: str | None = None,
) -> Whose:
    """Everybody, or one customer with whoever was merged into it."""
    return Whose((customer.root_id or customer.id) if customer else None, city, segment, account_manager)

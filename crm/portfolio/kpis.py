"""Key figures. Pure: sums in, a figure with its formula out. An undefined figure is None, never zero."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sums:
    """What the figures of a period are made of, in cents of one currency."""

    receivables: int
    """The aged balance's total at the end of the period."""
    overdue: int
    sales: int
    """Invoices less credit notes issued in the period, tax included."""
    days: int


def dso(sums: Sums) -> Decimal | None:
    """Days of sales outstanding, simple method: receivables / sales × days. None without sales."""
    return rounded(Decimal(sums.receivables) / sums.sales * sums.days) if sums.sales > 0 else None


def overdue_rate(sums: Sums) -> Decimal | None:
    """Overdue / receivables, in percent. None without receivables."""
    return rounded(Decimal(sums.overdue) / sums.receivables * 100) if sums.receivables > 0 else None


def rounded(value: Decimal) -> Decimal:
    """Two decimals, half up."""
    return value.quantize(_CENT, ROUND_HALF_UP)

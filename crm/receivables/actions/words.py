"""How buckets, standings and kinds are said, and which customers a question means."""

from sqlmodel import Session

from crm.core.i18n import mark
from crm.customers.queries import find_customer
from crm.receivables.ageing import Bucket, Standing
from crm.receivables.matching.facts import Residual
from crm.receivables.queries import Whose, whose

BUCKETS = {
    Bucket.NOT_DUE: mark("Not due"),
    Bucket.DAYS_1_30: mark("1–30 d"),
    Bucket.DAYS_31_60: mark("31–60 d"),
    Bucket.DAYS_61_90: mark("61–90 d"),
    Bucket.OVER_90: mark("> 90 d"),
    Bucket.UNALLOCATED: mark("Unallocated"),
}
STANDINGS = {
    Standing.PAID: mark("paid"),
    Standing.DISPUTED: mark("in dispute"),
    Standing.OVERDUE: mark("overdue"),
    Standing.NOT_DUE: mark("not due yet"),
}
KINDS = {
    "invoice": mark("invoice"),
    "credit_note": mark("credit note"),
    "payment": mark("payment"),
    "residual": mark("difference"),
    "write_off": mark("written off"),
}

RESIDUALS = {
    Residual.NONE: "",
    Residual.DISCOUNT: mark("early-payment discount"),
    Residual.BANK_FEE: mark("bank fee"),
    Residual.ROUNDING: mark("rounding"),
    Residual.RETENTION: mark("retention money"),
    Residual.PARTIAL: mark("part payment"),
    Residual.ON_ACCOUNT: mark("money on account"),
    Residual.OVERPAYMENT: mark("paid too much"),
    Residual.DUPLICATE: mark("paid twice"),
}
"""Reason → how it is said."""

WRITE_OFFS = {
    "discount": RESIDUALS[Residual.DISCOUNT],
    "bank_fee": RESIDUALS[Residual.BANK_FEE],
    "rounding": RESIDUALS[Residual.ROUNDING],
    "exchange": mark("exchange difference"),
    "penalty": mark("contract penalty"),
    "loss": mark("debt given up"),
    "dividend": mark("money on a debt given up"),
}
"""Why an amount was given up → how it is said."""


def meant(
    session: Session,
    customer: str | None,
    city: str | None = None,
    segment: str | None = None,
    assignee: str | None = None,
) -> Whose:
    """The customers that a question's fields narrow it to.

    Raises:
        NotFound, Ambiguous: the customer named is none, or several.
    """
    row = find_customer(session, customer) if customer else None
    return whose(row, city=city, segment=segment, account_manager=assignee)

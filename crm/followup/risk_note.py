"""The risk of a customer beside what is decided about it: told to whoever asks about one customer, and never weighed.

It is read where a single customer is looked at. A run over everybody neither reads it nor depends on it.
"""

from datetime import date

from sqlmodel import Session

from crm.core.i18n import _
from crm.followup.gate import Reason, Weight
from crm.risk.kept import kept_scores
from crm.risk.stakes import band
from crm.risk.words import BANDS, percent


def risk_note(session: Session, day: date, customer_id: int) -> Reason | None:
    """The latest score kept by a day, a person's word before the model's; None: there is none."""
    late = kept_scores(session, day, [customer_id]).get(customer_id)
    if late is None:
        return None
    text = _("For information, {band}: {late} likely to pay late. It decides nothing, and a person may say otherwise.")
    return Reason("risk", text.format(band=_(BANDS[band(late)]), late=percent(late)), Weight.NOTE)

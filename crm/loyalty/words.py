"""Words of this room's values."""

from crm.core.i18n import mark
from crm.customers.models import Segment

SEGMENT_WORDS = {
    Segment.LOYAL: mark("loyal"),
    Segment.VIP: mark("VIP"),
    Segment.NEW: mark("new"),
    Segment.PROMISING: mark("promising"),
    Segment.INACTIVE: mark("inactive"),
    Segment.AT_RISK: mark("at risk"),
    Segment.BIG_ACCOUNT: mark("big account"),
    Segment.BAD_PAYER: mark("repeatedly late"),
    Segment.STANDARD: mark("standard"),
}
"""Segment → how it is said."""

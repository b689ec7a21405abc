"""The features of a score and the families they are told in: names alone, so that naming them loads nothing."""

from collections.abc import Mapping
from typing import Final

FEATURES: Final = (
    "late_rate", "late_rate_30", "late_amount", "late_alike", "late_last_3", "late_last_5",
    "delay_mean", "delay_median", "delay_recent", "delay_trend", "delay_spread", "delay_odds", "pace",
    "history", "tenure", "frequency", "gap",
    "open_count", "open_amount", "overdue_count", "overdue_share", "overdue_age",
    "amount", "amount_ratio", "terms", "due_month_end", "due_weekend", "due_summer",
    "country_rate", "regime_rate", "company_rate",
    "promises_broken", "promises_kept", "disputes", "bounces", "reminders", "answers", "credit_notes", "interactions",
)  # fmt: skip  # read as a table: columns side by side
"""In the order of the columns."""

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "late_rate": ("late_rate", "late_rate_30", "late_amount", "late_alike", "late_last_3", "late_last_5"),
    "delay": ("delay_mean", "delay_median", "delay_recent", "delay_trend", "delay_spread", "delay_odds", "pace"),
    "overdue": ("overdue_count", "overdue_share", "overdue_age"),
    "open": ("open_count", "open_amount"),
    "amount": ("amount", "amount_ratio"),
    "terms": ("terms",),
    "due_date": ("due_month_end", "due_weekend", "due_summer"),
    "relation": ("history", "tenure", "frequency", "gap"),
    "company": ("company_rate",),
    "alike": ("country_rate", "regime_rate"),
    "promises": ("promises_broken", "promises_kept"),
    "disputes": ("disputes",),
    "bounces": ("bounces",),
    "reminders": ("reminders", "answers"),
    "credit_notes": ("credit_notes",),
    "interactions": ("interactions",),
}
"""What is told as one reason; every feature stands in one of them."""

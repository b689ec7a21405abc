"""The reasons of a score as sentences."""

import math
from collections.abc import Callable

from crm.core.figures import decimal_shown
from crm.core.i18n import _, mark, plural
from crm.risk.book import Floats
from crm.risk.explain import Share
from crm.risk.names import FEATURES
from crm.risk.words import percent

_Sentence = Callable[[dict[str, float]], tuple[str, str]]


def said(share: Share, row: Floats) -> tuple[str, str]:
    """The value of a reason, and its sentence."""
    told = {name: float(row[place]) for place, name in enumerate(FEATURES)}
    value, sentence = _SENTENCES[share.family](told)
    return value, sentence


def _count(told: dict[str, float], name: str) -> int:
    return round(math.expm1(told[name]))


def _days(value: float) -> str:
    return decimal_shown(str(round(value)))


def _late_rate(told: dict[str, float]) -> tuple[str, str]:
    rate = percent(told["late_rate"])
    return rate, _("About {rate} of the invoices are paid late, {recent} of the latest ones.").format(
        rate=rate, recent=percent(told["late_last_5"])
    )


def _delay(told: dict[str, float]) -> tuple[str, str]:
    days = round(told["delay_median"])
    if days > 0:
        shown = plural("{count} day after the due date", "{count} days after the due date", days)
    elif days < 0:
        shown = plural("{count} day before the due date", "{count} days before the due date", -days)
    else:
        shown = _("on the due date")
    return _days(days), _("Usually pays {when}.").format(when=shown)


def _overdue(told: dict[str, float]) -> tuple[str, str]:
    number = _count(told, "overdue_count")
    if not number:
        return "0", _("Nothing is overdue today.")
    return str(number), plural("{count} invoice is overdue.", "{count} invoices are overdue.", number)


def _open(told: dict[str, float]) -> tuple[str, str]:
    number = _count(told, "open_count")
    if not number:
        return "0", _("Nothing else is open.")
    return str(number), plural("{count} other invoice is open.", "{count} other invoices are open.", number)


def _amount(told: dict[str, float]) -> tuple[str, str]:
    amount = _count(told, "amount")
    ratio = math.exp(told["amount_ratio"])
    if 0.8 <= ratio <= 1.25:
        return str(amount), _("The amount is usual for this customer.")
    if ratio > 1:
        return str(amount), _("The amount is above what this customer usually buys.")
    return str(amount), _("The amount is below what this customer usually buys.")


def _terms(told: dict[str, float]) -> tuple[str, str]:
    days = round(told["terms"])
    return str(days), plural("Payment is due after {count} day.", "Payment is due after {count} days.", days)


def _due_date(told: dict[str, float]) -> tuple[str, str]:
    if told["due_month_end"]:
        return _("end of month"), _("The due date lies at the end of a month.")
    if told["due_weekend"]:
        return _("weekend"), _("The due date lies on a weekend.")
    if told["due_summer"]:
        return _("summer"), _("The due date lies in July or August.")
    return _("ordinary day"), _("The due date is an ordinary day.")


def _relation(told: dict[str, float]) -> tuple[str, str]:
    number = _count(told, "history")
    if not number:
        return "0", _("New customer: no invoice has been paid yet.")
    return str(number), plural(
        "{count} invoice has been paid so far.", "{count} invoices have been paid so far.", number
    )


def _company(told: dict[str, float]) -> tuple[str, str]:
    rate = percent(told["company_rate"])
    return rate, _("Over three months, {rate} of all our invoices were paid late.").format(rate=rate)


def _alike(told: dict[str, float]) -> tuple[str, str]:
    rate = percent(told["country_rate"])
    return rate, _("{rate} of the invoices of the same country were paid late.").format(rate=rate)


def _promises(told: dict[str, float]) -> tuple[str, str]:
    broken, kept = _count(told, "promises_broken"), _count(told, "promises_kept")
    return f"{kept}/{kept + broken}", _("Promises kept over a year: {kept} of {all}.").format(
        kept=kept, all=kept + broken
    )


def _counted(name: str, sentence: str, none: str) -> _Sentence:
    def tell(told: dict[str, float]) -> tuple[str, str]:
        number = _count(told, name)
        return str(number), _(sentence).format(count=number) if number else _(none)

    return tell


def _reminders(told: dict[str, float]) -> tuple[str, str]:
    number = _count(told, "reminders")
    if not number:
        return "0", _("No reminder was needed over a year.")
    # One sent before the year may be answered within it: more answers than reminders would be nonsense to read.
    answered = min(number, max(0, round(told["answers"] * (number + 2) - 1)))
    return f"{answered}/{number}", _("Reminders followed by a payment within 15 days: {answered} of {all}.").format(
        answered=answered, all=number
    )


_SENTENCES: dict[str, _Sentence] = {
    "late_rate": _late_rate,
    "delay": _delay,
    "overdue": _overdue,
    "open": _open,
    "amount": _amount,
    "terms": _terms,
    "due_date": _due_date,
    "relation": _relation,
    "company": _company,
    "alike": _alike,
    "promises": _promises,
    "disputes": _counted("disputes", mark("Disputes opened over a year: {count}."), mark("No dispute over a year.")),
    "bounces": _counted(
        "bounces", mark("Bounced payments over a year: {count}."), mark("No bounced payment over a year.")
    ),
    "reminders": _reminders,
    "credit_notes": _counted(
        "credit_notes", mark("Credit notes over a year: {count}."), mark("No credit note over a year.")
    ),
    "interactions": _counted(
        "interactions", mark("Exchanges over three months: {count}."), mark("No exchange over three months.")
    ),
}
